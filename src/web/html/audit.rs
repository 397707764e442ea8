//! The audit log: a page with filters, and the same events as a file that can be proved.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::{Date, macros::format_description};

use super::{extract::Query, respond, shell};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditQuery, AuditTarget, Author},
        cells::inert,
        pages::{Level, Page},
        time::{Timestamp, days},
    },
    error::AppError,
    policy::{AuditReach, ExportAudit, Permit, ViewAudit},
    store::{
        AuditCursor, Standing,
        audit::{AuditRecord, AuditRow},
    },
    web::{
        pages::{
            audit::{Event, Index},
            parts::Choice,
        },
        visitor::Here,
    },
};

/// Events a page.
const ROWS: i64 = 50;
/// Events fetched at once for a file.
const PIECE: i64 = 1000;

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
        let text = |text: &str| text.trim().chars().take(200).collect();
        AuditQuery {
            who: text(&self.who),
            action: self.action.parse().ok(),
            target: text(&self.target),
            from: read_day(&self.from),
            until: read_day(&self.to).map(|day| day.plus(days(1))),
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

/// The first moment of a day, UTC.
fn read_day(text: &str) -> Option<Timestamp> {
    let day = Date::parse(text.trim(), format_description!("[year]-[month]-[day]")).ok()?;
    Some(Timestamp::from_seconds(day.midnight().assume_utc().unix_timestamp()))
}

fn read_cursor(text: &str) -> Option<AuditCursor> {
    let (at, id) = text.split_once('.')?;
    Some(AuditCursor { at: Timestamp::from_micros(at.parse().ok()?), id: id.parse().ok()? })
}

/// What somebody may see: Server Administrators everything, an Administrator their organization. Server Administrators
/// need not work in an organization.
fn permit<A>(here: &Here, action: A) -> Result<Permit<A>, AppError>
where
    A: crate::policy::Action<Target = AuditReach>,
{
    permit_of(&here.standing, action)
}

fn permit_of<A>(standing: &Standing, action: A) -> Result<Permit<A>, AppError>
where
    A: crate::policy::Action<Target = AuditReach>,
{
    let reach = |organization| match standing.is_server_administrator {
        true => AuditReach::Installation,
        false => AuditReach::Organization(organization),
    };
    match standing.actor() {
        Some(actor) => {
            let reach = reach(actor.organization);
            Ok(actor.authorize(action, reach)?)
        }
        None if standing.is_server_administrator => {
            let actor = AuditActor::User {
                id: standing.user,
                name: standing.shown_name().to_owned(),
                email: standing.email.clone(),
            };
            Ok(Permit::without_actor(Author { actor, scope: None }, action, AuditReach::Installation))
        }
        None => Err(crate::flows::no_organization()),
    }
}

/// The page.
pub async fn index(State(app): State<App>, here: Here, Query(filters): Query<Filters>) -> Result<Response, AppError> {
    let permit = permit(&here, ViewAudit)?;
    let query = filters.query();
    let before = read_cursor(&filters.before);
    let mut tx = app.db.begin_read().await?;
    let mut rows = tx.audit_log(&permit, &query, before, ROWS + 1).await?;
    drop(tx);
    let has_more = rows.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let cursor = rows.last().filter(|_| has_more).map(|row| format!("{}.{}", row.at.micros(), row.id));
    let is_everything = *permit.target() == AuditReach::Installation;
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: query.action.map_or("", AuditAction::key) == value,
    };
    let keys = AuditAction::ALL.iter().map(|action| choice(action.key(), action.key()));
    respond::page(&Index {
        shell: shell::shell(&here, "audit").await?,
        lead: "Who did what, and when. Nothing here can be changed.".to_owned(),
        actions: std::iter::once(choice("", "All")).chain(keys).collect(),
        filtered: query != AuditQuery::default(),
        organizations: is_everything,
        showing: showing(rows.len()),
        events: rows.iter().map(|row| event(row, &here)).collect(),
        export_href: filters.href("/audit/export.csv", None),
        older_href: cursor.map(|cursor| filters.href("/audit", Some(&cursor))),
        newest_href: before.map(|_| filters.href("/audit", None)),
        who: filters.who,
        target: filters.target,
        from: filters.from,
        to: filters.to,
    })
}

fn showing(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "Showing 1 event".to_owned(),
        count => format!("Showing {count} events"),
    }
}

