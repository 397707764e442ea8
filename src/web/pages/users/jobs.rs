//! Jobs on many people: what is asked first, how far one has come, and its results.

use askama::Template;

use crate::web::pages::{
    parts::{Field, Problem},
    shell::Shell,
};

/// "Apply to {n} users".
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/bulk_confirm.html")]
pub struct BulkConfirm {
    /// The frame.
    pub shell: Shell,
    /// "Apply to 3 users".
    pub heading: String,
    /// What will be done, such as "Each of them gets the role Callback Manager."
    pub text: String,
    /// Where the confirmation goes.
    pub action: String,
    /// Where "Cancel" leads.
    pub back: String,
    /// The people, or the first of them.
    pub people: Vec<BulkPerson>,
    /// "and 228 more"; may be empty.
    pub more: String,
}

/// One person of a bulk action.
#[derive(Clone, Debug, Default)]
pub struct BulkPerson {
    /// Name or address.
    pub person: String,
    /// Address; empty when `person` is the address.
    pub email: String,
}

/// "Import CSV".
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/import.html")]
pub struct Import {
    /// The frame.
    pub shell: Shell,
    /// What was wrong, if anything.
    pub problems: Vec<Problem>,
    /// Its messages; a file is never filled in.
    pub file: Field,
}

/// What becomes of the people of a job: foreseen, on the way, or done.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/job_results.html")]
pub struct JobResults {
    /// The frame.
    pub shell: Shell,
    /// "Bulk action results".
    pub heading: &'static str,
    /// "228 done, 2 not done."
    pub status: String,
    /// What there is to say about the whole of it; may be empty.
    pub note: String,
    /// `info` or `warn`: how that looks.
    pub note_tone: &'static str,
    /// Whose turn has come, of how many, while it runs.
    pub progress: Option<(i64, i64)>,
    /// Where the page asks again while it runs; else empty.
    pub again: String,
    /// The columns before "Result".
    pub columns: Vec<&'static str>,
    /// One for each person of this page.
    pub lines: Vec<JobLine>,
    /// The first page, from a later one.
    pub first: Option<String>,
    /// The page after this.
    pub next: Option<String>,
    /// Everybody, from a narrowed list.
    pub all: Option<String>,
    /// Only what was not done.
    pub failed: Option<String>,
    /// It is only foreseen.
    pub is_asked: bool,
    /// Where the confirmation goes, if there is anything to confirm.
    pub confirm: Option<String>,
}

/// What became of one person.
#[derive(Clone, Debug, Default)]
pub struct JobLine {
    /// One text for each column.
    pub cells: Vec<String>,
    /// "Done", or the reason.
    pub result: String,
    /// "Use Resend on User Management."; may be empty.
    pub hint: String,
    /// `good`, `info`, `warn`, or empty while nothing is known.
    pub tone: &'static str,
}
