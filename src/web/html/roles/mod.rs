//! Application Roles: the list, read-only pages, and the question before a role is deleted. The form is in [`form`].

mod effect;
mod form;
mod typed;

use axum::{extract::State, http::StatusCode, response::Response};

use self::form::Editor;
pub use self::form::{create, new, update};
use super::{
    audit::revert,
    extract::{Path, Query},
    people, refused, respond, shell,
    users::people_count,
};
use crate::{
    app::App,
    domain::{
        ids::CustomRoleId,
        pages::{Application, Level, Note, Page},
        roles::{ApplicationRole, CustomRole, Role, RoleKey, matrix_rows},
    },
    error::AppError,
    flows,
    policy::{Actor, CreateRole, DeleteRole, Denied, EditRole, OwnRole, ViewRoles, ViewUsers},
    store::StoredRole,
    web::{
        pages::{
            parts::Problem,
            roles::{Index, PageRow, Row, Show},
            users::Confirm,
        },
        visitor::Here,
    },
};

/// The list: custom roles, then the default roles of the organization's applications.
pub async fn index(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let mut tx = app.db.begin_read().await?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    let counts = tx.role_counts(actor.organization).await?;
    drop(tx);
    let default = ApplicationRole::ALL.iter().copied().filter(|role| is_provisioned(actor, role.application()));
    let roles = custom.into_iter().map(Role::Custom).chain(default.map(Role::Application));
    let rows = roles.map(|role| {
        let users = counts.get(&role.key().to_string()).copied().unwrap_or_default();
        row(actor, &role, users)
    });
    respond::page(&Index {
        rows: rows.collect(),
        may_add: actor.may::<CreateRole>().is_ok(),
        shell: shell::shell(&here, "roles").await?,
    })
}

fn is_provisioned(actor: &Actor, application: Application) -> bool {
    application.is_always_provisioned() || actor.provisioned.contains(&application)
}

fn row(actor: &Actor, role: &Role, users: i64) -> Row {
    let own = own_role(actor, role);
    let opens = role.access().levels().filter(|(_, level)| *level > Level::None).count();
    let of = match role {
        Role::Application(role) => role.application().pages().count(),
        _ => Page::COUNT,
    };
    Row {
        id: role.key().to_string(),
        chip: people::chip(role),
        applications: applications(role),
        users,
        users_href: users_href(actor, role),
        pages: format!("{opens} of {of}"),
        may_edit: own.as_ref().is_some_and(|own| may_edit(actor, own)),
        may_delete: own.is_some_and(|own| actor.allows(&DeleteRole, &own)),
    }
}

fn own_role(actor: &Actor, role: &Role) -> Option<OwnRole> {
    match role {
        Role::Custom(role) => Some(OwnRole { organization: actor.organization, role: role.clone() }),
        _ => None,
    }
}

fn may_edit(actor: &Actor, own: &OwnRole) -> bool {
    actor.allows(&EditRole { access: own.role.access }, own)
}

/// The application of a default role; those a custom role opens pages of.
fn applications(role: &Role) -> String {
    if let Role::Application(role) = role {
        return role.application().label().to_owned();
    }
    let access = role.access();
    let opens = |application: &Application| application.pages().any(|page| access.level(page) > Level::None);
    let labels: Vec<&str> = Application::ALL.iter().copied().filter(opens).map(Application::label).collect();
    labels.join(", ")
}

fn users_href(actor: &Actor, role: &Role) -> Option<String> {
    actor.may::<ViewUsers>().is_ok().then(|| users_with(&role.key().to_string()))
}

/// "Add Role", filled with what this role opens.
fn duplicate_href(role: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("/roles/new?{}", query.append_pair("from", role).finish())
}

fn users_with(role: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("/users?{}", query.append_pair("role", role).finish())
}

