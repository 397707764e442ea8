//! Reading the fields of a body one by one, so that every mistake in it is told at once.

use super::problem::{FieldProblem, Problem};
use crate::domain::json::Json;

/// So many unknown properties are told; the answer must not grow with what is sent.
const MOST_PROBLEMS: usize = 20;

/// And so much of each name.
const LONGEST_NAME: usize = 100;

/// An object whose fields are being read.
#[derive(Debug)]
pub struct Fields<'a> {
    object: &'a Json,
    problems: Vec<FieldProblem>,
}

impl<'a> Fields<'a> {
    /// The fields of an object that has no others than those of its model.
    ///
    /// # Errors
    /// `validation_failed` for what is no object, `unknown_property` for a field the model does not have.
    pub fn of(body: &'a Json, model: &[&str]) -> Result<Self, Problem> {
        let Json::Object(entries) = body else {
            return Err(Problem::field("validation_failed", "", "The body is not an object."));
        };
        let unknown: Vec<FieldProblem> = entries
            .iter()
            .filter(|(name, _)| !model.contains(&name.as_str()))
            .take(MOST_PROBLEMS)
            .map(|(name, _)| problem(name, "There is no such property."))
            .collect();
        if !unknown.is_empty() {
            return Err(Problem::fields("unknown_property", unknown));
        }
        Ok(Self { object: body, problems: Vec::new() })
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(problem(field, message));
    }

    /// The value of a field; `null` counts as absent.
    pub fn value(&self, field: &str) -> Option<&'a Json> {
        self.object.get(field).filter(|value| **value != Json::Null)
    }

    /// A required field, read by `read`; none when it is missing or wrong, which is noted.
    pub fn required<T>(&mut self, field: &str, expected: &str, read: impl FnOnce(&'a Json) -> Option<T>) -> Option<T> {
        let Some(value) = self.value(field) else {
            self.wrong(field, "This field is required.");
            return None;
        };
        let read = read(value);
        if read.is_none() {
            self.wrong(field, format!("Expected {expected}."));
        }
        read
    }

    /// Required text.
    pub fn text(&mut self, field: &str) -> Option<&'a str> {
        self.required(field, "text", text)
    }

    /// A required list of texts; absent counts as empty where it may.
    pub fn texts(&mut self, field: &str, may_be_absent: bool) -> Option<Vec<&'a str>> {
        if may_be_absent && self.value(field).is_none() {
            return Some(Vec::new());
        }
        self.required(field, "a list of texts", |value| match value {
            Json::List(items) => items.iter().map(text).collect(),
            _ => None,
        })
    }

    /// The required version.
    pub fn version(&mut self) -> Option<i64> {
        self.required("version", "a whole number", |value| match value {
            Json::Number(number) => number.as_i64(),
            _ => None,
        })
    }

    /// Everything that was read, unless something was wrong.
    ///
    /// # Errors
    /// `validation_failed` with every field that was.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Problem> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(Problem::fields("validation_failed", self.problems)),
        }
    }
}

fn text(value: &Json) -> Option<&str> {
    match value {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

fn problem(field: &str, message: impl Into<String>) -> FieldProblem {
    FieldProblem { field: field.chars().take(LONGEST_NAME).collect(), message: message.into() }
}
