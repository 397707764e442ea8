//! A person as the target of an action, and how high they stand beside who acts. Rank is looked at
//! as if the person's roles were in force: somebody invited or disabled must not lose to a change
//! what they would have the day after.

use super::{Actor, Denied, Refusal};
use crate::domain::ids::{OrganizationId, UserId};
use crate::domain::roles::{Access, AccountRole, Holdings, RoleSet};
use crate::domain::users::MembershipKind;

/// What the rules need to know of a person in an organization.
#[derive(Clone, Debug)]
pub struct Person {
    /// The organization of the membership.
    pub organization: OrganizationId,
    /// The user.
    pub user: UserId,
    /// The shown name.
    pub name: String,
    /// Human, robot of a token, or support.
    pub kind: MembershipKind,
    /// The user's own account role is Server Administrator.
    pub server_administrator: bool,
    /// The effective account role.
    pub account_role: AccountRole,
    /// Application and custom roles.
    pub roles: RoleSet,
    /// The membership's switch.
    pub enabled: bool,
    /// The activation link was used since the membership was made or enabled last.
    pub validated: bool,
    /// The user is disabled everywhere.
    pub disabled_everywhere: bool,
    /// There is a membership in another organization.
    pub shared: bool,
    /// An authenticator is set up.
    pub has_authenticator: bool,
}

impl Person {
    /// What the roles give once they are in force.
    fn access_for(&self, actor: &Actor) -> Access {
        Access::of(&Holdings {
            server_administrator: self.server_administrator,
            account_role: self.account_role,
            application_roles: self.roles.application(),
            custom_roles: self.roles.custom(),
            provisioned: &actor.provisioned,
            works: true,
        })
    }
}

impl Actor {
    /// Whether this is the same person.
    pub fn is_self(&self, person: &Person) -> bool {
        self.user == person.user
    }

    /// The beginning of every rule about a person: of this organization, and not a robot.
    pub(super) fn needs_human(&self, person: &Person) -> Result<(), Denied> {
        self.needs_here(person.organization)?;
        match person.kind {
            MembershipKind::Token => Err(Refusal::TokenUser.into()),
            MembershipKind::Person | MembershipKind::Support => Ok(()),
        }
    }

    /// The same for what changes a membership, which is not done by hand to one of Support
    /// (product contract section 2).
    pub(super) fn needs_manageable(&self, person: &Person) -> Result<(), Denied> {
        self.needs_human(person)?;
        if person.kind == MembershipKind::Support || person.account_role == AccountRole::Support {
            return Err(Refusal::Support.into());
        }
        Ok(())
    }

    /// Nobody acts on somebody who outranks them (portal contract 2.5, security contract S65): a
    /// Server Administrator outranks everybody else, an Administrator a User Admin, and for who may
    /// only edit, whoever has more on an administrative page.
    pub(super) fn needs_rank(&self, person: &Person) -> Result<(), Denied> {
        // What a token may do to whom stands in the tables of the APIs.
        if self.server_administrator || self.token.is_some() || self.is_self(person) {
            return Ok(());
        }
        let outranked_by_role = person.server_administrator
            || (self.account_role == AccountRole::UserAdmin && person.account_role.is_administrator());
        let outranked_by_level = !self.manages_users() && self.has_less_than(person);
        if outranked_by_role || outranked_by_level {
            return Err(more_access(person));
        }
        Ok(())
    }

    /// Who can redirect somebody's mail or take away their second factor can become them. So this
    /// needs no less on any administrative page, also for who has all of User Management.
    pub(super) fn needs_no_takeover(&self, person: &Person) -> Result<(), Denied> {
        if self.server_administrator || self.is_self(person) || !self.has_less_than(person) {
            return Ok(());
        }
        Err(more_access(person))
    }

    /// What belongs to the person is not one organization's to change while there are several.
    pub(super) fn needs_unshared(&self, person: &Person) -> Result<(), Denied> {
        if person.shared && !self.server_administrator {
            return Err(Refusal::SharedPerson.into());
        }
        Ok(())
    }

    fn has_less_than(&self, person: &Person) -> bool {
        person.access_for(self).gives_more_than(&self.access).is_some()
    }
}

