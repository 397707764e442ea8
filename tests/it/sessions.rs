//! Logging in and out, and the life of a session (portal contract 1.2 and 3.5, security contract S28-S38).

use axum::http::Method;
use rollcall::domain::time::minutes;

use crate::support::{PASSWORD, SAM, TestApp, both, database::Database};

both! {
    async fn the_login_page_is_as_the_contract_says(app) {
        let mut browser = app.browser();
        browser.get("/login").await;
        let page = &browser.page;
        assert_eq!((page.heading().as_str(), page.title().as_str()), ("Log in", "Log in - Rollcall"));
        assert_eq!(page.attribute("#email", "autocomplete").as_deref(), Some("username"));
        assert_eq!(page.attribute("#password", "autocomplete").as_deref(), Some("current-password"));
        assert_eq!(page.attribute("#password", "type").as_deref(), Some("password"));
        assert_eq!(page.link("Forgot password?").as_deref(), Some("/password/forgot"));
        assert!(page.statuses().is_empty());
        let reasons = [
            ("idle", "You were logged out after 15 minutes of inactivity."),
            ("logout", "You are logged out."),
            ("ended", "Your session was ended. Log in again."),
            ("email", "Your email was changed. Log in with the new email address."),
            ("reset", "Your password was changed. Log in with the new password."),
            ("setup", "Setup is complete. Log in to continue."),
            ("nonsense", ""),
        ];
        for (reason, message) in reasons {
            assert_eq!(browser.get(&format!("/login?reason={reason}")).await.flash(), message);
        }
    }

    async fn what_is_missing_is_said_and_is_no_attempt(app) {
        let mut browser = app.browser();
        browser.log_in("", "").await;
        let page = &browser.page;
        assert_eq!(page.code(), 422);
        assert_eq!(page.field_errors("Email"), ["Enter your email address."]);
        assert_eq!(page.field_errors("Password"), ["Enter your password."]);
        browser.log_in(SAM, &"x".repeat(1025)).await;
        assert_eq!((browser.page.code(), browser.page.alerts()), (422, vec!["Use at most 128 characters.".to_owned()]));
        assert_eq!(browser.page.value("Email"), SAM);
        assert_eq!(browser.page.value("Password"), "");
        assert_eq!(app.pool.number("SELECT count(*) FROM sign_in_attempts").await, 0);
        browser.log_in(SAM, PASSWORD).await;
        assert!(browser.is_signed_in());
    }

    async fn wrong_and_unknown_read_the_same(app) {
        let wrong = app.browser().log_in(SAM, "not my password").await.clone();
        let unknown = app.browser().log_in("nobody@acme.example", "not my password").await.clone();
        for page in [&wrong, &unknown] {
            assert_eq!(page.code(), 422);
            assert_eq!(page.alerts()[0], "The email or password is incorrect.");
        }
        assert_eq!(wrong.text(), unknown.text());
    }

    async fn signed_in_people_start_where_they_belong(app) {
        let mut sam = app.sam().await;
        assert_eq!(sam.page.path, "/users");
        assert_eq!(sam.get("/login").await.path, "/users", "already signed in");
        let mut plain = app.member("Una User", "una@acme.example", &[]).await;
        assert_eq!(plain.get("/").await.path, "/account");
        assert_eq!(plain.get("/users").await.code(), 403);
        assert_eq!(plain.page.heading(), "You do not have access to this page");
        assert!(plain.page.text().contains("Ask an Administrator of Acme if you need it."));
    }

    async fn next_leads_only_to_pages_of_ours(app) {
        let good = ["/users?status=invited&q=a%26b", "/account", "/users/invite"];
        let bad = ["//e.example", "/\\e.example", "/%09/e.example", "https:e", "javascript:alert(1)", "/login", "/logout",
            "/users/export.csv", "/nowhere", "/users\r\nSet-Cookie: a=b", "http://127.0.0.1:8080/users"];
        for next in good.into_iter().chain(bad) {
            let mut browser = app.browser();
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            browser.get(&format!("/login?{query}")).await;
            let form = browser.form("Log in").fill("Email", SAM).fill("Password", PASSWORD);
            let target = browser.send_form(&form).await.location();
            let expected = if good.contains(&next) { next } else { "/" };
            assert_eq!(target.as_deref(), Some(expected), "{next:?}");
        }
    }

    async fn a_protected_page_comes_back_after_the_login(app) {
        let mut browser = app.browser();
        browser.fetch("/users?q=sam&sort=email").await;
        assert_eq!(browser.page.code(), 303);
        let target = browser.page.location().expect("to the login");
        assert_eq!(target, "/login?next=%2Fusers%3Fq%3Dsam%26sort%3Demail");
        browser.get(&target).await;
        let form = browser.form("Log in").fill("Email", SAM).fill("Password", PASSWORD);
        browser.submit(form).await;
        assert_eq!(browser.page.path, "/users?q=sam&sort=email");
    }

    async fn htmx_is_sent_to_the_login_whole(app) {
        let mut browser = app.browser().with_header("hx-request", "true");
        browser.set_header("hx-current-url", "http://127.0.0.1:8080/users?q=a");
        browser.fetch("/users/invite").await;
        assert_eq!(browser.page.code(), 401);
        assert_eq!(browser.page.header("hx-redirect"), Some("/login?next=%2Fusers%3Fq%3Da"), "the page, not the part");
    }

    async fn logging_out_is_a_form_and_kills_the_session(app) {
        let mut sam = app.sam().await;
        let old = sam.cookie().expect("a cookie");
        sam.get("/logout").await;
        assert_eq!(sam.page.code(), 200, "a GET shows a page");
        assert!(sam.page.buttons().contains(&"Log out".to_owned()));
        sam.get("/users").await;
        assert_eq!(sam.page.code(), 200, "and changes nothing");
        let form = sam.form("Log out");
        sam.send_form(&form).await;
        assert_eq!(sam.page.location().as_deref(), Some("/login?reason=logout"));
        assert!(sam.page.header("clear-site-data").expect("sent").contains("storage"));
        sam.set_cookie(&old);
        sam.fetch("/users").await;
        assert_eq!(sam.page.code(), 303);
        assert_eq!(app.pool.number("SELECT count(*) FROM sessions").await, 0);
        assert!(app.audit().await.contains(&"logout Sam Super (sam@acme.example)".to_owned()));
    }

    async fn fifteen_idle_minutes_end_a_session(app) {
        let mut sam = app.sam().await;
        app.advance_seconds(14 * 60 + 59);
        assert_eq!(sam.get("/users").await.code(), 200, "14:59");
        app.advance_seconds(14 * 60 + 59);
        assert_eq!(sam.get("/users").await.code(), 200, "14:59 after that");
        app.advance_seconds(15 * 60);
        sam.fetch("/users?q=x").await;
        assert_eq!(sam.page.location().as_deref(), Some("/login?reason=idle&next=%2Fusers%3Fq%3Dx"), "15:00");
        assert_eq!(app.pool.number("SELECT count(*) FROM sessions").await, 0, "deleted, not hidden");
        assert!(app.audit().await.contains(&"session.idle_ended Sam Super (sam@acme.example)".to_owned()));
    }

    async fn a_form_that_comes_too_late_is_not_carried_out(app) {
        let mut sam = app.sam().await;
        sam.get("/users/invite").await;
        let form = sam.form("Invite").fill("Email", "late@acme.example");
        app.advance_seconds(15 * 60 + 1);
        sam.send_form(&form).await;
        assert_eq!(sam.page.code(), 303);
        assert!(sam.page.location().expect("login").starts_with("/login?reason=idle&next="));
        assert_eq!(app.pool.number("SELECT count(*) FROM invitations").await, 0);
    }

    async fn twelve_hours_end_a_session_however_active(app) {
        let mut sam = app.sam().await;
        for _ in 0..71 {
            app.advance(minutes(10));
            assert_eq!(sam.get("/account").await.code(), 200);
        }
        app.advance(minutes(9));
        assert_eq!(sam.get("/account").await.code(), 200, "11:59");
        app.advance(minutes(1));
        sam.fetch("/account").await;
        assert_eq!(sam.page.location().as_deref(), Some("/login?reason=ended&next=%2Faccount"));
    }

    async fn polling_errors_and_files_are_no_activity(app) {
        let mut sam = app.sam().await;
        sam.get("/users").await;
        let file = sam.page.attribute("script[src]", "src").expect("a script");
        for minute in 1..=14 {
            app.advance(minutes(1));
            sam.fetch("/session").await;
            let left: serde_json::Value = serde_json::from_str(&sam.page.body).expect("JSON");
            assert_eq!(left["seconds_left"], (15 - minute) * 60);
            sam.fetch("/users/00000000-0000-7000-8000-000000000000").await;
            assert_eq!(sam.page.code(), 404);
            assert_eq!(sam.fetch(&file).await.code(), 200);
        }
        app.advance(minutes(1));
        assert_eq!(sam.fetch("/session").await.code(), 401);
        sam.fetch("/users").await;
        assert!(sam.page.location().expect("login").starts_with("/login?reason=idle"));
    }

    async fn staying_signed_in_is_activity(app) {
        let mut sam = app.sam().await;
        app.advance(minutes(14));
        let token = sam.page.csrf();
        sam.forge("/session/extend", &[]).await;
        assert_eq!(sam.page.code(), 200);
        assert!(sam.page.body.contains("\"seconds_left\":900"), "{}", sam.page.body);
        app.advance(minutes(14));
        assert_eq!(sam.get("/users").await.code(), 200);
        assert_eq!(sam.page.csrf(), token, "the same session");
        assert_eq!(app.browser().fetch("/session").await.code(), 401);
    }

    async fn the_cookie_is_new_after_the_login_and_never_adopted(app) {
        let mut browser = app.browser();
        browser.set_cookie("AAAAAAAAAAAAAAAAAAAAAA");
        browser.get("/login").await;
        let form = browser.form("Log in").fill("Email", SAM).fill("Password", PASSWORD);
        browser.send_form(&form).await;
        let cookie = browser.page.header("set-cookie").expect("a new cookie").to_owned();
        assert_ne!(browser.cookie().as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA"));
        let parts: Vec<String> = cookie.split("; ").skip(1).map(str::to_owned).collect();
        assert!(cookie.starts_with("rollcall="), "{cookie}");
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(parts.contains(&flag.to_owned()), "{cookie}");
        }
        assert_eq!(parts.len(), 3, "no Secure on plain http, no lifetime, no domain: {cookie}");
        let value = browser.cookie().expect("a cookie");
        let stored = app.pool.bytes("SELECT id_hash FROM sessions").await;
        assert_eq!((stored.len(), stored[0].len()), (1, 32));
        let dump = app.pool.texts("SELECT id || address || device || extras FROM sessions").await.join("");
        assert!(!dump.contains(&value), "the value in the cookie is nowhere in the database");
        let mut thief = app.browser();
        thief.set_cookie("AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(thief.fetch("/users").await.code(), 303, "the invented id got nothing");
    }

    async fn a_new_password_changes_the_id_and_ends_the_others(app) {
        let (mut here, mut there) = (app.sam().await, app.sam().await);
        let before = here.cookie().expect("cookie");
        here.get("/account/password").await;
        let form = here.form("Save").fill("Current password", PASSWORD).fill("New password", "lantern ferry winter");
        here.submit(form.fill("Confirm new password", "lantern ferry winter")).await;
        assert_eq!((here.page.path.as_str(), here.page.flash().as_str()), ("/account", "Your password was changed."));
        let after = here.cookie().expect("cookie");
        assert_ne!(before, after);
        let mut replayed = app.browser();
        replayed.set_cookie(&before);
        assert_eq!(replayed.fetch("/account").await.code(), 303, "the old id is dead");
        there.fetch("/account").await;
        assert_eq!(there.page.location().as_deref(), Some("/login?reason=ended&next=%2Faccount"));
        let (_, after) = app.last_event("account.password_changed").await;
        assert_eq!(after["sessions_ended"], 1);
        assert!(app.mail(SAM).await.subject.contains("Your password was changed"));
    }

    async fn one_session_or_all_others_can_be_ended(app) {
        let mut here = app.sam().await;
        let mut phone = app.browser().with_header("user-agent",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1");
        phone.log_in(SAM, PASSWORD).await;
        let mut laptop = app.sam().await;
        here.get("/account").await;
        assert_eq!(here.page.table("Sessions").len(), 3);
        assert_eq!(here.page.all("td .tag-info"), ["This device"]);
        let button = here.page.buttons().into_iter().find(|name| name.contains("iPhone")).expect("a button");
        here.press(&button).await;
        assert_eq!(here.page.flash(), "The session was ended.");
        assert_eq!(phone.fetch("/users").await.location().as_deref(), Some("/login?reason=ended&next=%2Fusers"));
        assert_eq!(laptop.get("/users").await.code(), 200);
        here.press("End all other sessions").await;
        assert_eq!(here.page.flash(), "Other sessions were ended.");
        assert_eq!(laptop.fetch("/users").await.code(), 303);
        assert_eq!(here.get("/users").await.code(), 200);
    }

    async fn nobody_ends_somebody_elses_session(app) {
        let mut sam = app.sam().await;
        let mut una = app.member("Una User", "una@acme.example", &[]).await;
        let ids = app.pool.texts("SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'una@acme.example'").await;
        sam.get("/account").await;
        assert_eq!(sam.forge(&format!("/account/sessions/{}/end", ids[0]), &[]).await.code(), 404);
        assert_eq!(una.get("/account").await.code(), 200);
    }

    async fn a_request_that_began_before_its_end_cannot_commit_after_it(app) {
        let mut vera = app.member("Vera Admin", "vera@acme.example", &["Administrator"]).await;
        vera.get("/users/invite").await;
        let form = vera.form("Invite").fill("Email", "slow@acme.example");
        // The administrator's session is being ended by a change that is not committed yet; the request is past its door
        // and has to wait for it.
        app.pool.run(if app.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" }).await;
        if app.is_postgres() {
            app.pool.run("SELECT 1 FROM organizations FOR UPDATE").await;
        }
        let drawn = app.chance.drawn();
        let slow = async { vera.send_form(&form).await.code() };
        let revoke = async {
            // The request has its id, and has begun to make the temporary password.
            while app.chance.drawn() < drawn + 2 {
                tokio::task::yield_now().await;
            }
            app.pool.run("DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = 'vera@acme.example')").await;
            app.pool.run("COMMIT").await;
        };
        let (code, ()) = futures::join!(slow, revoke);
        assert_eq!(code, 403);
        assert_eq!(app.pool.number("SELECT count(*) FROM invitations").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let app = TestApp::ready(Database::sqlite(), &[("ROLLCALL_PUBLIC_URL", "https://people.example")]).await;
    let mut browser = app.browser().with_host("people.example");
    browser.fetch("/login").await;
    let cookie = browser.page.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("__Host-rollcall="), "{cookie}");
    assert!(cookie.contains("; Secure") && !cookie.to_lowercase().contains("domain"), "{cookie}");
    let hsts = browser.page.header("strict-transport-security").expect("HSTS");
    assert!(hsts.contains("max-age=") && hsts.contains("includeSubDomains"), "{hsts}");
    for host in ["elsewhere.example", "people.example:8080", "people.example@e.example"] {
        let code = app.browser().with_host(host).send(Method::GET, "/login", None, Vec::new()).await.code();
        assert_eq!(code, 421, "{host}");
    }
}
