//! Bodies of API calls: JSON, within bounds, each key once.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::domain::json::{Json, JsonError};

/// A body may be this large (security contract S88).
const LARGEST: usize = 1024 * 1024;
/// And has this long to arrive.
const SLOWEST: Duration = Duration::from_secs(30);

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Not sent as JSON, or compressed.
    UnsupportedMedia,
    /// Larger than 1 MiB.
    TooLarge,
    /// No JSON.
    Malformed,
    /// A key stands twice in one object.
    RepeatedKey,
}

/// Reads a body; none when there is none.
///
/// # Errors
/// [`BodyError`].
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Option<Json>, BodyError> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let kind = headers.get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| !kind.to_str().is_ok_and(is_json)) || is_compressed(headers) {
        return Err(BodyError::UnsupportedMedia);
    }
    if length.is_some_and(|length| length > LARGEST) {
        return Err(BodyError::TooLarge);
    }
    let bytes = match tokio::time::timeout(SLOWEST, Limited::new(body, LARGEST).collect()).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(BodyError::TooLarge),
        // It broke off, its chunks are none, or it never ended: whatever arrived is no JSON.
        Ok(Err(_)) | Err(_) => return Err(BodyError::Malformed),
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    if kind.is_none() {
        return Err(BodyError::UnsupportedMedia);
    }
    Json::parse(&bytes).map(Some).map_err(|error| match error {
        JsonError::Malformed => BodyError::Malformed,
        JsonError::RepeatedKey => BodyError::RepeatedKey,
    })
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}
