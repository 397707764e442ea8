//! Edits of one field each.

use crate::domain::roles::{AccountRole, ApplicationRole, RoleSet};
use crate::domain::text::{DisplayName, Email};
use crate::policy::EditUser;

/// Another address and nothing else.
pub(crate) fn email() -> EditUser {
    EditUser { email: Email::parse("new@acme.example").ok(), ..EditUser::default() }
}

/// Another name and nothing else.
pub(crate) fn name() -> EditUser {
    EditUser { name: DisplayName::parse("New Name").ok(), ..EditUser::default() }
}

/// Another account role and nothing else.
pub(crate) fn account_role(role: AccountRole) -> EditUser {
    EditUser { account_role: Some(role), ..EditUser::default() }
}

/// These application roles and nothing else.
pub(crate) fn roles(roles: &[ApplicationRole]) -> EditUser {
    EditUser { roles: Some(RoleSet::new(roles.iter().copied(), [])), ..EditUser::default() }
}
