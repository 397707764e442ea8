//! Application Roles and the custom roles of an organization (portal contract 1.12, 1.13 and 2.5).

use rollcall::domain::time::minutes;

use crate::support::{Browser, SAM, TestApp, both, form::Form};

/// Makes a role with these levels; gives its id.
pub async fn make_role(app: &TestApp, by: &mut Browser, name: &str, levels: &[(&str, &str)]) -> String {
    let form = new_role(by).await.fill("Role name", name);
    let form = levels.iter().fold(form, |form, (page, level)| form.set(page, level));
    by.submit(form).await;
    assert_eq!(by.page.flash(), format!("The role {name} was saved."), "{}", by.page.text());
    role_id(app, name).await
}

pub async fn role_id(app: &TestApp, name: &str) -> String {
    app.pool.texts(&format!("SELECT id FROM custom_roles WHERE name = '{name}'")).await.remove(0)
}

async fn new_role(by: &mut Browser) -> Form {
    by.get("/roles/new").await;
    assert_eq!(by.page.heading(), "Add Role", "{}", by.page.text());
    by.form("Save")
}

async fn editing(by: &mut Browser, id: &str) -> Form {
    by.get(&format!("/roles/{id}")).await;
    by.form("Save")
}

/// Everything stored of custom roles, to see that nothing changed.
async fn stored(app: &TestApp) -> Vec<String> {
    let roles = "SELECT name || ' ' || description || ' ' || CAST(version AS TEXT) FROM custom_roles ORDER BY id";
    let levels = "SELECT role_id || page || level FROM custom_role_levels ORDER BY role_id, page";
    let mut all = app.pool.texts(roles).await;
    all.extend(app.pool.texts(levels).await);
    all
}

fn cell(row: &[String]) -> Vec<&str> {
    row.iter().map(String::as_str).collect()
}

