//! What each operation leaves in the audit log, whichever door it comes through: exactly one event, told in full in
//! `golden/evidence.txt` (portal contract 1.16, security contract S81).

use std::{collections::HashSet, fmt::Write};

use axum::http::Method;
use rollcall::{
    domain::{
        audit::AuditAction,
        ids::OrganizationId,
        text::{DisplayName, Email, TokenName},
        time::{Timestamp, days, minutes},
        tokens::{NewToken, Permission},
    },
    flows::{
        mfa, set_up,
        tokens::{Outcome, create_from_command_line},
    },
};
use serde_json::{Value, json};

use crate::support::{
    Browser, PASSWORD, SAM, TestApp,
    authenticator::{Authenticator, enroll},
    both, golden,
};

/// Recorded by commands that are played by their own tests.
const ELSEWHERE: [AuditAction; 3] = [AuditAction::KeyRotated, AuditAction::BackupMade, AuditAction::BackupRestored];

/// What was seen of the log, and what it said, operation by operation.
struct Ledger<'a> {
    app: &'a TestApp,
    seen: HashSet<String>,
    keys: HashSet<String>,
    told: String,
}

impl<'a> Ledger<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let mut ledger = Self { app, seen: HashSet::new(), keys: HashSet::new(), told: String::new() };
        ledger.add("first run", &["account.created", "organization.created"]).await;
        ledger
    }

    /// Whatever led up to an operation is no part of it.
    async fn skip(&mut self) {
        self.events().await;
    }

    async fn events(&mut self) -> Vec<Value> {
        let columns = [
            "id",
            "action",
            "actor_name",
            "coalesce(actor_email, '')",
            "target_kind",
            "target_name",
            "organization",
            "coalesce(address, '')",
            "CASE WHEN request_id IS NULL THEN '' ELSE 'request' END",
            "before",
            "after",
        ];
        let columns = columns.join(" || '\u{1f}' || ");
        let lines =
            self.app.pool.texts(&format!("SELECT {columns} FROM audit_events ORDER BY at, action, number")).await;
        let cells = lines.iter().map(|line| line.split('\u{1f}').collect::<Vec<_>>());
        let new: Vec<Vec<String>> = cells
            .filter(|cells| self.seen.insert(cells[0].to_owned()))
            .map(|cells| cells.into_iter().map(str::to_owned).collect())
            .collect();
        new.into_iter().map(|cells| json!(cells)).collect()
    }

    /// The operation left these events and no other.
    async fn add(&mut self, operation: &str, keys: &[&str]) {
        let events = self.events().await;
        let _ = writeln!(self.told, "{operation}");
        for event in &events {
            let cell = |number: usize| event[number].as_str().unwrap_or_default();
            let parsed = |number: usize| masked(&serde_json::from_str(cell(number)).expect("JSON"));
            let who = format!("{} {}", cell(2), cell(3));
            let organization = if cell(6).is_empty() { "-" } else { cell(6) };
            let from = format!("{} {}", cell(7), cell(8));
            let _ = writeln!(
                self.told,
                "  {} | {} | {} {} | {organization} | {} | {} -> {}",
                cell(1),
                who.trim(),
                cell(4),
                cell(5),
                from.trim(),
                parsed(9),
                parsed(10)
            );
            self.keys.insert(cell(1).to_owned());
        }
        let mut actual: Vec<&str> = events.iter().filter_map(|event| event[1].as_str()).collect();
        actual.sort_unstable();
        let mut expected = keys.to_vec();
        expected.sort_unstable();
        assert_eq!(actual, expected, "{operation}\n{}", self.told.lines().rev().take(3).collect::<Vec<_>>().join("\n"));
    }
}

/// Ids and times differ from run to run.
fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) if text.parse::<OrganizationId>().is_ok() => json!("#"),
        Value::String(text) if Timestamp::parse_rfc3339(text).is_some() => json!("@"),
        Value::Array(list) => list.iter().map(masked).collect(),
        Value::Object(object) => object.iter().map(|(field, value)| (field.clone(), masked(value))).collect(),
        other => other.clone(),
    }
}

