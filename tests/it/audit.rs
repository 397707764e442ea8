//! The audit log: one event for each operation, in the transaction of the change, chained so that tampering shows
//! (security contract S81-S83).

use rollcall::{
    domain::time::minutes,
    store::audit::{AuditRecord, verify_records},
};

use crate::support::{Browser, TestApp, both};

/// An operation by name, the key it must leave, and the number of events it made.
async fn count(app: &TestApp, key: &str, events: &mut i64) {
    let now = app.audit_count().await;
    let latest = app.audit().await;
    assert_eq!(now, *events + 1, "{key}: {:?}", &latest[latest.len().saturating_sub(4)..]);
    assert!(latest.last().is_some_and(|event| event.starts_with(&format!("{key} "))), "{key}: {:?}", latest.last());
    *events = now;
}

async fn confirm(app: &TestApp, by: &mut Browser, email: &str, path: &str, button: &str) {
    let id = app.id(email).await;
    by.get(&format!("/users/{id}/{path}")).await;
    by.press(button).await;
    assert_eq!(by.page.code(), 200, "{path}: {}", by.page.text());
}

/// A chain of some length: a few people, edited and removed.
async fn history(app: &TestApp) -> String {
    let mut sam = app.sam().await;
    app.invite(&mut sam, "a@acme.example b@acme.example c@acme.example d@acme.example", &[]).await;
    confirm(app, &mut sam, "a@acme.example", "cancel", "Cancel invitation").await;
    confirm(app, &mut sam, "b@acme.example", "disable", "Disable").await;
    app.pool.texts("SELECT id FROM organizations").await.remove(0)
}

/// Somebody with a SQL prompt takes the guards of the log away.
async fn unlock(app: &TestApp) {
    if app.is_postgres() {
        app.pool.run("ALTER TABLE audit_events DISABLE TRIGGER USER").await;
    } else {
        app.pool.run("DROP TRIGGER audit_events_fixed").await;
        app.pool.run("DROP TRIGGER audit_events_kept").await;
    }
}

