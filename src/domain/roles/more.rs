//! "Why not?": the smallest role that would give somebody more on a page than they have.

use super::{Access, AccountRole, ApplicationRole, CustomRole, Holdings, Role, RoleKind};
use crate::domain::pages::{Application, Level, Page};

/// What would give more on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct More {
    /// The page.
    pub page: Page,
    /// The level now.
    pub level: Level,
    /// The way to more.
    pub way: Way,
}

/// The way to more on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The organization does not have the application, whatever the role.
    NotProvisioned(Application),
    /// The roles held give this much once the membership works.
    Held(Level),
    /// Roles to add, each with the level it gives: the smallest for each level above the present one. Empty when no
    /// role goes further.
    Roles(Vec<(Role, Level)>),
}

/// For every page below its highest level, what would give more. `custom` are the organization's own roles. Roles that
/// nobody gives by hand are not named.
pub fn more(holdings: &Holdings<'_>, custom: &[CustomRole]) -> Vec<More> {
    let now = Access::of(holdings);
    let once_it_works = Access::of(&Holdings { works: true, ..*holdings });
    let roles = by_size(holdings.provisioned, custom);
    let below = Page::ALL.iter().copied().filter(|page| Some(&now.level(*page)) < page.offered().last());
    below
        .map(|page| {
            let (level, application) = (now.level(page), page.application());
            let is_absent = !application.is_always_provisioned() && !holdings.provisioned.contains(&application);
            let held = once_it_works.level(page);
            let way = if is_absent {
                Way::NotProvisioned(application)
            } else if held > level {
                Way::Held(held)
            } else {
                Way::Roles(smallest(&roles, page, level))
            };
            More { page, level, way }
        })
        .collect()
}

/// Candidates, the one that opens the fewest pages first; of two alike the one that gives less on them, then the one that
/// stands lower by name, and then an application role before a custom one before an account role, which would replace the
/// present one.
fn by_size(provisioned: &[Application], custom: &[CustomRole]) -> Vec<(Role, Access)> {
    let application = ApplicationRole::ALL.iter().copied().map(Role::Application);
    let account = AccountRole::ALL.iter().copied().filter(|role| role.is_given_by_hand()).map(Role::Account);
    let roles = application.chain(custom.iter().cloned().map(Role::Custom)).chain(account);
    let mut sized: Vec<(Role, Access)> = roles
        .map(|role| {
            let access = role.access().within(provisioned);
            (role, access)
        })
        .collect();
    sized.sort_by_key(|(role, access)| {
        let opened = access.levels().filter(|(_, level)| *level > Level::None).count();
        let sum: u32 = access.levels().map(|(_, level)| u32::from(level.rank())).sum();
        (opened, sum, standing(role))
    });
    sized
}

/// How high a role stands by its name, where several open the same.
fn standing(role: &Role) -> u8 {
    match role {
        Role::Application(role) => match role.kind() {
            RoleKind::Viewer | RoleKind::Agent => 0,
            RoleKind::Manager => 1,
            RoleKind::Administrator => 2,
        },
        Role::Custom(_) | Role::Account(_) => 2,
    }
}

