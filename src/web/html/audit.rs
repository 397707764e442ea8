//! The audit log: a page with filters, newest first. The same events as a file are in [`export`].

mod event;
mod export;
pub mod revert;

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use serde::Deserialize;

pub use self::export::export;
use super::{extract::Query, respond, shell};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditQuery},
        time::{Timestamp, days},
    },
    error::AppError,
    flows,
    policy::{AuditReach, Permit, ViewAudit},
    store::{AuditCursor, Standing, audit::AuditRow},
    web::{
        pages::{audit::Index, parts::Choice},
        visitor::Here,
    },
};

/// Events a page.
const ROWS: usize = 50;

/// The page's state, as it stands in the URL. Anything unreadable counts as not given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    who: String,
    action: String,
    target: String,
    from: String,
    to: String,
    before: String,
}

impl Filters {
    fn query(&self) -> AuditQuery {
        let text = |text: &str| text.trim().chars().filter(|letter| *letter != '\0').take(200).collect();
        AuditQuery {
            who: text(&self.who),
            action: self.action.parse().ok(),
            target: text(&self.target),
            from: Timestamp::parse_date(self.from.trim()),
            until: Timestamp::parse_date(self.to.trim()).map(|day| day.plus(days(1))),
        }
    }

    fn href(&self, path: &str, before: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("who", &self.who),
            ("action", &self.action),
            ("target", &self.target),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if let Some(before) = before {
            query.append_pair("before", before);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn read_cursor(text: &str) -> Option<AuditCursor> {
    let (at, id) = text.split_once('.')?;
    Some(AuditCursor { at: Timestamp::from_micros(at.parse().ok()?), id: id.parse().ok()? })
}

/// What somebody may see: Server Administrators everything, an Administrator their organization. Server Administrators
/// need not work in an organization.
fn permit_of<A>(standing: &Standing, action: A) -> Result<Permit<A>, AppError>
where
    A: crate::policy::Action<Target = AuditReach>,
{
    flows::authorize(standing, action, |organization| match organization {
        Some(organization) if !standing.is_server_administrator => AuditReach::Organization(organization),
        _ => AuditReach::Installation,
    })
}

/// The page.
pub async fn index(State(app): State<App>, here: Here, Query(filters): Query<Filters>) -> Result<Response, AppError> {
    let permit = permit_of(&here.standing, ViewAudit)?;
    let query = filters.query();
    let before = read_cursor(&filters.before);
    let mut tx = app.db.begin_read().await?;
    let page = tx.audit_log(&permit, &query, before, ROWS).await?;
    let subjects = match &here.actor {
        Some(actor) => revert::subjects(&mut tx, actor, &page.events).await?,
        None => HashMap::new(),
    };
    drop(tx);
    let older = page.older.map(|cursor| format!("{}.{}", cursor.at.micros(), cursor.id));
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: query.action.map_or("", AuditAction::key) == value,
    };
    let keys = AuditAction::ALL.iter().map(|action| choice(action.key(), action.key()));
    respond::page(&Index {
        shell: shell::shell(&here, "audit").await?,
        about: about(&query, &page.events),
        actions: std::iter::once(choice("", "All")).chain(keys).collect(),
        filtered: query != AuditQuery::default(),
        organizations: *permit.target() == AuditReach::Installation,
        showing: showing(page.events.len()),
        searched_to: page.older.filter(|_| page.events.len() < ROWS).map(|cursor| cursor.at.to_string()),
        events: event::events(&page.events, &here, &subjects),
        export_href: filters.href("/audit/export.csv", None),
        older_href: older.map(|cursor| filters.href("/audit", Some(&cursor))),
        newest_href: before.map(|_| filters.href("/audit", None)),
        who: query.who,
        target: query.target,
        from: query.from.map(Timestamp::date).unwrap_or_default(),
        to: query.until.map(|until| until.minus(days(1)).date()).unwrap_or_default(),
    })
}

fn showing(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "Showing 1 event".to_owned(),
        count => format!("Showing {count} events"),
    }
}

/// Whom a filter by id stands for, as the latest event names them: also people who are gone.
fn about(query: &AuditQuery, events: &[AuditRow]) -> String {
    let Some(latest) = events.first() else { return String::new() };
    let mut words = Vec::new();
    if latest.actor_id.as_deref() == Some(query.who.as_str()) {
        words.push(format!("by {}", latest.actor_name));
    }
    if latest.target_id.as_deref() == Some(query.target.as_str()) {
        words.push(format!("about {}", latest.target_name));
    }
    if words.is_empty() { String::new() } else { format!("Only events {}.", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let filters = Filters { from: "2025-11-20".into(), to: "2025-11-20".into(), ..Filters::default() };
        let query = filters.query();
        assert_eq!(query.from.unwrap().rfc3339(), "2025-11-20T00:00:00Z");
        assert_eq!(query.until.unwrap().rfc3339(), "2025-11-21T00:00:00Z");
        let wrong = Filters { from: "yesterday".into(), to: "2025-13-01".into(), ..Filters::default() };
        assert_eq!(wrong.query(), AuditQuery::default());
    }

    #[test]
    fn a_cursor_that_cannot_be_read_is_none() {
        for wrong in ["", "1", "x.y", "1.z"] {
            assert_eq!(read_cursor(wrong), None);
        }
    }
}
