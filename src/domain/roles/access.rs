//! What a person may do, or a role gives: one level for each page. These bare levels serve every
//! decision; [`explain`](super::explain()) tells where they come from.

use super::Holdings;
use crate::domain::pages::{Application, Level, Page};

/// One level for each page: what a role gives, or what a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access([Level; Page::COUNT]);

impl Default for Access {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Access {
    /// No access anywhere.
    pub const NOTHING: Self = Self([Level::None; Page::COUNT]);

    /// Everything everywhere, as a Server Administrator has it.
    pub const EVERYTHING: Self = Self([Level::All; Page::COUNT]);

    /// Asks for the level of each page.
    pub fn from_fn(level: impl Fn(Page) -> Level) -> Self {
        let mut access = Self::NOTHING;
        for (slot, page) in access.0.iter_mut().zip(Page::ALL) {
            *slot = level(*page);
        }
        access
    }

    /// The given levels, none on pages not named; a page named twice gets the last one.
    pub fn from_levels(levels: impl IntoIterator<Item = (Page, Level)>) -> Self {
        let mut access = Self::NOTHING;
        for (page, level) in levels {
            if let Some(slot) = access.0.get_mut(page as usize) {
                *slot = level;
            }
        }
        access
    }

    /// What these roles give together.
    pub fn of(holdings: &Holdings<'_>) -> Self {
        Self::from_fn(|page| holdings.cells(page).map(|(_, cell)| cell.level).max().unwrap_or(Level::None))
    }

    /// The level on a page.
    pub fn level(&self, page: Page) -> Level {
        self.0.get(page as usize).copied().unwrap_or(Level::None)
    }

    /// Whether the level on a page is at least this one.
    pub fn reaches(&self, page: Page, level: Level) -> bool {
        self.level(page) >= level
    }

    /// Every page with its level, in the order of the contract.
    pub fn levels(&self) -> impl Iterator<Item = (Page, Level)> + '_ {
        Page::ALL.iter().map(|page| (*page, self.level(*page)))
    }

    /// Whether it opens no page at all.
    pub fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// The first administrative page on which this goes further than `other`. Handing out `self`
    /// while having `other` would be climbing; on other pages it is not (product contract 8.31).
    pub fn gives_more_than(&self, other: &Self) -> Option<Page> {
        Page::ADMINISTRATIVE.into_iter().find(|page| self.level(*page) > other.level(*page))
    }

    /// The same, but nothing on pages of applications an organization does not have; those every
    /// organization has need not be named.
    #[must_use]
    pub fn within(&self, provisioned: &[Application]) -> Self {
        Self::from_fn(|page| {
            let application = page.application();
            if application.is_always_provisioned() || provisioned.contains(&application) {
                self.level(page)
            } else {
                Level::None
            }
        })
    }

    /// The first page whose level a custom role may not use (portal contract 2.4).
    pub fn unoffered(&self) -> Option<Page> {
        self.levels().find(|(page, level)| !page.offered().contains(level)).map(|(page, _)| page)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AccountRole, ApplicationRole};
    use super::*;

    #[test]
    fn climbing_is_about_the_administrative_pages() {
        let user_admin = AccountRole::UserAdmin.access();
        let more_than = |role: Access| role.gives_more_than(&user_admin);
        assert_eq!(more_than(AccountRole::Administrator.access()), Some(Page::ApplicationRoles));
        assert_eq!(more_than(AccountRole::ItAdmin.access()), Some(Page::ApplicationClients));
        assert_eq!(more_than(ApplicationRole::PlatformViewer.access()), None);
        assert_eq!(more_than(ApplicationRole::CallbackAdministrator.access()), None);
        assert_eq!(more_than(AccountRole::Developer.access()), None);
    }

    #[test]
    fn levels_a_custom_role_may_not_use_are_found() {
        let good = Access::from_levels([(Page::Exports, Level::Most), (Page::Apps, Level::Edit)]);
        assert_eq!(good.unoffered(), None);
        for (page, level) in
            [(Page::GlobalSettings, Level::All), (Page::CallTargets, Level::Edit), (Page::Alerts, Level::Edit)]
        {
            assert_eq!(Access::from_levels([(page, level)]).unoffered(), Some(page));
        }
    }

    #[test]
    fn pages_of_absent_applications_fall_away() {
        let access = Access::EVERYTHING.within(&[Application::Webhooks]);
        assert_eq!(access.level(Page::Webhooks), Level::All);
        assert_eq!(access.level(Page::Apps), Level::All);
        assert_eq!(access.level(Page::UserManagement), Level::All);
        assert_eq!(access.level(Page::Alerts), Level::None);
        assert_eq!(Access::EVERYTHING.within(&Application::PROVISIONABLE), Access::EVERYTHING);
    }

    #[test]
    fn levels_are_set_and_read_by_page() {
        let access =
            Access::from_levels([(Page::Alerts, Level::View), (Page::Apps, Level::All), (Page::Alerts, Level::All)]);
        assert_eq!(access.level(Page::Alerts), Level::All);
        assert_eq!(access.level(Page::CallbackOverview), Level::None);
        assert!(access.reaches(Page::Apps, Level::Edit));
        assert!(!access.is_nothing());
        assert_eq!(Access::from_levels(access.levels()), access);
        assert_eq!(Access::from_fn(|_| Level::All), Access::EVERYTHING);
    }
}
