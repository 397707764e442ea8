//! Headers every answer carries, errors included (S42, S43).

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::app::App;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      object-src 'none'";

const PERMISSIONS: &str = "accelerometer=(), camera=(), clipboard-write=(self), display-capture=(), fullscreen=(), \
                           geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
                           publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

const FIXED: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Adds them.
pub async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let https = app.config.public_url.is_https();
    finish_removed_cookies(response.headers_mut(), https);
    add(response.headers_mut(), https);
    response
}

/// A cookie is taken back with the attributes it was given: browsers ignore a `__Host-` cookie without Secure.
fn finish_removed_cookies(headers: &mut HeaderMap, https: bool) {
    let attributes = if https { "; HttpOnly; SameSite=Lax; Secure" } else { "; HttpOnly; SameSite=Lax" };
    for cookie in headers.iter_mut().filter(|(name, _)| *name == header::SET_COOKIE).map(|(_, cookie)| cookie) {
        let text = cookie.to_str().unwrap_or_default();
        if text.contains("Max-Age=0") && !text.contains("HttpOnly") {
            let whole = format!("{text}{attributes}");
            *cookie = HeaderValue::from_str(&whole).unwrap_or_else(|_| cookie.clone());
        }
    }
}

/// Adds the headers to an answer that no handler made.
pub fn add(headers: &mut HeaderMap, https: bool) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
