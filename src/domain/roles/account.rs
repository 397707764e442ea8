//! The account role: exactly one per membership, from one list for all three dialects (product
//! contract section 2).

use super::{Access, matrix};
use crate::domain::text::fold;
use crate::domain::users::words;

words! {
    /// An account role, in the order of the contract.
    AccountRole {
        /// Everything, everywhere. A user's own role, never given by a membership.
        ServerAdministrator = "server_administrator",
        /// Everything in an organization.
        Administrator = "administrator",
        /// Users, except administrators.
        UserAdmin = "user_admin",
        /// Connections, integrations and tokens; nobody's roles.
        ItAdmin = "it_admin",
        /// May create organizations of the workspace.
        OrganizationCreator = "organization_creator",
        /// Analyses, dashboards, investigations; takes an analyst seat.
        Analyst = "analyst",
        /// Integrations, actions and apps.
        Developer = "developer",
        /// Views only; what everybody is by default.
        User = "user",
        /// Data-source set-up only. Comes from the command line.
        Client = "client",
        /// Bound to a support request, for a time. Comes from the command line.
        Support = "support",
    }
}

impl AccountRole {
    /// The name shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ServerAdministrator => "Server Administrator",
            Self::Administrator => "Administrator",
            Self::UserAdmin => "User Admin",
            Self::ItAdmin => "IT Admin",
            Self::OrganizationCreator => "Organization Creator",
            Self::Analyst => "Analyst",
            Self::Developer => "Developer",
            Self::User => "User",
            Self::Client => "Client",
            Self::Support => "Support",
        }
    }

    /// How far the role reaches.
    pub const fn reach(self) -> &'static str {
        match self {
            Self::ServerAdministrator => "installation",
            Self::Administrator | Self::UserAdmin | Self::ItAdmin => "organization",
            Self::OrganizationCreator | Self::Analyst | Self::Developer => "project",
            Self::User => "read-only",
            Self::Client => "data-source set-up only",
            Self::Support => "support requests only",
        }
    }

    /// The role in force: what the membership overrides, else the user's own.
    #[must_use]
    pub fn effective(own: Self, membership: Option<Self>) -> Self {
        membership.unwrap_or(own)
    }

    /// Whether anybody may give it by a form, an import or a token. The other three come from
    /// `/setup`, the command line and, for the first, a global token.
    pub const fn is_given_by_hand(self) -> bool {
        !matches!(self, Self::ServerAdministrator | Self::Client | Self::Support)
    }

    /// Whether it is Administrator or Server Administrator, which a User Admin may neither give
    /// nor touch.
    pub const fn is_administrator(self) -> bool {
        matches!(self, Self::ServerAdministrator | Self::Administrator)
    }

    /// Whether it takes a seat of the analyst limit.
    pub const fn takes_analyst_seat(self) -> bool {
        matches!(self, Self::Analyst)
    }

    /// The role of this name or key, ignoring case, for imports.
    pub fn from_name_or_key(text: &str) -> Option<Self> {
        let text = fold(text.trim());
        Self::ALL.iter().copied().find(|role| role.key() == text || fold(role.label()) == text)
    }

    /// What it opens by itself, in an organization that has every application.
    pub fn access(self) -> Access {
        Access::from_fn(|page| matrix::account_cell(self, page).level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_contract() {
        let names: Vec<(&str, &str)> = AccountRole::ALL.iter().map(|role| (role.key(), role.label())).collect();
        assert_eq!(
            names,
            [
                ("server_administrator", "Server Administrator"),
                ("administrator", "Administrator"),
                ("user_admin", "User Admin"),
                ("it_admin", "IT Admin"),
                ("organization_creator", "Organization Creator"),
                ("analyst", "Analyst"),
                ("developer", "Developer"),
                ("user", "User"),
                ("client", "Client"),
                ("support", "Support"),
            ]
        );
    }

    #[test]
    fn the_membership_overrides_the_users_own_role() {
        use AccountRole::{Administrator, Analyst, User};
        assert_eq!(AccountRole::effective(User, Some(Administrator)), Administrator);
        assert_eq!(AccountRole::effective(Analyst, None), Analyst);
        assert_eq!(AccountRole::effective(Administrator, Some(User)), User);
    }

    #[test]
    fn three_roles_are_given_by_nobody_by_hand() {
        let not: Vec<&str> =
            AccountRole::ALL.iter().filter(|role| !role.is_given_by_hand()).map(|role| role.key()).collect();
        assert_eq!(not, ["server_administrator", "client", "support"]);
    }

    #[test]
    fn imports_take_names_and_keys_in_any_case() {
        for text in ["IT Admin", "it_admin", " it admin ", "IT_ADMIN"] {
            assert_eq!(AccountRole::from_name_or_key(text), Some(AccountRole::ItAdmin));
        }
        assert_eq!(AccountRole::from_name_or_key("admin"), None);
    }
}
