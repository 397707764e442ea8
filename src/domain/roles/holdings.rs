//! What somebody holds in an organization, and how it combines: the highest level any role gives
//! counts (portal contract 2.5).

use super::matrix::{self, Cell};
use super::{Access, AccountRole, ApplicationRole, CustomRole, Role};
use crate::domain::pages::{Application, Level, Page};

/// All that decides somebody's access to one organization.
#[derive(Clone, Copy, Debug)]
pub struct Holdings<'a> {
    /// The user's own account role is Server Administrator, and the user is activated and not
    /// disabled. Needs no membership and looks at nothing else.
    pub server_administrator: bool,
    /// The effective account role of the membership. Server Administrator gives nothing here: no
    /// membership makes one.
    pub account_role: AccountRole,
    /// The application roles of the membership.
    pub application_roles: &'a [ApplicationRole],
    /// The custom roles of the membership.
    pub custom_roles: &'a [CustomRole],
    /// The applications the organization has; those every organization has need not be named.
    pub provisioned: &'a [Application],
    /// The membership is enabled, activated and not past its end, and the user is not disabled.
    pub works: bool,
}

impl<'a> Holdings<'a> {
    /// Nobody: no membership, no rights.
    pub const NONE: Self = Self {
        server_administrator: false,
        account_role: AccountRole::User,
        application_roles: &[],
        custom_roles: &[],
        provisioned: &[],
        works: false,
    };

    /// What each role in force gives on a page.
    pub(super) fn cells(&self, page: Page) -> impl Iterator<Item = (GivenBy<'a>, Cell)> + use<'a> {
        let application = page.application();
        let is_provisioned = application.is_always_provisioned() || self.provisioned.contains(&application);
        let works = self.works && is_provisioned;
        let account_role = self.account_role;
        let has_account_role = works && account_role != AccountRole::ServerAdministrator;
        let (application_roles, custom_roles) =
            if works { (self.application_roles, self.custom_roles) } else { (&[][..], &[][..]) };

        let server = self.server_administrator.then(|| {
            let role = AccountRole::ServerAdministrator;
            (GivenBy::Account(role), matrix::account_cell(role, page))
        });
        let account = has_account_role.then(|| {
            let cell = matrix::account_cell(account_role, page);
            (GivenBy::Account(account_role), cell)
        });
        let application = application_roles.iter().map(move |role| {
            let cell = matrix::application_cell(*role, page);
            (GivenBy::Application(*role), cell)
        });
        let custom = custom_roles.iter().map(move |role| (GivenBy::Custom(role), Cell::plain(role.access.level(page))));
        server.into_iter().chain(account).chain(application).chain(custom)
    }
}

/// A role in force, borrowed: decisions look at all of them and keep none.
#[derive(Clone, Copy)]
pub(super) enum GivenBy<'a> {
    Account(AccountRole),
    Application(ApplicationRole),
    Custom(&'a CustomRole),
}

impl From<GivenBy<'_>> for Role {
    fn from(given_by: GivenBy<'_>) -> Self {
        match given_by {
            GivenBy::Account(role) => Self::Account(role),
            GivenBy::Application(role) => Self::Application(role),
            GivenBy::Custom(role) => Self::Custom(role.clone()),
        }
    }
}

