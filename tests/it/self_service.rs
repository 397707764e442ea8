//! What people do for themselves when they cannot log in or want another address, and what keeps strangers from doing
//! it in their place (portal contract 1.6 and 1.7, security contract S8-S18, S25, S35, S52).

use crate::support::{
    PASSWORD, SAM, TestApp,
    authenticator::{enroll, require_mfa},
    both,
    database::Database,
};

const ANA: &str = "ana@acme.example";
const NEW: &str = "quiet meadow ladder";
const SENT: &str = "If an account exists for that address, we sent a link to it.";

/// Sends the form of a reset link.
async fn reset(app: &TestApp, link: &str, password: &str) -> crate::support::Page {
    let mut browser = app.browser();
    browser.get(link).await;
    let form = browser.form("Save password").fill("New password", password).fill("Confirm new password", password);
    browser.send_form(&form).await.clone()
}

both! {
    async fn asking_for_a_new_password_answers_alike_for_everybody(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ina@acme.example", &[]).await;
        let page = app.ask_for_reset(ANA).await;
        assert_eq!((page.code(), page.statuses()), (200, vec![SENT.to_owned()]));
        for email in ["ina@acme.example", "nobody@acme.example", "not an address"] {
            let other = app.ask_for_reset(email).await;
            assert_eq!((other.code(), other.text()), (page.code(), page.text()), "{email}");
        }
        assert_eq!(app.ask_for_reset(" ").await.alerts(), ["Enter your email address."]);
        let resets = async || {
            let mails = app.mails(ANA).await;
            mails.iter().filter(|mail| mail.subject == "Reset your password").count()
        };
        assert_eq!(resets().await, 1);
        assert_eq!(app.mail("ina@acme.example").await.subject, "You are invited to Acme", "not activated: no link");
        app.advance_seconds(4 * 60);
        app.ask_for_reset("ANA@acme.example").await;
        assert_eq!(resets().await, 1, "one in five minutes");
        app.advance_seconds(61);
        let first = app.mail(ANA).await.link();
        app.ask_for_reset(ANA).await;
        assert_eq!(resets().await, 2);
        assert_eq!(app.browser().get(&first).await.code(), 404, "the newest kills the older");
    }

    async fn a_reset_ends_sessions_skips_no_code_and_works_once(app) {
        let mut open = app.member("Ana Lima", ANA, &[]).await;
        require_mfa(app, "Acme").await;
        enroll(app, ANA).await;
        let link = app.reset_link(ANA).await;
        assert!(!app.audit().await.join(" ").contains(link.trim_start_matches("/password/reset/")));
        for _ in 0..3 {
            assert_eq!(app.browser().get(&link).await.heading(), "Choose a new password", "looking changes nothing");
        }
        let page = reset(app, &link, "acme2026!!").await;
        assert_eq!(page.code(), 422);
        assert!(page.alerts().contains(&"Use at least 12 characters.".to_owned()), "{:?}", page.alerts());
        let page = reset(app, &link, NEW).await;
        assert_eq!(page.location().as_deref(), Some("/login?reason=reset"));
        assert!(open.fetch("/account").await.location().expect("login").starts_with("/login?reason=ended"));
        assert_eq!(app.mail(ANA).await.subject, "Your password was changed");
        let mut browser = app.browser();
        assert_eq!(browser.log_in(ANA, NEW).await.heading(), "Enter your code");
        let used = app.browser().get(&link).await.clone();
        let unknown = app.browser().get("/password/reset/unknown").await.clone();
        assert_eq!((used.code(), used.heading().as_str()), (404, "This link does not work"));
        assert_eq!(used.body, unknown.body);
        assert_eq!(used.link("Forgot password?").as_deref(), Some("/password/forgot"));
        assert_eq!(app.browser().log_in(ANA, PASSWORD).await.code(), 422, "the old one is gone");
    }

    async fn a_reset_link_lives_an_hour_and_dies_with_its_account(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let link = app.reset_link(ANA).await;
        app.advance_seconds(59 * 60 + 59);
        assert_eq!(app.browser().get(&link).await.code(), 200);
        app.advance_seconds(1);
        assert_eq!(app.browser().get(&link).await.code(), 404);
        let link = app.reset_link(ANA).await;
        let mut sam = app.sam().await;
        sam.get(&format!("/users/{}/disable", app.id(ANA).await)).await;
        sam.press("Disable").await;
        assert_eq!(app.browser().get(&link).await.code(), 404);
    }

    async fn an_expired_temporary_password_is_replaced_by_link(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, ANA, &[]).await;
        let temporary = app.mail(ANA).await.temporary_password().expect("a new person");
        app.activate(ANA).await;
        app.advance_seconds(8 * 24 * 3600);
        let mut browser = app.browser();
        browser.log_in(ANA, &temporary).await;
        assert!(browser.page.alerts()[0].starts_with("Your temporary password has expired."));
        let link = app.reset_link(ANA).await;
        assert_eq!(reset(app, &link, NEW).await.code(), 303);
        browser.log_in(ANA, NEW).await;
        assert!(browser.is_signed_in(), "{}", browser.page.text());
    }

    async fn a_new_address_holds_once_it_is_confirmed(app) {
        let mut ana = app.member("Ana Lima", ANA, &[]).await;
        let ask = async |ana: &mut crate::support::Browser, email: &str, password: &str| {
            ana.get("/account/email").await;
            let form = ana.form("Submit").fill("New email", email).fill("Current password", password);
            ana.submit(form).await.clone()
        };
        for (email, password, message) in [
            ("ana@", PASSWORD, "Enter a valid email address."),
            (ANA, PASSWORD, "This is already your email address."),
            (SAM, PASSWORD, "That email address is already in use."),
            (SAM, "wrong", "The password is incorrect."),
        ] {
            let page = ask(&mut ana, email, password).await;
            assert_eq!((page.code(), page.alerts()), (422, vec![message.to_owned()]), "{email}");
        }
        app.advance_seconds(4);
        let before = ana.cookie();
        let page = ask(&mut ana, "ana@new.example", PASSWORD).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert_ne!(ana.cookie(), before);
        assert!(ana.get("/account").await.text().contains("Waiting for the confirmation of ana@new.example."));
        let mail = app.mail("ana@new.example").await;
        assert_eq!(mail.subject, "Confirm your new email address");
        let mut anywhere = app.browser();
        anywhere.get(&mail.link()).await;
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email = 'ana@new.example'").await, 0);
        anywhere.press("Confirm email").await;
        assert_eq!(anywhere.page.flash(), "Your email was changed. Log in with the new email address.");
        assert!(ana.fetch("/account").await.location().expect("login").starts_with("/login?reason=email"));
        for address in [ANA, "ana@new.example"] {
            assert_eq!(app.mail(address).await.subject, "Your email address was changed", "{address}");
        }
        let failures = app.pool.number("SELECT count(*) FROM sign_in_attempts WHERE failures = 1").await;
        assert_eq!(failures, 2, "the new address took the failure over");
        app.log_in("ana@new.example").await;
        assert_eq!(app.browser().get(&mail.link()).await.code(), 404);
    }

    async fn a_flood_of_wrong_passwords_costs_few_hashes(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut browser = app.browser();
        browser.get("/login").await;
        let (real, decoy) = app.app.hasher.counts();
        let mut sent = Vec::new();
        for number in 0..100 {
            let mut browser = browser.clone();
            let password = if number == 50 { PASSWORD.to_owned() } else { format!("wrong {number}") };
            let form = browser.form("Log in").fill("Email", ANA).fill("Password", &password);
            sent.push(async move { browser.send_form(&form).await.code() });
        }
        let codes = futures::future::join_all(sent).await;
        let (real_after, decoy_after) = app.app.hasher.counts();
        assert!(real_after - real + decoy_after - decoy <= 3, "{} hashes", real_after - real);
        assert!(codes.iter().filter(|code| **code == 429).count() >= 97, "{codes:?}");
        let locked = app.audit().await.iter().filter(|line| line.starts_with("login.locked")).count();
        assert_eq!(locked, 1);
    }

    async fn twenty_right_passwords_at_once_all_log_in(app) {
        app.member("Ana Lima", ANA, &[]).await;
        let mut browser = app.browser();
        browser.get("/login").await;
        let sent = (0..20).map(|_| {
            let mut browser = browser.clone();
            let form = browser.form("Log in").fill("Email", ANA).fill("Password", PASSWORD);
            async move { browser.send_form(&form).await.location() }
        });
        let targets = futures::future::join_all(sent).await;
        assert!(targets.iter().all(|target| target.as_deref() == Some("/")), "{targets:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_try_so_many_accounts() {
    for database in Database::each().await {
        let app = TestApp::ready(database, &[("ROLLCALL_LOGIN_ADDRESS_LIMIT", "5/1m")]).await;
        for number in 0..5 {
            let code = app.browser().log_in(&format!("{number}@acme.example"), "wrong").await.code();
            assert_eq!(code, 422, "{number}");
        }
        let mut browser = app.browser();
        browser.log_in(SAM, PASSWORD).await;
        assert_eq!((browser.page.code(), browser.page.heading().as_str()), (429, "Too many requests"));
        let wait: u64 = browser.page.header("retry-after").expect("a header").parse().expect("seconds");
        assert!((1..=60).contains(&wait));
        let known = app.browser().log_in("0@acme.example", "wrong").await.text();
        assert!(known.contains("This account is locked."), "an account tried before is the lock rule's: {known}");
        app.advance_seconds(wait);
        app.log_in(SAM).await;
        app.close().await;
    }
}
