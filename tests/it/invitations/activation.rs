//! From the link of an invitation to the first login (portal contract 1.5, 1.6).

use rollcall::domain::time::{days, minutes};

use crate::support::{Browser, PASSWORD, both};

both! {
    async fn opening_the_link_changes_nothing_and_the_button_works_once(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        let mail = app.mail("ana@acme.example").await;
        let before = app.audit_count().await;
        let mut ana = app.browser();
        for _ in 0..3 {
            let page = ana.get(&mail.link()).await;
            assert_eq!((page.code(), page.heading().as_str()), (200, "Activate your account"));
            let text = format!("ana@acme.example was invited to Acme. This link works until {}.", app.now().plus(days(7)));
            assert!(page.text().contains(&text), "{}", page.text());
            assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        }
        assert_eq!(app.audit_count().await, before);
        let blocked = app.browser().log_in("ana@acme.example", &mail.temporary_password().expect("password")).await.clone();
        assert_eq!(blocked.alerts(), ["Activate your account first. Use the link in the email we sent you."]);
        assert_eq!(blocked.code(), 422);

        let form = ana.form("Activate account");
        ana.send_form(&form).await;
        assert_eq!(ana.page.location().as_deref(), Some("/login?reason=activated"));
        ana.follow().await;
        assert_eq!(ana.page.flash(), "Your account is active. Log in with the temporary password from your email.");
        assert!(app.audit().await.contains(&"account.activated ana@acme.example".to_owned())
            || app.audit().await.iter().any(|event| event.starts_with("account.activated")));
        let after = app.audit_count().await;
        let mut second = app.browser();
        assert_eq!(second.get(&mail.link()).await.code(), 404);
        ana.send_form(&form.set("csrf", &ana.page.csrf())).await;
        assert_eq!((ana.page.code(), ana.page.heading().as_str()), (404, "This link does not work"));
        assert_eq!(app.audit_count().await, after);
    }

    async fn dead_links_answer_with_the_same_bytes(app) {
        let mut sam = app.sam().await;
        for name in ["used", "replaced", "cancelled", "expired"] {
            app.invite(&mut sam, &format!("{name}@acme.example"), &[]).await;
        }
        let link = async |name: &str| app.mail(&format!("{name}@acme.example")).await.link();
        let (used, replaced, cancelled, expired) =
            (link("used").await, link("replaced").await, link("cancelled").await, link("expired").await);
        app.activate("used@acme.example").await;
        app.advance(minutes(2));
        let id = app.id("replaced@acme.example").await;
        sam.get(&format!("/users/{id}/resend")).await;
        sam.press("Resend").await;
        let id = app.id("cancelled@acme.example").await;
        sam.get(&format!("/users/{id}/cancel")).await;
        sam.press("Cancel invitation").await;
        app.advance(days(7).checked_sub(minutes(2)).expect("time"));
        let mut bodies = Vec::new();
        for path in ["/activate/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/activate/x", &used, &replaced, &cancelled, &expired] {
            let mut stranger = app.browser();
            stranger.fetch(path).await;
            assert_eq!(stranger.page.code(), 404, "{path}");
            let length = stranger.page.header("content-type").map(str::to_owned);
            bodies.push((stranger.page.body.clone(), length));
        }
        assert!(bodies.windows(2).all(|two| two[0] == two[1]));
        assert!(bodies[0].0.contains("It may have expired or been used already. Ask your Administrator to send a new one."));
        assert_eq!(app.browser().get(&used).await.link("Log in").as_deref(), Some("/login"));
    }

    async fn a_link_lives_exactly_seven_days(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        let link = app.mail("ana@acme.example").await.link();
        app.advance(days(7).checked_sub(std::time::Duration::from_secs(1)).expect("time"));
        let mut ana = app.browser();
        assert_eq!(ana.get(&link).await.code(), 200, "a second before");
        app.advance_seconds(1);
        assert_eq!(ana.press("Activate account").await.code(), 404, "at the moment");
        assert_eq!(app.browser().get(&link).await.code(), 404);
        let mut sam = app.sam().await;
        assert!(sam.get("/users").await.row("Users", "ana@acme.example").contains(&"Invitation expired".to_owned()));
    }

    async fn two_clicks_at_once_activate_once(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        let link = app.mail("ana@acme.example").await.link();
        let (mut one, mut other) = (app.browser(), app.browser());
        one.get(&link).await;
        other.get(&link).await;
        let (first, second) = (one.form("Activate account"), other.form("Activate account"));
        futures::join!(one.send_form(&first), other.send_form(&second));
        let mut codes = [one.page.code(), other.page.code()];
        codes.sort_unstable();
        assert_eq!(codes, [303, 404]);
        assert_eq!(app.audit().await.iter().filter(|event| event.starts_with("account.activated")).count(), 1);
    }

    async fn the_first_login_asks_for_password_and_name(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &["Platform Management Administrator"]).await;
        let temporary = app.mail("ana@acme.example").await.temporary_password().expect("password");
        let mut ana = app.activate("ana@acme.example").await;
        ana.log_in("ana@acme.example", &temporary).await;
        assert_eq!((ana.page.path.as_str(), ana.page.heading().as_str()), ("/account/password", "Choose a new password"));
        assert!(ana.page.text().contains("You logged in with a temporary password."));
        assert!(ana.page.has_field("Name") && !ana.page.has_field("Current password"));
        for path in ["/users", "/account", "/users/invite", "/organizations"] {
            assert_eq!(ana.fetch(path).await.location().as_deref(), Some("/account/password"), "{path}");
        }
        ana.get("/account/password").await;
        for (name, password, repeated, field, messages) in [
            ("", "short", "short", "New password", vec!["Use at least 12 characters."]),
            ("", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "New password", vec!["This password is too common."]),
            ("", temporary.as_str(), temporary.as_str(), "New password", vec!["Choose a password you are not using now."]),
            ("", "ana@acme.example", "ana@acme.example", "New password",
                vec!["Do not use your name, email or organization in the password."]),
            ("", PASSWORD, "other words", "Confirm new password", vec!["The passwords do not match."]),
        ] {
            let form = ana.form("Save").fill("Name", name).fill("New password", password).fill("Confirm new password", repeated);
            ana.send_form(&form).await;
            assert_eq!(ana.page.code(), 422, "{password}");
            let said = ana.page.field_errors(field);
            assert!(messages.iter().all(|message| said.contains(&(*message).to_owned())), "{password}: {said:?}");
        }
        let long = "x".repeat(101);
        let form = ana.form("Save").fill("Name", &long).fill("New password", PASSWORD).fill("Confirm new password", PASSWORD);
        ana.send_form(&form).await;
        assert_eq!((ana.page.code(), ana.page.field_errors("Name")), (422, vec!["Use at most 100 characters.".to_owned()]));

        let cookie = ana.cookie();
        let form = ana.form("Save").fill("Name", "Ana Lima").fill("New password", PASSWORD).fill("Confirm new password", PASSWORD);
        ana.submit(form).await;
        assert_eq!((ana.page.path.as_str(), ana.page.flash().as_str()), ("/users", "Your password was changed."));
        assert_ne!(ana.cookie(), cookie, "a new id");
        assert!(names_include(&mut sam, "Ana Lima").await);
        let mut again = app.browser();
        assert_eq!(again.log_in("ana@acme.example", &temporary).await.alerts()[0], "The email or password is incorrect.");
        app.advance_seconds(4);
        assert_eq!(app.log_in("ana@acme.example").await.page.path, "/users");
    }

    async fn a_temporary_password_runs_out(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        let temporary = app.mail("ana@acme.example").await.temporary_password().expect("password");
        app.advance(days(6));
        app.activate("ana@acme.example").await;
        app.advance(days(7).checked_sub(minutes(1)).expect("time"));
        let mut ana = app.browser();
        ana.log_in("ana@acme.example", &temporary).await;
        assert_eq!(ana.page.heading(), "Choose a new password", "seven days from the activation");
        app.advance(minutes(1));
        let page = app.browser().log_in("ana@acme.example", &temporary).await.clone();
        assert_eq!(page.alerts(), ["Your temporary password has expired. Use \"Forgot password?\" to choose a new one."]);
    }
}

async fn names_include(browser: &mut Browser, name: &str) -> bool {
    browser.get("/users").await.all("tbody .person-name").contains(&name.to_owned())
}