async fn confirm(by: &mut Browser, id: &str, path: &str, button: &str) {
    by.get(&format!("/users/{id}/{path}")).await;
    by.press(button).await;
    assert_eq!(by.page.code(), 200, "{path}: {}", by.page.text());
}

async fn with_password(by: &mut Browser, path: &str, button: &str) {
    by.get(path).await;
    let form = by.form(button).fill("Password", PASSWORD);
    by.send_form(&form).await;
}

async fn people(app: &TestApp, ledger: &mut Ledger<'_>) {
    let mut sam = app.sam().await;
    ledger.add("log in", &["login.succeeded"]).await;
    app.invite(&mut sam, "ana@acme.example", &["Callback Viewer"]).await;
    ledger.add("invite", &["user.invited"]).await;
    app.invite(&mut sam, "bo@acme.example, cy@acme.example", &[]).await;
    ledger.add("invite two", &["user.invited", "user.invited"]).await;
    app.advance(minutes(2));
    let ana = app.id("ana@acme.example").await;
    confirm(&mut sam, &ana, "resend", "Resend").await;
    ledger.add("resend", &["user.invitation_resent"]).await;
    let temporary = app.mail("ana@acme.example").await.temporary_password().expect("password");
    let mut browser = app.activate("ana@acme.example").await;
    ledger.add("activate", &["account.activated"]).await;
    browser.log_in("ana@acme.example", &temporary).await;
    ledger.add("log in with the temporary password", &["login.succeeded"]).await;
    let form = browser.form("Save").fill("Name", "Ana Lima").fill("New password", PASSWORD);
    browser.submit(form.fill("Confirm new password", PASSWORD)).await;
    ledger.add("choose the first password", &["account.password_changed"]).await;
    browser.get("/account").await;
    let form = browser.form("Save").fill("Name", "Ana L.");
    browser.submit(form).await;
    ledger.add("change one's own name", &["account.name_changed"]).await;
    browser.get("/account/email").await;
    let form = browser.form("Submit").fill("New email", "ana.l@acme.example").fill("Current password", PASSWORD);
    browser.submit(form).await;
    ledger.add("ask for another email", &[]).await;
    let link = app.mail("ana.l@acme.example").await.link();
    browser.get(&link).await;
    let button = browser.page.buttons().into_iter().find(|button| button.contains("email")).expect("a button");
    browser.press(&button).await;
    ledger.add("confirm it", &["account.email_changed"]).await;
    let mut browser = app.log_in("ana.l@acme.example").await;
    app.log_in("ana.l@acme.example").await;
    ledger.skip().await;
    browser.get("/account").await;
    browser.press("End all other sessions").await;
    ledger.add("end all other sessions", &["session.ended"]).await;
    browser.get("/account/password").await;
    let form = browser.form("Save").fill("Current password", PASSWORD).fill("New password", "lantern ferry winter");
    browser.submit(form.fill("Confirm new password", "lantern ferry winter")).await;
    ledger.add("change the password", &["account.password_changed"]).await;
    let link = app.reset_link("ana.l@acme.example").await;
    ledger.add("ask for a reset", &[]).await;
    browser.get(&link).await;
    let form = browser.form("Save password").fill("New password", PASSWORD);
    browser.submit(form.fill("Confirm new password", PASSWORD)).await;
    ledger.add("reset the password", &["account.password_reset"]).await;

    for address in ["ana.l@acme.example", "nobody@elsewhere.example"] {
        app.browser().log_in(address, "wrong password!").await;
        ledger.add(&format!("a wrong password for {address}"), &["login.failed"]).await;
        app.browser().log_in(address, "wrong password!").await;
        ledger.add("at once another", &["login.locked"]).await;
        app.advance(minutes(1));
        app.browser().log_in(address, PASSWORD).await;
        ledger.add("while locked", &["login.refused_locked"]).await;
    }

    sam.get(&format!("/users/{ana}/edit")).await;
    let form = sam.form("Save").fill("Name", "Ana Lima").fill("Email", "ana@acme.example").choose("Analyst");
    sam.submit(form).await;
    ledger.add("edit email, name and roles", &["user.edited"]).await;
    sam.get(&format!("/users/{ana}/edit")).await;
    let form = sam.form("Save").choose("Developer").choose("Webhooks Viewer");
    sam.submit(form).await;
    ledger.add("edit roles", &["user.roles_changed"]).await;
    confirm(&mut sam, &ana, "end-sessions", "End all sessions").await;
    ledger.add("end all sessions of somebody", &["session.ended"]).await;
    confirm(&mut sam, &ana, "disable-everywhere", "Disable everywhere").await;
    ledger.add("disable everywhere", &["account.disabled"]).await;
    confirm(&mut sam, &ana, "enable-everywhere", "Enable everywhere").await;
    ledger.add("enable everywhere", &["account.enabled"]).await;
    confirm(&mut sam, &ana, "disable", "Disable").await;
    ledger.add("disable", &["user.disabled"]).await;
    confirm(&mut sam, &ana, "enable", "Enable").await;
    ledger.add("enable", &["user.enabled"]).await;
    let (bo, cy) = (app.id("bo@acme.example").await, app.id("cy@acme.example").await);
    sam.get("/users").await;
    let bulk = [("action", "add_role"), ("role", "callback:viewer"), ("id", bo.as_str()), ("id", cy.as_str())];
    sam.forge("/users/bulk", &bulk).await;
    sam.follow().await;
    sam.press("Apply").await;
    ledger.add("add a role in bulk", &["user.roles_changed", "user.roles_changed"]).await;
    confirm(&mut sam, &bo, "cancel", "Cancel invitation").await;
    ledger.add("cancel an invitation", &["user.invitation_cancelled"]).await;
    confirm(&mut sam, &ana, "delete", "Delete").await;
    ledger.add("delete", &["user.deleted"]).await;
    sam.fetch("/users/export.csv").await;
    ledger.add("export users", &["users.exported"]).await;
    sam.fetch("/audit/export.csv?who=sam&action=user.invited&from=2025-01-01&to=never").await;
    ledger.add("export the audit log", &["audit.exported"]).await;
    sam.get("/users").await;
    sam.press("Log out").await;
    ledger.add("log out", &["logout"]).await;
}

