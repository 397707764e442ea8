//! A word left for the login page in a short-lived cookie. Somebody who is not signed in has no session to keep a message
//! in, and the address of the login page is part of the contract, so it cannot carry one either.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use tower_sessions::cookie::{Cookie, SameSite, time::Duration};

use crate::app::App;

/// Left by an activation when the account has a password of its own already.
pub const OWN_PASSWORD: &str = "own-password";

const NAME: &str = "rollcall-note";

/// Leaves a word for the login page.
pub fn leave(app: &App, response: &mut Response, word: &'static str) {
    let cookie = Cookie::build((NAME, word))
        .path("/login")
        .max_age(Duration::minutes(1))
        .secure(app.config.public_url.is_https())
        .http_only(true)
        .same_site(SameSite::Lax);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Whether this word was left.
pub fn is_left(headers: &HeaderMap, word: &str) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .flatten()
        .any(|cookie| cookie.name() == NAME && cookie.value() == word)
}
