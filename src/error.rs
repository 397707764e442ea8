//! What can go wrong with a request, once for pages and APIs: a stable code, a status, a sentence for people, and a
//! cause that never leaves the log.

use axum::http::StatusCode;
use thiserror::Error;

use crate::{
    hashing::HashError,
    policy::{Denied, Refusal},
    store::{Guard, StoreError},
};

/// A request that cannot be carried out.
#[derive(Debug, Error)]
pub enum AppError {
    /// Unknown, or not visible to this person: both answer alike.
    #[error("not found")]
    NotFound,
    /// The person may not open this page.
    #[error("{0}")]
    Forbidden(String),
    /// The form token is missing, wrong or another session's, or the request comes from another site.
    #[error("this form has expired")]
    ExpiredForm,
    /// Allowed in general, not now: the text says why.
    #[error("{message}")]
    Conflict {
        /// Stable word.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// The request cannot be read.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The address asked for is not this server's.
    #[error("unknown host")]
    Misdirected,
    /// A known path, but not with this method; the header names those it has.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// More than a form may carry.
    #[error("the request is too large")]
    TooLarge,
    /// A body in a form this path does not read.
    #[error("unsupported content")]
    UnsupportedMedia,
    /// Too many requests; try again after so many seconds.
    #[error("too many requests")]
    TooMany {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// Busy or without its database; the same request may succeed in a moment.
    #[error("not available right now")]
    Unavailable,
    /// A fault of the program.
    #[error("something went wrong")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AppError {
    /// The status of the answer.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::ExpiredForm => StatusCode::FORBIDDEN,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The heading of the page (portal contract 0.4).
    pub const fn heading(&self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::Forbidden(_) => "You do not have access to this page",
            Self::ExpiredForm => "This form has expired",
            Self::Conflict { .. } => "This cannot be done now",
            Self::BadRequest(_) => "This request cannot be read",
            Self::Misdirected => "Unknown address",
            Self::MethodNotAllowed => "This cannot be done here",
            Self::TooLarge => "This is too large",
            Self::UnsupportedMedia => "This form cannot be read",
            Self::TooMany { .. } => "Too many requests",
            Self::Unavailable => "Rollcall is busy",
            Self::Fault(_) => "Something went wrong",
        }
    }

    /// The sentence under the heading.
    pub fn text(&self) -> String {
        match self {
            Self::NotFound => "Check the address, or go back to where you came from.".to_owned(),
            Self::Forbidden(text) => text.clone(),
            Self::ExpiredForm => "Go back, reload the page and try again.".to_owned(),
            Self::Conflict { message, .. } => message.clone(),
            Self::BadRequest(what) => (*what).to_owned(),
            Self::Misdirected => "This server does not answer to the address you used.".to_owned(),
            Self::MethodNotAllowed => "Use the form on the page.".to_owned(),
            Self::TooLarge => "Send less at once. Nothing was changed.".to_owned(),
            Self::UnsupportedMedia => "Send it as an ordinary form.".to_owned(),
            Self::TooMany { .. } => "Wait a moment, then try again.".to_owned(),
            Self::Unavailable => "Nothing was changed. Try again in a few seconds.".to_owned(),
            Self::Fault(_) => "Nothing is lost that was confirmed to you. Try again.".to_owned(),
        }
    }

    /// Seconds for the Retry-After header.
    pub const fn retry_after(&self) -> Option<i64> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            Self::Unavailable => Some(5),
            _ => None,
        }
    }

    /// A fault with this cause.
    pub fn fault(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(cause.into())
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::warn!(%cause, "the database is not available");
                Self::Unavailable
            }
            StoreError::Replaced => {
                tracing::warn!("the database was restored from a backup");
                Self::Unavailable
            }
            StoreError::Unrecorded(cause) => {
                let why = std::error::Error::source(&cause).map_or_else(|| cause.to_string(), ToString::to_string);
                tracing::error!(cause = %why, "the audit log cannot be written; nothing was changed");
                Self::Unavailable
            }
            StoreError::Kept(guard) => {
                let code = match guard {
                    Guard::LastAdministrator => "last_administrator",
                    Guard::LastServerAdministrator => "last_server_administrator",
                    Guard::UserLimit | Guard::AnalystLimit => "capacity_reached",
                };
                Self::Conflict { code, message: sentence(&guard.to_string()) }
            }
            StoreError::Taken(field) => {
                Self::Conflict { code: "taken", message: sentence(&format!("{field} is already in use")) }
            }
            StoreError::Broken(cause) => Self::Fault(cause),
        }
    }
}

impl From<Denied> for AppError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            Denied::Forbidden(text) => Self::Forbidden(text),
            Denied::Refused(refusal) => Self::from(refusal),
        }
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Conflict { code: refusal.code(), message: refusal.to_string() }
    }
}

impl From<HashError> for AppError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Unavailable,
            HashError::Unusable => Self::fault(error),
        }
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> Self {
        Self::fault(error)
    }
}

impl From<tower_sessions::session::Error> for AppError {
    fn from(error: tower_sessions::session::Error) -> Self {
        match error {
            tower_sessions::session::Error::Store(cause) => {
                tracing::warn!(%cause, "sessions are not available");
                Self::Unavailable
            }
            other @ tower_sessions::session::Error::SerdeJson(_) => Self::fault(other),
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
