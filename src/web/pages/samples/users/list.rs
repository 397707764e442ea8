//! The list of people: full, filtered, empty, and as a viewer sees it.

use super::people::{choices, rows};
use super::shell;
use crate::web::pages::parts::{ChoiceGroup, Pill};
use crate::web::pages::users::{BulkBar, Empty, Index, SortLink, StatusTab};

pub(super) fn index() -> Index {
    let tab = |label: &str, count: &str, value: &str| StatusTab {
        label: label.into(),
        count: count.into(),
        href: format!("/users?status={value}"),
        current: value.is_empty(),
    };
    let sort = |column: &str, order| SortLink { href: format!("/users?sort={column}"), order };
    Index {
        shell: shell("/users"),
        seats: Some("248 of 300 users".into()),
        may_invite: true,
        export_href: "/users/export.csv".into(),
        statuses: vec![
            tab("All", "248", ""),
            tab("Active", "221", "active"),
            tab("Invited", "14", "invited"),
            tab("Invitation expired", "2", "expired"),
            tab("Disabled", "10", "disabled"),
            tab("Locked", "3", "locked"),
        ],
        roles: vec![
            ChoiceGroup { label: String::new(), choices: choices(&[("", "All")], "") },
            ChoiceGroup {
                label: "Account roles".into(),
                choices: choices(&[("administrator", "Administrator"), ("user", "User")], ""),
            },
            ChoiceGroup {
                label: "Application roles".into(),
                choices: choices(
                    &[
                        ("callback:manager", "Callback Manager"),
                        ("platform:administrator", "Platform Management Administrator"),
                    ],
                    "",
                ),
            },
        ],
        mfa: choices(&[("", "All"), ("on", "On"), ("not_set_up", "Not set up")], ""),
        last_login: choices(
            &[("", "Any time"), ("30", "Over 30 days ago"), ("90", "Over 90 days ago"), ("never", "Never")],
            "",
        ),
        kinds: choices(&[("", "People"), ("service", "Service accounts"), ("all", "All")], ""),
        per_page: choices(&[("", "25"), ("50", "50"), ("100", "100")], ""),
        by_name: sort("-name", "ascending"),
        by_email: sort("email", ""),
        by_status: sort("status", ""),
        by_last_login: sort("last_login", ""),
        rows: rows(),
        bulk: Some(BulkBar {
            actions: choices(
                &[
                    ("add_role", "Add a role"),
                    ("remove_role", "Remove a role"),
                    ("disable", "Disable"),
                    ("enable", "Enable"),
                    ("resend", "Resend invitation"),
                ],
                "add_role",
            ),
            roles: choices(&[("callback:manager", "Callback Manager")], ""),
            filter: String::new(),
            everybody: "All that match: 248 users".into(),
        }),
        showing: "Showing 1-12 of 248 users".into(),
        previous_href: Some("/users?before=a".into()),
        next_href: Some("/users?after=b".into()),
        ..Index::default()
    }
}

pub(super) fn filtered() -> Index {
    let mut page = Index {
        status: "active".into(),
        sort: "email".into(),
        filtered: true,
        pills: vec![
            Pill { label: "Role is Callback Manager".into(), href: "/users".into() },
            Pill { label: "MFA is On".into(), href: "/users".into() },
        ],
        ..index()
    };
    for choice in page.roles.iter_mut().flat_map(|group| &mut group.choices) {
        choice.selected = choice.label == "Callback Manager";
    }
    page
}

pub(super) fn empty() -> Index {
    Index {
        search: "warehouse temp".into(),
        filtered: true,
        rows: Vec::new(),
        empty: Empty {
            heading: "No users match these filters.".into(),
            text: "Searched names and emails of disabled people for “warehouse temp”. Try fewer letters, or look at every status.".into(),
        },
        ..index()
    }
}

pub(super) fn viewer() -> Index {
    let mut page = Index { bulk: None, may_invite: false, government: true, ..index() };
    for row in &mut page.rows {
        (row.may_edit, row.may_delete, row.may_resend, row.may_cancel) = (false, false, false, false);
    }
    page
}
