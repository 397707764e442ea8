//! The OpenAPI 3.1 document of both dialects. Schemas come from the types the handlers answer with, operations from one
//! table; the reference page is rendered from the same table.

mod operations;

pub use operations::{OPERATIONS, Operation};

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::{
    domain::{
        roles::{TenantRole, V1Role},
        tokens::{MOST_NETWORKS, Permission},
    },
    policy::is_assigned,
    store::{TOKEN_FIELDS, USER_FIELDS},
};

use super::{
    permissions::{PagePermission, Permissions},
    tenant::{
        error::TenantErrorBody,
        tenants::{ShownTenant, TenantDone, TenantList},
        users::{Created, Done, ShownAssignment, ShownUser, TenantsOfUser, UserList},
    },
    v1::{
        listing::{PageOf, Pageable, SortState},
        problem::{FieldProblem, ProblemBody},
        tokens::{self, ApiToken},
        users::{self, RecentLogin, User, UserInfo},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rollcall",
        description = "Administers the people of a multi-tenant platform. Every call carries an API token as \
                       `Authorization: Bearer`."
    ),
    components(schemas(
        User,
        UserInfo,
        RecentLogin,
        PageOf<User>,
        ApiToken,
        PageOf<ApiToken>,
        Pageable,
        SortState,
        ProblemBody,
        FieldProblem,
        Permissions,
        PagePermission,
        ShownUser,
        ShownAssignment,
        UserList,
        Created,
        Done,
        TenantsOfUser,
        ShownTenant,
        TenantList,
        TenantDone,
        TenantErrorBody
    ))
)]
struct Types;

/// Properties that are only there when they have something to say; every other one always is.
const SOMETIMES: [(&str, &str); 5] = [
    ("ApiToken", "token"),
    ("ProblemBody", "requiredPermission"),
    ("ShownUser", "tenants"),
    ("TenantErrorBody", "hint"),
    ("TenantErrorBody", "details"),
];

/// The document.
///
/// # Errors
/// When it cannot be written as JSON, which its test rules out.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(Types::openapi())?;
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_owned(), describe(operation));
        }
    }
    if let Some(whole) = document.as_object_mut() {
        whole.insert("openapi".to_owned(), json!("3.1.0"));
        whole.insert("paths".to_owned(), paths.into());
        whole.insert("security".to_owned(), json!([{ "token": [] }]));
        if let Some(components) = whole.get_mut("components").and_then(Value::as_object_mut) {
            components.insert("securitySchemes".to_owned(), json!({ "token": { "type": "http", "scheme": "bearer" } }));
            if let Some(schemas) = components.get_mut("schemas").and_then(Value::as_object_mut) {
                schemas.iter_mut().for_each(|(name, schema)| close(name, schema));
            }
        }
    }
    Ok(document)
}

/// An answer has the properties of its schema, all of them and no other (security contract S58).
fn close(name: &str, schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    let Some(properties) = object.get("properties").and_then(Value::as_object) else { return };
    let always: Vec<&String> =
        properties.keys().filter(|property| !SOMETIMES.contains(&(name, property.as_str()))).collect();
    let always = json!(always);
    object.insert("required".to_owned(), always);
    object.insert("additionalProperties".to_owned(), json!(false));
}

