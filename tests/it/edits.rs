//! Edit User (portal contract 5.2 and 2.5).

use rollcall::domain::{organizations::NewOrganization, text::OrganizationName, time::minutes};

use crate::support::{Browser, PASSWORD, SAM, TestApp, both, form::Form};

/// Opens Edit User of somebody and gives the form as it stands.
async fn editing(app: &TestApp, by: &mut Browser, email: &str) -> Form {
    let id = app.id(email).await;
    by.get(&format!("/users/{id}/edit")).await;
    assert_eq!(by.page.heading(), "Edit User", "{}", by.page.text());
    by.form("Save")
}

both! {
    async fn the_form_shows_what_is_stored(app) {
        app.member("Ana Lima", "ana@acme.example", &["Analyst", "Callback Viewer"]).await;
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, "ana@acme.example").await;
        assert_eq!(sam.page.title(), "Edit User - Rollcall");
        assert_eq!((sam.page.value("Email"), sam.page.value("Name")), ("ana@acme.example".to_owned(), "Ana Lima".to_owned()));
        assert_eq!(form.sends("account_role"), ["analyst"]);
        assert_eq!(form.sends("role"), ["callback:viewer"]);
        assert_eq!(form.sends("version"), [app.version("Acme", "ana@acme.example").await.to_string()]);
        assert_eq!(sam.page.link("Cancel").as_deref(), Some("/users"));
    }

    async fn saving_changes_what_differs_in_one_event(app) {
        app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let mut sam = app.sam().await;
        let version = app.version("Acme", "ana@acme.example").await;
        let form = editing(app, &mut sam, "ana@acme.example").await;
        let form = form.fill("Name", "Ana Maria Lima").untick("Callback Viewer").choose("Callback Manager").choose("Developer");
        let before = app.audit_count().await;
        sam.submit(form).await;
        assert_eq!((sam.page.path.as_str(), sam.page.flash().as_str()), ("/users", "The changes to Ana Maria Lima were saved."));
        assert_eq!(sam.get("/users").await.flash(), "", "shown once");
        let row = sam.page.row("Users", "Ana Maria Lima");
        assert!(row.iter().any(|cell| cell.contains("Developer") && cell.contains("Callback Manager") && !cell.contains("Viewer")), "{row:?}");
        assert_eq!(app.version("Acme", "ana@acme.example").await, version + 1);
        assert_eq!(app.audit_count().await, before + 1, "one operation, one event");
        let (old, new) = app.last_event("user.edited").await;
        assert_eq!((old["name"].as_str(), new["name"].as_str()), (Some("Ana Lima"), Some("Ana Maria Lima")));
        assert!(old.to_string().contains("Callback Viewer") && new.to_string().contains("Callback Manager"), "{old} {new}");
    }

    async fn nothing_different_changes_nothing(app) {
        app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let mut sam = app.sam().await;
        let (version, events) = (app.version("Acme", "ana@acme.example").await, app.audit_count().await);
        let form = editing(app, &mut sam, "ana@acme.example").await;
        let form = form.fill("Name", "  Ana Lima ").fill("Email", " ana@acme.example ");
        sam.submit(form).await;
        assert_eq!((sam.page.path.as_str(), sam.page.flash().as_str()), ("/users", "Nothing was changed."));
        assert_eq!((app.version("Acme", "ana@acme.example").await, app.audit_count().await), (version, events));
    }

    async fn the_same_address_in_other_letters_is_no_change(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let (version, mails) = (app.version("Acme", "ana@acme.example").await, app.mails("ana@acme.example").await.len());
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Email", "Ana@ACME.example");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "Nothing was changed.");
        assert_eq!(app.version("Acme", "ana@acme.example").await, version);
        assert_eq!(app.mails("ana@acme.example").await.len(), mails);
        assert_eq!(ana.get("/account").await.heading(), "Your Account", "no session ended");
    }

    async fn each_field_says_what_is_wrong(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let events = app.audit_count().await;
        let long = "x".repeat(101);
        for (label, typed, message) in [
            ("Email", "", "Enter an email address."),
            ("Email", "ana@acme", "Enter a valid email address."),
            ("Email", "an a@acme.example", "Enter a valid email address."),
            ("Email", SAM, "That email address is already in use."),
            ("Email", "SAM@ACME.example", "That email address is already in use."),
            ("Name", "", "Enter a name."),
            ("Name", "   ", "Enter a name."),
            ("Name", long.as_str(), "Use at most 100 characters."),
        ] {
            let form = editing(app, &mut sam, "ana@acme.example").await.fill(label, typed).choose("Callback Manager");
            sam.send_form(&form).await;
            assert_eq!((sam.page.code(), sam.page.title().as_str()), (422, "Error: Edit User - Rollcall"), "{label} {typed}");
            assert_eq!(sam.page.field_errors(label), [message]);
            assert_eq!(sam.page.alerts(), [message]);
            assert_eq!(sam.page.value(label), typed, "kept as typed");
            assert_eq!(sam.form("Save").sends("role"), ["callback:manager"]);
        }
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Email", "bad").fill("Name", "");
        sam.send_form(&form).await;
        assert_eq!(sam.page.alerts(), ["Enter a valid email address.", "Enter a name."], "all at once");
        for hidden in ["\u{202e}live", "a\u{0}b", "\u{200b}\u{200b}", "a\u{1b}[31m"] {
            let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", hidden);
            sam.send_form(&form).await;
            assert_eq!(sam.page.code(), 422, "{hidden:?}");
        }
        assert_eq!(app.audit_count().await, events);
    }

    async fn a_name_may_stay_empty_until_there_is_one(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "new@acme.example", &[]).await;
        let form = editing(app, &mut sam, "new@acme.example").await.choose("Callback Viewer");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The changes to new@acme.example were saved.");
        let form = editing(app, &mut sam, "new@acme.example").await.fill("Name", "New Person");
        sam.submit(form).await;
        let form = editing(app, &mut sam, "new@acme.example").await.fill("Name", "");
        sam.send_form(&form).await;
        assert_eq!(sam.page.field_errors("Name"), ["Enter a name."]);
    }

    async fn who_was_faster_is_shown_against_what_was_typed(app) {
        app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let mut vera = app.member("Vera Admin", "vera@acme.example", &["Administrator"]).await;
        let mut sam = app.sam().await;
        let mine = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Ana by Sam").choose("Analyst");
        app.advance(minutes(2));
        let hers = editing(app, &mut vera, "ana@acme.example").await.fill("Name", "Ana by Vera");
        vera.submit(hers).await;
        app.advance(minutes(3));
        let (version, events) = (app.version("Acme", "ana@acme.example").await, app.audit_count().await);
        sam.send_form(&mine).await;
        assert_eq!(sam.page.code(), 409);
        assert_eq!(sam.page.alerts(), ["Vera Admin changed this user at 2025-11-20 14:07 UTC. Your changes were not saved. Compare, then save again."]);
        assert_eq!(sam.page.all("[role=alert] h2"), ["There is a problem"]);
        assert_eq!(sam.page.columns("What changed"), ["Field", "Now", "Yours"]);
        assert_eq!(sam.page.table("What changed"), [
            ["Name", "Ana by Vera", "Ana by Sam"],
            ["Roles", "Callback Viewer", "Analyst, Callback Viewer"],
        ]);
        assert_eq!((app.version("Acme", "ana@acme.example").await, app.audit_count().await), (version, events), "nothing saved");
        let id = app.id("ana@acme.example").await;
        assert_eq!(sam.page.link("Discard my changes"), Some(format!("/users/{id}/edit")));
        assert_eq!(sam.page.value("Name"), "Ana by Sam");
        let knowingly = sam.form("Save");
        assert_eq!(knowingly.sends("version"), [version.to_string()]);
        sam.submit(knowingly).await;
        assert_eq!(sam.page.flash(), "The changes to Ana by Sam were saved.");
        assert!(sam.page.row("Users", "Ana by Sam").iter().any(|cell| cell.contains("Analyst")));
    }

    async fn a_version_that_cannot_be_read_is_an_old_one(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        for version in ["", "x", "-5", "99999999999999999999", "1e3"] {
            let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Other").set("version", version);
            sam.send_form(&form).await;
            assert_eq!(sam.page.code(), 409, "{version:?}");
        }
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Other").without("version");
        assert_eq!(sam.send_form(&form).await.code(), 409);
    }

    async fn logging_in_and_failing_to_is_no_change(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Ana L.");
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        app.advance_seconds(4);
        app.log_in("ana@acme.example").await;
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The changes to Ana L. were saved.");
    }

    async fn fifty_saves_of_one_version_are_one_change(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, "ana@acme.example").await;
        let version = app.version("Acme", "ana@acme.example").await;
        let tries = (0..50).map(|number| {
            let mut browser = sam.clone();
            let form = form.clone().fill("Name", &format!("Ana {number}")).without("email");
            async move { browser.send_form(&form).await.code() }
        });
        let mut codes = futures::future::join_all(tries).await;
        codes.sort_unstable();
        assert_eq!(codes.iter().filter(|code| **code == 303).count(), 1, "{codes:?}");
        assert!(codes.iter().all(|code| [303, 409].contains(code)), "{codes:?}");
        assert_eq!(app.version("Acme", "ana@acme.example").await, version + 1);
    }

    async fn somebody_deleted_meanwhile_is_not_found(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let mut other = app.sam().await;
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Other");
        let id = app.id("ana@acme.example").await;
        other.get(&format!("/users/{id}/delete")).await;
        other.press("Delete").await;
        sam.send_form(&form).await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str()), (404, "Page not found"));
    }

    async fn a_new_address_ends_the_sessions_and_tells_both(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Email", "Ana.Lima@New.example");
        let events = app.audit_count().await;
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The changes to Ana Lima were saved.");
        assert_eq!(app.audit_count().await, events + 1);
        ana.fetch("/account").await;
        assert_eq!(ana.page.location().as_deref(), Some("/login?reason=email&next=%2Faccount"));
        ana.follow().await;
        assert_eq!(ana.page.flash(), "Your email was changed. Log in with the new email address.");
        assert_eq!(app.browser().log_in("ana@acme.example", PASSWORD).await.code(), 422, "the old address");
        assert!(app.log_in("ana.lima@new.example").await.is_signed_in());
        let (old, new) = (app.mail("ana@acme.example").await, app.mail("ana.lima@new.example").await);
        for mail in [&old, &new] {
            assert_eq!(mail.subject, "Your email address was changed");
            assert!(mail.text.contains("Sam Super") && mail.text.contains("Ana.Lima@New.example"), "{}", mail.text);
            assert!(mail.text.contains("If this was not you, tell your Administrator."), "{}", mail.text);
        }
        assert!(new.text.contains("@acme.example") && !new.text.contains("ana@acme.example"), "masked: {}", new.text);
        let (before, after) = app.last_event("user.edited").await;
        assert_eq!((before["email"].as_str(), after["email"].as_str()), (Some("ana@acme.example"), Some("Ana.Lima@New.example")));
    }

    async fn an_invited_persons_new_address_gets_a_fresh_invitation(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &["Callback Viewer"]).await;
        let old = app.mail("ana@acme.example").await;
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Email", "ana@new.example");
        sam.submit(form).await;
        assert_eq!(app.browser().get(&old.link()).await.code(), 404);
        let mails = app.mails("ana@new.example").await;
        let new = mails.iter().find(|mail| mail.subject == "You are invited to Acme").expect("a fresh one");
        assert_ne!(new.temporary_password(), old.temporary_password());
        let mut ana = app.browser();
        ana.get(&new.link()).await;
        ana.press("Activate account").await;
        ana.log_in("ana@new.example", &new.temporary_password().expect("password")).await;
        assert_eq!(ana.page.heading(), "Choose a new password");
    }

    async fn ones_own_new_address_is_the_next_login(app) {
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, SAM).await.fill("Email", "sam@new.example");
        sam.send_form(&form).await;
        assert_eq!((sam.page.code(), sam.page.location().as_deref()), (303, Some("/login?reason=email")));
        assert_eq!(sam.fetch("/users").await.code(), 303);
        assert!(app.log_in("sam@new.example").await.is_signed_in());
    }

    async fn two_cannot_take_one_address(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        app.member("Bo Berg", "bo@acme.example", &[]).await;
        let (mut one, mut other) = (app.sam().await, app.sam().await);
        let first = editing(app, &mut one, "ana@acme.example").await.fill("Email", "same@acme.example");
        let second = editing(app, &mut other, "bo@acme.example").await.fill("Email", "SAME@acme.example");
        futures::join!(one.send_form(&first), other.send_form(&second));
        let mut codes = [one.page.code(), other.page.code()];
        codes.sort_unstable();
        assert_eq!(codes, [303, 422]);
    }

    async fn a_manager_works_within_their_limits(app) {
        let mut mia = app.member("Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        app.member("Una User", "una@acme.example", &["Callback Viewer"]).await;
        let form = editing(app, &mut mia, "una@acme.example").await;
        assert!(!mia.page.has_field("Administrator") && !mia.page.has_field("User Admin"));
        assert!(!mia.page.has_field("Platform Management Administrator") && mia.page.has_field("Platform Management Manager"));
        mia.submit(form.choose("Handoff Viewer").fill("Name", "Una Maria")).await;
        assert_eq!(mia.page.flash(), "The changes to Una Maria were saved.");
        for path in ["invite", &format!("{}/delete", app.id("una@acme.example").await)] {
            assert_eq!(mia.fetch(&format!("/users/{path}")).await.code(), 403, "{path}");
        }
    }

    async fn what_a_manager_may_not_is_refused(app) {
        let mut mia = app.member("Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        app.member("Una User", "una@acme.example", &["Callback Viewer"]).await;
        let events = app.audit_count().await;
        for (name, value, role) in [
            ("account_role", "administrator", "Administrator"),
            ("account_role", "user_admin", "User Admin"),
            ("account_role", "server_administrator", "Server Administrator"),
            ("account_role", "support", "Support"),
            ("role", "platform:administrator", "Platform Management Administrator"),
            ("role", "mindful_api:administrator", "Mindful API Administrator"),
            ("role", "nonsense:role", "nonsense:role"),
        ] {
            let form = editing(app, &mut mia, "una@acme.example").await.set(name, value);
            mia.send_form(&form).await;
            assert_eq!(mia.page.code(), 409, "{value}");
            assert_eq!(mia.page.alerts(), [format!("You cannot assign {role}: it gives more access than you have.")]);
        }
        let own = app.id("mia@acme.example").await;
        mia.get(&format!("/users/{own}/edit")).await;
        assert!(mia.page.text().contains("You cannot change your own roles."));
        let form = mia.form("Save").set("role", "callback:manager").add("role", "platform:manager");
        mia.send_form(&form).await;
        assert_eq!((mia.page.code(), mia.page.alerts()), (409, vec!["You cannot change your own roles.".to_owned()]));
        let sam = app.id(SAM).await;
        mia.get("/users").await;
        assert!(mia.page.link("Edit Sam Super").is_none());
        mia.fetch(&format!("/users/{sam}/edit")).await;
        assert_eq!(mia.page.code(), 409);
        assert!(mia.page.text().contains("You cannot edit Sam Super: they have more access than you."), "{}", mia.page.text());
        mia.get("/users").await;
        mia.forge(&format!("/users/{sam}/edit"), &[("version", "1"), ("name", "Sammy")]).await;
        assert_eq!(mia.page.code(), 409);
        assert_eq!(app.audit_count().await, events);
        let form = editing(app, &mut mia, "una@acme.example").await.choose("Webhooks Administrator");
        mia.submit(form).await;
        assert_eq!(mia.page.flash(), "The changes to Una User were saved.", "other pages may be handed out");
    }

    async fn it_admins_change_nobodys_roles(app) {
        let mut ida = app.member("Ida Tech", "ida@acme.example", &["IT Admin"]).await;
        app.member("Una User", "una@acme.example", &[]).await;
        assert_eq!(ida.get("/users").await.code(), 200);
        let id = app.id("una@acme.example").await;
        assert_eq!(ida.fetch(&format!("/users/{id}/edit")).await.code(), 403);
        assert_eq!(ida.get("/users").await.link("Edit Una User"), None);
    }

    async fn a_person_of_two_organizations_belongs_to_neither(app) {
        app.add(NewOrganization::named(OrganizationName::parse("Beta").expect("name"))).await;
        let mut beta = app.sam_in("Beta").await;
        let mut ann = app.person(&mut beta, "Ann Admin", "ann@beta.example", &["Administrator"]).await;
        app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        app.join(&mut ann, "ana@acme.example", &["Callback Manager"]).await;
        let form = editing(app, &mut ann, "ana@acme.example").await;
        assert!(!ann.page.has_field("Email") && !ann.page.has_field("Name"));
        assert!(ann.page.text().contains("This person also belongs to another organization. Only they or a super admin can change this."));
        assert!(!ann.page.text().contains("Acme"));
        let forged = form.clone().set("email", "mine@beta.example");
        ann.send_form(&forged).await;
        assert_eq!(ann.page.code(), 409);
        let forged = form.clone().set("name", "Mine");
        assert_eq!(ann.send_form(&forged).await.code(), 409);
        ann.submit(form.choose("Analyst")).await;
        assert_eq!(ann.page.flash(), "The changes to Ana Lima were saved.");
        let mut sam = app.sam().await;
        assert!(!sam.get("/users").await.row("Users", "Ana Lima").iter().any(|cell| cell.contains("Analyst")), "Acme is untouched");
        let (acme, beta) = (app.version("Acme", "ana@acme.example").await, app.version("Beta", "ana@acme.example").await);
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Ana Renamed");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The changes to Ana Renamed were saved.", "a super admin may");
        assert_eq!(app.version("Acme", "ana@acme.example").await, acme + 1);
        assert_eq!(app.version("Beta", "ana@acme.example").await, beta + 1, "a change of name counts everywhere");
    }

    async fn fields_of_others_take_no_effect(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let id = app.id("ana@acme.example").await;
        let hash = app.pool.texts("SELECT password_hash FROM users WHERE email = 'ana@acme.example'").await;
        let other = app.id(SAM).await;
        let form = editing(app, &mut sam, "ana@acme.example").await.fill("Name", "Ana L.")
            .add("id", &other).add("tenantId", "x").add("serviceAccount", "true").add("validated", "false")
            .add("passwordHash", "x").add("createdAt", "0").add("enabled", "false").add("disabled", "true");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The changes to Ana L. were saved.");
        let page = sam.get(&format!("/users/{id}")).await;
        assert_eq!((page.heading().as_str(), page.fact("Status").as_str()), ("Ana L.", "Active"));
        assert_eq!(app.pool.texts("SELECT password_hash FROM users WHERE email = 'ana@acme.example'").await, hash);
        assert_eq!(app.pool.texts("SELECT display_name FROM users WHERE email = 'sam@acme.example'").await, ["Sam Super"]);
    }

    async fn a_role_change_works_from_the_next_click(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Platform Management Viewer"]).await;
        assert_eq!(ana.get("/users").await.code(), 200);
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, "ana@acme.example").await.untick("Platform Management Viewer").choose("Callback Viewer");
        sam.submit(form).await;
        assert_eq!(ana.get("/users").await.code(), 403);
        assert_eq!(ana.get("/account").await.code(), 200, "the session goes on");
        let form = editing(app, &mut sam, "ana@acme.example").await.choose("Administrator");
        sam.submit(form).await;
        assert_eq!(ana.get("/users/invite").await.code(), 200);
    }

    async fn becoming_an_analyst_takes_a_seat(app) {
        app.pool.run("UPDATE organizations SET analyst_limit = 1").await;
        app.member("Ana Lima", "ana@acme.example", &["Analyst"]).await;
        app.member("Bo Berg", "bo@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let form = editing(app, &mut sam, "bo@acme.example").await.choose("Analyst");
        sam.send_form(&form).await;
        assert_eq!((sam.page.code(), sam.page.alerts()),
            (409, vec!["No free seat. Raise the analyst limit or remove an analyst.".to_owned()]));
        let form = editing(app, &mut sam, "ana@acme.example").await.choose("Developer");
        sam.submit(form).await;
        let form = editing(app, &mut sam, "bo@acme.example").await.choose("Analyst");
        assert_eq!(sam.submit(form).await.flash(), "The changes to Bo Berg were saved.");
    }
}
