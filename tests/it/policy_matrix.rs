//! `rollcall permissions`: the two matrices against their golden files, and the role x page one against the contracts,
//! written down here a second time by hand.

use std::{collections::BTreeMap, fmt::Write, process::Command};

use rollcall::{
    domain::{
        pages::{Level, Page},
        roles::{AccountRole, ApplicationRole, matrix_rows},
    },
    policy::{ActionRow, action_rows},
};

use crate::support::golden;

fn printed(arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_rollcall")).args(arguments).output().expect("the program runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

#[test]
fn the_printed_matrices_are_the_agreed_ones() {
    let text = printed(&["permissions"]);
    let (pages, actions) = text.split_once("\n\n").expect("two tables");
    golden("pages.txt", &format!("{pages}\n"));
    let rows = action_rows();
    assert_eq!(actions.lines().count(), rows.len());
    for (line, row) in actions.lines().zip(&rows) {
        let told = [&row.actor, &row.action, &row.target, &row.answer].map(|cell| line.contains(cell.as_str()));
        assert_eq!(told, [true; 4], "{line}");
    }
    golden("actions.txt", &shortened(&rows));
}

/// The actor x action matrix for people: below each action what everybody is answered, with those it is about.
fn shortened(rows: &[ActionRow]) -> String {
    let mut text = String::new();
    for of_action in rows.chunk_by(|one, other| one.action == other.action) {
        let _ = writeln!(text, "{}", of_action[0].action);
        for of_actor in of_action.chunk_by(|one, other| one.actor == other.actor) {
            let mut answers: Vec<(&str, Vec<&str>)> = Vec::new();
            for row in of_actor {
                match answers.iter_mut().find(|(answer, _)| *answer == row.answer) {
                    Some((_, targets)) => targets.push(&row.target),
                    None => answers.push((&row.answer, vec![&row.target])),
                }
            }
            let told: Vec<String> = match &answers[..] {
                [(answer, _)] => vec![format!("{answer}: all")],
                several => {
                    several.iter().map(|(answer, targets)| format!("{answer}: {}", targets.join(", "))).collect()
                }
            };
            let _ = writeln!(text, "    {}: {}", of_actor[0].actor, told.join("; "));
        }
    }
    text
}

#[test]
fn the_same_can_be_had_as_json() {
    let json: serde_json::Value = serde_json::from_str(&printed(&["permissions", "--json"])).expect("JSON");
    assert_eq!(json["pages"].as_array().map(Vec::len), Some(matrix_rows().len()));
    assert_eq!(json["actions"].as_array().map(Vec::len), Some(action_rows().len()));
    let mut text = String::new();
    for row in json["pages"].as_array().expect("a list") {
        let word = |field: &str| row[field].as_str().unwrap_or_else(|| panic!("{field} of {row}"));
        let note = row["note"].as_str().map(|note| format!(" ({note})")).unwrap_or_default();
        let (role, page, label) = (word("role"), word("page"), word("label"));
        let _ = writeln!(text, "{role:<26} {page:<36} {label}{note}");
        let level: Level = word("level").parse().expect("a level");
        assert_eq!(page.parse::<Page>().expect("a page").level_label(level), label);
    }
    // The same table as the printed one, which is compared cell by cell with the contracts below.
    golden("pages.txt", &text);
}

/// Portal contract 2.2, cell by cell: page, then the levels of Administrator, Manager, Viewer and Agent, `-` where the
/// application has no such role.
const APPLICATIONS: &str = "
callback.overview                all  all  all  -
callback.status                  all  all  all  -
callback.call_detail             all  all  all  -
callback.insights                all  all  all  -
callback.exports                 all  all  most -
callback.global_settings         most edit none -
callback.call_targets            most most none -
callback.smart_rules             all  all  none -
callback.business_units          all  none none -
callback.media_sets              all  all  none -
callback.phone_numbers           all  all  view -
callback.widgets                 all  all  none -
callback.templates               all  all  none -
callback.intents                 all  all  none -
callback.user_data_sets          all  all  none -
callback.access_control_policies all  view none -
callback.api                     all  all  none -
callback.alerts                  all  all  view -
connections.connections          all  -    -    -
datastore.lookup_data_set        all  -    -    all
datastore.data_set_templates     all  -    -    none
handoff.block_list               all  all  all  -
handoff.message_lookup           all  all  all  -
mindful_api.application_clients  all  -    view -
platform.user_management         all  edit view -
platform.application_roles       all  edit view -
webhooks.webhooks                all  -    view -
";

/// Product contract 2: administrator, `user_admin`, `it_admin`, `organization_creator`, analyst, developer, user, client,
/// support.
const WORKSPACE: &str = "
workspace.organizations  all edit view edit view view view none none
workspace.engagements    all view none view view view view none view
workspace.data_sources   all none all  none none all  none all  none
workspace.analyses       all view none view all  view view none none
workspace.dashboards     all view none view all  view view none none
workspace.investigations all view none view all  view view none none
workspace.integrations   all none all  none none all  none none none
workspace.apps           all none none none none all  none none none
";

const ACCOUNT_ROLES: [&str; 9] = [
    "administrator",
    "user_admin",
    "it_admin",
    "organization_creator",
    "analyst",
    "developer",
    "user",
    "client",
    "support",
];

/// Every cell of the contracts: (role, page) to level.
fn contract() -> BTreeMap<(String, String), String> {
    let mut cells = BTreeMap::new();
    for line in APPLICATIONS.trim().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let application = words[0].split('.').next().expect("application");
        for (role, level) in ["administrator", "manager", "viewer", "agent"].iter().zip(&words[1..]) {
            if *level != "-" {
                cells.insert((format!("{application}:{role}"), words[0].to_owned()), (*level).to_owned());
            }
        }
        for role in ACCOUNT_ROLES {
            cells.insert((role.to_owned(), words[0].to_owned()), elsewhere(role, words[0], words[1]).to_owned());
        }
        cells.insert(("server_administrator".to_owned(), words[0].to_owned()), "all".to_owned());
    }
    for line in WORKSPACE.trim().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (role, level) in ACCOUNT_ROLES.iter().zip(&words[1..]) {
            cells.insert(((*role).to_owned(), words[0].to_owned()), (*level).to_owned());
        }
        cells.insert(("server_administrator".to_owned(), words[0].to_owned()), "all".to_owned());
    }
    cells
}

