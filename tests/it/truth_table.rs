//! The truth table of portal contract 3.3, row by row over HTTP: what an answer says, what is counted, and when a lock
//! ends. A row is a list of events with their times and what the table expects of each.

use rollcall::domain::{
    ids::UserId,
    time::{Timestamp, days},
};

use crate::support::{
    Browser, PASSWORD, TestApp,
    authenticator::{Authenticator, enroll, require_mfa},
    both,
};

const ANA: &str = "ana@acme.example";
const NOBODY: &str = "nobody@acme.example";

/// `P+ 0:00 OK [0]`: what happens, when, and what comes of it. A `2` before the event is another device.
type Event = (&'static str, &'static str, &'static str);

/// Milliseconds of `m:ss` or `m:ss.mmm`.
fn millis(clock: &str) -> i64 {
    let (minutes, seconds) = clock.split_once(':').expect("m:ss");
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let fraction: i64 = format!("{fraction:0<3}").parse().expect("fraction");
    (minutes.parse::<i64>().expect("minutes") * 60 + seconds.parse::<i64>().expect("seconds")) * 1000 + fraction
}

/// Plays rows, each from a clean state and in a time of its own.
struct Player<'a> {
    app: &'a TestApp,
    address: &'static str,
    base: Timestamp,
    devices: [Browser; 2],
    authenticator: Option<Authenticator>,
    last_code: String,
    last_recovery: String,
}

impl<'a> Player<'a> {
    fn new(app: &'a TestApp, address: &'static str) -> Self {
        let devices = [app.browser(), app.browser()];
        let (last_code, last_recovery) = (String::new(), String::new());
        Self { app, address, base: app.now(), devices, authenticator: None, last_code, last_recovery }
    }

    async fn row(&mut self, id: &str, events: &[Event]) {
        self.start().await;
        for (what, clock, expected) in events {
            assert_eq!(&self.event(what, clock).await, expected, "{id} {what} at {clock} for {}", self.address);
        }
    }

    async fn start(&mut self) {
        self.base = self.base.plus(days(60));
        self.app.set_clock(self.base);
        self.app.pool.run("DELETE FROM sign_in_attempts").await;
        self.app.pool.run("UPDATE recovery_codes SET used_at = NULL").await;
    }

    /// The next request happens exactly then.
    fn at(&self, clock: &str) {
        self.app.set_clock(Timestamp::from_micros(self.base.micros() + (millis(clock) - 1) * 1000));
    }

    async fn event(&mut self, what: &str, clock: &str) -> String {
        let (device, what) = what.strip_prefix('2').map_or((0, what), |what| (1, what));
        let before = self.counted().await;
        if what.starts_with('P') {
            self.devices[device] = self.app.browser();
            let password = if what == "P+" { PASSWORD } else { "not the password" };
            self.devices[device].get("/login").await;
            let form = self.devices[device].form("Log in").fill("Email", self.address).fill("Password", password);
            self.at(clock);
            self.devices[device].send_form(&form).await;
        } else {
            let (path, label, typed) = self.factor(what, clock).await;
            // The page is opened while its login is young, the code is sent when the table says.
            self.at("0:00");
            self.devices[device].fetch(path).await;
            let form = self.devices[device].form("Verify").fill(label, &typed);
            self.at(clock);
            self.devices[device].send_form(&form).await;
        }
        let after = self.counted().await;
        self.told(device, before, after)
    }

    /// Page, field and text of a code.
    async fn factor(&mut self, what: &str, clock: &str) -> (&'static str, &'static str, String) {
        let app = self.authenticator.as_ref().expect("an authenticator");
        let now = Timestamp::from_micros(self.base.micros() + millis(clock) * 1000);
        let typed = match what {
            "C+" => app.code(now),
            "C-" => app.wrong_code(now),
            "C=" => self.last_code.clone(),
            "C5" => "12345".to_owned(),
            "R+" => recovery_codes(self.app).await[0].clone(),
            "R=" => self.last_recovery.clone(),
            "R-" => "WWWWW-WWWWW".to_owned(),
            other => panic!("no event {other}"),
        };
        if what.starts_with('C') {
            self.last_code.clone_from(&typed);
            return ("/login/mfa", "Verification code", typed);
        }
        self.last_recovery.clone_from(&typed);
        ("/login/mfa?method=recovery", "Recovery code", typed)
    }