fn describe(operation: &Operation) -> Value {
    let is_v1 = operation.path.starts_with("/api/v1");
    let mut parameters: Vec<Value> = operation
        .path
        .split(['{', '}'])
        .skip(1)
        .step_by(2)
        .map(|name| {
            let schema = if is_v1 || name == "email" { json!({ "type": "string" }) } else { guid() };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    parameters.extend(operation.query.iter().map(|name| parameter(operation.path, name)));
    let (status, schema) = operation.success;
    let mut responses = Map::new();
    let success = if schema.is_empty() {
        json!({ "description": "Done." })
    } else {
        json!({ "description": "Done.", "content": content("application/json", schema) })
    };
    responses.insert(status.to_string(), success);
    let (kind, error) =
        if is_v1 { ("application/problem+json", "ProblemBody") } else { ("application/json", "TenantErrorBody") };
    for status in ["400", "401", "403", "404", "405", "409", "413", "415", "429", "503"] {
        responses.insert(status.to_owned(), json!({ "description": "Refused.", "content": content(kind, error) }));
    }
    let needs = if operation.permission.is_empty() {
        "Needs no permission.".to_owned()
    } else {
        format!("Needs the permission `{}`.", operation.permission)
    };
    let mut described = json!({
        "summary": operation.summary,
        "description": needs,
        "tags": [tag(operation.path)],
        "operationId": format!("{} {}", operation.method, operation.path),
        "parameters": parameters,
        "responses": responses,
    });
    if let (false, Some(object)) = (operation.body.is_empty(), described.as_object_mut()) {
        let is_required = operation.body.iter().any(|field| field.contains('!') || *field == "$query");
        let content = json!({ "application/json": { "schema": body(operation.body) } });
        object.insert("requestBody".to_owned(), json!({ "required": is_required, "content": content }));
    }
    described
}

fn tag(path: &str) -> &'static str {
    match path {
        path if path.starts_with("/api/v1/users") => "Users v1",
        path if path.starts_with("/api/v1") => "API tokens v1",
        path if path.starts_with("/api/user") => "Users of all tenants",
        path if path.contains("/user") => "Users of a tenant",
        _ => "Tenants",
    }
}

fn content(kind: &str, schema: &str) -> Value {
    json!({ kind: { "schema": { "$ref": format!("#/components/schemas/{schema}") } } })
}

/// An id as the tenant dialect takes it: anything else is no GUID to it.
fn guid() -> Value {
    json!({
        "type": "string",
        "format": "uuid",
        "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    })
}

fn parameter(path: &str, name: &str) -> Value {
    let is_v1 = path.starts_with("/api/v1");
    let schema = match name {
        "page" => json!({ "type": "integer", "minimum": i32::from(!is_v1), "maximum": u32::MAX }),
        "size" | "pageSize" => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        "includeDisabled" => json!({ "type": "boolean" }),
        "role" => json!({ "type": "string", "enum": tenant_roles() }),
        "sort" => {
            let fields = if path.starts_with("/api/v1/users") { &USER_FIELDS[..] } else { &TOKEN_FIELDS[..] };
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let pattern = format!("^({})(,(asc|desc))?$", names.join("|"));
            json!({ "type": "array", "items": { "type": "string", "pattern": pattern } })
        }
        _ => json!({ "type": "string" }),
    };
    json!({ "name": name, "in": "query", "required": false, "schema": schema })
}

fn tenant_roles() -> Vec<&'static str> {
    TenantRole::ALL.iter().map(|role| role.key()).collect()
}

fn v1_roles(wanted: impl Fn(V1Role) -> bool) -> Vec<&'static str> {
    V1Role::ALL.iter().copied().filter(|role| wanted(*role)).map(V1Role::key).collect()
}

/// What a kind of field takes.
fn kind(kind: &str) -> Value {
    let text = |least: u32, most: u32| json!({ "type": "string", "minLength": least, "maxLength": most });
    match kind {
        "address" => json!({ "type": "string", "format": "email", "minLength": 3 }),
        "date-time" => json!({ "type": "string", "format": "date-time" }),
        "date" => json!({ "type": "string", "minLength": 10 }),
        "name" => text(1, 100),
        "display-name" => text(2, 100),
        "name-part" => text(0, 50),
        "text" => text(0, 1000),
        "zone" => text(0, 64),
        "slug" => json!({ "type": "string", "pattern": "^[a-z0-9-]{3,63}$" }),
        "guid" => guid(),
        "version" => json!({ "type": "integer", "format": "int64" }),
        "limit" => json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX }),
        "count" => json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX }),
        "addresses" => json!({ "type": "array", "items": { "type": "string" }, "maxItems": MOST_NETWORKS }),
        "permissions" => {
            let names: Vec<&str> = Permission::all().map(Permission::name).collect();
            json!({ "type": "array", "items": { "type": "string", "enum": names }, "minItems": 1 })
        }
        "role" => json!({ "type": "string", "enum": tenant_roles() }),
        "v1role" => json!({ "type": "string", "enum": v1_roles(|_| true) }),
        "v1assigned" => json!({ "type": "string", "enum": v1_roles(is_assigned) }),
        plain => json!({ "type": plain }),
    }
}

fn body(fields: &[&str]) -> Value {
    let (mut properties, mut required, mut model) = (Map::new(), Vec::new(), None);
    for field in fields {
        let Some((name, of)) = field.split_once(": ") else {
            match *field {
                "$users" => model = Some(&users::MODEL[..]),
                "$tokens" => model = Some(&tokens::MODEL[..]),
                _ => return json!({ "type": "object" }),
            }
            continue;
        };
        let mut schema = kind(of);
        if name.ends_with('!') {
            required.push(name.trim_end_matches('!'));
        } else {
            nullable(&mut schema);
        }
        properties.insert(name.trim_end_matches('!').to_owned(), schema);
    }
    let mut object = json!({ "type": "object", "required": required });
    if let Some(whole) = object.as_object_mut() {
        if let Some(model) = model {
            whole.insert("additionalProperties".to_owned(), json!(false));
            for name in model {
                properties.entry(*name).or_insert_with(|| json!(true));
            }
        }
        whole.insert("properties".to_owned(), properties.into());
    }
    object
}

/// In what may be left out, `null` says the same.
fn nullable(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(kind) = object.get("type").cloned() {
        object.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of a value.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    match value.as_str() {
                        Some(reference) if key == "$ref" => found.push(reference.to_owned()),
                        _ => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let document = document().unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
