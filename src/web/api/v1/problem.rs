//! Errors of the v1 API: `application/problem+json` (RFC 9457) with a stable `code`.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    domain::tokens::Permission,
    error::AppError,
    web::{
        api::{
            body::BodyError,
            gate::{PLATFORM_RETRY, Refused},
        },
        cause::{Cause, Chained},
    },
};

/// Header with the seconds until the write budget is fresh.
pub const HOUR_LIMIT: HeaderName = HeaderName::from_static("x-user-hour-limit-remaining");

/// A field that was refused.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// Name of the field.
    pub field: String,
    /// Why.
    pub message: String,
}

/// The answer to a call that fails.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    required: Option<Permission>,
    retry: Option<Retry>,
    cause: Option<AppError>,
}

#[derive(Debug, Clone, Copy)]
enum Retry {
    Platform(i64),
    Hour(i64),
}

/// The body of the answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// The stable word.
    pub code: &'static str,
    /// For people.
    pub detail: String,
    /// What is wrong with which field.
    pub errors: Vec<FieldProblem>,
    /// The permission the token lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_permission: Option<&'static str>,
}

impl Problem {
    /// A problem without fields.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, code, detail, errors: Vec::new(), required: None, retry: None, cause: None }
    }

    /// Fields that are refused.
    pub fn fields(code: &'static str, errors: Vec<FieldProblem>) -> Self {
        let detail =
            errors.first().map_or_else(|| "The request is not valid.".to_owned(), |first| first.message.clone());
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, code, detail) }
    }

    /// One field that is refused.
    pub fn field(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self::fields(code, vec![FieldProblem { field: field.to_owned(), message: message.into() }])
    }

    /// Unknown, or another organization's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            errors: self.errors,
            required_permission: self.required.map(Permission::name),
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        match self.retry {
            Some(Retry::Hour(seconds)) => {
                headers.insert(HOUR_LIMIT, HeaderValue::from(seconds));
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Some(Retry::Platform(seconds)) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            None => {}
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(Arc::new(Chained(cause))));
        }
        response
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unauthorized | Refused::GlobalNeeded | Refused::WrongTenant | Refused::TenantDisabled => {
                Self::new(StatusCode::UNAUTHORIZED, "invalid_token", "A valid API token is needed.")
            }
            Refused::Address => {
                let detail = "The token may not be used from this address.";
                Self::new(StatusCode::FORBIDDEN, "address_not_allowed", detail)
            }
            Refused::Permission(permission) => {
                let detail = format!("The token needs the permission {permission}.");
                let problem = Self::new(StatusCode::FORBIDDEN, "insufficient_permission", detail);
                Self { required: Some(permission), ..problem }
            }
            Refused::PlatformLimit => {
                let detail = "Too many requests from this address.";
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "platform_rate_limited", detail);
                Self { retry: Some(Retry::Platform(PLATFORM_RETRY)), ..problem }
            }
            Refused::WriteLimit(seconds) => {
                let detail = "The writes of this hour are used up.";
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "user_rate_limited", detail);
                Self { retry: Some(Retry::Hour(seconds)), ..problem }
            }
            Refused::Fault(error) => error.into(),
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::UnsupportedMedia => AppError::UnsupportedMedia.into(),
            BodyError::TooLarge => AppError::TooLarge.into(),
            BodyError::Malformed => Self::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not valid JSON."),
            BodyError::RepeatedKey => {
                Self::new(StatusCode::BAD_REQUEST, "malformed_json", "A key stands twice in one object.")
            }
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound => Self::not_found(),
            AppError::ExpiredForm => Refused::Unauthorized.into(),
            AppError::Forbidden(text) => Self::new(StatusCode::FORBIDDEN, "insufficient_permission", text),
            AppError::Conflict { code, message } => conflict(code, message),
            AppError::MethodNotAllowed => {
                let detail = "This path does not take this method.";
                Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
            }
            AppError::TooLarge => {
                let detail = "The body is larger than 1 MiB.";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
            }
            AppError::UnsupportedMedia => {
                let detail = "Send the body as application/json.";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
            }
            AppError::BadRequest(text) => Self::new(StatusCode::BAD_REQUEST, "validation_failed", text),
            AppError::Unavailable | AppError::TooMany { .. } => {
                let retry = Some(Retry::Platform(error.retry_after().unwrap_or(5)));
                let detail = "Not available right now. Nothing was changed.";
                Self { retry, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
            }
            AppError::Misdirected | AppError::Fault(_) => {
                let problem = Self::new(error.status(), "internal_error", "Something went wrong.");
                Self { cause: Some(error), ..problem }
            }
        }
    }
}

/// What the flows refuse, in the words of this dialect.
fn conflict(code: &'static str, message: String) -> Problem {
    match code {
        "protected_user" | "support_user" | "token_user" | "more_access" => {
            Problem::new(StatusCode::FORBIDDEN, "protected_user", message)
        }
        "permission_escalation" => Problem::new(StatusCode::FORBIDDEN, "permission_escalation", message),
        "role_not_allowed" | "role_not_assignable" | "fixed_role" => {
            Problem::field("role_not_allowed", "role", message)
        }
        "already_active" => Problem::new(StatusCode::CONFLICT, "already_validated", message),
        other => Problem::new(StatusCode::CONFLICT, other, message),
    }
}
