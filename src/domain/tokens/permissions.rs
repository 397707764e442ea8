//! The names of what a token may do (v1 contract section 4). Nine of them have effect here; the others belong to
//! documented examples of the vendor and are kept and given back.

use std::{fmt, str::FromStr};

/// One known permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(&'static str);

/// A name that is no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no permission {0}.")]
pub struct UnknownPermission(pub String);

impl Permission {
    /// Read users.
    pub const USERS_READ: Self = Self("api.users.read");
    /// Create and change users.
    pub const USERS_WRITE: Self = Self("api.users.write");
    /// Delete or remove users.
    pub const USERS_DELETE: Self = Self("api.users.delete");
    /// Read tokens.
    pub const TOKENS_READ: Self = Self("api.api-tokens.read");
    /// Make and change tokens.
    pub const TOKENS_WRITE: Self = Self("api.api-tokens.write");
    /// Revoke tokens.
    pub const TOKENS_DELETE: Self = Self("api.api-tokens.delete");
    /// Read organizations.
    pub const TENANTS_READ: Self = Self("api.tenants.read");
    /// Make and change organizations.
    pub const TENANTS_WRITE: Self = Self("api.tenants.write");
    /// Delete organizations.
    pub const TENANTS_DELETE: Self = Self("api.tenants.delete");

    /// Those with effect in an organization.
    pub const OF_ORGANIZATION: [Self; 6] = [
        Self::USERS_READ,
        Self::USERS_WRITE,
        Self::USERS_DELETE,
        Self::TOKENS_READ,
        Self::TOKENS_WRITE,
        Self::TOKENS_DELETE,
    ];

    /// Those with effect for a global token alone.
    pub const OF_TENANTS: [Self; 3] = [Self::TENANTS_READ, Self::TENANTS_WRITE, Self::TENANTS_DELETE];

    /// Accepted, stored and given back, without effect.
    const WITHOUT_EFFECT: [Self; 29] = [
        Self("api.organizations.read"),
        Self("api.organizations.write"),
        Self("api.organizations.delete"),
        Self("api.engagements.read"),
        Self("api.engagements.write"),
        Self("api.engagements.delete"),
        Self("api.analyses.read"),
        Self("api.analyses.write"),
        Self("api.analyses.delete"),
        Self("api.analyses.run"),
        Self("api.analysis-sources.read"),
        Self("api.analysis-sources.write"),
        Self("api.analysis-sources.delete"),
        Self("api.file-manager.read"),
        Self("api.file-manager.write"),
        Self("api.file-manager.delete"),
        Self("api.reporting-period-config.read"),
        Self("api.reporting-period-config.write"),
        Self("api.reporting-period-config.delete"),
        Self("api.libraries.read"),
        Self("api.libraries.write"),
        Self("api.libraries.delete"),
        Self("api.account-groupings.read"),
        Self("api.account-groupings.write"),
        Self("api.account-groupings.delete"),
        Self("api.engagement-account-groupings.read"),
        Self("api.engagement-account-groupings.write"),
        Self("api.engagement-account-groupings.delete"),
        Self("api.tasks.write"),
    ];

    /// Every known permission.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OF_ORGANIZATION.into_iter().chain(Self::OF_TENANTS).chain(Self::WITHOUT_EFFECT)
    }

    /// What it allows, in a sentence; empty for those without effect.
    pub fn about(self) -> &'static str {
        match self {
            Self::USERS_READ => "See people, their roles and what they may open.",
            Self::USERS_WRITE => "Invite people and change them.",
            Self::USERS_DELETE => "Remove people.",
            Self::TOKENS_READ => "See tokens, without their secrets.",
            Self::TOKENS_WRITE => "Create and change tokens that may do no more than this one.",
            Self::TOKENS_DELETE => "Revoke tokens.",
            Self::TENANTS_READ => "See organizations.",
            Self::TENANTS_WRITE => "Add and change organizations.",
            Self::TENANTS_DELETE => "Delete organizations.",
            _ => "",
        }
    }

    /// Whether it has effect for a global token alone.
    pub fn is_of_tenants(self) -> bool {
        Self::OF_TENANTS.contains(&self)
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|known| known.0 == text).ok_or_else(|| UnknownPermission(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_contract() {
        for name in
            ["api.users.read", "api.api-tokens.delete", "api.tenants.write", "api.analyses.run", "api.tasks.write"]
        {
            assert_eq!(name.parse::<Permission>().unwrap().name(), name);
        }
        for name in ["", "api.users", "API.users.read", "api.tasks.read", "api.users.read "] {
            assert!(name.parse::<Permission>().is_err(), "{name}");
        }
        let mut names: Vec<_> = Permission::all().collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 38);
    }
}
