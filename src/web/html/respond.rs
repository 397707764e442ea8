//! Answers: a rendered page, a redirect with a message, a rejected form.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    error::AppError,
    web::{routes, visitor::Visitor},
};

/// Key in the session under which the next page's message waits.
pub const FLASH: &str = "flash";

/// A page.
///
/// # Errors
/// When the template fails, which its tests rule out.
pub fn page(template: &impl Template) -> Result<Response, AppError> {
    page_with(StatusCode::OK, template)
}

/// A page with another status.
///
/// # Errors
/// As [`page`].
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, AppError> {
    let html = template.render()?;
    let mut response = (status, html).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}

/// On to another page, which shows the message once.
///
/// # Errors
/// When the session cannot be written.
pub async fn done(visitor: &Visitor, path: &str, message: impl Into<String>) -> Result<Response, AppError> {
    visitor.session.insert(FLASH, message.into()).await?;
    Ok(routes::redirect(visitor, path))
}
