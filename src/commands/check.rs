//! `rollcall check`: is everything there that serving needs?

use std::process::ExitCode;

use super::{CommandError, open, print};
use crate::{config::Config, mail::Transport};

pub(super) async fn run(config: &Config) -> Result<ExitCode, CommandError> {
    for setting in config.explain() {
        print(&format!("{} = {}\n    {} ({})\n", setting.name, setting.value, setting.meaning, setting.source))?;
    }
    let app = open(config.clone()).await?;
    app.db.begin_read().await?.ping().await?;
    println!("database: reached");
    let transport = Transport::new(config.smtp_url.as_ref(), &config.data_dir)?;
    transport.reach().await?;
    println!("mail: reached ({})", transport.describe());
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}