both! {
    async fn the_list_has_custom_roles_first_and_counts_everybody(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night lead", &[("callback.alerts", "all"), ("webhooks.webhooks", "view")]).await;
        app.invite(&mut sam, "ina@acme.example", &["Night lead", "Callback Viewer"]).await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Night lead"]).await;
        sam.get("/roles").await;
        assert_eq!((sam.page.heading().as_str(), sam.page.title().as_str()), ("Application Roles", "Application Roles - Rollcall"));
        assert_eq!(sam.page.columns("Application Roles"), ["Name", "Application", "Type", "Users", "Actions"]);
        let rows = sam.page.table("Application Roles");
        assert_eq!(rows.len(), 17);
        assert_eq!(cell(&rows[0][..4]), ["Night lead", "Callback, Webhooks", "Custom", "2"], "invited people count");
        assert_eq!(cell(&sam.page.row("Application Roles", "Callback Viewer")[..4]), ["Callback Viewer", "Callback", "Default", "1"]);
        assert_eq!(sam.page.link("Edit Night lead"), Some(format!("/roles/{id}")));
        assert_eq!(sam.page.link("Delete Night lead"), Some(format!("/roles/{id}/delete")));
        assert_eq!(sam.page.link("View Callback Viewer").as_deref(), Some("/roles/callback:viewer"));
        assert_eq!((sam.page.link("Edit Callback Viewer"), sam.page.link("Delete Callback Viewer")), (None, None));
        assert_eq!(sam.page.link("Add Role").as_deref(), Some("/roles/new"));
        sam.get(&format!("/users?role={id}")).await;
        assert_eq!(sam.page.table("Users").len(), 2);
    }

    async fn a_default_role_is_there_to_be_read(app) {
        let mut sam = app.sam().await;
        sam.get("/roles/callback:viewer").await;
        assert_eq!(sam.page.heading(), "Callback Viewer");
        assert!(sam.page.text().contains("Default roles cannot be changed."));
        assert_eq!(sam.page.columns("Access"), ["Application", "Page", "Access"]);
        let rows = sam.page.table("Access");
        assert_eq!(rows.len(), 18, "the pages of its application");
        assert!(rows.contains(&["Callback", "Exports", "All except Audit reports"].map(str::to_owned).to_vec()));
        assert!(rows.contains(&["Callback", "Widgets", "No access"].map(str::to_owned).to_vec()));
        assert!(!sam.page.buttons().contains(&"Save".to_owned()));
        for (path, heading) in [("", "Callback Viewer"), ("/delete", "Delete role")] {
            let before = app.audit_count().await;
            sam.forge(&format!("/roles/callback:viewer{path}"), &[("name", "Mine"), ("callback.widgets", "all")]).await;
            assert_eq!((sam.page.code(), sam.page.heading().as_str()), (409, heading));
            assert_eq!(sam.page.alerts(), ["Default roles cannot be changed."]);
            assert_eq!(sam.page.title(), format!("Error: {heading} - Rollcall"));
            assert_eq!(app.audit_count().await, before);
        }
        sam.get("/roles/callback:viewer/delete").await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str()), (409, "Delete role"));
        for unknown in ["callback:agent", "administrator", "nonsense", "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11"] {
            assert_eq!(sam.get(&format!("/roles/{unknown}")).await.code(), 404, "{unknown}");
            assert_eq!(sam.get(&format!("/roles/{unknown}/delete")).await.code(), 404, "{unknown}");
        }
    }

    async fn a_role_is_duplicated(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night lead", &[("callback.alerts", "all"), ("callback.exports", "most")]).await;
        sam.get(&format!("/roles/{id}")).await;
        let href = sam.page.link("Duplicate").expect("a link");
        sam.get(&href).await;
        assert_eq!((sam.page.heading().as_str(), sam.page.value("Role name").as_str()), ("Add Role", "Copy of Night lead"));
        let form = sam.form("Save");
        assert_eq!((form.sends("callback.alerts"), form.sends("callback.widgets")), (vec!["all".to_owned()], vec!["none".to_owned()]));
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The role Copy of Night lead was saved.");
        let (_, after) = app.last_event("role.created").await;
        assert_eq!((after["callback.alerts"].as_str(), after["callback.exports"].as_str()), (Some("all"), Some("most")));

        sam.get("/roles/platform:administrator").await;
        let href = sam.page.link("Duplicate").expect("a link");
        app.person(&mut sam, "Una User Admin", "una@acme.example", &["User Admin"]).await;
        let mut una = app.log_in("una@acme.example").await;
        una.get("/roles/platform:administrator").await;
        assert_eq!(una.page.link("Duplicate"), None, "she may not add roles");
        assert_eq!(una.get(&href).await.code(), 403);
        assert_eq!(sam.get("/roles/new?from=nonsense").await.code(), 404);
    }

    async fn a_role_is_made_changed_and_deleted(app) {
        let mut sam = app.sam().await;
        let form = new_role(&mut sam).await;
        assert_eq!(form.sends("callback.exports"), ["none"], "new roles start with nothing");
        assert_eq!(sam.page.title(), "Add Role - Rollcall");
        let form = form.fill("Role name", "  Night lead ").fill("Description", " Runs the night ").set("callback.exports", "most");
        sam.submit(form).await;
        assert_eq!((sam.page.path.as_str(), sam.page.flash().as_str()), ("/roles", "The role Night lead was saved."));
        let id = role_id(app, "Night lead").await;
        let (_, after) = app.last_event("role.created").await;
        assert_eq!(after["callback.exports"], "most");
        let form = editing(&mut sam, &id).await;
        assert_eq!(sam.page.heading(), "Night lead");
        assert_eq!((sam.page.value("Role name"), sam.page.value("Description")), ("Night lead".to_owned(), "Runs the night".to_owned()));
        assert_eq!(form.sends("callback.exports"), ["most"]);
        sam.submit(form.clone()).await;
        assert_eq!(sam.page.flash(), "Nothing was changed.");
        sam.submit(form.fill("Role name", "Late lead").set("callback.exports", "all")).await;
        assert_eq!(sam.page.flash(), "The role Late lead was saved.");
        let (before, after) = app.last_event("role.changed").await;
        assert_eq!((before["name"].as_str(), after["name"].as_str()), (Some("Night lead"), Some("Late lead")));
        assert_eq!((before["callback.exports"].as_str(), after["callback.exports"].as_str()), (Some("most"), Some("all")));
        app.invite(&mut sam, "ina@acme.example", &["Late lead"]).await;
        sam.get(&format!("/roles/{id}/delete")).await;
        assert_eq!(sam.page.heading(), "Delete role");
        assert!(sam.page.text().contains("1 user has this role and will lose it."), "{}", sam.page.text());
        app.invite(&mut sam, "bo@acme.example", &["Late lead"]).await;
        sam.get(&format!("/roles/{id}/delete")).await;
        assert!(sam.page.text().contains("2 users have this role and will lose it."));
        let version = app.version("Acme", "bo@acme.example").await;
        sam.press("Delete").await;
        assert_eq!((sam.page.path.as_str(), sam.page.flash().as_str()), ("/roles", "The role Late lead was deleted."));
        assert_eq!(app.version("Acme", "bo@acme.example").await, version + 1, "a change of their roles");
        assert_eq!(app.pool.number("SELECT count(*) FROM membership_roles WHERE custom_role_id IS NOT NULL").await, 0);
        assert_eq!(sam.get(&format!("/roles/{id}")).await.code(), 404);
        assert_eq!(sam.get(&format!("/roles/{id}/delete")).await.code(), 404);
    }

    async fn the_form_has_a_group_a_page_with_exactly_its_levels(app) {
        let mut sam = app.sam().await;
        new_role(&mut sam).await;
        let levels = |page: &str| sam.page.all(&format!("#level-{} label", page.replace('.', "-")));
        assert_eq!(levels("callback.exports"), ["No access", "View only", "All except Audit reports", "All"]);
        assert_eq!(levels("callback.global_settings"), ["No access", "View only", "Some settings (no messaging)", "Most settings"]);
        assert_eq!(levels("callback.call_targets"), ["No access", "View only", "Most settings"]);
        assert_eq!(levels("callback.alerts"), ["No access", "View only - cannot acknowledge/clear alerts", "All"]);
        assert_eq!(levels("platform.user_management"), ["No access", "View only", "View and edit existing users", "All"]);
        assert_eq!(levels("workspace.apps"), ["No access", "View only", "View and edit", "All"]);
        let groups = sam.page.all("[role=group] h2");
        assert_eq!(groups, ["Callback", "Connections", "Datastore", "Handoff", "Mindful API", "Platform Management", "Webhooks", "Workspace"]);
    }

    async fn every_bad_input_is_told_and_changes_nothing(app) {
        let mut sam = app.sam().await;
        make_role(app, &mut sam, "Taken", &[("callback.alerts", "view")]).await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        let (long, wordy) = ("x".repeat(61), "x".repeat(201));
        let taken = "A role with this name already exists.";
        let (before, events) = (stored(app).await, app.audit_count().await);
        for path in ["/roles/new".to_owned(), format!("/roles/{id}")] {
            for (label, typed, message) in [
                ("Role name", "", "Enter a role name."),
                ("Role name", "   ", "Enter a role name."),
                ("Role name", long.as_str(), "Use at most 60 characters."),
                ("Role name", "taken", taken),
                ("Role name", "  TAKEN ", taken),
                ("Role name", "callback viewer", taken),
                ("Role name", "Administrator", taken),
                ("Description", wordy.as_str(), "Use at most 200 characters."),
            ] {
                sam.get(&path).await;
                let form = sam.form("Save").fill("Role name", "Good name").fill(label, typed).set("callback.exports", "most");
                sam.send_form(&form).await;
                assert_eq!(sam.page.code(), 422, "{path} {label} {typed:?}");
                assert_eq!((sam.page.alerts(), sam.page.field_errors(label)), (vec![message.to_owned()], vec![message.to_owned()]));
                assert!(sam.page.title().starts_with("Error: "));
                assert_eq!(sam.page.value(label), typed, "kept as typed");
                assert_eq!(sam.form("Save").sends("callback.exports"), ["most"], "levels are kept");
            }
            for (page, level) in [
                ("callback.exports", "edit"), ("callback.exports", "nonsense"), ("callback.exports", ""), ("callback.exports", "All"),
                ("callback.global_settings", "all"), ("callback.call_targets", "all"), ("webhooks.webhooks", "most"),
                ("platform.user_management", "most"),
            ] {
                sam.get(&path).await;
                let form = sam.form("Save").fill("Role name", "Good name").set(page, level);
                sam.send_form(&form).await;
                assert_eq!((sam.page.code(), sam.page.alerts()), (422, vec!["Choose one of the listed levels.".to_owned()]), "{page} {level}");
            }
            sam.get(&path).await;
            let form = sam.form("Save").fill("Role name", "Good name").set("callback.alerts", "none");
            sam.send_form(&form).await;
            assert_eq!((sam.page.code(), sam.page.alerts()), (422, vec!["Give access to at least one page.".to_owned()]));
        }
        assert_eq!((stored(app).await, app.audit_count().await), (before, events));
        let form = editing(&mut sam, &id).await.fill("Role name", "NIGHT").set("nonsense.page", "all");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The role NIGHT was saved.", "its own name in other letters, and what is no page counts for nothing");
    }

    async fn two_who_edit_at_once(app) {
        let mut vera = app.member("Vera Admin", "vera@acme.example", &["Administrator"]).await;
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        let mine = editing(&mut sam, &id).await.fill("Description", "Mine").set("callback.widgets", "view");
        app.advance(minutes(2));
        let hers = editing(&mut vera, &id).await.fill("Role name", "Night watch").set("callback.alerts", "view");
        vera.submit(hers).await;
        let (before, events) = (stored(app).await, app.audit_count().await);
        sam.send_form(&mine).await;
        assert_eq!(sam.page.code(), 409);
        let message = sam.page.alerts().remove(0);
        assert!(message.starts_with("Vera Admin changed this role at 2025-11-20 14:07 UTC. Your changes were not saved."), "{message}");
        assert_eq!(sam.page.columns("What changed"), ["Field", "Now", "Yours"]);
        assert_eq!(sam.page.table("What changed"), [
            ["Role name", "Night watch", "Night"],
            ["Description", "", "Mine"],
            ["Widgets", "No access", "View only"],
            ["Alerts", "View only - cannot acknowledge/clear alerts", "All"],
        ]);
        assert_eq!((stored(app).await, app.audit_count().await), (before, events));
        assert_eq!(sam.page.link("Discard my changes"), Some(format!("/roles/{id}")));
        sam.press("Save").await;
        assert_eq!(sam.page.flash(), "The role Night was saved.", "knowingly");
        for version in ["", "x", "-1", "99999999999999999999"] {
            let form = editing(&mut sam, &id).await.fill("Description", "Other").set("version", version);
            assert_eq!(sam.send_form(&form).await.code(), 409, "{version:?}");
        }
        let form = editing(&mut sam, &id).await;
        let tries = (0..20).map(|number| {
            let mut browser = sam.clone();
            let form = form.clone().fill("Description", &format!("Try {number}"));
            async move { browser.send_form(&form).await.code() }
        });
        let codes = futures::future::join_all(tries).await;
        assert_eq!(codes.iter().filter(|code| **code == 303).count(), 1, "{codes:?}");
        assert!(codes.iter().all(|code| [303, 409].contains(code)), "{codes:?}");
        vera.get(&format!("/roles/{id}/delete")).await;
        vera.press("Delete").await;
        assert_eq!(sam.send_form(&form).await.code(), 404, "deleted meanwhile");
    }

    async fn who_may_see_change_make_and_delete(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        let mut viewer = app.person(&mut sam, "Vi Viewer", "vi@acme.example", &["Platform Management Viewer"]).await;
        let mut manager = app.person(&mut sam, "Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        let mut nobody = app.person(&mut sam, "Una User", "una@acme.example", &[]).await;
        let (role, delete) = (format!("/roles/{id}"), format!("/roles/{id}/delete"));
        for path in ["/roles", "/roles/new", &role, &delete, "/roles/callback:viewer", "/roles/nonsense"] {
            assert_eq!(nobody.get(path).await.code(), 403, "{path}");
        }
        assert_eq!(viewer.get("/roles").await.link("View Night").as_deref(), Some(role.as_str()));
        assert_eq!((viewer.page.link("Edit Night"), viewer.page.link("Add Role")), (None, None));
        viewer.get(&role).await;
        assert_eq!(viewer.page.table("Access"), [["Callback", "Alerts", "All"]]);
        assert!(!viewer.page.buttons().contains(&"Save".to_owned()));
        for path in ["/roles/new", &delete] {
            assert_eq!(viewer.get(path).await.code(), 403, "{path}");
            assert_eq!(manager.get(path).await.code(), 403, "{path}");
        }
        viewer.get("/roles").await;
        assert_eq!(viewer.forge(&role, &[("version", "0"), ("name", "Mine"), ("callback.alerts", "all")]).await.code(), 403);
        assert_eq!(manager.get("/roles").await.link("Edit Night").as_deref(), Some(role.as_str()));
        assert_eq!(manager.page.link("Delete Night"), None);
        manager.forge(&delete, &[]).await;
        assert_eq!(manager.page.code(), 403);
        let form = editing(&mut manager, &id).await.set("callback.widgets", "all");
        manager.submit(form).await;
        assert_eq!(manager.page.flash(), "The role Night was saved.");
    }

    async fn nobody_raises_an_administrative_page_above_their_own_level(app) {
        let mut sam = app.sam().await;
        let night = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        let people = make_role(app, &mut sam, "People", &[("platform.user_management", "all")]).await;
        make_role(app, &mut sam, "Makers", &[("platform.application_roles", "all"), ("platform.user_management", "view")]).await;
        let mut manager = app.person(&mut sam, "Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        let mut maker = app.person(&mut sam, "Max Maker", "max@acme.example", &["Makers"]).await;
        let before = (stored(app).await, app.audit_count().await);
        editing(&mut manager, &night).await;
        let offered = manager.page.all("#level-platform-user_management label");
        assert_eq!(offered, ["No access", "View only", "View and edit existing users"]);
        assert_eq!(manager.page.all("#level-mindful_api-application_clients label"), ["No access"]);
        for (page, level, label) in [
            ("platform.user_management", "all", "User Management"),
            ("platform.application_roles", "all", "Application Roles"),
            ("mindful_api.application_clients", "view", "Application Clients"),
        ] {
            let form = editing(&mut manager, &night).await.set(page, level);
            manager.send_form(&form).await;
            let message = format!("You cannot give more access to {label} than you have.");
            assert_eq!((manager.page.code(), manager.page.heading().as_str(), manager.page.alerts()), (409, "Night", vec![message]));
        }
        for (page, level) in [("platform.user_management", "edit"), ("mindful_api.application_clients", "all")] {
            let form = new_role(&mut maker).await.fill("Role name", "Climb").set(page, level);
            maker.send_form(&form).await;
            assert_eq!((maker.page.code(), maker.page.heading().as_str()), (409, "Add Role"), "{page}");
        }
        // A role that already goes further is none of theirs, not even to lower or delete it.
        assert_eq!(manager.get("/roles").await.link("Edit People"), None);
        manager.get(&format!("/roles/{people}")).await;
        assert!(!manager.page.buttons().contains(&"Save".to_owned()));
        manager.forge(&format!("/roles/{people}"), &[("version", "0"), ("name", "People"), ("platform.user_management", "view")]).await;
        assert_eq!((manager.page.code(), manager.page.heading().as_str()), (409, "People"));
        assert_eq!(manager.page.alerts(), ["You cannot give more access to User Management than you have."]);
        maker.get(&format!("/roles/{people}/delete")).await;
        assert_eq!((maker.page.code(), maker.page.heading().as_str()), (409, "Delete role"));
        maker.get("/roles").await;
        assert_eq!(maker.page.link("Delete People"), None);
        assert_eq!(maker.forge(&format!("/roles/{people}/delete"), &[]).await.code(), 409);
        assert_eq!((stored(app).await, app.audit_count().await), before);
        let form = new_role(&mut maker).await.fill("Role name", "Fine").set("callback.exports", "all").set("platform.user_management", "view");
        assert_eq!(maker.submit(form).await.flash(), "The role Fine was saved.");
    }

    async fn no_door_hands_out_a_role_that_gives_more(app) {
        let mut sam = app.sam().await;
        let night = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        let roles = make_role(app, &mut sam, "Roles", &[("platform.application_roles", "all")]).await;
        app.person(&mut sam, "Bo Berg", "bo@acme.example", &[]).await;
        // All of User Management, but only to look at roles and none of the tokens.
        let mut uma = app.person(&mut sam, "Uma Admin", "uma@acme.example", &["User Admin"]).await;
        app.add_organization("Beta").await;
        let mut there = app.sam_in("Beta").await;
        let foreign = make_role(app, &mut there, "Beta role", &[("callback.alerts", "view")]).await;
        let bo = app.id("bo@acme.example").await;
        let before = (app.audit_count().await, app.pool.number("SELECT count(*) FROM membership_roles").await);
        uma.get(&format!("/users/{bo}/edit")).await;
        assert!(uma.page.has_field("Night") && !uma.page.has_field("Roles") && !uma.page.has_field("Administrator"));
        for (key, name) in [
            (roles.as_str(), "Roles"), (foreign.as_str(), foreign.as_str()), ("mindful_api:viewer", "Mindful API Viewer"),
            ("administrator", "administrator"), ("callback:agent", "callback:agent"),
        ] {
            let message = format!("You cannot assign {name}: it gives more access than you have.");
            uma.get("/users/invite").await;
            let form = uma.form("Invite").fill("Email", "new@acme.example").add("role", key);
            uma.send_form(&form).await;
            assert_eq!((uma.page.code(), uma.page.alerts()), (409, vec![message.clone()]), "invite {key}");
            uma.get(&format!("/users/{bo}/edit")).await;
            let form = uma.form("Save").add("role", key);
            uma.send_form(&form).await;
            assert_eq!((uma.page.code(), uma.page.alerts()), (409, vec![message.clone()]), "edit {key}");
            uma.get("/users").await;
            uma.forge("/users/bulk", &[("action", "add_role"), ("role", key), ("id", bo.as_str()), ("confirmed", "yes")]).await;
            assert!([400, 409].contains(&uma.page.code()), "bulk {key}: {} {}", uma.page.code(), uma.page.text());
        }
        let after = (app.audit_count().await, app.pool.number("SELECT count(*) FROM membership_roles").await);
        assert_eq!(after, before);
        uma.get(&format!("/users/{bo}/edit")).await;
        let form = uma.form("Save").choose("Night");
        uma.submit(form).await;
        assert_eq!(uma.page.flash(), "The changes to Bo Berg were saved.");
        assert_eq!(app.pool.texts(&format!("SELECT role_id FROM membership_roles WHERE user_id = '{bo}'")).await, [night]);
    }

    async fn the_last_administrator_keeps_the_right_through_role_edits(app) {
        app.add_organization("Beta").await;
        let mut sam = app.sam_in("Beta").await;
        let id = make_role(app, &mut sam, "People", &[("platform.user_management", "all"), ("callback.alerts", "view")]).await;
        app.person(&mut sam, "Ann Admin", "ann@beta.example", &["People"]).await;
        let before = (stored(app).await, app.audit_count().await);
        let form = editing(&mut sam, &id).await.set("platform.user_management", "edit");
        sam.send_form(&form).await;
        let kept = vec!["At least one Administrator must remain.".to_owned()];
        assert_eq!((sam.page.code(), sam.page.heading().as_str(), sam.page.alerts()), (409, "People", kept.clone()));
        assert_eq!(sam.form("Save").sends("platform.user_management"), ["edit"], "kept as chosen");
        sam.get(&format!("/roles/{id}/delete")).await;
        sam.press("Delete").await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str(), sam.page.alerts()), (409, "Delete role", kept));
        assert_eq!((stored(app).await, app.audit_count().await), before);
        app.person(&mut sam, "Bea Admin", "bea@beta.example", &["Administrator"]).await;
        sam.get(&format!("/roles/{id}/delete")).await;
        sam.press("Delete").await;
        assert_eq!(sam.page.flash(), "The role People was deleted.");
    }

    async fn roles_of_another_organization_do_not_exist_here(app) {
        app.add_organization("Beta").await;
        let mut there = app.sam_in("Beta").await;
        let foreign = make_role(app, &mut there, "Night", &[("callback.alerts", "view")]).await;
        let mut ana = app.member("Ana Admin", "ana@acme.example", &["Administrator"]).await;
        let unknown = "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11";
        for path in ["", "/delete"] {
            let known = ana.get(&format!("/roles/{foreign}{path}")).await.clone();
            let other = ana.get(&format!("/roles/{unknown}{path}")).await.clone();
            assert_eq!((known.code(), other.code()), (404, 404));
            assert_eq!(known.text(), other.text());
            ana.get("/roles").await;
            ana.forge(&format!("/roles/{foreign}{path}"), &[("version", "0"), ("name", "X"), ("callback.alerts", "all")]).await;
            assert_eq!(ana.page.code(), 404);
        }
        let mut sam = app.sam().await;
        make_role(app, &mut sam, "night", &[("callback.alerts", "view")]).await;
        assert_eq!(app.id(SAM).await.len(), 36);
    }
}
