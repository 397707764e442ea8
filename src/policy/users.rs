//! The rules of User Management: the list, one person, and every verb on a person but the
//! invitations (portal contract 0.5, 1.8, 2.5, 4.5, 5.2 and 5.3).

mod allowed;
mod edit;
mod switches;

pub use self::allowed::Allowed;
pub use self::edit::EditUser;
pub use self::switches::{DisableEverywhere, DisableUser, EnableEverywhere, EnableUser};
use super::{Action, Actor, Denied, Person, Refusal};
use crate::domain::ids::OrganizationId;
use crate::domain::pages::{Level, Page};

/// See the list.
#[derive(Clone, Copy, Debug)]
pub struct ViewUsers;

impl Action for ViewUsers {
    type Target = OrganizationId;
    const NAME: &'static str = "view users";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::View)
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        actor.needs_here(*target)
    }
}

/// See one person.
#[derive(Clone, Copy, Debug)]
pub struct ViewUser;

impl Action for ViewUser {
    type Target = Person;
    const NAME: &'static str = "view user";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::View)
    }

    fn judge(&self, actor: &Actor, target: &Person) -> Result<(), Denied> {
        actor.needs_here(target.organization)
    }
}

/// Take the list away as a file.
#[derive(Clone, Copy, Debug)]
pub struct ExportUsers;

impl Action for ExportUsers {
    type Target = OrganizationId;
    const NAME: &'static str = "export users";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::View)
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        actor.needs_here(*target)
    }
}

/// Choose several people and do one thing to them. What is done to each is judged for each.
#[derive(Clone, Copy, Debug)]
pub struct BulkUsers;

impl Action for BulkUsers {
    type Target = OrganizationId;
    const NAME: &'static str = "bulk actions";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        actor.needs_here(*target)
    }
}

/// Remove the membership for good.
#[derive(Clone, Copy, Debug)]
pub struct DeleteUser;

impl Action for DeleteUser {
    type Target = Person;
    const NAME: &'static str = "delete user";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_manageable(person)?;
        if actor.is_self(person) {
            return Err(Refusal::DeleteSelf.into());
        }
        actor.needs_deletable(person)?;
        actor.needs_rank(person)
    }
}

/// Make a person set up multi-factor authentication anew.
#[derive(Clone, Copy, Debug)]
pub struct ResetAuthenticator;

impl Action for ResetAuthenticator {
    type Target = Person;
    const NAME: &'static str = "reset authenticator";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_manageable(person)?;
        if actor.is_self(person) {
            return Err(Refusal::OwnAuthenticator.into());
        }
        actor.needs_rank(person)?;
        actor.needs_unshared(person)?;
        actor.needs_no_takeover(person)?;
        if !person.has_authenticator {
            let person = person.name.clone();
            return Err(Refusal::NoAuthenticator { person }.into());
        }
        Ok(())
    }
}

/// Log a person out everywhere.
#[derive(Clone, Copy, Debug)]
pub struct EndSessions;

impl Actor {
    /// Which sessions of a person are one's business: those in this organization when the person has others too (S67),
    /// else all.
    pub fn sessions_seen(&self, shared: bool) -> Option<OrganizationId> {
        (shared && !self.server_administrator).then_some(self.organization)
    }
}

impl Action for EndSessions {
    type Target = Person;
    const NAME: &'static str = "end sessions";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_human(person)?;
        actor.needs_rank(person)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::edits::{account_role, email, name, roles};
    use super::super::samples::{
        administrator, asked, manager, member, more_access, other_organization, person, refused, server_administrator,
        themselves, user,
    };
    use super::*;
    use crate::domain::roles::AccountRole;
    use crate::domain::roles::ApplicationRole::{CallbackManager, CallbackViewer, PlatformViewer};
    use crate::domain::users::MembershipKind;

