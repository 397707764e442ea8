//! Roles as people name them in forms and files: by name or key, whatever the case.

use super::{AccountRole, ApplicationRole, CustomRole, RoleSet};
use crate::domain::text::fold;

/// Why a list of roles cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadRole {
    /// The organization has no such role.
    #[error("There is no role {0}.")]
    Unknown(String),
    /// An account role beside another one.
    #[error("{0} is one account role too many.")]
    SecondAccountRole(String),
}

impl UnreadRole {
    /// The word that was not read.
    pub fn word(&self) -> &str {
        match self {
            Self::Unknown(word) | Self::SecondAccountRole(word) => word,
        }
    }
}

/// Reads roles by name or key, ignoring case: at most one account role, User when there is none, and any number of
/// others. `custom` are the organization's own. Where a custom role has the name of a default one, the default one is
/// meant; the custom one has its id.
///
/// # Errors
/// The first that cannot be read.
pub fn read_roles<'a>(
    words: impl IntoIterator<Item = &'a str>,
    custom: &[CustomRole],
) -> Result<(AccountRole, RoleSet), UnreadRole> {
    let (mut account, mut application, mut own) = (None, Vec::new(), Vec::new());
    for word in words.into_iter().map(str::trim).filter(|word| !word.is_empty()) {
        let key = fold(word);
        let is_named = |role: &&CustomRole| role.id.to_string() == key || fold(&role.name) == key;
        if let Some(role) = AccountRole::from_name_or_key(word) {
            if account.is_some_and(|before| before != role) {
                return Err(UnreadRole::SecondAccountRole(word.to_owned()));
            }
            account = Some(role);
        } else if let Some(role) = ApplicationRole::from_name_or_key(word) {
            application.push(role);
        } else if let Some(role) = custom.iter().find(is_named) {
            own.push(role.clone());
        } else {
            return Err(UnreadRole::Unknown(word.to_owned()));
        }
    }
    Ok((account.unwrap_or(AccountRole::User), RoleSet::new(application, own)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::roles::Access;

    fn night() -> Vec<CustomRole> {
        let id = "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11".parse().unwrap();
        vec![CustomRole { id, name: "Nachtschicht Köln".to_owned(), access: Access::default() }]
    }

    #[test]
    fn names_and_keys_are_read_whatever_the_case() {
        let read = |words: &[&str]| read_roles(words.iter().copied(), &night()).unwrap();
        let (account, roles) = read(&["analyst", " CALLBACK manager", "handoff:VIEWER", "nachtschicht KÖLN"]);
        assert_eq!(account, AccountRole::Analyst);
        assert_eq!(roles.application(), [ApplicationRole::CallbackManager, ApplicationRole::HandoffViewer]);
        assert_eq!(roles.custom(), night());
        assert_eq!(read(&["0197A3C2-5A10-7C3E-9B1D-2F6E8A4C0D11"]).1.custom(), night());
        assert_eq!(read(&[]), (AccountRole::User, RoleSet::default()));
        assert_eq!(read(&["", " ", "user", "User"]), (AccountRole::User, RoleSet::default()));
        assert_eq!(read(&["IT Admin"]).0, AccountRole::ItAdmin);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = |words: &[&str]| read_roles(words.iter().copied(), &night()).unwrap_err().to_string();
        assert_eq!(error(&["Callback Manager", "Callback King"]), "There is no role Callback King.");
        assert_eq!(error(&["User", "Analyst"]), "Analyst is one account role too many.");
    }

    proptest! {
        #[test]
        fn reading_never_panics(words in proptest::collection::vec(".{0,30}", 0..5)) {
            let read = read_roles(words.iter().map(String::as_str), &night());
            if let Err(error) = read {
                prop_assert!(words.iter().any(|word| word.trim() == error.word()));
            }
        }
    }
}