async fn organizations(app: &TestApp, ledger: &mut Ledger<'_>) {
    let mut sam = app.sam().await;
    ledger.skip().await;
    sam.get("/roles/new").await;
    let form = sam.form("Save").fill("Role name", "Night shift").set("webhooks.webhooks", "view");
    sam.submit(form).await;
    ledger.add("add a role", &["role.created"]).await;
    let role = app.pool.texts("SELECT id FROM custom_roles WHERE name = 'Night shift'").await.remove(0);
    sam.get(&format!("/roles/{role}")).await;
    let form = sam.form("Save").fill("Description", "At night").set("callback.exports", "most");
    sam.submit(form).await;
    ledger.add("change it", &["role.changed"]).await;
    sam.get(&format!("/roles/{role}/delete")).await;
    sam.press("Delete").await;
    ledger.add("delete it", &["role.deleted"]).await;
    sam.get("/tokens/new").await;
    let form = sam.form("Create token").fill("Token name", "Robot").choose("api.users.read");
    sam.send_form(&form).await;
    ledger.add("create a token", &["token.created"]).await;
    let token = app.pool.texts("SELECT id FROM api_tokens WHERE name = 'Robot'").await.remove(0);
    sam.get(&format!("/tokens/{token}/revoke")).await;
    sam.press("Revoke").await;
    ledger.add("revoke it", &["token.revoked"]).await;
    sam.get("/organizations/new").await;
    let form = sam.form("Save").fill("Name", "Beta");
    sam.submit(form).await;
    ledger.add("add an organization", &["organization.created"]).await;
    let beta = app.pool.texts("SELECT id FROM organizations WHERE name = 'Beta'").await.remove(0);
    sam.get(&format!("/organizations/{beta}")).await;
    let form = sam.form("Save").fill("User limit", "12");
    sam.submit(form).await;
    ledger.add("limit its users", &["organization.changed"]).await;
    let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
    app.person(&mut sam, "Di Ash", "di@acme.example", &[]).await;
    ledger.skip().await;
    sam.get(&format!("/organizations/{acme}")).await;
    let form = sam.form("Save").choose("Require multi-factor authentication");
    sam.submit(form).await;
    ledger.add("require a second factor", &["organization.mfa_changed"]).await;
}