fn event(row: &AuditRow, here: &Here) -> Event {
    let is_here = here.actor.as_ref().is_some_and(|actor| actor.organization.to_string() == row.chain);
    let id = row.target_id.as_deref().filter(|_| is_here);
    let target_href = match (row.target_kind.as_str(), id) {
        ("user", Some(id)) => Some(format!("/users/{id}")),
        ("role", Some(id)) => Some(format!("/roles/{id}")),
        _ => None,
    };
    Event {
        time: shell::when(row.at),
        who: row.actor_name.clone(),
        email: row.actor_email.clone().filter(|email| *email != row.actor_name).unwrap_or_default(),
        action: row.action.clone(),
        target: row.target_name.clone(),
        target_href: target_href.filter(|_| !row.action.ends_with(".deleted")),
        organization: row.organization.clone(),
        address: row.address.clone().unwrap_or_default(),
        details: details(&row.before, &row.after),
        number: format!("{} · {}", row.number, row.id),
        request_id: row.request_id.clone().unwrap_or_default(),
    }
}

/// Each changed field as "{field}: {before} -> {after}"; what was only recorded stands alone.
fn details(before: &str, after: &str) -> Vec<String> {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (before, after) = (read(before), read(after));
    let mut fields: Vec<&String> = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).collect();
    fields.sort();
    let line = |field: &String| {
        let shown = |value: &Value| word(field, value);
        match (before.get(field), after.get(field)) {
            (Some(old), Some(new)) => format!("{}: {} -> {}", name(field), shown(old), shown(new)),
            (Some(only), None) | (None, Some(only)) => format!("{}: {}", name(field), shown(only)),
            (None, None) => name(field),
        }
    };
    fields.into_iter().map(line).collect()
}

/// A field in words: pages by their labels.
fn name(field: &str) -> String {
    field.parse::<Page>().map_or_else(|_| field.replace('_', " "), |page| page.label().to_owned())
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

/// The file. That it was taken is recorded before the first byte leaves.
pub async fn export(State(app): State<App>, here: Here, Query(filters): Query<Filters>) -> Result<Response, AppError> {
    let mut tx = app.db.begin_write().await?;
    let caller = here.caller();
    let standing = caller.standing(&mut tx, caller.organization).await?;
    let permit = permit_of(&standing, ExportAudit)?;
    // What a Server Administrator takes is the log of the whole installation.
    let mut author = permit.author().clone();
    let target = match (*permit.target(), &author.scope) {
        (AuditReach::Organization(_), Some(scope)) => AuditTarget::organization(scope.id, &scope.name),
        _ => {
            author.scope = None;
            AuditTarget::installation()
        }
    };
    let asked = json!({
        "who": filters.who, "action": filters.action, "target": filters.target, "from": filters.from, "to": filters.to,
    });
    let asked = asked.as_object().into_iter().flatten().filter(|(_, value)| *value != "");
    let asked = asked.map(|(key, value)| (key.clone(), value.clone())).collect();
    let event = author.event(AuditAction::AuditExported, target).after(Value::Object(asked));
    tx.record(event, here.occasion()).await?;
    tx.commit().await?;
    let name = format!("attachment; filename=\"audit-{}.csv\"", here.occasion().now.date());
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    let export = Export { app, permit, query: filters.query(), after: None, is_first: true };
    Ok((headers, export.into_body()).into_response())
}

struct Export {
    app: App,
    permit: Permit<ExportAudit>,
    query: AuditQuery,
    after: Option<(String, i64)>,
    is_first: bool,
}

impl Export {
    /// The header line, then piece after piece as the client reads them.
    fn into_body(self) -> Body {
        let pieces = stream::try_unfold(Some(self), async |export| {
            let Some(mut export) = export else { return Ok::<_, AppError>(None) };
            let (piece, more) = export.piece().await?;
            Ok(Some((piece, more.then_some(export))))
        });
        Body::from_stream(pieces)
    }

    async fn piece(&mut self) -> Result<(Bytes, bool), AppError> {
        let mut tx = self.app.db.begin_read().await?;
        let rows = tx.audit_export(&self.permit, &self.query, self.after.as_ref(), PIECE).await?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        if std::mem::take(&mut self.is_first) {
            writer.write_record(AuditRecord::COLUMNS).map_err(AppError::fault)?;
        }
        for row in &rows {
            let cells = AuditRecord::from(row).cells();
            writer.write_record(cells.iter().map(|cell| inert(cell))).map_err(AppError::fault)?;
        }
        let more = rows.len() == usize::try_from(PIECE).unwrap_or(usize::MAX);
        self.after = rows.last().map(|row| (row.chain.clone(), row.number));
        let bytes = writer.into_inner().map_err(|error| AppError::fault(error.to_string()))?;
        Ok((Bytes::from(bytes), more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_fields_stand_as_before_and_after() {
        assert_eq!(
            details(
                r#"{"name":"A","callback.exports":"none","user_limit":null,"roles":["X"]}"#,
                r#"{"name":"B","callback.exports":"most","user_limit":5,"roles":[],"sessions_ended":2}"#
            ),
            [
                "Exports: No access -> All except Audit reports",
                "name: A -> B",
                "roles: X -> none",
                "sessions ended: 2",
                "user limit: none -> 5"
            ]
        );
        assert!(details("{}", "nonsense").is_empty());
    }

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
