//! Everything about one person that is asked before it is done: delete, disable, enable, resend, cancel, end sessions.
//! A question is one page that also opens as a dialog; its button posts to the same address.

mod questions;

use axum::{
    extract::State,
    http::StatusCode,
    response::Response,
    routing::{MethodRouter, get},
};

use super::{extract::Path, respond, shell};
use crate::{
    app::App,
    domain::{ids::UserId, users::MembershipState},
    error::AppError,
    flows::{self, Caller},
    policy::{
        Action, Actor, CancelInvitation, DeleteUser, Denied, DisableEverywhere, DisableUser, EnableEverywhere,
        EnableUser, EndSessions, Person, Refusal, ResendInvitation, ResetAuthenticator,
    },
    store::{Member, Tx},
    web::{
        pages::{
            parts::{Curl, Problem},
            users::{Confirm, Effect, EffectIcon},
        },
        visitor::Here,
    },
};

/// One kind of question.
trait Question: Action<Target = Person> + Copy + Send + Sync + 'static {
    /// The action to ask the policy for.
    const ACTION: Self;
    /// Last part of the path.
    const PATH: &'static str;
    /// Heading and name of the dialog.
    const HEADING: &'static str;
    /// The verb on the button.
    const BUTTON: &'static str;
    /// Whether it takes something away.
    const DANGER: bool = false;
    /// The quiet way out.
    const CANCEL: &'static str = "Cancel";
    /// Whether it leads back to the person rather than to the list.
    const BACK_TO_PERSON: bool = true;
    /// Whether it takes an Administrator away, which the last one forbids.
    const TAKES_ACCESS: bool = false;

    /// What it asks.
    fn text(subject: &Subject) -> Vec<String>;

    /// What will happen, with numbers.
    fn effects(_: &Subject) -> Vec<Effect> {
        Vec::new()
    }

    /// The same as an API call, where there is one.
    fn as_curl(_: &App, _: &Member) -> Option<Curl> {
        None
    }

    /// Does it; gives the message for the next page.
    fn carry_out(app: &App, caller: &Caller, user: UserId) -> impl Future<Output = Result<String, AppError>> + Send;
}

/// Whom a question is about.
struct Subject {
    member: Member,
    organization: String,
    sessions: usize,
}

impl Subject {
    fn name(&self) -> &str {
        self.member.shown_name()
    }

    fn sessions(&self) -> Option<Effect> {
        let text = match self.sessions {
            0 => return None,
            1 => "1 session ends at once.".to_owned(),
            count => format!("{count} sessions end at once."),
        };
        Some(Effect { icon: EffectIcon::Sessions, text })
    }
}

fn routes<Q: Question>() -> MethodRouter<App> {
    get(ask::<Q>).post(answer::<Q>)
}

/// `/users/{id}/delete`.
pub fn delete() -> MethodRouter<App> {
    routes::<DeleteUser>()
}

/// `/users/{id}/disable`.
pub fn disable() -> MethodRouter<App> {
    routes::<DisableUser>()
}

/// `/users/{id}/enable`.
pub fn enable() -> MethodRouter<App> {
    routes::<EnableUser>()
}

/// `/users/{id}/disable-everywhere`.
pub fn disable_everywhere() -> MethodRouter<App> {
    routes::<DisableEverywhere>()
}

/// `/users/{id}/enable-everywhere`.
pub fn enable_everywhere() -> MethodRouter<App> {
    routes::<EnableEverywhere>()
}

/// `/users/{id}/resend`.
pub fn resend() -> MethodRouter<App> {
    routes::<ResendInvitation>()
}

/// `/users/{id}/cancel`.
pub fn cancel() -> MethodRouter<App> {
    routes::<CancelInvitation>()
}

/// `/users/{id}/reset-authenticator`.
pub fn reset_authenticator() -> MethodRouter<App> {
    routes::<ResetAuthenticator>()
}

