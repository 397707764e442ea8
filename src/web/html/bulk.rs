//! Bulk actions: asked once for everybody chosen, then told person by person.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    extract::Form,
    respond, shell,
    users::{self, Filters, people_count},
};
use crate::{
    app::App,
    domain::{ids::UserId, roles::CustomRole},
    error::AppError,
    flows::bulk::{self, BulkAction},
    policy::{Actor, BulkUsers, offered},
    store::Member,
    web::{
        pages::{
            parts::{Choice, Problem},
            users::{BulkBar, BulkConfirm, BulkPerson, BulkResult, BulkResults},
        },
        visitor::Here,
    },
};

/// What the list, and then the question, send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    id: Vec<String>,
    action: String,
    role: String,
    confirmed: String,
}

const ACTIONS: [(&str, &str); 5] = [
    ("add_role", "Add a role"),
    ("remove_role", "Remove a role"),
    ("disable", "Disable"),
    ("enable", "Enable"),
    ("resend", "Resend invitation"),
];

/// The bar under the list, for who may use it.
pub fn bar(actor: &Actor, custom: &[CustomRole]) -> Option<BulkBar> {
    actor.may::<BulkUsers>().is_ok().then(|| {
        let choice =
            |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned(), ..Choice::default() };
        let (_, roles) = offered(actor, custom);
        BulkBar {
            actions: ACTIONS.iter().map(|(value, label)| choice(value, label)).collect(),
            roles: roles.iter().map(|role| choice(&role.key().to_string(), role.label())).collect(),
        }
    })
}

/// Asks first; the confirmed form is carried out.
pub async fn apply(State(app): State<App>, here: Here, Form(chosen): Form<Chosen>) -> Result<Response, AppError> {
    let action = BulkAction::read(&chosen.action, &chosen.role);
    let action = action.ok_or(AppError::BadRequest("Choose one of the listed actions."))?;
    let ids: Vec<UserId> = chosen.id.iter().filter_map(|id| id.parse().ok()).collect();
    let caller = here.caller();
    let (members, role) = match bulk::prepare(&app, &caller, &action, &ids).await {
        Ok(prepared) => prepared,
        Err(AppError::Conflict { message, .. }) => return refused(&app, &here, &message).await,
        Err(error) => return Err(error),
    };
    if chosen.confirmed != "yes" {
        let text = text(&action, role.as_ref().map_or("", crate::domain::roles::Role::label));
        return respond::page(&question(&here, &chosen, &members, text).await?);
    }
    let outcomes = bulk::apply(&app, &caller, &action, &members).await?;
    let results = outcomes.into_iter().map(|outcome| BulkResult {
        person: outcome.person,
        done: outcome.refused.is_none(),
        result: outcome.refused.unwrap_or_else(|| "Done".to_owned()),
    });
    respond::page(&BulkResults { results: results.collect(), shell: shell::shell(&here, "users").await? })
}

/// The list again, with what is wrong over it.
async fn refused(app: &App, here: &Here, message: &str) -> Result<Response, AppError> {
    let mut page = users::list(app, here, Filters::default()).await?;
    page.shell.failed = true;
    page.problems = vec![Problem { field: String::new(), message: message.to_owned() }];
    respond::page_with(StatusCode::CONFLICT, &page)
}

fn text(action: &BulkAction, role: &str) -> String {
    match action {
        BulkAction::AddRole(_) => format!("Each of them gets the role {role}."),
        BulkAction::RemoveRole(_) => format!("The role {role} is taken from each of them."),
        BulkAction::Disable => "They lose access from the next request on. Roles and history stay.".to_owned(),
        BulkAction::Enable => "They get a new activation link and access once it is used.".to_owned(),
        BulkAction::Resend => "They get a new link for 7 days; the old one stops working.".to_owned(),
    }
}

async fn question(here: &Here, chosen: &Chosen, members: &[Member], text: String) -> Result<BulkConfirm, AppError> {
    let people = members.iter().map(|member| BulkPerson {
        id: member.user.to_string(),
        person: member.shown_name().to_owned(),
        email: if member.display_name.is_empty() { String::new() } else { member.email.clone() },
    });
    Ok(BulkConfirm {
        heading: format!("Apply to {}", people_count(i64::try_from(members.len()).unwrap_or(i64::MAX))),
        text,
        action: chosen.action.clone(),
        role: chosen.role.clone(),
        people: people.collect(),
        shell: shell::shell(here, "users").await?,
    })
}
