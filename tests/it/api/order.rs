//! Which refusal comes first, and the form every refusal has, in both dialects (v1 contract section 1, tenant contract
//! sections 1 and 3, security contract S55, S59, S61, S86 to S88).

use rollcall::domain::tokens::Permission;
use serde_json::json;

use super::{NOBODY, expect, invited, path_of, person, save};
use crate::support::both;

both! {
    async fn a_refusal_has_the_form_of_its_dialect(app) {
        let api = app.api().await;
        let refused = api.get(&format!("/api/v1/users/{NOBODY}")).await;
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        for (field, value) in [
            ("type", json!("about:blank")),
            ("title", json!("Not Found")),
            ("status", json!(404)),
            ("code", json!("not_found")),
            ("errors", json!([])),
        ] {
            assert_eq!(refused.json[field], value, "{field}");
        }
        assert_eq!(app.caller("").get("/api/v1/users/current").await.header("www-authenticate"), Some("Bearer"));
        let global = app.global_api().await;
        let refused = global.get(&format!("/api/user/{NOBODY}")).await;
        assert_eq!(refused.header("content-type"), Some("application/json"));
        assert_eq!(refused.json["errorCode"], json!("USER_NOT_FOUND"));
        assert_eq!(app.caller("").get("/api/user").await.header("www-authenticate"), Some("Bearer"));
        assert!(api.get("/api/user").await.json["hint"].is_string());
    }

    async fn every_way_to_be_no_token_is_the_same(app) {
        let api = app.api().await;
        let good = api.token.clone();
        let global = app.global_api().await;
        let mut swapped = good.clone();
        swapped.replace_range(good.len() - 1.., if good.ends_with('0') { "1" } else { "0" });
        for token in ["", "x", "rc_", &good[..good.len() - 1], &format!("{good}0"), &good.to_uppercase(), &swapped] {
            let caller = app.caller(token);
            let refused = caller.get("/api/v1/users/current").await;
            expect(&refused, 401, "invalid_token", token);
            expect(&caller.get("/api/user").await, 401, "UNAUTHORIZED", token);
        }
        expect(&global.get("/api/v1/users/current").await, 401, "invalid_token", "a global token");
        let nobody = app.caller("");
        for header in [format!("Basic {good}"), good.clone(), format!("Bearer  {good} x"), "Bearer".to_owned()] {
            expect(
                &nobody.with("authorization", &header).get("/api/v1/users/current").await,
                401,
                "invalid_token",
                "scheme",
            );
        }
        expect(
            &api.with("authorization", "Bearer x").get("/api/v1/users/current").await,
            401,
            "invalid_token",
            "two of them",
        );
        let query = format!("/api/v1/users/current?access_token={good}&token={good}");
        expect(&nobody.get(&query).await, 401, "invalid_token", "in the query");
        assert_eq!(
            nobody.with("authorization", &format!("bearer {good}")).get("/api/v1/users/current").await.status,
            200
        );
    }

    async fn the_first_failure_answers_in_v1(app) {
        let acme = app.organization("Acme").await;
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_ADMIN").await;
        let path = path_of("users", &made);
        let poor = app.token(Some(&acme), "Poor", &[], &["10.0.0.0/8"]).await;
        expect(&poor.put(&path, json!("x")).await, 403, "address_not_allowed", "address before permission");
        let refused = poor.from("10.0.0.1").put(&path, json!("x")).await;
        expect(&refused, 403, "insufficient_permission", "permission before body");
        assert_eq!(refused.json["requiredPermission"], json!("api.users.write"));
        expect(
            &api.put(&format!("/api/v1/users/{NOBODY}"), json!("x")).await,
            400,
            "validation_failed",
            "body before target",
        );
        let stale = json!({ "version": 9, "role": "ROLE_CLIENT", "enabled": true });
        expect(&api.put(&format!("/api/v1/users/{NOBODY}"), stale.clone()).await, 404, "not_found", "target");
        expect(&api.put(&path, stale).await, 403, "protected_user", "protected before version");
        let user = invited(&api, "bo@example.com", "ROLE_USER").await;
        let stale = json!({ "version": 9, "role": "ROLE_CLIENT", "enabled": true });
        expect(&api.put(&path_of("users", &user), stale).await, 409, "version_conflict", "version before new value");
    }

    async fn each_call_needs_its_own_permission(app) {
        let acme = app.organization("Acme").await;
        let poor = app.token(Some(&acme), "Poor", &[], &[]).await;
        let (user, token) = (format!("/api/v1/users/{NOBODY}"), format!("/api/v1/api-tokens/{NOBODY}"));
        for (method, path, needed) in [
            ("POST", "/api/v1/users".to_owned(), "api.users.write"),
            ("POST", "/api/v1/users/query".to_owned(), "api.users.read"),
            ("GET", user.clone(), "api.users.read"),
            ("GET", format!("{user}/permissions"), "api.users.read"),
            ("PUT", user.clone(), "api.users.write"),
            ("DELETE", user.clone(), "api.users.delete"),
            ("POST", format!("{user}/resend-activation-link"), "api.users.write"),
            ("POST", "/api/v1/api-tokens".to_owned(), "api.api-tokens.write"),
            ("POST", "/api/v1/api-tokens/query".to_owned(), "api.api-tokens.read"),
            ("GET", token.clone(), "api.api-tokens.read"),
            ("PUT", token.clone(), "api.api-tokens.write"),
            ("DELETE", token, "api.api-tokens.delete"),
        ] {
            let refused = poor.send(method, &path, None).await;
            expect(&refused, 403, "insufficient_permission", &path);
            assert_eq!(refused.json["requiredPermission"], json!(needed), "{method} {path}");
        }
        let all = [Permission::USERS_READ, Permission::TENANTS_READ];
        let reader = app.token(None, "Reader", &all, &[]).await;
        for (method, path) in [
            ("POST", "/api/user".to_owned()),
            ("PUT", format!("/api/user/{NOBODY}")),
            ("POST", "/api/tenant".to_owned()),
            ("PUT", "/api/tenant".to_owned()),
            ("DELETE", "/api/tenant".to_owned()),
            ("POST", format!("/api/tenant/{acme}/user")),
            ("PUT", format!("/api/tenant/{acme}/user/{NOBODY}")),
            ("POST", format!("/api/tenant/{acme}/user/{NOBODY}")),
            ("DELETE", format!("/api/tenant/{acme}/user/{NOBODY}")),
        ] {
            expect(&reader.send(method, &path, None).await, 403, "INSUFFICIENT_PERMISSION", &path);
        }
        for path in ["/api/user", "/api/tenant", &format!("/api/tenant/{acme}/user"), &format!("/api/tenant/{acme}")] {
            assert_eq!(reader.get(path).await.status, 200, "{path}");
        }
    }

    async fn bodies_and_methods(app) {
        let api = app.api().await;
        let global = app.global_api().await;
        let big = format!("{{\"email\":\"{}\"}}", "x".repeat(1 << 20));
        for (caller, path, words) in [
            (&api, "/api/v1/users", ["malformed_json", "unsupported_media_type", "body_too_large"]),
            (&global, "/api/user", ["VALIDATION_ERROR", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"]),
        ] {
            let deep = "[".repeat(10_000);
            for bad in ["", "{", "{} x", "nul", "{'a':1}", &deep, r#"{"a":1,"a":1}"#] {
                expect(&caller.send("POST", path, Some(bad.to_owned())).await, 400, words[0], &format!("{bad:.20}"));
            }
            for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
                expect(&caller.with("content-type", kind).post(path, json!({})).await, 415, words[1], kind);
            }
            expect(&caller.with("content-encoding", "gzip").post(path, json!({})).await, 415, words[1], "compressed");
            let charset = caller.with("content-type", "application/json; charset=utf-8").post(path, json!({})).await;
            assert_eq!(charset.status, 400, "JSON with a character set");
            expect(&caller.send("POST", path, Some(big.clone())).await, 413, words[2], "over 1 MiB");
        }
        for (caller, method, path, code, allow) in [
            (&api, "DELETE", "/api/v1/users", "method_not_allowed", "POST"),
            (&api, "PATCH", "/api/v1/users/current", "method_not_allowed", "GET,HEAD"),
            (&api, "TRACE", "/api/v1/api-tokens", "method_not_allowed", "POST"),
            (&global, "DELETE", &format!("/api/user/{NOBODY}"), "METHOD_NOT_ALLOWED", "GET,HEAD,PUT"),
            (&global, "PATCH", "/api/tenant", "METHOD_NOT_ALLOWED", "GET,HEAD,POST,PUT,DELETE"),
        ] {
            let refused = caller.send(method, path, None).await;
            expect(&refused, 405, code, path);
            let told = refused.header("allow").unwrap_or_default();
            for word in allow.split(',') {
                assert!(told.contains(word), "{path}: {told}");
            }
        }
        expect(&api.get("/api/v1/nothing").await, 404, "not_found", "an unknown path");
        expect(&global.get("/api/nothing").await, 404, "NOT_FOUND", "an unknown path");
    }

    async fn scopes_of_the_tenant_dialect(app) {
        let acme = app.organization("Acme").await;
        let beta = app.add_organization("Beta").await;
        let own = app.api().await;
        for (method, path) in [
            ("GET", "/api/user".to_owned()),
            ("POST", "/api/user".to_owned()),
            ("GET", format!("/api/user/{NOBODY}")),
            ("PUT", format!("/api/user/{NOBODY}")),
            ("DELETE", format!("/api/user/{NOBODY}")),
            ("GET", "/api/user/by-email/a@b.co".to_owned()),
            ("GET", format!("/api/user/{NOBODY}/tenants")),
            ("GET", "/api/tenant".to_owned()),
            ("DELETE", "/api/tenant".to_owned()),
            ("GET", format!("/api/tenant/{acme}")),
        ] {
            let refused = own.send(method, &path, None).await;
            expect(&refused, 401, "GLOBAL_KEY_REQUIRED", &format!("{method} {path}"));
            assert!(refused.json["hint"].is_string());
        }
        let (theirs, unknown) = (format!("/api/tenant/{beta}/user"), format!("/api/tenant/{NOBODY}/user"));
        let one = own.get(&theirs).await;
        expect(&one, 401, "WRONG_TENANT", "another tenant");
        assert_eq!(own.get(&unknown).await.json, one.json, "whether or not it exists");
        let global = app.global_api().await;
        expect(&global.get(&unknown).await, 404, "TENANT_NOT_FOUND", "a global key is told");
        expect(&global.get("/api/tenant/x/user").await, 400, "INVALID_ID", "no GUID");
        expect(&global.get(&format!("/api/tenant/{acme}/user/x")).await, 400, "INVALID_ID", "no GUID");
        assert_eq!(own.get(&format!("/api/tenant/{}/user", acme.to_uppercase())).await.status, 200, "any case in");
    }

    async fn the_first_failure_answers_in_the_tenant_dialect(app) {
        let acme = app.organization("Acme").await;
        let global = app.global_api().await;
        let own = app.token(Some(&acme), "Own", &[], &["10.0.0.0/8"]).await;
        let path = format!("/api/tenant/{acme}/user");
        expect(&own.post(&path, json!("x")).await, 403, "ADDRESS_NOT_ALLOWED", "address before permission");
        expect(
            &own.from("10.0.0.1").post(&path, json!("x")).await,
            403,
            "INSUFFICIENT_PERMISSION",
            "permission before body",
        );
        let off = json!({ "tenantId": acme, "isDisabled": true });
        assert_eq!(global.put("/api/tenant", off).await.status, 200);
        expect(&own.post(&path, json!("x")).await, 403, "TENANT_DISABLED", "the disabled tenant before the address");
        let full = app.api_of(&acme).await;
        expect(
            &full.get("/api/v1/users/current").await,
            401,
            "invalid_token",
            "v1 has no word for it",
        );
        assert_eq!(global.put("/api/tenant", json!({ "tenantId": acme, "isDisabled": false })).await.status, 200);
        let unknown = format!("/api/tenant/{NOBODY}/user");
        expect(&global.post(&unknown, json!({})).await, 400, "VALIDATION_ERROR", "body before tenant");
        let admin = person(&global, "root@example.com", "TenantAdmin").await;
        assert_eq!(global.send("POST", &format!("{path}/{admin}"), None).await.status, 200);
        for role in ["Analyst", "TenantAdmin"] {
            let assign = full.post(&format!("{path}/{admin}"), json!({ "roleName": role })).await;
            expect(&assign, 403, "ROLE_NOT_ALLOWED", "role before state");
        }
        let raise = json!({ "roleName": "TenantAdmin" });
        expect(&global.post(&format!("{path}/{NOBODY}"), raise.clone()).await, 400, "INVALID_ROLE", "body before user");
        expect(&global.put(&format!("{path}/{NOBODY}"), raise).await, 400, "INVALID_ROLE", "body before user");
        let save = save(&json!({ "version": 0 }), "ROLE_USER", true);
        expect(&full.put(&format!("/api/v1/users/{admin}"), save).await, 403, "protected_user", "in v1");
    }
}
