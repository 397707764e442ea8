//! Edit User.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    as_curl,
    audit::revert::{self, Reverted},
    extract::{Form, Path, Query},
    people,
    picker::{self, Chosen},
    refused, respond, shell,
};
use crate::{
    app::App,
    domain::{
        audit::AuditAction,
        ids::UserId,
        roles::{AccountRole, CustomRole, Role, RoleSet, shown_roles},
        text::{DisplayName, Email},
        users::MembershipState,
    },
    error::AppError,
    flows::{
        self,
        edit_user::{self, Edited, Wanted},
    },
    policy::{Actor, Allowed, EditUser, Person, Refusal, assignable, offered},
    store::Member,
    web::{
        pages::{
            parts::{Access, Field, Problem},
            users::{Changed, Conflict, Edit, EditAccess, Revert},
        },
        visitor::Here,
    },
};

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    version: String,
    email: Option<String>,
    name: Option<String>,
    account_role: Option<String>,
    role: Vec<String>,
    /// The preview that was looked at, as the form remembers it.
    seen: String,
    /// Asks for a preview and saves nothing; "aside" asks for that part of the page alone.
    preview: Option<String>,
}

/// Everything the form is made from.
struct Subject {
    member: Member,
    person: Person,
    custom: Vec<CustomRole>,
    allowed: Allowed,
}

impl Subject {
    fn held(&self) -> (AccountRole, RoleSet) {
        (self.member.account_role, self.person.roles.clone())
    }
}

async fn subject(app: &App, actor: &Actor, id: UserId) -> Result<Subject, AppError> {
    let mut tx = app.db.begin_read().await?;
    let (member, person) = flows::person(&mut tx, actor.organization, id).await?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    let _permit = actor.authorize(EditUser::default(), person.clone())?;
    let allowed = Allowed::on(actor, &person);
    Ok(Subject { member, person, custom, allowed })
}

/// The form, as things stand, or as they stood before a change that is to be taken back.
pub async fn edit(
    State(app): State<App>,
    here: Here,
    Path(id): Path<UserId>,
    Query(asked): Query<revert::Asked>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let subject = match subject(&app, actor, id).await {
        Ok(subject) => subject,
        Err(error) => return kept_out(&here, id, error).await,
    };
    let curl = as_curl::save(&app, &subject.member, subject.member.enabled);
    let actions = [AuditAction::UserEdited, AuditAction::UserRolesChanged];
    let mut tx = app.db.begin_read().await?;
    let reverted = revert::find(&mut tx, actor, &asked, &id.to_string(), &actions).await?;
    drop(tx);
    let stored = as_stored(&subject.member);
    let Some(reverted) = reverted else {
        let page = form(&here, actor, &subject, &stored).await?;
        return respond::page(&Edit { curl, ..page });
    };
    let (typed, left_out) = before(actor, &subject, stored, &reverted);
    let mut page = form(&here, actor, &subject, &typed).await?;
    page.revert = Some(Revert { cause: reverted.cause, left_out, fields: differences(&subject, &typed) });
    respond::page(&Edit { curl, ..page })
}

/// Somebody may not be edited by this person, or not now.
async fn kept_out(here: &Here, id: UserId, error: AppError) -> Result<Response, AppError> {
    refused::page(here, "users", "Edit User", &format!("/users/{id}"), error).await
}

/// The form with what was there before a change, as far as whoever fills it in may give it back, and the names of the
/// roles that stay away.
fn before(actor: &Actor, subject: &Subject, stored: Typed, reverted: &Reverted) -> (Typed, Vec<String>) {
    let mut typed = stored;
    if subject.allowed.edit_name {
        let text = |field: &str, now: Option<String>| reverted.text(field).map(str::to_owned).or(now);
        typed.email = text("email", typed.email);
        typed.name = text("name", typed.name);
    }
    let mut left_out = Vec::new();
    if subject.allowed.edit_roles {
        let (account_roles, roles) = offered(actor, &subject.custom);
        let may_replace = assignable(actor, &Role::Account(subject.member.account_role));
        match reverted.account_role() {
            Some(role) if may_replace && account_roles.contains(&role) => {
                typed.account_role = Some(role.key().to_owned());
            }
            Some(role) if role != subject.member.account_role => left_out.push(role.label().to_owned()),
            _ => {}
        }
        let held = &subject.person.roles;
        let give: Vec<String> = roles.keys().into_iter().chain(held.keys()).map(|key| key.to_string()).collect();
        if let Some((roles, gone)) = reverted.roles(&subject.custom, &give) {
            typed.role = picker::with_kept(actor, held, &roles);
            left_out.extend(gone);
        }
    }
    (typed, left_out)
}

fn as_stored(member: &Member) -> Typed {
    Typed {
        version: member.version.to_string(),
        email: Some(member.email.clone()),
        name: Some(member.display_name.clone()),
        account_role: Some(member.account_role.key().to_owned()),
        role: member.roles.clone(),
        ..Typed::default()
    }
}

