//! Two processes on one PostgreSQL behave as one: what is decided on the one holds on the other, whoever is faster
//! (security contract S13, S16, S21, S35, S36, S52, S69).

use crate::support::{
    Browser, Node, PASSWORD, Page, SAM, TestApp,
    authenticator::{enroll, require_mfa},
};

const ANA: &str = "ana@acme.example";
const NEW: &str = "quiet meadow ladder";

/// Each story on two nodes; without a PostgreSQL there are none.
macro_rules! on_two {
    ($(async fn $name:ident($app:ident, $other:ident) $body:block)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let Some(first) = TestApp::on_postgres().await else { return };
            let second = first.beside().await;
            let ($app, $other) = (&first, &second);
            $body
            second.close().await;
            first.close().await;
        })+
    };
}

/// The same browser in front of the one node and the other, in turns.
fn in_turns(app: &TestApp, other: &Node, browser: &Browser, number: usize) -> Vec<Browser> {
    (0..number).map(|n| if n.is_multiple_of(2) { app.take_in(browser) } else { other.take_in(browser) }).collect()
}

/// What all of them are answered at once.
async fn at_once(sent: impl IntoIterator<Item = impl Future<Output = Page>>) -> Vec<Page> {
    futures::future::join_all(sent).await
}

async fn log_in_at_once(browsers: Vec<Browser>, password: impl Fn(usize) -> String) -> Vec<Page> {
    let sent = browsers.into_iter().enumerate().map(|(n, mut browser)| {
        let form = browser.form("Log in").fill("Email", ANA).fill("Password", &password(n));
        async move { browser.send_form(&form).await.clone() }
    });
    at_once(sent).await
}

async fn events(app: &TestApp, action: &str) -> i64 {
    app.pool.number(&format!("SELECT count(*) FROM audit_events WHERE action = '{action}'")).await
}

async fn sessions(app: &TestApp) -> i64 {
    app.pool.number("SELECT count(*) FROM sessions").await
}

