//! placeholder
use std::process::ExitCode;
use super::CommandError;
use crate::config::Config;
pub(super) async fn run(_: Config, _: u32, _: u32) -> Result<ExitCode, CommandError> { Ok(ExitCode::FAILURE) }
