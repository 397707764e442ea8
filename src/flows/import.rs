//! Inviting the people of a file: checked as a whole first, then invited a hundred at a time, the most one form may
//! invite. Seats are counted for the whole file before the first piece; up to a hundred rows are one transaction.

use crate::{
    app::App,
    domain::{
        ids::JobId,
        import::ImportRow,
        jobs::{JobMark, Task},
    },
    error::AppError,
    flows::{
        Caller,
        invite::{self, InviteOutcome, Seating, Wanted},
        no_organization,
    },
    policy::{InviteUsers, Refusal},
    store::{Job, JobPerson, JobPlace},
};

/// Rows invited in one transaction.
pub const PIECE: usize = 100;
/// Rows looked at in one go.
const LOOK: usize = 1000;

/// What would become of the rows of a file.
#[derive(Debug)]
pub struct Foresight {
    /// One for each row.
    pub outcomes: Vec<InviteOutcome>,
    /// Why none of the new people would be invited.
    pub refusal: Option<Refusal>,
}

fn wanted(rows: &[ImportRow]) -> Vec<Wanted> {
    let wanted = |row: &ImportRow| Wanted {
        address: row.address(),
        name: row.display_name(),
        roles: row.roles().map(str::to_owned).collect(),
        problem: row.problem.clone(),
    };
    rows.iter().map(wanted).collect()
}

/// Looks at every row and changes nothing.
///
/// # Errors
/// What the policy denies to the caller as such.
pub async fn foresee(app: &App, caller: &Caller, rows: &[ImportRow]) -> Result<Foresight, AppError> {
    let (mut outcomes, mut refusal, mut seating) = (Vec::with_capacity(rows.len()), None, Seating::default());
    for some in rows.chunks(LOOK) {
        let (more, refused) = invite::foresee(app, caller, &wanted(some), &mut seating).await?;
        outcomes.extend(more);
        refusal = refused.or(refusal);
    }
    if refusal.is_some() {
        for outcome in &mut outcomes {
            if matches!(outcome, InviteOutcome::Invited(_)) {
                *outcome = InviteOutcome::NoSeat;
            }
        }
    }
    Ok(Foresight { outcomes, refusal })
}

/// Invites the people of a file for the command line; every row is told as soon as it is certain.
///
/// # Errors
/// As [`foresee`].
pub async fn carry_out(
    app: &App,
    caller: &Caller,
    rows: &[ImportRow],
    tell: &mut impl FnMut(&ImportRow, &InviteOutcome),
) -> Result<Option<Refusal>, AppError> {
    let foresight = foresee(app, caller, rows).await?;
    for some in rows.chunks(PIECE) {
        let caller = Caller { occasion: app.occasion(), ..caller.clone() };
        let outcomes = invite::invite_piece(app, &caller, &wanted(some), foresight.refusal.is_none(), &[]).await?;
        for (row, outcome) in some.iter().zip(&outcomes) {
            tell(row, outcome);
        }
    }
    Ok(foresight.refusal)
}

/// Keeps the rows of an uploaded file, with what would become of each, until the import is confirmed.
///
/// # Errors
/// As [`foresee`].
pub async fn prepare(app: &App, caller: &Caller, rows: &[ImportRow]) -> Result<JobId, AppError> {
    let foresight = foresee(app, caller, rows).await?;
    let organization = caller.organization.ok_or_else(no_organization)?;
    let mut tx = app.db.begin_write().await?;
    let standing = caller.standing(&mut tx, Some(organization)).await?;
    standing.actor().ok_or_else(no_organization)?.may::<InviteUsers>()?;
    let job = tx.add_job(organization, standing.user, &Task::Import, &caller.occasion).await?;
    let mut place = 0;
    for (some, foreseen) in rows.chunks(LOOK).zip(foresight.outcomes.chunks(LOOK)) {
        let mut people = Vec::with_capacity(some.len());
        for (row, outcome) in some.iter().zip(foreseen) {
            place += 1;
            people.push(JobPerson {
                place,
                user_id: String::new(),
                person: row.email.clone(),
                detail: serde_json::to_string(row).map_err(AppError::fault)?,
                mark: outcome.mark().key().to_owned(),
                result: outcome.text().into_owned(),
                settled: false,
            });
        }
        tx.add_job_people(job, &people).await?;
    }
    let note = foresight.refusal.map_or_else(String::new, |refusal| refusal.to_string());
    tx.close_job_list(job, &note).await?;
    tx.commit().await?;
    Ok(job)
}

/// The rows of a job, as they were read.
///
/// # Errors
/// When a row cannot be what was written.
pub fn rows(people: &[JobPerson]) -> Result<Vec<ImportRow>, AppError> {
    people.iter().map(|person| serde_json::from_str(&person.detail).map_err(AppError::fault)).collect()
}

/// Whether there are seats for all rows of a job that still wait.
pub(super) async fn refusal(app: &App, caller: &Caller, job: &Job) -> Result<Option<Refusal>, AppError> {
    let (mut after, mut refusal, mut seating) = (0, None, Seating::default());
    loop {
        let people = app.db.begin_read().await?.unsettled(job.id, after, LOOK).await?;
        let Some(last) = people.last() else { return Ok(refusal) };
        after = last.place;
        let (_, refused) = invite::foresee(app, caller, &wanted(&rows(&people)?), &mut seating).await?;
        refusal = refused.or(refusal);
    }
}

/// Invites one piece of a job.
pub(super) async fn invite_piece(
    app: &App,
    caller: &Caller,
    job: &Job,
    people: &[JobPerson],
    fits: bool,
) -> Result<(), AppError> {
    let places: Vec<_> = people.iter().map(|person| JobPlace { job: job.id, place: person.place }).collect();
    let wanted = wanted(&rows(people)?);
    match invite::invite_piece(app, caller, &wanted, fits, &places).await {
        Ok(_) => Ok(()),
        Err(AppError::Forbidden(_) | AppError::ExpiredForm) => {
            let mut tx = app.db.begin_write().await?;
            for place in places {
                tx.settle(place, "", JobMark::Failed, super::jobs::NOT_ANY_MORE).await?;
            }
            Ok(tx.commit().await?)
        }
        Err(error) => Err(error),
    }
}
