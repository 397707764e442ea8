//! The same change through page, v1 API and tenant API leaves the same state and the same audit event (product contract
//! section 5).

use serde_json::{Value, json};

use super::{invited, path_of, save};
use crate::support::{Browser, TestApp, both};

/// One person for each door, all alike.
const DOORS: [&str; 3] = ["page@acme.example", "v1@acme.example", "tenant@acme.example"];

async fn three(app: &TestApp) -> Browser {
    let mut sam = app.sam().await;
    for email in DOORS {
        app.person(&mut sam, "Ana Diaz", email, &["User"]).await;
    }
    sam
}

/// What is stored of a membership, but for who and when.
async fn state(app: &TestApp, email: &str) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(role_override, '-') || ' ' || account_role || ' ' || state || ' ' || CAST(version AS TEXT) || ' ' ||
                CASE WHEN validated_at IS NULL THEN 'waits' ELSE 'valid' END
         FROM memberships WHERE email_key = '{email}'"
    );
    app.pool.texts(&sql).await
}

/// The latest event about somebody.
async fn event(app: &TestApp, email: &str) -> (String, Value, Value) {
    let from = format!(
        "FROM audit_events WHERE target_name LIKE '%{email}%' OR target_id IN (SELECT id FROM users WHERE email_key = '{email}')
         ORDER BY at DESC, number DESC LIMIT 1"
    );
    let text = async |column: &str| app.pool.texts(&format!("SELECT {column} {from}")).await.remove(0);
    let json = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    (text("action").await, json(text("before").await), json(text("after").await))
}

async fn same(app: &TestApp, doors: &[&str], what: &str) {
    let (first_state, first_event) = (state(app, doors[0]).await, event(app, doors[0]).await);
    for door in &doors[1..] {
        assert_eq!(state(app, door).await, first_state, "{what} through {door}");
        assert_eq!(event(app, door).await, first_event, "{what} through {door}");
    }
}

