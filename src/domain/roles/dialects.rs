//! How account roles read and write in the two API dialects (product contract section 2): each is
//! projected to the dialect's closest name, never upward, and writing the value that is read now
//! changes nothing.

use super::AccountRole;
use crate::domain::users::words;

words! {
    /// `role` of the v1 API.
    V1Role {
        /// App Admin.
        Admin = "ROLE_ADMIN",
        /// User Admin.
        UserAdmin = "ROLE_USER_ADMIN",
        /// Organization Creator.
        OrganizationAdmin = "ROLE_ORGANIZATION_ADMIN",
        /// User, and every role this dialect has no name for.
        User = "ROLE_USER",
        /// Client.
        Client = "ROLE_CLIENT",
        /// Support.
        MindbridgeSupport = "ROLE_MINDBRIDGE_SUPPORT",
    }
}

words! {
    /// `roleName` of the tenant API.
    TenantRole {
        /// Server Administrator.
        TenantAdmin = "TenantAdmin",
        /// Administrator.
        Administrator = "Administrator",
        /// IT Admin.
        ItAdmin = "ITAdmin",
        /// Analyst.
        Analyst = "Analyst",
        /// Developer.
        Developer = "Developer",
        /// User, and every role this dialect has no name for.
        User = "User",
    }
}

impl AccountRole {
    /// How the v1 API reads it.
    pub const fn v1(self) -> V1Role {
        match self {
            Self::ServerAdministrator | Self::Administrator => V1Role::Admin,
            Self::UserAdmin => V1Role::UserAdmin,
            Self::OrganizationCreator => V1Role::OrganizationAdmin,
            Self::ItAdmin | Self::Analyst | Self::Developer | Self::User => V1Role::User,
            Self::Client => V1Role::Client,
            Self::Support => V1Role::MindbridgeSupport,
        }
    }

    /// How the tenant API reads it.
    pub const fn tenant(self) -> TenantRole {
        match self {
            Self::ServerAdministrator => TenantRole::TenantAdmin,
            Self::Administrator => TenantRole::Administrator,
            Self::ItAdmin => TenantRole::ItAdmin,
            Self::Analyst => TenantRole::Analyst,
            Self::Developer => TenantRole::Developer,
            Self::UserAdmin | Self::OrganizationCreator | Self::User | Self::Client | Self::Support => TenantRole::User,
        }
    }
}

impl V1Role {
    /// The account role of this name.
    pub const fn account_role(self) -> AccountRole {
        match self {
            Self::Admin => AccountRole::Administrator,
            Self::UserAdmin => AccountRole::UserAdmin,
            Self::OrganizationAdmin => AccountRole::OrganizationCreator,
            Self::User => AccountRole::User,
            Self::Client => AccountRole::Client,
            Self::MindbridgeSupport => AccountRole::Support,
        }
    }

    /// The effective role after writing this value over `current`.
    #[must_use]
    pub fn written_over(self, current: AccountRole) -> AccountRole {
        if current.v1() == self { current } else { self.account_role() }
    }
}

impl TenantRole {
    /// The account role of this name.
    pub const fn account_role(self) -> AccountRole {
        match self {
            Self::TenantAdmin => AccountRole::ServerAdministrator,
            Self::Administrator => AccountRole::Administrator,
            Self::ItAdmin => AccountRole::ItAdmin,
            Self::Analyst => AccountRole::Analyst,
            Self::Developer => AccountRole::Developer,
            Self::User => AccountRole::User,
        }
    }

    /// The role after writing this value over `current`.
    #[must_use]
    pub fn written_over(self, current: AccountRole) -> AccountRole {
        if current.tenant() == self { current } else { self.account_role() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projections_of_the_contract() {
        let table: Vec<(&str, &str, &str)> =
            AccountRole::ALL.iter().map(|role| (role.key(), role.v1().key(), role.tenant().key())).collect();
        assert_eq!(
            table,
            [
                ("server_administrator", "ROLE_ADMIN", "TenantAdmin"),
                ("administrator", "ROLE_ADMIN", "Administrator"),
                ("user_admin", "ROLE_USER_ADMIN", "User"),
                ("it_admin", "ROLE_USER", "ITAdmin"),
                ("organization_creator", "ROLE_ORGANIZATION_ADMIN", "User"),
                ("analyst", "ROLE_USER", "Analyst"),
                ("developer", "ROLE_USER", "Developer"),
                ("user", "ROLE_USER", "User"),
                ("client", "ROLE_CLIENT", "User"),
                ("support", "ROLE_MINDBRIDGE_SUPPORT", "User"),
            ]
        );
    }

    #[test]
    fn writing_what_is_read_changes_nothing() {
        for role in AccountRole::ALL {
            assert_eq!(role.v1().written_over(*role), *role);
            assert_eq!(role.tenant().written_over(*role), *role);
        }
    }

    #[test]
    fn writing_another_value_sets_the_role_of_that_name() {
        for current in AccountRole::ALL {
            for written in V1Role::ALL {
                let result = written.written_over(*current);
                assert_eq!(result.v1(), *written);
                assert!(result == *current || result == written.account_role());
            }
            for written in TenantRole::ALL {
                assert_eq!(written.written_over(*current).tenant(), *written);
            }
        }
        assert_eq!(V1Role::User.written_over(AccountRole::UserAdmin), AccountRole::User);
        assert_eq!(TenantRole::TenantAdmin.written_over(AccountRole::Administrator), AccountRole::ServerAdministrator);
    }

    #[test]
    fn names_of_the_dialects_are_exact() {
        assert_eq!("ITAdmin".parse::<TenantRole>().unwrap(), TenantRole::ItAdmin);
        assert!("IT Admin".parse::<TenantRole>().is_err());
        assert!("itadmin".parse::<TenantRole>().is_err());
        assert!("ROLE_user".parse::<V1Role>().is_err());
    }
}
