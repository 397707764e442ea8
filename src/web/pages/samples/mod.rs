//! Samples of every page, for the test that renders them all.

pub mod account;
pub mod errors;
pub mod organizations;
pub mod roles;
pub mod signed_out;
mod users;

use super::parts::{Avatar, When};
use super::shell::{NavGroup, NavItem, Shell};

/// Every sample: a name and the rendered page.
pub fn all() -> Vec<(&'static str, String)> {
    let mut samples = users::all();
    samples.extend(signed_out::all());
    samples.extend(account::all());
    samples.extend(organizations::all());
    samples.extend(roles::all());
    samples.extend(errors::all());
    samples
}

/// The sample of this name.
///
/// # Panics
/// When there is none.
pub fn page(name: &str, samples: &[(&'static str, String)]) -> String {
    let found = samples.iter().find(|(sample, _)| *sample == name);
    found.unwrap_or_else(|| panic!("no sample {name}")).1.clone()
}

fn html(page: &dyn askama::DynTemplate) -> String {
    page.dyn_render().unwrap()
}

fn when(date: &str, time: &str) -> When {
    When { iso: format!("{date}T{time}:00Z"), date: date.to_owned(), time: time.to_owned() }
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
    let group = |label: &str, items| NavGroup { label: label.to_owned(), items };
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
                vec![item("API tokens", "/tokens", "tokens", None), item("Audit log", "/audit", "audit", None)],
            ),
            group("Platform", vec![item("Organizations", "/organizations", "organizations", Some("6"))]),
        ],
        seconds_left: 900,
        refresh_after: Some(905),
        shortcuts: true,
        ..Shell::default()
    }
}