/// A role: the form for a custom role one may change, else a page to read.
pub async fn show(
    State(app): State<App>,
    here: Here,
    Path(id): Path<String>,
    Query(asked): Query<revert::Asked>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let permit = actor.authorize(ViewRoles, actor.organization)?;
    match id.parse() {
        Ok(RoleKey::Application(role)) if is_provisioned(actor, role.application()) => {
            let mut tx = app.db.begin_read().await?;
            let counts = tx.role_counts(*permit.target()).await?;
            let users = counts.get(&id).copied().unwrap_or_default();
            respond::page(&read_only(&here, actor, &Role::Application(role), "", users).await?)
        }
        Ok(RoleKey::Custom(id)) => {
            let (stored, users) = stored(&app, actor, id).await?;
            let own = OwnRole { organization: actor.organization, role: stored.role.clone() };
            if may_edit(actor, &own) {
                let editor = Editor { app: &app, here: &here, actor, subject: Some((&stored, users)) };
                return form::edit(editor, &stored, &asked).await;
            }
            let role = Role::Custom(stored.role);
            respond::page(&read_only(&here, actor, &role, &stored.description, users).await?)
        }
        _ => Err(AppError::NotFound),
    }
}

/// A role the organization has, by its key.
async fn role(app: &App, actor: &Actor, key: &str) -> Result<Role, AppError> {
    match key.parse() {
        Ok(RoleKey::Application(role)) if is_provisioned(actor, role.application()) => Ok(Role::Application(role)),
        Ok(RoleKey::Custom(id)) => Ok(Role::Custom(stored(app, actor, id).await?.0.role)),
        _ => Err(AppError::NotFound),
    }
}

/// A custom role of the organization, and how many have it.
async fn stored(app: &App, actor: &Actor, id: CustomRoleId) -> Result<(StoredRole, i64), AppError> {
    let mut tx = app.db.begin_read().await?;
    let stored = tx.stored_role(actor.organization, id).await?.ok_or(AppError::NotFound)?;
    let counts = tx.role_counts(actor.organization).await?;
    let users = counts.get(&id.to_string()).copied().unwrap_or_default();
    Ok((stored, users))
}

async fn read_only(here: &Here, actor: &Actor, role: &Role, description: &str, users: i64) -> Result<Show, AppError> {
    let has = if users == 1 { "has" } else { "have" };
    Ok(Show {
        chip: people::chip(role),
        problems: Vec::new(),
        description: description.to_owned(),
        lead: format!("{} {has} this role.", people_count(users)),
        users_href: users_href(actor, role),
        duplicate_href: actor.may::<CreateRole>().is_ok().then(|| duplicate_href(&role.key().to_string())),
        pages: pages(actor, role),
        shell: shell::shell(here, "roles").await?,
    })
}

/// A role this person may not change: its page to read, and why.
async fn not_editable(app: &App, here: &Here, id: &str, error: AppError) -> Result<Response, AppError> {
    let AppError::Conflict { message, .. } = error else { return Err(error) };
    let actor = here.actor()?;
    let (role, description, users) = match id.parse() {
        Ok(RoleKey::Application(role)) => {
            let counts = app.db.begin_read().await?.role_counts(actor.organization).await?;
            (Role::Application(role), String::new(), counts.get(id).copied().unwrap_or_default())
        }
        Ok(RoleKey::Custom(id)) => {
            let (stored, users) = stored(app, actor, id).await?;
            (Role::Custom(stored.role), stored.description, users)
        }
        _ => return Err(AppError::NotFound),
    };
    let mut page = read_only(here, actor, &role, &description, users).await?;
    page.shell.failed = true;
    page.problems = vec![Problem { field: String::new(), message }];
    respond::page_with(StatusCode::CONFLICT, &page)
}

/// The role's own pages: every page of a default role's application, the opened pages of a custom role.
fn pages(actor: &Actor, role: &Role) -> Vec<PageRow> {
    match role {
        Role::Application(role) => matrix_rows()
            .into_iter()
            .filter(|row| row.role == role.key() && row.application == role.application())
            .map(|row| page_row(row.page, row.level, row.note.filter(|note| !note.is_in_the_label()).map(Note::text)))
            .collect(),
        _ => custom_pages(actor, role),
    }
}

