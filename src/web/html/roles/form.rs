//! The form of a custom role: one radio group a page, read back level by level.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    bars, custom_id, duplicate_href,
    effect::effect,
    is_provisioned, not_editable, role, stored,
    typed::{Fields, Typed, opens_nothing, problem, taken},
};
use crate::{
    app::App,
    domain::{
        audit::AuditAction,
        pages::{Application, Level, Page},
        roles::{Access, Role},
        text::RoleName,
    },
    error::AppError,
    flows::{
        self,
        roles::{Saved, Wanted},
    },
    policy::{Actor, CreateRole, DeleteRole, EditRole, OwnRole},
    store::StoredRole,
    web::{
        html::{
            audit::revert::{self, Reverted},
            edit::SURPRISE,
            extract::{Form, Path, Query},
            respond, shell,
            users::people_count,
        },
        pages::{
            parts::{Field, Problem},
            roles::{Conflict, Edit, Effect, LevelChoice, LevelGroup, LevelRow},
            users::{Changed, Revert},
        },
        visitor::Here,
    },
};

/// A form before somebody, and the role it is about; none for a new one.
#[derive(Clone, Copy)]
pub(super) struct Editor<'a> {
    pub app: &'a App,
    pub here: &'a Here,
    pub actor: &'a Actor,
    /// The role as stored, and how many have it.
    pub subject: Option<(&'a StoredRole, i64)>,
}

/// The role a new one starts from, as it stands in the URL.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Duplicated {
    from: Option<String>,
}

/// "Add Role", empty or filled with what another role opens.
pub async fn new(
    State(app): State<App>,
    here: Here,
    Query(duplicated): Query<Duplicated>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let editor = Editor { app: &app, here: &here, actor, subject: None };
    let typed = match duplicated.from {
        Some(from) => duplicate(actor, &role(&app, actor, &from).await?),
        None => Typed::default(),
    };
    respond::page(&editor.page(&typed).await?)
}

/// A form for a role that opens the same, as far as whoever fills it in may choose it.
fn duplicate(actor: &Actor, role: &Role) -> Typed {
    let access = role.access();
    let name = format!("Copy of {}", role.label()).chars().take(RoleName::LONGEST).collect();
    let offered = access.levels().filter(|(page, level)| choice(actor, *page, *level, *level).is_some());
    Typed { name, levels: offered.map(|(page, level)| (page, level.key().to_owned())).collect(), ..Typed::default() }
}

/// Makes the role.
pub async fn create(State(app): State<App>, here: Here, Form(fields): Form<Fields>) -> Result<Response, AppError> {
    let editor = Editor { app: &app, here: &here, actor: here.actor()?, subject: None };
    editor.actor.may::<CreateRole>()?;
    let typed = Typed::read(fields);
    let wanted = match typed.wanted(editor.actor, &Access::NOTHING) {
        Ok(wanted) => wanted,
        Err(problems) => return editor.rejected(&typed, problems).await,
    };
    let saved = flows::roles::create(&app, &here.caller(), &wanted).await;
    editor.answer(&typed, &wanted, saved).await
}

/// The form as things stand, or as they stood before a change that is to be taken back.
pub(super) async fn edit(editor: Editor<'_>, stored: &StoredRole, asked: &revert::Asked) -> Result<Response, AppError> {
    let actor = editor.actor;
    let mut tx = editor.app.db.begin_read().await?;
    let id = stored.role.id.to_string();
    let reverted = revert::find(&mut tx, actor, asked, &id, &[AuditAction::RoleChanged]).await?;
    drop(tx);
    let Some(reverted) = reverted else { return respond::page(&editor.page(&Typed::of(stored)).await?) };
    let (typed, left_out) = before(actor, stored, &reverted);
    let mut page = editor.page(&typed).await?;
    page.revert = Some(Revert { cause: reverted.cause, left_out, fields: differences(actor, stored, &typed) });
    respond::page(&page)
}

/// The form with what was there before a change, and the pages whose level cannot be given back.
fn before(actor: &Actor, stored: &StoredRole, reverted: &Reverted) -> (Typed, Vec<String>) {
    let mut typed = Typed::of(stored);
    typed.name = reverted.text("name").map_or(typed.name, str::to_owned);
    typed.description = reverted.text("description").map_or(typed.description, str::to_owned);
    let mut left_out = Vec::new();
    for page in Page::ALL.iter().copied() {
        let Some(level) = reverted.text(page.key()) else { continue };
        let is_offered =
            |level| is_provisioned(actor, page.application()) && choice(actor, page, level, level).is_some();
        if level.parse().is_ok_and(is_offered) {
            typed.levels.insert(page, level.to_owned());
        } else {
            left_out.push(page.label().to_owned());
        }
    }
    (typed, left_out)
}

