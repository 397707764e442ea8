//! Samples of every page, for the test that renders them all.

mod users;

use super::parts::Avatar;
use super::shell::{NavGroup, NavItem, Shell};

/// Every sample: a name and the rendered page.
pub fn all() -> Vec<(&'static str, String)> {
    users::all()
}

/// The frame of somebody who may open everything.
pub fn shell(current: &str) -> Shell {
    let item = |label: &str, href: &str, icon, count: Option<&str>| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        icon,
        current: href == current,
        count: count.map(str::to_owned),
    };
    let group = |label: &str, items| NavGroup {
        label: label.to_owned(),
        items,
    };
    Shell {
        csrf: "token".to_owned(),
        organization_name: "Brightwater Energy".to_owned(),
        organization_initials: "BE".to_owned(),
        can_change_organization: true,
        user: Avatar::new("0198c0de-0000-7000-8000-00000000000a", "Hannah Becker"),
        user_name: "Hannah Becker".to_owned(),
        nav: vec![
            group(
                "People",
                vec![
                    item("User Management", "/users", "users", Some("248")),
                    item("Application Roles", "/roles", "roles", None),
                ],
            ),
            group(
                "Access and records",
                vec![
                    item("API tokens", "/tokens", "tokens", None),
                    item("Audit log", "/audit", "audit", None),
                ],
            ),
            group(
                "Platform",
                vec![item("Organizations", "/organizations", "organizations", Some("6"))],
            ),
        ],
        seconds_left: 900,
        refresh_after: Some(905),
        shortcuts: true,
        ..Shell::default()
    }
}
