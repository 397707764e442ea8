//! One organization: the form for Server Administrators, the same facts for an Administrator of it.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use crate::{
    app::App,
    domain::{
        ids::OrganizationId, organizations::NewOrganization, pages::Application, text::OrganizationName,
        time::Timestamp,
    },
    error::AppError,
    flows::organizations::{self, Saved},
    policy::{Actor, EditOrganization, ViewOrganization},
    store::{Organization, Seats},
    web::{
        html::{
            extract::{Form, Path},
            respond, shell,
        },
        pages::{
            organizations::{ApplicationChoice, Conflict, Show, Usage},
            parts::{Field, Problem},
            users::Changed,
        },
        visitor::Here,
    },
};

const NOT_A_LIMIT: &str = "Enter a whole number of at least 1, or leave this empty.";

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    version: String,
    name: String,
    mfa: Option<String>,
    government: Option<String>,
    user_limit: String,
    analyst_limit: String,
    application: Vec<String>,
}

/// An organization with what its page shows beside the form.
struct Subject {
    stored: Organization,
    applications: Vec<Application>,
    seats: Seats,
    /// Set up, and how many people there are.
    mfa: (i64, i64),
    last_change: Option<(String, Timestamp)>,
}

impl Subject {
    fn typed(&self) -> Typed {
        let limit = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        let switch = |on: bool| on.then(|| "on".to_owned());
        Typed {
            version: self.stored.version.to_string(),
            name: self.stored.name.clone(),
            mfa: switch(self.stored.mfa_required),
            government: switch(self.stored.government),
            user_limit: limit(self.stored.user_limit),
            analyst_limit: limit(self.stored.analyst_limit),
            application: self.applications.iter().map(|one| one.key().to_owned()).collect(),
        }
    }
}

impl Typed {
    fn applications(&self) -> Vec<Application> {
        let is_wanted =
            |one: &Application| one.is_always_provisioned() || self.application.iter().any(|key| key == one.key());
        Application::PROVISIONABLE.into_iter().filter(is_wanted).collect()
    }

    /// What the form asks for, or what is wrong with it at which field.
    fn wanted(&self) -> Result<NewOrganization, Vec<Problem>> {
        let mut problems = Vec::new();
        let name =
            OrganizationName::parse(&self.name).map_err(|error| problems.push(problem("name", &error.to_string())));
        let mut limit = |field: &str, text: &str| match read_limit(text) {
            Some(limit) => limit,
            None => {
                problems.push(problem(field, NOT_A_LIMIT));
                None
            }
        };
        let (user_limit, analyst_limit) =
            (limit("user_limit", &self.user_limit), limit("analyst_limit", &self.analyst_limit));
        match name {
            Ok(name) if problems.is_empty() => Ok(NewOrganization {
                name,
                mfa_required: self.mfa.is_some(),
                government: self.government.is_some(),
                user_limit,
                analyst_limit,
                applications: self.applications(),
            }),
            _ => Err(problems),
        }
    }
}

/// A limit as typed; nothing when it is none, and an empty one is no limit.
fn read_limit(text: &str) -> Option<Option<i64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let is_digits = text.bytes().all(|letter| letter.is_ascii_digit());
    let limit = text.parse::<u32>().ok().filter(|limit| is_digits && *limit >= 1)?;
    Some(Some(i64::from(limit)))
}

fn problem(field: &str, message: &str) -> Problem {
    Problem { field: field.to_owned(), message: message.to_owned() }
}

fn taken() -> Vec<Problem> {
    vec![problem("name", "An organization with this name already exists.")]
}

/// "Add Organization": everything provisioned, nothing limited.
pub async fn new(here: Here) -> Result<Response, AppError> {
    let application = Application::PROVISIONABLE.map(|one| one.key().to_owned()).to_vec();
    respond::page(&page(&here, None, &Typed { application, ..Typed::default() }).await?)
}

/// Makes it.
pub async fn create(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    let wanted = match typed.wanted() {
        Ok(wanted) => wanted,
        Err(problems) => return rejected(&here, None, &typed, problems).await,
    };
    match organizations::create(&app, &here.caller(), &wanted).await? {
        Saved::NameTaken => rejected(&here, None, &typed, taken()).await,
        saved => done(&here, &saved).await,
    }
}