fn custom_pages(actor: &Actor, role: &Role) -> Vec<PageRow> {
    let access = role.access().within(&actor.provisioned);
    access
        .levels()
        .filter(|(_, level)| *level > Level::None)
        .map(|(page, level)| {
            let note = page.note(level).filter(|note| !note.is_in_the_label());
            page_row(page, level, note.map(crate::domain::pages::Note::text))
        })
        .collect()
}

fn page_row(page: Page, level: Level, note: Option<&str>) -> PageRow {
    let label = page.level_label(level);
    PageRow {
        application: page.application().label().to_owned(),
        page: page.label().to_owned(),
        bars: bars(level),
        level: note.map_or_else(|| label.to_owned(), |note| format!("{label} ({note})")),
    }
}

/// Bars of a level's glyph.
fn bars(level: Level) -> u8 {
    match level {
        Level::None => 0,
        Level::View => 1,
        Level::Edit | Level::Most => 2,
        Level::All => 3,
    }
}

/// Only custom roles are changed or deleted.
fn custom_id(actor: &Actor, id: &str) -> Result<CustomRoleId, AppError> {
    match id.parse() {
        Ok(RoleKey::Custom(id)) => Ok(id),
        Ok(RoleKey::Application(role)) if is_provisioned(actor, role.application()) => {
            Err(AppError::Conflict { code: "default_role", message: "Default roles cannot be changed.".to_owned() })
        }
        _ => Err(AppError::NotFound),
    }
}

/// "Delete role", asked first.
pub async fn confirm_delete(State(app): State<App>, here: Here, Path(id): Path<String>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let id = match custom_id(actor, &id) {
        Ok(id) => id,
        Err(error) => return refused::page(&here, "roles", "Delete role", "/roles", error).await,
    };
    let (stored, users) = stored(&app, actor, id).await?;
    let own = OwnRole { organization: actor.organization, role: stored.role.clone() };
    match actor.authorize(DeleteRole, own) {
        Ok(_permit) => respond::page(&question(&here, &stored.role, users, None).await?),
        Err(Denied::Refused(refusal)) => not_now(&here, &stored.role, users, &refusal.to_string()).await,
        Err(denied) => Err(denied.into()),
    }
}

/// Deletes it.
pub async fn delete(State(app): State<App>, here: Here, Path(id): Path<String>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let id = match custom_id(actor, &id) {
        Ok(id) => id,
        Err(error) => return refused::page(&here, "roles", "Delete role", "/roles", error).await,
    };
    match flows::roles::delete(&app, &here.caller(), id).await {
        Ok(gone) => respond::done(&here.visitor, "/roles", format!("The role {} was deleted.", gone.role.name)).await,
        Err(AppError::Conflict { message, .. }) => {
            let (stored, users) = stored(&app, actor, id).await?;
            not_now(&here, &stored.role, users, &message).await
        }
        Err(error) => Err(error),
    }
}

async fn not_now(here: &Here, role: &CustomRole, users: i64, message: &str) -> Result<Response, AppError> {
    let mut page = question(here, role, users, Some(message)).await?;
    page.shell.failed = true;
    respond::page_with(StatusCode::CONFLICT, &page)
}

async fn question(here: &Here, role: &CustomRole, users: i64, problem: Option<&str>) -> Result<Confirm, AppError> {
    let id = role.id;
    let text = match users {
        1 => "1 user has this role and will lose it.".to_owned(),
        users => format!("{users} users have this role and will lose it."),
    };
    let problems = problem.map(|message| Problem { field: String::new(), message: message.to_owned() });
    Ok(Confirm {
        shell: shell::shell(here, "roles").await?,
        heading: "Delete role".to_owned(),
        action: format!("/roles/{id}/delete"),
        paragraphs: vec![format!("Delete {} for good?", role.name), text],
        button: if problem.is_some() { String::new() } else { "Delete".to_owned() },
        problems: problems.into_iter().collect(),
        danger: true,
        cancel: "Cancel".to_owned(),
        cancel_href: "/roles".to_owned(),
        ..Confirm::default()
    })
}
