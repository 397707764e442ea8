//! The two API dialects line by line of their contracts, each line on both databases. Every answer is held against the
//! OpenAPI document on the way.

mod doors;
mod limits;
mod order;
mod query;
mod readme;
mod service_accounts;
mod tenant_users;
mod tenants;
mod tokens;
mod users;

use serde_json::{Value, json};

use crate::support::{Api, api::Answer};

/// Invites somebody through the v1 API.
async fn invited(api: &Api<'_>, email: &str, role: &str) -> Value {
    let answer = api.post("/api/v1/users", json!({ "email": email, "role": role })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json
}

/// The path of a user or token of the v1 API.
fn path_of(kind: &str, object: &Value) -> String {
    format!("/api/v1/{kind}/{}", object["id"].as_str().expect("an id"))
}

/// Makes a user in no tenant; gives the id.
async fn person(global: &Api<'_>, email: &str, role: &str) -> String {
    let new = json!({ "email": email, "displayName": "Ana Maria Diaz", "roleName": role });
    let answer = global.post("/api/user", new).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.text_of("userId")
}

/// The object as PUT of the v1 API takes it, with other values.
fn save(user: &Value, role: &str, enabled: bool) -> Value {
    json!({ "version": user["version"], "role": role, "enabled": enabled })
}

fn expect(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.refusal(), (status, code), "{what}: {}", answer.text);
}

/// An id nobody has.
const NOBODY: &str = "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11";
