//! Errors of the tenant dialect: flat, with `errorCode`.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    error::AppError,
    flows::tenants::TenantRefusal,
    store::Guard,
    web::{
        api::{
            body::BodyError,
            gate::{PLATFORM_RETRY, Refused},
            v1::problem::{FieldProblem, HOUR_LIMIT},
        },
        cause::{Cause, Chained},
    },
};

/// The answer to a call that fails.
#[derive(Debug)]
pub struct TenantError {
    status: StatusCode,
    code: &'static str,
    text: String,
    hint: Option<&'static str>,
    details: Vec<FieldProblem>,
    retry: Option<i64>,
    is_hourly: bool,
    cause: Option<AppError>,
}

/// The body of the answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantErrorBody {
    /// For people.
    pub error: String,
    /// The stable word.
    pub error_code: &'static str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<FieldProblem>,
}

impl TenantError {
    /// An error with its code and text.
    pub fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, code, text, hint: None, details: Vec::new(), retry: None, is_hourly: false, cause: None }
    }

    /// A request that cannot be read.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", text)
    }

    /// Fields that are refused.
    pub fn fields(details: Vec<FieldProblem>) -> Self {
        let text =
            details.first().map_or_else(|| "The request is not valid.".to_owned(), |first| first.message.clone());
        Self { details, ..Self::invalid(text) }
    }

    /// A path value that is no GUID.
    pub fn invalid_id(name: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ID", format!("{name} is not a GUID."))
    }

    /// A role there is not.
    pub fn invalid_role() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ROLE", "There is no such role here.")
    }
}

impl IntoResponse for TenantError {
    fn into_response(self) -> Response {
        let body = TenantErrorBody { error: self.text, error_code: self.code, hint: self.hint, details: self.details };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            if self.is_hourly {
                headers.insert(HOUR_LIMIT, HeaderValue::from(seconds));
            }
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(Arc::new(Chained(cause))));
        }
        response
    }
}

impl From<Refused> for TenantError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unauthorized => Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "A valid API key is needed."),
            Refused::GlobalNeeded => Self {
                hint: Some("Use a global API key, or the paths under /api/tenant/{tenantId}/user."),
                ..Self::new(StatusCode::UNAUTHORIZED, "GLOBAL_KEY_REQUIRED", "This call needs a global API key.")
            },
            Refused::WrongTenant => {
                Self::new(StatusCode::UNAUTHORIZED, "WRONG_TENANT", "This API key belongs to another tenant.")
            }
            Refused::TenantDisabled => Self::new(StatusCode::FORBIDDEN, "TENANT_DISABLED", "The tenant is disabled."),
            Refused::Address => {
                let text = "The API key may not be used from this address.";
                Self::new(StatusCode::FORBIDDEN, "ADDRESS_NOT_ALLOWED", text)
            }
            Refused::Permission(permission) => {
                let text = format!("The API key needs the permission {permission}.");
                Self::new(StatusCode::FORBIDDEN, "INSUFFICIENT_PERMISSION", text)
            }
            Refused::PlatformLimit => Self {
                retry: Some(PLATFORM_RETRY),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "Too many requests from this address.")
            },
            Refused::WriteLimit(seconds) => Self {
                retry: Some(seconds),
                is_hourly: true,
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "The writes of this hour are used up.")
            },
            Refused::Fault(error) => error.into(),
        }
    }
}

impl From<BodyError> for TenantError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::UnsupportedMedia => AppError::UnsupportedMedia.into(),
            BodyError::TooLarge => AppError::TooLarge.into(),
            BodyError::Malformed => Self::invalid("The body is not valid JSON."),
            BodyError::RepeatedKey => Self::invalid("A key stands twice in one object."),
        }
    }
}

