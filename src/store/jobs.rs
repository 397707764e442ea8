//! Jobs: one action on many people, kept so that it survives a closed browser and a restart. The people of a job are
//! those that were shown when it was confirmed. What became of each is written in the transaction of their change.

use super::{
    Result, StoreError, Tx,
    members::word,
    query::{execute, fetch_all, fetch_one, fetch_optional, scalar_one},
    statement::Statement,
};
use crate::domain::{
    audit::Occasion,
    ids::{JobId, OrganizationId, UserId},
    jobs::{JobMark, JobState, Task},
    time::Timestamp,
};

/// Rows written with one statement.
const ROWS_AT_ONCE: usize = 500;

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// In which organization.
    pub organization: OrganizationId,
    /// Who asked.
    pub user: UserId,
    /// What is done.
    pub task: Task,
    /// How far it has come.
    pub state: JobState,
    /// How many people it is about.
    pub people: i64,
    /// What there is to say about the whole of it; may be empty.
    pub note: String,
    /// Client address of the confirmation.
    pub address: Option<String>,
    /// Its request's id.
    pub request_id: Option<String>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// End of the lease of whoever carries it out.
    pub due_at: Timestamp,
}

/// One person of a job.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct JobPerson {
    /// Their place in the job, counted from 1.
    pub place: i64,
    /// The user's id; empty while there is none.
    pub user_id: String,
    /// Name or address, as it was.
    pub person: String,
    /// The row of an imported file, as JSON; else empty.
    pub detail: String,
    /// Key of a [`JobMark`].
    pub mark: String,
    /// What became of it, or is foreseen.
    pub result: String,
    /// Whether that has happened.
    pub settled: bool,
}

impl JobPerson {
    /// What became of them, or is foreseen.
    pub fn mark(&self) -> JobMark {
        self.mark.parse().unwrap_or(JobMark::Waiting)
    }
}

/// How many people of a job have which result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Those whose turn has come.
    pub settled: i64,
    /// Done, or foreseen to be.
    pub done: i64,
    /// Nothing to do.
    pub kept: i64,
    /// Refused.
    pub failed: i64,
}

/// One person's place in a running job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPlace {
    /// The job.
    pub job: JobId,
    /// The place.
    pub place: i64,
}

#[derive(sqlx::FromRow)]
struct JobRow {
    id: JobId,
    organization_id: OrganizationId,
    user_id: UserId,
    task: String,
    state: String,
    people: i64,
    note: String,
    address: Option<String>,
    request_id: Option<String>,
    created_at: Timestamp,
    due_at: Timestamp,
}

impl JobRow {
    fn read(self) -> Result<Job> {
        Ok(Job {
            id: self.id,
            organization: self.organization_id,
            user: self.user_id,
            task: serde_json::from_str(&self.task)?,
            state: word(&self.state)?,
            people: self.people,
            note: self.note,
            address: self.address,
            request_id: self.request_id,
            created_at: self.created_at,
            due_at: self.due_at,
        })
    }
}

macro_rules! job_columns {
    ($rest:literal) => {
        concat!(
            "SELECT id, organization_id, user_id, task, state, people, note, address, request_id, created_at, due_at
             FROM jobs ",
            $rest
        )
    };
}

impl Tx {
    /// Keeps a job that is about to be asked; its people follow.
    pub(crate) async fn add_job(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        task: &Task,
        occasion: &Occasion,
    ) -> Result<JobId> {
        let id = JobId::new(occasion.now, occasion.entropy.as_ref());
        let task = serde_json::to_string(task)?;
        execute!(
            self,
            "INSERT INTO jobs (id, organization_id, user_id, task, state, people, note, created_at, due_at)
             VALUES ($1, $2, $3, $4, 'asked', 0, '', $5, $5)",
            id,
            organization,
            user,
            &task,
            occasion.now
        )?;
        Ok(id)
    }

    /// Adds people to a job that was just made.
    pub(crate) async fn add_job_people(&mut self, job: JobId, people: &[JobPerson]) -> Result<()> {
        for some in people.chunks(ROWS_AT_ONCE) {
            let mut statement = Statement::default();
            let id = statement.bind(job.to_string());
            statement
                .push("INSERT INTO job_people (job_id, place, user_id, person, detail, mark, result, settled) VALUES ");
            for (number, one) in some.iter().enumerate() {
                let place = statement.bind(one.place);
                let texts = [&one.user_id, &one.person, &one.detail, &one.mark, &one.result];
                let texts: Vec<String> = texts.into_iter().map(|text| statement.bind(text.as_str())).collect();
                let comma = if number == 0 { "" } else { ", " };
                statement.push(&format!("{comma}({id}, {place}, {}, FALSE)", texts.join(", ")));
            }
            self.run(&statement).await?;
        }
        Ok(())
    }

    /// Writes down how many people the job has, and what is to be said about it.
    pub(crate) async fn close_job_list(&mut self, job: JobId, note: &str) -> Result<i64> {
        let people = scalar_one!(
            self,
            i64,
            "UPDATE jobs SET people = (SELECT count(*) FROM job_people WHERE job_id = $1), note = $2
             WHERE id = $1 RETURNING people",
            job,
            note
        )?;
        Ok(people)
    }

    /// The job of this user in this organization.
    pub async fn job(&mut self, organization: OrganizationId, user: UserId, id: JobId) -> Result<Option<Job>> {
        let row = fetch_optional!(
            self,
            JobRow,
            job_columns!("WHERE id = $1 AND organization_id = $2 AND user_id = $3"),
            id,
            organization,
            user
        )?;
        row.map(JobRow::read).transpose()
    }

