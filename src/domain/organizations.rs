//! What an organization is made of.

use super::{pages::Application, text::OrganizationName};

/// What a form says of an organization, new or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganization {
    /// The name people call it by.
    pub name: OrganizationName,
    /// Whether its members must use multi-factor authentication.
    pub mfa_required: bool,
    /// Whether its Administrators may not invite.
    pub government: bool,
    /// Seats; none means without limit.
    pub user_limit: Option<i64>,
    /// Analyst seats; none means without limit.
    pub analyst_limit: Option<i64>,
    /// What is provisioned beside Workspace.
    pub applications: Vec<Application>,
}

impl NewOrganization {
    /// Every application, no limits, no switches (product contract 8.6).
    pub fn named(name: OrganizationName) -> Self {
        Self {
            name,
            mfa_required: false,
            government: false,
            user_limit: None,
            analyst_limit: None,
            applications: Application::PROVISIONABLE.to_vec(),
        }
    }

    /// A name for the tenant API made from the display name: 3-63 of `a-z0-9-`.
    pub fn slug(&self) -> String {
        let mut slug = String::new();
        for letter in self.name.as_str().to_lowercase().chars() {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter);
            } else if !slug.ends_with('-') && !slug.is_empty() {
                slug.push('-');
            }
        }
        slug.truncate(56);
        let slug = slug.trim_matches('-');
        if slug.len() < 3 { format!("organization-{slug}").trim_end_matches('-').to_owned() } else { slug.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(name: &str) -> String {
        NewOrganization::named(OrganizationName::parse(name).unwrap()).slug()
    }

    #[test]
    fn slugs_keep_letters_and_digits() {
        assert_eq!(slug("Brightwater Energy"), "brightwater-energy");
        assert_eq!(slug("  A & B, 2nd  "), "a-b-2nd");
        assert_eq!(slug("Ä"), "organization");
        assert!(slug(&"x".repeat(100)).len() <= 63);
    }
}
