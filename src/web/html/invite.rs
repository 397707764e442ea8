//! Invite Users, and its results.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    as_curl,
    extract::Form,
    people,
    picker::{self, Chosen},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        ids::UserId,
        mail::MailState,
        roles::{AccountRole, Holdings},
        text::{TypedAddress, read_addresses},
    },
    error::AppError,
    flows::invite::{self, InviteOutcome, Wanted},
    web::{
        pages::{
            parts::Problem,
            users::{Invite, InviteResults, Outcome},
        },
        routes,
        visitor::Here,
    },
};

/// Addresses one form may carry.
const MOST: usize = 100;
/// What helps whoever finds somebody invited already.
pub const USE_RESEND: &str = "Use Resend on User Management.";
/// Key in the session under which the results wait.
const RESULTS: &str = "invite_results";

/// The form as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    email: String,
    account_role: String,
    role: Vec<String>,
}

/// One line of the results, kept with the session until logout.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    email: String,
    result: String,
    user: Option<UserId>,
}

/// The form.
pub async fn new(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    let typed = Typed { account_role: AccountRole::User.key().to_owned(), ..Typed::default() };
    respond::page(&form(&app, &here, &typed).await?)
}

async fn form(app: &App, here: &Here, typed: &Typed) -> Result<Invite, AppError> {
    let actor = here.actor()?;
    let mut tx = app.db.begin_read().await?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    let seats = tx.seats(actor.organization).await?;
    let mfa_required = tx.mfa_required_in(actor.organization).await?;
    let chosen = Chosen { account_role: typed.account_role.parse().ok(), roles: typed.role.clone() };
    let seats = match seats.free() {
        Some(1) => "1 seat is free.".to_owned(),
        Some(free) => format!("{free} seats are free."),
        None => String::new(),
    };
    let mut page = Invite {
        shell: shell::shell_or_fragment(here, "users").await?,
        roles: picker::picker(actor, &custom, &chosen, None),
        access: people::access(
            "Each person will be able to".to_owned(),
            "",
            &Holdings { provisioned: &actor.provisioned, ..Holdings::NONE },
            &[],
        ),
        curl: Some(as_curl::invite(app)),
        mfa_required,
        seats,
        ..Invite::default()
    };
    page.email.value.clone_from(&typed.email);
    Ok(page)
}

/// Invites.
pub async fn create(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    let addresses = read_addresses(&typed.email);
    if let Some(messages) = unusable(&addresses) {
        return rejected(&app, &here, &typed, StatusCode::UNPROCESSABLE_ENTITY, messages, "email").await;
    }
    let roles: Vec<String> = std::iter::once(&typed.account_role).chain(&typed.role).cloned().collect();
    let people = Wanted::all(addresses, &roles);
    match invite::invite(&app, &here.caller(), &people).await {
        Ok(outcomes) => {
            let kept: Vec<Kept> = people.iter().zip(&outcomes).map(|(one, outcome)| keep(one, outcome)).collect();
            here.visitor.session.insert(RESULTS, kept).await?;
            Ok(routes::redirect(&here.visitor, "/users/invite/results"))
        }
        Err(AppError::Conflict { message, code }) => {
            let field = if code == "capacity_reached" { "email" } else { "roles" };
            rejected(&app, &here, &typed, StatusCode::CONFLICT, vec![message], field).await
        }
        Err(error) => Err(error),
    }
}

/// Why nothing of the whole form can be used (portal contract 5.1).
fn unusable(addresses: &[TypedAddress]) -> Option<Vec<String>> {
    if addresses.is_empty() {
        return Some(vec!["Enter at least one email address.".to_owned()]);
    }
    if addresses.len() > MOST {
        return Some(vec![format!("Invite at most {MOST} addresses at a time. You entered {}.", addresses.len())]);
    }
    if addresses.iter().all(|address| address.email().is_none()) {
        let mut lines = vec!["None of these is a valid email address.".to_owned()];
        lines.extend(addresses.iter().map(|address| format!("{}: not a valid email address", address.as_str())));
        return Some(lines);
    }
    None
}

async fn rejected(
    app: &App,
    here: &Here,
    typed: &Typed,
    status: StatusCode,
    messages: Vec<String>,
    field: &str,
) -> Result<Response, AppError> {
    let mut page = form(app, here, typed).await?;
    page.shell.failed = true;
    page.problems =
        messages.iter().map(|message| Problem { field: field.to_owned(), message: message.clone() }).collect();
    if field == "email" {
        page.email.errors = messages;
    } else {
        page.roles.errors = messages;
    }
    respond::page_with(status, &page)
}

fn keep(one: &Wanted, outcome: &InviteOutcome) -> Kept {
    let user = match outcome {
        InviteOutcome::Invited(user) => *user,
        _ => None,
    };
    Kept { email: one.address.as_str().to_owned(), result: outcome.text().into_owned(), user }
}

/// What became of each address, and whether the mail server has refused a letter by now.
pub async fn results(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    let Some(kept) = here.visitor.session.get::<Vec<Kept>>(RESULTS).await? else {
        return Ok(Redirect::to("/users/invite").into_response());
    };
    let users: Vec<UserId> = kept.iter().filter_map(|kept| kept.user).collect();
    let mut tx = app.db.begin_read().await?;
    let states = tx.mail_states(here.organization()?, &users).await?;
    let failed: Vec<UserId> =
        states.into_iter().filter(|(_, state)| *state == MailState::Failed).map(|(user, _)| user).collect();
    let outcomes: Vec<Outcome> =
        kept.into_iter().map(|kept| outcome(&kept, kept.user.is_some_and(|user| failed.contains(&user)))).collect();
    let invited = outcomes.iter().filter(|outcome| outcome.result.starts_with("Invited")).count();
    respond::page(&InviteResults {
        shell: shell::shell(&here, "users").await?,
        summary: format!("{invited} invited, {} not invited.", outcomes.len() - invited),
        outcomes,
    })
}

fn outcome(kept: &Kept, failed: bool) -> Outcome {
    let result = if failed { "Invited, email failed" } else { kept.result.as_str() };
    let (hint, tone) = match result {
        "Invited" => ("", "good"),
        "Invited, email failed" => ("", "warn"),
        "Already invited" => (USE_RESEND, "info"),
        "Already a member" => ("", "info"),
        _ => ("", "danger"),
    };
    Outcome { email: kept.email.clone(), result: result.to_owned(), hint: hint.to_owned(), tone }
}