both! {
    async fn a_role_changes_alike(app) {
        let mut sam = three(app).await;
        let (api, acme) = (app.api().await, app.organization("Acme").await);
        let id = app.id(DOORS[0]).await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").choose("Administrator");
        sam.submit(form).await;
        let path = format!("/api/v1/users/{}", app.id(DOORS[1]).await);
        let user = api.get(&path).await.json;
        assert_eq!(api.put(&path, save(&user, "ROLE_ADMIN", true)).await.status, 200);
        let path = format!("/api/tenant/{acme}/user/{}", app.id(DOORS[2]).await);
        assert_eq!(api.put(&path, json!({ "roleName": "Administrator" })).await.status, 200);
        same(app, &DOORS, "role").await;
        app.verify_audit().await.expect("whole");
    }

    async fn switching_off_and_on_are_alike(app) {
        let mut sam = three(app).await;
        let api = app.api().await;
        let path = format!("/api/v1/users/{}", app.id(DOORS[1]).await);
        for (verb, button, enabled) in [("disable", "Disable", false), ("enable", "Enable", true)] {
            sam.get(&format!("/users/{}/{verb}", app.id(DOORS[0]).await)).await;
            sam.press(button).await;
            let user = api.get(&path).await.json;
            assert_eq!(api.put(&path, save(&user, "ROLE_USER", enabled)).await.status, 200);
            same(app, &DOORS[..2], verb).await;
        }
        assert_eq!(app.mails(DOORS[0]).await.len(), app.mails(DOORS[1]).await.len());
    }

    async fn disabling_everywhere_is_alike(app) {
        let mut sam = three(app).await;
        let global = app.global_api().await;
        for (verb, button, disabled) in
            [("disable-everywhere", "Disable everywhere", true), ("enable-everywhere", "Enable everywhere", false)]
        {
            sam.get(&format!("/users/{}/{verb}", app.id(DOORS[0]).await)).await;
            sam.press(button).await;
            let path = format!("/api/user/{}", app.id(DOORS[2]).await);
            assert_eq!(global.put(&path, json!({ "disabled": disabled })).await.status, 200);
            same(app, &[DOORS[0], DOORS[2]], verb).await;
        }
    }

    async fn invitations_are_alike(app) {
        let mut sam = app.sam().await;
        let api = app.api().await;
        app.invite(&mut sam, DOORS[0], &["User Admin"]).await;
        let made = invited(&api, DOORS[1], "ROLE_USER_ADMIN").await;
        assert_eq!(state(app, DOORS[0]).await, state(app, DOORS[1]).await);
        let (one, other) = (event(app, DOORS[0]).await, event(app, DOORS[1]).await);
        assert_eq!((one.0, one.2["roles"].clone()), (other.0, other.2["roles"].clone()));
        let letters = [app.mail(DOORS[0]).await, app.mail(DOORS[1]).await];
        assert_eq!(letters[0].subject, letters[1].subject);
        assert!(letters.iter().all(|letter| letter.temporary_password().is_some()));
        // Resent and deleted.
        app.advance_seconds(120);
        sam.get(&format!("/users/{}/resend", app.id(DOORS[0]).await)).await;
        let button = sam.page.buttons().into_iter().find(|name| name.starts_with("Resend")).expect("a button");
        sam.press(&button).await;
        api.post(&format!("{}/resend-activation-link", path_of("users", &made)), json!({})).await;
        assert_eq!(event(app, DOORS[0]).await.0, event(app, DOORS[1]).await.0);
        sam.get(&format!("/users/{}/delete", app.id(DOORS[0]).await)).await;
        sam.press("Delete").await;
        assert_eq!(api.delete(&path_of("users", &made)).await.status, 204);
        let (one, other) = (event(app, DOORS[0]).await, event(app, DOORS[1]).await);
        assert_eq!((one.0, one.2), (other.0, other.2));
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE kind = 'person'").await, 1, "both are erased");
    }

    async fn a_token_made_in_the_portal_is_a_token_of_both_apis(app) {
        let mut sam = app.sam().await;
        let acme = app.organization("Acme").await;
        sam.get("/tokens/new").await;
        let form = sam.form("Create token").fill("Token name", "Ours").choose("api.users.read");
        sam.submit(form).await;
        let token = app.caller(&sam.page.value("Token"));
        assert_eq!(token.get("/api/v1/users/current").await.status, 200);
        assert_eq!(token.get(&format!("/api/tenant/{acme}/user")).await.status, 200);
        sam.get("/tokens/new").await;
        let form = sam
            .form("Create token")
            .fill("Token name", "All")
            .choose("Global")
            .choose("api.tenants.read")
            .choose("api.users.read");
        sam.submit(form).await;
        let token = app.caller(&sam.page.value("Token"));
        assert_eq!(token.get("/api/tenant").await.status, 200);
        assert_eq!(token.get("/api/user").await.status, 200);
        sam.get("/tokens/new").await;
        let form = sam.form("Create token").fill("Token name", "Wrong").choose("api.tenants.read");
        sam.submit(form).await;
        assert_eq!(sam.page.code(), 409);
        assert!(sam.page.text().contains("api.tenants.read is for global tokens."), "{}", sam.page.text());
    }

    async fn the_description_is_for_who_is_let_in(app) {
        let api = app.api().await;
        for (token, status) in [("", 401), ("x", 401), (api.token.as_str(), 200)] {
            assert_eq!(app.caller(token).get("/api/openapi.json").await.status, status, "{token}");
        }
        let mut browser = app.browser();
        assert_eq!(browser.get("/api/reference").await.heading(), "Log in");
        let mut sam = app.sam().await;
        assert_eq!(sam.get("/api/reference").await.heading(), "API reference");
        assert_eq!(sam.fetch("/api/openapi.json").await.code(), 200);
    }

    async fn a_page_tells_the_call_that_does_the_same(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Diaz", "ana@acme.example", &["User"]).await;
        let id = app.id("ana@acme.example").await;
        let told =
            async |sam: &mut Browser, path: &str| sam.get(path).await.first("details.api-call").unwrap_or_default();
        let base = format!("http://127.0.0.1:8080/api/v1/users/{id}");
        let version = app.version("Acme", "ana@acme.example").await;
        let disable = told(&mut sam, &format!("/users/{id}/disable")).await;
        assert!(disable.contains(&format!("curl -X PUT '{base}'")), "{disable}");
        assert!(
            disable.contains(&format!(r#"-d '{{"enabled":false,"role":"ROLE_USER","version":{version}}}'"#)),
            "{disable}"
        );
        assert!(disable.contains("$ROLLCALL_TOKEN") && disable.contains("api.users.write"), "{disable}");
        let delete = told(&mut sam, &format!("/users/{id}/delete")).await;
        assert!(
            delete.contains(&format!("curl -X DELETE '{base}'")) && delete.contains("api.users.delete"),
            "{delete}"
        );
        assert!(told(&mut sam, &format!("/users/{id}/edit")).await.contains(r#""enabled":true"#));
        assert!(told(&mut sam, "/users/invite").await.contains("curl -X POST 'http://127.0.0.1:8080/api/v1/users'"));
        app.person(&mut sam, "Adam Admin", "adam@acme.example", &["Administrator"]).await;
        let adam = app.id("adam@acme.example").await;
        assert_eq!(told(&mut sam, &format!("/users/{adam}/delete")).await, "", "the API leaves Administrators alone");
    }
}