    /// Failures and end of the lock, as stored.
    async fn counted(&self) -> (i64, i64) {
        let failures = self.app.pool.number("SELECT coalesce(max(failures), 0) FROM sign_in_attempts").await;
        let until = self.app.pool.number("SELECT coalesce(max(locked_until), 0) FROM sign_in_attempts").await;
        (failures, until)
    }

    fn told(&self, device: usize, before: (i64, i64), after: (i64, i64)) -> String {
        let page = &self.devices[device].page;
        let (failures, until) = after;
        let word = match (page.code(), page.location()) {
            (303, Some(target)) if target == "/login/mfa" => "CODE".to_owned(),
            (303, Some(target)) if target.starts_with("/login") => target,
            (303, Some(_)) => "OK".to_owned(),
            (422, _) => match page.alerts().first().map(String::as_str) {
                Some("The email or password is incorrect." | "That code is incorrect.") => "NO".to_owned(),
                Some(other) if other.starts_with("Activate your account first.") => "BLOCKED".to_owned(),
                _ => "422".to_owned(),
            },
            (429, _) => {
                let left = until - self.app.now().micros();
                let minutes = (left + 59_999_999) / 60_000_000;
                let plural = if minutes == 1 { "" } else { "s" };
                let text = format!("This account is locked. You can try again in {minutes} minute{plural}.");
                assert!(page.text().contains(&text), "{text}: {}", page.text());
                assert_eq!(page.heading(), "Log in");
                let seconds = ((left + 999_999) / 1_000_000).to_string();
                assert_eq!(page.header("retry-after"), Some(seconds.as_str()));
                if before == after {
                    "REFUSED".to_owned()
                } else {
                    let ends = (until - self.base.micros()) / 1000;
                    let (minutes, rest) = (ends / 60_000, ends % 60_000);
                    assert_eq!(rest % 1000, 0, "whole seconds in the table");
                    format!("LOCK until {minutes}:{:02}", rest / 1000)
                }
            }
            other => panic!("{other:?}: {}", page.text()),
        };
        format!("{word} [{failures}]")
    }
}

async fn recovery_codes(app: &TestApp) -> Vec<String> {
    let id: UserId = app.id(ANA).await.parse().expect("an id");
    let mut tx = app.app.db.begin_read().await.expect("read");
    let codes = tx.recovery_codes(id).await.expect("codes");
    codes.into_iter().filter(|code| code.used_at.is_none()).map(|code| code.code.to_string()).collect()
}

const L06: [Event; 3] = [("P-", "0:00", "NO [1]"), ("P-", "0:10", "NO [2]"), ("P-", "0:20", "LOCK until 30:20 [3]")];

/// Row L06 and what follows it.
fn after_l06(rest: &[Event]) -> Vec<Event> {
    L06.iter().chain(rest).copied().collect()
}