async fn second_factor(app: &TestApp, ledger: &mut Ledger<'_>) {
    let mut browser = app.browser();
    browser.log_in("di@acme.example", PASSWORD).await;
    ledger.skip().await;
    let authenticator = Authenticator::scan(&browser);
    let form = browser.form("Verify").fill("Verification code", &authenticator.code(app.now()));
    browser.submit(form).await;
    ledger.add("set up a second factor", &["mfa.enrolled"]).await;
    app.advance_seconds(60);
    with_password(&mut browser, "/account/recovery-codes", "Confirm").await;
    ledger.add("show the recovery codes", &["mfa.recovery_codes_shown"]).await;
    with_password(&mut browser, "/account/recovery-codes/new", "Generate").await;
    ledger.add("make new ones", &["mfa.recovery_codes_regenerated"]).await;
    let recovery =
        browser.page.all("ol li, ul li").into_iter().find_map(|item| code_in(&item)).expect("a recovery code");
    browser.get("/account/authenticator").await;
    let form = browser.form("Continue").fill("Password", PASSWORD);
    let form = form.fill("Verification code or recovery code", &authenticator.code(app.now()));
    browser.submit(form).await;
    ledger.skip().await;
    let authenticator = Authenticator::scan(&browser);
    let form = browser.form("Verify").fill("Verification code", &authenticator.code(app.now()));
    browser.submit(form).await;
    ledger.add("replace the authenticator", &["mfa.replaced"]).await;
    app.advance_seconds(60);
    let mut again = app.browser();
    again.log_in("di@acme.example", PASSWORD).await;
    ledger.add("a password alone", &[]).await;
    let form = again.form("Verify").fill("Verification code", &authenticator.wrong_code(app.now()));
    again.send_form(&form).await;
    ledger.add("a wrong code", &["login.failed"]).await;
    app.advance_seconds(10);
    let form = again.form("Verify").fill("Verification code", &authenticator.code(app.now()));
    again.submit(form).await;
    ledger.add("the right code", &["login.succeeded"]).await;
    with_password(&mut again, "/account/recovery-codes", "Confirm").await;
    ledger.skip().await;
    assert!(!again.page.text().contains(&recovery), "replacing renews the codes");
    let recovery = again.page.all("ol li, ul li").into_iter().find_map(|item| code_in(&item)).expect("a recovery code");
    let mut third = app.browser();
    third.log_in("di@acme.example", PASSWORD).await;
    third.get("/login/mfa?method=recovery").await;
    let form = third.form("Verify").fill("Recovery code", &recovery);
    third.submit(form).await;
    ledger.add("log in with a recovery code", &["login.succeeded", "mfa.recovery_code_used"]).await;
    app.advance(minutes(16));
    third.get("/account").await;
    ledger.add("come back after 16 minutes", &["session.idle_ended"]).await;

    let sams = enroll(app, SAM).await;
    let mut sam = app.browser();
    sam.log_in_with(app, SAM, &sams).await;
    ledger.skip().await;
    let di = app.id("di@acme.example").await;
    confirm(&mut sam, &di, "reset-authenticator", "Reset authenticator").await;
    ledger.add("reset somebody's authenticator", &["mfa.reset_by_admin"]).await;
    let done = mfa::reset_from_command_line(&app.app, &Email::parse(SAM).expect("address")).await;
    assert!(done.expect("reset"));
    ledger.add("rollcall admin reset-mfa", &["mfa.reset_by_admin"]).await;
}

