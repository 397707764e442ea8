//! The roles a membership has beside its account role, read once from keys.

use std::collections::BTreeSet;

use super::{ApplicationRole, CustomRole, Role, RoleKey};
use crate::domain::users::UnknownWord;

/// Application and custom roles, each at most once, in the order lists show them: application
/// roles as in the contract, then custom roles by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleSet {
    application: Vec<ApplicationRole>,
    custom: Vec<CustomRole>,
}

impl RoleSet {
    /// A set of these roles.
    pub fn new(
        application: impl IntoIterator<Item = ApplicationRole>,
        custom: impl IntoIterator<Item = CustomRole>,
    ) -> Self {
        let mut application: Vec<ApplicationRole> = application.into_iter().collect();
        application.sort();
        application.dedup();
        let mut custom: Vec<CustomRole> = custom.into_iter().collect();
        custom.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        custom.dedup_by_key(|role| role.id);
        Self { application, custom }
    }

    /// Reads keys as forms and the database hold them. `known` are the organization's custom roles.
    ///
    /// # Errors
    /// The first key that names no application role and none of `known`; an account role is not
    /// one of these either.
    pub fn read<'a>(keys: impl IntoIterator<Item = &'a str>, known: &[CustomRole]) -> Result<Self, UnknownWord> {
        let (mut application, mut custom) = (Vec::new(), Vec::new());
        for key in keys {
            let unknown = || UnknownWord(key.to_owned());
            match key.parse()? {
                RoleKey::Account(_) => return Err(unknown()),
                RoleKey::Application(role) => application.push(role),
                RoleKey::Custom(id) => {
                    let role = known.iter().find(|role| role.id == id);
                    custom.push(role.ok_or_else(unknown)?.clone());
                }
            }
        }
        Ok(Self::new(application, custom))
    }

    /// The application roles.
    pub fn application(&self) -> &[ApplicationRole] {
        &self.application
    }

    /// The custom roles.
    pub fn custom(&self) -> &[CustomRole] {
        &self.custom
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.application.is_empty() && self.custom.is_empty()
    }

    /// Every role, in order.
    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        let application = self.application.iter().copied().map(Role::Application);
        application.chain(self.custom.iter().cloned().map(Role::Custom))
    }

    /// The keys, as stored and sent.
    pub fn keys(&self) -> BTreeSet<RoleKey> {
        self.iter().map(|role| role.key()).collect()
    }

    /// The roles that only one of two sets has: what changes when one replaces the other.
    pub fn changes(&self, other: &Self) -> Vec<Role> {
        let (mine, theirs) = (self.keys(), other.keys());
        self.iter()
            .filter(|role| !theirs.contains(&role.key()))
            .chain(other.iter().filter(|role| !mine.contains(&role.key())))
            .collect()
    }

    /// This set with one role more.
    #[must_use]
    pub fn with(self, role: &Role) -> Self {
        match role {
            Role::Account(_) => self,
            Role::Application(added) => Self::new(self.application.into_iter().chain([*added]), self.custom),
            Role::Custom(added) => Self::new(self.application, self.custom.into_iter().chain([added.clone()])),
        }
    }

    /// This set without one role.
    #[must_use]
    pub fn without(mut self, role: &Role) -> Self {
        match role {
            Role::Account(_) => {}
            Role::Application(gone) => self.application.retain(|role| role != gone),
            Role::Custom(gone) => self.custom.retain(|role| role.id != gone.id),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::custom;
    use super::*;

    fn names(roles: &[Role]) -> Vec<&str> {
        roles.iter().map(Role::label).collect()
    }

    #[test]
    fn reads_sorts_and_drops_repetitions() {
        let known = [custom(1, "Night", &[]), custom(2, "Day", &[])];
        let (night, day) = (known[0].id.to_string(), known[1].id.to_string());
        let keys = [night.as_str(), "webhooks:viewer", day.as_str(), "callback:manager", night.as_str()];
        let set = RoleSet::read(keys, &known).unwrap();
        let all: Vec<Role> = set.iter().collect();
        assert_eq!(names(&all), ["Callback Manager", "Webhooks Viewer", "Day", "Night"]);
    }

    #[test]
    fn unknown_keys_and_account_roles_are_named() {
        let gone = custom(3, "Gone", &[]).id.to_string();
        for key in ["callback:agent", "administrator", gone.as_str(), ""] {
            let error = RoleSet::read(["callback:viewer", key], &[]).unwrap_err();
            assert_eq!(error.0, key);
        }
    }

    #[test]
    fn changes_name_what_only_one_side_has() {
        use ApplicationRole::{CallbackManager, CallbackViewer, WebhooksViewer};
        let before = RoleSet::new([CallbackViewer, WebhooksViewer], [custom(1, "Night", &[])]);
        let after = RoleSet::new([CallbackManager, WebhooksViewer], [custom(2, "Day", &[])]);
        let changes = before.changes(&after);
        assert_eq!(names(&changes), ["Callback Viewer", "Night", "Callback Manager", "Day"]);
        assert!(before.changes(&before).is_empty());
    }

    proptest! {
        #[test]
        fn adding_and_removing_are_opposites(
            roles in proptest::sample::subsequence(ApplicationRole::ALL, 0..6),
            one in proptest::sample::select(ApplicationRole::ALL),
        ) {
            let set = RoleSet::new(roles, []);
            let role = Role::Application(one);
            let with = set.clone().with(&role);
            prop_assert!(with.keys().contains(&role.key()));
            prop_assert_eq!(with.clone().with(&role), with.clone());
            prop_assert!(!with.clone().without(&role).keys().contains(&role.key()));
            prop_assert!(set.changes(&with).len() <= 1);
        }
    }
}