fn smallest(roles: &[(Role, Access)], page: Page, above: Level) -> Vec<(Role, Level)> {
    let mut found: Vec<(Role, Level)> = Vec::new();
    for wanted in Level::ALL.iter().copied().filter(|level| *level > above) {
        let first = roles.iter().find(|(_, access)| access.reaches(page, wanted));
        let Some((role, access)) = first else { break };
        if found.last().is_none_or(|(last, _)| last != role) {
            found.push((role.clone(), access.level(page)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{MEMBER, custom};
    use super::*;

    fn ways(holdings: &Holdings<'_>, roles: &[CustomRole], page: Page) -> Vec<(String, Level)> {
        let found = more(holdings, roles).into_iter().find(|one| one.page == page).map(|one| one.way);
        match found {
            Some(Way::Roles(roles)) => {
                roles.into_iter().map(|(role, level)| (role.label().to_owned(), level)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn pairs(found: &[(String, Level)]) -> Vec<(&str, Level)> {
        found.iter().map(|(name, level)| (name.as_str(), *level)).collect()
    }

    #[test]
    fn the_smallest_role_for_each_level_is_named() {
        let alerts = ways(&MEMBER, &[], Page::Alerts);
        assert_eq!(pairs(&alerts), [("Callback Viewer", Level::View), ("Callback Manager", Level::All)]);
        let units = ways(&MEMBER, &[], Page::BusinessUnits);
        assert_eq!(pairs(&units), [("Callback Administrator", Level::All)]);
        let people = ways(&MEMBER, &[], Page::UserManagement);
        assert_eq!(
            pairs(&people),
            [
                ("Platform Management Viewer", Level::View),
                ("Platform Management Manager", Level::Edit),
                ("Platform Management Administrator", Level::All),
            ]
        );
        let webhooks = [custom(1, "Hooks", &[(Page::Webhooks, Level::All)])];
        assert_eq!(
            pairs(&ways(&MEMBER, &webhooks, Page::Webhooks)),
            [("Webhooks Viewer", Level::View), ("Webhooks Administrator", Level::All),]
        );
        let units = [custom(1, "Units", &[(Page::BusinessUnits, Level::All)])];
        assert_eq!(pairs(&ways(&MEMBER, &units, Page::BusinessUnits)), [("Units", Level::All)]);
    }

    #[test]
    fn only_what_goes_further_is_named_and_the_highest_is_not_asked() {
        let viewer = Holdings { application_roles: &[ApplicationRole::CallbackViewer], ..MEMBER };
        assert_eq!(pairs(&ways(&viewer, &[], Page::Exports)), [("Callback Manager", Level::All)]);
        let asked: Vec<Page> = more(&viewer, &[]).into_iter().map(|one| one.page).collect();
        assert!(!asked.contains(&Page::CallDetail) && asked.contains(&Page::Alerts));
        let ana = Holdings { account_role: AccountRole::Administrator, ..MEMBER };
        assert_eq!(more(&ana, &[]), []);
        assert_eq!(pairs(&ways(&MEMBER, &[], Page::Apps)), [("Developer", Level::All)]);
        assert_eq!(pairs(&ways(&MEMBER, &[], Page::BlockList)), [("Handoff Viewer", Level::All)]);
    }

    #[test]
    fn what_stands_in_the_way_may_be_no_role() {
        let bare = Holdings { provisioned: &[Application::Platform], ..MEMBER };
        let of = |holdings: &Holdings<'_>, page: Page| {
            more(holdings, &[]).into_iter().find(|one| one.page == page).unwrap().way
        };
        assert_eq!(of(&bare, Page::Alerts), Way::NotProvisioned(Application::Callback));
        let invited = Holdings { works: false, application_roles: &[ApplicationRole::CallbackViewer], ..MEMBER };
        assert_eq!(of(&invited, Page::Alerts), Way::Held(Level::View));
        assert_eq!(of(&invited, Page::CallDetail), Way::Held(Level::All));
    }

    proptest! {
        #[test]
        fn adding_a_named_role_gives_the_named_level(
            account_role in proptest::sample::select(AccountRole::ALL),
            held in proptest::sample::subsequence(ApplicationRole::ALL, 0..5),
            provisioned in proptest::sample::subsequence(Application::ALL, 0..8),
        ) {
            let own = [custom(1, "Units", &[(Page::BusinessUnits, Level::View), (Page::Apps, Level::Edit)])];
            let holdings = Holdings {
                account_role, application_roles: &held, provisioned: &provisioned, ..MEMBER
            };
            let now = Access::of(&holdings);
            for one in more(&holdings, &own) {
                let Way::Roles(roles) = one.way else { continue };
                for (role, level) in roles {
                    let mut application = held.clone();
                    let mut with = holdings;
                    match &role {
                        Role::Account(role) => with.account_role = *role,
                        Role::Application(role) => application.push(*role),
                        Role::Custom(_) => with.custom_roles = &own,
                    }
                    let then = Access::of(&Holdings { application_roles: &application, ..with });
                    prop_assert_eq!(then.level(one.page), level, "{:?}", role.key());
                    prop_assert!(level > now.level(one.page));
                }
            }
        }
    }
}
