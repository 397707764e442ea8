//! Who may read the audit log (portal contract 0.5 and 1.16).

use super::{Action, Actor, Denied};
use crate::domain::ids::OrganizationId;
use crate::domain::pages::{Level, Page};

/// How much of the log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditReach {
    /// The events of one organization.
    Organization(OrganizationId),
    /// Everything, also what belongs to no organization.
    Installation,
}

/// Read the log.
#[derive(Clone, Copy, Debug)]
pub struct ViewAudit;

impl Action for ViewAudit {
    type Target = AuditReach;
    const NAME: &'static str = "view audit log";

    fn level(actor: &Actor) -> Result<(), Denied> {
        needs_administrator(actor)
    }

    fn judge(&self, actor: &Actor, target: &AuditReach) -> Result<(), Denied> {
        needs_reach(actor, *target)
    }
}

/// Take the log away as a file.
#[derive(Clone, Copy, Debug)]
pub struct ExportAudit;

impl Action for ExportAudit {
    type Target = AuditReach;
    const NAME: &'static str = "export audit log";

    fn level(actor: &Actor) -> Result<(), Denied> {
        needs_administrator(actor)
    }

    fn judge(&self, actor: &Actor, target: &AuditReach) -> Result<(), Denied> {
        needs_reach(actor, *target)
    }
}

fn needs_administrator(actor: &Actor) -> Result<(), Denied> {
    if actor.server_administrator {
        return Ok(());
    }
    actor.needs(Page::UserManagement, Level::All)
}

fn needs_reach(actor: &Actor, reach: AuditReach) -> Result<(), Denied> {
    match reach {
        _ if actor.server_administrator => Ok(()),
        AuditReach::Organization(organization) => actor.needs_here(organization),
        AuditReach::Installation => Err(actor.forbidden()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{member, other_organization, server_administrator};
    use super::*;
    use crate::domain::roles::AccountRole;
    use crate::domain::roles::ApplicationRole::PlatformManager;

    #[test]
    fn administrators_read_their_own_organization_alone() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        assert!(ana.allows(&ViewAudit, &AuditReach::Organization(ana.organization)));
        assert!(ana.allows(&ExportAudit, &AuditReach::Organization(ana.organization)));
        let other = AuditReach::Organization(other_organization());
        assert_eq!(ana.authorize(ViewAudit, other).map(drop), Err(Denied::Hidden));
        assert!(matches!(ana.authorize(ExportAudit, AuditReach::Installation), Err(Denied::Forbidden(_))));
    }

    #[test]
    fn server_administrators_read_everything_and_managers_nothing() {
        let sam = server_administrator("Sam");
        assert!(sam.allows(&ViewAudit, &AuditReach::Installation));
        assert!(sam.allows(&ViewAudit, &AuditReach::Organization(other_organization())));
        assert!(member("Max", AccountRole::User, &[PlatformManager]).may::<ViewAudit>().is_err());
    }
}
