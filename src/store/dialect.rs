//! The few places where SQLite and PostgreSQL need different words for the same thing, each with its reason.

use super::{backend::Backend, statement::Statement};

/// Rows gathered into one JSON text. Reading a list row by row through the SQLite driver costs several times the
/// query; one row with everything in it does not. Gives the text before and after the list of columns.
pub(super) const fn rows_as_json(backend: Backend) -> (&'static str, &'static str) {
    match backend {
        Backend::Sqlite => ("json_group_array(json_array(", "))"),
        Backend::Postgres => ("coalesce(json_agg(json_build_array(", ")), '[]')::text"),
    }
}

/// The ids of users whose folded name or address contains a text of three or more characters. SQLite finds them
/// through its trigram index, which without positions only gives candidates to be looked at again; PostgreSQL plans
/// LIKE through its own.
pub(super) fn users_containing(backend: Backend, statement: &mut Statement, search: &str) -> String {
    match backend {
        Backend::Sqlite => {
            let trigrams = statement.bind(trigrams(search));
            let condition = contains(backend, statement, search);
            format!(
                "SELECT u.id AS user_id FROM user_search t CROSS JOIN users u
                 WHERE t.user_search MATCH {trigrams} AND u.number = t.rowid AND {condition}"
            )
        }
        Backend::Postgres => {
            let pattern = statement.bind(like_pattern(search));
            format!("SELECT s.id AS user_id FROM users s WHERE s.search_text LIKE {pattern}")
        }
    }
}

/// The names `n` of the audit log that contain a folded text of three or more characters, up to the condition; as
/// [`users_containing`].
pub(super) fn names_containing(backend: Backend, statement: &mut Statement, search: &str) -> String {
    match backend {
        Backend::Sqlite => {
            let (trigrams, text) = (statement.bind(trigrams(search)), statement.bind(search));
            format!(
                "audit_name_search t CROSS JOIN audit_names n
                 WHERE t.audit_name_search MATCH {trigrams} AND n.number = t.rowid AND instr(n.name, {text}) > 0"
            )
        }
        Backend::Postgres => {
            let pattern = statement.bind(like_pattern(search));
            format!("audit_names n WHERE n.name LIKE {pattern}")
        }
    }
}

/// Whether the folded text of the user `u` contains another, found through the trigram index where it has three or
/// more characters.
pub(super) fn user_contains(backend: Backend, statement: &mut Statement, search: &str) -> String {
    if search.chars().count() < 3 {
        return contains(backend, statement, search);
    }
    match backend {
        Backend::Sqlite => {
            let trigrams = statement.bind(trigrams(search));
            let condition = contains(backend, statement, search);
            format!(
                "u.number IN (SELECT t.rowid FROM user_search t WHERE t.user_search MATCH {trigrams}) AND {condition}"
            )
        }
        Backend::Postgres => format!("u.search_text LIKE {}", statement.bind(like_pattern(search))),
    }
}

/// Whether the folded text of the user `u` contains another.
fn contains(backend: Backend, statement: &mut Statement, search: &str) -> String {
    let text = statement.bind(search);
    match backend {
        Backend::Sqlite => format!("instr(u.search_text, {text}) > 0"),
        Backend::Postgres => format!("strpos(u.search_text, {text}) > 0"),
    }
}

/// Whether name or address of a membership contains a folded text. Its sort keys are the same texts the search index of
/// the users holds, and stand in the indexes the list walks along.
pub(super) fn member_contains(backend: Backend, statement: &mut Statement, membership: &str, search: &str) -> String {
    let text = statement.bind(search);
    let position = position(backend);
    format!("({position}({membership}.name_key, {text}) > 0 OR {position}({membership}.email_key, {text}) > 0)")
}

/// The function that finds a text in another and gives its place, 0 for none.
pub(super) const fn position(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "instr",
        Backend::Postgres => "strpos",
    }
}

macro_rules! lease_due_mails {
    ($skip_taken:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM mails WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at LIMIT $3 ",
            $skip_taken,
            ")
             UPDATE mails SET due_at = $2 WHERE id IN (SELECT id FROM due)
             RETURNING id, kind, created_at, expires_at, due_at, attempts, organization_id, user_id, letter"
        )
    };
}

/// Takes due mails by pushing their time forward. SQLite has one writer; on PostgreSQL two workers must neither take
/// the same mail nor wait for each other.
pub(super) const fn lease_due_mails(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => lease_due_mails!(""),
        Backend::Postgres => lease_due_mails!("FOR UPDATE SKIP LOCKED"),
    }
}

/// The trigrams of a text as a full-text query that asks for all of them.
fn trigrams(search: &str) -> String {
    let letters: Vec<char> = search.chars().collect();
    let mut quoted: Vec<String> = letters
        .windows(3)
        .map(|window| format!("\"{}\"", window.iter().collect::<String>().replace('"', "\"\"")))
        .collect();
    quoted.dedup();
    quoted.join(" AND ")
}

/// A text found anywhere, with the wildcards of LIKE taken literally.
fn like_pattern(search: &str) -> String {
    let escaped = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigrams_are_quoted() {
        assert_eq!(trigrams("anna"), "\"ann\" AND \"nna\"");
        assert_eq!(trigrams("a\"b"), "\"a\"\"b\"");
    }

    #[test]
    fn wildcards_are_literal() {
        assert_eq!(like_pattern("50%_\\"), "%50\\%\\_\\\\%");
    }
}