impl Typed {
    /// The roles the form stands for: what one may not take stays, what cannot be read counts for nothing.
    fn chosen(&self, actor: &Actor, subject: &Subject) -> (AccountRole, RoleSet) {
        let (account_role, held) = subject.held();
        if !subject.allowed.edit_roles {
            return (account_role, held);
        }
        let keys = picker::with_kept(actor, &held, &self.role);
        let chosen = self.account_role.as_deref().and_then(|role| role.parse().ok());
        (chosen.unwrap_or(account_role), people::role_set(keys.iter().map(String::as_str), &subject.custom))
    }
}

/// What the person can do with the chosen roles, what that changes, and what would give more.
fn access(actor: &Actor, subject: &Subject, typed: &Typed) -> Access {
    let (account_role, roles) = typed.chosen(actor, subject);
    let preview = edit_user::preview(actor, &subject.person, account_role, &roles);
    let holdings = edit_user::in_force(actor, &subject.person, account_role, &roles);
    let title = format!("What {} can do", subject.member.shown_name());
    let mut access = people::access(title, "And which role allows it", &holdings, &subject.custom);
    people::mark(&mut access, &preview.changes);
    if (account_role, roles) != subject.held() {
        access.seen = preview.seen.to_string();
    }
    access
}

/// The form with what was typed.
async fn form(here: &Here, actor: &Actor, subject: &Subject, typed: &Typed) -> Result<Edit, AppError> {
    let Subject { member, person, custom, allowed } = subject;
    let chosen = Chosen {
        account_role: typed.account_role.as_deref().and_then(|role| role.parse().ok()).or(Some(member.account_role)),
        roles: typed.role.clone(),
    };
    let held = subject.held();
    let mut roles = if allowed.edit_roles {
        picker::picker(actor, custom, &chosen, Some(&held))
    } else {
        let note = if actor.is_self(person) { Refusal::OwnRoles.to_string() } else { String::new() };
        picker::fixed(&held, &note)
    };
    if person.server_administrator && member.account_role != AccountRole::ServerAdministrator {
        // Their own account role opens everything besides, whatever the membership's roles become.
        roles.kept.insert(0, picker::keep(&Role::Account(AccountRole::ServerAdministrator)));
    }
    let field = |typed: &Option<String>, stored: &str| Field {
        value: typed.clone().unwrap_or_else(|| stored.to_owned()),
        errors: Vec::new(),
    };
    Ok(Edit {
        shell: shell::shell_or_fragment(here, "users").await?,
        id: member.user.to_string(),
        person: member.shown_name().to_owned(),
        avatar: people::avatar(
            &member.user.to_string(),
            &member.display_name,
            &member.email,
            member.state == MembershipState::Invited,
        ),
        version: typed.version.clone(),
        email: field(&typed.email, &member.email),
        name: field(&typed.name, &member.display_name),
        name_required: !member.display_name.is_empty(),
        identity_locked: !allowed.edit_name,
        roles,
        access: access(actor, subject, typed),
        ..Edit::default()
    })
}

/// Saves.
pub async fn update(
    State(app): State<App>,
    here: Here,
    Path(id): Path<UserId>,
    Form(typed): Form<Typed>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let subject = match subject(&app, actor, id).await {
        Ok(subject) => subject,
        Err(error) => return kept_out(&here, id, error).await,
    };
    match typed.preview.as_deref() {
        Some("aside") if here.visitor.htmx => {
            return respond::page(&EditAccess { access: access(actor, &subject, &typed) });
        }
        Some(_) => return respond::page(&form(&here, actor, &subject, &typed).await?),
        None => {}
    }
    let account_role = typed.account_role.as_deref().map(str::parse::<AccountRole>);
    if let (Some(role), Some(Err(_))) = (&typed.account_role, account_role) {
        let refusal = Refusal::Assign { role: role.clone() };
        return not_now(&here, actor, &subject, &typed, &refusal.to_string()).await;
    }
    let wanted = match read(actor, &subject, &typed) {
        Ok(wanted) => wanted,
        Err(problems) => return rejected(&here, actor, &subject, &typed, problems).await,
    };
    match edit_user::edit(&app, &here.caller(), id, &wanted).await {
        Ok(Edited::Saved { own_email: true, .. }) => {
            here.visitor.session.flush().await?;
            Ok(crate::web::routes::redirect(&here.visitor, "/login?reason=email"))
        }
        Ok(Edited::Saved { person, .. }) => {
            respond::done(&here.visitor, "/users", format!("The changes to {person} were saved.")).await
        }
        Ok(Edited::Unchanged) => respond::done(&here.visitor, "/users", "Nothing was changed.").await,
        Ok(Edited::Stale(now)) => stale(&app, &here, actor, &typed, *now).await,
        Ok(Edited::Surprising) => {
            // The roles may have changed since they were read above.
            let subject = self::subject(&app, actor, id).await?;
            not_now(&here, actor, &subject, &typed, SURPRISE).await
        }
        Ok(Edited::EmailTaken) => {
            let problems = vec![problem("email", "That email address is already in use.")];
            rejected(&here, actor, &subject, &typed, problems).await
        }
        Err(AppError::Conflict { message, .. }) => not_now(&here, actor, &subject, &typed, &message).await,
        Err(error) => Err(error),
    }
}