impl From<AppError> for TenantError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound => Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is no such path."),
            AppError::ExpiredForm => Refused::Unauthorized.into(),
            AppError::Forbidden(text) => Self::new(StatusCode::FORBIDDEN, "ROLE_NOT_ALLOWED", text),
            AppError::Conflict { message, .. } => Self::new(StatusCode::CONFLICT, "CONFLICT", message),
            AppError::MethodNotAllowed => {
                let text = "This path does not take this method.";
                Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", text)
            }
            AppError::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", "The body is larger than 1 MiB.")
            }
            AppError::UnsupportedMedia => {
                let text = "Send the body as application/json.";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", text)
            }
            AppError::BadRequest(text) => Self::invalid(text),
            AppError::Unavailable | AppError::TooMany { .. } => Self {
                retry: error.retry_after(),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "Not available right now.")
            },
            AppError::Misdirected | AppError::Fault(_) => {
                let problem = Self::new(error.status(), "INTERNAL_ERROR", "Something went wrong.");
                Self { cause: Some(error), ..problem }
            }
        }
    }
}

impl From<TenantRefusal> for TenantError {
    fn from(refusal: TenantRefusal) -> Self {
        use StatusCode as S;
        let (status, code, text) = match refusal {
            TenantRefusal::UserNotFound => (S::NOT_FOUND, "USER_NOT_FOUND", "User not found."),
            TenantRefusal::UserNotInTenant => (S::NOT_FOUND, "USER_NOT_IN_TENANT", "The user is not in this tenant."),
            TenantRefusal::NotAssigned => (S::NOT_FOUND, "NOT_ASSIGNED", "The user is not assigned to this tenant."),
            TenantRefusal::TenantNotFound => (S::NOT_FOUND, "TENANT_NOT_FOUND", "Tenant not found."),
            TenantRefusal::DuplicateEmail => (S::CONFLICT, "DUPLICATE_EMAIL", "A user with this email exists."),
            TenantRefusal::AlreadyAssigned => {
                (S::CONFLICT, "ALREADY_ASSIGNED", "The user is assigned to this tenant already.")
            }
            TenantRefusal::DuplicateName => (S::CONFLICT, "DUPLICATE_NAME", "A tenant with this name exists."),
            TenantRefusal::RoleNotAllowed => {
                (S::FORBIDDEN, "ROLE_NOT_ALLOWED", "This API key may not do this to a user of this role.")
            }
            TenantRefusal::InvalidRole => return Self::invalid_role(),
            TenantRefusal::InvalidRoleForServiceAccount => (
                S::BAD_REQUEST,
                "INVALID_ROLE_FOR_SERVICE_ACCOUNT",
                "Only TenantAdmin and Administrator can be service accounts.",
            ),
            TenantRefusal::HomeTenantRequired => {
                (S::BAD_REQUEST, "HOME_TENANT_REQUIRED", "A service account needs a home tenant.")
            }
            TenantRefusal::InvalidHomeTenant => {
                (S::BAD_REQUEST, "INVALID_HOME_TENANT", "This tenant cannot be the user's home.")
            }
            TenantRefusal::HomeTenantAssignment => {
                (S::CONFLICT, "HOME_TENANT_ASSIGNMENT", "This tenant is the home of a service account.")
            }
            TenantRefusal::Kept(guard) => match guard {
                Guard::LastAdministrator => {
                    (S::CONFLICT, "LAST_ADMINISTRATOR", "This is the last Administrator of the tenant.")
                }
                Guard::LastServerAdministrator => {
                    (S::CONFLICT, "LAST_SERVER_ADMIN", "This is the last Server Administrator.")
                }
                Guard::UserLimit => (S::BAD_REQUEST, "USER_LIMIT_REACHED", "The tenant has no free seat."),
                Guard::AnalystLimit => {
                    (S::BAD_REQUEST, "ANALYST_LIMIT_REACHED", "The tenant has no free analyst seat.")
                }
            },
            TenantRefusal::Other(error) => return error.into(),
        };
        Self::new(status, code, text)
    }
}
