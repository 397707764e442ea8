//! `/api/tenant` (tenant contract section 8).

use serde_json::{Value, json};

use super::{NOBODY, expect, person};
use crate::support::both;

both! {
    async fn a_tenant_is_made_shown_and_changed(app) {
        let global = app.global_api().await;
        let made =
            global.post("/api/tenant", json!({ "name": "globex-2", "displayName": null, "isDisabled": true })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        for (field, value) in [
            ("name", json!("globex-2")),
            ("displayName", json!("globex-2")),
            ("description", json!("")),
            ("timeZone", json!("UTC")),
            ("maxUserCount", json!(1)),
            ("maxAnalystCount", json!(1)),
            ("userCount", json!(0)),
            ("analystCount", json!(0)),
            ("maxCases", json!(null)),
            ("expirationDate", json!(null)),
            ("isDisabled", json!(false)),
            ("caseCount", json!(0)),
            ("autoload", json!(false)),
            ("preRelease", json!(false)),
            ("isAcademic", json!(false)),
        ] {
            assert_eq!(made.json[field], value, "{field}");
        }
        let id = made.text_of("tenantId");
        assert_eq!(global.get(&format!("/api/tenant/{id}")).await.json, made.json);
        let mut sam = app.sam_in("globex-2").await;
        assert!(sam.get("/roles").await.text().contains("Callback"), "all applications are provisioned");
        let change = json!({
            "tenantId": id, "displayName": "Globex", "description": "A maker of things", "timeZone": "Europe/Vienna", "maxUsers": 5,
            "maxAnalyst": 2, "maxCases": 100, "expirationDate": "2030-01-31T00:00:00Z", "name": "ignored",
        });
        let saved = global.put("/api/tenant", change).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        for (field, value) in [
            ("name", json!("globex-2")),
            ("displayName", json!("Globex")),
            ("description", json!("A maker of things")),
            ("timeZone", json!("Europe/Vienna")),
            ("maxUserCount", json!(5)),
            ("maxAnalystCount", json!(2)),
            ("maxCases", json!(100)),
            ("expirationDate", json!("2030-01-31T00:00:00Z")),
        ] {
            assert_eq!(saved.json[field], value, "{field}");
        }
        let partial =
            global.put("/api/tenant", json!({ "tenantId": id, "maxUsers": null, "maxAnalyst": 3 })).await.json;
        assert_eq!(
            (&partial["maxUserCount"], &partial["maxAnalystCount"], &partial["displayName"]),
            (&json!(5), &json!(3), &json!("Globex")),
            "absent and null stay"
        );
        let events = app.audit_count().await;
        global.put("/api/tenant", json!({ "tenantId": id })).await;
        assert_eq!(app.audit_count().await, events, "nothing changed");
        let list = global.get("/api/tenant").await.json;
        assert_eq!((&list["totalCount"], &list["page"], &list["pageSize"]), (&json!(2), &json!(1), &json!(50)));
        assert_eq!(
            list["tenants"].as_array().and_then(|all| all.iter().find(|one| one["tenantId"] == json!(id))),
            Some(&partial)
        );
        assert_eq!(global.get("/api/tenant?pageSize=500&page=2").await.json["pageSize"], json!(100));
        assert_eq!(global.get("/api/tenant?page=2").await.json["tenants"], json!([]));
        for query in ["page=0", "pageSize=0", "page=x", "page=1&page=1"] {
            expect(&global.get(&format!("/api/tenant?{query}")).await, 400, "VALIDATION_ERROR", query);
        }
    }

    async fn what_a_tenant_may_not_be(app) {
        let global = app.global_api().await;
        for (field, value) in [
            ("name", json!(null)),
            ("name", json!("ab")),
            ("name", json!("a".repeat(64))),
            ("name", json!("Globex")),
            ("name", json!("glo bex")),
            ("name", json!(" globex ")),
            ("name", json!(1)),
            ("displayName", json!("")),
            ("displayName", json!("x".repeat(101))),
            ("displayName", json!("a\u{202e}")),
            ("maxUsers", json!(0)),
            ("maxUsers", json!(-1)),
            ("maxUsers", json!(1.5)),
            ("maxUsers", json!("5")),
            ("maxAnalyst", json!(0)),
            ("maxCases", json!(-1)),
            ("expirationDate", json!("soon")),
            ("description", json!("x".repeat(1001))),
            ("timeZone", json!(1)),
        ] {
            let mut body = json!({ "name": "globex", "displayName": "Globex" });
            body[field] = value;
            let refused = global.post("/api/tenant", body.clone()).await;
            expect(&refused, 400, "VALIDATION_ERROR", &body.to_string());
            assert_eq!(refused.fields(), [field], "{body}");
        }
        expect(&global.post("/api/tenant", json!({ "name": "acme" })).await, 409, "DUPLICATE_NAME", "taken");
        expect(&global.put("/api/tenant", json!({ "displayName": "x" })).await, 400, "VALIDATION_ERROR", "no id");
        expect(&global.put("/api/tenant", json!({ "tenantId": NOBODY })).await, 404, "TENANT_NOT_FOUND", "unknown");
        expect(&global.get(&format!("/api/tenant/{NOBODY}")).await, 404, "TENANT_NOT_FOUND", "unknown");
        expect(&global.get("/api/tenant/x").await, 400, "INVALID_ID", "no GUID");
    }

    async fn a_disabled_tenant_is_closed(app) {
        let global = app.global_api().await;
        let own = app.api().await;
        let mut ana = app.member("Ana Diaz", "ana@acme.example", &["Administrator"]).await;
        let acme = app.organization("Acme").await;
        global.put("/api/tenant", json!({ "tenantId": acme, "isDisabled": true })).await;
        expect(&own.get(&format!("/api/tenant/{acme}/user")).await, 403, "TENANT_DISABLED", "its key");
        ana.get("/users").await;
        assert_ne!(ana.page.heading(), "User Management", "{}", ana.page.text());
        assert_eq!(global.get(&format!("/api/tenant/{acme}/user")).await.status, 200, "a global key");
        global.put("/api/tenant", json!({ "tenantId": acme, "isDisabled": false })).await;
        assert_eq!(own.get(&format!("/api/tenant/{acme}/user")).await.status, 200);
    }

    async fn a_tenant_goes_when_all_three_match_and_its_users_stay(app) {
        let global = app.global_api().await;
        let beta = app.add_organization("Beta Works").await;
        let id = person(&global, "ana@example.com", "User").await;
        global.send("POST", &format!("/api/tenant/{beta}/user/{id}"), None).await;
        let own = app.api_of(&beta).await;
        let delete = async |body: Value| global.send("DELETE", "/api/tenant", Some(body.to_string())).await;
        let slug = global.get(&format!("/api/tenant/{beta}")).await.text_of("name");
        for body in [
            json!({}),
            json!({ "tenantId": beta }),
            json!({ "tenantId": beta, "name": slug }),
            json!({ "tenantId": beta, "name": slug, "displayName": "beta works" }),
            json!({ "tenantId": beta, "name": "acme", "displayName": "Beta Works" }),
            json!({ "tenantId": "x", "name": slug, "displayName": "Beta Works" }),
            json!({ "tenantId": NOBODY, "displayName": "Beta Works" }),
        ] {
            expect(&delete(body.clone()).await, 400, "VALIDATION_ERROR", &body.to_string());
        }
        let whole = json!({ "tenantId": beta, "name": slug, "displayName": "Beta Works" });
        expect(
            &delete(json!({ "tenantId": NOBODY, "name": slug, "displayName": "Beta Works" })).await,
            404,
            "TENANT_NOT_FOUND",
            "after the body",
        );
        assert_eq!(delete(whole.clone()).await.status, 200);
        expect(&delete(whole).await, 404, "TENANT_NOT_FOUND", "again");
        let user = global.get(&format!("/api/user/{id}")).await.json;
        assert_eq!((&user["tenantCount"], &user["tenantNames"]), (&json!(0), &json!(null)));
        expect(&own.get("/api/v1/users/current").await, 401, "invalid_token", "its tokens went with it");
        assert!(app.audit().await.iter().any(|line| line.starts_with("organization.deleted ")));
    }
}
