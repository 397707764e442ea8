//! `/users/invite` and its results.

use askama::Template;

use crate::web::pages::parts::{Access, Curl, Field, Problem, RolePicker};
use crate::web::pages::shell::Shell;

/// Dialog and page "Invite Users" (portal contract 5.1).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/invite.html")]
pub struct Invite {
    /// The frame; `fragment` for the dialog.
    pub shell: Shell,
    /// What was wrong, if anything.
    pub problems: Vec<Problem>,
    /// The addresses as typed.
    pub email: Field,
    /// Roles for all of them.
    pub roles: RolePicker,
    /// All pages with their level labels, for "Each person will be able to".
    pub access: Access,
    /// The same as an API call.
    pub curl: Option<Curl>,
    /// The organization asks for multi-factor authentication.
    pub mfa_required: bool,
    /// "52 seats are free." when there is a limit; may be empty.
    pub seats: String,
}

/// "Invitation results".
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/invite_results.html")]
pub struct InviteResults {
    /// The frame.
    pub shell: Shell,
    /// "2 invited, 1 not invited."
    pub summary: String,
    /// One for each address, in the order typed.
    pub outcomes: Vec<Outcome>,
}

/// What became of one address.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// As typed.
    pub email: String,
    /// Result text of the contract.
    pub result: String,
    /// "Use Resend on User Management."; may be empty.
    pub hint: String,
    /// `good`, `info`, `warn` or `danger`.
    pub tone: &'static str,
}
