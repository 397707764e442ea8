//! Roles: the account role every membership has, the default roles of the applications, the custom
//! roles of an organization, and the one matrix that says what each opens (portal contract section
//! 2, product contract section 2). Who may hand them out is the policy's business.

mod access;
mod account;
mod application;
mod dialects;
mod effect;
mod explain;
mod holdings;
mod listing;
mod matrix;
mod more;
#[cfg(test)]
mod samples;
mod set;
mod wanted;

use std::str::FromStr;

use super::ids::CustomRoleId;
use super::pages::{Level, Page};
use super::users::UnknownWord;

pub use self::access::Access;
pub use self::account::AccountRole;
pub use self::application::{ApplicationRole, RoleKind};
pub use self::dialects::{TenantRole, V1Role};
pub use self::effect::{
    AlikeHolders, Kept, PageChange, PageEffect, RoleEffect, Seen, Someone, decides, page_changes, role_effect,
};
pub use self::explain::{PageAccess, explain};
pub use self::holdings::{Holdings, counts_as_administrator};
pub use self::listing::{MatrixRow, matrix_rows};
pub use self::more::{More, Way, more};
pub use self::set::RoleSet;
pub use self::wanted::{UnreadRole, read_roles};

/// A role an organization made itself: any mix of pages and offered levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomRole {
    /// Its id, which is also its key.
    pub id: CustomRoleId,
    /// Its name, unique in the organization.
    pub name: String,
    /// The level it gives on each page.
    pub access: Access,
}

/// Any role a membership may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The account role; exactly one per membership.
    Account(AccountRole),
    /// A default role of an application.
    Application(ApplicationRole),
    /// A role of the organization's own.
    Custom(CustomRole),
}

impl Role {
    /// The stable key: `administrator`, `callback:manager`, or the id of a custom role.
    pub fn key(&self) -> RoleKey {
        match self {
            Self::Account(role) => RoleKey::Account(*role),
            Self::Application(role) => RoleKey::Application(*role),
            Self::Custom(role) => RoleKey::Custom(role.id),
        }
    }

    /// The name shown.
    pub fn label(&self) -> &str {
        match self {
            Self::Account(role) => role.label(),
            Self::Application(role) => role.label(),
            Self::Custom(role) => &role.name,
        }
    }

    /// What the role gives by itself, in an organization that has every application.
    pub fn access(&self) -> Access {
        match self {
            Self::Account(role) => role.access(),
            Self::Application(role) => role.access(),
            Self::Custom(role) => role.access,
        }
    }
}

/// A role named by its key, as forms, filters and the API's `roles` field carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKey {
    /// An account role.
    Account(AccountRole),
    /// A default role of an application.
    Application(ApplicationRole),
    /// A custom role; whether it exists is for the store to say.
    Custom(CustomRoleId),
}

impl FromStr for RoleKey {
    type Err = UnknownWord;

    fn from_str(key: &str) -> Result<Self, UnknownWord> {
        if let Ok(role) = key.parse() {
            return Ok(Self::Account(role));
        }
        if let Ok(role) = key.parse() {
            return Ok(Self::Application(role));
        }
        key.parse().map(Self::Custom).map_err(|_| UnknownWord(key.to_owned()))
    }
}

impl std::fmt::Display for RoleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(role) => f.write_str(role.key()),
            Self::Application(role) => f.write_str(role.key()),
            Self::Custom(id) => id.fmt(f),
        }
    }
}

impl serde::Serialize for RoleKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The roles of a membership by name, as lists show them: the account role first, but User is left
/// out when there are others (product contract section 2).
pub fn shown_roles<'a>(
    account: AccountRole,
    application: &[ApplicationRole],
    custom: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let mut names: Vec<&str> = application.iter().map(|role| role.label()).collect();
    names.extend(custom);
    if account != AccountRole::User || names.is_empty() {
        names.insert(0, account.label());
    }
    names
}

/// The default roles that open a page to at least some level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Giving {
    /// Account roles a membership may have.
    pub account_roles: Vec<AccountRole>,
    /// Application roles, in an organization that has the application.
    pub application_roles: Vec<ApplicationRole>,
}

/// Which roles of a membership open `page` to at least `level`. Server Administrator is not among
/// them: it is no membership's role, and its holders count as an organization's Administrator only
/// through another one (product contract 8.32).
pub fn giving(page: Page, level: Level) -> Giving {
    Giving {
        account_roles: AccountRole::ALL
            .iter()
            .copied()
            .filter(|role| *role != AccountRole::ServerAdministrator)
            .filter(|role| matrix::account_cell(*role, page).level >= level)
            .collect(),
        application_roles: ApplicationRole::ALL
            .iter()
            .copied()
            .filter(|role| matrix::application_cell(*role, page).level >= level)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_read_back_as_the_role_they_name() {
        let all = AccountRole::ALL
            .iter()
            .map(|role| Role::Account(*role))
            .chain(ApplicationRole::ALL.iter().map(|role| Role::Application(*role)));
        for role in all {
            assert_eq!(role.key().to_string().parse::<RoleKey>().unwrap(), role.key());
        }
        let id = "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11";
        assert_eq!(id.parse::<RoleKey>().unwrap().to_string(), id);
        for wrong in ["", "Administrator", "callback:agent", "callback", "TenantAdmin"] {
            assert!(wrong.parse::<RoleKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_roles_column_leaves_out_user_beside_others() {
        use ApplicationRole::CallbackManager;
        assert_eq!(shown_roles(AccountRole::User, &[], []), ["User"]);
        assert_eq!(
            shown_roles(AccountRole::User, &[CallbackManager], ["Night shift"]),
            ["Callback Manager", "Night shift"]
        );
        assert_eq!(shown_roles(AccountRole::Analyst, &[CallbackManager], []), ["Analyst", "Callback Manager"]);
    }

    #[test]
    fn roles_that_make_an_administrator() {
        let administrators = giving(Page::UserManagement, Level::All);
        assert_eq!(administrators.account_roles, [AccountRole::Administrator, AccountRole::UserAdmin]);
        assert_eq!(administrators.application_roles, [ApplicationRole::PlatformAdministrator]);
        let viewers = giving(Page::Alerts, Level::View);
        assert_eq!(viewers.application_roles.len(), 3);
    }

    proptest! {
        #[test]
        fn reading_a_key_never_panics(key in ".{0,60}") {
            if let Ok(role) = key.parse::<RoleKey>() {
                prop_assert_eq!(role.to_string().parse::<RoleKey>().unwrap(), role);
            }
        }
    }
}
