//! Your Account: name, password, sessions.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    extract::{Form, Path},
    people,
    proof::{self, Asked},
    respond, shell, users,
};
use crate::{
    app::App,
    domain::{
        ids::SessionId,
        passwords::{Judgement, PasswordProblem},
        roles::{AccountRole, CustomRole, Holdings, RoleSet},
        session::Stage,
        text::DisplayName,
    },
    error::AppError,
    flows::{
        change_password::{self, Owner},
        end_sessions, profile, reset_password,
    },
    store::User,
    web::{
        pages::{
            account::{Index, Mfa, OwnSession, Preferences},
            parts::{Avatar, Field},
            passwords::{Change, Choose, StrengthHint},
        },
        visitor::{Here, Visitor},
    },
};

/// The form "Profile", or one of the preferences.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    name: Option<String>,
    theme: Option<String>,
}

/// A new password as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedPassword {
    current: String,
    password: String,
    confirm: String,
    name: Option<String>,
}

/// A form with a new password while somebody fills it in; the first run's names everything there is to know, that of a
/// mailed link names the link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typing {
    current: String,
    password: String,
    name: String,
    email: String,
    organization: String,
    link: String,
}

/// The page.
pub async fn show(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    respond::page(&page(&app, &here).await?)
}

async fn page(app: &App, here: &Here) -> Result<Index, AppError> {
    let standing = &here.standing;
    let mut tx = app.db.begin_read().await?;
    let sessions = tx.sessions_of(standing.user, None).await?;
    let logins = tx.recent_sign_ins(standing.user, None).await?;
    let pending_email = tx.pending_email(standing.user, here.occasion().now).await?;
    let codes_left = if standing.has_authenticator { Some(tx.recovery_codes_left(standing.user).await?) } else { None };
    let custom = match &standing.organization {
        Some(organization) => tx.custom_roles(organization.id, &[]).await?,
        None => Vec::new(),
    };
    drop(tx);
    let own = here.signed_in.session;
    let mut sessions: Vec<OwnSession> = sessions
        .iter()
        .map(|row| OwnSession { id: row.id.to_string(), session: users::session(row), current: row.id == own })
        .collect();
    sessions.sort_by_key(|session| !session.current);
    let (roles, access) = roles(here, &custom);
    Ok(Index {
        shell: shell::shell(here, "").await?,
        avatar: Avatar::new(&standing.user.to_string(), standing.shown_name()),
        email: standing.email.clone(),
        pending_email,
        name: Field { value: standing.display_name.clone(), errors: Vec::new() },
        mfa: Mfa { on: standing.mfa_required_by.is_some(), codes_left },
        roles,
        access,
        sessions,
        logins: logins.iter().map(users::login).collect(),
        preferences: Preferences { theme: standing.theme.clone(), shortcuts: None },
    })
}

/// One's own roles in the current organization, and what they open.
fn roles(
    here: &Here,
    custom: &[CustomRole],
) -> (Vec<crate::web::pages::parts::RoleChip>, crate::web::pages::parts::Access) {
    let standing = &here.standing;
    let Some(organization) = &standing.organization else {
        let holdings = Holdings { server_administrator: standing.is_server_administrator, ..Holdings::NONE };
        let chips = people::chips(AccountRole::ServerAdministrator, &RoleSet::default());
        return (chips, people::access("What you can do".to_owned(), "", &holdings, &[]));
    };
    let set = RoleSet::new(organization.application_roles.iter().copied(), organization.custom_roles.clone());
    let mut chips = people::chips(organization.account_role.unwrap_or(AccountRole::User), &set);
    if standing.is_server_administrator && organization.account_role != Some(AccountRole::ServerAdministrator) {
        chips.insert(0, people::chip(&crate::domain::roles::Role::Account(AccountRole::ServerAdministrator)));
    }
    let holdings = organization.holdings(standing.is_server_administrator);
    (chips, people::access("What you can do".to_owned(), "And which role allows it", &holdings, custom))
}

