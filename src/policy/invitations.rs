//! The rules of inviting: who may bring people in, and what may be done with an open invitation
//! (portal contract 5.1).

use super::roles::needs_assignable;
use super::{Action, Actor, Denied, Person, Refusal};
use crate::domain::ids::OrganizationId;
use crate::domain::pages::{Level, Page};
use crate::domain::roles::{AccountRole, Role, RoleSet};

/// Invite people, all with the same roles.
#[derive(Clone, Debug)]
pub struct InviteUsers {
    /// The account role of all of them.
    pub account_role: AccountRole,
    /// Their other roles.
    pub roles: RoleSet,
}

impl Action for InviteUsers {
    type Target = OrganizationId;
    const NAME: &'static str = "invite users";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)?;
        if actor.government && !actor.server_administrator {
            return Err(Denied::Forbidden(
                "In government organizations users are added according to the organization's own \
                 policy."
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        actor.needs_here(*target)?;
        needs_assignable(actor, &Role::Account(self.account_role))?;
        self.roles.iter().try_for_each(|role| needs_assignable(actor, &role))
    }
}

/// Send a new link and temporary password; the old ones die.
#[derive(Clone, Copy, Debug)]
pub struct ResendInvitation;

impl Action for ResendInvitation {
    type Target = Person;
    const NAME: &'static str = "resend invitation";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        needs_invited(actor, person)
    }
}

/// Take an invitation back; the membership goes with it.
#[derive(Clone, Copy, Debug)]
pub struct CancelInvitation;

impl Action for CancelInvitation {
    type Target = Person;
    const NAME: &'static str = "cancel invitation";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        needs_invited(actor, person)
    }
}

/// An open or expired invitation, of somebody one may act on.
fn needs_invited(actor: &Actor, person: &Person) -> Result<(), Denied> {
    actor.needs_manageable(person)?;
    actor.needs_rank(person)?;
    let name = || person.name.clone();
    if !person.enabled || person.disabled_everywhere {
        return Err(Refusal::Disabled { person: name() }.into());
    }
    if person.validated {
        return Err(Refusal::AlreadyActive { person: name() }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{custom, member, other_organization, person, server_administrator};
    use super::*;
    use crate::domain::roles::ApplicationRole::{
        CallbackManager, PlatformAdministrator, PlatformManager, PlatformViewer,
    };

    fn invited(name: &str, role: AccountRole) -> Person {
        Person { validated: false, ..person(name, role, &[]) }
    }

    fn invite(actor: &Actor, account_role: AccountRole, roles: RoleSet) -> Result<(), Denied> {
        let action = InviteUsers { account_role, roles };
        actor.authorize(action, actor.organization).map(drop)
    }

    #[test]
    fn inviting_needs_all_of_user_management() {
        for (role, roles, expected) in [
            (AccountRole::User, vec![PlatformViewer], false),
            (AccountRole::User, vec![PlatformManager], false),
            (AccountRole::User, vec![PlatformAdministrator], true),
            (AccountRole::ItAdmin, vec![], false),
            (AccountRole::UserAdmin, vec![], true),
            (AccountRole::Administrator, vec![], true),
        ] {
            let actor = member("Actor", role, &roles);
            assert_eq!(actor.may::<InviteUsers>().is_ok(), expected, "{role} {roles:?}");
        }
    }

    #[test]
    fn in_government_organizations_only_server_administrators_invite() {
        let mut ana = member("Ana", AccountRole::Administrator, &[]);
        ana.government = true;
        assert_eq!(
            ana.may::<InviteUsers>(),
            Err(Denied::Forbidden(
                "In government organizations users are added according to the organization's own \
                 policy."
                    .to_owned()
            ))
        );
        let open = invited("Ina", AccountRole::User);
        assert!(ana.allows(&ResendInvitation, &open));
        assert!(ana.allows(&CancelInvitation, &open));
        let mut sam = server_administrator("Sam");
        sam.government = true;
        assert!(sam.may::<InviteUsers>().is_ok());
        let mut vic = member("Vic", AccountRole::User, &[PlatformViewer]);
        vic.government = true;
        assert_eq!(
            vic.may::<InviteUsers>(),
            Err(Denied::Forbidden("Ask an Administrator of Acme if you need it.".to_owned()))
        );
    }

    #[test]
    fn only_roles_one_may_give() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        let callback = RoleSet::new([CallbackManager], []);
        assert_eq!(invite(&uma, AccountRole::Analyst, callback), Ok(()));
        for role in [
            AccountRole::Administrator,
            AccountRole::ItAdmin,
            AccountRole::ServerAdministrator,
            AccountRole::Client,
            AccountRole::Support,
        ] {
            assert_eq!(
                invite(&uma, role, RoleSet::default()),
                Err(Refusal::Assign { role: role.label().to_owned() }.into())
            );
        }
        let tokens = custom("Tokens", &[(Page::ApplicationClients, Level::All)]);
        assert_eq!(
            invite(&uma, AccountRole::User, RoleSet::new([CallbackManager], [tokens])),
            Err(Refusal::Assign { role: "Tokens".to_owned() }.into())
        );
        let sam = server_administrator("Sam");
        assert!(invite(&sam, AccountRole::ServerAdministrator, RoleSet::default()).is_err());
    }

    #[test]
    fn nobody_invites_into_another_organization() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        let action = InviteUsers { account_role: AccountRole::User, roles: RoleSet::default() };
        let denied = ana.authorize(action, other_organization()).map(drop);
        assert_eq!(denied, Err(Denied::Hidden));
    }

    #[test]
    fn an_invitation_is_open_until_it_is_used_or_the_person_disabled() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        let refused = |person: Person| {
            let resend = ana.authorize(ResendInvitation, person.clone()).map(drop);
            assert_eq!(ana.authorize(CancelInvitation, person).map(drop), resend);
            resend
        };
        let ina = invited("Ina", AccountRole::User);
        assert_eq!(refused(ina.clone()), Ok(()));
        assert_eq!(
            refused(Person { validated: true, ..ina.clone() }),
            Err(Refusal::AlreadyActive { person: "Ina".to_owned() }.into())
        );
        let disabled = Err(Refusal::Disabled { person: "Ina".to_owned() }.into());
        assert_eq!(refused(Person { enabled: false, ..ina.clone() }), disabled);
        assert_eq!(refused(Person { disabled_everywhere: true, ..ina }), disabled);
    }

    #[test]
    fn a_user_admin_leaves_invited_administrators_alone() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        let abe = invited("Abe", AccountRole::Administrator);
        assert!(!uma.allows(&CancelInvitation, &abe));
        assert!(!uma.allows(&ResendInvitation, &abe));
        assert!(uma.allows(&CancelInvitation, &invited("Ina", AccountRole::Developer)));
    }
}