/// Said when saving would do something else than the preview showed.
pub const SURPRISE: &str =
    "What your changes do is not what the preview showed any more. Nothing was saved. Look again, then save.";

async fn not_now(
    here: &Here,
    actor: &Actor,
    subject: &Subject,
    typed: &Typed,
    message: &str,
) -> Result<Response, AppError> {
    let mut page = form(here, actor, subject, typed).await?;
    page.shell.failed = true;
    page.problems = vec![problem("", message)];
    respond::page_with(StatusCode::CONFLICT, &page)
}

fn problem(field: &str, message: &str) -> Problem {
    Problem { field: field.to_owned(), message: message.to_owned() }
}

/// What the form asks for, or what is wrong with it at which field.
fn read(actor: &Actor, subject: &Subject, typed: &Typed) -> Result<Wanted, Vec<Problem>> {
    let mut problems = Vec::new();
    let member = &subject.member;
    let email = typed.email.as_deref().filter(|email| *email != member.email).map(Email::parse).transpose();
    let email = email.unwrap_or_else(|error| {
        problems.push(problem("email", &error.to_string()));
        None
    });
    let may_stay_empty = member.display_name.is_empty();
    let typed_name = typed.name.as_deref().filter(|name| !(may_stay_empty && name.trim().is_empty()));
    let name = typed_name.map(DisplayName::parse).transpose().unwrap_or_else(|error| {
        problems.push(problem("name", &error.to_string()));
        None
    });
    let account_role = typed.account_role.as_deref().and_then(|role| role.parse().ok());
    let roles = (subject.allowed.edit_roles || !typed.role.is_empty())
        .then(|| picker::with_kept(actor, &subject.person.roles, &typed.role));
    if !problems.is_empty() {
        return Err(problems);
    }
    // A version that cannot be read is older than any.
    let version = typed.version.parse().unwrap_or(-1);
    Ok(Wanted { version, email, name, account_role, roles, seen: typed.seen.clone() })
}

async fn rejected(
    here: &Here,
    actor: &Actor,
    subject: &Subject,
    typed: &Typed,
    problems: Vec<Problem>,
) -> Result<Response, AppError> {
    let mut page = form(here, actor, subject, typed).await?;
    page.shell.failed = true;
    for problem in &problems {
        let field = if problem.field == "email" { &mut page.email } else { &mut page.name };
        field.errors.push(problem.message.clone());
    }
    page.problems = problems;
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Somebody else was faster: the typed values stay, beside what stands there now; saving again overwrites knowingly.
async fn stale(app: &App, here: &Here, actor: &Actor, typed: &Typed, now: Member) -> Result<Response, AppError> {
    let subject = subject(app, actor, now.user).await?;
    let typed = Typed { version: now.version.to_string(), ..typed.clone() };
    let mut page = form(here, actor, &subject, &typed).await?;
    page.shell.failed = true;
    page.conflict = Some(Conflict {
        message: format!(
            "{} changed this user at {}. Your changes were not saved. Compare, then save again.",
            now.changed_by, now.changed_at
        ),
        fields: differences(&subject, &typed),
    });
    respond::page_with(StatusCode::CONFLICT, &page)
}

/// Only the fields that differ.
fn differences(subject: &Subject, typed: &Typed) -> Vec<Changed> {
    let member = &subject.member;
    let mut changed = Vec::new();
    let mut compare = |field: &str, now: &str, yours: &str| {
        if now != yours {
            changed.push(Changed { field: field.to_owned(), now: now.to_owned(), yours: yours.to_owned() });
        }
    };
    compare("Email", &member.email, typed.email.as_deref().unwrap_or(&member.email).trim());
    compare("Name", &member.display_name, typed.name.as_deref().unwrap_or(&member.display_name).trim());
    if subject.allowed.edit_roles {
        let account_role =
            typed.account_role.as_deref().and_then(|role| role.parse().ok()).unwrap_or(member.account_role);
        let yours = people::role_set(typed.role.iter().map(String::as_str), &subject.custom);
        compare("Roles", &names(member.account_role, &subject.person.roles), &names(account_role, &yours));
    }
    changed
}

fn names(account_role: AccountRole, roles: &RoleSet) -> String {
    shown_roles(account_role, roles.application(), roles.custom().iter().map(|role| role.name.as_str())).join(", ")
}
