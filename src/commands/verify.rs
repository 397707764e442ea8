//! `rollcall audit verify`.

use std::{path::PathBuf, process::ExitCode};

use super::{CommandError, open};
use crate::{
    config::Config,
    store::audit::{AuditRecord, BrokenChain, verify_records},
};

pub(super) async fn run(config: Config, file: Option<PathBuf>) -> Result<ExitCode, CommandError> {
    let app = open(config).await?;
    if let Some(file) = file {
        let events = verify_records(&app.db.keys(), read(&file)?).map_err(|broken| tell(&broken))?;
        println!("{events} exported events are as they were written");
        return Ok(ExitCode::SUCCESS);
    }
    let mut tx = app.db.begin_read().await?;
    let (chains, mut events) = (tx.audit_chains().await?, 0);
    for chain in &chains {
        events += tx.verify_chain(chain).await?.map_err(|broken| tell(&broken))?;
    }
    println!("{events} events in {} chains are as they were written", chains.len());
    Ok(ExitCode::SUCCESS)
}

/// The records of an export, without the apostrophes that keep a spreadsheet from reading formulas.
fn read(file: &PathBuf) -> Result<Vec<AuditRecord>, CommandError> {
    let opened = std::fs::File::open(file).map_err(|error| CommandError::System("cannot read the export", error))?;
    let mut reader = csv::Reader::from_reader(opened);
    let unreadable = |error: csv::Error| CommandError::Asked(format!("the export cannot be read: {error}"));
    let headers = reader.headers().map_err(unreadable)?.clone();
    let mut records = Vec::new();
    for line in reader.records() {
        let line = line.map_err(unreadable)?;
        let plain: csv::StringRecord = line.iter().map(crate::domain::cells::plain).collect();
        records.push(plain.deserialize(Some(&headers)).map_err(unreadable)?);
    }
    Ok(records)
}

fn tell(broken: &BrokenChain) -> CommandError {
    let id = broken.id.as_deref().map_or_else(String::new, |id| format!(" ({id})"));
    CommandError::Refused(format!("event {}{id} of chain {}: {}", broken.number, broken.chain, broken.what))
}
