//! The frame of a page, filled from who is signed in.

use crate::{
    domain::{session::IDLE_LIMIT, time::Timestamp},
    error::AppError,
    policy::{ViewAudit, ViewOrganization, ViewRoles, ViewTokens, ViewUsers},
    web::{
        html::respond::FLASH,
        pages::{
            parts::{Avatar, When, initials},
            shell::{NavGroup, NavItem, Outside, Shell},
        },
        visitor::{Here, Visitor},
    },
};

/// A browser without script reloads this long after the idle limit, onto the login page.
const REFRESH_MARGIN: u32 = 5;

/// The frame of a signed-in page that is always shown whole; `current` is the icon name of the navigation link shown as
/// here.
///
/// # Errors
/// When the session cannot be read.
pub async fn shell(here: &Here, current: &str) -> Result<Shell, AppError> {
    framed(here, current, false).await
}

/// The frame of a page that has a fragment - a dialog, a swapped region - and answers htmx with that alone.
///
/// # Errors
/// As [`shell`].
pub async fn shell_or_fragment(here: &Here, current: &str) -> Result<Shell, AppError> {
    framed(here, current, here.visitor.htmx).await
}

async fn framed(here: &Here, current: &str, fragment: bool) -> Result<Shell, AppError> {
    let flash = match here.visitor.session.get::<String>(FLASH).await? {
        // Waits for the next whole page.
        Some(_) if fragment => None,
        Some(message) => {
            here.visitor.session.remove::<String>(FLASH).await?;
            Some(message)
        }
        None => None,
    };
    let idle = u32::try_from(IDLE_LIMIT.as_secs()).unwrap_or(u32::MAX);
    let standing = &here.standing;
    let organization = standing.organization.as_ref().map(|organization| organization.name.clone()).unwrap_or_default();
    Ok(Shell {
        fragment,
        csrf: here.visitor.csrf.clone(),
        theme: standing.theme.clone(),
        organization_initials: initials(&organization),
        organization_name: organization,
        can_change_organization: standing.choices > 1,
        user: Avatar::new(&standing.user.to_string(), standing.shown_name()),
        user_name: standing.shown_name().to_owned(),
        nav: navigation(here, current),
        flash,
        failed: false,
        seconds_left: idle,
        refresh_after: Some(idle + REFRESH_MARGIN),
        shortcuts: true,
    })
}

/// Only what this person may open; a group without a link is left out.
fn navigation(here: &Here, current: &str) -> Vec<NavGroup> {
    let Some(actor) = &here.actor else {
        let may_audit = here.standing.is_server_administrator;
        let records = may_audit.then(|| item("Audit log", "/audit", "audit", current));
        let platform = group("Platform", vec![organizations(current)]);
        return group("Access and records", records.into_iter().collect()).into_iter().chain(platform).collect();
    };
    let mut people = Vec::new();
    if actor.may::<ViewUsers>().is_ok() {
        people.push(item("User Management", "/users", "users", current));
    }
    if actor.may::<ViewRoles>().is_ok() {
        people.push(item("Application Roles", "/roles", "roles", current));
    }
    let mut records = Vec::new();
    if actor.may::<ViewTokens>().is_ok() {
        records.push(item("API tokens", "/tokens", "tokens", current));
    }
    if actor.may::<ViewAudit>().is_ok() {
        records.push(item("Audit log", "/audit", "audit", current));
    }
    let mut platform = Vec::new();
    if actor.may::<ViewOrganization>().is_ok() || here.standing.choices > 1 {
        platform.push(organizations(current));
    }
    [group("People", people), group("Access and records", records), group("Platform", platform)]
        .into_iter()
        .flatten()
        .collect()
}

fn organizations(current: &str) -> NavItem {
    item("Organizations", "/organizations", "organizations", current)
}

fn group(label: &str, items: Vec<NavItem>) -> Option<NavGroup> {
    (!items.is_empty()).then(|| NavGroup { label: label.to_owned(), items })
}

fn item(label: &str, href: &str, icon: &'static str, current: &str) -> NavItem {
    NavItem { label: label.to_owned(), href: href.to_owned(), icon, current: icon == current, count: None }
}

/// The frame of a signed-out page.
pub fn outside(visitor: &Visitor) -> Outside {
    Outside { csrf: visitor.csrf.clone(), ..Outside::default() }
}

/// A moment in pieces.
pub fn when(moment: Timestamp) -> When {
    let shown = moment.to_string();
    let (date, time) = shown.trim_end_matches(" UTC").split_once(' ').unwrap_or_default();
    When { iso: moment.rfc3339(), date: date.to_owned(), time: time.to_owned() }
}

/// A moment that may not have come: zero means never.
pub fn when_ever(moment: Timestamp) -> Option<When> {
    (moment.micros() > 0).then(|| when(moment))
}

/// Seconds until the session ends for want of activity.
pub fn seconds_left(last_active: Timestamp, now: Timestamp) -> i64 {
    now.seconds_until(last_active.plus(IDLE_LIMIT))
}