    #[test]
    fn levels_of_user_management() {
        let viewer = member("Vic", AccountRole::User, &[PlatformViewer]);
        let it_admin = member("Ivo", AccountRole::ItAdmin, &[]);
        for actor in [&viewer, &it_admin] {
            assert!(actor.may::<ViewUsers>().is_ok());
            assert!(actor.may::<ViewUser>().is_ok());
            assert!(actor.may::<ExportUsers>().is_ok());
            assert!(actor.may::<EditUser>().is_err());
        }
        assert!(manager().may::<EditUser>().is_ok());
        assert!(manager().may::<DeleteUser>().is_err());
        assert!(manager().may::<BulkUsers>().is_err());
        for actor in [administrator(), member("Uma", AccountRole::UserAdmin, &[])] {
            assert!(actor.may::<DeleteUser>().is_ok());
            assert!(actor.may::<DisableUser>().is_ok());
            assert!(actor.may::<EnableUser>().is_ok());
            assert!(actor.may::<ResetAuthenticator>().is_ok());
            assert!(actor.may::<EndSessions>().is_ok());
            assert!(actor.may::<BulkUsers>().is_ok());
            assert!(actor.may::<DisableEverywhere>().is_err());
            assert!(actor.may::<EnableEverywhere>().is_err());
        }
        assert!(server_administrator("Sam").may::<DisableEverywhere>().is_ok());
        assert!(member("Bo", AccountRole::User, &[CallbackManager]).may::<ViewUsers>().is_err());
    }

    #[test]
    fn people_and_lists_of_another_organization_are_hidden() {
        let foreign = Person { organization: other_organization(), ..user("Bo") };
        for actor in [administrator(), server_administrator("Sam")] {
            assert_eq!(asked(&actor, ViewUser, &foreign), Err(Denied::Hidden));
            assert_eq!(asked(&actor, EditUser::default(), &foreign), Err(Denied::Hidden));
            assert_eq!(asked(&actor, DeleteUser, &foreign), Err(Denied::Hidden));
            assert_eq!(asked(&actor, EndSessions, &foreign), Err(Denied::Hidden));
            assert_eq!(actor.authorize(ViewUsers, other_organization()).map(drop), Err(Denied::Hidden));
            assert_eq!(actor.authorize(ExportUsers, other_organization()).map(drop), Err(Denied::Hidden));
        }
    }