both! {
    async fn each_operation_leaves_exactly_one_event(app) {
        let mut sam = app.sam().await;
        let mut events = app.audit_count().await;
        sam.get("/users").await;
        sam.get("/users/invite").await;
        assert_eq!(app.audit_count().await, events, "looking leaves none");
        app.invite(&mut sam, "ana@acme.example", &["Callback Viewer"]).await;
        count(app, "user.invited", &mut events).await;
        app.advance(minutes(2));
        confirm(app, &mut sam, "ana@acme.example", "resend", "Resend").await;
        count(app, "user.invitation_resent", &mut events).await;
        let temporary = app.mail("ana@acme.example").await.temporary_password().expect("password");
        let mut ana = app.activate("ana@acme.example").await;
        count(app, "account.activated", &mut events).await;
        ana.log_in("ana@acme.example", &temporary).await;
        count(app, "login.succeeded", &mut events).await;
        let form = ana.form("Save").fill("Name", "Ana Lima").fill("New password", crate::support::PASSWORD);
        ana.submit(form.fill("Confirm new password", crate::support::PASSWORD)).await;
        count(app, "account.password_changed", &mut events).await;
        ana.get("/account").await;
        let form = ana.form("Save").fill("Name", "Ana L.");
        ana.submit(form).await;
        count(app, "account.name_changed", &mut events).await;
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        count(app, "login.failed", &mut events).await;
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        count(app, "login.locked", &mut events).await;
        app.advance(minutes(1));
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        count(app, "login.refused_locked", &mut events).await;
        let id = app.id("ana@acme.example").await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").fill("Name", "Ana Lima").fill("Email", "ana@new.example");
        sam.submit(form).await;
        count(app, "user.edited", &mut events).await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").choose("Analyst");
        sam.submit(form).await;
        count(app, "user.roles_changed", &mut events).await;
        let (before, after) = app.last_event("user.roles_changed").await;
        assert_ne!(before, after);
        confirm(app, &mut sam, "ana@new.example", "end-sessions", "End all sessions").await;
        count(app, "session.ended", &mut events).await;
        confirm(app, &mut sam, "ana@new.example", "disable", "Disable").await;
        count(app, "user.disabled", &mut events).await;
        confirm(app, &mut sam, "ana@new.example", "enable", "Enable").await;
        count(app, "user.enabled", &mut events).await;
        confirm(app, &mut sam, "ana@new.example", "disable-everywhere", "Disable everywhere").await;
        count(app, "account.disabled", &mut events).await;
        confirm(app, &mut sam, "ana@new.example", "enable-everywhere", "Enable everywhere").await;
        count(app, "account.enabled", &mut events).await;
        confirm(app, &mut sam, "ana@new.example", "delete", "Delete").await;
        count(app, "user.deleted", &mut events).await;
        app.invite(&mut sam, "bo@acme.example", &[]).await;
        count(app, "user.invited", &mut events).await;
        confirm(app, &mut sam, "bo@acme.example", "cancel", "Cancel invitation").await;
        count(app, "user.invitation_cancelled", &mut events).await;
        sam.fetch("/users/export.csv").await;
        count(app, "users.exported", &mut events).await;
        sam.get("/users").await;
        sam.press("Log out").await;
        count(app, "logout", &mut events).await;
        assert!(app.verify_audit().await.is_ok_and(|proved| proved == events));
    }

    async fn an_event_says_who_where_and_in_which_request(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &["Callback Viewer"]).await;
        let told = app.pool.texts("SELECT actor_kind || '|' || actor_name || '|' || actor_email || '|' || organization || '|' || address
             || '|' || target_kind || '|' || target_name FROM audit_events WHERE action = 'user.invited'").await;
        assert_eq!(told, ["user|Sam Super|sam@acme.example|Acme|198.51.100.7|user|ana@acme.example"]);
        assert_eq!(app.pool.number("SELECT count(*) FROM audit_events WHERE action = 'user.invited' AND request_id IS NULL").await, 0);
        let secrets = app.mail("ana@acme.example").await;
        let all = app.pool.texts("SELECT before || after || target_name FROM audit_events").await.join("");
        assert!(!all.contains(&secrets.temporary_password().expect("password")));
        assert!(!all.contains(secrets.link().rsplit('/').next().expect("token")));
    }

    async fn without_its_event_a_change_does_not_happen(app) {
        let mut sam = app.sam().await;
        let mut ana = app.person(&mut sam, "Ana Lima", "ana@acme.example", &[]).await;
        let id = app.id("ana@acme.example").await;
        let mut forms = Vec::new();
        for (path, button, label, text) in [
            ("/users/invite".to_owned(), "Invite", "Email", "bo@acme.example"),
            (format!("/users/{id}/edit"), "Save", "Name", "Anna Lima"),
            ("/organizations/new".to_owned(), "Save", "Name", "Beta"),
            ("/tokens/new".to_owned(), "Create token", "Token name", "CI"),
        ] {
            sam.get(&path).await;
            let form = sam.form(button).fill(label, text);
            forms.push(if button == "Create token" { form.choose("api.users.read") } else { form });
        }
        for (path, button) in [("edit", "Save"), ("disable", "Disable"), ("delete", "Delete"), ("end-sessions", "End all sessions")] {
            sam.get(&format!("/users/{id}/{path}")).await;
            let form = sam.form(button);
            forms.push(if path == "edit" { form.choose("Analyst") } else { form });
        }
        sam.get("/roles/new").await;
        forms.push(sam.form("Save").fill("Role name", "Night shift").set("webhooks.webhooks", "view"));
        let state = async || {
            let mut state = Vec::new();
            for table in ["users", "memberships", "mails", "organizations", "api_tokens", "custom_roles", "sessions", "sign_in_attempts", "audit_heads"] {
                state.push((table, app.pool.number(&format!("SELECT count(*) FROM {table}")).await));
            }
            let versions = app.pool.texts("SELECT email_key || ' ' || state || ' ' || version || ' ' || account_role FROM memberships ORDER BY 1").await;
            (state, versions, app.audit_count().await)
        };
        let before = state().await;
        let what = "BEFORE INSERT ON audit_events";
        if app.is_postgres() {
            app.pool.run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$").await;
            app.pool.run(&format!("CREATE TRIGGER full_log {what} FOR EACH ROW EXECUTE FUNCTION refuse()")).await;
        } else {
            app.pool.run(&format!("CREATE TRIGGER full_log {what} BEGIN SELECT RAISE(ABORT, 'full'); END")).await;
        }
        for form in &forms {
            sam.send_form(form).await;
            assert_eq!(sam.page.code(), 503, "{}: {}", form.action, sam.page.text());
            assert!(sam.page.text().contains("Nothing was changed."), "{}", form.action);
            assert_eq!(state().await, before, "{}", form.action);
        }
        for path in ["/users/export.csv", "/audit/export.csv"] {
            assert_eq!(sam.fetch(path).await.code(), 503, "{path}");
        }
        ana.get("/account").await;
        let form = ana.form("Save").fill("Name", "Anna");
        assert_eq!(ana.send_form(&form).await.code(), 503, "one's own name");
        let mut stranger = app.browser();
        for (email, password) in [("ana@acme.example", crate::support::PASSWORD), ("ana@acme.example", "wrong password!"), ("x@y.example", "wrong")] {
            stranger.get("/login").await;
            let form = stranger.form("Log in").fill("Email", email).fill("Password", password);
            assert_eq!(stranger.send_form(&form).await.code(), 503, "a login");
            assert!(!stranger.get("/account").await.text().contains("Your roles"));
        }
        assert_eq!(state().await, before);
    }

    async fn the_log_cannot_be_changed_by_accident(app) {
        history(app).await;
        for sql in ["UPDATE audit_events SET actor_name = 'Nobody'", "DELETE FROM audit_events", "DELETE FROM audit_events WHERE number = 1"] {
            assert!(app.pool.refuses(sql).await.contains("audit events"), "{sql}");
        }
        assert!(app.verify_audit().await.is_ok());
    }

    async fn a_whole_log_is_proved(app) {
        history(app).await;
        let events = app.audit_count().await;
        assert_eq!(app.verify_audit().await, Ok(events));
        let numbers = app.pool.number("SELECT count(*) FROM (SELECT chain FROM audit_events GROUP BY chain HAVING count(*) <> max(number)) gaps").await;
        assert_eq!(numbers, 0, "gap-free from 1");
    }

    async fn an_edited_event_is_found(app) {
        let chain = history(app).await;
        unlock(app).await;
        for column in ["action", "actor_name", "target_name", "organization", "address", "request_id", "before", "after", "actor_email", "target_id"] {
            let old = app.pool.texts(&format!("SELECT {column} FROM audit_events WHERE chain = '{chain}' AND number = 4")).await.remove(0);
            app.pool.run(&format!("UPDATE audit_events SET {column} = 'forged' WHERE chain = '{chain}' AND number = 4")).await;
            let broken = app.verify_audit().await.expect_err(column);
            assert_eq!((broken.number, broken.chain.as_str(), broken.what), (4, chain.as_str(), "it was altered"), "{column}");
            assert!(broken.id.is_some());
            app.pool.run(&format!("UPDATE audit_events SET {column} = '{}' WHERE chain = '{chain}' AND number = 4", old.replace('\'', "''"))).await;
            assert!(app.verify_audit().await.is_ok(), "{column} put back");
        }
        app.pool.run(&format!("UPDATE audit_events SET at = at + 1 WHERE chain = '{chain}' AND number = 4")).await;
        assert_eq!(app.verify_audit().await.expect_err("later").number, 4);
    }

    async fn a_removed_event_is_found(app) {
        let chain = history(app).await;
        unlock(app).await;
        app.pool.run(&format!("DELETE FROM audit_events WHERE chain = '{chain}' AND number = 3")).await;
        let broken = app.verify_audit().await.expect_err("a gap");
        assert_eq!((broken.number, broken.what), (4, "an event before it is missing"));
        app.pool.run(&format!("UPDATE audit_events SET number = number - 1 WHERE chain = '{chain}' AND number = 4")).await;
        let broken = app.verify_audit().await.expect_err("numbered anew");
        assert_eq!((broken.number, broken.what), (3, "it does not follow the event before it"));
    }

    async fn swapped_events_are_found(app) {
        let chain = history(app).await;
        unlock(app).await;
        for (from, to) in [(3, 1003), (4, 3), (1003, 4)] {
            app.pool.run(&format!("UPDATE audit_events SET number = {to} WHERE chain = '{chain}' AND number = {from}")).await;
        }
        assert_eq!(app.verify_audit().await.expect_err("swapped").number, 3);
    }

    async fn a_cut_tail_is_found(app) {
        let chain = history(app).await;
        unlock(app).await;
        let last = app.pool.number(&format!("SELECT max(number) FROM audit_events WHERE chain = '{chain}'")).await;
        app.pool.run(&format!("DELETE FROM audit_events WHERE chain = '{chain}' AND number = {last}")).await;
        let broken = app.verify_audit().await.expect_err("cut");
        assert_eq!((broken.number, broken.what), (last, "the end of the chain was cut off"));
        let old = format!("(SELECT hash FROM audit_events WHERE chain = '{chain}' AND number = {})", last - 1);
        app.pool.run(&format!("UPDATE audit_heads SET number = number - 1, hash = {old} WHERE chain = '{chain}'")).await;
        assert_eq!(app.verify_audit().await.expect_err("signed").what, "the head of the chain was altered");
        app.pool.run(&format!("DELETE FROM audit_heads WHERE chain = '{chain}'")).await;
        assert_eq!(app.verify_audit().await.expect_err("gone").what, "the signed head of the chain is missing");
        app.pool.run(&format!("DELETE FROM audit_events WHERE chain = '{chain}'")).await;
    }

    async fn an_event_moved_to_another_chain_is_found(app) {
        app.add_organization("Beta").await;
        let chain = history(app).await;
        unlock(app).await;
        let beta = app.pool.texts("SELECT id FROM organizations WHERE name = 'Beta'").await.remove(0);
        let last = app.pool.number(&format!("SELECT max(number) FROM audit_events WHERE chain = '{chain}'")).await;
        app.pool.run(&format!("UPDATE audit_events SET chain = '{beta}', number = 2 WHERE chain = '{chain}' AND number = {last}")).await;
        assert!(app.verify_audit().await.is_err());
    }

    async fn an_exported_file_is_proved_and_tampering_with_it_found(app) {
        history(app).await;
        let mut sam = app.sam().await;
        let file = sam.fetch("/audit/export.csv").await.body.clone();
        let records = || {
            let mut reader = csv::Reader::from_reader(file.as_bytes());
            let headers = reader.headers().expect("headers").clone();
            let lines = reader.records().map(|line| {
                let line = line.expect("a line");
                let plain: csv::StringRecord = line.iter().map(rollcall::domain::cells::plain).collect();
                plain.deserialize::<AuditRecord>(Some(&headers)).expect("a record")
            });
            lines.collect::<Vec<_>>()
        };
        let prove = |records: Vec<AuditRecord>| verify_records(&app.app.db.keys(), records);
        let events = i64::try_from(records().len()).expect("few");
        assert_eq!(prove(records()), Ok(events));
        let third = |records: &[AuditRecord]| records.iter().position(|record| record.number == 3).expect("three");
        let mut edited = records();
        let place = third(&edited);
        let (number, id) = (edited[place].number, edited[place].id.clone());
        "user forged".clone_into(&mut edited[place].target);
        let broken = prove(edited).expect_err("edited");
        assert_eq!((broken.number, broken.id.as_deref()), (number, Some(id.as_str())));
        let mut removed = records();
        let next = removed[place + 1].id.clone();
        removed.remove(place);
        let broken = prove(removed).expect_err("removed");
        assert_eq!((broken.number, broken.id.as_deref()), (number + 1, Some(next.as_str())));
        let mut swapped = records();
        let (one, other) = (swapped[place].number, swapped[place + 1].number);
        swapped[place].number = other;
        swapped[place + 1].number = one;
        assert_eq!(prove(swapped).expect_err("swapped").number, 3);
        let mut twice = records();
        twice.push(records().remove(place));
        assert_eq!(prove(twice).expect_err("twice").number, 3);
    }

    async fn many_writers_make_one_chain(app) {
        let sam = app.sam().await;
        let tries = (0..24).map(|number| {
            let mut browser = sam.clone();
            async move {
                browser.get("/users/invite").await;
                let form = browser.form("Invite").fill("Email", &format!("p{number}@acme.example"));
                browser.send_form(&form).await.code()
            }
        });
        let codes = futures::future::join_all(tries).await;
        let invited = codes.iter().filter(|code| **code == 303).count();
        assert!(invited > 0 && codes.iter().all(|code| [303, 503].contains(code)), "{codes:?}");
        let events = app.pool.number("SELECT count(*) FROM audit_events WHERE action = 'user.invited'").await;
        assert_eq!(events, i64::try_from(invited).expect("few"));
        assert!(app.verify_audit().await.is_ok());
    }
}
