//! `/api/v1/users` (v1 contract sections 2 and 3).

use serde_json::{Value, json};

use super::{NOBODY, expect, invited, path_of, save};
use crate::support::{SAM, TestApp, both};

/// The override of a membership, past every door.
async fn give_role(app: &TestApp, email: &str, role: &str) {
    let sql =
        format!("UPDATE memberships SET account_role = '{role}', role_override = '{role}' WHERE email_key = '{email}'");
    assert_eq!(app.pool.run(&sql).await, 1, "{email}");
}

both! {
    async fn creating_answers_the_whole_user_and_mails_one_link(app) {
        let api = app.api().await;
        let body = json!({ "email": "  Ana@Example.com ", "role": "ROLE_USER_ADMIN" });
        let made = api.post("/api/v1/users", body).await;
        assert_eq!(made.status, 201);
        assert_eq!(made.header("location"), Some(path_of("users", &made.json).as_str()));
        let me = api.get("/api/v1/users/current").await.json;
        let by = json!({ "userId": me["id"], "userName": "CI" });
        for (field, value) in [
            ("firstName", json!(null)),
            ("lastName", json!(null)),
            ("email", json!("Ana@Example.com")),
            ("role", json!("ROLE_USER_ADMIN")),
            ("roles", json!(["user_admin"])),
            ("enabled", json!(true)),
            ("validated", json!(false)),
            ("serviceAccount", json!(false)),
            ("recentLogins", json!([])),
            ("createdUserInfo", by.clone()),
            ("lastModifiedUserInfo", by),
            ("version", json!(0)),
        ] {
            assert_eq!(made.json[field], value, "{field}");
        }
        assert_eq!(made.json["creationDate"], made.json["lastModifiedDate"]);
        assert!(made.text_of("creationDate").ends_with('Z'));
        assert_eq!(app.mails("ana@example.com").await.len(), 1);
        assert_eq!(api.get(&path_of("users", &made.json)).await.json, made.json);
        let again = api.post("/api/v1/users", json!({ "email": "ANA@example.com", "role": "ROLE_USER" })).await;
        expect(&again, 409, "email_in_use", "known here");
    }

    async fn creating_refuses(app) {
        let api = app.api().await;
        for (body, code, fields) in [
            (json!({ "email": "a@b.example" }), "validation_failed", &["role"][..]),
            (json!({ "role": "ROLE_USER" }), "validation_failed", &["email"]),
            (json!({}), "validation_failed", &["email", "role"]),
            (json!({ "email": " ", "role": "ROLE_USER" }), "validation_failed", &["email"]),
            (json!({ "email": null, "role": "ROLE_USER" }), "validation_failed", &["email"]),
            (json!({ "email": 1, "role": true }), "validation_failed", &["email", "role"]),
            (json!({ "email": "m\u{131}ke@b.example", "role": "ROLE_USER" }), "validation_failed", &["email"]),
            (json!({ "email": "a@b.example", "role": "user" }), "validation_failed", &["role"]),
            (json!({ "email": "a@b.example", "role": "ROLE_CLIENT" }), "role_not_allowed", &["role"]),
            (json!({ "email": "a@b.example", "role": "ROLE_MINDBRIDGE_SUPPORT" }), "role_not_allowed", &["role"]),
            (json!({ "email": "a@b.example", "role": "ROLE_USER", "admin": 1 }), "unknown_property", &["admin"]),
            (json!([]), "validation_failed", &[""]),
        ] {
            let answer = api.post("/api/v1/users", body.clone()).await;
            expect(&answer, 400, code, &body.to_string());
            assert_eq!(answer.fields(), fields, "{body}");
        }
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE kind = 'person'").await, 1, "only Sam");
    }

    async fn read_only_properties_are_read_over(app) {
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_USER").await;
        let mut whole = made.clone();
        for (field, value) in [
            ("id", json!(NOBODY)),
            ("validated", json!(true)),
            ("serviceAccount", json!(true)),
            ("email", json!("eve@example.com")),
            ("recentLogins", json!([1])),
            ("roles", json!(["administrator"])),
        ] {
            whole[field] = value;
        }
        let saved = api.with("x-tenant-id", NOBODY).put(&path_of("users", &made), whole).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        assert_eq!(saved.json["version"], json!(1), "a save without a change is a save");
        for field in ["id", "validated", "serviceAccount", "email", "recentLogins", "roles", "creationDate"] {
            assert_eq!(saved.json[field], made[field], "{field}");
        }
    }

    async fn what_a_put_needs(app) {
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_USER").await;
        let path = path_of("users", &made);
        for (body, code) in [
            (json!({ "role": "ROLE_USER", "enabled": true }), "validation_failed"),
            (json!({ "version": 0, "enabled": true }), "validation_failed"),
            (json!({ "version": 0, "role": "ROLE_USER" }), "validation_failed"),
            (json!({ "version": "0", "role": "ROLE_USER", "enabled": true }), "validation_failed"),
            (json!({ "version": 0.5, "role": "ROLE_USER", "enabled": true }), "validation_failed"),
            (json!({ "version": 0, "role": "ROLE_USER", "enabled": "yes" }), "validation_failed"),
            (json!({ "version": 0, "role": "ROLE_CLIENT", "enabled": true }), "role_not_allowed"),
            (json!({ "version": 0, "role": "ROLE_MINDBRIDGE_SUPPORT", "enabled": true }), "role_not_allowed"),
        ] {
            expect(&api.put(&path, body.clone()).await, 400, code, &body.to_string());
        }
        for version in [1, 7, -1] {
            let body = json!({ "version": version, "role": "ROLE_ADMIN", "enabled": false });
            expect(&api.put(&path, body).await, 409, "version_conflict", &version.to_string());
        }
        assert_eq!(api.get(&path).await.json, made, "nothing changed");
    }

    async fn the_permission_table(app) {
        let api = app.api().await;
        let robot = api.get("/api/v1/users/current").await.json;
        for role in ["administrator", "user_admin", "organization_creator", "user", "client", "support", "analyst"] {
            invited(&api, &format!("{role}@example.com"), "ROLE_USER").await;
            give_role(app, &format!("{role}@example.com"), role).await;
        }
        // Reads as, enabled may change, role may change, may be deleted, may be mailed.
        for (who, reads, enabled, role, delete, mail) in [
            ("administrator", "ROLE_ADMIN", false, false, false, true),
            ("user_admin", "ROLE_USER_ADMIN", true, true, true, true),
            ("organization_creator", "ROLE_ORGANIZATION_ADMIN", true, true, true, true),
            ("user", "ROLE_USER", true, true, true, true),
            ("analyst", "ROLE_USER", true, true, true, true),
            ("client", "ROLE_CLIENT", true, false, true, true),
            ("support", "ROLE_MINDBRIDGE_SUPPORT", false, false, false, false),
            ("robot", "ROLE_ADMIN", false, false, false, false),
        ] {
            let id = if who == "robot" {
                robot["id"].as_str().expect("id").to_owned()
            } else {
                app.id(&format!("{who}@example.com")).await
            };
            let path = format!("/api/v1/users/{id}");
            let user = api.get(&path).await.json;
            assert_eq!(user["role"], json!(reads), "{who}");
            let other = if reads == "ROLE_USER" { "ROLE_USER_ADMIN" } else { "ROLE_USER" };
            let sent = api.post(&format!("{path}/resend-activation-link"), json!({})).await;
            assert_eq!(sent.refusal(), if mail { (200, "") } else { (403, "protected_user") }, "mail {who}");
            let refused = |is_allowed: bool| if is_allowed { (200, "") } else { (403, "protected_user") };
            let same = api.put(&path, save(&user, reads, true)).await;
            assert_eq!(same.refusal(), refused(!matches!(who, "support" | "robot")), "same values {who}");
            let user = api.get(&path).await.json;
            assert_eq!(api.put(&path, save(&user, other, true)).await.refusal(), refused(role), "role {who}");
            let user = api.get(&path).await.json;
            let now = user["role"].as_str().expect("role");
            assert_eq!(api.put(&path, save(&user, now, false)).await.refusal(), refused(enabled), "enabled {who}");
            let gone = api.delete(&path).await;
            assert_eq!(gone.refusal(), if delete { (204, "") } else { (403, "protected_user") }, "delete {who}");
            assert_eq!(api.get(&path).await.status, if delete { 404 } else { 200 }, "{who}");
        }
    }

    async fn the_updatable_roles_become_any_of_four(app) {
        let api = app.api().await;
        for (number, role) in
            ["ROLE_USER_ADMIN", "ROLE_ORGANIZATION_ADMIN", "ROLE_USER", "ROLE_ADMIN"].iter().enumerate()
        {
            let made = invited(&api, &format!("p{number}@example.com"), "ROLE_USER").await;
            let saved = api.put(&path_of("users", &made), save(&made, role, true)).await;
            assert_eq!((saved.status, &saved.json["role"]), (200, &json!(role)), "{}", saved.text);
        }
        let analyst = invited(&api, "an@example.com", "ROLE_USER").await;
        give_role(app, "an@example.com", "analyst").await;
        let kept = api.put(&path_of("users", &analyst), save(&analyst, "ROLE_USER", true)).await;
        assert_eq!(kept.json["roles"], json!(["analyst"]), "writing what is read changes nothing");
        let own = app.pool.texts("SELECT account_role FROM users WHERE email_key = 'p0@example.com'").await;
        assert_eq!(own, ["user"], "the user's own role stays");
    }

    async fn switching_off_kills_the_link_and_on_mails_another(app) {
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_USER").await;
        let path = path_of("users", &made);
        let first = app.mail("ana@example.com").await.link();
        let off = api.put(&path, save(&made, "ROLE_USER", false)).await;
        assert_eq!((off.status, &off.json["enabled"]), (200, &json!(false)));
        let resent = api.post(&format!("{path}/resend-activation-link"), json!({})).await;
        expect(&resent, 409, "user_disabled", "disabled is tested first");
        let mut browser = app.browser();
        assert_eq!(browser.get(&first).await.heading(), "This link does not work");
        let on = api.put(&path, save(&off.json, "ROLE_USER", true)).await;
        assert_eq!((&on.json["enabled"], &on.json["validated"]), (&json!(true), &json!(false)));
        assert_eq!(app.mails("ana@example.com").await.len(), 2);
        app.activate("ana@example.com").await;
        let active = api.get(&path).await.json;
        assert_eq!(active["validated"], json!(true));
        assert_eq!(
            active["version"].as_i64(),
            on.json["version"].as_i64().map(|version| version + 1),
            "activation saves"
        );
        let resent = api.post(&format!("{path}/resend-activation-link"), json!({})).await;
        expect(&resent, 409, "already_validated", "activated");
        let off = api.put(&path, save(&active, "ROLE_USER", false)).await.json;
        let on = api.put(&path, save(&off, "ROLE_USER", true)).await.json;
        assert_eq!(on["validated"], json!(false), "a fresh link has to be used");
    }

    async fn resending_replaces_the_link_and_saves_nothing(app) {
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_USER").await;
        let path = format!("{}/resend-activation-link", path_of("users", &made));
        let first = app.mail("ana@example.com").await.link();
        for body in [None, Some("{}".to_owned())] {
            let sent = api.send("POST", &path, body).await;
            assert_eq!((sent.status, &sent.json["version"]), (200, &made["version"]), "{}", sent.text);
        }
        expect(&api.post(&path, json!({ "to": "x" })).await, 400, "unknown_property", "a body");
        assert_eq!(app.browser().get(&first).await.heading(), "This link does not work");
        app.advance_seconds(8 * 24 * 3600);
        assert_eq!(api.post(&path, json!({})).await.status, 200, "also after the link expired");
        app.activate("ana@example.com").await;
    }

    async fn deleting_takes_the_membership_and_erases_who_has_no_other(app) {
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_USER").await;
        let path = path_of("users", &made);
        assert_eq!(api.delete(&path).await.status, 204);
        for again in [api.delete(&path).await, api.get(&path).await] {
            expect(&again, 404, "not_found", "gone");
        }
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email_key = 'ana@example.com'").await, 0);
        let anew = invited(&api, "ana@example.com", "ROLE_USER").await;
        let beta = app.add_organization("Beta").await;
        let other = app.api_of(&beta).await;
        assert_eq!(invited(&other, "ana@example.com", "ROLE_ADMIN").await["id"], anew["id"], "one person, one id");
        assert_eq!(api.get(&path_of("users", &anew)).await.json["role"], json!("ROLE_USER"));
        assert_eq!(api.delete(&path_of("users", &anew)).await.status, 204);
        assert_eq!(other.get(&path_of("users", &anew)).await.status, 200);
    }

    async fn another_tenants_user_is_unknown_like_any_other_id(app) {
        let api = app.api().await;
        let beta = app.add_organization("Beta").await;
        let theirs = invited(&app.api_of(&beta).await, "bo@beta.example", "ROLE_USER").await;
        let hidden = theirs["id"].as_str().expect("id");
        let (plain, braced) = (hidden.replace('-', ""), format!("%7B{hidden}%7D"));
        for id in [hidden, NOBODY, "x", &plain, &braced] {
            let path = format!("/api/v1/users/{id}");
            let wanted = json!({ "version": 0, "role": "ROLE_USER", "enabled": true });
            for answer in [
                api.get(&path).await,
                api.put(&path, wanted).await,
                api.delete(&path).await,
                api.get(&format!("{path}/permissions")).await,
                api.post(&format!("{path}/resend-activation-link"), json!({})).await,
            ] {
                expect(&answer, 404, "not_found", id);
            }
        }
        assert_eq!(api.post("/api/v1/users/query", json!({ "id": hidden })).await.json["totalElements"], json!(0));
        assert_eq!(api.get(&format!("/api/v1/users/{}", app.id(SAM).await.to_uppercase())).await.status, 200);
    }

    async fn current_is_the_robot_of_the_token_with_its_latest_uses(app) {
        let api = app.token(Some(&app.organization("Acme").await), "Poor", &[], &[]).await;
        let me = api.get("/api/v1/users/current").await;
        assert_eq!(me.status, 200, "without any permission");
        for (field, value) in [
            ("firstName", json!("Poor")),
            ("lastName", json!(null)),
            ("role", json!("ROLE_ADMIN")),
            ("serviceAccount", json!(true)),
            ("enabled", json!(true)),
            ("validated", json!(true)),
        ] {
            assert_eq!(me.json[field], value, "{field}");
        }
        assert!(me.text_of("email").ends_with("@api-token.invalid"));
        for number in 1..=12 {
            api.from(&format!("10.0.0.{number}")).get("/api/v1/users/current").await;
        }
        let seen = app.api().await.get(&path_of("users", &me.json)).await.json;
        let addresses: Vec<&str> =
            seen["recentLogins"].as_array().expect("list").iter().filter_map(|one| one["ipAddress"].as_str()).collect();
        assert_eq!(addresses.len(), 10, "one for each address, at most ten, seen by other tokens at once");
        assert_eq!((addresses[0], addresses[9]), ("10.0.0.12", "10.0.0.3"), "newest first");
        assert_eq!(seen["version"], me.json["version"], "a use is no save");
    }

    async fn permissions_list_every_page_with_the_roles_that_open_it(app) {
        let api = app.api().await;
        app.member("Vic Viewer", "vic@acme.example", &["Callback Viewer"]).await;
        let path = format!("/api/v1/users/{}/permissions", app.id("vic@acme.example").await);
        let told = api.get(&path).await.json;
        let pages = told["permissions"].as_array().expect("list");
        assert_eq!(pages.len(), 35, "27 pages and 8 of Workspace");
        let page = |key: &str| pages.iter().find(|page| page["page"] == json!(key)).cloned().unwrap_or(Value::Null);
        let exports = json!({ "page": "callback.exports", "level": "most", "label": "All except Audit reports", "from": ["callback:viewer"] });
        assert_eq!(page("callback.exports"), exports);
        assert_eq!(page("platform.user_management")["level"], json!("none"));
        assert_eq!(page("workspace.dashboards")["from"], json!(["user"]));
        let id = app.id("vic@acme.example").await;
        let user = api.get(&format!("/api/v1/users/{id}")).await.json;
        api.put(&format!("/api/v1/users/{id}"), save(&user, "ROLE_USER", false)).await;
        let told = api.get(&path).await.json;
        assert!(told["permissions"].as_array().expect("list").iter().all(|page| page["level"] == json!("none")));
    }
}
