//! The form of a custom role: one radio group a page, read back level by level.

use std::collections::HashMap;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{bars, custom_id, is_provisioned, stored};
use crate::{
    app::App,
    domain::{
        audit::AuditAction,
        pages::{Application, Level, Page},
        roles::{Access, AccountRole, ApplicationRole},
        text::{self, RoleDescription, RoleName},
    },
    error::AppError,
    flows::{
        self,
        roles::{Saved, Wanted},
    },
    policy::{Actor, CreateRole, DeleteRole, EditRole, OwnRole},
    store::{RoleWords, StoredRole},
    web::{
        html::{
            audit::revert::{self, Reverted},
            extract::{Form, Path},
            respond, shell,
            users::people_count,
        },
        pages::{
            parts::{Field, Problem},
            roles::{Conflict, Edit, LevelChoice, LevelGroup, LevelRow},
            users::{Changed, Revert},
        },
        visitor::Here,
    },
};

/// The fields of the form: pages under their keys.
type Fields = Vec<(String, String)>;

/// The form as typed.
#[derive(Debug, Clone, Default)]
struct Typed {
    name: String,
    description: String,
    version: String,
    /// Level of each page on the form, as sent.
    levels: HashMap<Page, String>,
}

impl Typed {
    fn read(fields: Fields) -> Self {
        let mut typed = Self::default();
        for (field, value) in fields {
            match field.as_str() {
                "name" => typed.name = value,
                "description" => typed.description = value,
                "version" => typed.version = value,
                other => {
                    if let Ok(page) = other.parse() {
                        typed.levels.insert(page, value);
                    }
                }
            }
        }
        typed
    }

    fn of(stored: &StoredRole) -> Self {
        Self {
            name: stored.role.name.clone(),
            description: stored.description.clone(),
            version: stored.version.to_string(),
            levels: HashMap::new(),
        }
    }

    /// The level asked for: as sent, or as it is where the form says nothing.
    fn level(&self, page: Page, now: &Access) -> Level {
        self.levels.get(&page).and_then(|level| level.parse().ok()).unwrap_or_else(|| now.level(page))
    }

    fn access(&self, now: &Access) -> Access {
        Access::from_fn(|page| self.level(page, now))
    }

    /// A page whose level it does not offer, or a page the organization does not have.
    fn forged(&self, actor: &Actor, now: &Access) -> Vec<Page> {
        let is_wrong = |page: &Page| {
            let Some(sent) = self.levels.get(page) else { return false };
            let level = sent.parse::<Level>();
            let is_offered = level.as_ref().is_ok_and(|level| page.offered().contains(level));
            let is_same = level.is_ok_and(|level| level == now.level(*page));
            !is_offered || !is_same && !is_provisioned(actor, page.application())
        };
        Page::ALL.iter().copied().filter(is_wrong).collect()
    }

    /// What the form asks for, or what is wrong with it at which field.
    fn wanted(&self, actor: &Actor, now: &Access) -> Result<Wanted, Vec<Problem>> {
        let mut problems = Vec::new();
        let name = RoleName::parse(&self.name).map_err(|error| problems.push(problem("name", &error.to_string())));
        if let Ok(name) = &name
            && is_default_name(name.as_str())
        {
            problems.push(taken());
        }
        let description = RoleDescription::parse(&self.description)
            .map_err(|error| problems.push(problem("description", &error.to_string())));
        for page in self.forged(actor, now) {
            problems.push(problem(&first_radio(page), "Choose one of the listed levels."));
        }
        let access = self.access(now);
        if problems.is_empty() && access.is_nothing() {
            problems.push(opens_nothing());
        }
        match (name, description) {
            (Ok(name), Ok(description)) if problems.is_empty() => {
                let words = RoleWords { name, description };
                // A version that cannot be read is older than any.
                Ok(Wanted { words, access, version: self.version.parse().unwrap_or(-1) })
            }
            _ => Err(problems),
        }
    }
}

/// Whether a role of this name comes with the product.
fn is_default_name(name: &str) -> bool {
    let name = text::fold(name);
    let labels = ApplicationRole::ALL.iter().map(|role| role.label());
    labels.chain(AccountRole::ALL.iter().map(|role| role.label())).any(|label| text::fold(label) == name)
}

fn problem(field: &str, message: &str) -> Problem {
    Problem { field: field.to_owned(), message: message.to_owned() }
}

fn taken() -> Problem {
    problem("name", "A role with this name already exists.")
}

fn opens_nothing() -> Problem {
    problem("levels", "Give access to at least one page.")
}

/// Id of the control a message about a page leads to.
fn first_radio(page: Page) -> String {
    format!("level-{}", page.key().replace('.', "-"))
}

/// "Add Role".
pub async fn new(here: Here) -> Result<Response, AppError> {
    let actor = here.actor()?;
    respond::page(&page(&here, actor, None, &Typed::default()).await?)
}

/// Makes the role.
pub async fn create(State(app): State<App>, here: Here, Form(fields): Form<Fields>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    actor.may::<CreateRole>()?;
    let typed = Typed::read(fields);
    let wanted = match typed.wanted(actor, &Access::NOTHING) {
        Ok(wanted) => wanted,
        Err(problems) => return rejected(&here, actor, None, &typed, problems).await,
    };
    let saved = flows::roles::create(&app, &here.caller(), &wanted).await;
    answer(&here, actor, None, &typed, &wanted, saved).await
}