fn more_access(person: &Person) -> Denied {
    Denied::Refused(Refusal::MoreAccess { person: person.name.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{member, person, server_administrator, with_custom};
    use super::*;
    use crate::domain::pages::{Level, Page};
    use crate::domain::roles::ApplicationRole::{
        MindfulApiViewer, PlatformAdministrator, PlatformManager, PlatformViewer,
    };

    fn outranks(target: &Person, actor: &Actor) -> bool {
        actor.needs_rank(target).is_err()
    }

    #[test]
    fn a_server_administrator_outranks_everybody_else() {
        let mut sam = person("Sam", AccountRole::User, &[]);
        sam.server_administrator = true;
        assert!(outranks(&sam, &member("Ana", AccountRole::Administrator, &[])));
        assert!(!outranks(&sam, &server_administrator("Sue")));
    }

    #[test]
    fn an_administrator_outranks_a_user_admin_whatever_else_that_one_has() {
        let ana = person("Ana", AccountRole::Administrator, &[]);
        assert!(outranks(&ana, &member("Uma", AccountRole::UserAdmin, &[])));
        assert!(outranks(&ana, &member("Uma", AccountRole::UserAdmin, &[PlatformAdministrator])));
        assert!(!outranks(&ana, &member("Abe", AccountRole::Administrator, &[])));
        let uma = person("Uma", AccountRole::UserAdmin, &[]);
        assert!(!outranks(&uma, &member("Uli", AccountRole::UserAdmin, &[])));
    }

    #[test]
    fn who_may_only_edit_is_outranked_by_level() {
        let manager = member("Max", AccountRole::User, &[PlatformManager]);
        for (role, roles, higher) in [
            (AccountRole::User, vec![], false),
            (AccountRole::Developer, vec![PlatformViewer], false),
            (AccountRole::User, vec![PlatformManager], false),
            (AccountRole::User, vec![PlatformAdministrator], true),
            (AccountRole::User, vec![MindfulApiViewer], true),
            (AccountRole::Administrator, vec![], true),
            (AccountRole::UserAdmin, vec![], true),
            (AccountRole::ItAdmin, vec![], true),
        ] {
            let target = person("Target", role, &roles);
            assert_eq!(outranks(&target, &manager), higher, "{role} {roles:?}");
        }
    }

    #[test]
    fn rank_does_not_wait_for_activation() {
        let manager = member("Max", AccountRole::User, &[PlatformManager]);
        let mut invited = person("Ina", AccountRole::Administrator, &[]);
        invited.validated = false;
        assert!(outranks(&invited, &manager));
        invited.enabled = false;
        assert!(outranks(&invited, &manager));
    }

    #[test]
    fn taking_over_needs_no_less_on_any_administrative_page() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        let it = person("Ivo", AccountRole::ItAdmin, &[]);
        assert!(!outranks(&it, &uma));
        assert!(uma.needs_no_takeover(&it).is_err());
        let ana = member("Ana", AccountRole::Administrator, &[]);
        assert!(ana.needs_no_takeover(&it).is_ok());
        let people = with_custom("Cy", &[(Page::UserManagement, Level::All)]);
        assert!(people.needs_no_takeover(&person("Ann", AccountRole::Analyst, &[])).is_ok());
        assert!(people.needs_no_takeover(&person("Abe", AccountRole::Administrator, &[])).is_err());
    }

    #[test]
    fn robots_and_support_are_not_managed_by_hand() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        let mut robot = person("CI", AccountRole::Administrator, &[]);
        robot.kind = MembershipKind::Token;
        assert_eq!(ana.needs_manageable(&robot), Err(Refusal::TokenUser.into()));
        let mut support = person("Helper", AccountRole::Support, &[]);
        assert_eq!(ana.needs_manageable(&support), Err(Refusal::Support.into()));
        support.kind = MembershipKind::Support;
        let sam = server_administrator("Sam");
        assert_eq!(sam.needs_manageable(&support), Err(Refusal::Support.into()));
        assert_eq!(sam.needs_human(&support), Ok(()));
    }
}
