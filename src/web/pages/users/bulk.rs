//! Bulk actions: the confirmation and the results.

use askama::Template;

use crate::web::pages::shell::Shell;

/// "Apply to {n} users".
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/bulk_confirm.html")]
pub struct BulkConfirm {
    /// The frame.
    pub shell: Shell,
    /// "Apply to 3 users".
    pub heading: String,
    /// What will be done, such as "Add the role Callback Manager."
    pub text: String,
    /// Query value of the action.
    pub action: String,
    /// Id of the role; empty for actions without one.
    pub role: String,
    /// The people.
    pub people: Vec<BulkPerson>,
}

/// One person of a bulk action.
#[derive(Clone, Debug, Default)]
pub struct BulkPerson {
    /// The user's id.
    pub id: String,
    /// Name or address.
    pub person: String,
    /// Address; empty when `person` is the address.
    pub email: String,
}

/// "Bulk action results".
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/bulk_results.html")]
pub struct BulkResults {
    /// The frame.
    pub shell: Shell,
    /// One for each person.
    pub results: Vec<BulkResult>,
}

/// What became of one person.
#[derive(Clone, Debug, Default)]
pub struct BulkResult {
    /// Name or address.
    pub person: String,
    /// "Done", or the reason.
    pub result: String,
    /// It was done.
    pub done: bool,
}
