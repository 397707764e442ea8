//! What jobs look like: how far one has come, and a page of its people. While it runs, the page asks again by itself;
//! that is no activity of whoever left it open.

use axum::response::Response;
use serde::Deserialize;

use super::respond;
use crate::{
    domain::jobs::{JobMark, JobState, Task},
    error::AppError,
    store::{Job, JobCounts, JobPerson, Tx},
    web::{
        pages::{shell::Shell, users::JobResults},
        routes::NotActivity,
    },
};

/// People a page.
const ROWS: usize = 100;
/// Seconds after which a page without script asks again.
const AGAIN: u32 = 3;

/// Which of the people are looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Look {
    after: String,
    only: String,
}

impl Look {
    fn after(&self) -> i64 {
        self.after.parse().unwrap_or(0)
    }

    /// Only those that were refused.
    fn only(&self) -> Option<JobMark> {
        (self.only == JobMark::Failed.key()).then_some(JobMark::Failed)
    }

    fn href(&self, path: &str, after: i64) -> String {
        let only = if self.only().is_some() { "&only=failed" } else { "" };
        if after == 0 && only.is_empty() { path.to_owned() } else { format!("{path}?after={after}{only}") }
    }
}

/// A job as it stands.
pub struct Looked {
    /// How many have which result.
    pub counts: JobCounts,
    /// Those of this page.
    pub people: Vec<JobPerson>,
    has_more: bool,
}

impl Looked {
    /// Reads it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn at(tx: &mut Tx, job: &Job, look: &Look) -> Result<Self, AppError> {
        let counts = tx.job_counts(job.id).await?;
        let mut people = tx.job_people(job.id, look.after(), ROWS + 1, look.only()).await?;
        let has_more = people.len() > ROWS;
        people.truncate(ROWS);
        Ok(Self { counts, people, has_more })
    }

    /// The frame of the page around its lines.
    pub fn page(&self, job: &Job, path: &str, look: &Look, shell: Shell) -> JobResults {
        let is_running = job.state == JobState::Running;
        let last = self.people.last().map_or(0, |person| person.place);
        let is_narrowed = look.only().is_some();
        let more_failed = self.counts.failed > 0 && job.people > 1;
        let shell = Shell { refresh_after: if is_running { Some(AGAIN) } else { shell.refresh_after }, ..shell };
        JobResults {
            note: job.note.clone(),
            note_tone: if job.task == Task::Import { "warn" } else { "info" },
            progress: is_running.then_some((self.counts.settled, job.people)),
            again: if is_running { look.href(path, look.after()) } else { String::new() },
            first: (look.after() > 0).then(|| look.href(path, 0)),
            next: self.has_more.then(|| look.href(path, last)),
            all: is_narrowed.then(|| path.to_owned()),
            failed: (!is_narrowed && more_failed).then(|| format!("{path}?only=failed")),
            shell,
            ..JobResults::default()
        }
    }
}

/// How a result looks.
pub fn tone(mark: JobMark) -> &'static str {
    match mark {
        JobMark::Waiting => "",
        JobMark::Done => "good",
        JobMark::Kept => "info",
        JobMark::Failed => "warn",
    }
}

/// The page as an answer.
///
/// # Errors
/// As [`respond::page`].
pub fn answer(page: &impl askama::Template, job: &Job) -> Result<Response, AppError> {
    let mut response = respond::page(page)?;
    if job.state == JobState::Running {
        response.extensions_mut().insert(NotActivity);
    }
    Ok(response)
}