    #[test]
    fn a_user_admin_leaves_administrators_alone() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        let abe = person("Abe", AccountRole::Administrator, &[]);
        let disabled = Person { enabled: false, ..abe.clone() };
        assert_eq!(asked(&uma, EditUser::default(), &abe), more_access("Abe"));
        assert_eq!(asked(&uma, DeleteUser, &abe), more_access("Abe"));
        assert_eq!(asked(&uma, DisableUser, &abe), more_access("Abe"));
        assert_eq!(asked(&uma, EnableUser, &disabled), more_access("Abe"));
        assert_eq!(asked(&uma, ResetAuthenticator, &abe), more_access("Abe"));
        assert_eq!(asked(&uma, EndSessions, &abe), more_access("Abe"));
        for role in [AccountRole::Analyst, AccountRole::ItAdmin, AccountRole::UserAdmin] {
            let other = person("Bo", role, &[]);
            assert_eq!(asked(&uma, EditUser::default(), &other), Ok(()), "{role}");
            assert_eq!(asked(&uma, DeleteUser, &other), Ok(()), "{role}");
            assert_eq!(asked(&uma, DisableUser, &other), Ok(()), "{role}");
        }
        assert_eq!(
            asked(&uma, account_role(AccountRole::Administrator), &user("Bo")),
            refused(Refusal::Assign { role: "Administrator".to_owned() })
        );
    }

    #[test]
    fn a_server_administrator_is_touched_by_their_like_alone() {
        let ana = administrator();
        let sue = Person { server_administrator: true, ..person("Sue", AccountRole::User, &[]) };
        assert_eq!(asked(&ana, email(), &sue), more_access("Sue"));
        assert_eq!(asked(&ana, ResetAuthenticator, &sue), more_access("Sue"));
        assert_eq!(asked(&ana, DisableUser, &sue), more_access("Sue"));
        assert_eq!(asked(&ana, DeleteUser, &sue), more_access("Sue"));
        assert_eq!(asked(&ana, EndSessions, &sue), more_access("Sue"));
        assert_eq!(asked(&ana, ViewUser, &sue), Ok(()));
        let sam = server_administrator("Sam");
        assert_eq!(asked(&sam, email(), &sue), Ok(()));
        assert_eq!(asked(&sam, DeleteUser, &sue), Ok(()));
    }

    #[test]
    fn what_belongs_to_a_person_of_two_organizations_is_theirs() {
        let ana = administrator();
        let shared = Person { shared: true, ..user("Bo") };
        assert_eq!(asked(&ana, email(), &shared), refused(Refusal::SharedPerson));
        assert_eq!(asked(&ana, name(), &shared), refused(Refusal::SharedPerson));
        assert_eq!(asked(&ana, ResetAuthenticator, &shared), refused(Refusal::SharedPerson));
        assert_eq!(asked(&ana, roles(&[CallbackViewer]), &shared), Ok(()));
        assert_eq!(asked(&ana, DisableUser, &shared), Ok(()));
        assert_eq!(asked(&ana, DeleteUser, &shared), Ok(()));
        let sam = server_administrator("Sam");
        assert_eq!(asked(&sam, email(), &shared), Ok(()));
        assert_eq!(asked(&sam, ResetAuthenticator, &shared), Ok(()));
    }

    #[test]
    fn a_client_keeps_the_role_and_a_support_membership_everything() {
        let sam = server_administrator("Sam");
        let client = person("Cleo", AccountRole::Client, &[]);
        assert_eq!(
            asked(&sam, account_role(AccountRole::User), &client),
            refused(Refusal::FixedRole { role: "Client" })
        );
        assert_eq!(asked(&sam, roles(&[CallbackViewer]), &client), Ok(()));
        assert_eq!(asked(&sam, DisableUser, &client), Ok(()));
        assert_eq!(asked(&sam, DeleteUser, &client), Ok(()));
        let support = person("Sid", AccountRole::Support, &[]);
        assert_eq!(asked(&sam, EditUser::default(), &support), refused(Refusal::Support));
        assert_eq!(asked(&sam, DisableUser, &support), refused(Refusal::Support));
        assert_eq!(asked(&sam, DeleteUser, &support), refused(Refusal::Support));
        assert_eq!(asked(&sam, EndSessions, &support), Ok(()));
        assert_eq!(asked(&sam, DisableEverywhere, &support), Ok(()));
    }

    #[test]
    fn a_token_user_is_managed_by_its_token() {
        let sam = server_administrator("Sam");
        let robot = Person { kind: MembershipKind::Token, ..person("CI", AccountRole::Administrator, &[]) };
        assert_eq!(asked(&sam, ViewUser, &robot), Ok(()));
        assert_eq!(asked(&sam, EditUser::default(), &robot), refused(Refusal::TokenUser));
        assert_eq!(asked(&sam, DeleteUser, &robot), refused(Refusal::TokenUser));
        assert_eq!(asked(&sam, DisableUser, &robot), refused(Refusal::TokenUser));
        assert_eq!(asked(&sam, DisableEverywhere, &robot), refused(Refusal::TokenUser));
        assert_eq!(asked(&sam, EndSessions, &robot), refused(Refusal::TokenUser));
        assert!(!Allowed::on(&sam, &robot).select);
    }

    #[test]
    fn ones_own_account_is_neither_deleted_nor_disabled_nor_reset() {
        let ana = administrator();
        let own = themselves(&ana, &[]);
        assert_eq!(asked(&ana, DeleteUser, &own), refused(Refusal::DeleteSelf));
        assert_eq!(asked(&ana, DisableUser, &own), refused(Refusal::DisableSelf));
        assert_eq!(asked(&ana, ResetAuthenticator, &own), refused(Refusal::OwnAuthenticator));
        assert_eq!(asked(&ana, EndSessions, &own), Ok(()));
        let sam = server_administrator("Sam");
        let own = themselves(&sam, &[]);
        assert_eq!(asked(&sam, DisableEverywhere, &own), refused(Refusal::DisableSelf));
    }

    #[test]
    fn only_an_authenticator_that_is_set_up_can_be_reset() {
        let ana = administrator();
        assert_eq!(asked(&ana, ResetAuthenticator, &user("Bo")), Ok(()));
        let without = Person { has_authenticator: false, ..user("Bo") };
        assert_eq!(
            asked(&ana, ResetAuthenticator, &without),
            refused(Refusal::NoAuthenticator { person: "Bo".to_owned() })
        );
    }
}
