//! Carrying jobs out. A confirmed job belongs to the database: whoever holds its lease gives its people their turns, a
//! piece at a time, and another goes on where it stopped. A small one is done before its confirmation is answered.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{Caller, Door, bulk, import, no_organization};
use crate::{
    app::App,
    domain::{
        audit::Occasion,
        ids::JobId,
        jobs::{JobState, Task},
        time::Timestamp,
        users::UserQuery,
    },
    error::AppError,
    policy::{BulkUsers, InviteUsers},
    store::Job,
};

/// People done while the confirmation waits; more go on in the background.
const AT_ONCE: i64 = 100;
/// A job whose worker died is due again after this long.
const LEASE: Duration = Duration::from_secs(60);
/// People between two looks at the lease.
const PIECE: usize = import::PIECE;
/// The reason of everybody left when whoever confirmed a job lost the right to it.
pub(super) const NOT_ANY_MORE: &str = "You may not do this any more.";

/// Wakes the worker of this process: a job was confirmed.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// There is something to do.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Ready when somebody rang since the last time.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Confirms a job and begins it; does nothing when that was done before. `list` is the list its people were chosen
/// from, if they were: what it shows now is compared with what was confirmed.
///
/// # Errors
/// [`AppError::NotFound`] for a job that is not the caller's; what the policy denies.
pub async fn confirm(app: &App, caller: &Caller, id: JobId, list: Option<&UserQuery>) -> Result<(), AppError> {
    let now = caller.occasion.now;
    let mut tx = app.db.begin_write().await?;
    let standing = caller.standing(&mut tx, caller.organization).await?;
    let actor = standing.actor().ok_or_else(no_organization)?;
    let job = tx.job(actor.organization, actor.user, id).await?.ok_or(AppError::NotFound)?;
    match job.task {
        Task::Bulk { .. } => actor.may::<BulkUsers>()?,
        Task::Import => actor.may::<InviteUsers>()?,
    }
    if job.state != JobState::Asked {
        return Ok(());
    }
    let note = match list {
        Some(query) => told_apart(tx.compare_matching(id, actor.organization, query, now).await?),
        None => String::new(),
    };
    let is_small = job.people <= AT_ONCE;
    let due_at = if is_small { now.plus(LEASE) } else { now };
    let began = tx.start_job(id, &note, due_at, &caller.occasion).await?;
    let job = tx.job(actor.organization, actor.user, id).await?.ok_or(AppError::NotFound)?;
    tx.commit().await?;
    if !began {
        return Ok(());
    }
    if !is_small {
        app.jobs.ring();
    } else if let Err(error) = carry_out(app, job, &|| false).await {
        // It is confirmed all the same: whoever finds its lease run out goes on with it.
        tracing::warn!(%error, job = %id, "a job was interrupted");
    }
    Ok(())
}

/// What a list that changed since tells; nothing when it did not.
fn told_apart((came, went): (i64, i64)) -> String {
    let people = |count: i64| if count == 1 { "1 user".to_owned() } else { format!("{count} users") };
    let came = (came > 0).then(|| format!("Left out: {} who came to match the filter after you chose.", people(came)));
    let went = (went > 0).then(|| format!("Included: {} who no longer matched it when you confirmed.", people(went)));
    came.into_iter().chain(went).collect::<Vec<_>>().join(" ")
}

/// Carries out every job that is due, until there is none or it is asked to stop.
///
/// # Errors
/// When the database does not answer; what was done is kept, and the next round goes on.
pub async fn work(app: &App, is_over: &(impl Fn() -> bool + Sync)) -> Result<(), AppError> {
    while !is_over() {
        let Some(mut job) = app.db.begin_read().await?.due_job(app.clock.now()).await? else { return Ok(()) };
        if hold(app, &mut job, app.clock.now().plus(LEASE)).await? {
            carry_out(app, job, is_over).await?;
        }
    }
    Ok(())
}

async fn hold(app: &App, job: &mut Job, until: Timestamp) -> Result<bool, AppError> {
    let mut tx = app.db.begin_write().await?;
    let held = tx.hold_job(job.id, job.due_at, until).await?;
    tx.commit().await?;
    job.due_at = until;
    Ok(held)
}

async fn carry_out(app: &App, mut job: Job, is_over: &(impl Fn() -> bool + Sync)) -> Result<(), AppError> {
    let fits = match &job.task {
        Task::Import => seats_for_all(app, &job).await?,
        Task::Bulk { .. } => true,
    };
    let mut after = 0;
    loop {
        let people = app.db.begin_read().await?.unsettled(job.id, after, PIECE).await?;
        let Some(last) = people.last() else { break };
        after = last.place;
        match job.task.clone() {
            Task::Import => import::invite_piece(app, &caller(app, &job), &job, &people, fits).await?,
            Task::Bulk { action, .. } => {
                for person in &people {
                    bulk::take_turn(app, &caller(app, &job), &job, &action, person).await?;
                    if is_over() {
                        break;
                    }
                }
            }
        }
        let until = app.clock.now().plus(if is_over() { Duration::ZERO } else { LEASE });
        if !hold(app, &mut job, until).await? || is_over() {
            return Ok(());
        }
    }
    let mut tx = app.db.begin_write().await?;
    tx.finish_job(job.id).await?;
    Ok(tx.commit().await?)
}

/// Whether everybody a file would invite has a seat; if not, the job says so.
async fn seats_for_all(app: &App, job: &Job) -> Result<bool, AppError> {
    let refusal = match import::refusal(app, &caller(app, job), job).await {
        // Everybody will be told.
        Err(AppError::Forbidden(_) | AppError::ExpiredForm) => None,
        other => other?,
    };
    let Some(refusal) = refusal else { return Ok(true) };
    let mut tx = app.db.begin_write().await?;
    tx.note_on_job(job.id, &refusal.to_string()).await?;
    tx.commit().await?;
    Ok(false)
}

/// Whoever confirmed the job, at this moment, where they did.
fn caller(app: &App, job: &Job) -> Caller {
    let occasion = Occasion { address: job.address.clone(), request_id: job.request_id.clone(), ..app.occasion() };
    Caller { door: Door::Job(job.user, None), organization: Some(job.organization), occasion }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_changed_is_told() {
        assert_eq!(told_apart((0, 0)), "");
        assert_eq!(told_apart((2, 0)), "Left out: 2 users who came to match the filter after you chose.");
        assert_eq!(told_apart((0, 1)), "Included: 1 user who no longer matched it when you confirmed.");
    }
}