/// Whether a person with these holdings counts as an Administrator of the organization: by the
/// roles of the membership alone (portal contract 2.5, product contract 8.2). Whether it is a
/// token user, who never counts, the caller knows.
pub fn counts_as_administrator(holdings: &Holdings<'_>) -> bool {
    let membership_alone = Holdings { server_administrator: false, ..*holdings };
    Access::of(&membership_alone).reaches(Page::UserManagement, Level::All)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::matrix_rows;
    use super::super::samples::{MEMBER, custom};
    use super::*;

    #[test]
    fn the_table_of_combinations() {
        use ApplicationRole::{
            CallbackAdministrator, CallbackManager, CallbackViewer, HandoffViewer, PlatformManager, PlatformViewer,
        };
        let alerts = custom(1, "Alerts", &[(Page::Alerts, Level::All)]);
        let units = custom(1, "Units", &[(Page::BusinessUnits, Level::View)]);
        let rows: [(&[ApplicationRole], &[CustomRole], Page, Level); 7] = [
            (&[CallbackViewer, CallbackManager], &[], Page::Exports, Level::All),
            (&[CallbackViewer, CallbackManager], &[], Page::BusinessUnits, Level::None),
            (&[CallbackManager, CallbackAdministrator], &[], Page::GlobalSettings, Level::Most),
            (&[CallbackViewer], &[alerts], Page::Alerts, Level::All),
            (&[CallbackManager], &[units], Page::BusinessUnits, Level::View),
            (&[PlatformViewer, PlatformManager], &[], Page::UserManagement, Level::Edit),
            (&[HandoffViewer], &[], Page::UserManagement, Level::None),
        ];
        for (application_roles, custom_roles, page, level) in rows {
            let holdings = Holdings { application_roles, custom_roles, ..MEMBER };
            assert_eq!(Access::of(&holdings).level(page), level, "{}", page.key());
        }
    }

    #[test]
    fn the_role_user_opens_the_workspace_alone() {
        for (page, level) in Access::of(&MEMBER).levels() {
            if page.application() != Application::Workspace {
                assert_eq!(level, Level::None, "{}", page.key());
            }
        }
    }

    #[test]
    fn what_counts_as_an_administrator_is_capability() {
        let by = |account_role| counts_as_administrator(&Holdings { account_role, ..MEMBER });
        assert!(by(AccountRole::Administrator));
        assert!(by(AccountRole::UserAdmin));
        assert!(!by(AccountRole::ItAdmin));
        let role = [custom(1, "People", &[(Page::UserManagement, Level::All)])];
        assert!(counts_as_administrator(&Holdings { custom_roles: &role, ..MEMBER }));
        assert!(!counts_as_administrator(&Holdings { custom_roles: &role, works: false, ..MEMBER }));
    }

    #[test]
    fn roles_of_applications_that_are_not_provisioned_count_as_absent() {
        let role = [custom(1, "Mixed", &[(Page::Exports, Level::All), (Page::Webhooks, Level::View)])];
        let holdings = Holdings {
            account_role: AccountRole::Administrator,
            application_roles: ApplicationRole::ALL,
            custom_roles: &role,
            provisioned: &[Application::Webhooks],
            ..MEMBER
        };
        let access = Access::of(&holdings);
        assert_eq!(access.level(Page::Exports), Level::None);
        assert_eq!(access.level(Page::Webhooks), Level::All);
        assert_eq!(access.level(Page::UserManagement), Level::All);
        assert_eq!(access.level(Page::Apps), Level::All);
    }

    /// The level by hand: the highest cell of the printed matrix that a role held has on the page.
    fn naive(keys: &[&str], own: &[CustomRole], provisioned: &[Application], page: Page) -> Level {
        if !provisioned.contains(&page.application()) && !page.application().is_always_provisioned() {
            return Level::None;
        }
        let mut highest = Level::None;
        for row in matrix_rows() {
            if row.page == page && keys.contains(&row.role) && row.level.rank() > highest.rank() {
                highest = row.level;
            }
        }
        for role in own {
            if role.access.level(page).rank() > highest.rank() {
                highest = role.access.level(page);
            }
        }
        highest
    }

    fn any_level() -> impl Strategy<Value = Level> {
        proptest::sample::select(Level::ALL)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn the_effective_level_is_that_of_a_naive_model(
            roles in proptest::sample::subsequence(ApplicationRole::ALL, 0..=16),
            account_role in proptest::sample::select(&AccountRole::ALL[1..]),
            provisioned in proptest::sample::subsequence(Application::ALL, 0..=8),
            levels in proptest::collection::vec(proptest::collection::vec(any_level(), Page::COUNT), 0..3),
            works: bool,
        ) {
            let own: Vec<CustomRole> = levels
                .into_iter()
                .map(|levels| custom(1, "Any", &Page::ALL.iter().copied().zip(levels).collect::<Vec<_>>()))
                .collect();
            let holdings = Holdings {
                account_role,
                application_roles: &roles,
                custom_roles: &own,
                provisioned: &provisioned,
                works,
                ..MEMBER
            };
            let mut keys: Vec<&str> = roles.iter().map(|role| role.key()).collect();
            keys.push(account_role.key());
            for (page, level) in Access::of(&holdings).levels() {
                let expected = if works { naive(&keys, &own, &provisioned, page) } else { Level::None };
                prop_assert_eq!(level, expected, "{}", page.key());
            }
        }
    }

    proptest! {
        #[test]
        fn more_roles_never_take_a_level_away(
            roles in proptest::sample::subsequence(ApplicationRole::ALL, 0..6),
            added in proptest::sample::select(ApplicationRole::ALL),
            account_role in proptest::sample::select(AccountRole::ALL),
            levels in proptest::collection::vec(any_level(), Page::COUNT),
        ) {
            let role = [custom(1, "Any", &Page::ALL.iter().copied().zip(levels).collect::<Vec<_>>())];
            let before = Holdings { account_role, application_roles: &roles, ..MEMBER };
            let mut more = roles.clone();
            more.push(added);
            let after = Holdings { application_roles: &more, custom_roles: &role, ..before };
            let (before, after_access) = (Access::of(&before), Access::of(&after));
            for page in Page::ALL {
                prop_assert!(after_access.level(*page) >= before.level(*page));
                let highest = added.access().level(*page).max(role[0].access.level(*page));
                prop_assert_eq!(
                    after_access.level(*page),
                    before.level(*page).max(highest)
                );
            }
        }
    }
}