/// A recovery code in a line of the list.
fn code_in(item: &str) -> Option<String> {
    item.split_whitespace().find(|word| word.len() == 11 && word.as_bytes()[5] == b'-').map(str::to_owned)
}

async fn token(app: &TestApp, organization: Option<&str>, name: &str) -> Browser {
    let permissions = Permission::OF_ORGANIZATION.into_iter().chain(Permission::OF_TENANTS).collect();
    let occasion = app.app.occasion();
    let expires_at = occasion.now.plus(days(30));
    let new = NewToken { name: TokenName::parse(name).expect("name"), permissions, networks: Vec::new(), expires_at };
    let organization = organization.map(|id| id.parse().expect("an id"));
    let made = create_from_command_line(&app.app, organization, &new, &occasion).await.expect("made");
    let Outcome::Done(secret) = made else { panic!("not made") };
    app.browser().with_header("authorization", &format!("Bearer {}", secret.exposed()))
}

async fn call(by: &mut Browser, method: &str, path: &str, body: Value) -> Value {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let kind = (!body.is_empty()).then_some("application/json");
    by.send(method, path, kind, body).await;
    assert!(by.page.status.is_success(), "{path}: {} {}", by.page.code(), by.page.body);
    serde_json::from_str(&by.page.body).unwrap_or(Value::Null)
}

async fn users_api(app: &TestApp, ledger: &mut Ledger<'_>) {
    let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
    let mut ci = token(app, Some(&acme), "CI").await;
    ledger.add("rollcall token create", &["token.created"]).await;
    let made = call(&mut ci, "POST", "/api/v1/users", json!({ "email": "ed@acme.example", "role": "ROLE_USER" })).await;
    ledger.add("POST /api/v1/users", &["user.invited"]).await;
    let path = format!("/api/v1/users/{}", made["id"].as_str().expect("id"));
    let mut version = made["version"].as_i64().expect("version");
    for (role, enabled, key) in [
        ("ROLE_USER_ADMIN", true, Some("user.roles_changed")),
        ("ROLE_USER_ADMIN", false, Some("user.disabled")),
        ("ROLE_ORGANIZATION_ADMIN", true, Some("user.enabled")),
        ("ROLE_ORGANIZATION_ADMIN", true, None),
    ] {
        let saved = call(&mut ci, "PUT", &path, json!({ "version": version, "role": role, "enabled": enabled })).await;
        version = saved["version"].as_i64().expect("version");
        ledger.add(&format!("PUT /api/v1/users/#: {role}, {enabled}"), key.as_slice()).await;
    }
    app.advance(minutes(2));
    call(&mut ci, "POST", &format!("{path}/resend-activation-link"), Value::Null).await;
    ledger.add("POST /api/v1/users/#/resend-activation-link", &["user.invitation_resent"]).await;
    call(&mut ci, "DELETE", &path, Value::Null).await;
    ledger.add("DELETE /api/v1/users/#", &["user.deleted"]).await;
    let expiry = app.now().plus(days(1)).rfc3339();
    let new = json!({ "name": "Robot 2", "expiry": expiry, "permissions": ["api.users.read"] });
    let made = call(&mut ci, "POST", "/api/v1/api-tokens", new).await;
    ledger.add("POST /api/v1/api-tokens", &["token.created"]).await;
    let path = format!("/api/v1/api-tokens/{}", made["id"].as_str().expect("id"));
    let change = json!({ "version": made["version"], "name": "Robot 3", "permissions": ["api.users.write"] });
    call(&mut ci, "PUT", &path, change).await;
    ledger.add("PUT /api/v1/api-tokens/#", &["token.changed"]).await;
    call(&mut ci, "DELETE", &path, Value::Null).await;
    ledger.add("DELETE /api/v1/api-tokens/#", &["token.revoked"]).await;
}

