//! Organizations: the list, the form, the switcher (portal contract 1.14).

use rollcall::domain::{organizations::NewOrganization, pages::Application, text::OrganizationName, time::minutes};

use crate::support::{Browser, TestApp, both, form::Form};

fn named(name: &str) -> NewOrganization {
    NewOrganization::named(OrganizationName::parse(name).expect("name"))
}

async fn editing(by: &mut Browser, id: &str) -> Form {
    by.get(&format!("/organizations/{id}")).await;
    by.form("Save")
}

async fn id_of(app: &TestApp, name: &str) -> String {
    app.pool.texts(&format!("SELECT id FROM organizations WHERE name = '{name}'")).await.remove(0)
}

/// Everything stored of organizations, to see that nothing changed.
async fn stored(app: &TestApp) -> Vec<String> {
    let facts = "SELECT name || CAST(version AS TEXT) || coalesce(CAST(user_limit AS TEXT), '-') FROM organizations ORDER BY id";
    let mut all = app.pool.texts(facts).await;
    all.extend(app.pool.texts("SELECT organization_id || application FROM organization_applications ORDER BY 1").await);
    all
}

both! {
    async fn the_list_and_a_new_organization(app) {
        let mut sam = app.sam().await;
        sam.get("/organizations").await;
        assert_eq!(sam.page.heading(), "Organizations");
        assert_eq!(sam.page.columns("Organizations"), ["Name", "Users", "MFA", "Government", "Actions"]);
        assert_eq!(&sam.page.row("Organizations", "Acme")[1..4], ["1", "Off", "No"]);
        sam.get("/organizations/new").await;
        assert_eq!(sam.page.heading(), "Add Organization");
        let form = sam.form("Save");
        assert_eq!(form.sends("application").len(), 6, "all of them; Platform Management needs no tick");
        let form = form.fill("Name", " Beta ").fill("User limit", "50").choose("Government organization")
            .choose("Require multi-factor authentication").untick("Callback");
        sam.submit(form).await;
        assert_eq!(sam.page.path, "/organizations");
        assert_eq!(sam.page.flash(), "The organization was saved. Users set up multi-factor authentication at their next login.");
        assert_eq!(&sam.page.row("Organizations", "Beta")[1..4], ["0 of 50", "On", "Yes"]);
        let id = id_of(app, "Beta").await;
        assert_eq!(sam.page.link("Beta"), Some(format!("/organizations/{id}")));
        let form = editing(&mut sam, &id).await;
        assert_eq!(sam.page.heading(), "Beta");
        assert!(!form.sends("application").contains(&"callback".to_owned()));
        assert_eq!((form.sends("user_limit"), form.sends("analyst_limit")), (vec!["50".to_owned()], vec![String::new()]));
        sam.submit(form.clone()).await;
        assert_eq!(sam.page.flash(), "Nothing was changed.");
        sam.submit(form.fill("Name", "Beta Two").fill("Analyst limit", "3")).await;
        assert_eq!(sam.page.flash(), "The organization was saved.");
        let (before, after) = app.last_event("organization.changed").await;
        assert_eq!((before["name"].as_str(), after["name"].as_str()), (Some("Beta"), Some("Beta Two")));
    }

    async fn every_bad_input_is_told_and_changes_nothing(app) {
        let beta = app.add(named("Beta")).await;
        let mut sam = app.sam().await;
        let (before, events) = (stored(app).await, app.audit_count().await);
        let limit = "Enter a whole number of at least 1, or leave this empty.";
        let taken = "An organization with this name already exists.";
        let long = "x".repeat(101);
        for path in ["/organizations/new".to_owned(), format!("/organizations/{beta}")] {
            for (label, typed, message) in [
                ("Name", "", "Enter an organization name."),
                ("Name", long.as_str(), "Use at most 100 characters."),
                ("Name", "acme", taken),
                ("Name", "  ACME  ", taken),
                ("User limit", "0", limit),
                ("User limit", "-1", limit),
                ("User limit", "1.5", limit),
                ("User limit", "many", limit),
                ("Analyst limit", "0", limit),
                ("Analyst limit", "99999999999999999999", limit),
            ] {
                sam.get(&path).await;
                let form = sam.form("Save").fill("Name", "Good name").fill(label, typed).untick("Webhooks");
                sam.send_form(&form).await;
                assert_eq!(sam.page.code(), 422, "{path} {label} {typed}");
                assert_eq!((sam.page.alerts(), sam.page.field_errors(label)), (vec![message.to_owned()], vec![message.to_owned()]));
                assert_eq!(sam.page.value(label), typed, "kept as typed");
                assert!(!sam.form("Save").sends("application").contains(&"webhooks".to_owned()));
            }
        }
        assert_eq!((stored(app).await, app.audit_count().await), (before, events));
        let form = editing(&mut sam, &beta).await.fill("Name", "BETA").add("application", "nonsense");
        assert_eq!(sam.submit(form).await.flash(), "The organization was saved.");
    }

    async fn who_was_faster_is_shown_against_what_was_typed(app) {
        let beta = app.add(named("Beta")).await;
        let (mut sam, mut other) = (app.sam().await, app.sam().await);
        let mine = editing(&mut sam, &beta).await.fill("User limit", "9").untick("Callback");
        app.advance(minutes(2));
        let theirs = editing(&mut other, &beta).await.fill("User limit", "7");
        other.submit(theirs).await;
        let (before, events) = (stored(app).await, app.audit_count().await);
        sam.send_form(&mine).await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str()), (409, "Beta"));
        assert!(sam.page.alerts()[0].starts_with("Sam Super changed this organization at "), "{:?}", sam.page.alerts());
        let all: Vec<&str> = Application::PROVISIONABLE.iter().map(|one| one.label()).collect();
        assert_eq!(sam.page.table("What changed"), [
            vec!["User limit".to_owned(), "7".to_owned(), "9".to_owned()],
            vec!["Applications".to_owned(), all.join(", "), all[1..].join(", ")],
        ]);
        assert_eq!((stored(app).await, app.audit_count().await), (before, events));
        sam.press("Save").await;
        assert_eq!(sam.page.flash(), "The organization was saved.", "knowingly");
        for version in ["", "x", "-1"] {
            let form = editing(&mut sam, &beta).await.fill("User limit", "5").set("version", version);
            assert_eq!(sam.send_form(&form).await.code(), 409, "{version:?}");
        }
    }

    async fn who_may_see_and_who_may_change(app) {
        let beta = app.add(named("Beta")).await;
        let acme = id_of(app, "Acme").await;
        let mut ana = app.member("Ana Admin", "ana@acme.example", &["Administrator"]).await;
        let mut una = app.member("Una User", "una@acme.example", &[]).await;
        let before = (stored(app).await, app.audit_count().await);
        ana.get("/organizations").await;
        assert_eq!(ana.page.column("Organizations", 0).len(), 1, "their own");
        assert_eq!(ana.page.link("Add Organization"), None);
        ana.get(&format!("/organizations/{acme}")).await;
        assert_eq!((ana.page.heading().as_str(), ana.page.fact("User limit").as_str()), ("Acme", "None"));
        assert_eq!(ana.page.fact("Require multi-factor authentication"), "Off");
        assert!(!ana.page.buttons().contains(&"Save".to_owned()));
        assert_eq!(ana.get(&format!("/organizations/{beta}")).await.code(), 404);
        assert_eq!(ana.get("/organizations/new").await.code(), 403);
        ana.get("/organizations").await;
        for path in ["new", acme.as_str(), beta.as_str(), "nonsense"] {
            ana.forge(&format!("/organizations/{path}"), &[("version", "0"), ("name", "Mine")]).await;
            assert_eq!(ana.page.code(), 403, "{path}");
        }
        una.get("/organizations").await;
        assert_eq!(una.page.link("Acme"), None, "nothing to open");
        for path in [acme.as_str(), beta.as_str(), "nonsense"] {
            assert_eq!(una.get(&format!("/organizations/{path}")).await.code(), 403, "{path}");
        }
        assert_eq!((stored(app).await, app.audit_count().await), before);
        let mut sam = app.sam().await;
        assert_eq!(sam.get("/organizations/0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11").await.code(), 404);
    }

    async fn limits_remove_nobody_and_block_additions(app) {
        let acme = id_of(app, "Acme").await;
        app.member("Ana Lima", "ana@acme.example", &["Analyst"]).await;
        app.member("Bo Berg", "bo@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let form = editing(&mut sam, &acme).await.fill("User limit", "2").fill("Analyst limit", "1");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The organization was saved.", "lower than in use is accepted");
        assert_eq!(sam.page.row("Organizations", "Acme")[1], "3 of 2");
        assert_eq!(sam.get("/users").await.table("Users").len(), 3);
        let page = app.invite(&mut sam, "new@acme.example", &[]).await;
        assert_eq!(page.code(), 409);
        let bo = app.id("bo@acme.example").await;
        sam.get(&format!("/users/{bo}/edit")).await;
        let form = sam.form("Save").choose("Analyst");
        sam.send_form(&form).await;
        assert_eq!(sam.page.code(), 409);
        assert!(sam.page.alerts()[0].contains("Raise the analyst limit or remove an analyst."), "{:?}", sam.page.alerts());
        assert_eq!(sam.page.heading(), "Edit User");
    }

    async fn roles_of_an_application_that_is_taken_away_sleep(app) {
        let acme = id_of(app, "Acme").await;
        let mut ana = app.member("Ana Lima", "ana@acme.example", &["Callback Manager", "Handoff Viewer"]).await;
        let mut sam = app.sam().await;
        let id = crate::roles::make_role(app, &mut sam, "Mixed", &[("callback.alerts", "all"), ("handoff.block_list", "view")]).await;
        let form = editing(&mut sam, &acme).await.untick("Callback");
        sam.submit(form).await;
        sam.get("/roles").await;
        assert!(!sam.page.column("Application Roles", 0).contains(&"Callback Viewer".to_owned()));
        assert_eq!(sam.get("/roles/callback:viewer").await.code(), 404);
        let person = app.id("ana@acme.example").await;
        sam.get(&format!("/users/{person}")).await;
        let row = |sam: &Browser, page: &str| {
            let rows = sam.page.table("Effective access");
            rows.into_iter().find(|row| row[1] == page).unwrap_or_else(|| panic!("no {page}"))[2].clone()
        };
        assert_eq!((row(&sam, "Smart Rules").as_str(), row(&sam, "Block List").as_str()), ("No access", "All"));
        assert!(sam.page.text().contains("The organization does not have Callback"), "why not");
        ana.get("/account").await;
        assert!(ana.page.table("What you can access").iter().any(|row| row[1] == "Smart Rules" && row[2] == "No access"));
        // What the form does not show stays as it is, also of a role that is changed meanwhile.
        sam.get(&format!("/roles/{id}")).await;
        assert!(!sam.page.all("[role=group] h2").contains(&"Callback".to_owned()));
        let form = sam.form("Save").set("handoff.message_lookup", "view");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The role Mixed was saved.");
        let forged = { sam.get(&format!("/roles/{id}")).await; sam.form("Save").set("callback.widgets", "all") };
        assert_eq!(sam.send_form(&forged).await.code(), 422, "a page the organization does not have");
        let all = ["callback", "connections", "datastore", "handoff", "mindful_api", "webhooks"];
        let form = all.iter().fold(editing(&mut sam, &acme).await.without("application"), |form, one| form.add("application", one));
        sam.submit(form).await;
        sam.get(&format!("/users/{person}")).await;
        assert_eq!(row(&sam, "Smart Rules"), "All", "stored all the while");
        let levels = format!("SELECT level FROM custom_role_levels WHERE role_id = '{id}' AND page = 'callback.alerts'");
        assert_eq!(app.pool.texts(&levels).await, ["all"]);
    }

    async fn the_switcher_offers_what_works(app) {
        app.add(named("Beta")).await;
        app.add(named("Gamma")).await;
        app.add(named("Delta")).await;
        app.member("Ana Lima", "ana@acme.example", &["Administrator"]).await;
        for (organization, accepts) in [("Beta", true), ("Gamma", true), ("Delta", false)] {
            let mut sam = app.sam_in(organization).await;
            app.invite(&mut sam, "ana@acme.example", &["Platform Management Viewer"]).await;
            if accepts {
                app.activate("ana@acme.example").await;
            }
        }
        let gamma = id_of(app, "Gamma").await;
        let delta = id_of(app, "Delta").await;
        app.pool.run(&format!("UPDATE organizations SET disabled_at = 1 WHERE id = '{gamma}'")).await;
        let mut ana = app.log_in("ana@acme.example").await;
        ana.get("/organizations/switch").await;
        assert_eq!(ana.page.heading(), "Change Organization");
        assert_eq!(ana.page.all(".organization-choice"), ["Acme", "Beta"], "neither a disabled organization nor one not accepted");
        let none = ana.form("Change Organization").without("organization");
        ana.send_form(&none).await;
        assert_eq!((ana.page.code(), ana.page.alerts()), (422, vec!["Choose an organization.".to_owned()]));
        for other in [gamma.as_str(), delta.as_str(), "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11"] {
            ana.get("/organizations/switch").await;
            let forged = ana.form("Change Organization").set("organization", other);
            assert_eq!(ana.send_form(&forged).await.code(), 404, "{other}");
        }
        ana.get("/organizations/switch").await;
        let form = ana.form("Change Organization").choose("Beta");
        ana.send_form(&form).await;
        assert_eq!((ana.page.code(), ana.page.location().as_deref()), (303, Some("/")));
        ana.follow().await;
        assert_eq!(ana.page.flash(), "You are now in Beta.");
        assert_eq!(ana.get("/users/invite").await.code(), 403, "the rights are those of the other organization");
        let mut una = app.member("Una User", "una@acme.example", &[]).await;
        assert_eq!(una.get("/account").await.link("Change Organization"), None);
        assert_eq!(una.get("/organizations/switch").await.code(), 404, "nothing to choose");
    }
}
