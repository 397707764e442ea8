//! Styles, scripts and fonts, inside the binary. Their addresses carry a hash over all of them, so browsers may keep
//! each for good and a new version is fetched at once.

use std::sync::LazyLock;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Files::iter() {
        hash.update(name.as_bytes());
        if let Some(file) = Files::get(&name) {
            hash.update(file.metadata.sha256_hash());
        }
    }
    hash.finalize().iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
});

/// The address of a static file, such as `css/base.css`.
pub fn url(file: &str) -> String {
    format!("/static/{}/{file}", *VERSION)
}

/// Answers for `/static/{version}/{file}`; nothing for an unknown file or an old version.
pub fn serve(version: &str, file: &str) -> Option<Response<Body>> {
    if version != *VERSION {
        return None;
    }
    let found = Files::get(file)?;
    let kind = match found.metadata.mimetype() {
        kind if kind.starts_with("text/") || kind.ends_with("javascript") => format!("{kind}; charset=utf-8"),
        kind => kind.to_owned(),
    };
    let mut response = Response::new(Body::from(found.data.into_owned()));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(&kind).unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_under_their_own_address_only() {
        let address = url("htmx-4.0.1.min.js");
        let (version, file) = address.trim_start_matches("/static/").split_once('/').unwrap();
        assert!(serve(version, file).is_some());
        assert!(serve("0000000000000000", file).is_none());
        assert!(serve(version, "../Cargo.toml").is_none());
    }
}
