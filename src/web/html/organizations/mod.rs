//! The list of organizations, and the choice of the one the portal shows.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

mod form;

pub use self::form::{create, new, show, update};
use super::{
    extract::{Form, Query},
    respond, shell,
};
use crate::{
    app::App,
    domain::ids::OrganizationId,
    error::AppError,
    policy::ViewOrganization,
    store::OrganizationChoice,
    web::{
        pages::{
            organizations::{Index, Opens, Row, Switch, SwitchChoice},
            parts::initials,
        },
        visitor::Here,
    },
};

/// The chosen organization.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    organization: String,
}

/// All organizations for Server Administrators, their own for everybody else.
pub async fn index(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    let choices = choices(&app, &here).await?;
    let current = here.signed_in.organization;
    let people: i64 = choices.iter().map(|choice| choice.people).sum();
    let may_switch = here.standing.choices > 1 || here.actor.is_none();
    let crowd = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
    let lead = match choices.len() {
        1 => format!("1 organization, {crowd}."),
        count => format!("{count} organizations, {crowd}."),
    };
    respond::page(&Index {
        shell: shell::shell(&here, "organizations").await?,
        lead,
        may_add: here.standing.is_server_administrator,
        rows: choices.into_iter().map(|choice| row(&here, choice, current, may_switch)).collect(),
    })
}

fn row(here: &Here, choice: OrganizationChoice, current: Option<OrganizationId>, may_switch: bool) -> Row {
    let is_current = current == Some(choice.id);
    let sees_facts = is_current && here.actor.as_ref().is_some_and(|actor| actor.may::<ViewOrganization>().is_ok());
    let opens = match here.standing.is_server_administrator {
        true => Some(Opens::Edit),
        false => sees_facts.then_some(Opens::View),
    };
    Row {
        opens,
        id: choice.id.to_string(),
        initials: initials(&choice.name),
        name: choice.name,
        users: u32::try_from(choice.people).unwrap_or_default(),
        limit: choice.user_limit.and_then(|limit| u32::try_from(limit).ok()),
        mfa: choice.mfa_required,
        government: choice.government,
        may_switch: may_switch && !is_current,
        current: is_current,
        ..Row::default()
    }
}

/// "Change Organization".
pub async fn choose(State(app): State<App>, here: Here, Query(chosen): Query<Chosen>) -> Result<Response, AppError> {
    switcher(&app, &here, &chosen.organization, None).await
}

/// Makes it the current one. The session gets a new identifier: the rights are others from here on (S30).
pub async fn switch(State(app): State<App>, here: Here, Form(chosen): Form<Chosen>) -> Result<Response, AppError> {
    let Ok(wanted) = chosen.organization.parse::<OrganizationId>() else {
        return switcher(&app, &here, "", Some("Choose an organization.")).await;
    };
    let choices = choices(&app, &here).await?;
    needs_choice(&here, &choices)?;
    let choice = choices.into_iter().find(|choice| choice.id == wanted).ok_or(AppError::NotFound)?;
    let now = here.occasion().now;
    let mut tx = app.db.begin_write().await?;
    tx.standing(here.signed_in.session, Some(wanted), now).await?.ok_or(AppError::ExpiredForm)?;
    tx.enter_organization(here.standing.user, wanted, now).await?;
    tx.commit().await?;
    here.renew(&app, Some(wanted)).await?;
    respond::done(&here.visitor, "/", format!("You are now in {}.", choice.name)).await
}

/// The page is for members of two or more organizations, and Server Administrators (portal contract 0.5).
fn needs_choice(here: &Here, choices: &[OrganizationChoice]) -> Result<(), AppError> {
    let has_choice = choices.len() > 1 || here.standing.is_server_administrator;
    if has_choice { Ok(()) } else { Err(AppError::NotFound) }
}

/// What somebody may choose from.
async fn choices(app: &App, here: &Here) -> Result<Vec<OrganizationChoice>, AppError> {
    let mut tx = app.db.begin_read().await?;
    if here.standing.is_server_administrator {
        Ok(tx.all_organizations().await?)
    } else {
        Ok(tx.organizations_of(here.standing.user).await?)
    }
}

async fn switcher(app: &App, here: &Here, chosen: &str, problem: Option<&str>) -> Result<Response, AppError> {
    let choices = choices(app, here).await?;
    needs_choice(here, &choices)?;
    let current = here.signed_in.organization.map(|id| id.to_string()).unwrap_or_default();
    let checked = if chosen.is_empty() { current.as_str() } else { chosen };
    let mut shell = shell::shell(here, "organizations").await?;
    shell.failed = problem.is_some();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Switch {
        shell,
        errors: problem.map(str::to_owned).into_iter().collect(),
        choices: choices
            .into_iter()
            .map(|choice| {
                let id = choice.id.to_string();
                SwitchChoice { current: id == checked, initials: initials(&choice.name), name: choice.name, id }
            })
            .collect(),
    };
    respond::page_with(status, &page)
}
