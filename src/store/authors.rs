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
        let name = match &author.actor {
            AuditActor::Token { name, .. } => name.clone(),
            other => other.shown(),
        };
        Self { id: author.actor.id(), name }
    }
}
