//! `/api/user` and `/api/tenant/{tenantId}/user` (tenant contract sections 1 to 4).

use serde_json::json;

use super::{NOBODY, expect, person};
use crate::support::{SAM, both};

both! {
    async fn creating_beyond_any_tenant(app) {
        let global = app.global_api().await;
        let new = json!({ "email": " Ana@Example.com ", "displayName": " Ana Maria Diaz ", "roleName": "Analyst", "colour": "red" });
        let made = global.post("/api/user", new.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        for (field, value) in [
            ("email", json!("Ana@Example.com")),
            ("displayName", json!("Ana Maria Diaz")),
            ("assignedToTenant", json!(false)),
            ("tenantId", json!(null)),
            ("welcomeEmailSent", json!(false)),
        ] {
            assert_eq!(made.json[field], value, "{field}");
        }
        assert!(app.mails("ana@example.com").await.is_empty());
        let id = made.text_of("userId");
        let user = global.get(&format!("/api/user/{}", id.to_uppercase())).await.json;
        for (field, value) in [
            ("userId", json!(id)),
            ("firstName", json!("Ana")),
            ("lastName", json!("Maria Diaz")),
            ("roleName", json!("Analyst")),
            ("disabled", json!(false)),
            ("isServiceAccount", json!(false)),
            ("homeTenantId", json!(null)),
            ("homeTenantName", json!(null)),
            ("lastLogin", json!(null)),
            ("tenantCount", json!(0)),
            ("tenantNames", json!(null)),
            ("tenants", json!([])),
        ] {
            assert_eq!(user[field], value, "{field}");
        }
        let again = json!({ "email": "ana@example.com", "displayName": "Other", "roleName": "User" });
        expect(&global.post("/api/user", again.clone()).await, 409, "DUPLICATE_EMAIL", "known");
        global.put(&format!("/api/user/{id}"), json!({ "disabled": true })).await;
        expect(&global.post("/api/user", again).await, 409, "DUPLICATE_EMAIL", "also disabled");
        assert_eq!(
            global.get(&format!("/api/user/{id}")).await.json["disabled"],
            json!(true),
            "disabled users are found"
        );
    }

    async fn a_welcome_without_an_organization_lets_somebody_activate(app) {
        let global = app.global_api().await;
        let new = json!({ "email": "ana@example.com", "displayName": "Ana Diaz", "roleName": "User", "sendWelcomeEmail": true });
        let made = global.post("/api/user", new).await;
        assert_eq!((made.status, &made.json["welcomeEmailSent"]), (201, &json!(true)), "{}", made.text);
        let mail = app.mail("ana@example.com").await;
        assert_eq!(mail.subject, "You are invited to Rollcall");
        let password = mail.temporary_password().expect("a temporary password");
        assert!(mail.text.contains("You belong to no organization yet."), "{}", mail.text);
        let mut browser = app.browser();
        browser.log_in("ana@example.com", &password).await;
        assert!(browser.page.text().contains("Activate your account first."), "{}", browser.page.text());
        // Assigned before the link is used: waits for it as the account does.
        let acme = app.organization("Acme").await;
        let path = format!("/api/tenant/{acme}/user/{}", made.text_of("userId"));
        assert_eq!(global.send("POST", &path, None).await.status, 200);
        let v1 = format!("/api/v1/users/{}", made.text_of("userId"));
        let api = app.api().await;
        assert_eq!(api.get(&v1).await.json["validated"], json!(false));
        browser.get(&mail.link()).await;
        assert!(browser.page.text().contains("was invited to Rollcall"), "{}", browser.page.text());
        browser.press("Activate account").await;
        assert_eq!(browser.page.heading(), "Log in");
        assert_eq!(api.get(&v1).await.json["validated"], json!(true));
        assert_eq!(app.browser().get(&mail.link()).await.heading(), "This link does not work", "works once");
        app.advance_seconds(10);
        browser.log_in("ana@example.com", &password).await;
        assert_eq!(browser.page.heading(), "Choose a new password", "{}", browser.page.text());
        app.verify_audit().await.expect("whole");
    }

    async fn a_newer_invitation_replaces_the_welcome(app) {
        let global = app.global_api().await;
        let new = json!({ "email": "ana@example.com", "displayName": "Ana Diaz", "roleName": "User", "sendWelcomeEmail": true });
        let id = global.post("/api/user", new).await.text_of("userId");
        let welcome = app.mail("ana@example.com").await.link();
        let acme = app.organization("Acme").await;
        global.send("POST", &format!("/api/tenant/{acme}/user/{id}"), None).await;
        let sent = app.api().await.post(&format!("/api/v1/users/{id}/resend-activation-link"), json!({})).await;
        assert_eq!(sent.status, 200, "{}", sent.text);
        assert_eq!(app.browser().get(&welcome).await.heading(), "This link does not work");
        app.activate("ana@example.com").await;
    }

    async fn what_creating_refuses_in_both_places(app) {
        let global = app.global_api().await;
        let acme = app.organization("Acme").await;
        for path in ["/api/user".to_owned(), format!("/api/tenant/{acme}/user")] {
            for (field, value, code) in [
                ("email", json!(null), "VALIDATION_ERROR"),
                ("email", json!("a@b@c"), "VALIDATION_ERROR"),
                ("email", json!(1), "VALIDATION_ERROR"),
                ("displayName", json!(null), "VALIDATION_ERROR"),
                ("displayName", json!("A"), "VALIDATION_ERROR"),
                ("displayName", json!(" A "), "VALIDATION_ERROR"),
                ("displayName", json!("é".repeat(101)), "VALIDATION_ERROR"),
                ("displayName", json!("\u{200b}\u{200b}"), "VALIDATION_ERROR"),
                ("displayName", json!("a\u{202e}b"), "VALIDATION_ERROR"),
                ("firstName", json!("x".repeat(51)), "VALIDATION_ERROR"),
                ("lastName", json!("a\u{7}b"), "VALIDATION_ERROR"),
                ("sendWelcomeEmail", json!("yes"), "VALIDATION_ERROR"),
                ("roleName", json!(null), "VALIDATION_ERROR"),
                ("roleName", json!(1), "VALIDATION_ERROR"),
                ("roleName", json!("analyst"), "INVALID_ROLE"),
                ("roleName", json!("Server Administrator"), "INVALID_ROLE"),
                ("roleName", json!("ROLE_USER"), "INVALID_ROLE"),
            ] {
                let mut body = json!({ "email": "ana@example.com", "displayName": "Ana", "roleName": "User" });
                body[field] = value;
                let refused = global.post(&path, body.clone()).await;
                expect(&refused, 400, code, &body.to_string());
                if code == "VALIDATION_ERROR" {
                    assert_eq!(refused.fields(), [field], "{body}");
                }
            }
        }
        let longest = json!({ "email": "ana@example.com", "displayName": "é".repeat(100), "roleName": "User", "firstName": "ü".repeat(50), "lastName": null });
        let made = global.post("/api/user", longest).await;
        assert_eq!(made.status, 201, "characters, not bytes: {}", made.text);
        let user = global.get(&format!("/api/user/{}", made.text_of("userId"))).await.json;
        assert_eq!((&user["firstName"], &user["lastName"]), (&json!("ü".repeat(50)), &json!(null)));
    }

    async fn addresses_in_paths(app) {
        let global = app.global_api().await;
        let acme = app.organization("Acme").await;
        let id = person(&global, "ana+x@example.com", "User").await;
        for segment in ["ana+x@example.com", "ana%2Bx%40example.com", "ANA%2bX%40Example.com"] {
            assert_eq!(global.get(&format!("/api/user/by-email/{segment}")).await.text_of("userId"), id, "{segment}");
        }
        for segment in ["ana%20x@example.com", "ana", "x@example.com", "ana%2Fx@example.com", "%00", "a%00@b.co"] {
            expect(&global.get(&format!("/api/user/by-email/{segment}")).await, 404, "USER_NOT_FOUND", segment);
            expect(
                &global.get(&format!("/api/tenant/{acme}/user/by-email/{segment}")).await,
                404,
                "USER_NOT_FOUND",
                segment,
            );
        }
        for segment in ["ana%4", "ana%zz", "%ff"] {
            expect(&global.get(&format!("/api/user/by-email/{segment}")).await, 400, "VALIDATION_ERROR", segment);
        }
        expect(
            &global.get(&format!("/api/tenant/{acme}/user/by-email/ana+x@example.com")).await,
            404,
            "USER_NOT_IN_TENANT",
            "elsewhere",
        );
        expect(
            &app.api().await.get(&format!("/api/tenant/{acme}/user/by-email/ana+x@example.com")).await,
            404,
            "USER_NOT_FOUND",
            "no probing",
        );
    }

    async fn lists(app) {
        let global = app.global_api().await;
        for (email, role) in
            [("cy@example.com", "User"), ("ana@example.com", "Analyst"), ("bo@example.com", "TenantAdmin")]
        {
            person(&global, email, role).await;
        }
        let off = person(&global, "off@example.com", "Analyst").await;
        global.put(&format!("/api/user/{off}"), json!({ "disabled": true })).await;
        let list = async |query: &str| {
            let answer = global.get(&format!("/api/user?{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text);
            let names: Vec<String> = answer.json["users"]
                .as_array()
                .expect("list")
                .iter()
                .map(|user| user["email"].as_str().expect("email").split('@').next().expect("name").to_owned())
                .collect();
            (names.join(" "), answer.json)
        };
        let (names, all) = list("").await;
        assert_eq!(names, "ana bo cy sam", "by address, without the disabled, without robots");
        assert_eq!((&all["totalCount"], &all["page"], &all["pageSize"]), (&json!(4), &json!(1), &json!(50)));
        assert_eq!(all["users"][0].get("tenants"), None, "lists omit them");
        for (query, expected) in [
            ("includeDisabled=true", "ana bo cy off sam"),
            ("includeDisabled=false", "ana bo cy sam"),
            ("role=Analyst", "ana"),
            ("role=TenantAdmin", "bo sam"),
            ("search=ANA", "ana bo cy"),
            ("search=EXAMPLE.COM", "ana bo cy"),
            ("search=%20%20", "ana bo cy sam"),
            ("search=%25", ""),
            ("search=%00", ""),
            ("role=Analyst&includeDisabled=true&search=off", "off"),
            ("page=2&pageSize=3", "sam"),
            ("page=9", ""),
            ("nonsense=1", "ana bo cy sam"),
        ] {
            assert_eq!(list(query).await.0, expected, "{query}");
        }
        assert_eq!(list("pageSize=5000").await.1["pageSize"], json!(1000));
        assert_eq!(list("page=9").await.1["totalCount"], json!(4));
        let acme = app.organization("Acme").await;
        for (query, code) in [
            ("page=0", "VALIDATION_ERROR"),
            ("page=x", "VALIDATION_ERROR"),
            ("page=-1", "VALIDATION_ERROR"),
            ("pageSize=0", "VALIDATION_ERROR"),
            ("includeDisabled=1", "VALIDATION_ERROR"),
            ("includeDisabled=", "VALIDATION_ERROR"),
            ("role=analyst", "INVALID_ROLE"),
            ("role=", "INVALID_ROLE"),
            ("page=1&page=2", "VALIDATION_ERROR"),
            ("role=User&role=User", "VALIDATION_ERROR"),
            ("search=a&search=b", "VALIDATION_ERROR"),
        ] {
            for path in ["/api/user".to_owned(), format!("/api/tenant/{acme}/user")] {
                expect(&global.get(&format!("{path}?{query}")).await, 400, code, query);
            }
        }
        let many: Vec<String> = (0..5000).map(|number| format!("page={number}x")).collect();
        assert!(global.get(&format!("/api/user?{}", many.join("&"))).await.text.len() < 5000, "answers stay small");
    }

    async fn creating_and_assigning_in_a_tenant(app) {
        let (own, global) = (app.api().await, app.global_api().await);
        let acme = app.organization("Acme").await;
        let there = format!("/api/tenant/{acme}/user");
        let new = json!({ "email": "ana@example.com", "displayName": "Ana Diaz", "roleName": "Analyst", "sendWelcomeEmail": true });
        let made = own.post(&there, new.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(
            (&made.json["assignedToTenant"], &made.json["tenantId"], &made.json["welcomeEmailSent"]),
            (&json!(true), &json!(acme), &json!(true))
        );
        assert_eq!(app.mail("ana@example.com").await.subject, "You are invited to Acme");
        let id = made.text_of("userId");
        let seen = global.get(&format!("/api/user/{id}")).await.json;
        assert_eq!(
            (&seen["roleName"], &seen["tenants"][0]["roleName"]),
            (&json!("User"), &json!("Analyst")),
            "a tenant key writes the override"
        );
        expect(&own.post(&there, new).await, 409, "ALREADY_ASSIGNED", "known and there");
        let new = json!({ "email": "bo@example.com", "displayName": "Bo", "roleName": "Developer" });
        let bo = global.post(&there, new).await.text_of("userId");
        let seen = global.get(&format!("/api/user/{bo}")).await.json;
        assert_eq!(
            (&seen["roleName"], &seen["tenants"][0]["roleName"]),
            (&json!("Developer"), &json!(null)),
            "a global key the user's own"
        );
        assert!(app.mails("bo@example.com").await.is_empty());
        expect(
            &own.post(&there, json!({ "email": "x@example.com", "displayName": "Xe", "roleName": "TenantAdmin" }))
                .await,
            403,
            "ROLE_NOT_ALLOWED",
            "system level",
        );
        // Known elsewhere: assigned at once, names ignored, no mail; validated when activated anywhere.
        let beta = app.add_organization("Beta").await;
        let there = format!("/api/tenant/{beta}/user");
        let vic = app.member("Vic Viewer", "vic@acme.example", &[]).await;
        drop(vic);
        let mails = app.mails("vic@acme.example").await.len();
        let known = json!({ "email": "VIC@acme.example", "displayName": "Somebody Else", "roleName": "ITAdmin", "sendWelcomeEmail": true });
        let made = global.post(&there, known).await;
        assert_eq!(
            (made.status, &made.json["displayName"], &made.json["welcomeEmailSent"]),
            (201, &json!("Vic Viewer"), &json!(false)),
            "{}",
            made.text
        );
        assert_eq!(app.mails("vic@acme.example").await.len(), mails);
        let v1 = app.api_of(&beta).await.get(&format!("/api/v1/users/{}", made.text_of("userId"))).await.json;
        assert_eq!((&v1["validated"], &v1["roles"]), (&json!(true), &json!(["it_admin"])));
        let whole = global.get(&format!("/api/user/{}/tenants", made.text_of("userId"))).await.json;
        let names: Vec<&str> =
            whole["tenants"].as_array().expect("list").iter().filter_map(|one| one["tenantName"].as_str()).collect();
        assert_eq!(names, ["acme", "beta"]);
        assert_eq!(
            (&whole["tenants"][1]["tenantDisplayName"], &whole["tenants"][1]["roleName"]),
            (&json!("Beta"), &json!("ITAdmin"))
        );
        expect(&global.get(&format!("/api/user/{NOBODY}/tenants")).await, 404, "USER_NOT_FOUND", "nobody");
        // By id, with and without an override.
        let cy = person(&global, "cy@example.com", "Analyst").await;
        let assigned = global.post(&format!("{there}/{cy}"), json!({ "roleName": null })).await;
        assert_eq!((assigned.status, assigned.text_of("userId")), (200, cy.clone()), "{}", assigned.text);
        expect(&global.send("POST", &format!("{there}/{cy}"), None).await, 409, "ALREADY_ASSIGNED", "again");
        expect(&global.send("POST", &format!("{there}/{NOBODY}"), None).await, 404, "USER_NOT_FOUND", "nobody");
        expect(
            &global.post(&format!("{there}/{bo}"), json!({ "roleName": "TenantAdmin" })).await,
            400,
            "INVALID_ROLE",
            "as override",
        );
        expect(
            &global.post(&format!("{there}/{bo}"), json!({ "roleName": "user" })).await,
            400,
            "INVALID_ROLE",
            "unknown",
        );
        expect(&global.post(&format!("{there}/{bo}"), json!([])).await, 400, "VALIDATION_ERROR", "no object");
        assert_eq!(
            global.get(&format!("{there}?role=Analyst")).await.json["totalCount"],
            json!(1),
            "the effective role"
        );
        assert_eq!(
            global.get(&format!("{there}?role=ITAdmin")).await.json["users"][0]["email"],
            json!("vic@acme.example")
        );
    }

    async fn changing_and_removing_in_a_tenant(app) {
        let (own, global) = (app.api().await, app.global_api().await);
        let acme = app.organization("Acme").await;
        let id = person(&global, "ana@example.com", "Analyst").await;
        let path = format!("/api/tenant/{acme}/user/{id}");
        for answer in [global.get(&path).await, global.put(&path, json!({ "roleName": "User" })).await] {
            expect(&answer, 404, "USER_NOT_IN_TENANT", "elsewhere");
        }
        for answer in [own.get(&path).await, own.put(&path, json!({})).await] {
            expect(&answer, 404, "USER_NOT_FOUND", "no probing");
        }
        expect(&own.delete(&path).await, 404, "NOT_ASSIGNED", "not assigned");
        expect(&global.delete(&format!("/api/tenant/{acme}/user/{NOBODY}")).await, 404, "NOT_ASSIGNED", "unknown");
        global.send("POST", &path, None).await;
        let override_of = async || global.get(&path).await.json["tenants"][0]["roleName"].clone();
        for (body, expected) in [
            (json!({ "roleName": "Analyst" }), json!(null)),
            (json!({ "roleName": "Developer" }), json!("Developer")),
            (json!({}), json!("Developer")),
            (json!({ "roleName": "Analyst" }), json!(null)),
            (json!({ "roleName": null, "email": "x@y.example" }), json!(null)),
        ] {
            let done = own.put(&path, body.clone()).await;
            assert_eq!((done.status, done.text_of("userId")), (200, id.clone()), "{body}: {}", done.text);
            assert_eq!(override_of().await, expected, "{body}");
        }
        for field in ["disabled", "isServiceAccount", "homeTenantId"] {
            let body = json!({ "displayName": "Changed", field: true });
            expect(&own.put(&path, body).await, 400, "FIELD_NOT_ALLOWED", field);
        }
        assert_eq!(own.get(&path).await.json["displayName"], json!("Ana Maria Diaz"), "nothing changed");
        own.put(&path, json!({ "displayName": "Ana D." })).await;
        let user = global.get(&format!("/api/user/{id}")).await.json;
        assert_eq!(
            (&user["displayName"], &user["email"]),
            (&json!("Ana D."), &json!("ana@example.com")),
            "seen everywhere"
        );
        own.put(&path, json!({ "roleName": "Developer" })).await;
        assert_eq!(own.delete(&path).await.status, 200);
        expect(&own.delete(&path).await, 404, "NOT_ASSIGNED", "again");
        assert_eq!(global.get(&format!("/api/user/{id}")).await.json["tenantCount"], json!(0), "the user stays");
        global.send("POST", &path, None).await;
        assert_eq!(override_of().await, json!(null), "the override went with the assignment");
        let sam = app.id(SAM).await;
        let path = format!("/api/tenant/{acme}/user/{sam}");
        for answer in [own.put(&path, json!({ "roleName": "User" })).await, own.delete(&path).await] {
            expect(&answer, 403, "ROLE_NOT_ALLOWED", "a Server Administrator");
        }
        assert_eq!(own.get(&path).await.status, 200, "reading is allowed");
        expect(&global.delete(&path).await, 409, "LAST_ADMINISTRATOR", "the last");
    }

    async fn a_tenant_key_learns_nothing_of_other_tenants(app) {
        let (own, global) = (app.api().await, app.global_api().await);
        let beta = app.add_organization("Beta").await;
        let acme = app.organization("Acme").await;
        let mut sam = app.sam_in("Beta").await;
        app.person(&mut sam, "Bea Both", "bea@example.com", &["Administrator"]).await;
        let id = app.id("bea@example.com").await;
        global.send("POST", &format!("/api/tenant/{acme}/user/{id}"), None).await;
        let home = json!({ "roleName": "Administrator", "isServiceAccount": true, "homeTenantId": beta });
        assert_eq!(global.put(&format!("/api/user/{id}"), home).await.status, 200);
        let path = format!("/api/tenant/{acme}/user/{id}");
        let whole = global.get(&path).await.json;
        assert_eq!(
            (&whole["tenantCount"], &whole["tenantNames"], &whole["homeTenantName"]),
            (&json!(2), &json!("acme, beta"), &json!("Beta"))
        );
        assert!(whole["lastLogin"].is_string());
        let listed = own.get(&format!("/api/tenant/{acme}/user?search=bea")).await.json["users"][0].clone();
        for (what, seen) in [("list", listed), ("one", own.get(&path).await.json)] {
            for (field, value) in [
                ("tenantCount", json!(1)),
                ("tenantNames", json!("acme")),
                ("homeTenantId", json!(null)),
                ("homeTenantName", json!(null)),
                ("lastLogin", json!(null)),
                ("isServiceAccount", json!(true)),
            ] {
                assert_eq!(seen[field], value, "{what} {field}");
            }
            assert!(!seen.to_string().contains(&beta), "{what}");
        }
        assert_eq!(own.get(&path).await.json["tenants"].as_array().map(Vec::len), Some(1));
        let told = own.get(&format!("{path}/permissions")).await.json;
        assert_eq!(told["permissions"].as_array().map(Vec::len), Some(35));
        expect(
            &own.get(&format!("/api/tenant/{acme}/user/{NOBODY}/permissions")).await,
            404,
            "USER_NOT_FOUND",
            "nobody",
        );
    }
}
