//! Changing a person: what may be changed of whom, and which roles may be given or taken away
//! (portal contract 2.5 and 5.2).

use crate::domain::pages::{Level, Page};
use crate::domain::roles::{AccountRole, Role, RoleSet};
use crate::domain::text::{DisplayName, Email};
use crate::policy::roles::needs_assignable;
use crate::policy::{Action, Actor, Denied, Person, Refusal};

/// Change a person. `None` leaves a field as it is; the default changes nothing and stands for
/// opening the form.
#[derive(Clone, Debug, Default)]
pub struct EditUser {
    /// Another address.
    pub email: Option<Email>,
    /// Another display name.
    pub name: Option<DisplayName>,
    /// Another effective account role.
    pub account_role: Option<AccountRole>,
    /// All application and custom roles the person is to have.
    pub roles: Option<RoleSet>,
}

impl EditUser {
    /// Whether it leaves everything as it is.
    pub fn is_nothing(&self) -> bool {
        self.email.is_none() && self.name.is_none() && self.account_role.is_none() && self.roles.is_none()
    }

    /// The roles that would be given or taken away, the account role's old and new one first.
    pub fn changed_roles(&self, person: &Person) -> Vec<Role> {
        let account = self
            .account_role
            .filter(|role| *role != person.account_role)
            .into_iter()
            .flat_map(|role| [Role::Account(role), Role::Account(person.account_role)]);
        let others = self.roles.iter().flat_map(|roles| roles.changes(&person.roles));
        account.chain(others).collect()
    }
}

impl Action for EditUser {
    type Target = Person;
    const NAME: &'static str = "edit user";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::Edit)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_manageable(person)?;
        actor.needs_rank(person)?;
        if self.email.is_some() || self.name.is_some() {
            actor.needs_unshared(person)?;
        }
        if self.email.is_some() {
            actor.needs_no_takeover(person)?;
        }
        let changed = self.changed_roles(person);
        if changed.is_empty() {
            return Ok(());
        }
        if actor.is_self(person) && !actor.manages_users() {
            return Err(Refusal::OwnRoles.into());
        }
        let changes_account_role = changed.iter().any(|role| matches!(role, Role::Account(_)));
        if changes_account_role && person.account_role == AccountRole::Client {
            let role = person.account_role.label();
            return Err(Refusal::FixedRole { role }.into());
        }
        changed
            .iter()
            .filter(|role| !is_own_server_role(role, person))
            .try_for_each(|role| needs_assignable(actor, role))
    }
}