/// Saves the name, or a preference.
pub async fn rename(State(app): State<App>, here: Here, Form(profile): Form<Profile>) -> Result<Response, AppError> {
    if let Some(theme) = &profile.theme {
        let theme = Some(theme.as_str()).filter(|theme| ["light", "dark"].contains(theme));
        profile::choose_theme(&app, &here.signed_in, theme, here.occasion()).await?;
        return respond::done(&here.visitor, "/account", "Your changes were saved.").await;
    }
    let typed = profile.name.unwrap_or_default();
    match DisplayName::parse(&typed) {
        Ok(name) => {
            profile::rename(&app, &here.signed_in, &name, here.occasion()).await?;
            respond::done(&here.visitor, "/account", "Your changes were saved.").await
        }
        Err(error) => {
            let mut page = page(&app, &here).await?;
            page.shell.failed = true;
            page.name = Field { value: typed, errors: vec![error.to_string()] };
            respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Messages of a judged password, at the field each belongs to.
pub fn password_messages(problems: &[PasswordProblem]) -> (Vec<String>, Vec<String>) {
    let (confirm, password): (Vec<&PasswordProblem>, Vec<&PasswordProblem>) =
        problems.iter().partition(|problem| **problem == PasswordProblem::Mismatch);
    let texts = |problems: Vec<&PasswordProblem>| problems.into_iter().map(ToString::to_string).collect();
    (texts(password), texts(confirm))
}

/// "Change Password", or "Choose a new password" while one is due.
pub async fn edit_password(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    if here.standing.has_temporary_password {
        let (user, _) = change_password::owner(&app, &here.signed_in).await?;
        return respond::page(&choose(&app, &here, &user).await?);
    }
    respond::page(&change(&app, &here).await?)
}

async fn change(app: &App, here: &Here) -> Result<Change, AppError> {
    Ok(Change {
        shell: shell::shell(here, "").await?,
        email: here.standing.email.clone(),
        hint: StrengthHint::rules(app.config.password_min_length, true),
        ..Change::default()
    })
}

async fn choose(app: &App, here: &Here, user: &User) -> Result<Choose, AppError> {
    // Somebody who never chose a password is new, and tells their name with it.
    let is_new = !user.has_chosen_password;
    Ok(Choose {
        shell: shell::shell(here, "").await?,
        email: user.email.clone(),
        name: is_new.then(|| Field { value: user.display_name.clone(), errors: Vec::new() }),
        hint: StrengthHint::rules(app.config.password_min_length, true),
        mfa_follows: here.signed_in.stage == Stage::Enroll && here.standing.lacks_authenticator(),
        ..Choose::default()
    })
}

/// Saves a new password.
pub async fn update_password(
    State(app): State<App>,
    here: Here,
    Form(typed): Form<TypedPassword>,
) -> Result<Response, AppError> {
    let (user, owner) = change_password::owner(&app, &here.signed_in).await?;
    if user.has_temporary_password() {
        return first_password(&app, &here, &user, owner, &typed).await;
    }
    let in_use = Some(typed.current.as_str());
    let judged = change_password::judge(&app, owner, &typed.password, &typed.confirm, in_use).await?;
    let mut page = change(&app, &here).await?;
    page.shell.failed = true;
    if !judged.is_empty() {
        (page.password_errors, page.confirm_errors) = password_messages(&judged);
        return respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    match proof::ask(&app, &here, &typed.current, None).await? {
        Asked::Right(here) => {
            change_password::store(&app, &here.signed_in, &user, &typed.password, None, here.occasion()).await?;
            let here = here.renew(&app, here.signed_in.organization).await?;
            respond::done(&here.visitor, "/account", "Your password was changed.").await
        }
        Asked::Not(denial) => {
            page.current_errors.push(denial.message.clone());
            denial.answer(&page)
        }
    }
}

async fn first_password(
    app: &App,
    here: &Here,
    user: &User,
    mut owner: Owner,
    typed: &TypedPassword,
) -> Result<Response, AppError> {
    let mut page = choose(app, here, user).await?;
    let is_new = page.name.is_some();
    let typed_name = typed.name.as_deref().map(str::trim).filter(|name| is_new && !name.is_empty());
    let name = typed_name.map(DisplayName::parse).transpose();
    if let Some(name) = typed_name {
        owner.names.push(name.to_owned());
    }
    let mut judged = change_password::judge(app, owner, &typed.password, &typed.confirm, None).await?;
    let name = match name {
        Ok(name) => name,
        Err(error) => {
            page.name = Some(Field { value: typed.name.clone().unwrap_or_default(), errors: vec![error.to_string()] });
            (page.password_errors, page.confirm_errors) = password_messages(&judged);
            page.shell.failed = true;
            return respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    if judged.is_empty() {
        let password = &typed.password;
        if change_password::replace_temporary(app, &here.signed_in, user, password, name.as_ref(), here.occasion())
            .await?
        {
            let here = here.renew(app, here.signed_in.organization).await?;
            return respond::done(&here.visitor, "/", "Your password was changed.").await;
        }
        judged.push(PasswordProblem::InUse);
    }
    if let (Some(field), Some(typed)) = (&mut page.name, &typed.name) {
        field.value.clone_from(typed);
    }
    (page.password_errors, page.confirm_errors) = password_messages(&judged);
    page.shell.failed = true;
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The hint while typing, from the function that judges on saving. Estimating costs time, so it is done for who is signed
/// in, for who holds a link for a new password, and at the first run; anybody else gets the rules.
pub async fn strength(
    State(app): State<App>,
    visitor: Visitor,
    Form(typed): Form<Typing>,
) -> Result<Response, AppError> {
    let signed_in = visitor.signed_in.as_ref().filter(|_| visitor.is_signed_in() && typed.link.is_empty());
    let hint = StrengthHint::rules(app.config.password_min_length, signed_in.is_some());
    let owner = match signed_in {
        Some(signed_in) => Some(change_password::owner(&app, signed_in).await?.1),
        None if app.is_set_up().await? => reset_password::find(&app, &typed.link, &visitor.occasion).await?,
        None => Some(Owner { email: typed.email, names: Vec::new(), organizations: vec![typed.organization] }),
    };
    let Some(mut owner) = owner.filter(|_| !typed.password.is_empty()) else { return respond::page(&hint) };
    owner.names.push(typed.name);
    let in_use = Some(typed.current.as_str()).filter(|current| !current.is_empty());
    let judged = change_password::assess_password(&app, owner, &typed.password, in_use).await?;
    respond::page(&measured(hint, &judged))
}

fn measured(hint: StrengthHint, judged: &Judgement) -> StrengthHint {
    let has = |found: fn(&PasswordProblem) -> bool| judged.problems.iter().any(found);
    let met = [
        !has(|problem| matches!(problem, PasswordProblem::TooShort(_))),
        !has(|problem| *problem == PasswordProblem::TooCommon),
        !has(|problem| *problem == PasswordProblem::Personal),
        !has(|problem| *problem == PasswordProblem::InUse),
    ];
    hint.measured(judged.strength.bars(), judged.strength.label(), &met)
}

/// Ends one of one's own sessions.
pub async fn end_session(State(app): State<App>, here: Here, Path(id): Path<SessionId>) -> Result<Response, AppError> {
    end_sessions::end_own(&app, &here.signed_in, id, here.occasion()).await?;
    respond::done(&here.visitor, "/account", "The session was ended.").await
}

/// Ends all sessions but this one.
pub async fn end_other_sessions(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    end_sessions::end_others(&app, &here.signed_in, here.occasion()).await?;
    respond::done(&here.visitor, "/account", "Other sessions were ended.").await
}
