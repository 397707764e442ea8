//! Our own extractors: a form that cannot be read, a bad id or a bad filter answers like the rest of the product, not
//! like the framework.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::error::AppError;

/// A submitted form. Its token was checked before the handler.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(AppError::UnsupportedMedia);
        }
        let bytes =
            axum::body::Bytes::from_request(request, state).await.map_err(|_: BytesRejection| AppError::TooLarge)?;
        serde_html_form::from_bytes(&bytes)
            .map(Self)
            .map_err(|_| AppError::BadRequest("A field of the form is missing or cannot be read."))
    }
}

/// Parameters of the path. One that cannot be read is as unknown as one that does not exist.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        #[expect(clippy::disallowed_types, reason = "this is the wrapper around it")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| AppError::NotFound)
    }
}

/// Parameters of the query. Bad values are ignored, never an error (portal contract 1.8): a query that cannot be read
/// as a whole counts as empty.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequestParts<S> for Query<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(serde_html_form::from_str(query).unwrap_or_default()))
    }
}
