//! The OpenAPI document and a page to read it, on our own origin and without a script.

use askama::Template;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    openapi::{OPERATIONS, Operation, document},
    tenant::error::TenantError,
};
use crate::{app::App, error::AppError};

/// The reference page.
#[derive(Debug, Template)]
#[template(path = "api/reference.html")]
struct Reference {
    groups: Vec<(&'static str, Vec<&'static Operation>)>,
}

/// Both, for everybody.
pub fn router() -> Router<App> {
    Router::new().route("/api/openapi.json", get(show_document)).route("/api/reference", get(show_page))
}

async fn show_document() -> Result<Response, TenantError> {
    let text = document().map_err(AppError::fault)?.to_string();
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

async fn show_page() -> Result<Response, TenantError> {
    let groups = [("Users API v1", "/api/v1/"), ("Users of all tenants", "/api/user"), ("Tenants", "/api/tenant")];
    let groups = groups
        .into_iter()
        .map(|(name, start)| (name, OPERATIONS.iter().filter(|one| one.path.starts_with(start)).collect()))
        .collect();
    let html = Reference { groups }.render().map_err(AppError::fault)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html).into_response())
}
