//! The v1 filter language as SQL. Columns come from this crate, values are bound; a field whose values are a few words
//! is judged here, so that the database compares keys it has an index for.

use super::{Backend, guards::json_list, statement::Statement};
use crate::domain::{
    query::{Condition, FieldKind, Operand, Paging, QueryField, Test},
    roles::AccountRole,
    text,
};

/// Where a field stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Text as it is, and folded for what ignores case.
    Text {
        /// Compared exactly.
        exact: &'static str,
        /// Searched and sorted.
        folded: &'static str,
    },
    /// The account role, read in the words of the v1 API.
    Role(&'static str),
    /// A condition that is true or false.
    Flag(&'static str),
    /// Microseconds.
    Moment(&'static str),
}

/// Fields and their places.
pub(super) type Places = fn(&str) -> Place;

/// The condition as one SQL expression.
pub(super) fn sql(backend: Backend, statement: &mut Statement, places: Places, condition: &Condition) -> String {
    match (always(condition), condition) {
        (Some(true), _) => "1 = 1".to_owned(),
        (Some(false), _) => "1 = 0".to_owned(),
        (None, Condition::All(all)) => joined(backend, statement, places, all, " AND "),
        (None, Condition::Any(any)) => joined(backend, statement, places, any, " OR "),
        (None, Condition::Field(field, test)) => field_sql(backend, statement, places(field.name), *field, test),
    }
}

/// Whether a condition is true or false whoever it is asked of. What says nothing is left out: the databases take no
/// thousand terms in a row.
fn always(condition: &Condition) -> Option<bool> {
    match condition {
        Condition::All(parts) if parts.iter().any(|part| always(part) == Some(false)) => Some(false),
        Condition::All(parts) => parts.iter().all(|part| always(part) == Some(true)).then_some(true),
        Condition::Any(parts) if parts.iter().any(|part| always(part) == Some(true)) => Some(true),
        Condition::Any(parts) => parts.iter().all(|part| always(part) == Some(false)).then_some(false),
        Condition::Field(..) => None,
    }
}

fn joined(backend: Backend, statement: &mut Statement, places: Places, parts: &[Condition], word: &str) -> String {
    let said = parts.iter().filter(|part| always(part).is_none());
    let parts: Vec<String> = said.map(|part| sql(backend, statement, places, part)).collect();
    format!("({})", parts.join(word))
}

fn field_sql(backend: Backend, statement: &mut Statement, place: Place, field: QueryField, test: &Test) -> String {
    match place {
        Place::Text { exact, folded } => text_sql(backend, statement, (exact, folded), field.kind, test),
        Place::Moment(column) => moment_sql(statement, column, test),
        Place::Flag(expression) => match (test.passes_flag(true), test.passes_flag(false)) {
            (true, true) => "1 = 1".to_owned(),
            (true, false) => format!("({expression})"),
            (false, true) => format!("NOT ({expression})"),
            (false, false) => "1 = 0".to_owned(),
        },
        Place::Role(column) => {
            let roles: Vec<String> = AccountRole::ALL
                .iter()
                .filter(|role| test.passes_word(role.v1().key()))
                .map(|role| format!("'{}'", role.key()))
                .collect();
            if roles.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", roles.join(", ")) }
        }
    }
}

fn text_sql(
    backend: Backend,
    statement: &mut Statement,
    (exact, folded): (&str, &str),
    kind: FieldKind,
    test: &Test,
) -> String {
    let list = |operands: &[Operand]| {
        json_list(operands.iter().filter_map(|operand| match operand {
            Operand::Text(text) if kind == FieldKind::FoldedText => Some(text.to_ascii_lowercase()),
            Operand::Text(text) => Some(text.clone()),
            _ => None,
        }))
    };
    match test {
        Test::In(operands) => {
            let values = statement.bind(list(operands));
            format!("{exact} IN (SELECT value FROM json_each({values}))")
        }
        Test::NotIn(operands) => {
            let values = statement.bind(list(operands));
            format!("({exact} IS NULL OR {exact} NOT IN (SELECT value FROM json_each({values})))")
        }
        Test::IsNull => format!("{exact} IS NULL"),
        Test::IsNotNull => format!("{exact} IS NOT NULL"),
        Test::Prefix(text) => {
            let text = statement.bind(text::fold(text));
            format!("substr({folded}, 1, length({text})) = {text}")
        }
        Test::Contains(text) => {
            let text = statement.bind(text::fold(text));
            match backend {
                Backend::Sqlite => format!("instr({folded}, {text}) > 0"),
                Backend::Postgres => format!("strpos({folded}, {text}) > 0"),
            }
        }
        Test::After(_) | Test::From(_) | Test::Before(_) | Test::Until(_) => "1 = 0".to_owned(),
    }
}

fn moment_sql(statement: &mut Statement, column: &str, test: &Test) -> String {
    let list = |operands: &[Operand]| {
        json_list(operands.iter().filter_map(|operand| match operand {
            Operand::Moment(moment) => Some(moment.micros().to_string()),
            _ => None,
        }))
    };
    let one_of = |values: &str| format!("(SELECT CAST(value AS BIGINT) FROM json_each({values}))");
    match test {
        Test::In(operands) => format!("{column} IN {}", one_of(&statement.bind(list(operands)))),
        Test::NotIn(operands) => format!("{column} NOT IN {}", one_of(&statement.bind(list(operands)))),
        Test::IsNull => format!("{column} IS NULL"),
        Test::IsNotNull => format!("{column} IS NOT NULL"),
        Test::After(moment) => format!("{column} > {}", statement.bind(*moment)),
        Test::From(moment) => format!("{column} >= {}", statement.bind(*moment)),
        Test::Before(moment) => format!("{column} < {}", statement.bind(*moment)),
        Test::Until(moment) => format!("{column} <= {}", statement.bind(*moment)),
        Test::Prefix(_) | Test::Contains(_) => "1 = 0".to_owned(),
    }
}

/// The order and the part of it that is wanted.
pub(super) fn page(statement: &mut Statement, places: Places, paging: &Paging, id: &str) -> String {
    let limit = statement.bind(i64::from(paging.size));
    let offset = statement.bind(i64::try_from(paging.offset()).unwrap_or(i64::MAX));
    format!("{} LIMIT {limit} OFFSET {offset}", order(places, paging, id))
}

/// The order alone.
pub(super) fn order(places: Places, paging: &Paging, id: &str) -> String {
    let mut order: Vec<String> = paging
        .sort
        .iter()
        .map(|by| {
            let direction = if by.descending { "DESC" } else { "ASC" };
            format!("{} {direction}", sort_key(places(by.field.name)))
        })
        .collect();
    order.push(format!("{id} ASC"));
    format!(" ORDER BY {}", order.join(", "))
}

fn sort_key(place: Place) -> String {
    match place {
        Place::Text { folded, .. } if folded == "u.first_key" || folded == "u.last_key" => {
            // Without a value first in both databases.
            format!("coalesce({folded}, '')")
        }
        Place::Text { folded, .. } => folded.to_owned(),
        Place::Moment(column) => column.to_owned(),
        Place::Flag(expression) => format!("CASE WHEN {expression} THEN 1 ELSE 0 END"),
        Place::Role(column) => {
            let arm = |role: &AccountRole| format!("WHEN '{}' THEN '{}'", role.key(), role.v1().key());
            let arms: Vec<String> = AccountRole::ALL.iter().map(arm).collect();
            format!("CASE {column} {} END", arms.join(" "))
        }
    }
}
