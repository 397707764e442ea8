//! Budgets and seats (v1 contract section 1, tenant contract sections 3 and 5), also when many ask at once.

use futures::future::join_all;
use rollcall::{
    domain::{organizations::NewOrganization, text::OrganizationName},
    flows::visits,
};
use serde_json::{Value, json};

use super::{NOBODY, expect, invited, path_of, person, save};
use crate::support::{TestApp, both, database::Database};

/// An organization with limits.
async fn small(app: &TestApp, users: i64, analysts: Option<i64>) -> String {
    let named = NewOrganization::named(OrganizationName::parse("Small").expect("name"));
    app.add(NewOrganization { user_limit: Some(users), analyst_limit: analysts, ..named }).await
}

both! {
    async fn a_hundred_writes_an_hour_for_all_tokens_and_both_dialects(app) {
        let acme = app.organization("Acme").await;
        let api = app.api().await;
        let other = app.token(Some(&acme), "Other", &rollcall::domain::tokens::Permission::OF_ORGANIZATION, &[]).await;
        let global = app.global_api().await;
        let user = format!("/api/v1/users/{NOBODY}");
        let there = format!("/api/tenant/{acme}/user");
        for number in 0..100 {
            // Whatever becomes of them: each got past authentication, address and permission.
            let answer = match number % 5 {
                0 => api.post("/api/v1/users", json!({})).await,
                1 => other.put(&user, json!({})).await,
                2 => other.post(&format!("{user}/resend-activation-link"), json!({})).await,
                3 => global.post(&there, json!({})).await,
                _ => global.put(&format!("{there}/{NOBODY}"), json!({ "roleName": "User" })).await,
            };
            assert!(matches!(answer.status, 400 | 404), "{number}: {}", answer.text);
            assert_eq!(answer.header("x-user-hour-limit-remaining"), None, "set only then");
        }
        app.advance_seconds(600);
        let over = api.post("/api/v1/users", json!("not even read")).await;
        expect(&over, 429, "user_rate_limited", "the 101st");
        let left: i64 = over.header("x-user-hour-limit-remaining").expect("header").parse().expect("seconds");
        assert!((2990..=3000).contains(&left), "{left}");
        assert_eq!(over.header("retry-after"), over.header("x-user-hour-limit-remaining"));
        for answer in [
            global.send("POST", &format!("{there}/{NOBODY}"), None).await,
            global.post(&there, json!({})).await,
            global.put(&format!("{there}/{NOBODY}"), json!({})).await,
        ] {
            expect(&answer, 429, "RATE_LIMITED", "the same budget");
            assert!(answer.header("x-user-hour-limit-remaining").is_some());
        }
        // What does not draw on it.
        assert_eq!(api.post("/api/v1/users/query", json!({})).await.status, 200);
        assert_eq!(api.delete(&user).await.status, 404);
        assert_eq!(api.get(&user).await.status, 404);
        assert_eq!(api.post("/api/v1/api-tokens", json!({})).await.status, 400);
        assert_eq!(global.post("/api/user", json!({})).await.status, 400);
        assert_eq!(global.delete(&format!("{there}/{NOBODY}")).await.status, 404);
        let beta = app.add_organization("Beta").await;
        assert_eq!(app.api_of(&beta).await.post("/api/v1/users", json!({})).await.status, 400, "another organization");
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        assert_eq!(sam.page.heading(), "Invitation results", "the portal has no such limit");
        app.advance_seconds(3000);
        assert_eq!(api.post("/api/v1/users", json!({})).await.status, 400, "a new window");
    }

    async fn a_full_tenant_is_full_at_every_door(app) {
        let id = small(app, 2, Some(1)).await;
        let (api, global) = (app.api_of(&id).await, app.global_api().await);
        let there = format!("/api/tenant/{id}/user");
        let ana = invited(&api, "ana@example.com", "ROLE_USER").await;
        let bo = person(&global, "bo@example.com", "Analyst").await;
        let cy = person(&global, "cy@example.com", "Analyst").await;
        let dee = person(&global, "dee@example.com", "User").await;
        assert_eq!(global.send("POST", &format!("{there}/{bo}"), None).await.status, 200);
        let full = api.post("/api/v1/users", json!({ "email": "new@example.com", "role": "ROLE_USER" })).await;
        expect(&full, 409, "capacity_reached", "v1");
        let new = json!({ "email": "new@example.com", "displayName": "New One", "roleName": "User" });
        expect(&global.post(&there, new).await, 400, "USER_LIMIT_REACHED", "create");
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email_key = 'new@example.com'").await, 0);
        expect(
            &global.send("POST", &format!("{there}/{cy}"), None).await,
            400,
            "USER_LIMIT_REACHED",
            "user limit first",
        );
        assert_eq!(global.put("/api/tenant", json!({ "tenantId": id, "maxUsers": 3 })).await.status, 200);
        expect(&global.send("POST", &format!("{there}/{cy}"), None).await, 400, "ANALYST_LIMIT_REACHED", "analysts");
        let into = json!({ "roleName": "Analyst" });
        let path = format!("{there}/{}", ana["id"].as_str().expect("id"));
        expect(&global.put(&path, into).await, 400, "ANALYST_LIMIT_REACHED", "a change into Analyst");
        // A membership that is off takes no seat; turning it on takes one.
        let off = api.put(&path_of("users", &ana), save(&ana, "ROLE_USER", false)).await.json;
        assert_eq!(global.put("/api/tenant", json!({ "tenantId": id, "maxUsers": 2 })).await.status, 200);
        assert_eq!(global.send("POST", &format!("{there}/{dee}"), None).await.status, 200);
        expect(
            &api.put(&path_of("users", &ana), save(&off, "ROLE_USER", true)).await,
            409,
            "capacity_reached",
            "on again",
        );
        // Somebody disabled everywhere frees theirs, and is not enabled where none is free.
        assert_eq!(global.put(&format!("/api/user/{bo}"), json!({ "disabled": true })).await.status, 200);
        assert_eq!(global.send("POST", &format!("{there}/{cy}"), None).await.status, 200);
        expect(
            &global.put(&format!("/api/user/{bo}"), json!({ "disabled": false })).await,
            400,
            "USER_LIMIT_REACHED",
            "enable",
        );
        let counts = global.get(&format!("/api/tenant/{id}")).await.json;
        assert_eq!((&counts["userCount"], &counts["analystCount"]), (&json!(2), &json!(1)));
        // Lowering is allowed and removes nobody; who is disabled takes no seat and may be assigned.
        assert_eq!(
            global.put("/api/tenant", json!({ "tenantId": id, "maxUsers": 1 })).await.json["userCount"],
            json!(2)
        );
        let ed = person(&global, "ed@example.com", "User").await;
        global.put(&format!("/api/user/{ed}"), json!({ "disabled": true })).await;
        assert_eq!(global.send("POST", &format!("{there}/{ed}"), None).await.status, 200, "no seat is taken");
        expect(
            &global.put(&format!("/api/user/{ed}"), json!({ "disabled": false })).await,
            400,
            "USER_LIMIT_REACHED",
            "later",
        );
        // Token users take none either.
        assert_eq!(app.token(Some(&id), "More", &[], &[]).await.get("/api/v1/users/current").await.status, 200);
    }

    async fn fifty_at_once_never_exceed_a_limit(app) {
        let id = small(app, 7, None).await;
        let (api, global) = (app.api_of(&id).await, app.global_api().await);
        let mut people = Vec::new();
        for number in 0..25 {
            people.push(person(&global, &format!("p{number}@example.com"), "User").await);
        }
        let assigns = people.iter().map(|user| {
            let (global, path) = (&global, format!("/api/tenant/{id}/user/{user}"));
            async move { global.send("POST", &path, None).await }
        });
        let creates = (0..25).map(|number| {
            let (api, body) = (&api, json!({ "email": format!("n{number}@example.com"), "role": "ROLE_USER" }));
            async move { api.post("/api/v1/users", body).await }
        });
        let (assigned, created) = tokio::join!(join_all(assigns), join_all(creates));
        let done = assigned.iter().chain(&created).filter(|answer| answer.status < 300).count();
        assert_eq!(done, 7);
        let refused = assigned.iter().filter(|answer| answer.refusal() == (400, "USER_LIMIT_REACHED")).count()
            + created.iter().filter(|answer| answer.refusal() == (409, "capacity_reached")).count();
        assert_eq!(refused, 43);
        assert_eq!(global.get(&format!("/api/tenant/{id}")).await.json["userCount"], json!(7));
    }

    async fn of_parallel_saves_with_one_version_one_wins(app) {
        let api = app.api().await;
        let made = invited(&api, "ana@example.com", "ROLE_USER").await;
        let roles = ["ROLE_USER_ADMIN", "ROLE_ORGANIZATION_ADMIN", "ROLE_USER", "ROLE_USER_ADMIN"];
        let saves = roles.map(|role| {
            let (api, path, body) = (&api, path_of("users", &made), save(&made, role, true));
            async move { api.put(&path, body).await }
        });
        let mut statuses: Vec<u16> = join_all(saves).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
        let token = api.post("/api/v1/api-tokens/query", json!({})).await.json["content"][0].clone();
        let change =
            |name: &str| json!({ "version": token["version"], "name": name, "permissions": token["permissions"] });
        let saves = ["One", "Two", "Three"].map(|name| {
            let (api, path, body) = (&api, path_of("api-tokens", &token), change(name));
            async move { api.put(&path, body).await }
        });
        let mut statuses: Vec<u16> = join_all(saves).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409]);
    }

    async fn parallel_creates_with_one_address_make_one(app) {
        let (api, global) = (app.api().await, app.global_api().await);
        let make = (0..8).map(|number| {
            let (api, global) = (&api, &global);
            async move {
                if number % 2 == 0 {
                    api.post("/api/v1/users", json!({ "email": "ana@example.com", "role": "ROLE_USER" })).await
                } else {
                    global
                        .post(
                            "/api/user",
                            json!({ "email": "Ana@example.com", "displayName": "Ana", "roleName": "User" }),
                        )
                        .await
                }
            }
        });
        let answers = join_all(make).await;
        let made: Vec<&Value> =
            answers.iter().filter(|answer| answer.status == 201).map(|answer| &answer.json).collect();
        assert!(!made.is_empty() && made.len() <= 2, "one person, in Acme once: {answers:?}");
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email_key = 'ana@example.com'").await, 1);
        assert_eq!(app.pool.number("SELECT count(*) FROM memberships WHERE email_key = 'ana@example.com'").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_budget_on_all_nodes() {
    for database in Database::each().await {
        let app = TestApp::ready(database, &[("ROLLCALL_ADDRESS_LIMIT", "5/1m")]).await;
        let (node, router) = app.second_node();
        let here = app.api().await.from("10.0.0.1");
        let there = here.at(router);
        let path = "/api/v1/users/current";
        for _ in 0..3 {
            assert_eq!(here.get(path).await.status, 200);
        }
        visits::share(&app.app).await.expect("shared");
        assert_eq!(there.get(path).await.status, 200, "the fourth");
        visits::share(&node).await.expect("shared");
        assert_eq!(there.get(path).await.status, 200, "the fifth");
        let over = there.get(path).await;
        expect(&over, 429, "platform_rate_limited", "the sixth");
        assert_eq!((over.header("retry-after"), over.header("x-user-hour-limit-remaining")), (Some("30"), None));
        visits::share(&node).await.expect("shared");
        assert_eq!(here.get(path).await.status, 200, "not known here yet");
        visits::share(&app.app).await.expect("shared");
        expect(&here.get(path).await, 429, "platform_rate_limited", "known now");
        expect(&here.get("/api/user").await, 401, "GLOBAL_KEY_REQUIRED", "401 goes before");
        assert_eq!(here.from("10.0.0.2").get(path).await.status, 200, "another address");
        let tenant = format!("/api/tenant/{}/user", app.organization("Acme").await);
        expect(&here.get(&tenant).await, 429, "RATE_LIMITED", "in the other dialect");
        app.advance_seconds(60);
        assert_eq!((here.get(path).await.status, there.get(path).await.status), (200, 200), "a new window");
        app.close().await;
    }
}
