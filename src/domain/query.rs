//! The filter language of the v1 API (section 3, "Query") as a tree of conditions on known fields. What a field is in
//! the database the store knows; what may be asked of it is said here.

use super::{json::Json, time::Timestamp};

/// Deepest nesting; an object inside `$and` or `$or` adds one level.
const DEEPEST: usize = 10;
/// Most conditions of one query; each operator is one.
const MOST_CONDITIONS: usize = 100;

/// What kind of values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, compared exactly.
    Text,
    /// Text that ignores case in every comparison.
    FoldedText,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// True or false.
    Flag,
    /// A moment.
    Moment,
}

/// A field that may be asked for and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryField {
    /// Its name in the API.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
}

/// A value of a field; none stands for `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// Text or word.
    Text(String),
    /// True or false.
    Flag(bool),
    /// A moment.
    Moment(Timestamp),
}

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// One of these.
    In(Vec<Operand>),
    /// None of these; a field without value is none of them.
    NotIn(Vec<Operand>),
    /// Has no value.
    IsNull,
    /// Has a value.
    IsNotNull,
    /// Begins with, ignoring case.
    Prefix(String),
    /// Contains, ignoring case.
    Contains(String),
    /// Later.
    After(Timestamp),
    /// Later or the same.
    From(Timestamp),
    /// Earlier.
    Before(Timestamp),
    /// Earlier or the same.
    Until(Timestamp),
}

/// A tree of conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// All of them; an empty list is true.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
    /// A test of one field.
    Field(QueryField, Test),
}

/// A query that cannot be read; holds what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidQuery(pub String);

/// One column of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortBy {
    /// The field.
    pub field: QueryField,
    /// Largest first.
    pub descending: bool,
}

/// What part of the matches is wanted, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// From 0.
    pub page: u64,
    /// Rows a page, 1 to 100.
    pub size: u32,
    /// The order; ties are broken by id.
    pub sort: Vec<SortBy>,
}

impl Paging {
    /// Matches before the page.
    pub fn offset(&self) -> u64 {
        self.page.saturating_mul(u64::from(self.size))
    }
}

struct Reader<'a> {
    fields: &'a [QueryField],
    conditions: usize,
}

/// Reads a query object.
///
/// # Errors
/// [`InvalidQuery`] with a sentence for people.
pub fn read_query(fields: &[QueryField], query: &Json) -> Result<Condition, InvalidQuery> {
    Reader { fields, conditions: 0 }.object(query, 1)
}

fn invalid<T>(what: impl Into<String>) -> Result<T, InvalidQuery> {
    Err(InvalidQuery(what.into()))
}

impl Reader<'_> {
    fn object(&mut self, query: &Json, depth: usize) -> Result<Condition, InvalidQuery> {
        if depth > DEEPEST {
            return invalid(format!("The query is nested more than {DEEPEST} levels deep."));
        }
        let Json::Object(entries) = query else { return invalid("A query is an object.") };
        let mut all = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            match key.as_str() {
                "$and" => all.push(Condition::All(self.list(key, value, depth)?)),
                "$or" => all.push(Condition::Any(self.list(key, value, depth)?)),
                name => self.field(name, value, &mut all)?,
            }
        }
        Ok(Condition::All(all))
    }

    fn list(&mut self, operator: &str, value: &Json, depth: usize) -> Result<Vec<Condition>, InvalidQuery> {
        match value {
            Json::List(items) if !items.is_empty() => items.iter().map(|item| self.object(item, depth + 1)).collect(),
            _ => invalid(format!("{operator} takes a list of at least one query.")),
        }
    }

    fn field(&mut self, name: &str, value: &Json, all: &mut Vec<Condition>) -> Result<(), InvalidQuery> {
        let Some(field) = self.fields.iter().find(|field| field.name == name).copied() else {
            return invalid(format!("There is no field {:?} to ask for.", shortened(name)));
        };
        match value {
            Json::Object(operators) if operators.is_empty() => invalid(format!("{name} has no condition.")),
            Json::Object(operators) => {
                for (operator, value) in operators {
                    self.count()?;
                    all.push(Condition::Field(field, test(field, operator, value)?));
                }
                Ok(())
            }
            value => {
                self.count()?;
                all.push(Condition::Field(field, test(field, "$eq", value)?));
                Ok(())
            }
        }
    }

    fn count(&mut self) -> Result<(), InvalidQuery> {
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return invalid(format!("The query has more than {MOST_CONDITIONS} conditions."));
        }
        Ok(())
    }
}

