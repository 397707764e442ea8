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
            let text = statement.bind(search);
            format!(
                "SELECT s.id AS user_id FROM user_search t CROSS JOIN users s
                 WHERE t.user_search MATCH {trigrams} AND s.number = t.rowid AND instr(s.search_text, {text}) > 0"
            )
        }
        Backend::Postgres => {
            let pattern = statement.bind(like_pattern(search));
            format!("SELECT s.id AS user_id FROM users s WHERE s.search_text LIKE {pattern}")
        }
    }
}

/// Whether the folded text of the user `u` contains another.
pub(super) fn contains(backend: Backend, statement: &mut Statement, search: &str) -> String {
    let text = statement.bind(search);
    match backend {
        Backend::Sqlite => format!("instr(u.search_text, {text}) > 0"),
        Backend::Postgres => format!("strpos(u.search_text, {text}) > 0"),
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
