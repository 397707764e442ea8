//! The rules of the organization pages (portal contract 0.5 and 1.14).

use super::{Action, Actor, Denied};
use crate::domain::ids::OrganizationId;
use crate::domain::pages::{Level, Page};

/// See the list: Server Administrators everything, others what they belong to.
#[derive(Clone, Copy, Debug)]
pub struct ViewOrganizations;

impl Action for ViewOrganizations {
    type Target = ();
    const NAME: &'static str = "view organizations";

    fn level(_: &Actor) -> Result<(), Denied> {
        Ok(())
    }

    fn judge(&self, _: &Actor, (): &()) -> Result<(), Denied> {
        Ok(())
    }
}

/// See the facts of one organization.
#[derive(Clone, Copy, Debug)]
pub struct ViewOrganization;

impl Action for ViewOrganization {
    type Target = OrganizationId;
    const NAME: &'static str = "view organization";

    fn level(actor: &Actor) -> Result<(), Denied> {
        if actor.server_administrator {
            return Ok(());
        }
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &OrganizationId) -> Result<(), Denied> {
        if actor.server_administrator {
            return Ok(());
        }
        actor.needs_here(*target)
    }
}

/// Change one organization: name, limits, applications, multi-factor authentication.
#[derive(Clone, Copy, Debug)]
pub struct EditOrganization;

impl Action for EditOrganization {
    type Target = OrganizationId;
    const NAME: &'static str = "edit organization";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs_server_administrator()
    }

    fn judge(&self, _: &Actor, _: &OrganizationId) -> Result<(), Denied> {
        Ok(())
    }
}

/// Make another organization.
#[derive(Clone, Copy, Debug)]
pub struct CreateOrganization;

impl Action for CreateOrganization {
    type Target = ();
    const NAME: &'static str = "create organization";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs_server_administrator()
    }

    fn judge(&self, _: &Actor, (): &()) -> Result<(), Denied> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{member, other_organization, server_administrator};
    use super::*;
    use crate::domain::roles::AccountRole;
    use crate::domain::roles::ApplicationRole::PlatformManager;

    #[test]
    fn a_server_administrator_sees_and_changes_every_organization() {
        let sam = server_administrator("Sam");
        for organization in [sam.organization, other_organization()] {
            assert!(sam.allows(&ViewOrganization, &organization));
            assert!(sam.allows(&EditOrganization, &organization));
        }
        assert!(sam.allows(&CreateOrganization, &()));
    }

    #[test]
    fn an_administrator_sees_their_own() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        assert!(ana.allows(&ViewOrganization, &ana.organization));
        assert_eq!(ana.authorize(ViewOrganization, other_organization()).map(drop), Err(Denied::Hidden));
        assert!(ana.may::<EditOrganization>().is_err());
        assert!(ana.may::<CreateOrganization>().is_err());
    }

    #[test]
    fn everybody_else_sees_the_list_alone() {
        let max = member("Max", AccountRole::User, &[PlatformManager]);
        assert!(max.allows(&ViewOrganizations, &()));
        for organization in [max.organization, other_organization()] {
            assert!(matches!(max.authorize(ViewOrganization, organization), Err(Denied::Forbidden(_))));
        }
    }
}