    /// People of a job after a place, in order; only the refused ones if asked.
    pub async fn job_people(
        &mut self,
        id: JobId,
        after: i64,
        limit: usize,
        only: Option<JobMark>,
    ) -> Result<Vec<JobPerson>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mark = only.map(JobMark::key);
        let people = fetch_all!(
            self,
            JobPerson,
            "SELECT place, user_id, person, detail, mark, result, settled FROM job_people
             WHERE job_id = $1 AND place > $2 AND (mark = $4 OR $4 IS NULL) ORDER BY place LIMIT $3",
            id,
            after,
            limit,
            mark
        )?;
        Ok(people)
    }

    /// Those after a place whose turn has not come yet.
    pub(crate) async fn unsettled(&mut self, id: JobId, after: i64, limit: usize) -> Result<Vec<JobPerson>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let people = fetch_all!(
            self,
            JobPerson,
            "SELECT place, user_id, person, detail, mark, result, settled FROM job_people
             WHERE job_id = $1 AND place > $2 AND NOT settled ORDER BY place LIMIT $3",
            id,
            after,
            limit
        )?;
        Ok(people)
    }

    /// How many have which result.
    pub async fn job_counts(&mut self, id: JobId) -> Result<JobCounts> {
        let (settled, done, kept, failed) = fetch_one!(
            self,
            (i64, i64, i64, i64),
            "SELECT count(CASE WHEN settled THEN 1 END), count(CASE WHEN mark = 'done' THEN 1 END),
                    count(CASE WHEN mark = 'kept' THEN 1 END), count(CASE WHEN mark = 'failed' THEN 1 END)
             FROM job_people WHERE job_id = $1",
            id
        )?;
        Ok(JobCounts { settled, done, kept, failed })
    }

    /// Starts a job that was asked, due at a moment; says whether this was the confirmation that did.
    pub(crate) async fn start_job(
        &mut self,
        id: JobId,
        note: &str,
        due_at: Timestamp,
        occasion: &Occasion,
    ) -> Result<bool> {
        let started = execute!(
            self,
            "UPDATE jobs SET state = 'running', note = $2, due_at = $3, address = $4, request_id = $5
             WHERE id = $1 AND state = 'asked'",
            id,
            note,
            due_at,
            &occasion.address,
            &occasion.request_id
        )?;
        Ok(started == 1)
    }

    /// The running job that has waited longest for somebody to carry it out.
    pub(crate) async fn due_job(&mut self, now: Timestamp) -> Result<Option<Job>> {
        let row = fetch_optional!(
            self,
            JobRow,
            job_columns!("WHERE state = 'running' AND due_at <= $1 ORDER BY due_at LIMIT 1"),
            now
        )?;
        row.map(JobRow::read).transpose()
    }

    /// Takes or keeps the lease of a running job, or gives it back with `until` = now. Says whether it was still ours.
    pub(crate) async fn hold_job(&mut self, id: JobId, held_until: Timestamp, until: Timestamp) -> Result<bool> {
        let held = execute!(
            self,
            "UPDATE jobs SET due_at = $3 WHERE id = $1 AND due_at = $2 AND state = 'running'",
            id,
            held_until,
            until
        )?;
        Ok(held == 1)
    }

    /// Everybody has a result.
    pub(crate) async fn finish_job(&mut self, id: JobId) -> Result<()> {
        execute!(self, "UPDATE jobs SET state = 'done' WHERE id = $1 AND state = 'running'", id)?;
        Ok(())
    }

    /// Adds to what is said about a job.
    pub(crate) async fn note_on_job(&mut self, id: JobId, note: &str) -> Result<()> {
        execute!(self, "UPDATE jobs SET note = $2 WHERE id = $1", id, note)?;
        Ok(())
    }

    /// From here on this transaction is one person's turn of a job: its commit tells that it is done.
    pub(crate) fn settle_on_commit(&mut self, place: JobPlace) {
        self.turn = Some(place);
    }

    pub(super) async fn settle_turn(&mut self) -> Result<()> {
        match self.turn.take() {
            Some(place) => self.settle(place, "", JobMark::Done, "Done").await,
            None => Ok(()),
        }
    }

    /// Writes down what became of one person of a job, and who they turned out to be.
    ///
    /// # Errors
    /// When somebody else has done it meanwhile: then this transaction must not count.
    pub(crate) async fn settle(&mut self, place: JobPlace, user: &str, mark: JobMark, result: &str) -> Result<()> {
        let settled = execute!(
            self,
            "UPDATE job_people SET mark = $4, result = $5, settled = $6,
                 user_id = CASE WHEN $3 = '' THEN user_id ELSE $3 END
             WHERE job_id = $1 AND place = $2 AND NOT settled",
            place.job,
            place.place,
            user,
            mark.key(),
            result,
            true
        )?;
        if settled == 1 { Ok(()) } else { Err(StoreError::damaged("a turn of a job was taken twice")) }
    }

    /// Forgets jobs made before a moment: what nobody confirmed by then, and the results of the others.
    pub async fn forget_jobs(&mut self, unconfirmed: Timestamp, finished: Timestamp) -> Result<()> {
        execute!(
            self,
            "DELETE FROM jobs WHERE (state = 'asked' AND created_at < $1) OR (state = 'done' AND created_at < $2)",
            unconfirmed,
            finished
        )?;
        Ok(())
    }
}