/// Saves a changed role, or shows what that would do.
pub async fn update(
    State(app): State<App>,
    here: Here,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    actor.may::<EditRole>()?;
    let id = match custom_id(actor, &id) {
        Ok(id) => id,
        Err(error) => return not_editable(&app, &here, &id, error).await,
    };
    let (now, users) = stored(&app, actor, id).await?;
    let own = OwnRole { organization: actor.organization, role: now.role.clone() };
    if let Err(denied) = actor.judge(&EditRole { access: now.role.access }, &own) {
        return not_editable(&app, &here, &id.to_string(), denied.into()).await;
    }
    let editor = Editor { app: &app, here: &here, actor, subject: Some((&now, users)) };
    let typed = Typed::read(fields);
    match typed.preview.as_deref() {
        Some("aside") if here.visitor.htmx => return respond::page(&editor.effect(&now, users, &typed).await?),
        Some(_) => return respond::page(&editor.page(&typed).await?),
        None => {}
    }
    let wanted = match typed.wanted(actor, &now.role.access) {
        Ok(wanted) => wanted,
        Err(problems) => return editor.rejected(&typed, problems).await,
    };
    let saved = flows::roles::edit(&app, &here.caller(), id, &wanted).await;
    editor.answer(&typed, &wanted, saved).await
}

impl Editor<'_> {
    async fn effect(self, stored: &StoredRole, users: i64, typed: &Typed) -> Result<Effect, AppError> {
        let wanted = typed.access(&stored.role.access);
        effect(self.app, self.actor, stored, users, &wanted, self.here.occasion().now).await
    }

    async fn answer(
        self,
        typed: &Typed,
        wanted: &Wanted,
        saved: Result<Saved, AppError>,
    ) -> Result<Response, AppError> {
        let visitor = &self.here.visitor;
        match saved {
            Ok(Saved::Done) => {
                respond::done(visitor, "/roles", format!("The role {} was saved.", wanted.words.name)).await
            }
            Ok(Saved::Unchanged) => respond::done(visitor, "/roles", "Nothing was changed.").await,
            Ok(Saved::NameTaken) => self.rejected(typed, vec![taken()]).await,
            Ok(Saved::OpensNothing) => self.rejected(typed, vec![opens_nothing()]).await,
            Ok(Saved::Stale(now)) => self.stale(&now, typed).await,
            Ok(Saved::Surprising) => self.refused(typed, SURPRISE).await,
            Err(AppError::Conflict { message, .. }) => self.refused(typed, &message).await,
            Err(error) => Err(error),
        }
    }

    async fn refused(self, typed: &Typed, message: &str) -> Result<Response, AppError> {
        let mut page = self.page(typed).await?;
        page.shell.failed = true;
        page.problems = vec![problem("", message)];
        respond::page_with(StatusCode::CONFLICT, &page)
    }

    async fn rejected(self, typed: &Typed, problems: Vec<Problem>) -> Result<Response, AppError> {
        let mut page = self.page(typed).await?;
        page.shell.failed = true;
        for problem in &problems {
            match problem.field.as_str() {
                "name" => page.name.errors.push(problem.message.clone()),
                "description" => page.description.errors.push(problem.message.clone()),
                field => {
                    let rows = page.groups.iter_mut().flat_map(|group| group.pages.iter_mut());
                    for row in rows.filter(|row| row.id() == field) {
                        row.errors.push(problem.message.clone());
                    }
                }
            }
        }
        page.problems = problems;
        respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
    }

    /// Somebody else was faster: the typed values stay, beside what stands there now.
    async fn stale(self, now: &StoredRole, typed: &Typed) -> Result<Response, AppError> {
        let typed = Typed { version: now.version.to_string(), ..typed.clone() };
        let users = self.subject.map_or(0, |(_, users)| users);
        let mut page = Editor { subject: Some((now, users)), ..self }.page(&typed).await?;
        page.shell.failed = true;
        page.conflict = Some(Conflict {
            message: format!(
                "{} changed this role at {}. Your changes were not saved. Compare, then save again.",
                now.changed_by, now.changed_at
            ),
            fields: differences(self.actor, now, &typed),
        });
        respond::page_with(StatusCode::CONFLICT, &page)
    }

    /// The form with what was typed.
    async fn page(self, typed: &Typed) -> Result<Edit, AppError> {
        let Self { actor, subject, .. } = self;
        let stored = subject.map(|(stored, _)| stored);
        let now = stored.map_or(Access::NOTHING, |stored| stored.role.access);
        let field = |value: &str| Field { value: value.to_owned(), errors: Vec::new() };
        let own = stored.map(|stored| OwnRole { organization: actor.organization, role: stored.role.clone() });
        let applications = Application::ALL.iter().copied().filter(|application| is_provisioned(actor, *application));
        let effect = match subject {
            Some((stored, users)) => Some(self.effect(stored, users, typed).await?),
            None => None,
        };
        Ok(Edit {
            shell: shell::shell(self.here, "roles").await?,
            id: stored.map(|stored| stored.role.id.to_string()).unwrap_or_default(),
            heading: stored.map_or_else(|| "Add Role".to_owned(), |stored| stored.role.name.clone()),
            lead: subject.map(|(stored, users)| lead(stored, users)).unwrap_or_default(),
            version: typed.version.clone(),
            name: field(&typed.name),
            description: field(&typed.description),
            groups: applications.map(|application| group(actor, application, stored.is_some(), &now, typed)).collect(),
            duplicate_href: stored
                .filter(|_| actor.may::<CreateRole>().is_ok())
                .map(|stored| duplicate_href(&stored.role.id.to_string())),
            may_delete: own.is_some_and(|own| actor.allows(&DeleteRole, &own)),
            effect,
            ..Edit::default()
        })
    }
}

