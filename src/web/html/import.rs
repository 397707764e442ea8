//! Import CSV: a file is uploaded and checked, what would become of each row is shown, and then it is carried out.

use axum::{Extension, extract::State, http::StatusCode, response::Response};

use super::{
    extract::{Path, Query},
    jobs::{self, Look, Looked},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        ids::{JobId, UserId},
        import::{ImportRow, read_file},
        jobs::{JobState, Task},
        mail::MailState,
    },
    error::AppError,
    flows::{import, jobs as flow},
    store::{Job, JobCounts, JobPerson},
    web::{
        pages::{
            parts::Problem,
            users::{Import, JobLine, JobResults},
        },
        routes,
        upload::Upload,
        visitor::Here,
    },
};

/// The form.
pub async fn new(here: Here) -> Result<Response, AppError> {
    respond::page(&Import { shell: shell::shell(&here, "users").await?, ..Import::default() })
}

/// Reads the file and checks every row.
pub async fn create(
    State(app): State<App>,
    here: Here,
    Extension(upload): Extension<Upload>,
) -> Result<Response, AppError> {
    let Some(file) = upload.file("file") else { return rejected(&here, "Choose a CSV file.").await };
    // Reading a large file takes a moment that other requests must not wait for.
    let rows = tokio::task::spawn_blocking(move || read_file(&file)).await.map_err(AppError::fault)?;
    match rows {
        Ok(rows) => {
            let job = import::prepare(&app, &here.caller(), &rows).await?;
            Ok(routes::redirect(&here.visitor, &path(job)))
        }
        Err(problem) => rejected(&here, &problem.to_string()).await,
    }
}

async fn rejected(here: &Here, message: &str) -> Result<Response, AppError> {
    let mut page = Import { shell: shell::shell(here, "users").await?, ..Import::default() };
    page.shell.failed = true;
    page.problems = vec![Problem { field: "file".to_owned(), message: message.to_owned() }];
    page.file.errors = vec![message.to_owned()];
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn path(job: JobId) -> String {
    format!("/users/import/{job}")
}

/// What would become of the rows; once it is confirmed, what became of them.
pub async fn show(
    State(app): State<App>,
    here: Here,
    Path(id): Path<JobId>,
    Query(look): Query<Look>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let mut tx = app.db.begin_read().await?;
    let job = tx.job(actor.organization, actor.user, id).await?.filter(|job| job.task == Task::Import);
    let job = job.ok_or(AppError::NotFound)?;
    let looked = Looked::at(&mut tx, &job, &look).await?;
    let users: Vec<UserId> = looked.people.iter().filter_map(|person| person.user_id.parse().ok()).collect();
    let states = if users.is_empty() { Vec::new() } else { tx.mail_states(job.organization, &users).await? };
    drop(tx);
    let unsent: Vec<String> =
        states.into_iter().filter(|(_, state)| *state == MailState::Failed).map(|(user, _)| user.to_string()).collect();
    let rows = import::rows(&looked.people)?;
    let lines = looked.people.iter().zip(rows).map(|(person, row)| line(&job, person, row, &unsent)).collect();
    let is_asked = job.state == JobState::Asked;
    let page = JobResults {
        heading: if is_asked { "Check import" } else { "Import results" },
        status: status(&job, looked.counts),
        columns: vec!["Line", "Email", "Name", "Roles"],
        lines,
        confirm: (is_asked && looked.counts.done > 0).then(|| path(id)),
        is_asked,
        ..looked.page(&job, &path(id), &look, shell::shell(&here, "users").await?)
    };
    jobs::answer(&page, &job)
}

fn status(job: &Job, counts: JobCounts) -> String {
    let not = counts.kept + counts.failed;
    match job.state {
        JobState::Asked if counts.done == 0 => "Nobody would be invited.".to_owned(),
        JobState::Asked => format!("{} will be invited, {not} will not.", counts.done),
        JobState::Running => {
            format!("{} of {} rows done. This page follows along; you may close it.", counts.settled, job.people)
        }
        JobState::Done => format!("{} invited, {not} not invited.", counts.done),
    }
}

fn line(job: &Job, person: &JobPerson, row: ImportRow, unsent: &[String]) -> JobLine {
    let is_known = person.settled || job.state == JobState::Asked;
    let is_unsent = !person.user_id.is_empty() && unsent.contains(&person.user_id);
    let result = match (is_known, is_unsent) {
        (true, true) => format!("{}, email failed", person.result),
        (true, false) => person.result.clone(),
        (false, _) => "Waiting".to_owned(),
    };
    let hint = if is_known && person.result == "Already invited" { super::invite::USE_RESEND } else { "" };
    JobLine {
        tone: if !is_known {
            ""
        } else if is_unsent {
            "warn"
        } else {
            jobs::tone(person.mark())
        },
        cells: vec![row.line.to_string(), row.email, row.name, row.roles],
        result,
        hint: hint.to_owned(),
    }
}

/// Carries it out.
pub async fn confirm(State(app): State<App>, here: Here, Path(id): Path<JobId>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let job = app.db.begin_read().await?.job(actor.organization, actor.user, id).await?;
    if job.is_none_or(|job| job.task != Task::Import) {
        return Err(AppError::NotFound);
    }
    flow::confirm(&app, &here.caller(), id, None).await?;
    Ok(routes::redirect(&here.visitor, &path(id)))
}
