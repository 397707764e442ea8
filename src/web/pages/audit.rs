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
    /// Line under the heading.
    pub lead: String,
    /// "Who", as typed.
    pub who: String,
    /// "Action": "All" and every key.
    pub actions: Vec<Choice>,
    /// "Target", as typed.
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
    /// When.
    pub time: When,
    /// Name of who did it, "API token {name}", "System".
    pub who: String,
    /// Their address; may be empty.
    pub email: String,
    /// Stable key.
    pub action: String,
    /// What it is about.
    pub target: String,
    /// Its page, where there is one.
    pub target_href: Option<String>,
    /// Organization; empty for the installation.
    pub organization: String,
    /// Client address; may be empty.
    pub address: String,
    /// "{field}: {before} -> {after}", one for each changed field.
    pub details: Vec<String>,
    /// Number in its chain and id, for who compares with an export.
    pub number: String,
    /// Request id; may be empty.
    pub request_id: String,
}

impl Event {
    /// The details shown at once.
    pub fn first(&self) -> &[String] {
        self.details.get(..FIRST).unwrap_or(&self.details)
    }

    /// Those that unfold.
    pub fn rest(&self) -> &[String] {
        self.details.get(FIRST..).unwrap_or_default()
    }
}

const FIRST: usize = 4;
