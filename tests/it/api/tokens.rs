//! `/api/v1/api-tokens` (v1 contract section 4).

use rollcall::domain::{time::days, tokens::Permission};
use serde_json::{Value, json};

use super::{NOBODY, expect, path_of};
use crate::support::{Api, TestApp, both};

/// A token as it may be asked for.
fn wanted(app: &TestApp, name: &str) -> Value {
    let expiry = app.now().plus(days(30)).rfc3339();
    json!({ "name": name, "expiry": expiry, "permissions": ["api.users.read"] })
}

async fn made(app: &TestApp, api: &Api<'_>, name: &str) -> Value {
    let answer = api.post("/api/v1/api-tokens", wanted(app, name)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json
}

both! {
    async fn the_secret_is_shown_once_and_nowhere_else(app) {
        let api = app.api().await;
        let body = json!({
            "name": " Robot ", "expiry": app.now().plus(days(30)).rfc3339(),
            "permissions": ["api.users.read", "api.api-tokens.read", "api.users.read"],
            "allowedAddresses": ["10.1.2.3/8", "::ffff:192.0.2.7", "2001:db8::1", "127.0.0.1"],
        });
        let answer = api.post("/api/v1/api-tokens", body.clone()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("location"), Some(path_of("api-tokens", &answer.json).as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        for (field, value) in [
            ("name", json!("Robot")),
            ("expiry", body["expiry"].clone()),
            ("version", json!(0)),
            ("permissions", json!(["api.api-tokens.read", "api.users.read"])),
            ("allowedAddresses", json!(["10.0.0.0/8", "192.0.2.7", "2001:db8::1", "127.0.0.1"])),
        ] {
            assert_eq!(answer.json[field], value, "{field}");
        }
        let secret = answer.text_of("token");
        assert_eq!(answer.text_of("partialToken"), format!("****{}", &secret[secret.len() - 4..]));
        let path = path_of("api-tokens", &answer.json);
        let read = api.get(&path).await;
        assert_eq!(read.json.get("token"), None);
        let mut without = answer.json.clone();
        without.as_object_mut().expect("object").remove("token");
        assert_eq!(read.json, without);
        let listed = api.post("/api/v1/api-tokens/query", json!({ "name": "Robot" })).await;
        assert_eq!(listed.json["content"], json!([without]));
        let robot = app.caller(&secret).get("/api/v1/users/current").await;
        assert_eq!((robot.text_of("id"), robot.text_of("firstName")), (answer.text_of("userId"), "Robot".to_owned()));
        assert_eq!(robot.text_of("email"), format!("{}@api-token.invalid", answer.text_of("id")));
        for table in ["api_tokens", "audit_events"] {
            let sql = format!(
                "SELECT count(*) FROM {table} WHERE CAST({} AS TEXT) LIKE '%{secret}%'",
                if table == "api_tokens" { "name" } else { "after" }
            );
            assert_eq!(app.pool.number(&sql).await, 0, "{table}");
        }
    }

    async fn what_a_token_may_not_be(app) {
        let api = app.api().await;
        let now = app.now();
        let good = wanted(app, "Robot");
        let two_years = now.plus(days(731)).rfc3339();
        for (field, value, fields) in [
            ("name", json!(null), &["name"][..]),
            ("name", json!(" "), &["name"]),
            ("name", json!("x".repeat(101)), &["name"]),
            ("name", json!("a\u{202e}b"), &["name"]),
            ("name", json!("a\u{0}b"), &["name"]),
            ("name", json!(7), &["name"]),
            ("expiry", json!(null), &["expiry"]),
            ("expiry", json!("tomorrow"), &["expiry"]),
            ("expiry", json!(1), &["expiry"]),
            ("expiry", json!(now.rfc3339()), &["expiry"]),
            ("expiry", json!(two_years), &["expiry"]),
            ("permissions", json!([]), &["permissions"]),
            ("permissions", json!(null), &["permissions"]),
            ("permissions", json!(["api.users.fly"]), &["permissions"]),
            ("permissions", json!("api.users.read"), &["permissions"]),
            ("permissions", json!([1]), &["permissions"]),
            ("allowedAddresses", json!(["10.0.0.0/33"]), &["allowedAddresses"]),
            ("allowedAddresses", json!(["host"]), &["allowedAddresses"]),
            ("allowedAddresses", json!([""]), &["allowedAddresses"]),
            ("allowedAddresses", json!("10.0.0.1"), &["allowedAddresses"]),
            ("allowedAddresses", json!(vec!["10.0.0.1"; 101]), &["allowedAddresses"]),
        ] {
            let mut body = good.clone();
            body[field] = value;
            let answer = api.post("/api/v1/api-tokens", body.clone()).await;
            let fields = if field == "expiry" && body[field].is_null() { &["expiry", "expiry"][..] } else { fields };
            expect(&answer, 400, "validation_failed", &body.to_string());
            assert!(
                answer.fields().iter().all(|told| fields.contains(told)) && !answer.fields().is_empty(),
                "{body}: {}",
                answer.text
            );
        }
        let mut unknown = good.clone();
        unknown["scope"] = json!("global");
        expect(&api.post("/api/v1/api-tokens", unknown).await, 400, "unknown_property", "scope");
        let mut longest = good.clone();
        longest["expiry"] = json!(now.plus(days(730)).rfc3339());
        longest["permissions"] = json!(["api.users.read"]);
        longest["allowedAddresses"] = json!(null);
        assert_eq!(api.post("/api/v1/api-tokens", longest).await.status, 201);
    }

    async fn no_door_takes_a_token_user_for_a_person(app) {
        app.add_organization("Beta").await;
        let acme = app.organization("Acme").await;
        let beta = app.organization("Beta").await;
        let (here, global) = (app.api_of(&beta).await, app.global_api().await);
        app.token(Some(&acme), "Secret name", &[Permission::USERS_READ], &[]).await;
        let before = app.pool.number("SELECT count(*) FROM memberships").await;
        for email in app.pool.texts("SELECT email FROM users WHERE kind = 'token'").await {
            let v1 = here.post("/api/v1/users", json!({ "email": email, "role": "ROLE_USER" })).await;
            expect(&v1, 400, "validation_failed", &email);
            let person = json!({ "email": email, "displayName": "Robot", "roleName": "User" });
            for api in [&here, &global] {
                assert_eq!(api.post(&format!("/api/tenant/{beta}/user"), person.clone()).await.status, 400, "{email}");
            }
            assert_eq!(global.post("/api/user", person).await.status, 400, "{email}");
            let mut sam = app.sam_in("Beta").await;
            let page = app.invite(&mut sam, &email, &[]).await;
            assert!(page.text().contains("not a valid email address"), "{}", page.text());
        }
        assert_eq!(app.pool.number("SELECT count(*) FROM memberships").await, before);
    }

    async fn nobody_grants_what_they_lack(app) {
        let acme = app.organization("Acme").await;
        let may = [Permission::TOKENS_WRITE, Permission::TOKENS_READ, Permission::USERS_READ];
        let api = app.token(Some(&acme), "Maker", &may, &[]).await;
        let mut body = wanted(app, "Robot");
        for (permission, status) in [
            ("api.users.read", 201),
            ("api.users.write", 403),
            ("api.tasks.write", 403),
            ("api.tenants.read", 403),
            ("api.analyses.run", 403),
        ] {
            body["name"] = json!(permission);
            body["permissions"] = json!([permission]);
            let answer = api.post("/api/v1/api-tokens", body.clone()).await;
            assert_eq!(
                answer.refusal(),
                if status == 201 { (201, "") } else { (403, "permission_escalation") },
                "{permission}"
            );
        }
        let full = app.api().await;
        let strong = full
            .post(
                "/api/v1/api-tokens",
                json!({ "name": "Strong", "expiry": body["expiry"], "permissions": ["api.users.delete"] }),
            )
            .await
            .json;
        let path = path_of("api-tokens", &strong);
        let keep = json!({ "version": 0, "name": "Kept", "permissions": ["api.users.delete"] });
        assert_eq!(api.put(&path, keep).await.status, 200, "what it has already is not granted");
        let raise = json!({ "version": 0, "name": "Kept", "permissions": ["api.users.delete", "api.users.write"] });
        expect(&api.put(&path, raise).await, 403, "permission_escalation", "told before the stale version");
    }

    async fn a_put_changes_name_permissions_and_addresses_alone(app) {
        let api = app.api().await;
        let token = made(app, &api, "Robot").await;
        let path = path_of("api-tokens", &token);
        let mut whole = token.clone();
        whole["name"] = json!("Renamed");
        whole["expiry"] = json!("2030-01-01T00:00:00Z");
        whole["token"] = json!("rc_mine");
        whole["userId"] = json!(NOBODY);
        whole["permissions"] = json!(["api.users.write", "api.users.read"]);
        whole["allowedAddresses"] = json!(["192.0.2.0/24"]);
        let saved = api.put(&path, whole.clone()).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        for (field, value) in [
            ("version", json!(1)),
            ("name", json!("Renamed")),
            ("expiry", token["expiry"].clone()),
            ("userId", token["userId"].clone()),
            ("partialToken", token["partialToken"].clone()),
            ("permissions", json!(["api.users.read", "api.users.write"])),
            ("allowedAddresses", json!(["192.0.2.0/24"])),
        ] {
            assert_eq!(saved.json[field], value, "{field}");
        }
        let secret = token["token"].as_str().expect("token");
        expect(&app.caller(secret).get("/api/v1/users/current").await, 403, "address_not_allowed", "from elsewhere");
        let robot = app.caller(secret).from("192.0.2.9").get("/api/v1/users/current").await;
        assert_eq!(robot.text_of("firstName"), "Renamed", "the old secret, the new name");
        expect(&api.put(&path, whole).await, 409, "version_conflict", "stale");
        let any = json!({ "version": 1, "name": "renamed", "permissions": ["api.users.read"] });
        assert_eq!(api.put(&path, any).await.json["allowedAddresses"], json!([]), "absent means any");
        made(app, &api, "Other").await;
        let taken = json!({ "version": 2, "name": "OTHER", "permissions": ["api.users.read"] });
        expect(&api.put(&path, taken).await, 409, "name_in_use", "case does not count");
        expect(&api.post("/api/v1/api-tokens", wanted(app, " oTher ")).await, 409, "name_in_use", "nor spaces");
        for missing in ["version", "name", "permissions"] {
            let mut body = json!({ "version": 2, "name": "n", "permissions": ["api.users.read"] });
            body.as_object_mut().expect("object").remove(missing);
            let answer = api.put(&path, body).await;
            expect(&answer, 400, "validation_failed", missing);
            assert_eq!(answer.fields(), [missing]);
        }
    }

    async fn deleting_ends_a_token_and_its_robot_at_once(app) {
        let api = app.api().await;
        let token = made(app, &api, "Robot").await;
        let robot = app.caller(token["token"].as_str().expect("token"));
        let user = robot.get("/api/v1/users/current").await.json;
        expect(&api.delete(&path_of("users", &user)).await, 403, "protected_user", "not without its token");
        let path = path_of("api-tokens", &token);
        assert_eq!(api.delete(&path).await.status, 204);
        expect(&robot.get("/api/v1/users/current").await, 401, "invalid_token", "deleted");
        expect(&api.delete(&path).await, 404, "not_found", "again");
        expect(&api.get(&path_of("users", &user)).await, 404, "not_found", "the robot");
        made(app, &api, "Robot").await;
        let own = api.post("/api/v1/api-tokens/query", json!({ "name": "CI" })).await.json;
        assert_eq!(
            api.delete(&path_of("api-tokens", &own["content"][0])).await.status,
            204,
            "a token may delete itself"
        );
        expect(&api.get("/api/v1/users/current").await, 401, "invalid_token", "itself");
    }

    async fn from_its_expiry_on_a_token_answers_401_and_stays_readable(app) {
        let api = app.api().await;
        let expiry = app.now().plus(days(1)).rfc3339();
        let body = json!({ "name": "Short", "expiry": expiry, "permissions": ["api.users.read"] });
        let token = api.post("/api/v1/api-tokens", body).await.json;
        let short = app.caller(token["token"].as_str().expect("token"));
        app.advance_seconds(86_390);
        assert_eq!(short.get("/api/v1/users/current").await.status, 200);
        app.advance_seconds(10);
        expect(&short.get("/api/v1/users/current").await, 401, "invalid_token", "expired");
        assert_eq!(api.get(&path_of("api-tokens", &token)).await.json["expiry"], json!(expiry));
        assert_eq!(api.get(&path_of("users", &json!({ "id": token["userId"] }))).await.status, 200);
    }

    async fn tokens_of_elsewhere_are_unknown(app) {
        let api = app.api().await;
        let beta = app.add_organization("Beta").await;
        let theirs = app.api_of(&beta).await.post("/api/v1/api-tokens", wanted(app, "Theirs")).await.json;
        app.global_api().await;
        let global = app.pool.texts("SELECT id FROM api_tokens WHERE organization_id IS NULL").await.remove(0);
        for id in [theirs["id"].as_str().expect("id"), &global, NOBODY, "x"] {
            let path = format!("/api/v1/api-tokens/{id}");
            let change = json!({ "version": 0, "name": "n", "permissions": ["api.users.read"] });
            for answer in [api.get(&path).await, api.put(&path, change).await, api.delete(&path).await] {
                expect(&answer, 404, "not_found", id);
            }
        }
        let all = api.post("/api/v1/api-tokens/query", json!({})).await.json;
        assert_eq!(all["totalElements"], json!(1));
        for query in [json!({ "id": global }), json!({ "name": "Theirs" }), json!({ "name": "\u{0}" })] {
            assert_eq!(api.post("/api/v1/api-tokens/query", query).await.json["totalElements"], json!(0));
        }
        for sort in ["id", "name", "userId", "expiry", "creationDate", "lastModifiedDate"] {
            let page =
                api.post(&format!("/api/v1/api-tokens/query?sort={sort},desc"), json!({ sort: { "$ne": null } })).await;
            assert_eq!(page.status, 200, "{sort}: {}", page.text);
        }
        expect(
            &api.post("/api/v1/api-tokens/query", json!({ "token": "x" })).await,
            400,
            "invalid_query",
            "no such field",
        );
    }

    async fn addresses_are_the_peers_and_v4_in_v6_counts_as_v4(app) {
        let acme = app.organization("Acme").await;
        let api = app.token(Some(&acme), "Net", &[], &["10.0.0.0/8", "2001:db8::/32"]).await;
        for (peer, allowed) in [
            ("10.200.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("2001:db8:1::1", true),
            ("11.0.0.1", false),
            ("::1", false),
            ("2001:db9::1", false),
        ] {
            let answer = api.from(peer).with("x-forwarded-for", "10.0.0.1").get("/api/v1/users/current").await;
            assert_eq!(answer.refusal(), if allowed { (200, "") } else { (403, "address_not_allowed") }, "{peer}");
        }
        // All of IPv4 lies in ::/0, as an address of it may come mapped.
        for (list, six) in [("0.0.0.0/0", 403), ("::/0", 200)] {
            let all = app.token(Some(&acme), list, &[], &[list]).await;
            assert_eq!(all.from("10.0.0.1").get("/api/v1/users/current").await.status, 200, "{list}");
            assert_eq!(all.from("2001:db8::1").get("/api/v1/users/current").await.status, six, "{list}");
        }
    }
}
