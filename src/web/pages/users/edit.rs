//! `/users/{id}/edit`.

use askama::Template;

use crate::web::pages::parts::{Access, Avatar, Curl, Field, Problem, RolePicker};
use crate::web::pages::shell::Shell;

/// Dialog and page "Edit User" (portal contract 5.2).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/edit.html")]
pub struct Edit {
    /// The frame; `fragment` for the dialog.
    pub shell: Shell,
    /// The user's id.
    pub id: String,
    /// Name, or address while there is no name.
    pub person: String,
    /// Picture.
    pub avatar: Avatar,
    /// Version the form was made from, or the new one after a conflict.
    pub version: String,
    /// What was wrong, if anything.
    pub problems: Vec<Problem>,
    /// Somebody else was faster.
    pub conflict: Option<Conflict>,
    /// The form is filled with what was there before a change.
    pub revert: Option<Revert>,
    /// "Email".
    pub email: Field,
    /// "Name".
    pub name: Field,
    /// A name may not be left empty.
    pub name_required: bool,
    /// E-mail and name are text, because the person also belongs to another organization.
    pub identity_locked: bool,
    /// Roles.
    pub roles: RolePicker,
    /// The same as an API call.
    pub curl: Option<Curl>,
    /// What the person can do now.
    pub access: Access,
}

/// The part of "Edit User" that follows the choice of roles.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/_edit_access.html")]
pub struct EditAccess {
    /// What the person can do, and what saving would change about it.
    pub access: Access,
}

/// The table "What changed".
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// "{who} changed this user at {time}. Your changes were not saved. Compare, then save again."
    pub message: String,
    /// Only the fields that differ.
    pub fields: Vec<Changed>,
}

/// The form takes a change back.
#[derive(Clone, Debug, Default)]
pub struct Revert {
    /// Who had made the change, and when.
    pub cause: String,
    /// Roles and pages that cannot be put back.
    pub left_out: Vec<String>,
    /// Only the fields that differ from what is saved now.
    pub fields: Vec<Changed>,
}

/// One field that differs.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// "Email", "Name", "Roles".
    pub field: String,
    /// What is saved now.
    pub now: String,
    /// What was typed.
    pub yours: String,
}
