//! Invitations: the form, the mail, sending again and taking back (portal contract 5.1; mails E1 and E2).

mod activation;

use rollcall::domain::{
    organizations::NewOrganization,
    text::OrganizationName,
    time::{days, minutes},
};

use crate::support::{Browser, SAM, TestApp, both};

fn organization(name: &str) -> NewOrganization {
    NewOrganization::named(OrganizationName::parse(name).expect("name"))
}

async fn invited(app: &TestApp) -> i64 {
    app.pool.number("SELECT count(*) FROM invitations").await
}

/// The new organization with an Administrator of its own, signed in.
async fn administrator_of(app: &TestApp, new: NewOrganization, name: &str, email: &str) -> Browser {
    let called = new.name.as_str().to_owned();
    app.add(new).await;
    let mut sam = app.sam_in(&called).await;
    app.person(&mut sam, name, email, &["Administrator"]).await
}

both! {
    async fn the_form_offers_every_role_one_may_give(app) {
        let mut sam = app.sam().await;
        let page = sam.get("/users/invite").await;
        assert_eq!((page.heading().as_str(), page.title().as_str()), ("Invite Users", "Invite Users - Rollcall"));
        assert!(page.text().contains("Enter one or more email addresses, separated by commas, semicolons, spaces or new lines."));
        assert_eq!(page.attribute("textarea", "required").as_deref(), Some(""));
        let radios = page.all("[role=radiogroup] label");
        assert_eq!(radios, ["Administrator", "User Admin", "IT Admin", "Organization Creator", "Analyst", "Developer", "User"]);
        assert_eq!(sam.form("Invite").sends("account_role"), ["user"]);
        for role in ["Callback Administrator", "Callback Manager", "Callback Viewer", "Connections Administrator",
            "Datastore Administrator", "Datastore Agent", "Handoff Administrator", "Handoff Manager", "Handoff Viewer",
            "Mindful API Administrator", "Mindful API Viewer", "Platform Management Administrator",
            "Platform Management Manager", "Platform Management Viewer", "Webhooks Administrator", "Webhooks Viewer"] {
            assert!(sam.page.has_field(role), "{role}");
        }
        assert!(!sam.page.has_field("Server Administrator") && !sam.page.has_field("Client") && !sam.page.has_field("Support"));
        assert_eq!(sam.page.link("Cancel").as_deref(), Some("/users"));
    }

    async fn a_user_admin_cannot_make_an_administrator(app) {
        let mut ursula = app.member("Ursula Admin", "ursula@acme.example", &["User Admin"]).await;
        ursula.get("/users/invite").await;
        assert!(!ursula.page.has_field("Administrator") && ursula.page.has_field("User Admin"));
        let form = ursula.form("Invite").fill("Email", "x@acme.example").set("account_role", "administrator");
        ursula.send_form(&form).await;
        assert_eq!(ursula.page.code(), 409);
        assert_eq!(ursula.page.alerts(), ["You cannot assign Administrator: it gives more access than you have."]);
        assert_eq!(invited(app).await, 0);
    }

    async fn each_whole_form_problem_has_its_words(app) {
        let mut sam = app.sam().await;
        let many: Vec<String> = (0..101).map(|number| format!("p{number}@acme.example")).collect();
        let before = app.audit_count().await;
        for (typed, messages) in [
            ("", vec!["Enter at least one email address.".to_owned()]),
            (" , ;\n ", vec!["Enter at least one email address.".to_owned()]),
            ("bad@ worse", vec!["None of these is a valid email address.".to_owned(),
                "bad@: not a valid email address".to_owned(), "worse: not a valid email address".to_owned()]),
            (&many.join("\n"), vec!["Invite at most 100 addresses at a time. You entered 101.".to_owned()]),
        ] {
            sam.get("/users/invite").await;
            let form = sam.form("Invite").fill("Email", typed).choose("Callback Manager");
            sam.send_form(&form).await;
            assert_eq!((sam.page.code(), sam.page.title().as_str()), (422, "Error: Invite Users - Rollcall"));
            assert_eq!(sam.page.alerts(), messages);
            assert_eq!(sam.page.field_errors("Email"), messages);
            assert_eq!(sam.form("Invite").sends("role"), ["callback:manager"], "choices stay");
        }
        for (name, value, said) in [
            ("role", "callback:king", "callback:king"),
            ("role", "datastore:manager", "datastore:manager"),
            ("role", "00000000-0000-7000-8000-000000000000", "00000000-0000-7000-8000-000000000000"),
            ("account_role", "emperor", "emperor"),
            ("account_role", "server_administrator", "Server Administrator"),
            ("account_role", "support", "Support"),
            ("account_role", "client", "Client"),
        ] {
            sam.get("/users/invite").await;
            let form = sam.form("Invite").fill("Email", "ok@acme.example").set(name, value);
            sam.send_form(&form).await;
            assert_eq!(sam.page.code(), 409, "{value}");
            assert_eq!(sam.page.alerts(), [format!("You cannot assign {said}: it gives more access than you have.")]);
            assert_eq!(sam.page.value("Email"), "ok@acme.example");
        }
        assert_eq!((invited(app).await, app.audit_count().await), (0, before));
        assert!(app.mails("ok@acme.example").await.is_empty());
    }

    async fn each_address_gets_its_own_result(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &[]).await;
        app.person(&mut sam, "Dora Off", "dora@acme.example", &[]).await;
        let dora = app.id("dora@acme.example").await;
        sam.get(&format!("/users/{dora}/disable")).await;
        sam.press("Disable").await;
        app.invite(&mut sam, "waiting@acme.example", &[]).await;
        let before = app.audit_count().await;
        let typed = "New.One@Acme.example; Bo Berg <bo@acme.example>\nANA@acme.example, bad@, bo@ACME.example dora@acme.example
            waiting@acme.example\tplus+tag@acme.example mıke@acme.example";
        let page = app.invite(&mut sam, typed, &["Callback Viewer"]).await;
        assert_eq!((page.path.as_str(), page.heading().as_str()), ("/users/invite/results", "Invitation results"));
        assert!(page.text().contains("3 invited, 5 not invited."), "{}", page.text());
        assert_eq!(page.columns("Invitation results"), ["Email", "Result"]);
        assert_eq!(page.table("Invitation results"), [
            ["New.One@Acme.example", "Invited"],
            ["bo@acme.example", "Invited"],
            ["ANA@acme.example", "Already a member"],
            ["bad@", "Not a valid email address"],
            ["dora@acme.example", "Already a member"],
            ["waiting@acme.example", "Already invited Use Resend on User Management."],
            ["plus+tag@acme.example", "Invited"],
            ["mıke@acme.example", "Not a valid email address"],
        ]);
        assert_eq!(page.link("Invite more users").as_deref(), Some("/users/invite"));
        assert_eq!(page.link("Back to User Management").as_deref(), Some("/users"));
        assert_eq!(app.audit_count().await, before + 3, "one event for each");
        let (_, after) = app.last_event("user.invited").await;
        assert_eq!(after["roles"], serde_json::json!(["Callback Viewer"]));
        assert_eq!(app.mails("new.one@acme.example").await.len(), 1);
        assert_eq!(app.mails("waiting@acme.example").await.len(), 1, "no second mail");
        assert!(!page.row("Invitation results", "ANA").contains(&"Callback Viewer".to_owned()));
        let row = sam.get("/users").await.row("Users", "Ana Lima");
        assert!(row.contains(&"User".to_owned()), "roles untouched: {row:?}");
        assert_eq!(sam.get("/users/invite/results").await.table("Invitation results").len(), 8, "still there");
        assert_eq!(app.sam().await.get("/users/invite/results").await.heading(), "Invite Users", "only the inviter's session");
    }

    async fn the_first_mail_tells_everything(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &["Callback Manager", "Analyst"]).await;
        let mail = app.mail("ana@acme.example").await;
        assert_eq!(mail.subject, "You are invited to Acme");
        assert_eq!((mail.from.as_str(), mail.to.as_str()), ("noreply@mail.example", "ana@acme.example"));
        assert!(mail.raw.contains("From: \"Rollcall\" <noreply@mail.example>") || mail.raw.contains("From: Rollcall <noreply@mail.example>"));
        assert!(mail.raw.contains("Auto-Submitted: auto-generated"));
        assert!(!mail.message_id.is_empty());
        let password = mail.temporary_password().expect("a temporary password");
        assert_eq!(password.chars().count(), 16);
        let expiry = app.now().plus(days(7)).to_string();
        let address = format!("http://127.0.0.1:8080{}", mail.link());
        for fact in ["Sam Super", "Acme", "Callback Manager", "Analyst", "ana@acme.example", password.as_str(), address.as_str(),
            expiry.as_str(), "Rollcall"] {
            assert!(mail.text.contains(fact), "{fact} in {}", mail.text);
            assert!(mail.html.contains(fact), "{fact} in {}", mail.html);
        }
        assert!(!mail.html.contains("<img") && !mail.html.contains("<script"), "no remote parts");
        let hashes = app.pool.texts("SELECT password_hash FROM users WHERE email = 'ana@acme.example'").await;
        assert!(hashes[0].starts_with("$argon2id$") && !hashes[0].contains(&password));
        let token = mail.link().rsplit('/').next().expect("token").to_owned();
        let stored = app.pool.bytes("SELECT token_hash FROM invitations").await;
        assert!(stored[0].len() == 32 && stored[0] != token.as_bytes());
        for line in mail.raw.lines() {
            assert!(line.len() <= 998);
        }
    }

    async fn resending_replaces_link_and_password(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &["Callback Viewer"]).await;
        let old = app.mail("ana@acme.example").await;
        let id = app.id("ana@acme.example").await;
        let path = format!("/users/{id}/resend");
        let page = sam.get(&path).await;
        assert_eq!((page.heading().as_str(), page.link("Cancel").is_some()), ("Resend invitation", true));
        app.advance_seconds(59);
        let form = sam.form("Resend");
        sam.send_form(&form).await;
        assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec!["Wait a minute before sending this again.".to_owned()]));
        assert_eq!(app.mails("ana@acme.example").await.len(), 1);
        app.advance_seconds(1);
        sam.get(&path).await;
        sam.press("Resend").await;
        assert_eq!((sam.page.path.as_str(), sam.page.flash().as_str()),
            ("/users", "The invitation to ana@acme.example was sent again."));
        let new = app.mail("ana@acme.example").await;
        assert_eq!((new.subject.as_str(), app.mails("ana@acme.example").await.len()), ("You are invited to Acme", 2));
        assert_ne!((old.link(), old.temporary_password()), (new.link(), new.temporary_password()));
        assert!(new.text.contains("Callback Viewer") && new.text.contains(&app.now().plus(days(7)).to_string()));
        assert_eq!(app.browser().get(&old.link()).await.code(), 404);
        app.activate("ana@acme.example").await;
        let mut ana = app.browser();
        assert_eq!(ana.log_in("ana@acme.example", &old.temporary_password().expect("old")).await.code(), 422);
        app.advance_seconds(4);
        ana.log_in("ana@acme.example", &new.temporary_password().expect("new")).await;
        assert_eq!(ana.page.heading(), "Choose a new password");
        let (_, after) = app.last_event("user.invitation_resent").await;
        assert_eq!(after["email"], "ana@acme.example");
        sam.fetch(&path).await;
        assert_eq!(sam.page.code(), 409);
        assert!(sam.page.alerts()[0].ends_with("is already active."), "{:?}", sam.page.alerts());
    }

    async fn an_expired_invitation_can_be_sent_again(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        app.advance(days(30));
        let mut sam = app.sam().await;
        let page = app.invite(&mut sam, "ana@acme.example", &[]).await;
        assert!(page.row("Invitation results", "ana")[1].starts_with("Already invited"));
        let id = app.id("ana@acme.example").await;
        sam.get(&format!("/users/{id}/resend")).await;
        sam.press("Resend").await;
        assert!(sam.page.row("Users", "ana@acme.example").contains(&"Invited".to_owned()));
        app.activate("ana@acme.example").await;
    }

    async fn a_cancelled_invitation_is_gone(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &["Callback Viewer"]).await;
        let id = app.id("ana@acme.example").await;
        let link = app.mail("ana@acme.example").await.link();
        let page = sam.get(&format!("/users/{id}/cancel")).await;
        assert_eq!((page.heading().as_str(), page.link("Keep it").is_some()), ("Cancel invitation", true));
        let before = app.audit_count().await;
        sam.press("Cancel invitation").await;
        assert_eq!(sam.page.flash(), "The invitation to ana@acme.example was cancelled.");
        assert_eq!(app.audit_count().await, before + 1);
        assert!(!sam.page.text().contains("ana@acme.example (") && sam.page.table("Users").len() == 1);
        assert_eq!(app.browser().get(&link).await.code(), 404);
        assert_eq!(app.mails("ana@acme.example").await.len(), 1, "no mail about it");
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email = 'ana@acme.example'").await, 0, "erased");
        assert_eq!(sam.get(&format!("/users/{id}")).await.code(), 404);
        let page = app.invite(&mut sam, "ana@acme.example", &[]).await;
        assert_eq!(page.row("Invitation results", "ana")[1], "Invited", "may be invited again");
        app.activate("ana@acme.example").await;
        let id = app.id("ana@acme.example").await;
        sam.get("/users").await;
        sam.forge(&format!("/users/{id}/cancel"), &[]).await;
        assert_eq!(sam.page.code(), 409);
    }

    async fn seats_are_counted_for_the_whole_form(app) {
        let limited = NewOrganization { user_limit: Some(3), analyst_limit: Some(1), ..organization("Small Co") };
        let mut ann = administrator_of(app, limited, "Ann Admin", "ann@small.example").await;
        let page = app.invite(&mut ann, "a@small.example b@small.example c@small.example ann@small.example", &[]).await;
        assert_eq!(page.code(), 409);
        assert_eq!(page.alerts(), ["Only 2 more users fit in Small Co. You entered 3 new addresses."]);
        assert_eq!(invited(app).await, 0, "not even for a part");
        let page = app.invite(&mut ann, "a@small.example b@small.example", &["Analyst"]).await;
        assert_eq!(page.alerts(), ["Only 1 more analyst fits in Small Co. You entered 2 new addresses."]);
        let page = app.invite(&mut ann, "a@small.example", &["Analyst"]).await;
        assert_eq!(page.row("Invitation results", "a@")[1], "Invited");
        let page = app.invite(&mut ann, "b@small.example ann@small.example", &[]).await;
        assert_eq!(page.row("Invitation results", "b@")[1], "Invited");
        let page = app.invite(&mut ann, "c@small.example", &[]).await;
        assert_eq!(page.alerts(), ["Only 0 more users fit in Small Co. You entered 1 new address."]);
        app.advance(days(8));
        let mut ann = app.log_in("ann@small.example").await;
        assert_eq!(app.invite(&mut ann, "c@small.example", &[]).await.code(), 409, "expired ones keep their seat");
        let id = app.id("b@small.example").await;
        ann.get(&format!("/users/{id}/cancel")).await;
        ann.press("Cancel invitation").await;
        assert!(ann.page.text().contains("2 of 3 users"), "{}", ann.page.text());
        assert_eq!(app.invite(&mut ann, "c@small.example", &[]).await.code(), 200, "the seat is free");
    }

    async fn fifty_invitations_at_once_never_exceed_the_limit(app) {
        let limited = NewOrganization { user_limit: Some(6), ..organization("Small Co") };
        let ann = administrator_of(app, limited, "Ann Admin", "ann@small.example").await;
        let tries = (0..50).map(|number| {
            let mut browser = ann.clone();
            async move {
                browser.get("/users/invite").await;
                let form = browser.form("Invite").fill("Email", &format!("p{number}@small.example"));
                // A queue that is full says so and changes nothing.
                browser.send_form(&form).await.code()
            }
        });
        let codes = futures::future::join_all(tries).await;
        let invited = codes.iter().filter(|code| **code == 303).count();
        assert!(codes.iter().all(|code| [303, 409, 503].contains(code)), "{codes:?}");
        let taken = app.pool.number("SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.organization_id
             WHERE o.name = 'Small Co'").await;
        assert!(invited <= 5 && taken == 1 + i64::try_from(invited).expect("few"), "{invited} {taken}");
        assert!(invited >= 1, "{codes:?}");
    }

    async fn one_address_twice_at_once_is_one_invitation(app) {
        let (mut one, mut other) = (app.sam().await, app.sam().await);
        for round in 0..5 {
            let email = format!("twin{round}@acme.example");
            one.get("/users/invite").await;
            other.get("/users/invite").await;
            let (first, second) = (one.form("Invite").fill("Email", &email), other.form("Invite").fill("Email", &email));
            futures::join!(one.submit(first), other.submit(second));
            let mut results = [&one, &other].map(|browser| browser.page.row("Invitation results", "twin")[1].clone());
            results.sort();
            assert_eq!(results, ["Already invited Use Resend on User Management.", "Invited"]);
            assert_eq!(app.mails(&email).await.len(), 1);
        }
    }

    async fn government_organizations_add_nobody_themselves(app) {
        let new = NewOrganization { government: true, ..organization("City Hall") };
        let mut gwen = administrator_of(app, new, "Gwen Admin", "gwen@city.example").await;
        assert!(gwen.get("/users").await.link("Invite Users").is_none());
        let page = gwen.get("/users/invite").await;
        assert_eq!(page.code(), 403);
        assert!(page.text().contains("In government organizations users are added according to the organization's own policy."));
        gwen.get("/users").await;
        let form = [("email", "x@city.example"), ("account_role", "user")];
        assert_eq!(gwen.forge("/users/invite", &form).await.code(), 403);
        assert_eq!(invited(app).await, 0);
        let mut sam = app.sam_in("City Hall").await;
        app.invite(&mut sam, "new@city.example", &[]).await;
        app.advance(minutes(2));
        let id = app.id("new@city.example").await;
        gwen.get(&format!("/users/{id}/resend")).await;
        assert_eq!(gwen.press("Resend").await.flash(), "The invitation to new@city.example was sent again.");
        gwen.get(&format!("/users/{id}/cancel")).await;
        assert_eq!(gwen.press("Cancel invitation").await.flash(), "The invitation to new@city.example was cancelled.");
    }

    async fn somebody_known_elsewhere_is_invited_without_a_sign_of_it(app) {
        let mut ann = administrator_of(app, organization("Beta"), "Ann Admin", "ann@beta.example").await;
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &[]).await;
        let page = app.invite(&mut ann, "ana@acme.example new@beta.example", &[]).await;
        assert_eq!(page.column("Invitation results", 1), ["Invited", "Invited"]);
        let mail = app.mail("ana@acme.example").await;
        assert_eq!((mail.subject.as_str(), mail.temporary_password()), ("You are invited to Beta", None));
        assert!(!mail.text.contains("Acme"), "{}", mail.text);
        let mut ana = app.log_in("ana@acme.example").await;
        assert!(ana.page.link("Change Organization").is_none(), "not before the link is used");
        let mut visitor = app.browser();
        visitor.get(&mail.link()).await;
        visitor.press("Activate account").await;
        assert_eq!(visitor.page.flash(), "Your account is active. Log in with your password.");
        ana.get("/account").await;
        assert!(ana.page.link("Change Organization").is_some());
        ana.get("/organizations/switch").await;
        let form = ana.form("Change Organization").choose("Beta");
        ana.submit(form).await;
        assert!(ana.get("/account").await.all("header").join(" ").contains("Beta"));
    }

    async fn a_failed_mail_shows(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        app.pool.run("UPDATE memberships SET mail_failed = TRUE WHERE email_key = 'ana@acme.example'").await;
        let row = sam.get("/users").await.row("Users", "ana@acme.example");
        assert!(row.iter().any(|cell| cell.contains("Invited") && cell.contains("Email failed")), "{row:?}");
        app.pool.run("UPDATE mails SET state = 'failed'").await;
        let page = sam.get("/users/invite/results").await;
        assert_eq!(page.row("Invitation results", "ana")[1], "Invited, email failed");
        assert!(app.id(SAM).await.len() == 36);
    }
}