fn test(field: QueryField, operator: &str, value: &Json) -> Result<Test, InvalidQuery> {
    match (operator, value) {
        ("$eq", Json::Null) => Ok(Test::IsNull),
        ("$ne", Json::Null) => Ok(Test::IsNotNull),
        ("$eq", value) => Ok(Test::In(vec![operand(field, value)?])),
        ("$ne", value) => Ok(Test::NotIn(vec![operand(field, value)?])),
        ("$in", Json::List(values)) => Ok(Test::In(operands(field, values)?)),
        ("$nin", Json::List(values)) => Ok(Test::NotIn(operands(field, values)?)),
        ("$in" | "$nin", _) => invalid(format!("{operator} takes a list.")),
        ("$iprefix", Json::Text(text)) if field.is_text() => Ok(Test::Prefix(text.clone())),
        ("$isubstr", Json::Text(text)) if field.is_text() => Ok(Test::Contains(text.clone())),
        ("$iprefix" | "$isubstr", _) => invalid(format!("{operator} takes text, on a field of text.")),
        ("$gt" | "$gte" | "$lt" | "$lte", value) => {
            let Operand::Moment(moment) = operand(field, value)? else {
                return invalid(format!("{operator} is for dates."));
            };
            Ok(match operator {
                "$gt" => Test::After(moment),
                "$gte" => Test::From(moment),
                "$lt" => Test::Before(moment),
                _ => Test::Until(moment),
            })
        }
        _ => invalid(format!("There is no operator {:?}.", shortened(operator))),
    }
}

/// As much of a name as is told back.
fn shortened(name: &str) -> String {
    name.chars().take(100).collect()
}

fn operands(field: QueryField, values: &[Json]) -> Result<Vec<Operand>, InvalidQuery> {
    values.iter().map(|value| operand(field, value)).collect()
}

fn operand(field: QueryField, value: &Json) -> Result<Operand, InvalidQuery> {
    match (field.kind, value) {
        (FieldKind::Text | FieldKind::FoldedText | FieldKind::Word(_), Json::Text(text)) => {
            Ok(Operand::Text(text.clone()))
        }
        (FieldKind::Flag, Json::Flag(flag)) => Ok(Operand::Flag(*flag)),
        (FieldKind::Moment, Json::Text(text)) => match Timestamp::parse_rfc3339(text) {
            Some(moment) => Ok(Operand::Moment(moment)),
            None => invalid(format!("{} takes a date-time such as 2026-01-05T09:00:00Z.", field.name)),
        },
        _ => invalid(format!("{} does not take a value of this type.", field.name)),
    }
}

impl QueryField {
    fn is_text(self) -> bool {
        matches!(self.kind, FieldKind::Text | FieldKind::FoldedText | FieldKind::Word(_))
    }
}

impl Test {
    /// Whether a word passes; every field of words is judged over its few words.
    pub fn passes_word(&self, word: &str) -> bool {
        let is_word = |operand: &Operand| matches!(operand, Operand::Text(text) if text == word);
        let lower = word.to_lowercase();
        match self {
            Self::In(operands) => operands.iter().any(is_word),
            Self::NotIn(operands) => !operands.iter().any(is_word),
            Self::IsNotNull => true,
            Self::Prefix(text) => lower.starts_with(&text.to_lowercase()),
            Self::Contains(text) => lower.contains(&text.to_lowercase()),
            Self::IsNull | Self::After(_) | Self::From(_) | Self::Before(_) | Self::Until(_) => false,
        }
    }