async fn tenant_api(app: &TestApp, ledger: &mut Ledger<'_>) {
    let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
    let mut platform = token(app, None, "Platform").await;
    ledger.skip().await;
    let by = &mut platform;
    let person = |email: &str, role: &str| json!({ "email": email, "displayName": "Fay Oh", "roleName": role });
    let made = call(by, "POST", "/api/user", person("fay@acme.example", "Administrator")).await;
    ledger.add("POST /api/user", &["account.created"]).await;
    let fay = made["userId"].as_str().expect("id").to_owned();
    let (global, here) = (format!("/api/user/{fay}"), format!("/api/tenant/{acme}/user/{fay}"));
    call(by, "POST", &here, Value::Null).await;
    ledger.add("POST /api/tenant/#/user/#", &["user.assigned"]).await;
    call(by, "POST", &format!("/api/tenant/{acme}/user"), person("gus@acme.example", "User")).await;
    ledger.add("POST /api/tenant/#/user", &["account.created"]).await;
    for (path, body, keys) in [
        (&here, json!({ "roleName": "Analyst" }), vec!["user.roles_changed"]),
        (&here, json!({ "displayName": "Fay O." }), vec!["user.edited"]),
        (&here, json!({}), vec![]),
        (&global, json!({ "displayName": "Fay Oh" }), vec!["user.edited"]),
        (&global, json!({ "isServiceAccount": true, "homeTenantId": acme }), vec!["account.service_account_changed"]),
        (&global, json!({ "isServiceAccount": false, "roleName": "Developer" }), vec!["user.roles_changed"]),
        (&global, json!({ "disabled": true }), vec!["account.disabled"]),
        (&global, json!({ "disabled": false, "displayName": "Fay" }), vec!["account.enabled"]),
        (&global, json!({}), vec![]),
    ] {
        call(by, "PUT", path, body.clone()).await;
        let name = if *path == here { "PUT /api/tenant/#/user/#" } else { "PUT /api/user/#" };
        ledger.add(&format!("{name} {}", masked(&body)), &keys).await;
    }
    call(by, "DELETE", &here, Value::Null).await;
    ledger.add("DELETE /api/tenant/#/user/#", &["user.removed"]).await;
    let new = json!({ "name": "gamma", "displayName": "Gamma", "maxUsers": 3, "maxAnalyst": 1 });
    let gamma = call(by, "POST", "/api/tenant", new).await["tenantId"].clone();
    ledger.add("POST /api/tenant", &["organization.created"]).await;
    call(by, "PUT", "/api/tenant", json!({ "tenantId": gamma, "displayName": "Gamma 2", "maxUsers": 9 })).await;
    ledger.add("PUT /api/tenant", &["organization.changed"]).await;
    call(by, "DELETE", "/api/tenant", json!({ "tenantId": gamma, "name": "gamma", "displayName": "Gamma 2" })).await;
    ledger.add("DELETE /api/tenant", &["organization.deleted"]).await;
}

async fn command_line(app: &TestApp, ledger: &mut Ledger<'_>) {
    let name = DisplayName::parse("Una Root").expect("name");
    let email = Email::parse("una@acme.example").expect("address");
    set_up::add_server_administrator(&app.app, &email, &name, PASSWORD).await.expect("added");
    ledger.add("rollcall admin create", &["account.created"]).await;
    app.add_organization("Delta").await;
    ledger.add("rollcall organization create", &["organization.created"]).await;
}

both! {
    async fn every_operation_leaves_exactly_the_agreed_events(app) {
        let mut ledger = Ledger::open(app).await;
        people(app, &mut ledger).await;
        organizations(app, &mut ledger).await;
        second_factor(app, &mut ledger).await;
        users_api(app, &mut ledger).await;
        tenant_api(app, &mut ledger).await;
        command_line(app, &mut ledger).await;
        golden("evidence.txt", &ledger.told);
        let missing: Vec<&str> = AuditAction::ALL
            .iter()
            .filter(|action| !ELSEWHERE.contains(action))
            .map(|action| action.key())
            .filter(|key| !ledger.keys.contains(*key))
            .collect();
        assert_eq!(missing, [""; 0], "no operation records these");
        assert!(app.verify_audit().await.is_ok());
    }
}
