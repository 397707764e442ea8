//! What an API token may do to whom in the v1 API (section 2, "Permission table"). These limits bind tokens alone:
//! the pages have their own (product contract section 6, T8).

use super::users::{DisableUser, EditUser, EnableUser};
use super::{Action, Actor, Denied, Person, Refusal};
use crate::domain::pages::{Level, Page};
use crate::domain::roles::{AccountRole, V1Role};
use crate::domain::users::MembershipKind;

/// Write role and switch of a membership together.
#[derive(Clone, Copy, Debug)]
pub struct SaveMembership {
    /// The role as written; what is read now changes nothing.
    pub role: V1Role,
    /// The membership's switch.
    pub enabled: bool,
}

impl SaveMembership {
    /// The effective account role to set, where it differs.
    pub fn new_role(&self, person: &Person) -> Option<AccountRole> {
        Some(self.role.written_over(person.account_role)).filter(|role| *role != person.account_role)
    }

    /// The switch, where it is to move.
    pub fn new_enabled(&self, person: &Person) -> Option<bool> {
        Some(self.enabled).filter(|enabled| *enabled != person.enabled)
    }
}

impl Action for SaveMembership {
    type Target = Person;
    const NAME: &'static str = "save membership";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_here(person.organization)?;
        let (role, enabled) = (self.new_role(person), self.new_enabled(person));
        let is_kept = match person.account_role.v1() {
            V1Role::Admin => role.is_some() || enabled.is_some(),
            V1Role::Client => role.is_some(),
            _ => false,
        };
        if is_kept || is_managed_elsewhere(person) {
            return Err(protected(person));
        }
        if role.is_some() && !is_assigned(self.role) {
            return Err(Refusal::RoleNotAllowed { role: self.role.key() }.into());
        }
        EditUser { account_role: role, ..EditUser::default() }.judge(actor, person)?;
        match enabled {
            Some(true) => EnableUser.judge(actor, person),
            Some(false) => DisableUser.judge(actor, person),
            None => Ok(()),
        }
    }
}

/// Whether the v1 API gives this role to anybody.
pub fn is_assigned(role: V1Role) -> bool {
    !matches!(role, V1Role::Client | V1Role::MindbridgeSupport)
}

/// Robots live with their tokens, Support with its request.
fn is_managed_elsewhere(person: &Person) -> bool {
    person.kind != MembershipKind::Person || person.account_role == AccountRole::Support
}

fn protected(person: &Person) -> Denied {
    Refusal::Protected { person: person.name.clone() }.into()
}

impl Actor {
    /// Tokens delete no App Admins.
    pub(super) fn needs_deletable(&self, person: &Person) -> Result<(), Denied> {
        let is_kept = person.account_role.v1() == V1Role::Admin;
        if self.token.is_some() && is_kept { Err(protected(person)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::samples::{member, person};

    fn outcome(role: AccountRole, save: SaveMembership) -> &'static str {
        let api = member("CI", AccountRole::Administrator, &[]);
        match save.judge(&api, &person("Bo", role, &[])) {
            Ok(()) => "yes",
            Err(Denied::Refused(refusal)) => refusal.code(),
            Err(_) => "no",
        }
    }

    #[test]
    fn the_columns_enabled_and_role_of_the_table() {
        use AccountRole::{Administrator, Analyst, Client, OrganizationCreator, Support, User, UserAdmin};
        for (target, enabled, role) in [
            (Administrator, "protected_user", "protected_user"),
            (UserAdmin, "yes", "yes"),
            (OrganizationCreator, "yes", "yes"),
            (User, "yes", "yes"),
            (Analyst, "yes", "yes"),
            (Client, "yes", "protected_user"),
            (Support, "protected_user", "protected_user"),
        ] {
            let same = target.v1();
            let other = if same == V1Role::User { V1Role::UserAdmin } else { V1Role::User };
            assert_eq!(outcome(target, SaveMembership { role: same, enabled: false }), enabled, "{target}");
            assert_eq!(outcome(target, SaveMembership { role: other, enabled: true }), role, "{target}");
        }
    }

    #[test]
    fn sending_what_is_stored_is_no_update() {
        let save = |role| SaveMembership { role, enabled: true };
        assert_eq!(outcome(AccountRole::Administrator, save(V1Role::Admin)), "yes");
        assert_eq!(outcome(AccountRole::Client, save(V1Role::Client)), "yes");
        assert_eq!(outcome(AccountRole::Support, save(V1Role::MindbridgeSupport)), "protected_user");
    }

    #[test]
    fn two_roles_are_given_to_nobody() {
        let save = |role| SaveMembership { role, enabled: true };
        for role in [V1Role::Client, V1Role::MindbridgeSupport] {
            assert_eq!(outcome(AccountRole::User, save(role)), "role_not_allowed");
        }
        for role in [V1Role::Admin, V1Role::UserAdmin, V1Role::OrganizationAdmin] {
            assert_eq!(outcome(AccountRole::User, save(role)), "yes");
        }
    }
}