    /// Whether a flag passes.
    pub fn passes_flag(&self, flag: bool) -> bool {
        let is_flag = |operand: &Operand| *operand == Operand::Flag(flag);
        match self {
            Self::In(operands) => operands.iter().any(is_flag),
            Self::NotIn(operands) => !operands.iter().any(is_flag),
            Self::IsNotNull => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [QueryField; 4] = [
        QueryField { name: "email", kind: FieldKind::FoldedText },
        QueryField { name: "role", kind: FieldKind::Word(&["ROLE_ADMIN", "ROLE_USER"]) },
        QueryField { name: "enabled", kind: FieldKind::Flag },
        QueryField { name: "creationDate", kind: FieldKind::Moment },
    ];

    fn read(text: &str) -> Result<Condition, InvalidQuery> {
        read_query(&FIELDS, &Json::parse(text.as_bytes()).unwrap())
    }

    fn text(value: &str) -> Operand {
        Operand::Text(value.to_owned())
    }

    #[test]
    fn short_and_long_forms_mean_the_same() {
        assert_eq!(read(r#"{"email":"a"}"#), read(r#"{"email":{"$eq":"a"}}"#));
        assert_eq!(read("{}"), Ok(Condition::All(Vec::new())));
        let both = read(r#"{"creationDate":{"$gte":"2026-01-01T00:00:00Z","$lt":"2026-02-01T00:00:00Z"}}"#).unwrap();
        assert!(matches!(both, Condition::All(tests) if tests.len() == 2));
    }

    #[test]
    fn groups_nest_and_mix_with_fields() {
        let read = read(r#"{"enabled":true,"$or":[{"email":{"$in":["a","b"]}},{"role":{"$ne":null}}]}"#).unwrap();
        let Condition::All(all) = read else { panic!() };
        assert_eq!(all[0], Condition::Field(FIELDS[2], Test::In(vec![Operand::Flag(true)])));
        let Condition::Any(any) = &all[1] else { panic!() };
        let email = Condition::Field(FIELDS[0], Test::In(vec![text("a"), text("b")]));
        assert_eq!(any[0], Condition::All(vec![email]));
    }

    #[test]
    fn what_the_contract_refuses() {
        for query in [
            "[]",
            r#"{"password":"x"}"#,
            r#"{"email":1}"#,
            r#"{"email":{}}"#,
            r#"{"email":{"$like":"x"}}"#,
            r#"{"email":{"$gt":"x"}}"#,
            r#"{"email":{"$in":"x"}}"#,
            r#"{"email":{"$in":[null]}}"#,
            r#"{"email":["x"]}"#,
            r#"{"enabled":"true"}"#,
            r#"{"enabled":{"$iprefix":"t"}}"#,
            r#"{"creationDate":"yesterday"}"#,
            r#"{"creationDate":{"$gt":null}}"#,
            r#"{"$and":[]}"#,
            r#"{"$or":{}}"#,
            r#"{"$not":[{}]}"#,
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = |levels: usize| format!("{}{{}}{}", "{\"$and\":[".repeat(levels), "]}".repeat(levels));
        assert!(read(&nested(9)).is_ok());
        assert!(read(&nested(10)).is_err());
        let many = |count: usize| format!("{{\"$or\":[{}]}}", vec![r#"{"enabled":true}"#; count].join(","));
        assert!(read(&many(100)).is_ok());
        assert!(read(&many(101)).is_err());
    }

    #[test]
    fn words_are_judged_here() {
        assert!(Test::Prefix("role_a".to_owned()).passes_word("ROLE_ADMIN"));
        assert!(!Test::In(vec![text("role_admin")]).passes_word("ROLE_ADMIN"));
        assert!(Test::NotIn(vec![text("X")]).passes_word("ROLE_ADMIN"));
    }
}