/// `/users/{id}/end-sessions`.
pub fn end_sessions() -> MethodRouter<App> {
    routes::<EndSessions>()
}

async fn ask<Q: Question>(State(app): State<App>, here: Here, Path(id): Path<UserId>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let mut tx = app.db.begin_read().await?;
    let (subject, person) = subject(&mut tx, actor, id).await?;
    let is_last = Q::TAKES_ACCESS && tx.is_last_administrator(actor.organization, id).await?;
    match actor.authorize(Q::ACTION, person) {
        // The commit would refuse it; better said before the button is pressed than after.
        Ok(_) if is_last => {
            let (person, organization) = (subject.name().to_owned(), subject.organization.clone());
            let refusal = Refusal::LastAdministrator { person, organization };
            refused::<Q>(&here, &subject, &refusal.to_string()).await
        }
        Ok(_permit) => {
            let page = page::<Q>(&here, &subject, None).await?;
            respond::page(&Confirm { curl: Q::as_curl(&app, &subject.member), ..page })
        }
        Err(Denied::Refused(refusal)) => refused::<Q>(&here, &subject, &refusal.to_string()).await,
        Err(denied) => Err(denied.into()),
    }
}

async fn answer<Q: Question>(State(app): State<App>, here: Here, Path(id): Path<UserId>) -> Result<Response, AppError> {
    match Q::carry_out(&app, &here.caller(), id).await {
        Ok(message) => {
            let back = if Q::BACK_TO_PERSON { format!("/users/{id}") } else { "/users".to_owned() };
            respond::done(&here.visitor, &back, message).await
        }
        Err(AppError::Conflict { message, .. }) => {
            let actor = here.actor()?;
            let mut tx = app.db.begin_read().await?;
            let (subject, _) = subject(&mut tx, actor, id).await?;
            refused::<Q>(&here, &subject, &message).await
        }
        Err(error) => Err(error),
    }
}

async fn subject(tx: &mut Tx, actor: &Actor, user: UserId) -> Result<(Subject, Person), AppError> {
    let (member, person) = flows::person(tx, actor.organization, user).await?;
    let sessions = tx.sessions_of(user, actor.sessions_seen(member.is_shared)).await?.len();
    Ok((Subject { member, organization: actor.organization_name.clone(), sessions }, person))
}

async fn refused<Q: Question>(here: &Here, subject: &Subject, message: &str) -> Result<Response, AppError> {
    let mut page = page::<Q>(here, subject, Some(message)).await?;
    page.shell.failed = true;
    respond::page_with(StatusCode::CONFLICT, &page)
}

async fn page<Q: Question>(here: &Here, subject: &Subject, problem: Option<&str>) -> Result<Confirm, AppError> {
    let id = subject.member.user;
    let is_possible = problem.is_none();
    let back = if Q::BACK_TO_PERSON { format!("/users/{id}") } else { "/users".to_owned() };
    let advises = Q::PATH == "delete" && subject.member.state == MembershipState::Active && is_possible;
    Ok(Confirm {
        shell: shell::shell_or_fragment(here, "users").await?,
        heading: Q::HEADING.to_owned(),
        action: format!("/users/{id}/{}", Q::PATH),
        version: String::new(),
        paragraphs: if is_possible { Q::text(subject) } else { Vec::new() },
        effects: if is_possible { Q::effects(subject) } else { Vec::new() },
        advice: advises.then(|| "To keep the account but block access, disable it instead.".to_owned()),
        advice_href: advises.then(|| format!("/users/{id}/disable")),
        problems: problem
            .map(|message| Problem { field: String::new(), message: message.to_owned() })
            .into_iter()
            .collect(),
        curl: None,
        button: if is_possible { Q::BUTTON.to_owned() } else { String::new() },
        danger: Q::DANGER,
        cancel: Q::CANCEL.to_owned(),
        cancel_href: back,
    })
}
