//! Access with its reasons, for the pages and the APIs that show it: the level in words, what
//! qualifies it and the roles that give it (product contract section 4).

use super::holdings::GivenBy;
use super::matrix::Cell;
use super::{Holdings, Role};
use crate::domain::pages::{Level, Note, Page};

/// Somebody's access to one page, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAccess {
    /// The page.
    pub page: Page,
    /// The effective level.
    pub level: Level,
    /// The qualification, unless one of the roles gives the same level without it.
    pub note: Option<Note>,
    /// The roles that give exactly this level; empty without access.
    pub from: Vec<Role>,
    /// The roles that give less, with what each would give alone.
    pub below: Vec<(Role, Level)>,
}

impl PageAccess {
    /// What the level is called on this page.
    pub fn label(&self) -> &'static str {
        self.page.level_label(self.level)
    }

    /// The note, unless the label says it already.
    pub fn extra_note(&self) -> Option<&'static str> {
        self.note.filter(|note| !note.is_in_the_label()).map(Note::text)
    }
}

/// The effective level of every page of the matrix, `none` included, with the roles that give it
/// (product contract section 4 and 8.5).
pub fn explain(holdings: &Holdings<'_>) -> Vec<PageAccess> {
    Page::ALL.iter().map(|page| explain_page(holdings, *page)).collect()
}

fn explain_page(holdings: &Holdings<'_>, page: Page) -> PageAccess {
    let level = holdings.cells(page).map(|(_, cell)| cell.level).max().unwrap_or(Level::None);
    let givers: Vec<(GivenBy<'_>, Cell)> =
        holdings.cells(page).filter(|(_, cell)| level > Level::None && cell.level == level).collect();
    // Two roles give the same level: the less qualified one prevails.
    let own_note = if givers.iter().all(|(_, cell)| cell.note.is_some()) {
        givers.first().and_then(|(_, cell)| cell.note)
    } else {
        None
    };
    let below = holdings.cells(page).filter(|(_, cell)| cell.level > Level::None && cell.level < level);
    PageAccess {
        page,
        level,
        note: own_note.or_else(|| page.note(level)),
        below: below.map(|(role, cell)| (role.into(), cell.level)).collect(),
        from: givers.into_iter().map(|(role, _)| role.into()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{MEMBER, custom};
    use super::super::{Access, AccountRole, ApplicationRole, counts_as_administrator};
    use super::*;
    use crate::domain::pages::Application;

    fn on(page: Page, holdings: &Holdings<'_>) -> PageAccess {
        explain(holdings).into_iter().find(|access| access.page == page).unwrap()
    }

    fn names(access: &PageAccess) -> Vec<&str> {
        access.from.iter().map(Role::label).collect()
    }

    #[test]
    fn a_server_administrator_has_everything_in_every_organization() {
        let server = Holdings { server_administrator: true, ..Holdings::NONE };
        assert_eq!(Access::of(&server), Access::EVERYTHING);
        assert_eq!(names(&on(Page::CallTargets, &server)), ["Server Administrator"]);
        assert!(!counts_as_administrator(&server));
    }

    #[test]
    fn a_server_administrator_counts_only_through_a_membership() {
        let own_role_only =
            Holdings { server_administrator: true, account_role: AccountRole::ServerAdministrator, ..MEMBER };
        assert!(!counts_as_administrator(&own_role_only));
        let with_role = Holdings { application_roles: &[ApplicationRole::PlatformAdministrator], ..own_role_only };
        assert!(counts_as_administrator(&with_role));
        assert_eq!(
            names(&on(Page::UserManagement, &with_role)),
            ["Server Administrator", "Platform Management Administrator"]
        );
    }

    #[test]
    fn what_a_higher_role_outdoes_is_told() {
        let roles = [ApplicationRole::CallbackViewer, ApplicationRole::CallbackManager];
        let own = [custom(1, "Exports", &[(Page::Exports, Level::View)])];
        let exports = on(Page::Exports, &Holdings { application_roles: &roles, custom_roles: &own, ..MEMBER });
        assert_eq!(names(&exports), ["Callback Manager"]);
        let below: Vec<(&str, Level)> = exports.below.iter().map(|(role, level)| (role.label(), *level)).collect();
        assert_eq!(below, [("Callback Viewer", Level::Most), ("Exports", Level::View)]);
        assert!(on(Page::BusinessUnits, &Holdings { application_roles: &roles, ..MEMBER }).below.is_empty());
    }

    #[test]
    fn a_membership_that_does_not_work_gives_nothing() {
        let disabled = Holdings {
            account_role: AccountRole::Administrator,
            application_roles: ApplicationRole::ALL,
            works: false,
            ..MEMBER
        };
        assert!(Access::of(&disabled).is_nothing());
        assert!(explain(&disabled).iter().all(|access| access.from.is_empty()));
    }

    #[test]
    fn from_names_the_roles_that_give_exactly_the_level() {
        let role = [custom(1, "Reports", &[(Page::Exports, Level::All)])];
        let holdings = Holdings {
            application_roles: &[ApplicationRole::CallbackViewer, ApplicationRole::CallbackManager],
            custom_roles: &role,
            ..MEMBER
        };
        assert_eq!(names(&on(Page::Exports, &holdings)), ["Callback Manager", "Reports"]);
        assert!(on(Page::Webhooks, &holdings).from.is_empty());
    }

    #[test]
    fn a_note_goes_with_its_level() {
        let manager = Holdings { application_roles: &[ApplicationRole::CallbackManager], ..MEMBER };
        assert_eq!(on(Page::CallTargets, &manager).note, Some(Note::VendorReserved));
        assert_eq!(on(Page::GlobalSettings, &manager).note, None);
        let server = Holdings { server_administrator: true, ..manager };
        assert_eq!(on(Page::CallTargets, &server).note, None);
        let role = [custom(1, "Alerts", &[(Page::Alerts, Level::View)])];
        let viewer = Holdings { custom_roles: &role, ..MEMBER };
        let alerts = on(Page::Alerts, &viewer);
        assert_eq!(alerts.label(), "View only - cannot acknowledge/clear alerts");
        assert_eq!(alerts.extra_note(), None);
    }

    #[test]
    fn the_less_qualified_of_two_equal_levels_prevails() {
        assert_eq!(on(Page::Organizations, &MEMBER).extra_note(), Some("those invited to"));
        let role = [custom(1, "Clients", &[(Page::Organizations, Level::View)])];
        let holdings = Holdings { custom_roles: &role, ..MEMBER };
        let organizations = on(Page::Organizations, &holdings);
        assert_eq!(organizations.note, None);
        assert_eq!(names(&organizations), ["User", "Clients"]);
    }

    proptest! {
        #[test]
        fn explained_and_bare_access_agree(
            application_roles in proptest::sample::subsequence(ApplicationRole::ALL, 0..8),
            account_role in proptest::sample::select(AccountRole::ALL),
            provisioned in proptest::sample::subsequence(Application::ALL, 0..8),
            works: bool,
            server_administrator: bool,
        ) {
            let holdings = Holdings {
                server_administrator,
                account_role,
                application_roles: &application_roles,
                custom_roles: &[],
                provisioned: &provisioned,
                works,
            };
            let access = Access::of(&holdings);
            for explained in explain(&holdings) {
                prop_assert_eq!(explained.level, access.level(explained.page));
                prop_assert_eq!(explained.from.is_empty(), explained.level == Level::None);
            }
        }
    }
}
