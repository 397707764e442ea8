//! Who may hand out which role, and the rules of Application Roles (portal contract 1.12, 1.13 and
//! 2.5, product contract 8.30 and 8.31, security contract S64).

use super::{Action, Actor, Denied, Refusal};
use crate::domain::ids::OrganizationId;
use crate::domain::pages::{Level, Page};
use crate::domain::roles::{Access, AccountRole, ApplicationRole, CustomRole, Role, RoleSet};

/// Whether the actor may give a role to somebody, or take it away. A role of an application the
/// organization does not have is neither given nor taken: it counts as absent and stays stored.
pub fn assignable(actor: &Actor, role: &Role) -> bool {
    let is_within_reach = match role {
        Role::Account(role) => is_for_hand(actor, *role),
        Role::Application(role) => actor.has(role.application()),
        Role::Custom(_) => true,
    };
    is_within_reach && (actor.server_administrator || is_no_climb(actor, role))
}

/// Some account roles nobody gives by hand, and two a User Admin does not.
fn is_for_hand(actor: &Actor, role: AccountRole) -> bool {
    let is_kept_from_them = actor.account_role == AccountRole::UserAdmin && role.is_administrator();
    role.is_given_by_hand() && (actor.server_administrator || !is_kept_from_them)
}

/// Whether giving the role hands out no more than one has. An IT Admin hands out nothing; that
/// everybody has at least the role User is no gift.
fn is_no_climb(actor: &Actor, role: &Role) -> bool {
    let is_default = *role == Role::Account(AccountRole::User);
    let may_give = actor.account_role != AccountRole::ItAdmin || is_default;
    let gives = role.access().within(&actor.provisioned);
    may_give && gives.gives_more_than(&actor.access).is_none()
}

/// Refuses a role that is not [`assignable`].
pub(super) fn needs_assignable(actor: &Actor, role: &Role) -> Result<(), Denied> {
    if assignable(actor, role) {
        return Ok(());
    }
    let role = role.label().to_owned();
    Err(Refusal::Assign { role }.into())
}

/// The roles a picker offers the actor: account roles, application roles of the applications the
/// organization has, and those of `custom` they may give. Controls for others are absent.
pub fn offered(actor: &Actor, custom: &[CustomRole]) -> (Vec<AccountRole>, RoleSet) {
    let account = AccountRole::ALL.iter().copied().filter(|role| assignable(actor, &Role::Account(*role))).collect();
    let application = ApplicationRole::ALL.iter().copied().filter(|role| assignable(actor, &Role::Application(*role)));
    let custom = custom.iter().filter(|role| assignable(actor, &Role::Custom((*role).clone())));
    (account, RoleSet::new(application, custom.cloned()))
}

/// A custom role in its organization.
#[derive(Clone, Debug)]
pub struct OwnRole {
    /// The organization.
    pub organization: OrganizationId,
    /// The role as it is now.
    pub role: CustomRole,
}

/// See the roles.
#[derive(Clone, Copy, Debug)]
pub struct ViewRoles;

impl Action for ViewRoles {
    type Target = OrganizationId;
    const NAME: &'static str = "view roles";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationRoles, Level::View)
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        actor.needs_here(*target)
    }
}

/// Make a custom role with these levels.
#[derive(Clone, Copy, Debug)]
pub struct CreateRole {
    /// What it will give.
    pub access: Access,
}

impl Action for CreateRole {
    type Target = OrganizationId;
    const NAME: &'static str = "create role";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationRoles, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        actor.needs_here(*target)?;
        needs_no_more_than_own(actor, &self.access)
    }
}

/// Give a custom role these levels, and with it everybody who has it.
#[derive(Clone, Copy, Debug)]
pub struct EditRole {
    /// What it will give.
    pub access: Access,
}

impl Action for EditRole {
    type Target = OwnRole;
    const NAME: &'static str = "edit role";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationRoles, Level::Edit)
    }

    fn judge(&self, actor: &Actor, target: &OwnRole) -> Result<(), Denied> {
        actor.needs_here(target.organization)?;
        needs_no_more_than_own(actor, &target.role.access)?;
        needs_no_more_than_own(actor, &self.access)
    }
}

