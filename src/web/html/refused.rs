//! What is not allowed now although the page is known: its own heading, and the reason in the alert (portal contract
//! 0.4).

use axum::{http::StatusCode, response::Response};

use super::{respond, shell};
use crate::{
    error::AppError,
    web::{
        pages::{parts::Problem, users::Confirm},
        visitor::Here,
    },
};

/// The page that cannot be used: its heading, why, and the way back. `section` is the navigation link shown as here.
///
/// # Errors
/// Every error that is no refusal, as it came.
pub async fn page(
    here: &Here,
    section: &str,
    heading: &str,
    back: &str,
    error: AppError,
) -> Result<Response, AppError> {
    let AppError::Conflict { message, .. } = error else { return Err(error) };
    let mut shell = shell::shell_or_fragment(here, section).await?;
    shell.failed = true;
    let page = Confirm {
        shell,
        heading: heading.to_owned(),
        action: back.to_owned(),
        problems: vec![Problem { field: String::new(), message }],
        cancel: "Back".to_owned(),
        cancel_href: back.to_owned(),
        ..Confirm::default()
    };
    respond::page_with(StatusCode::CONFLICT, &page)
}
