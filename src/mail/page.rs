//! A letter in its parts, from the subject to the last line, and its two forms: plain text and
//! HTML. Both templates walk the same parts, so that both tell the same facts. Whoever fills the
//! parts makes the text of others inert first.

use askama::Template;

use super::inert::{header, inert};
use crate::domain::text::Email;

/// A letter in words, before it is a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject: one line, not yet encoded.
    pub subject: String,
    /// The text/plain part.
    pub text: String,
    /// The text/html part.
    pub html: String,
}

/// What both forms show, from top to bottom.
#[derive(Default)]
pub(super) struct Page {
    subject: String,
    heading: String,
    opening: Vec<String>,
    action: Option<Action>,
    steps: Vec<String>,
    facts: Vec<Fact>,
    closing: Vec<String>,
    reason: String,
    is_notice: bool,
}

/// The one link of a letter.
struct Action {
    label: &'static str,
    url: String,
}

struct Fact {
    name: &'static str,
    value: String,
    is_code: bool,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    page: &'a Page,
    to: &'a Email,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    page: &'a Page,
    to: &'a Email,
}

impl Page {
    /// A letter whose subject and heading differ.
    pub(super) fn new(subject: &str, heading: String) -> Self {
        Self { subject: header(subject), heading, ..Self::default() }
    }

    /// A letter whose heading is its subject.
    pub(super) fn titled(title: &str) -> Self {
        Self::new(title, title.to_owned())
    }

    /// A paragraph above the link.
    pub(super) fn open(mut self, paragraph: impl Into<String>) -> Self {
        self.opening.push(paragraph.into());
        self
    }

    /// The link, as a button and in full.
    pub(super) fn act(mut self, label: &'static str, url: &str) -> Self {
        self.action = Some(Action { label, url: url.to_owned() });
        self
    }

    /// One more thing to do, in order.
    pub(super) fn step(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// A row of the table of facts.
    pub(super) fn fact(mut self, name: &'static str, value: String) -> Self {
        self.facts.push(Fact { name, value, is_code: false });
        self
    }

    /// A row only if the value is known.
    pub(super) fn known(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.fact(name, inert(value)),
            None => self,
        }
    }

    /// A row whose value is copied letter by letter.
    pub(super) fn code(mut self, name: &'static str, value: String) -> Self {
        self.facts.push(Fact { name, value, is_code: true });
        self
    }

    /// A paragraph below the facts.
    pub(super) fn close(mut self, paragraph: impl Into<String>) -> Self {
        self.closing.push(paragraph.into());
        self
    }

    /// On whose behalf the letter is sent, for the last line: `for Brightwater Energy`.
    pub(super) fn sent(mut self, reason: String) -> Self {
        self.reason = reason;
        self
    }

    /// Makes the letter a security notice.
    pub(super) fn notice(mut self) -> Self {
        self.is_notice = true;
        self
    }

    /// Both forms, addressed to `to`.
    pub(super) fn rendered(self, to: &Email) -> Result<Rendered, askama::Error> {
        let text = Text { page: &self, to }.render()?;
        let html = Html { page: &self, to }.render()?;
        Ok(Rendered { subject: self.subject, text, html })
    }
}
