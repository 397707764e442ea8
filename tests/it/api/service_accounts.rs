//! `PUT /api/user/{userId}`: partial changes, service accounts, disabling (tenant contract sections 4, 6 and 7).

use serde_json::json;

use super::{NOBODY, expect, person};
use crate::support::{PASSWORD, SAM, both};

both! {
    async fn a_put_changes_what_it_names(app) {
        let global = app.global_api().await;
        let id = person(&global, "ana@example.com", "Analyst").await;
        let path = format!("/api/user/{id}");
        let before = global.get(&path).await.json;
        let events = app.audit_count().await;
        for body in [
            json!({}),
            json!({ "displayName": null, "roleName": null, "disabled": null }),
            json!({ "roleName": "Analyst", "email": "x@y.example" }),
        ] {
            let done = global.put(&path, body.clone()).await;
            assert_eq!((done.status, done.text_of("userId")), (200, id.clone()), "{body}");
            assert_eq!(global.get(&path).await.json, before, "{body}");
        }
        assert_eq!(app.audit_count().await, events, "nothing happened");
        for (body, code) in [
            (json!({ "displayName": "A" }), "VALIDATION_ERROR"),
            (json!({ "disabled": "yes" }), "VALIDATION_ERROR"),
            (json!({ "homeTenantId": "x" }), "VALIDATION_ERROR"),
            (json!({ "roleName": "Nobody" }), "INVALID_ROLE"),
            (json!([]), "VALIDATION_ERROR"),
            (json!({ "displayName": "Good Name", "isServiceAccount": true }), "INVALID_ROLE_FOR_SERVICE_ACCOUNT"),
        ] {
            expect(&global.put(&path, body.clone()).await, 400, code, &body.to_string());
        }
        assert_eq!(global.get(&path).await.json, before, "all or nothing");
        expect(&global.put(&format!("/api/user/{NOBODY}"), json!({})).await, 404, "USER_NOT_FOUND", "nobody");
        expect(&global.put("/api/user/x", json!({})).await, 400, "INVALID_ID", "no GUID");
        let done = global.put(&path, json!({ "displayName": "Ana D.", "roleName": "ITAdmin", "disabled": true })).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let user = global.get(&path).await.json;
        assert_eq!(
            (&user["displayName"], &user["roleName"], &user["disabled"]),
            (&json!("Ana D."), &json!("ITAdmin"), &json!(true))
        );
        assert_eq!(app.audit_count().await, events + 1, "one event");
    }

    async fn promotion_and_demotion(app) {
        let global = app.global_api().await;
        let acme = app.organization("Acme").await;
        let off = app.add_organization("Off").await;
        let id = person(&global, "ana@example.com", "Analyst").await;
        let path = format!("/api/user/{id}");
        for tenant in [&acme, &off] {
            assert_eq!(global.send("POST", &format!("/api/tenant/{tenant}/user/{id}"), None).await.status, 200);
        }
        global.put("/api/tenant", json!({ "tenantId": off, "isDisabled": true })).await;
        let beta = app.add_organization("Beta").await;
        for (body, code) in [
            (json!({ "isServiceAccount": true, "homeTenantId": acme }), "INVALID_ROLE_FOR_SERVICE_ACCOUNT"),
            (
                json!({ "isServiceAccount": true, "roleName": "ITAdmin", "homeTenantId": acme }),
                "INVALID_ROLE_FOR_SERVICE_ACCOUNT",
            ),
            (json!({ "isServiceAccount": true, "roleName": "Administrator" }), "HOME_TENANT_REQUIRED"),
            (
                json!({ "isServiceAccount": true, "roleName": "Administrator", "homeTenantId": NOBODY }),
                "INVALID_HOME_TENANT",
            ),
            (
                json!({ "isServiceAccount": true, "roleName": "Administrator", "homeTenantId": beta }),
                "INVALID_HOME_TENANT",
            ),
            (
                json!({ "isServiceAccount": true, "roleName": "Administrator", "homeTenantId": off }),
                "INVALID_HOME_TENANT",
            ),
            (json!({ "homeTenantId": acme }), "INVALID_HOME_TENANT"),
            (json!({ "isServiceAccount": false, "homeTenantId": acme }), "INVALID_HOME_TENANT"),
        ] {
            expect(&global.put(&path, body.clone()).await, 400, code, &body.to_string());
        }
        let promote =
            json!({ "isServiceAccount": true, "roleName": "Administrator", "homeTenantId": acme.to_uppercase() });
        assert_eq!(global.put(&path, promote).await.status, 200);
        let user = global.get(&path).await.json;
        assert_eq!(
            (&user["isServiceAccount"], &user["homeTenantId"], &user["homeTenantName"], &user["tenantCount"]),
            (&json!(true), &json!(acme), &json!("Acme"), &json!(2))
        );
        expect(
            &global.put(&path, json!({ "roleName": "Analyst" })).await,
            400,
            "INVALID_ROLE_FOR_SERVICE_ACCOUNT",
            "another role",
        );
        expect(
            &global.delete(&format!("/api/tenant/{acme}/user/{id}")).await,
            409,
            "HOME_TENANT_ASSIGNMENT",
            "its home",
        );
        let body = json!({ "tenantId": acme, "name": "acme", "displayName": "Acme" });
        expect(
            &global.send("DELETE", "/api/tenant", Some(body.to_string())).await,
            409,
            "HOME_TENANT_ASSIGNMENT",
            "its home",
        );
        // An override is not what counts.
        let there = format!("/api/tenant/{acme}/user/{id}");
        assert_eq!(global.put(&there, json!({ "roleName": "User" })).await.status, 200);
        assert_eq!(global.get(&path).await.json["isServiceAccount"], json!(true));
        let v1 = app.api().await.delete(&format!("/api/v1/users/{id}")).await;
        expect(&v1, 409, "home_tenant", "in v1");
        // The home can be changed later.
        global.send("POST", &format!("/api/tenant/{beta}/user/{id}"), None).await;
        assert_eq!(global.put(&path, json!({ "homeTenantId": beta })).await.status, 200);
        assert_eq!(global.delete(&there).await.status, 200, "access to one tenant is revoked alone");
        let demote = json!({ "isServiceAccount": false, "roleName": "Analyst" });
        assert_eq!(global.put(&path, demote).await.status, 200, "the result is judged");
        let user = global.get(&path).await.json;
        assert_eq!(
            (&user["isServiceAccount"], &user["homeTenantId"], &user["roleName"]),
            (&json!(false), &json!(null), &json!("Analyst"))
        );
        let again = json!({ "isServiceAccount": true, "roleName": "Administrator" });
        expect(&global.put(&path, again).await, 400, "HOME_TENANT_REQUIRED", "a former home does not count");
    }

    async fn who_would_be_missed_is_told_before_anything_about_service_accounts(app) {
        let global = app.global_api().await;
        let acme = app.organization("Acme").await;
        let sam = format!("/api/user/{}", app.id(SAM).await);
        for body in [
            json!({ "disabled": true }),
            json!({ "roleName": "User" }),
            json!({ "roleName": "User", "isServiceAccount": true }),
            json!({ "roleName": "Analyst", "homeTenantId": NOBODY }),
        ] {
            expect(&global.put(&sam, body.clone()).await, 409, "LAST_SERVER_ADMIN", &body.to_string());
        }
        let ann = app.member("Ann Admin", "ann@acme.example", &["Administrator"]).await;
        drop(ann);
        let root = person(&global, "root@example.com", "TenantAdmin").await;
        expect(
            &global.put(&sam, json!({ "disabled": true })).await,
            409,
            "LAST_SERVER_ADMIN",
            "one who never activated does not count",
        );
        app.pool.run(&format!("UPDATE users SET activated_at = 1 WHERE id = '{root}'")).await;
        assert_eq!(global.put(&sam, json!({ "disabled": true })).await.status, 200);
        let ann = app.id("ann@acme.example").await;
        expect(
            &global.put(&format!("/api/user/{ann}"), json!({ "disabled": true })).await,
            409,
            "LAST_ADMINISTRATOR",
            "Ann",
        );
        let there = format!("/api/tenant/{acme}/user/{ann}");
        expect(&global.put(&there, json!({ "roleName": "User" })).await, 409, "LAST_ADMINISTRATOR", "as override");
        expect(&global.delete(&there).await, 409, "LAST_ADMINISTRATOR", "removed");
    }

    async fn disabling_ends_everything_at_once_and_enabling_gives_it_back(app) {
        let global = app.global_api().await;
        let mut ana = app.member("Ana Diaz", "ana@acme.example", &["Administrator"]).await;
        let id = app.id("ana@acme.example").await;
        let path = format!("/api/user/{id}");
        let reset = app.reset_link("ana@acme.example").await;
        let before = global.get(&path).await.json;
        ana.get("/tokens/new").await;
        let form = ana.form("Create token").fill("Token name", "Hers").choose("api.users.read");
        ana.submit(form).await;
        let hers = ana.page.value("Token");
        assert_eq!(global.put(&path, json!({ "disabled": true })).await.status, 200);
        ana.get("/account").await;
        assert_eq!(ana.page.heading(), "Log in", "sessions end");
        assert_eq!(app.browser().get(&reset).await.heading(), "This link does not work", "reset links die");
        let mut browser = app.browser();
        browser.log_in("ana@acme.example", PASSWORD).await;
        assert!(browser.page.text().contains("Your account is disabled."), "{}", browser.page.text());
        assert_eq!(app.caller(&hers).get("/api/v1/users/current").await.status, 200, "her token belongs to Acme");
        let mut sam = app.sam().await;
        sam.get("/tokens").await;
        assert!(sam.page.row("API tokens", "Hers").iter().any(|cell| cell.contains("No longer here")));
        assert_eq!(global.put(&path, json!({ "disabled": false })).await.status, 200);
        assert_eq!(global.get(&path).await.json, before, "lastLogin, assignments and role are kept");
        app.advance_seconds(10);
        browser.log_in("ana@acme.example", PASSWORD).await;
        assert!(browser.is_signed_in(), "the old password works: {}", browser.page.text());
    }
}