/// The form as things stand, or as they stood before a change that is to be taken back.
pub(super) async fn edit(
    app: &App,
    here: &Here,
    actor: &Actor,
    stored: &StoredRole,
    users: i64,
    asked: &revert::Asked,
) -> Result<Response, AppError> {
    let mut tx = app.db.begin_read().await?;
    let id = stored.role.id.to_string();
    let reverted = revert::find(&mut tx, actor, asked, &id, &[AuditAction::RoleChanged]).await?;
    drop(tx);
    let subject = Some((stored, users));
    let Some(reverted) = reverted else {
        return respond::page(&page(here, actor, subject, &Typed::of(stored)).await?);
    };
    let (typed, left_out) = before(actor, stored, &reverted);
    let mut page = page(here, actor, subject, &typed).await?;
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

/// Saves a changed role.
pub async fn update(
    State(app): State<App>,
    here: Here,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, AppError> {
    let actor = here.actor()?;
    actor.may::<EditRole>()?;
    let id = custom_id(actor, &id)?;
    let (now, users) = stored(&app, actor, id).await?;
    let typed = Typed::read(fields);
    let subject = Some((&now, users));
    let wanted = match typed.wanted(actor, &now.role.access) {
        Ok(wanted) => wanted,
        Err(problems) => return rejected(&here, actor, subject, &typed, problems).await,
    };
    let saved = flows::roles::edit(&app, &here.caller(), id, &wanted).await;
    answer(&here, actor, subject, &typed, &wanted, saved).await
}

type Subject<'a> = Option<(&'a StoredRole, i64)>;

async fn answer(
    here: &Here,
    actor: &Actor,
    subject: Subject<'_>,
    typed: &Typed,
    wanted: &Wanted,
    saved: Result<Saved, AppError>,
) -> Result<Response, AppError> {
    match saved {
        Ok(Saved::Done) => {
            respond::done(&here.visitor, "/roles", format!("The role {} was saved.", wanted.words.name)).await
        }
        Ok(Saved::Unchanged) => respond::done(&here.visitor, "/roles", "Nothing was changed.").await,
        Ok(Saved::NameTaken) => rejected(here, actor, subject, typed, vec![taken()]).await,
        Ok(Saved::OpensNothing) => rejected(here, actor, subject, typed, vec![opens_nothing()]).await,
        Ok(Saved::Stale(now)) => stale(here, actor, &now, subject.map_or(0, |(_, users)| users), typed).await,
        Err(AppError::Conflict { message, .. }) => {
            let mut page = page(here, actor, subject, typed).await?;
            page.shell.failed = true;
            page.problems = vec![problem("", &message)];
            respond::page_with(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(error),
    }
}

async fn rejected(
    here: &Here,
    actor: &Actor,
    subject: Subject<'_>,
    typed: &Typed,
    problems: Vec<Problem>,
) -> Result<Response, AppError> {
    let mut page = page(here, actor, subject, typed).await?;
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
async fn stale(here: &Here, actor: &Actor, now: &StoredRole, users: i64, typed: &Typed) -> Result<Response, AppError> {
    let typed = Typed { version: now.version.to_string(), ..typed.clone() };
    let mut page = page(here, actor, Some((now, users)), &typed).await?;
    page.shell.failed = true;
    page.conflict = Some(Conflict {
        message: format!(
            "{} changed this role at {}. Your changes were not saved. Compare, then save again.",
            now.changed_by, now.changed_at
        ),
        fields: differences(actor, now, &typed),
    });
    respond::page_with(StatusCode::CONFLICT, &page)
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

/// The form with what was typed.
async fn page(here: &Here, actor: &Actor, subject: Subject<'_>, typed: &Typed) -> Result<Edit, AppError> {
    let stored = subject.map(|(stored, _)| stored);
    let now = stored.map_or(Access::NOTHING, |stored| stored.role.access);
    let field = |value: &str| Field { value: value.to_owned(), errors: Vec::new() };
    let own = stored.map(|stored| OwnRole { organization: actor.organization, role: stored.role.clone() });
    let applications = Application::ALL.iter().copied().filter(|application| is_provisioned(actor, *application));
    Ok(Edit {
        shell: shell::shell(here, "roles").await?,
        id: stored.map(|stored| stored.role.id.to_string()).unwrap_or_default(),
        heading: stored.map_or_else(|| "Add Role".to_owned(), |stored| stored.role.name.clone()),
        lead: subject.map(|(stored, users)| lead(stored, users)).unwrap_or_default(),
        version: typed.version.clone(),
        name: field(&typed.name),
        description: field(&typed.description),
        groups: applications.map(|application| group(actor, application, stored.is_some(), &now, typed)).collect(),
        may_delete: own.is_some_and(|own| actor.allows(&DeleteRole, &own)),
        ..Edit::default()
    })
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
    fn names_of_default_roles_are_taken_whatever_the_case() {
        for name in ["Callback Viewer", "callback VIEWER", "Administrator"] {
            assert!(is_default_name(name), "{name}");
        }
        assert!(!is_default_name("Night shift lead"));
    }

    #[test]
    fn a_form_says_levels_by_page_key_and_what_it_leaves_out_stays() {
        let fields = [("name", "X"), ("callback.exports", "most"), ("csrf", "t"), ("nonsense", "all")];
        let typed = Typed::read(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let now = Access::from_levels([(Page::Alerts, Level::View)]);
        let access = typed.access(&now);
        assert_eq!(access.level(Page::Exports), Level::Most);
        assert_eq!(access.level(Page::Alerts), Level::View);
        assert_eq!(access.level(Page::Webhooks), Level::None);
    }

    #[test]
    fn only_special_levels_are_explained() {
        assert_eq!(special(Page::Exports), "Most: All except Audit reports");
        assert_eq!(special(Page::Alerts), "View: View only - cannot acknowledge/clear alerts");
        assert_eq!(special(Page::Webhooks), "");
        assert_eq!(special(Page::Apps), "");
    }
}
