//! The OpenAPI document and a page to read it, on our own origin and without a script. On the public address they are
//! for people who are signed in and, the document, for tools with an API token; on the operations listener for whoever
//! gets there (security contract S87).

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    gate,
    openapi::{OPERATIONS, Operation, document},
    tenant::error::TenantError,
};
use crate::{app::App, error::AppError, web::visitor::Visitor};

/// The reference page.
#[derive(Debug, Template)]
#[template(path = "api/reference.html")]
struct Reference {
    groups: Vec<(&'static str, Vec<&'static Operation>)>,
}

/// Both, for the operations listener.
pub fn open_router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/api/openapi.json", get(open_document)).route("/api/reference", get(page))
}

/// The document, for somebody signed in or a token that works.
pub async fn show_document(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, TenantError> {
    if !visitor.is_signed_in() {
        let (parts, _) = request.into_parts();
        gate::present(&app, &parts).await?;
    }
    open_document().await
}

async fn open_document() -> Result<Response, TenantError> {
    let text = document().map_err(AppError::fault)?.to_string();
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

/// The page.
pub async fn page() -> Result<Response, AppError> {
    let groups = [("Users API v1", "/api/v1/"), ("Users of all tenants", "/api/user"), ("Tenants", "/api/tenant")];
    let groups = groups
        .into_iter()
        .map(|(name, start)| (name, OPERATIONS.iter().filter(|one| one.path.starts_with(start)).collect()))
        .collect();
    let html = Reference { groups }.render().map_err(AppError::fault)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html).into_response())
}
