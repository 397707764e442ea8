//! placeholder
use super::CommandError;
use crate::config::Config;
use std::process::ExitCode;
pub(super) async fn run(_: Config, _: u32, _: u32) -> Result<ExitCode, CommandError> {
    Ok(ExitCode::FAILURE)
}
