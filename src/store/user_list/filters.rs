//! FROM, WHERE and ORDER BY of a list.

use super::gather::Gather;
use crate::{
    domain::{
        roles::AccountRole,
        time::{Timestamp, days},
        users::{CursorKey, KindFilter, LoginFilter, MfaFilter, StatusFilter, UserQuery, UserSort},
    },
    store::{Backend, dialect, statement::Statement},
};

pub(super) fn is_account_role(key: &str) -> bool {
    key.parse::<AccountRole>().is_ok()
}

pub(super) fn kind_condition(kind: KindFilter) -> &'static str {
    match kind {
        KindFilter::People => "m.kind <> 'token'",
        KindFilter::ServiceAccounts => "m.kind = 'token'",
        KindFilter::All => "1 = 1",
    }
}

/// FROM and WHERE of the list with everything a row shows, up to the cursor.
pub(super) fn push_source(
    statement: &mut Statement,
    backend: Backend,
    query: &UserQuery,
    way: Option<&Gather>,
    org: &str,
    now: Timestamp,
) {
    push_from(statement, backend, query, way, org, now);
    // CROSS JOIN keeps SQLite to the written order; to PostgreSQL it is an ordinary join.
    statement.push(&format!(
        "CROSS JOIN users u LEFT JOIN sign_in_attempts a ON a.address_hash = u.address_hash
         WHERE m.organization_id = {org} AND u.id = m.user_id"
    ));
    push_conditions(statement, backend, query, way, now);
}

/// The same with the membership alone, as far as the filters allow: an index then tells without the rows themselves who
/// is found.
pub(super) fn push_keys(
    statement: &mut Statement,
    backend: Backend,
    query: &UserQuery,
    way: Option<&Gather>,
    org: &str,
    now: Timestamp,
) {
    if query.status == StatusFilter::Locked {
        push_source(statement, backend, query, way, org, now);
        return;
    }
    push_from(statement, backend, query, way, org, now);
    statement.push(&format!("WHERE m.organization_id = {org}"));
    push_conditions(statement, backend, query, way, now);
}

pub(super) fn push_from(
    statement: &mut Statement,
    backend: Backend,
    query: &UserQuery,
    way: Option<&Gather>,
    org: &str,
    now: Timestamp,
) {
    match way {
        Some(gather) => {
            let found = gather.sql(statement, backend, query, org, now);
            statement.push(&format!("FROM ({found}) f CROSS JOIN memberships m "));
        }
        None => {
            statement.push("FROM memberships m ");
        }
    }
}

pub(super) fn push_conditions(
    statement: &mut Statement,
    backend: Backend,
    query: &UserQuery,
    way: Option<&Gather>,
    now: Timestamp,
) {
    statement.push(&format!(" AND {}", kind_condition(query.kind)));
    if way.is_some() {
        statement.push(" AND m.user_id = f.user_id");
    }
    if !query.search.is_empty() && !matches!(way, Some(Gather::Search | Gather::Scan)) {
        let condition = dialect::member_contains(backend, statement, "m", &query.search);
        statement.push(" AND ").push(&condition);
    }
    push_status(statement, query.status, now);
    if let Some(role) = &query.role
        && !matches!(way, Some(Gather::AccountRole | Gather::Role))
    {
        let placeholder = statement.bind(role.as_str());
        if is_account_role(role) {
            statement.push(&format!(" AND m.account_role = {placeholder}"));
        } else {
            statement.push(&format!(
                " AND EXISTS (SELECT 1 FROM membership_roles x WHERE x.organization_id = m.organization_id
                     AND x.user_id = m.user_id AND x.role_id = {placeholder})"
            ));
        }
    }
    if let Some(mfa) = query.mfa {
        let negation = if mfa == MfaFilter::On { "" } else { "NOT " };
        statement.push(&format!(
            " AND {negation}EXISTS (SELECT 1 FROM authenticators t WHERE t.user_id = m.user_id AND t.state = 'active')"
        ));
    }
    if query.last_login.is_some() {
        let (from, to) = login_range(query.last_login, now);
        let (from, to) = (statement.bind(from), statement.bind(to));
        statement.push(&format!(" AND m.last_login_at BETWEEN {from} AND {to}"));
    }
}

/// The first moment after one. Where an index holds the rows with `column > 0` alone, SQLite asks of every
/// `column > $n` whether it implies that, and from then on prepares the statement anew for every value; of
/// `column >= $n` it does not.
pub(super) fn after(moment: Timestamp) -> Timestamp {
    Timestamp::from_micros(moment.micros() + 1)
}

pub(super) fn push_status(statement: &mut Statement, status: StatusFilter, now: Timestamp) {
    let condition = match status {
        StatusFilter::All => return,
        StatusFilter::Active => "m.state = 'active'".to_owned(),
        StatusFilter::Disabled => "m.state = 'disabled'".to_owned(),
        StatusFilter::Invited => {
            format!("m.state = 'invited' AND m.invited_until >= {}", statement.bind(after(now)))
        }
        StatusFilter::Expired => {
            format!("m.state = 'invited' AND m.invited_until <= {}", statement.bind(now))
        }
        StatusFilter::Locked => format!("a.locked_until >= {}", statement.bind(after(now))),
    };
    statement.push(" AND ").push(&condition);
}

/// First and last `last_login_at` of the filter; "over 30 days ago" leaves out those who never came.
pub(super) fn login_range(filter: Option<LoginFilter>, now: Timestamp) -> (Timestamp, Timestamp) {
    let never = Timestamp::from_micros(0);
    let some_time = Timestamp::from_micros(1);
    match filter {
        Some(LoginFilter::Over30Days) => (some_time, now.minus(days(30))),
        Some(LoginFilter::Over90Days) => (some_time, now.minus(days(90))),
        Some(LoginFilter::Never) => (never, never),
        None => (never, Timestamp::from_micros(i64::MAX)),
    }
}

pub(super) fn sort_columns(sort: UserSort) -> &'static [&'static str] {
    match sort {
        UserSort::Name => &["m.name_key", "m.user_id"],
        UserSort::Email => &["m.email_key", "m.user_id"],
        UserSort::Status => &["m.state", "m.name_key", "m.user_id"],
        UserSort::LastLogin => &["m.last_login_at", "m.user_id"],
    }
}

/// Whether the rows are read from the end: descending, or a page before the cursor, but not both.
pub(super) fn backwards(query: &UserQuery) -> bool {
    query.descending != query.cursor.as_ref().is_some_and(|cursor| cursor.before)
}

pub(super) fn push_cursor(statement: &mut Statement, query: &UserQuery) {
    let Some(cursor) = &query.cursor else { return };
    let mut places = match (&cursor.key, query.sort) {
        (CursorKey::Text(text), UserSort::Name | UserSort::Email) => vec![statement.bind(text.as_str())],
        (CursorKey::Number(number), UserSort::LastLogin) => vec![statement.bind(*number)],
        (CursorKey::Pair(state, name), UserSort::Status) => {
            vec![statement.bind(state.as_str()), statement.bind(name.as_str())]
        }
        // A cursor of another sort order is no place in this one.
        _ => return,
    };
    places.push(statement.bind(cursor.id.as_str()));
    let comparison = if backwards(query) { "<" } else { ">" };
    let columns = sort_columns(query.sort).join(", ");
    statement.push(&format!(" AND ({columns}) {comparison} ({})", places.join(", ")));
}
