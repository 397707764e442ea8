//! The one confirmation page and dialog, for everything about a person that is asked before it is done.

use askama::Template;

use crate::web::pages::parts::{Curl, Problem};
use crate::web::pages::shell::Shell;

/// A question with a button and a way out: delete, disable, enable, resend, cancel, reset authenticator, end sessions.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/confirm.html")]
pub struct Confirm {
    /// The frame; `fragment` for the dialog.
    pub shell: Shell,
    /// "Delete user": the heading and the dialog's name.
    pub heading: String,
    /// Where the form goes, such as `/users/{id}/delete`.
    pub action: String,
    /// Version the page was made from; empty when it does not matter.
    pub version: String,
    /// What it asks, first sentence first.
    pub paragraphs: Vec<String>,
    /// What will happen, with numbers.
    pub effects: Vec<Effect>,
    /// A gentler way, such as "To keep the account but block access, disable it instead."
    pub advice: Option<String>,
    /// The link "Disable instead" after it.
    pub advice_href: Option<String>,
    /// The same as an API call.
    pub curl: Option<Curl>,
    /// Why it was refused.
    pub problems: Vec<Problem>,
    /// The verb of the contract, such as "Delete"; empty when nothing can make it work.
    pub button: String,
    /// Deletes or takes something away.
    pub danger: bool,
    /// "Cancel", or "Keep it".
    pub cancel: String,
    /// Where the way out leads.
    pub cancel_href: String,
}

/// One consequence.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Its icon.
    pub icon: EffectIcon,
    /// "Signed out of 1 session at once."
    pub text: String,
}

/// The icons of consequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EffectIcon {
    /// Sessions end.
    Sessions,
    /// Roles are lost or come back.
    Roles,
    /// API tokens.
    Tokens,
    /// The audit log.
    Audit,
    /// A mail is sent.
    Mail,
    /// Anything else.
    #[default]
    Note,
}