/// Only the fields that differ.
fn differences(actor: &Actor, now: &StoredRole, typed: &Typed) -> Vec<Changed> {
    let mut changed = Vec::new();
    let mut compare = |field: &str, now: &str, yours: &str| {
        if now != yours {
            changed.push(Changed { field: field.to_owned(), now: now.to_owned(), yours: yours.to_owned() });
        }
    };
    compare("Role name", &now.role.name, typed.name.trim());
    compare("Description", &now.description, typed.description.trim());
    for page in Page::ALL.iter().copied().filter(|page| is_provisioned(actor, page.application())) {
        let yours = typed.level(page, &now.role.access);
        compare(page.label(), page.level_label(now.role.access.level(page)), page.level_label(yours));
    }
    changed
}

fn lead(stored: &StoredRole, users: i64) -> String {
    format!("{}. Last changed by {}, {}.", people_count(users), stored.changed_by, stored.changed_at)
}

fn group(actor: &Actor, application: Application, exists: bool, now: &Access, typed: &Typed) -> LevelGroup {
    let rows = application.pages().map(|page| {
        let (was, is) = (now.level(page), typed.level(page, now));
        LevelRow {
            key: page.key().to_owned(),
            label: page.label().to_owned(),
            note: special(page),
            was: if exists { page.level_label(was).to_owned() } else { String::new() },
            changed: exists && was != is,
            levels: Level::ALL.iter().map(|level| choice(actor, page, *level, is)).collect(),
            errors: Vec::new(),
        }
    });
    LevelGroup { key: application.key().to_owned(), label: application.label().to_owned(), pages: rows.collect() }
}

/// Levels the page has and, on administrative pages, the editor has; nobody is offered more than that.
fn choice(actor: &Actor, page: Page, level: Level, is: Level) -> Option<LevelChoice> {
    let is_above_own = Page::ADMINISTRATIVE.contains(&page) && level > actor.access.level(page);
    let is_offered = page.offered().contains(&level) && !is_above_own;
    is_offered.then(|| LevelChoice {
        value: level.key(),
        label: page.level_label(level),
        bars: bars(level),
        checked: level == is,
    })
}

/// Where a level means something the column's title does not say.
fn special(page: Page) -> String {
    let columns =
        [(Level::View, "View", "View only"), (Level::Edit, "Edit", "View and edit"), (Level::Most, "Most", "")];
    let notes = columns.into_iter().filter_map(|(level, column, plain)| {
        let label = page.level_label(level);
        (page.offered().contains(&level) && label != plain).then(|| format!("{column}: {label}"))
    });
    notes.collect::<Vec<_>>().join(" \u{b7} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_special_levels_are_explained() {
        assert_eq!(special(Page::Exports), "Most: All except Audit reports");
        assert_eq!(special(Page::Alerts), "View: View only - cannot acknowledge/clear alerts");
        assert_eq!(special(Page::Webhooks), "");
        assert_eq!(special(Page::Apps), "");
    }
}