both! {
    async fn rows_for_known_addresses(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut player = Player::new(app, ANA);
        player.row("L01", &[("P+", "0:00", "OK [0]")]).await;
        player.row("L02", &[("P-", "0:00", "NO [1]"), ("P+", "0:03.001", "OK [0]")]).await;
        player.row("L03", &[("P-", "0:00", "NO [1]"), ("P+", "0:02", "LOCK until 30:02 [2]")]).await;
        player.row("L04", &[("P-", "0:00", "NO [1]"), ("P+", "0:03.000", "LOCK until 30:03 [2]")]).await;
        player.row("L07", &after_l06(&[("P+", "1:00", "REFUSED [3]"), ("P+", "30:19.999", "REFUSED [3]"),
            ("P+", "30:20.000", "OK [0]")])).await;
        player.row("L09", &after_l06(&[("P-", "10:00", "REFUSED [3]"), ("P-", "10:01", "REFUSED [3]"),
            ("P-", "29:00", "REFUSED [3]"), ("P+", "30:20", "OK [0]")])).await;
        player.row("L12", &after_l06(&[("P+", "31:00", "OK [0]"), ("P-", "32:00", "NO [1]"),
            ("P-", "33:00", "NO [2]")])).await;
        player.row("L13", &[("P-", "0:00", "NO [1]"), ("P-", "0:10", "NO [2]"), ("P+", "0:20", "OK [0]"),
            ("P-", "0:30", "NO [1]"), ("P-", "0:40", "NO [2]"), ("P-", "0:50", "LOCK until 30:50 [3]")]).await;
        player.row("L17", &[("P-", "0:00", "NO [1]"), ("P-", "0:02", "LOCK until 30:02 [2]"),
            ("P+", "30:02", "OK [0]")]).await;
    }

    async fn rows_for_every_address(app) {
        app.member("Ana Lima", ANA, &[]).await;
        for address in [ANA, NOBODY] {
            let mut player = Player::new(app, address);
            player.row("L05", &[("P-", "0:00", "NO [1]"), ("P-", "0:02", "LOCK until 30:02 [2]")]).await;
            player.row("L06", &L06).await;
            player.row("L08", &after_l06(&[("P-", "10:00", "REFUSED [3]"), ("P-", "10:01", "REFUSED [3]"),
                ("P-", "29:00", "REFUSED [3]")])).await;
            player.row("L10, L11", &after_l06(&[("P-", "31:00", "LOCK until 61:00 [4]"),
                ("P-", "62:00", "LOCK until 92:00 [5]")])).await;
            player.row("L14", &[("P-", "1440:00", "NO [1]"), ("P-", "4320:00", "NO [2]"),
                ("P-", "57600:00", "LOCK until 57630:00 [3]")]).await;
            player.row("L15", &[("P-", "0:00", "NO [1]"), ("P-", "14:00", "NO [2]"),
                ("P-", "14:59", "LOCK until 44:59 [3]")]).await;
            player.row("L16", &[("P-", "0:00", "NO [1]"), ("P-", "0:02", "LOCK until 30:02 [2]"),
                ("P-", "31:00", "LOCK until 61:00 [3]")]).await;
            player.row("L18", &[("P-", "0:00", "NO [1]"), ("P-", "0:10", "NO [2]"),
                ("P-", "0:12", "LOCK until 30:12 [3]")]).await;
        }
    }

    async fn l19_at_the_same_instant_on_three_connections(app) {
        app.member("Ana Lima", ANA, &[]).await;
        for address in [ANA, NOBODY] {
            let mut player = Player::new(app, address);
            player.start().await;
            let mut sent = Vec::new();
            for _ in 0..3 {
                let mut browser = app.browser();
                browser.get("/login").await;
                let form = browser.form("Log in").fill("Email", address).fill("Password", "not the password");
                sent.push(async move { browser.send_form(&form).await.code() });
            }
            let mut codes = futures::future::join_all(sent).await;
            codes.sort_unstable();
            assert_eq!(codes, [422, 429, 429], "{address}");
            assert_eq!(player.counted().await.0, 2, "one NO, one LOCK, one REFUSED");
        }
    }

    async fn l20_spellings_share_one_state(app) {
        app.member("Ana Lima", "ana@x.example", &[]).await;
        for [first, second, third] in [["Ana@x.example", " ana@X.example ", "ana@x.example"], ["Bo@x", " bo@X ", "bo@x"]] {
            let mut player = Player::new(app, ANA);
            player.start().await;
            for (typed, clock, code) in [(first, "0:00", 422), (second, "0:10", 422), (third, "0:20", 429)] {
                let mut browser = app.browser();
                browser.get("/login").await;
                let form = browser.form("Log in").fill("Email", typed).fill("Password", "not the password");
                player.at(clock);
                assert_eq!(browser.send_form(&form).await.code(), code, "{typed} at {clock}");
            }
            assert_eq!(player.counted().await.0, 3);
        }
    }

    async fn l21_empty_fields_are_no_attempts(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut player = Player::new(app, ANA);
        player.start().await;
        let mut browser = app.browser();
        let events = [(ANA, "", "0:00", 0), (ANA, "wrong", "0:01", 1), ("", PASSWORD, "0:02", 1)];
        for (address, password, clock, failures) in events {
            browser.get("/login").await;
            let form = browser.form("Log in").fill("Email", address).fill("Password", password);
            player.at(clock);
            assert_eq!(browser.send_form(&form).await.code(), 422);
            assert_eq!(player.counted().await.0, failures, "{clock}");
        }
        assert_eq!(player.event("P+", "0:05").await, "OK [0]");
    }

    async fn l22_a_double_click_is_one_attempt(app) {
        app.member("Ana Lima", ANA, &[]).await;
        for address in [ANA, NOBODY] {
            let mut player = Player::new(app, address);
            player.start().await;
            let mut browser = app.browser();
            browser.get("/login").await;
            let form = browser.form("Log in").fill("Email", address).fill("Password", "not the password");
            let mut pages = Vec::new();
            for clock in ["0:00.0", "0:00.3"] {
                player.at(clock);
                pages.push(browser.send_form(&form).await.clone());
                assert_eq!((pages[pages.len() - 1].code(), player.counted().await.0), (422, 1), "{clock}");
            }
            assert_eq!(pages[0].text(), pages[1].text());
            assert_eq!(player.event("P-", "0:10").await, "NO [2]");
        }
    }

    async fn rows_with_a_second_factor(app) {
        app.member("Ana Lima", ANA, &[]).await;
        require_mfa(app, "Acme").await;
        let authenticator = enroll(app, ANA).await;
        let mut player = Player::new(app, ANA);
        player.authenticator = Some(authenticator);
        player.row("M01", &[("P+", "0:00", "CODE [0]"), ("C+", "0:10", "OK [0]")]).await;
        player.row("M02", &[("P+", "0:00", "CODE [0]"), ("C-", "0:10", "NO [1]"), ("C+", "0:14", "OK [0]")]).await;
        player.row("M03", &[("P+", "0:00", "CODE [0]"), ("C-", "0:10", "NO [1]"),
            ("C+", "0:12", "LOCK until 30:12 [2]")]).await;
        player.row("M04", &[("P+", "0:00", "CODE [0]"), ("C-", "0:10", "NO [1]"), ("C-", "0:20", "NO [2]"),
            ("C-", "0:30", "LOCK until 30:30 [3]")]).await;
        player.row("M05", &[("P-", "0:00", "NO [1]"), ("P-", "0:10", "NO [2]"), ("P+", "0:20", "CODE [2]"),
            ("C-", "0:30", "LOCK until 30:30 [3]")]).await;
        player.row("M06", &[("P-", "0:00", "NO [1]"), ("P-", "0:10", "NO [2]"), ("P+", "0:20", "CODE [2]"),
            ("C+", "0:25", "OK [0]")]).await;
        player.row("M07, M08", &[("P+", "0:00", "CODE [0]"), ("R-", "0:10", "NO [1]"), ("R+", "0:20", "OK [0]"),
            ("P+", "5:00", "CODE [0]"), ("R=", "5:10", "NO [1]")]).await;
        player.row("M09", &[("P+", "0:00", "CODE [0]"), ("C+", "0:05", "OK [0]"), ("P+", "0:10", "CODE [0]"),
            ("C=", "0:12", "NO [1]")]).await;
        player.row("M10", &[("P+", "0:00", "CODE [0]"), ("2P-", "0:05", "NO [1]"), ("2P-", "0:15", "NO [2]"),
            ("2P-", "0:25", "LOCK until 30:25 [3]"), ("C+", "0:30", "REFUSED [3]")]).await;
        player.row("M11", &[("P+", "0:00", "CODE [0]"), ("C5", "0:05", "422 [0]"), ("C+", "0:10", "OK [0]")]).await;
        player.row("M12", &[("P+", "0:00", "CODE [0]"), ("C+", "10:01", "/login?reason=ended [0]")]).await;
    }

    async fn x01_and_x02_a_lock_spares_sessions_and_outlasts_a_reset(app) {
        let mut ana = app.member("Ana Lima", ANA, &["Platform Management Viewer"]).await;
        let mut player = Player::new(app, ANA);
        player.base = app.now();
        app.pool.run("DELETE FROM sign_in_attempts").await;
        for (what, clock, expected) in L06 {
            assert_eq!(player.event(what, clock).await, expected);
        }
        player.at("5:00");
        assert_eq!(ana.get("/users").await.code(), 200, "X01");
        let link = app.reset_link(ANA).await;
        let mut browser = app.browser();
        browser.get(&link).await;
        let new = "quiet meadow ladder";
        let form = browser.form("Save password").fill("New password", new).fill("Confirm new password", new);
        assert_eq!(browser.send_form(&form).await.location().as_deref(), Some("/login?reason=reset"), "X02");
        assert!(!browser.follow().await.buttons().contains(&"Log out".to_owned()), "not logged in");
        for (clock, code) in [("6:00", 429), ("30:19.999", 429), ("30:20", 303)] {
            let mut browser = app.browser();
            browser.get("/login").await;
            let form = browser.form("Log in").fill("Email", ANA).fill("Password", new);
            player.at(clock);
            assert_eq!(browser.send_form(&form).await.code(), code, "{clock}");
        }
        assert_eq!(player.counted().await.0, 0);
    }

    async fn x03_and_x04_no_administrator_lifts_a_lock(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut player = Player::new(app, ANA);
        player.base = app.now();
        app.pool.run("DELETE FROM sign_in_attempts").await;
        for (what, clock, expected) in L06 {
            assert_eq!(player.event(what, clock).await, expected);
        }
        player.at("1:00");
        let mut sam = app.sam().await;
        let id = app.id(ANA).await;
        for (path, button) in [("disable", "Disable"), ("enable", "Enable")] {
            sam.get(&format!("/users/{id}/{path}")).await;
            sam.press(button).await;
        }
        app.activate(ANA).await;
        assert_eq!(player.event("P+", "3:00").await, "REFUSED [3]", "X03");
        player.at("4:00");
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").fill("Email", "ana.new@acme.example");
        sam.submit(form).await;
        player.address = "ana.new@acme.example";
        assert_eq!(player.event("P+", "5:00").await, "REFUSED [3]", "X03 with the new address");
        player.at("6:00");
        sam.get(&format!("/users/{id}/delete")).await;
        sam.press("Delete").await;
        app.invite(&mut sam, "ana.new@acme.example", &[]).await;
        app.activate("ana.new@acme.example").await;
        let temporary = app.mail("ana.new@acme.example").await.temporary_password().expect("a new person");
        for (clock, code) in [("29:00", 429), ("30:20", 303)] {
            let mut browser = app.browser();
            browser.get("/login").await;
            let form = browser.form("Log in").fill("Email", "ana.new@acme.example").fill("Password", &temporary);
            player.at(clock);
            assert_eq!(browser.send_form(&form).await.code(), code, "X04 at {clock}");
        }
    }

    async fn x05_blocked_is_neither_success_nor_failure(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, ANA, &[]).await;
        let temporary = app.mail(ANA).await.temporary_password().expect("a new person");
        let mut player = Player::new(app, ANA);
        player.base = app.now().plus(std::time::Duration::from_secs(1));
        assert_eq!(player.event("P-", "0:00").await, "NO [1]");
        let mut browser = app.browser();
        browser.get("/login").await;
        let form = browser.form("Log in").fill("Email", ANA).fill("Password", &temporary);
        player.at("0:10");
        browser.send_form(&form).await;
        assert_eq!(browser.page.code(), 422);
        assert!(browser.page.alerts()[0].starts_with("Activate your account first."), "{}", browser.page.text());
        assert_eq!(player.counted().await.0, 1);
        assert_eq!(player.event("P-", "0:20").await, "NO [2]");
        assert_eq!(player.event("P-", "0:30").await, "LOCK until 30:30 [3]");
    }

    async fn x06_and_x07_confirming_a_password_counts_and_resets_nothing(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut player = Player::new(app, ANA);
        for events in [
            &[("wrong", "0:00", 422, 1), ("wrong", "0:10", 422, 2), ("wrong", "0:20", 429, 3), (PASSWORD, "0:30", 429, 3)][..],
            &[("wrong", "0:00", 422, 1), (PASSWORD, "0:10", 303, 1)],
        ] {
            player.start().await;
            let mut ana = app.log_in(ANA).await;
            player.base = app.now().plus(std::time::Duration::from_secs(1));
            for (password, clock, code, failures) in events {
                ana.get("/account/email").await;
                let form = ana.form("Submit").fill("New email", "elsewhere@acme.example").fill("Current password", password);
                player.at(clock);
                assert_eq!(ana.send_form(&form).await.code(), *code, "{clock}");
                assert_eq!(player.counted().await.0, *failures, "{clock}");
            }
            assert_eq!(ana.get("/account").await.heading(), "Your Account", "the session stays");
        }
        assert_eq!(player.event("P-", "1:00").await, "NO [2]", "X07");
        assert_eq!(player.event("P-", "2:00").await, "LOCK until 32:00 [3]", "X07");
    }
}
