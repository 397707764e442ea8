//! Disable, enable, delete, end sessions, here and everywhere (portal contract 5.1 and 5.3, product contract 3).

use rollcall::domain::{organizations::NewOrganization, text::OrganizationName, time::minutes};

use crate::support::{Browser, PASSWORD, SAM, TestApp, both};

/// Opens the confirmation of a switch for somebody.
async fn ask(app: &TestApp, by: &mut Browser, email: &str, path: &str) -> u16 {
    let id = app.id(email).await;
    by.get(&format!("/users/{id}/{path}")).await.code()
}

/// Confirms it.
async fn carry_out(app: &TestApp, by: &mut Browser, email: &str, path: &str, button: &str) -> String {
    assert_eq!(ask(app, by, email, path).await, 200, "{}", by.page.text());
    by.press(button).await.flash()
}

async fn beta(app: &TestApp) -> Browser {
    app.add(NewOrganization::named(OrganizationName::parse("Beta").expect("name"))).await;
    let mut sam = app.sam_in("Beta").await;
    app.person(&mut sam, "Ann Admin", "ann@beta.example", &["Administrator"]).await
}

both! {
    async fn disabling_ends_access_at_the_next_click(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Platform Management Viewer"]).await;
        let mut sam = app.sam().await;
        ask(app, &mut sam, "ana@acme.example", "disable").await;
        assert_eq!((sam.page.heading().as_str(), sam.page.title().as_str()), ("Disable user", "Disable user - Rollcall"));
        assert!(sam.page.link("Cancel").is_some());
        let (version, events) = (app.version("Acme", "ana@acme.example").await, app.audit_count().await);
        sam.press("Disable").await;
        assert_eq!(sam.page.flash(), "Ana Lima was disabled.");
        assert_eq!(sam.page.fact("Status"), "Disabled");
        assert_eq!(app.version("Acme", "ana@acme.example").await, version + 1);
        assert_eq!(app.audit_count().await, events + 1, "sessions ended are inside the event");
        let (before, after) = app.last_event("user.disabled").await;
        assert_eq!((before["enabled"].as_bool(), after["enabled"].as_bool()), (Some(true), Some(false)));
        assert_eq!(after["sessions_ended"], 1);
        ana.fetch("/users").await;
        assert_eq!(ana.page.location().as_deref(), Some("/login?reason=ended&next=%2Fusers"));
        let page = app.browser().log_in("ana@acme.example", PASSWORD).await.clone();
        assert_eq!((page.code(), page.alerts()), (422, vec!["Your account is disabled. Contact your Administrator.".to_owned()]));
        assert_eq!(app.mails("ana@acme.example").await.iter().filter(|mail| mail.subject.contains("isable")).count(), 0);
        ask(app, &mut sam, "ana@acme.example", "disable").await;
        assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec!["Ana Lima is already disabled.".to_owned()]));
    }

    async fn enabling_asks_for_activation_again(app) {
        app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let mut sam = app.sam().await;
        carry_out(app, &mut sam, "ana@acme.example", "disable", "Disable").await;
        app.advance(minutes(2));
        ask(app, &mut sam, "ana@acme.example", "enable").await;
        assert_eq!(sam.page.heading(), "Enable user");
        sam.press("Enable").await;
        assert_eq!((sam.page.flash().as_str(), sam.page.fact("Status").starts_with("Invited")), ("Ana Lima was enabled.", true));
        let page = app.browser().log_in("ana@acme.example", PASSWORD).await.clone();
        assert_eq!(page.alerts(), ["Activate your account first. Use the link in the email we sent you."]);
        let mail = app.mail("ana@acme.example").await;
        assert_eq!((mail.subject.as_str(), mail.temporary_password()), ("Activate your account again", None));
        assert!(mail.text.contains("Acme"));
        let mut ana = app.browser();
        ana.get(&mail.link()).await;
        ana.press("Activate account").await;
        assert_eq!(ana.page.flash(), "Your account is active. Log in with your password.");
        let ana = app.log_in("ana@acme.example").await;
        assert!(ana.is_signed_in(), "with the old password");
        assert!(sam.get("/users").await.row("Users", "Ana Lima").iter().any(|cell| cell.contains("Callback Viewer")), "roles stay");
        ask(app, &mut sam, "ana@acme.example", "enable").await;
        assert_eq!(sam.page.alerts(), ["Ana Lima is already enabled."]);
    }

    async fn enabling_can_be_mailed_again(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        carry_out(app, &mut sam, "ana@acme.example", "disable", "Disable").await;
        carry_out(app, &mut sam, "ana@acme.example", "enable", "Enable").await;
        let old = app.mail("ana@acme.example").await.link();
        app.advance(minutes(2));
        carry_out(app, &mut sam, "ana@acme.example", "resend", "Resend").await;
        let mail = app.mail("ana@acme.example").await;
        assert_eq!(mail.temporary_password(), None, "there is a password of their own");
        assert_eq!(app.browser().get(&old).await.code(), 404);
        app.activate("ana@acme.example").await;
        assert!(app.log_in("ana@acme.example").await.is_signed_in());
    }

    async fn enabling_needs_a_seat(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        app.member("Bo Berg", "bo@acme.example", &["Analyst"]).await;
        let mut sam = app.sam().await;
        carry_out(app, &mut sam, "ana@acme.example", "disable", "Disable").await;
        carry_out(app, &mut sam, "bo@acme.example", "disable", "Disable").await;
        app.pool.run("UPDATE organizations SET user_limit = 1").await;
        ask(app, &mut sam, "ana@acme.example", "enable").await;
        sam.press("Enable").await;
        assert_eq!((sam.page.code(), sam.page.alerts()),
            (409, vec!["No free seat. Raise the user limit or remove a user.".to_owned()]));
        app.pool.run("UPDATE organizations SET user_limit = 9, analyst_limit = 1").await;
        app.invite(&mut sam, "other@acme.example", &["Analyst"]).await;
        ask(app, &mut sam, "bo@acme.example", "enable").await;
        sam.press("Enable").await;
        assert_eq!(sam.page.alerts(), ["No free seat. Raise the analyst limit or remove an analyst."]);
        assert_eq!(carry_out(app, &mut sam, "ana@acme.example", "enable", "Enable").await, "Ana Lima was enabled.");
    }

    async fn oneself_is_refused(app) {
        app.member("Ana Lima", "ana@acme.example", &["Administrator"]).await;
        let mut sam = app.sam().await;
        let page = sam.get("/users").await;
        assert_eq!(page.link("Delete Sam Super"), None);
        let id = app.id(SAM).await;
        let page = sam.get(&format!("/users/{id}")).await;
        assert!(page.link("Disable").is_none() && page.link("Delete").is_none() && page.link("Disable everywhere").is_none());
        let events = app.audit_count().await;
        for (path, message) in [
            ("disable", "You cannot disable your own account."),
            ("delete", "You cannot delete your own account."),
            ("disable-everywhere", "You cannot disable your own account."),
        ] {
            sam.get("/users").await;
            sam.forge(&format!("/users/{id}/{path}"), &[]).await;
            assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec![message.to_owned()]), "{path}");
            sam.get(&format!("/users/{id}/{path}")).await;
            assert_eq!(sam.page.code(), 409, "{path}");
        }
        assert_eq!(app.audit_count().await, events);
    }

    async fn deleting_erases_who_is_nowhere_else(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let mut sam = app.sam().await;
        let id = app.id("ana@acme.example").await;
        ask(app, &mut sam, "ana@acme.example", "delete").await;
        assert_eq!(sam.page.heading(), "Delete user");
        assert!(sam.page.text().contains("Permanently remove Ana Lima (ana@acme.example) from Acme? This cannot be undone."));
        assert!(sam.page.text().contains("To keep the account but block access, disable it instead."));
        let (form, events) = (sam.form("Delete"), app.audit_count().await);
        sam.press("Delete").await;
        assert_eq!((sam.page.path.as_str(), sam.page.flash().as_str()), ("/users", "Ana Lima was deleted."));
        assert_eq!(app.audit_count().await, events + 1);
        assert!(app.audit().await.last().is_some_and(|event| event == "user.deleted Ana Lima (ana@acme.example)"));
        assert_eq!(sam.send_form(&form).await.code(), 404, "the second time");
        assert_eq!(ana.fetch("/account").await.code(), 303);
        assert_eq!(app.browser().log_in("ana@acme.example", PASSWORD).await.alerts()[0], "The email or password is incorrect.");
        for (table, column) in [("users", "id"), ("memberships", "user_id"), ("membership_roles", "user_id"), ("sessions", "user_id"), ("sign_ins", "user_id")] {
            let left = app.pool.number(&format!("SELECT count(*) FROM {table} WHERE {column} = '{id}'")).await;
            assert_eq!(left, 0, "{table}");
        }
        let mail = app.mail("ana@acme.example").await;
        assert_eq!(mail.subject, "You were removed from Acme");
        let result = app.invite(&mut sam, "ana@acme.example", &[]).await;
        assert_eq!(result.row("Invitation results", "ana")[1], "Invited", "as somebody new");
        assert_ne!(app.id("ana@acme.example").await, id);
        assert!(app.mail("ana@acme.example").await.temporary_password().is_some());
    }

    async fn deleting_here_leaves_other_organizations(app) {
        let mut ann = beta(app).await;
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Platform Management Viewer"]).await;
        app.join(&mut ann, "ana@acme.example", &["Callback Manager"]).await;
        assert_eq!(carry_out(app, &mut ann, "ana@acme.example", "delete", "Delete").await, "Ana Lima was deleted.");
        assert_eq!(ana.get("/users").await.code(), 200, "the session and the other access stay");
        let mut sam = app.sam().await;
        assert!(sam.get("/users").await.row("Users", "Ana Lima").contains(&"Active".to_owned()));
        assert_eq!(app.log_in("ana@acme.example").await.page.path, "/users");
    }

    async fn disabling_here_leaves_other_organizations(app) {
        let mut ann = beta(app).await;
        app.member("Ana Lima", "ana@acme.example", &["Platform Management Viewer"]).await;
        app.join(&mut ann, "ana@acme.example", &["Platform Management Viewer"]).await;
        let mut ana = app.log_in("ana@acme.example").await;
        ana.get("/organizations/switch").await;
        let form = ana.form("Change Organization").choose("Beta");
        ana.submit(form).await;
        assert!(ana.page.all("header").join(" ").contains("Beta"), "{}", ana.page.text());
        carry_out(app, &mut ann, "ana@acme.example", "disable", "Disable").await;
        ana.get("/users").await;
        assert!(!ana.page.text().contains("Ann Admin"), "no part of Beta is seen: {}", ana.page.text());
        assert!(ana.get("/account").await.code() == 200, "the session goes on");
        let mut again = app.log_in("ana@acme.example").await;
        assert!(again.get("/users").await.text().contains("Acme"));
    }

    async fn everywhere_is_for_super_admins(app) {
        let mut ann = beta(app).await;
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Platform Management Viewer"]).await;
        app.join(&mut ann, "ana@acme.example", &[]).await;
        let id = app.id("ana@acme.example").await;
        for path in ["disable-everywhere", "enable-everywhere"] {
            assert_eq!(ann.fetch(&format!("/users/{id}/{path}")).await.code(), 403);
        }
        assert_eq!(ann.get(&format!("/users/{id}")).await.link("Disable everywhere"), None);
        let mut sam = app.sam().await;
        let (acme, other) = (app.version("Acme", "ana@acme.example").await, app.version("Beta", "ana@acme.example").await);
        assert_eq!(carry_out(app, &mut sam, "ana@acme.example", "disable-everywhere", "Disable everywhere").await,
            "Ana Lima was disabled everywhere.");
        assert_eq!(ana.fetch("/users").await.location().as_deref(), Some("/login?reason=ended&next=%2Fusers"));
        let page = app.browser().log_in("ana@acme.example", PASSWORD).await.clone();
        assert_eq!(page.alerts(), ["Your account is disabled. Contact your Administrator."]);
        assert!(ann.get("/users").await.row("Users", "Ana Lima").contains(&"Disabled".to_owned()), "in every organization");
        assert_eq!(app.version("Acme", "ana@acme.example").await, acme + 1);
        assert_eq!(app.version("Beta", "ana@acme.example").await, other + 1);
        assert!(sam.get(&format!("/users/{id}")).await.link("Enable everywhere").is_some());
        assert_eq!(carry_out(app, &mut sam, "ana@acme.example", "enable-everywhere", "Enable everywhere").await,
            "Ana Lima was enabled everywhere.");
        assert!(app.log_in("ana@acme.example").await.is_signed_in(), "no activation is needed");
    }

    async fn enabling_everywhere_needs_seats(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        carry_out(app, &mut sam, "ana@acme.example", "disable-everywhere", "Disable everywhere").await;
        app.pool.run("UPDATE organizations SET user_limit = 1").await;
        ask(app, &mut sam, "ana@acme.example", "enable-everywhere").await;
        sam.press("Enable everywhere").await;
        assert_eq!((sam.page.code(), sam.page.alerts()),
            (409, vec!["No free seat. Raise the user limit or remove a user.".to_owned()]));
    }

    async fn all_sessions_of_somebody_can_be_ended(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Platform Management Viewer"]).await;
        let mut phone = app.log_in("ana@acme.example").await;
        let mut sam = app.sam().await;
        ask(app, &mut sam, "ana@acme.example", "end-sessions").await;
        assert_eq!(sam.page.heading(), "End all sessions");
        let version = app.version("Acme", "ana@acme.example").await;
        sam.press("End all sessions").await;
        assert_eq!(sam.page.flash(), "All sessions of Ana Lima were ended.");
        for browser in [&mut ana, &mut phone] {
            assert_eq!(browser.fetch("/users").await.location().as_deref(), Some("/login?reason=ended&next=%2Fusers"));
        }
        let (_, after) = app.last_event("session.ended").await;
        assert_eq!(after["sessions_ended"], 2);
        assert_eq!(app.version("Acme", "ana@acme.example").await, version, "no change of the person");
        assert!(app.log_in("ana@acme.example").await.is_signed_in());
    }

    async fn a_user_admin_leaves_administrators_alone(app) {
        app.member("Adam Admin", "adam@acme.example", &["Administrator"]).await;
        app.member("Una User", "una@acme.example", &[]).await;
        let mut ursula = app.member("Ursula Admin", "ursula@acme.example", &["User Admin"]).await;
        let events = app.audit_count().await;
        let page = ursula.get("/users").await;
        assert!(page.link("Edit Adam Admin").is_none() && page.link("Delete Adam Admin").is_none());
        assert!(page.link("Edit Una User").is_some() && page.link("Delete Una User").is_some());
        let id = app.id("adam@acme.example").await;
        for path in ["disable", "delete", "end-sessions"] {
            ursula.get("/users").await;
            ursula.forge(&format!("/users/{id}/{path}"), &[]).await;
            assert_eq!((ursula.page.code(), ursula.page.alerts()),
                (409, vec!["You cannot edit Adam Admin: they have more access than you.".to_owned()]), "{path}");
        }
        assert_eq!(app.audit_count().await, events);
        assert_eq!(carry_out(app, &mut ursula, "una@acme.example", "disable", "Disable").await, "Una User was disabled.");
    }

    async fn an_organization_that_is_disabled_is_closed(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Administrator"]).await;
        app.pool.run("UPDATE organizations SET disabled_at = 1").await;
        assert_ne!(ana.get("/users").await.code(), 200);
        let page = app.browser().log_in("ana@acme.example", PASSWORD).await.clone();
        assert_eq!(page.alerts(), ["Your account is disabled. Contact your Administrator."]);
    }
}