/// What an account role opens outside Workspace (product contract 2): an Administrator as the Administrator of each
/// application, User Admin and IT Admin the pages named there, the rest none.
fn elsewhere<'a>(role: &str, page: &str, administrators: &'a str) -> &'a str {
    let application = page.split('.').next().unwrap_or_default();
    match (role, page) {
        ("administrator", _) | ("user_admin", "platform.user_management") | ("it_admin", "callback.api") => {
            administrators
        }
        ("user_admin", "platform.application_roles") | ("it_admin", "platform.user_management") => "view",
        ("it_admin", _) if ["connections", "webhooks", "mindful_api"].contains(&application) => administrators,
        _ => "none",
    }
}

#[test]
fn every_cell_is_the_contracts() {
    let contract = contract();
    assert_eq!(contract.keys().filter(|(role, _)| role.contains(':')).count(), 75, "the seed's cells");
    let mut told = BTreeMap::new();
    for row in matrix_rows() {
        told.insert((row.role.to_string(), row.page.key().to_owned()), row.level.key().to_owned());
    }
    let mut wrong = Vec::new();
    for (cell, level) in &contract {
        let said = told.get(cell).map_or("none", String::as_str);
        if said != level {
            wrong.push(format!("{cell:?}: the contract says {level}, the program {said}"));
        }
    }
    for (cell, level) in &told {
        if !contract.contains_key(cell) && level != "none" {
            wrong.push(format!("{cell:?}: not in the contract, the program says {level}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_roles_and_levels_are_those_of_the_contract() {
    assert_eq!(Page::ALL.len(), 35);
    assert_eq!(ApplicationRole::ALL.len(), 16);
    assert_eq!(AccountRole::ALL.len(), 10);
    let levels: Vec<&str> = Level::ALL.iter().map(|level| level.key()).collect();
    assert_eq!(levels, ["none", "view", "edit", "most", "all"]);
    let labels = [
        (Page::ALL, "callback.exports", Level::Most, "All except Audit reports"),
        (Page::ALL, "callback.global_settings", Level::Edit, "Some settings (no messaging)"),
        (Page::ALL, "callback.global_settings", Level::Most, "Most settings"),
        (Page::ALL, "callback.call_targets", Level::Most, "Most settings"),
        (Page::ALL, "callback.alerts", Level::View, "View only - cannot acknowledge/clear alerts"),
        (Page::ALL, "platform.user_management", Level::Edit, "View and edit existing users"),
        (
            Page::ALL,
            "platform.application_roles",
            Level::Edit,
            "View default roles / view and edit existing custom roles",
        ),
        (Page::ALL, "workspace.analyses", Level::Edit, "View and edit"),
        (Page::ALL, "webhooks.webhooks", Level::View, "View only"),
        (Page::ALL, "webhooks.webhooks", Level::All, "All"),
        (Page::ALL, "webhooks.webhooks", Level::None, "No access"),
    ];
    for (pages, key, level, label) in labels {
        let page = pages.iter().find(|page| page.key() == key).expect("a page");
        assert_eq!(page.level_label(level), label, "{key}");
    }
}