on_two! {
    async fn a_flood_of_wrong_passwords_costs_few_hashes(app, other) {
        app.member("Ana Lima", ANA, &[]).await;
        let (sessions, logins) = (self::sessions(app).await, events(app, "login.succeeded").await);
        let mut browser = app.browser();
        browser.get("/login").await;
        let counted = || {
            let ((real, decoy), (others, other_decoy)) = (app.app.hasher.counts(), other.app.hasher.counts());
            real + decoy + others + other_decoy
        };
        for round in 0..5 {
            app.pool.run("DELETE FROM sign_in_attempts").await;
            let (before, locks) = (counted(), events(app, "login.locked").await);
            let right_one = |n: usize| if n == 50 { PASSWORD.to_owned() } else { format!("wrong {n}") };
            let pages = log_in_at_once(in_turns(app, other, &browser, 100), right_one).await;
            assert!(counted() - before <= 3, "round {round}: {} hashes", counted() - before);
            assert_eq!(events(app, "login.locked").await - locks, 1, "round {round}");
            let refused = pages.iter().filter(|page| page.code() == 429).count();
            // The right one may have been the first of all; then it was no failure.
            assert!(refused >= 97, "round {round}: {refused}");
            app.advance_seconds(60 * 60);
        }
        let (more, logged_in) = (self::sessions(app).await - sessions, events(app, "login.succeeded").await - logins);
        assert_eq!(more, logged_in, "no session without a success");
    }

    async fn twenty_right_passwords_all_log_in(app, other) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut browser = app.browser();
        browser.get("/login").await;
        let pages = log_in_at_once(in_turns(app, other, &browser, 20), |_| PASSWORD.to_owned()).await;
        assert!(pages.iter().all(|page| page.location().as_deref() == Some("/")));
    }

    async fn a_lock_of_one_node_is_one_of_the_other(app, other) {
        app.member("Ana Lima", ANA, &[]).await;
        for code in [422, 422, 429] {
            assert_eq!(app.browser().log_in(ANA, "wrong").await.code(), code);
            app.advance_seconds(4);
        }
        assert_eq!(other.browser().log_in(ANA, PASSWORD).await.code(), 429);
        app.advance_seconds(30 * 60);
        assert_eq!(other.browser().log_in(ANA, PASSWORD).await.code(), 200);
    }

    async fn fifty_of_one_code_give_one_session(app, other) {
        app.member("Ana Lima", ANA, &[]).await;
        require_mfa(app, "Acme").await;
        let authenticator = enroll(app, ANA).await;
        for round in 0..5 {
            app.pool.run("DELETE FROM sessions").await;
            app.pool.run("DELETE FROM sign_in_attempts").await;
            let mut first = app.browser();
            first.log_in(ANA, PASSWORD).await;
            let code = authenticator.code(app.now());
            let sent = in_turns(app, other, &first, 50).into_iter().map(|mut browser| {
                let form = browser.form("Verify").fill("Verification code", &code);
                async move { browser.send_form(&form).await.clone() }
            });
            let pages = at_once(sent).await;
            let into = pages.iter().filter(|page| page.location().as_deref() == Some("/")).count();
            assert_eq!(into, 1, "round {round}");
            assert_eq!(app.pool.number("SELECT count(*) FROM sessions WHERE stage = 'full'").await, 1);
            app.advance_seconds(120);
        }
    }

    async fn what_ends_a_session_ends_it_everywhere(app, other) {
        app.member("Ana Lima", ANA, &["Platform Management Viewer"]).await;
        let id = app.id(ANA).await;
        let mut sam = app.sam().await;
        let there = async || {
            let mut ana = other.browser();
            ana.log_in(ANA, PASSWORD).await;
            assert_eq!(ana.get("/users").await.code(), 200);
            ana
        };
        let gone = async |mut ana: Browser, why: &str| {
            let page = ana.fetch("/users").await;
            assert!(page.location().is_some_and(|target| target.starts_with("/login?reason=")), "{why}: {}", page.code());
        };

        let ana = there().await;
        sam.get(&format!("/users/{id}/end-sessions")).await;
        sam.press("End all sessions").await;
        gone(ana, "ended by an administrator").await;

        let (ana, mut here) = (there().await, app.log_in(ANA).await);
        here.get("/account").await;
        here.press("End all other sessions").await;
        gone(ana, "ended from another one").await;

        let ana = there().await;
        here.get("/account/password").await;
        let form = here.form("Save").fill("Current password", PASSWORD).fill("New password", NEW);
        here.submit(form.fill("Confirm new password", NEW)).await;
        assert_eq!(here.page.path, "/account", "{}", here.page.text());
        gone(ana, "another password").await;
        here.get("/account/password").await;
        let form = here.form("Save").fill("Current password", NEW).fill("New password", PASSWORD);
        here.submit(form.fill("Confirm new password", PASSWORD)).await;

        let ana = there().await;
        let link = app.reset_link(ANA).await;
        let mut reader = app.browser();
        reader.get(&link).await;
        let form = reader.form("Save password").fill("New password", PASSWORD).fill("Confirm new password", PASSWORD);
        reader.send_form(&form).await;
        gone(ana, "a reset by link").await;

        let ana = there().await;
        sam.get(&format!("/users/{id}/disable-everywhere")).await;
        sam.press("Disable everywhere").await;
        gone(ana, "disabled everywhere").await;
        sam.get(&format!("/users/{id}/enable-everywhere")).await;
        sam.press("Enable everywhere").await;

        let mut ana = there().await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").untick("Platform Management Viewer");
        sam.submit(form).await;
        assert_eq!(ana.fetch("/users").await.code(), 403, "roles count from the next request");
        assert_eq!(ana.fetch("/account").await.code(), 200, "and end nothing");
        sam.get(&format!("/users/{id}/delete")).await;
        sam.press("Delete").await;
        gone(ana, "deleted").await;
    }

    async fn a_request_that_began_before_its_end_cannot_commit_after_it(app, other) {
        let vera = app.member("Vera Admin", "vera@acme.example", &["Administrator"]).await;
        let link = app.reset_link("vera@acme.example").await;
        let mut vera = other.take_in(&vera);
        vera.get("/users/invite").await;
        let form = vera.form("Invite").fill("Email", "slow@acme.example");
        let mut reader = app.browser();
        reader.get(&link).await;
        let reset = reader.form("Save password").fill("New password", NEW).fill("Confirm new password", NEW);
        // Somebody holds the organization, so the invitation waits, on its node past its door.
        app.pool.run("BEGIN").await;
        app.pool.run("SELECT 1 FROM organizations FOR NO KEY UPDATE").await;
        let drawn = other.chance.drawn();
        let slow = async { vera.send_form(&form).await.code() };
        let revoke = async {
            while other.chance.drawn() < drawn + 2 {
                tokio::task::yield_now().await;
            }
            let target = reader.send_form(&reset).await.location();
            app.pool.run("COMMIT").await;
            target
        };
        let (code, target) = futures::join!(slow, revoke);
        assert_eq!(target.as_deref(), Some("/login?reason=reset"), "the other node ends the session meanwhile");
        assert_eq!(code, 403);
        assert_eq!(app.pool.number("SELECT count(*) FROM invitations").await, 0);
    }

    async fn a_mailed_link_works_once(app, other) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, ANA, &[]).await;
        let mut reader = app.browser();
        reader.get(&app.mail(ANA).await.link()).await;
        let sent = in_turns(app, other, &reader, 50).into_iter().map(|mut browser| {
            let form = browser.form("Activate account");
            async move { browser.send_form(&form).await.clone() }
        });
        let codes: Vec<u16> = at_once(sent).await.iter().map(Page::code).collect();
        assert_eq!(codes.iter().filter(|code| **code == 303).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == 404).count(), 49, "{codes:?}");

        let link = app.reset_link(SAM).await;
        reader.get(&link).await;
        let sent = in_turns(app, other, &reader, 50).into_iter().map(|mut browser| {
            let form = browser.form("Save password").fill("New password", NEW).fill("Confirm new password", NEW);
            async move { browser.send_form(&form).await.clone() }
        });
        let pages = at_once(sent).await;
        let done = pages.iter().filter(|page| page.location().as_deref() == Some("/login?reason=reset")).count();
        assert_eq!(done, 1);
        // With so many at once some may be told that the machine is busy, but nobody that it worked.
        assert!(pages.iter().all(|page| [303, 404, 503].contains(&page.code())));
    }

    async fn two_administrators_demoting_each_other_leave_one(app, other) {
        app.add_organization("Beta").await;
        let mut sam = app.sam_in("Beta").await;
        let mut ann = app.person(&mut sam, "Ann Admin", "ann@beta.example", &["Administrator"]).await;
        let bea = app.person(&mut sam, "Bea Admin", "bea@beta.example", &["Administrator"]).await;
        let mut bea = other.take_in(&bea);
        let administrators = "SELECT count(*) FROM memberships WHERE account_role = 'administrator' AND state = 'active'
             AND organization_id = (SELECT id FROM organizations WHERE name = 'Beta')";
        for round in 0..20 {
            let (first, second) = (app.id("bea@beta.example").await, app.id("ann@beta.example").await);
            ann.get(&format!("/users/{first}/edit")).await;
            bea.get(&format!("/users/{second}/edit")).await;
            let (first, second) = (ann.form("Save").choose("User"), bea.form("Save").choose("User"));
            futures::join!(ann.send_form(&first), bea.send_form(&second));
            let mut codes = [ann.page.code(), bea.page.code()];
            codes.sort_unstable();
            assert_eq!((codes[0], app.pool.number(administrators).await), (303, 1), "round {round}: {codes:?}");
            assert!([403, 409].contains(&codes[1]), "round {round}: {codes:?}");
            let demoted = if ann.page.code() == 303 { "bea@beta.example" } else { "ann@beta.example" };
            sam.get(&format!("/users/{}/edit", app.id(demoted).await)).await;
            let form = sam.form("Save").choose("Administrator");
            sam.submit(form).await;
        }
    }
}
