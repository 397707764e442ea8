//! `rollcall migrate`.

use std::process::ExitCode;

use super::{CommandError, database_options, make_data_folder, open};
use crate::{config::Config, store::Db};

pub(super) async fn run(config: &Config, check: bool) -> Result<ExitCode, CommandError> {
    make_data_folder(config)?;
    let pending = Db::pending(&database_options(config)).await?;
    for migration in &pending {
        println!("{:04} {}", migration.version, migration.description);
    }
    if check {
        return Ok(if pending.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    open(config.clone()).await?.db.close().await;
    println!("{} applied", pending.len());
    Ok(ExitCode::SUCCESS)
}
