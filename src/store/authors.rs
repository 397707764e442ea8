//! The author of a change as the `changed_by` columns keep them.

use crate::domain::audit::{AuditActor, Author};

/// Id and name of whoever made or changed a row, a snapshot that stays when they are gone.
#[derive(Debug, Clone)]
pub(super) struct AuthorColumns {
    pub(super) id: Option<String>,
    pub(super) name: String,
}

impl From<&Author> for AuthorColumns {
    fn from(author: &Author) -> Self {
        match &author.actor {
            // A token acts as its robot user (v1 contract section 2).
            AuditActor::Token { user, name, .. } => Self { id: Some(user.to_string()), name: name.clone() },
            other => Self { id: other.id(), name: other.shown() },
        }
    }
}