/// The own role of a Server Administrator, which an override does not take away: it only stands
/// before it in this organization.
fn is_own_server_role(role: &Role, person: &Person) -> bool {
    *role == Role::Account(AccountRole::ServerAdministrator) && person.account_role == AccountRole::ServerAdministrator
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roles::ApplicationRole::{
        self, CallbackManager, CallbackViewer, PlatformAdministrator, PlatformManager,
    };
    use crate::policy::samples::edits::{account_role, email, name, roles};
    use crate::policy::samples::{
        administrator, asked, custom, manager, member, more_access, person, refused, server_administrator, themselves,
        user, with_custom,
    };

    #[test]
    fn a_manager_edits_who_stands_no_higher() {
        let max = manager();
        assert_eq!(asked(&max, email(), &user("Bo")), Ok(()));
        assert_eq!(asked(&max, name(), &person("Mia", AccountRole::User, &[PlatformManager])), Ok(()));
        let abe = person("Abe", AccountRole::Administrator, &[]);
        assert_eq!(asked(&max, EditUser::default(), &abe), more_access("Abe"));
        assert_eq!(asked(&max, name(), &abe), more_access("Abe"));
    }

    #[test]
    fn below_all_nobody_changes_their_own_roles() {
        let max = manager();
        let own = themselves(&max, &[PlatformManager]);
        assert_eq!(asked(&max, name(), &own), Ok(()));
        assert_eq!(asked(&max, email(), &own), Ok(()));
        assert_eq!(asked(&max, roles(&[PlatformManager]), &own), Ok(()), "the same roles");
        assert_eq!(asked(&max, roles(&[]), &own), refused(Refusal::OwnRoles));
        assert_eq!(asked(&max, roles(&[PlatformManager, CallbackViewer]), &own), refused(Refusal::OwnRoles));
        assert_eq!(asked(&max, account_role(AccountRole::Analyst), &own), refused(Refusal::OwnRoles));

        let ana = administrator();
        let own = themselves(&ana, &[]);
        assert_eq!(asked(&ana, account_role(AccountRole::User), &own), Ok(()));
        assert_eq!(asked(&ana, roles(&[CallbackViewer]), &own), Ok(()));
    }

    #[test]
    fn nobody_gives_or_takes_more_than_they_have() {
        let max = manager();
        let bo = user("Bo");
        let cannot = |role: &str| refused(Refusal::Assign { role: role.to_owned() });
        assert_eq!(asked(&max, roles(&[CallbackManager]), &bo), Ok(()));
        assert_eq!(asked(&max, roles(&[PlatformManager]), &bo), Ok(()));
        assert_eq!(asked(&max, roles(&[PlatformAdministrator]), &bo), cannot("Platform Management Administrator"));
        assert_eq!(asked(&max, account_role(AccountRole::Administrator), &bo), cannot("Administrator"));
        // Taking away counts as giving.
        let people = with_custom("Cy", &[(Page::UserManagement, Level::All)]);
        let api = person("Api", AccountRole::User, &[ApplicationRole::MindfulApiViewer]);
        assert_eq!(asked(&people, roles(&[]), &api), cannot("Mindful API Viewer"));
        assert_eq!(asked(&people, account_role(AccountRole::Analyst), &api), Ok(()));
    }

    #[test]
    fn nobody_redirects_the_mail_of_who_has_more_power() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        let ivo = person("Ivo", AccountRole::ItAdmin, &[]);
        assert_eq!(asked(&uma, email(), &ivo), more_access("Ivo"));
        assert_eq!(asked(&uma, name(), &ivo), Ok(()));
        assert_eq!(asked(&administrator(), email(), &ivo), Ok(()));
    }

    #[test]
    fn roles_that_stay_are_not_judged() {
        let people = with_custom("Cy", &[(Page::UserManagement, Level::All)]);
        let tokens = custom("Tokens", &[(Page::ApplicationClients, Level::All)]);
        let mut api = user("Api");
        api.roles = RoleSet::new([], [tokens.clone()]);
        let edit = EditUser { roles: Some(RoleSet::new([CallbackViewer], [tokens])), ..EditUser::default() };
        assert_eq!(asked(&people, edit, &api), Ok(()));
    }

    #[test]
    fn an_it_admin_changes_nobodys_roles_whatever_else_they_have() {
        let ivo = member("Ivo", AccountRole::ItAdmin, &[PlatformAdministrator]);
        assert_eq!(asked(&ivo, name(), &user("Bo")), Ok(()));
        assert_eq!(
            asked(&ivo, roles(&[CallbackViewer]), &user("Bo")),
            refused(Refusal::Assign { role: "Callback Viewer".to_owned() })
        );
        assert!(!crate::policy::Allowed::on(&ivo, &user("Bo")).edit_roles);
    }

    #[test]
    fn an_override_may_stand_before_a_server_administrators_own_role() {
        let sam = server_administrator("Sam");
        let sue = Person { server_administrator: true, ..person("Sue", AccountRole::ServerAdministrator, &[]) };
        assert_eq!(asked(&sam, account_role(AccountRole::Administrator), &sue), Ok(()));
        let lowered = Person { account_role: AccountRole::Administrator, ..sue };
        assert_eq!(
            asked(&sam, account_role(AccountRole::ServerAdministrator), &lowered),
            refused(Refusal::Assign { role: "Server Administrator".to_owned() })
        );
    }

    #[test]
    fn changed_roles_are_those_given_and_taken() {
        let bo = person("Bo", AccountRole::Analyst, &[CallbackViewer]);
        let edit = EditUser {
            account_role: Some(AccountRole::Developer),
            roles: Some(RoleSet::new([CallbackManager], [])),
            ..EditUser::default()
        };
        let changed = edit.changed_roles(&bo);
        let labels: Vec<&str> = changed.iter().map(Role::label).collect();
        assert_eq!(labels, ["Developer", "Analyst", "Callback Manager", "Callback Viewer"]);
        assert!(account_role(AccountRole::Analyst).changed_roles(&bo).is_empty());
        assert!(EditUser::default().changed_roles(&bo).is_empty());
    }
}
