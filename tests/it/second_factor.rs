//! Multi-factor authentication from the first code to the lost phone (portal contract 4, security contract S20-S27).

use rollcall::web::routes;

use crate::support::{
    PASSWORD, SAM, TestApp,
    authenticator::{Authenticator, enroll, require_mfa},
    both,
};

const ANA: &str = "ana@acme.example";

/// Ana, who must use a second factor and has one.
async fn ana(app: &TestApp) -> Authenticator {
    app.member("Ana Lima", ANA, &[]).await;
    require_mfa(app, "Acme").await;
    enroll(app, ANA).await
}

/// The password form at this address, answered rightly.
async fn confirm(browser: &mut crate::support::Browser, path: &str, button: &str) {
    browser.get(path).await;
    let form = browser.form(button).fill("Password", PASSWORD);
    browser.send_form(&form).await;
}

both! {
    async fn enrollment_is_forced_at_the_next_login_and_lands_on_your_account(app) {
        let mut open = app.member("Ana Lima", ANA, &["Platform Management Viewer"]).await;
        require_mfa(app, "Acme").await;
        assert_eq!(open.get("/users").await.code(), 200, "turning it on ends no session");
        assert_eq!(open.get("/mfa/enroll").await.path, "/account", "nor is it set up in one");

        let mut browser = app.browser();
        browser.get("/login").await;
        let form = browser.form("Log in").fill("Email", ANA).fill("Password", PASSWORD);
        assert_eq!(browser.send_form(&form).await.location().as_deref(), Some("/mfa/enroll"));
        for path in ["/users", "/account", "/account/password", "/account/email", "/"] {
            assert_eq!(browser.get(path).await.path, "/mfa/enroll", "{path}");
        }
        let page = &browser.page;
        assert_eq!(page.heading(), "Multi-Factor Authentication");
        assert!(page.text().contains("Acme requires a code from an authenticator app at every login."));
        assert_eq!(page.attribute("svg[role=img]", "aria-label").as_deref(), Some("QR code for your authenticator app"));
        let authenticator = Authenticator::scan(&browser);
        let shown = browser.page.attribute("#secret", "data-copy-text");
        assert_eq!(browser.get("/mfa/enroll").await.attribute("#secret", "data-copy-text"), shown, "a reload");

        for (typed, message) in [
            ("12345", "Enter the 6-digit code."),
            (authenticator.wrong_code(app.now()).as_str(),
                "That code is incorrect. Check that the time on your device is right, then enter the next code."),
        ] {
            let form = browser.form("Verify").fill("Verification code", typed);
            browser.send_form(&form).await;
            assert_eq!((browser.page.code(), browser.page.alerts()), (422, vec![message.to_owned()]));
            assert_eq!(browser.page.attribute("#secret", "data-copy-text"), shown, "a retry");
        }
        assert_eq!(app.pool.number("SELECT coalesce(max(failures), 0) FROM sign_in_attempts").await, 0);

        let mut other = app.browser();
        other.log_in(ANA, PASSWORD).await;
        assert_ne!(other.page.attribute("#secret", "data-copy-text"), shown, "another login, another secret");

        let before = browser.cookie();
        let code = authenticator.code(app.now());
        let form = browser.form("Verify").fill("Verification code", &code);
        browser.submit(form).await;
        assert_eq!(browser.page.path, "/account");
        assert_eq!(browser.page.flash(), "Multi-factor authentication is on. We sent a confirmation to ana@acme.example. \
            Save your recovery codes: choose Show Recovery Code.");
        assert_ne!(browser.cookie(), before, "a new identifier at the step up");
        assert!(browser.page.text().contains("10 of 10 recovery codes left."));
        assert_eq!(app.mail(ANA).await.subject, "Multi-factor authentication is on");
        assert_eq!(other.get("/users").await.code(), 200, "whoever was on the way there is free");

        let mut again = app.browser();
        again.log_in(ANA, PASSWORD).await;
        assert_eq!(again.page.heading(), "Enter your code");
        let form = again.form("Verify").fill("Verification code", &code);
        again.submit(form).await;
        assert_eq!(again.page.alerts(), ["That code is incorrect."], "the code used to enroll is used");
        app.advance_seconds(60);
        let form = again.form("Verify").fill("Verification code", &authenticator.code(app.now()));
        again.submit(form).await;
        assert!(again.is_signed_in());
    }

    async fn half_a_login_reaches_nothing(app) {
        let authenticator = ana(app).await;
        let mut browser = app.browser();
        browser.get("/login?next=%2Faccount%2Femail").await;
        let form = browser.form("Log in").fill("Email", ANA).fill("Password", PASSWORD);
        browser.send_form(&form).await;
        let half = browser.cookie();
        for route in routes::table() {
            let public = ["/", "/setup", "/login", "/login/mfa", "/logout", "/session", "/activate/{token}",
                "/password/forgot", "/password/reset/{token}", "/password/strength", "/account/email/confirm/{token}"];
            if public.contains(&route.path) {
                continue;
            }
            let path = route.path.replace("{id}", "0198c0de-0000-7000-8000-000000000001");
            browser.fetch(&path).await;
            let page = &browser.page;
            let to_login = page.location().is_some_and(|target| target.starts_with("/login?"));
            assert!(to_login || matches!(page.code(), 401 | 405), "{path}: {} {:?}", page.code(), page.location());
        }
        assert_eq!(browser.fetch("/session").await.code(), 401);
        assert_eq!(browser.fetch("/").await.location().as_deref(), Some("/login"));
        browser.get("/login/mfa").await;
        let form = browser.form("Verify").fill("Verification code", &authenticator.code(app.now()));
        assert_eq!(browser.send_form(&form).await.location().as_deref(), Some("/account/email"), "next is kept");
        let full = browser.cookie();
        assert_ne!(half, full);
        browser.set_cookie(&half.expect("a cookie"));
        assert_eq!(browser.fetch("/account").await.code(), 303, "the old one is dead");

        browser.log_in(ANA, PASSWORD).await;
        assert_eq!(browser.press("Start again").await.path, "/login");
        assert_eq!(browser.get("/login/mfa").await.path, "/login");
    }

    async fn fifty_of_one_code_give_one_session(app) {
        let authenticator = ana(app).await;
        app.pool.run("DELETE FROM sessions").await;
        let mut first = app.browser();
        first.log_in(ANA, PASSWORD).await;
        let code = authenticator.code(app.now());
        let mut sent = Vec::new();
        for _ in 0..50 {
            let mut browser = first.clone();
            let form = browser.form("Verify").fill("Verification code", &code);
            sent.push(async move { browser.send_form(&form).await.location() });
        }
        let targets = futures::future::join_all(sent).await;
        assert_eq!(targets.iter().filter(|target| target.as_deref() == Some("/")).count(), 1, "{targets:?}");
        assert_eq!(app.pool.number("SELECT count(*) FROM sessions WHERE stage = 'full'").await, 1);
    }

    async fn recovery_codes_are_shown_after_the_password_used_once_and_renewed(app) {
        let authenticator = ana(app).await;
        let mut browser = app.browser();
        browser.log_in_with(app, ANA, &authenticator).await;
        assert_eq!(browser.get("/account/recovery-codes").await.heading(), "Show Recovery Code");
        let form = browser.form("Confirm").fill("Password", "wrong");
        browser.send_form(&form).await;
        assert_eq!((browser.page.code(), browser.page.alerts()), (422, vec!["The password is incorrect.".to_owned()]));
        app.advance_seconds(4);
        let before = browser.cookie();
        confirm(&mut browser, "/account/recovery-codes", "Confirm").await;
        assert_eq!((browser.page.code(), browser.page.heading().as_str()), (200, "Recovery codes"));
        assert_ne!(browser.cookie(), before, "a new identifier once the password was asked again");
        let codes = browser.page.all("ol[aria-labelledby=codes-title] li");
        assert_eq!(codes.len(), 10);

        let mut other = app.browser();
        other.log_in(ANA, PASSWORD).await;
        other.get("/login/mfa?method=recovery").await;
        let typed = codes[3].to_lowercase().replace('-', " ");
        let form = other.form("Verify").fill("Recovery code", &typed);
        other.submit(form).await;
        assert!(other.is_signed_in(), "{}", other.page.text());
        let mail = app.mail(ANA).await;
        assert_eq!(mail.subject, "A recovery code was used");
        assert!(mail.text.contains('9') && !mail.text.contains(&codes[3]), "{}", mail.text);
        assert!(other.get("/account").await.text().contains("9 of 10 recovery codes left."));
        confirm(&mut other, "/account/recovery-codes", "Confirm").await;
        let struck = other.page.all("ol[aria-labelledby=codes-title] li").remove(3);
        assert!(struck.starts_with(&codes[3]) && struck.contains("(used 20"), "{struck}");

        confirm(&mut other, "/account/recovery-codes/new", "Generate").await;
        let renewed = other.page.all("ol[aria-labelledby=codes-title] li");
        assert!(renewed.len() == 10 && !renewed.iter().any(|code| codes.contains(code)));
        assert_eq!(app.mail(ANA).await.subject, "New recovery codes were made");
        for secret in codes.iter().chain(&renewed) {
            let raw = secret.replace('-', "");
            for row in app.pool.bytes("SELECT code FROM recovery_codes").await {
                assert!(!row.windows(raw.len()).any(|window| window == raw.as_bytes()), "sealed at rest");
            }
        }
    }

    async fn an_authenticator_is_replaced_with_both_factors(app) {
        let old = ana(app).await;
        let mut browser = app.browser();
        browser.log_in_with(app, ANA, &old).await;
        browser.get("/account/authenticator").await;
        let fill = |browser: &crate::support::Browser, password: &str, code: &str| {
            browser.form("Continue").fill("Password", password).fill("Verification code or recovery code", code)
        };
        let form = fill(&browser, PASSWORD, &old.wrong_code(app.now()));
        browser.send_form(&form).await;
        assert_eq!((browser.page.code(), browser.page.alerts()), (422, vec!["That code is incorrect.".to_owned()]));
        app.advance_seconds(4);
        let form = fill(&browser, PASSWORD, &old.code(app.now()));
        browser.submit(form).await;
        assert_eq!(browser.page.path, "/mfa/enroll");
        let new = Authenticator::scan(&browser);
        app.advance_seconds(60);
        app.browser().log_in_with(app, ANA, &old).await;
        let form = browser.form("Verify").fill("Verification code", &new.code(app.now()));
        browser.submit(form).await;
        assert_eq!(browser.page.path, "/account");
        app.advance_seconds(60);
        app.browser().log_in_with(app, ANA, &new).await;
        let mut late = app.browser();
        late.log_in(ANA, PASSWORD).await;
        let form = late.form("Verify").fill("Verification code", &old.code(app.now()));
        late.submit(form).await;
        assert_eq!(late.page.alerts(), ["That code is incorrect."], "the old one is out of force");
    }

    async fn an_administrator_resets_what_somebody_lost(app) {
        ana(app).await;
        let sams = enroll(app, SAM).await;
        let mut sam = app.browser();
        sam.log_in_with(app, SAM, &sams).await;
        let id = app.id(ANA).await;
        sam.get(&format!("/users/{id}")).await;
        assert_eq!(sam.page.link("Reset authenticator"), Some(format!("/users/{id}/reset-authenticator")));
        sam.get(&format!("/users/{id}/reset-authenticator")).await;
        assert_eq!(sam.page.heading(), "Reset authenticator");
        sam.press("Reset authenticator").await;
        assert_eq!(sam.page.flash(), "The authenticator of Ana Lima was reset.");
        assert_eq!(app.mail(ANA).await.subject, "Your authenticator was reset");
        assert_eq!(app.mail(SAM).await.subject, "The authenticator of Ana Lima was reset");
        let left = format!("SELECT count(*) FROM sessions WHERE user_id = '{id}'");
        assert_eq!(app.pool.number(&left).await, 0);
        assert_eq!(app.pool.number("SELECT count(*) FROM recovery_codes").await, 10, "Sam's alone");
        sam.get(&format!("/users/{id}/reset-authenticator")).await;
        assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec!["Ana Lima has no authenticator.".to_owned()]));
        let own = app.id(SAM).await;
        sam.get(&format!("/users/{own}/reset-authenticator")).await;
        assert_eq!(sam.page.alerts(), ["Use Replace authenticator on Your Account."]);
        enroll(app, ANA).await;
    }

    async fn another_s_secrets_open_for_nobody(app) {
        ana(app).await;
        enroll(app, SAM).await;
        let (ana, sam) = (app.id(ANA).await, app.id(SAM).await);
        app.pool.run(&format!(
            "UPDATE recovery_codes SET code = (SELECT o.code FROM recovery_codes o
             WHERE o.position = recovery_codes.position AND o.user_id = '{sam}') WHERE user_id = '{ana}'"
        )).await;
        let mut tx = app.app.db.begin_read().await.expect("read");
        let error = tx.recovery_codes(ana.parse().expect("an id")).await.expect_err("another's");
        let cause = std::error::Error::source(&error).expect("a cause").to_string();
        assert!(cause.contains("recovery_codes.code") && cause.contains(&ana), "{cause}");
        assert!(tx.recovery_codes(sam.parse().expect("an id")).await.is_ok());
    }
}
