//! The audit log.

use askama::Template;

use super::parts::{Choice, When};
use super::shell::Shell;

/// `/audit` (portal contract 1.16).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit/index.html")]
pub struct Index {
    /// The frame.
    pub shell: Shell,
    /// Whom a filter by id stands for: "Only events about Ana Lima (ana@example.com)."
    pub about: String,
    /// "Who", as in force.
    pub who: String,
    /// "Action": "All" and every key.
    pub actions: Vec<Choice>,
    /// "Target", as in force.
    pub target: String,
    /// "From", a date.
    pub from: String,
    /// "To", a date.
    pub to: String,
    /// Some filter is set.
    pub filtered: bool,
    /// Show the column "Organization".
    pub organizations: bool,
    /// Newest first.
    pub events: Vec<Event>,
    /// "Showing 50 events"; empty when there are none.
    pub showing: String,
    /// How far back was looked when that was not all the way.
    pub searched_to: Option<String>,
    /// The CSV of exactly these events.
    pub export_href: String,
    /// The page before these.
    pub older_href: Option<String>,
    /// Back to the first page.
    pub newest_href: Option<String>,
}

/// One event.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// "Today, Thursday 20 November" on the first event of a day, else empty.
    pub day: String,
    /// When.
    pub time: When,
    /// Name of who did it, "API token {name}", "System".
    pub who: String,
    /// Their address; may be empty.
    pub email: String,
    /// Nobody was signed in.
    pub is_nobody: bool,
    /// What stands between who and target in the sentence.
    pub phrase: String,
    /// Shape and colour.
    pub look: Look,
    /// Stable key.
    pub action: String,
    /// What it is about.
    pub target: String,
    /// It is about who did it, and the sentence does not say the name twice.
    pub is_own: bool,
    /// The target's page, where there is one.
    pub target_href: Option<String>,
    /// Organization; empty for the installation.
    pub organization: String,
    /// Client address; may be empty.
    pub address: String,
    /// "{field}: {before} -> {after}", one for each changed field.
    pub details: Vec<String>,
    /// The same with both sides apart.
    pub changes: Vec<Changed>,
    /// What came of it.
    pub consequences: Vec<Changed>,
    /// The event's id.
    pub id: String,
    /// Its number in its chain.
    pub number: i64,
    /// Request id; may be empty.
    pub request_id: String,
    /// Everything the same one did.
    pub who_href: Option<String>,
    /// Everything about the same target.
    pub about_href: Option<String>,
    /// The form that takes it back, for whoever may.
    pub revert_href: Option<String>,
}

/// Shape and colour of an event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Name of an icon.
    pub icon: &'static str,
    /// `plain`, `good`, `warn` or `danger`.
    pub tone: &'static str,
}

/// A field an event tells of, in words; a list in several.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Its name.
    pub field: String,
    /// As it was.
    pub before: Option<Vec<String>>,
    /// As it is.
    pub after: Option<Vec<String>>,
}
