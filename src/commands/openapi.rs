//! `rollcall openapi`.

use std::process::ExitCode;

use super::CommandError;
use crate::{error::AppError, web::api::openapi::document};

pub(super) fn run() -> Result<ExitCode, CommandError> {
    let document = document().and_then(|document| serde_json::to_string_pretty(&document)).map_err(AppError::fault)?;
    super::print(&format!("{document}\n"))?;
    Ok(ExitCode::SUCCESS)
}
