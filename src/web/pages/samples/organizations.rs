//! Samples of the organization pages.

use super::signed_out::list;
use super::{html, shell};
use crate::web::pages::organizations::{Index, Opens, Row, Switch, SwitchChoice};
use crate::web::pages::parts::initials;
use crate::web::pages::shell::Shell;

/// Every page of this file by name.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("organizations", html(&index())),
        ("organizations-own", html(&own())),
        ("organizations-none", html(&Index { shell: shell("/organizations"), ..Index::default() })),
        ("switch", html(&switch())),
        ("switch-failed", html(&switch_failed())),
    ]
}

fn row(id: &str, name: &str, users: u32, limit: Option<u32>, mfa: bool, set_up: u32) -> Row {
    Row {
        id: id.into(),
        name: name.into(),
        initials: initials(name),
        note: id.into(),
        users,
        limit,
        mfa,
        mfa_note: format!("{set_up} of {users} set up"),
        government: id == "velmora",
        opens: Some(Opens::Edit),
        may_switch: true,
        current: id == "brightwater",
    }
}

fn index() -> Index {
    Index {
        shell: shell("/organizations"),
        lead: "6 organizations, 1,020 people. You see this page as a super admin.".into(),
        may_add: true,
        rows: vec![
            row("alder-lowe", "Alder & Lowe Insurance", 188, Some(200), true, 188),
            row("brightwater", "Brightwater Energy", 248, Some(300), true, 236),
            row("calder", "Calder Mobility", 60, Some(60), false, 41),
            row("velmora", "Government of Velmora", 310, Some(500), true, 310),
            row("hartmann", "Hartmann Kliniken", 176, None, true, 171),
            row("pinetree", "Pinetree Travel", 38, Some(40), false, 12),
        ],
    }
}

fn own() -> Index {
    let mut page = index();
    page.lead.clear();
    page.may_add = false;
    page.rows.truncate(2);
    page.rows[0].opens = None;
    page.rows[1].opens = Some(Opens::View);
    page
}

fn switch() -> Switch {
    let choices = index().rows.into_iter().map(|row| SwitchChoice {
        id: row.id,
        name: row.name,
        initials: row.initials,
        current: row.current,
    });
    Switch { shell: shell(""), choices: choices.collect(), errors: Vec::new() }
}

fn switch_failed() -> Switch {
    let mut page = switch();
    page.shell = Shell { failed: true, ..shell("") };
    for choice in &mut page.choices {
        choice.current = false;
    }
    page.errors = list(&["Choose an organization."]);
    page
}
