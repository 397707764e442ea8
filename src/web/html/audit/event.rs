//! One event as people read it: a sentence, what changed, and where it came from.

use std::collections::HashMap;

use serde_json::{Map, Value};
use time::macros::format_description;

use super::revert::Subject;
use crate::{
    domain::{
        audit::{AuditAction, AuditKind},
        pages::{Level, Page},
        time::{Timestamp, days},
    },
    store::audit::AuditRow,
    web::{
        html::shell,
        pages::audit::{Changed, Event, Look},
        visitor::Here,
    },
};

/// The events of a page; the first of each day says which day it is.
pub(super) fn events(rows: &[AuditRow], here: &Here, subjects: &HashMap<String, Subject>) -> Vec<Event> {
    let mut last = String::new();
    let now = here.occasion().now;
    let with_day = |row: &AuditRow| {
        let date = row.at.date();
        let day = if date == last { String::new() } else { day(row.at, now) };
        last = date;
        Event { day, ..event(row, here, subjects) }
    };
    rows.iter().map(with_day).collect()
}

/// "Today, Friday 20 November"; other years with their number.
fn day(at: Timestamp, now: Timestamp) -> String {
    let shown = |format| at.calendar().format(format).unwrap_or_default();
    let is_this_year = at.calendar().year() == now.calendar().year();
    let date = if is_this_year {
        shown(format_description!("[weekday] [day padding:none] [month repr:long]"))
    } else {
        shown(format_description!("[weekday] [day padding:none] [month repr:long] [year]"))
    };
    match at.date() {
        day if day == now.date() => format!("Today, {date}"),
        day if day == now.minus(days(1)).date() => format!("Yesterday, {date}"),
        _ => date,
    }
}

fn event(row: &AuditRow, here: &Here, subjects: &HashMap<String, Subject>) -> Event {
    let action = row.action.parse::<AuditAction>().ok();
    let is_own = row.actor_id.is_some() && row.actor_id == row.target_id;
    let actor = here.actor.as_ref().filter(|actor| actor.organization.to_string() == row.chain);
    let subject = row.target_id.as_deref().filter(|_| actor.is_some()).and_then(|id| subjects.get(id));
    let link = |path: &str, id: &Option<String>| id.as_deref().map(|id| format!("/audit?{path}={id}"));
    let (changes, consequences) = changes(&row.before, &row.after);
    Event {
        time: shell::when(row.at),
        who: row.actor_name.clone(),
        email: row.actor_email.clone().filter(|email| *email != row.actor_name).unwrap_or_default(),
        is_nobody: row.actor_kind == "nobody",
        phrase: action.map_or("did", |action| action.phrase(is_own)).to_owned(),
        look: action.map_or(Look::default(), |action| look(action.kind())),
        action: row.action.clone(),
        target: row.target_name.clone(),
        is_own,
        target_href: subject.map(Subject::href),
        organization: row.organization.clone(),
        address: row.address.clone().unwrap_or_default(),
        details: details(&row.before, &row.after),
        changes,
        consequences,
        id: row.id.to_string(),
        number: row.number,
        request_id: row.request_id.clone().unwrap_or_default(),
        who_href: link("who", &row.actor_id),
        about_href: link("target", &row.target_id),
        revert_href: actor.zip(subject).and_then(|(actor, subject)| subject.revert_href(actor, row)),
        ..Event::default()
    }
}

/// Shape and colour of an event.
const fn look(kind: AuditKind) -> Look {
    let (icon, tone) = match kind {
        AuditKind::Login => ("log-out", "plain"),
        AuditKind::Failure => ("circle-x", "warn"),
        AuditKind::Lock => ("lock", "warn"),
        AuditKind::Session => ("monitor", "plain"),
        AuditKind::Person => ("pencil", "plain"),
        AuditKind::Arrival => ("user-check", "good"),
        AuditKind::Invitation => ("send", "plain"),
        AuditKind::Block => ("ban", "danger"),
        AuditKind::Removal => ("trash", "danger"),
        AuditKind::Roles => ("shield-check", "plain"),
        AuditKind::Mfa => ("fingerprint", "good"),
        AuditKind::Codes => ("eye", "warn"),
        AuditKind::Password | AuditKind::Token => ("key", "plain"),
        AuditKind::Organization => ("building", "plain"),
        AuditKind::Export => ("download", "plain"),
        AuditKind::Upkeep => ("refresh", "plain"),
    };
    Look { icon, tone }
}

fn read(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The names of all fields, sorted.
fn fields<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a String> {
    let mut fields: Vec<&String> = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).collect();
    fields.sort();
    fields
}

/// Each changed field as "{field}: {before} -> {after}"; what was only recorded stands alone.
fn details(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (read(before), read(after));
    let line = |field: &String| {
        let shown = |value: &Value| words(field, value).join(", ");
        match (before.get(field), after.get(field)) {
            (Some(old), Some(new)) => format!("{}: {} -> {}", name(field), shown(old), shown(new)),
            (Some(only), None) | (None, Some(only)) => format!("{}: {}", name(field), shown(only)),
            (None, None) => name(field),
        }
    };
    fields(&before, &after).into_iter().map(line).collect()
}

/// The same in two parts: what was and what is, and what came of it.
fn changes(before: &str, after: &str) -> (Vec<Changed>, Vec<Changed>) {
    let (before, after) = (read(before), read(after));
    let side = |field: &String, side: &Map<String, Value>| side.get(field).map(|value| words(field, value));
    let changed =
        |field: &String| Changed { field: name(field), before: side(field, &before), after: side(field, &after) };
    fields(&before, &after).into_iter().map(changed).partition(|changed| changed.before.is_some())
}

/// A field in words: pages by their labels.
fn name(field: &str) -> String {
    field.parse::<Page>().map_or_else(|_| field.replace('_', " "), |page| page.label().to_owned())
}

fn words(field: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) if !list.is_empty() => list.iter().map(|one| word("", one)).collect(),
        value => vec![word(field, value)],
    }
}

fn word(field: &str, value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => match (field.parse::<Page>(), text.parse::<Level>()) {
            (Ok(page), Ok(level)) => page.level_label(level).to_owned(),
            _ if text.is_empty() => "none".to_owned(),
            _ => text.clone(),
        },
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(|one| word("", one)).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_fields_stand_as_before_and_after() {
        let before = r#"{"name":"A","callback.exports":"none","user_limit":null,"roles":["X"]}"#;
        let after = r#"{"name":"B","callback.exports":"most","user_limit":5,"roles":[],"sessions_ended":2}"#;
        assert_eq!(
            details(before, after),
            [
                "Exports: No access -> All except Audit reports",
                "name: A -> B",
                "roles: X -> none",
                "sessions ended: 2",
                "user limit: none -> 5"
            ]
        );
        assert!(details("{}", "nonsense").is_empty());
        let (changed, consequences) = changes(before, after);
        assert_eq!(changed.len(), 4);
        assert_eq!(consequences.len(), 1);
        assert_eq!(consequences[0].after.as_deref(), Some(&["2".to_owned()][..]));
    }

    #[test]
    fn days_are_named() {
        let now = Timestamp::from_seconds(1_763_647_500);
        assert_eq!(day(now, now), "Today, Thursday 20 November");
        assert_eq!(day(now.minus(days(1)), now), "Yesterday, Wednesday 19 November");
        assert_eq!(day(now.minus(days(3)), now), "Monday 17 November");
        assert_eq!(day(now.minus(days(365)), now), "Wednesday 20 November 2024");
    }
}
