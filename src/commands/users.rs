//! `rollcall users import`.

use std::{
    fs::File,
    io::{BufWriter, Read, Write, stdout},
    path::Path,
    process::ExitCode,
};

use super::{CommandError, open};
use crate::{
    config::Config,
    domain::{
        ids::OrganizationId,
        import::{ImportRow, LARGEST_FILE, read_file},
        jobs::JobMark,
    },
    error::AppError,
    flows::{
        Caller, Door,
        import::{self, Foresight},
        invite::InviteOutcome,
    },
    policy::Refusal,
};

pub(super) async fn import(
    config: Config,
    file: &Path,
    organization: &str,
    dry_run: bool,
) -> Result<ExitCode, CommandError> {
    let no_id = |_| CommandError::Asked(format!("--organization: {organization} is not an id"));
    let organization: OrganizationId = organization.parse().map_err(no_id)?;
    let rows = read_file(&bytes_of(file)?);
    let rows = rows.map_err(|problem| CommandError::Asked(format!("{}: {problem}", file.display())))?;
    let app = open(config).await?;
    let caller = Caller { door: Door::Owner, organization: Some(organization), occasion: app.occasion() };
    let mut told = Told::default();
    let refusal = if dry_run {
        let foreseen = import::foresee(&app, &caller, &rows).await;
        let Foresight { outcomes, refusal } = foreseen.map_err(no_organization)?;
        rows.iter().zip(&outcomes).for_each(|(row, outcome)| told.tell(row, outcome));
        refusal
    } else {
        let done = import::carry_out(&app, &caller, &rows, &mut |row, outcome| told.tell(row, outcome)).await;
        done.map_err(no_organization)?
    };
    app.db.close().await;
    told.finish(refusal.as_ref(), dry_run)
}

/// The file, as far as it may be large.
fn bytes_of(path: &Path) -> Result<Vec<u8>, CommandError> {
    let unreadable = |error| CommandError::Asked(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn no_organization(error: AppError) -> CommandError {
    match error {
        AppError::NotFound => CommandError::Refused("There is no such organization.".to_owned()),
        other => other.into(),
    }
}

/// The results, a line each as soon as it is known.
struct Told {
    out: BufWriter<std::io::Stdout>,
    broken: Option<std::io::Error>,
    invited: usize,
    failed: usize,
    rows: usize,
}

impl Default for Told {
    fn default() -> Self {
        Self { out: BufWriter::new(stdout()), broken: None, invited: 0, failed: 0, rows: 0 }
    }
}

impl Told {
    fn tell(&mut self, row: &ImportRow, outcome: &InviteOutcome) {
        self.rows += 1;
        match outcome.mark() {
            JobMark::Done => self.invited += 1,
            JobMark::Failed => self.failed += 1,
            JobMark::Kept | JobMark::Waiting => {}
        }
        // A file may hold anything; a terminal obeys control characters.
        let safe = |text: &str| text.replace(char::is_control, "?");
        let written = writeln!(self.out, "{}\t{}\t{}", row.line, safe(&row.email), safe(&outcome.text()));
        // Whoever reads may have gone; the rows are carried out all the same.
        self.broken = written.err().or(self.broken.take());
    }

    fn finish(mut self, refusal: Option<&Refusal>, dry_run: bool) -> Result<ExitCode, CommandError> {
        let (will, will_not) = if dry_run { ("would be invited", "would not") } else { ("invited", "not invited") };
        let rest = self.rows - self.invited;
        let written = writeln!(self.out, "{} {will}, {rest} {will_not}.", self.invited);
        written.and_then(|()| self.out.flush()).map_err(|error| CommandError::System("cannot write", error))?;
        if let Some(error) = self.broken {
            return Err(CommandError::System("cannot write", error));
        }
        if let Some(refusal) = refusal {
            return Err(CommandError::Refused(refusal.to_string()));
        }
        match self.failed {
            0 => Ok(ExitCode::SUCCESS),
            1 => Err(CommandError::Refused("1 row failed".to_owned())),
            failed => Err(CommandError::Refused(format!("{failed} rows failed"))),
        }
    }
}
