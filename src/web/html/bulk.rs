//! Bulk actions: chosen on the list, asked once for everybody, then told person by person.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    extract::{Form, Path, Query},
    jobs::{self, Look, Looked},
    respond, shell,
    users::{self, Filters, matching, people_count},
};
use crate::{
    app::App,
    domain::{
        ids::{JobId, UserId},
        jobs::{BulkAction, JobState, Task},
        roles::{CustomRole, Role},
    },
    error::AppError,
    flows::{
        bulk::{self, Selection},
        jobs as flow,
    },
    policy::{Actor, BulkUsers, offered},
    store::{Job, Tx, UserPage},
    web::{
        pages::{
            parts::{Choice, Problem},
            users::{BulkBar, BulkConfirm, BulkPerson, JobLine, JobResults},
        },
        routes,
        visitor::Here,
    },
};

/// People listed before an action is confirmed; of more, the first and their number.
const LISTED: usize = 100;
const FIRST: usize = 20;

/// What the list sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    id: Vec<String>,
    action: String,
    role: String,
    all: String,
    filter: String,
}

const ACTIONS: [(&str, &str); 5] = [
    ("add_role", "Add a role"),
    ("remove_role", "Remove a role"),
    ("disable", "Disable"),
    ("enable", "Enable"),
    ("resend", "Resend invitation"),
];

/// The bar under the list, for who may use it.
pub fn bar(actor: &Actor, custom: &[CustomRole], filters: &Filters, page: &UserPage) -> Option<BulkBar> {
    actor.may::<BulkUsers>().is_ok().then(|| {
        let choice =
            |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned(), ..Choice::default() };
        let (_, roles) = offered(actor, custom);
        let is_part = page.previous.is_some() || page.next.is_some();
        BulkBar {
            actions: ACTIONS.iter().map(|(value, label)| choice(value, label)).collect(),
            roles: roles.iter().map(|role| choice(&role.key().to_string(), role.label())).collect(),
            filter: filters.text(),
            everybody: if is_part { format!("All that match: {}", matching(page)) } else { String::new() },
        }
    })
}

/// Keeps who was chosen, and asks.
pub async fn ask(State(app): State<App>, here: Here, Form(chosen): Form<Chosen>) -> Result<Response, AppError> {
    let action = BulkAction::read(&chosen.action, &chosen.role);
    let action = action.ok_or(AppError::BadRequest("Choose one of the listed actions."))?;
    let filters = Filters::read(&chosen.filter);
    let selection = if chosen.all == "yes" {
        Selection::Matching { query: Box::new(filters.query(None)), filter: filters.text() }
    } else {
        Selection::These(chosen.id.iter().filter_map(|id| id.parse().ok()).collect())
    };
    match bulk::prepare(&app, &here.caller(), action, selection).await {
        Ok(job) => Ok(routes::redirect(&here.visitor, &path(job))),
        Err(AppError::Conflict { message, .. }) => refused(&app, &here, filters, &message).await,
        Err(error) => Err(error),
    }
}

fn path(job: JobId) -> String {
    format!("/users/bulk/{job}")
}

/// The list again, with what is wrong over it.
async fn refused(app: &App, here: &Here, filters: Filters, message: &str) -> Result<Response, AppError> {
    let mut page = users::list(app, here, filters).await?;
    page.shell.failed = true;
    page.problems = vec![Problem { field: String::new(), message: message.to_owned() }];
    respond::page_with(StatusCode::CONFLICT, &page)
}

/// The question, and once it is confirmed what becomes of everybody.
pub async fn show(
    State(app): State<App>,
    here: Here,
    Path(id): Path<JobId>,
    Query(look): Query<Look>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let mut tx = app.db.begin_read().await?;
    let job = tx.job(actor.organization, actor.user, id).await?.ok_or(AppError::NotFound)?;
    let Task::Bulk { action, filter } = &job.task else { return Err(AppError::NotFound) };
    if job.state == JobState::Asked {
        let role = bulk::role_of(&mut tx, actor, action).await?;
        let page = question(&mut tx, &here, &job, text(action, role.as_ref()), filter.as_deref()).await?;
        drop(tx);
        return respond::page(&page);
    }
    let looked = Looked::at(&mut tx, &job, &look).await?;
    drop(tx);
    let line = |person: crate::store::JobPerson| JobLine {
        tone: jobs::tone(person.mark()),
        result: if person.settled { person.result } else { "Waiting".to_owned() },
        cells: vec![person.person],
        hint: String::new(),
    };
    let (counts, people) = (looked.counts, looked.people.clone());
    let status = match job.state {
        JobState::Done => format!("{} done, {} not done.", counts.done, counts.kept + counts.failed),
        _ => format!(
            "{} of {} done. This page follows along; you may close it.",
            counts.settled,
            people_count(job.people)
        ),
    };
    let page = JobResults {
        heading: "Bulk action results",
        status,
        columns: vec!["User"],
        lines: people.into_iter().map(line).collect(),
        ..looked.page(&job, &path(id), &look, shell::shell(&here, "users").await?)
    };
    jobs::answer(&page, &job)
}

/// Carries it out.
pub async fn confirm(State(app): State<App>, here: Here, Path(id): Path<JobId>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let job = app.db.begin_read().await?.job(actor.organization, actor.user, id).await?;
    let list = match job.map(|job| job.task) {
        Some(Task::Bulk { filter, .. }) => filter.map(|filter| Filters::read(&filter).query(None)),
        _ => return Err(AppError::NotFound),
    };
    flow::confirm(&app, &here.caller(), id, list.as_ref()).await?;
    Ok(routes::redirect(&here.visitor, &path(id)))
}

fn text(action: &BulkAction, role: Option<&Role>) -> String {
    let role = role.map_or("", Role::label);
    match action {
        BulkAction::AddRole(_) => format!("Each of them gets the role {role}."),
        BulkAction::RemoveRole(_) => format!("The role {role} is taken from each of them."),
        BulkAction::Disable => "They lose access from the next request on. Roles and history stay.".to_owned(),
        BulkAction::Enable => "They get a new activation link and access once it is used.".to_owned(),
        BulkAction::Resend => "They get a new link for 7 days; the old one stops working.".to_owned(),
    }
}

async fn question(
    tx: &mut Tx,
    here: &Here,
    job: &Job,
    text: String,
    filter: Option<&str>,
) -> Result<BulkConfirm, AppError> {
    let many = usize::try_from(job.people).unwrap_or(usize::MAX);
    let listed = if many > LISTED { FIRST } else { LISTED };
    let mut people = Vec::new();
    for person in tx.job_people(job.id, 0, listed, None).await? {
        let id: UserId = person.user_id.parse().map_err(AppError::fault)?;
        let member = tx.member(job.organization, id).await?;
        let email = member.map(|member| member.email).filter(|email| *email != person.person);
        people.push(BulkPerson { person: person.person, email: email.unwrap_or_default() });
    }
    let more = many - people.len();
    let back = filter.filter(|filter| !filter.is_empty()).map(|filter| format!("/users?{filter}"));
    Ok(BulkConfirm {
        heading: format!("Apply to {}", people_count(job.people)),
        text,
        action: path(job.id),
        back: back.unwrap_or_else(|| "/users".to_owned()),
        people,
        more: if more == 0 { String::new() } else { format!("and {more} more") },
        shell: shell::shell(here, "users").await?,
    })
}
