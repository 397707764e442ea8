//! The id in the path of a v1 call, as it was written: one that cannot be read is as unknown as one that does not
//! exist, and which of the two it is the handler need not know.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

/// The segment after the name of the resource.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // "", "api", "v1", the resource, the id.
        Ok(Self(parts.uri.path().split('/').nth(4).unwrap_or_default().to_owned()))
    }
}
