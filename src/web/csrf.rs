//! Protection against forged requests (S39): every change carries a token that belongs to the session, and nothing says
//! it comes from another site. The token is a keyed hash of the session's identifier, so it needs no storage and ends
//! with the session.

use axum::http::{HeaderMap, Method, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    app::App,
    error::AppError,
    keys::{Purpose, same_bytes},
};

/// Name of the form field.
pub const FIELD: &str = "csrf";
/// Name of the header scripts may send instead.
pub const HEADER: &str = "x-csrf-token";

/// The token of a session.
pub fn token(app: &App, session: i128) -> String {
    let hash = app.db.keys().keyed_hash(Purpose::FormToken, &session.to_be_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

/// Whether the method changes something.
pub fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Judges a change by the token its form gave, or the header in its place.
///
/// # Errors
/// [`AppError::ExpiredForm`] for a missing or wrong token and for a request from another site.
pub fn check(expected: &str, given: Option<String>, headers: &HeaderMap, app: &App) -> Result<(), AppError> {
    let given = given.or_else(|| text(headers, HEADER).map(str::to_owned));
    // Without a session there is no token, and nothing is the right one.
    let is_right = !expected.is_empty() && given.is_some_and(|given| same_bytes(given.as_bytes(), expected.as_bytes()));
    if is_right && !is_from_elsewhere(headers, app) { Ok(()) } else { Err(AppError::ExpiredForm) }
}

/// The token in a form.
pub fn form_token(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let kind = text(headers, header::CONTENT_TYPE.as_str())?;
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    url::form_urlencoded::parse(body).find(|(name, _)| name == FIELD).map(|(_, value)| value.into_owned())
}

/// Browsers say where a request comes from; `Sec-Fetch-Site` counts, `Origin` stands in where it is missing.
fn is_from_elsewhere(headers: &HeaderMap, app: &App) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.to_str(), Ok("same-origin" | "none"));
    }
    match headers.get(header::ORIGIN) {
        None => false,
        Some(origin) => !origin.to_str().is_ok_and(|origin| app.config.public_url.is_origin(origin)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
