//! What the tenant API calls a user and a tenant, and the rules that are its own (tenant contract sections 2, 6 and 8).

use super::{
    ids::OrganizationId,
    roles::{AccountRole, TenantRole},
    time::Timestamp,
};

/// A slug of the tenant API: 3 to 63 of `a-z0-9-`.
pub fn is_slug(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a user of this own role may be a service account.
pub fn may_be_service_account(own_role: AccountRole) -> bool {
    matches!(own_role.tenant(), TenantRole::TenantAdmin | TenantRole::Administrator)
}

/// A tenant about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// The slug.
    pub slug: String,
    /// What it has beside its name.
    pub facts: TenantFacts,
}

/// What a tenant has beside its slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantFacts {
    /// The name in the portal.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// IANA name of a time zone.
    pub time_zone: String,
    /// Seats; none means without limit.
    pub user_limit: Option<i64>,
    /// Analyst seats.
    pub analyst_limit: Option<i64>,
    /// Kept for the platform.
    pub case_limit: Option<i64>,
    /// Kept for the platform.
    pub expires_at: Option<Timestamp>,
    /// Nobody signs in there.
    pub disabled: bool,
}

/// A service account, or not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Whether it is one.
    pub is_one: bool,
    /// Where it signs in.
    pub home: Option<OrganizationId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert!(is_slug("abc") && is_slug("a-1") && is_slug(&"x".repeat(63)));
        for wrong in ["", "ab", "Abc", "a b", "a_b", "ä-ä", &"x".repeat(64)] {
            assert!(!is_slug(wrong), "{wrong}");
        }
    }
}