/// Delete a custom role, and take it from everybody who has it.
#[derive(Clone, Copy, Debug)]
pub struct DeleteRole;

impl Action for DeleteRole {
    type Target = OwnRole;
    const NAME: &'static str = "delete role";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationRoles, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &OwnRole) -> Result<(), Denied> {
        actor.needs_here(target.organization)?;
        needs_no_more_than_own(actor, &target.role.access)
    }
}

fn needs_no_more_than_own(actor: &Actor, access: &Access) -> Result<(), Denied> {
    match access.within(&actor.provisioned).gives_more_than(&actor.access) {
        Some(page) => Err(Refusal::RaisesPage { page: page.label() }.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{custom, member, other_organization, server_administrator, with_custom};
    use super::*;
    use crate::domain::pages::Application;
    use crate::domain::roles::ApplicationRole::{
        CallbackAdministrator, MindfulApiViewer, PlatformAdministrator, PlatformManager, PlatformViewer,
    };

    fn gives(actor: &Actor, role: AccountRole) -> bool {
        assignable(actor, &Role::Account(role))
    }

    fn account_roles(actor: &Actor) -> Vec<&'static str> {
        offered(actor, &[]).0.into_iter().map(AccountRole::key).collect()
    }

    #[test]
    fn nobody_gives_the_roles_of_the_command_line() {
        for actor in [server_administrator("Sam"), member("Ana", AccountRole::Administrator, &[])] {
            assert_eq!(
                account_roles(&actor),
                ["administrator", "user_admin", "it_admin", "organization_creator", "analyst", "developer", "user"]
            );
        }
    }

    #[test]
    fn a_user_admin_gives_neither_administrator_nor_what_goes_further() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        assert_eq!(account_roles(&uma), ["user_admin", "organization_creator", "analyst", "developer", "user"]);
        let promoted = member("Uma", AccountRole::UserAdmin, &[PlatformAdministrator, MindfulApiViewer]);
        assert!(!gives(&promoted, AccountRole::Administrator));
    }

    #[test]
    fn a_manager_gives_other_pages_freely_and_administrative_ones_up_to_their_own() {
        let max = member("Max", AccountRole::User, &[PlatformManager]);
        for (role, expected) in [
            (CallbackAdministrator, true),
            (PlatformViewer, true),
            (PlatformManager, true),
            (PlatformAdministrator, false),
            (MindfulApiViewer, false),
        ] {
            assert_eq!(assignable(&max, &Role::Application(role)), expected, "{role}");
        }
        assert!(gives(&max, AccountRole::Developer));
        assert!(!gives(&max, AccountRole::UserAdmin));
    }

    #[test]
    fn an_it_admin_gives_nothing_whatever_else_they_have() {
        let ivo = member("Ivo", AccountRole::ItAdmin, &[PlatformAdministrator]);
        assert_eq!(account_roles(&ivo), ["user"]);
        assert!(offered(&ivo, &[]).1.is_empty());
    }

    #[test]
    fn an_administrator_gives_administrator_also_without_every_application() {
        let mut ana = member("Ana", AccountRole::Administrator, &[]);
        ana.provisioned = vec![Application::Platform];
        ana.access = ana.access.within(&ana.provisioned);
        assert!(gives(&ana, AccountRole::Administrator));
        let roles = offered(&ana, &[]).1;
        assert!(roles.application().iter().all(|role| role.application() == Application::Platform));
        assert_eq!(roles.application().len(), 3);
    }

    #[test]
    fn roles_of_absent_applications_are_neither_given_nor_taken() {
        let callback = Role::Application(CallbackAdministrator);
        for mut actor in [member("Ana", AccountRole::Administrator, &[]), server_administrator("Sam")] {
            assert!(assignable(&actor, &callback));
            actor.provisioned = vec![Application::Platform];
            assert!(!assignable(&actor, &callback));
            assert!(assignable(&actor, &Role::Application(PlatformViewer)));
        }
    }

    #[test]
    fn custom_roles_are_offered_by_what_they_give() {
        let uma = member("Uma", AccountRole::UserAdmin, &[]);
        let roles = [
            custom("Tokens", &[(Page::ApplicationClients, Level::View)]),
            custom("Reports", &[(Page::Exports, Level::All)]),
            custom("People", &[(Page::UserManagement, Level::All)]),
        ];
        let offered = offered(&uma, &roles).1;
        let names: Vec<&str> = offered.custom().iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names, ["People", "Reports"]);
    }

    #[test]
    fn levels_of_custom_roles_stay_within_ones_own_on_administrative_pages() {
        let editor = with_custom("Cy", &[(Page::ApplicationRoles, Level::All), (Page::UserManagement, Level::View)]);
        let create = |page: Page, level: Level| {
            let access = Access::from_levels([(page, level)]);
            editor.authorize(CreateRole { access }, editor.organization).map(drop)
        };
        assert_eq!(create(Page::Exports, Level::All), Ok(()));
        assert_eq!(create(Page::UserManagement, Level::View), Ok(()));
        assert_eq!(create(Page::ApplicationRoles, Level::All), Ok(()));
        assert_eq!(
            create(Page::UserManagement, Level::Edit),
            Err(Refusal::RaisesPage { page: "User Management" }.into())
        );
        assert_eq!(
            create(Page::ApplicationClients, Level::View),
            Err(Refusal::RaisesPage { page: "Application Clients" }.into())
        );
    }

    #[test]
    fn a_role_that_holds_more_is_neither_changed_nor_deleted() {
        let max = member("Max", AccountRole::User, &[PlatformManager]);
        let role = |name: &str, levels: &[(Page, Level)]| OwnRole {
            organization: max.organization,
            role: custom(name, levels),
        };
        let high = role("High", &[(Page::UserManagement, Level::All)]);
        let low = role("Low", &[(Page::UserManagement, Level::Edit)]);
        let lower = EditRole { access: Access::NOTHING };
        let raises = Err(Refusal::RaisesPage { page: "User Management" }.into());
        assert_eq!(max.authorize(lower, high.clone()).map(drop), raises);
        assert_eq!(max.authorize(lower, low.clone()).map(drop), Ok(()));
        let higher = EditRole { access: high.role.access };
        assert_eq!(max.authorize(higher, low).map(drop), raises);
        let ana = member("Ana", AccountRole::Administrator, &[]);
        assert!(ana.authorize(DeleteRole, high.clone()).is_ok());
        assert!(matches!(max.authorize(DeleteRole, high), Err(Denied::Forbidden(_))));
    }

    #[test]
    fn levels_needed() {
        let viewer = member("Vic", AccountRole::User, &[PlatformViewer]);
        let manager = member("Max", AccountRole::User, &[PlatformManager]);
        let administrator = member("Ana", AccountRole::User, &[PlatformAdministrator]);
        assert!(viewer.may::<ViewRoles>().is_ok());
        assert!(viewer.may::<EditRole>().is_err());
        assert!(manager.may::<EditRole>().is_ok());
        assert!(manager.may::<CreateRole>().is_err());
        assert!(manager.may::<DeleteRole>().is_err());
        assert!(administrator.may::<CreateRole>().is_ok());
        assert!(administrator.may::<DeleteRole>().is_ok());
        assert!(member("Uma", AccountRole::UserAdmin, &[]).may::<EditRole>().is_err());
    }

    #[test]
    fn roles_of_another_organization_are_hidden() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        let foreign = OwnRole { organization: other_organization(), role: custom("X", &[]) };
        assert_eq!(ana.authorize(DeleteRole, foreign).map(drop), Err(Denied::Hidden));
    }

    proptest! {
        #[test]
        fn nobody_climbs(
            account_role in proptest::sample::select(AccountRole::ALL),
            roles in proptest::sample::subsequence(ApplicationRole::ALL, 0..5),
        ) {
            let actor = member("Actor", account_role, &roles);
            let (account, set) = offered(&actor, &[]);
            let given = account.into_iter().map(Role::Account).chain(set.iter());
            for role in given {
                for page in Page::ADMINISTRATIVE {
                    prop_assert!(role.access().level(page) <= actor.access.level(page));
                }
            }
        }
    }
}