/// The form, or the facts.
pub async fn show(State(app): State<App>, here: Here, Path(id): Path<String>) -> Result<Response, AppError> {
    let (subject, actor) = subject(&app, &here, &id).await?;
    let mut page = page(&here, Some(&subject), &subject.typed()).await?;
    page.read_only = !actor.allows(&EditOrganization, &subject.stored.id);
    respond::page(&page)
}

/// Saves.
pub async fn update(
    State(app): State<App>,
    here: Here,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, AppError> {
    here.needs_server_administrator()?;
    let (subject, _) = subject(&app, &here, &id).await?;
    let wanted = match typed.wanted() {
        Ok(wanted) => wanted,
        Err(problems) => return rejected(&here, Some(&subject), &typed, problems).await,
    };
    // A version that cannot be read is older than any.
    let version = typed.version.parse().unwrap_or(-1);
    match organizations::edit(&app, &here.caller(), subject.stored.id, version, &wanted).await? {
        Saved::NameTaken => rejected(&here, Some(&subject), &typed, taken()).await,
        Saved::Stale(_) => {
            let (subject, _) = self::subject(&app, &here, &id).await?;
            stale(&here, &subject, &typed).await
        }
        saved => done(&here, &saved).await,
    }
}

async fn done(here: &Here, saved: &Saved) -> Result<Response, AppError> {
    let message = match saved {
        Saved::Unchanged => "Nothing was changed.",
        Saved::Done { mfa_switched_on: true } => {
            "The organization was saved. Users set up multi-factor authentication at their next login."
        }
        _ => "The organization was saved.",
    };
    respond::done(&here.visitor, "/organizations", message).await
}

/// The organization, for whoever may see it. The level is judged before the id: who is an Administrator nowhere gets the
/// same 403 for every id.
async fn subject(app: &App, here: &Here, id: &str) -> Result<(Subject, Actor), AppError> {
    let mut tx = app.db.begin_read().await?;
    let id = id.parse::<OrganizationId>().ok();
    let there = match id {
        Some(id) => organizations::enter(&mut tx, &here.caller(), id).await?,
        None => None,
    };
    let Some((id, actor)) = id.zip(there.filter(|actor| actor.may::<ViewOrganization>().is_ok())) else {
        if !here.standing.is_server_administrator {
            here.actor()?.may::<ViewOrganization>()?;
        }
        return Err(AppError::NotFound);
    };
    let _permit = actor.authorize(ViewOrganization, id)?;
    let stored = tx.organization(id).await?.ok_or(AppError::NotFound)?;
    let subject = Subject {
        applications: tx.applications_of(id).await?,
        seats: tx.seats(id).await?,
        mfa: tx.mfa_progress(id).await?,
        last_change: tx.last_organization_change(id).await?,
        stored,
    };
    Ok((subject, actor))
}

async fn rejected(
    here: &Here,
    subject: Option<&Subject>,
    typed: &Typed,
    problems: Vec<Problem>,
) -> Result<Response, AppError> {
    let mut page = page(here, subject, typed).await?;
    page.shell.failed = true;
    for problem in &problems {
        let field = match problem.field.as_str() {
            "user_limit" => &mut page.user_limit,
            "analyst_limit" => &mut page.analyst_limit,
            _ => &mut page.name,
        };
        field.errors.push(problem.message.clone());
    }
    page.problems = problems;
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Somebody else was faster: the typed values stay, beside what stands there now.
async fn stale(here: &Here, subject: &Subject, typed: &Typed) -> Result<Response, AppError> {
    let typed = Typed { version: subject.stored.version.to_string(), ..typed.clone() };
    let mut page = page(here, Some(subject), &typed).await?;
    page.shell.failed = true;
    let (who, when) = subject.last_change.clone().unwrap_or_default();
    page.conflict = Some(Conflict {
        message: format!(
            "{who} changed this organization at {when}. Your changes were not saved. Compare, then save again."
        ),
        fields: differences(subject, &typed),
    });
    respond::page_with(StatusCode::CONFLICT, &page)
}

/// Only the fields that differ.
fn differences(subject: &Subject, typed: &Typed) -> Vec<Changed> {
    let now = subject.typed();
    let mut changed = Vec::new();
    let mut compare = |field: &str, now: String, yours: String| {
        if now != yours {
            changed.push(Changed { field: field.to_owned(), now, yours });
        }
    };
    let switch = |on: &Option<String>| if on.is_some() { "On" } else { "Off" }.to_owned();
    let labels = |typed: &Typed| typed.applications().iter().map(|one| one.label()).collect::<Vec<_>>().join(", ");
    compare("Name", now.name.clone(), typed.name.trim().to_owned());
    compare("Require multi-factor authentication", switch(&now.mfa), switch(&typed.mfa));
    compare("Government organization", switch(&now.government), switch(&typed.government));
    compare("User limit", now.user_limit.clone(), typed.user_limit.trim().to_owned());
    compare("Analyst limit", now.analyst_limit.clone(), typed.analyst_limit.trim().to_owned());
    compare("Applications", labels(&now), labels(typed));
    changed
}

/// The page with what was typed.
async fn page(here: &Here, subject: Option<&Subject>, typed: &Typed) -> Result<Show, AppError> {
    let field = |value: &str| Field { value: value.to_owned(), errors: Vec::new() };
    let wanted = typed.applications();
    Ok(Show {
        shell: shell::shell(here, "organizations").await?,
        id: subject.map(|subject| subject.stored.id.to_string()).unwrap_or_default(),
        heading: subject.map_or_else(|| "Add Organization".to_owned(), |subject| subject.stored.name.clone()),
        version: typed.version.clone(),
        name: field(&typed.name),
        mfa: typed.mfa.is_some(),
        mfa_note: subject.map(mfa_note).unwrap_or_default(),
        government: typed.government.is_some(),
        user_limit: field(&typed.user_limit),
        analyst_limit: field(&typed.analyst_limit),
        usage: subject.map(usage).unwrap_or_default(),
        applications: Application::PROVISIONABLE
            .into_iter()
            .map(|one| ApplicationChoice {
                value: one.key(),
                label: one.label(),
                checked: wanted.contains(&one),
                fixed: one.is_always_provisioned(),
            })
            .collect(),
        ..Show::default()
    })
}

/// What the switch means for how many people, before it is used.
fn mfa_note(subject: &Subject) -> String {
    let (set_up, people) = subject.mfa;
    let missing = people - set_up;
    if subject.stored.mfa_required {
        return format!("{set_up} of {people} set up. Switching it off ends the second step for all of them.");
    }
    match missing {
        0 => format!("{set_up} of {people} set up."),
        1 => "1 person has not set it up. They are asked to at their next login and cannot go further without it."
            .to_owned(),
        _ => format!(
            "{missing} people have not set it up. They are asked to at their next login and cannot go further without it."
        ),
    }
}

fn usage(subject: &Subject) -> Vec<Usage> {
    let count = |number: i64| u32::try_from(number).unwrap_or_default();
    let seats = &subject.seats;
    vec![
        Usage { label: "Users", used: count(seats.used), limit: seats.user_limit.map(count) },
        Usage { label: "Analysts", used: count(seats.analysts), limit: seats.analyst_limit.map(count) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number_of_at_least_one_or_nothing() {
        assert_eq!(read_limit(" "), Some(None));
        assert_eq!(read_limit(" 12 "), Some(Some(12)));
        for wrong in ["0", "-1", "1.5", "+3", "x", "99999999999", "1e3"] {
            assert_eq!(read_limit(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn platform_management_is_always_on() {
        let typed = Typed { application: vec!["callback".to_owned(), "workspace".to_owned()], ..Typed::default() };
        assert_eq!(typed.applications(), [Application::Callback, Application::Platform]);
    }

    #[test]
    fn every_wrong_field_gets_its_message() {
        let typed = Typed { user_limit: "0".to_owned(), analyst_limit: "a".to_owned(), ..Typed::default() };
        let problems = typed.wanted().unwrap_err();
        let lines: Vec<_> = problems.iter().map(|one| (one.field.as_str(), one.message.as_str())).collect();
        assert_eq!(
            lines,
            [("name", "Enter an organization name."), ("user_limit", NOT_A_LIMIT), ("analyst_limit", NOT_A_LIMIT)]
        );
    }
}
