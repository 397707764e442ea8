//! Samples of the role pages.

use super::{html, shell};
use crate::web::pages::parts::{Avatar, Field, Problem, RoleChip};
use crate::web::pages::roles::{
    Conflict, Edit, Effect, EffectLine, EffectPerson, Index, LevelChoice, LevelGroup, LevelRow, PageRow, Row, Show,
};
use crate::web::pages::users::Changed;

/// Every page of this file by name.
pub fn all() -> Vec<(&'static str, String)> {
    let mut fragment = effect();
    fragment.seen = "ab.cd".into();
    vec![
        ("roles", html(&index())),
        ("role", html(&show())),
        ("role-edit", html(&edit())),
        ("role-edit-conflict", html(&conflict())),
        ("fragment-role-effect", html(&fragment)),
    ]
}

fn chip() -> RoleChip {
    RoleChip { name: "Night shift lead".into(), level: 2, custom: true }
}

fn index() -> Index {
    let row = Row {
        id: "0198c0de-0000-7000-8000-0000000000aa".into(),
        chip: chip(),
        applications: "Callback, Handoff".into(),
        users: 7,
        users_href: Some("/users?role=x".into()),
        pages: "11 of 35".into(),
        may_edit: true,
        may_delete: true,
    };
    Index { shell: shell("/roles"), may_add: true, rows: vec![row] }
}

fn show() -> Show {
    Show {
        shell: shell("/roles"),
        chip: RoleChip { name: "Callback Viewer".into(), level: 1, custom: false },
        problems: vec![Problem { field: String::new(), message: "Default roles cannot be changed.".into() }],
        lead: "7 people have this role.".into(),
        pages: vec![PageRow {
            application: "Callback".into(),
            page: "Exports".into(),
            bars: 2,
            level: "All except Audit reports".into(),
        }],
        ..Show::default()
    }
}

fn edit() -> Edit {
    let choice = |value, label, bars, checked| Some(LevelChoice { value, label, bars, checked });
    let page = |key: &str, label: &str| LevelRow {
        key: key.into(),
        label: label.into(),
        note: "View: View only - cannot acknowledge/clear alerts".into(),
        was: "All".into(),
        changed: true,
        levels: vec![
            choice("none", "No access", 0, false),
            choice("view", "View only", 1, true),
            None,
            None,
            choice("all", "All", 3, false),
        ],
        errors: Vec::new(),
    };
    Edit {
        shell: shell("/roles"),
        id: "0198c0de-0000-7000-8000-0000000000aa".into(),
        heading: "Night shift lead".into(),
        lead: "7 people. Last changed by Hannah Becker, 2025-11-20 10:14 UTC.".into(),
        version: "3".into(),
        name: Field { value: "Night shift lead".into(), errors: Vec::new() },
        groups: vec![LevelGroup {
            key: "callback".into(),
            label: "Callback".into(),
            pages: vec![
                page("callback.alerts", "Alerts"),
                page("callback.widgets", "Widgets"),
                page("callback.exports", "Exports"),
            ],
        }],
        may_delete: true,
        effect: Some(effect()),
        ..Edit::default()
    }
}

fn conflict() -> Edit {
    Edit {
        conflict: Some(Conflict {
            message: "Ana Lima changed this role at 2025-11-20 14:05 UTC.".into(),
            fields: vec![Changed { field: "Alerts".into(), now: "All".into(), yours: "View only".into() }],
        }),
        ..edit()
    }
}

fn effect() -> Effect {
    let line = |gain, text: &str| EffectLine { gain, text: text.into() };
    Effect {
        gain: 3,
        lose: 1,
        unchanged: 3,
        affected: 4,
        lines: vec![line(true, "3 people gain Smart Rules: All"), line(false, "1 person loses Widgets")],
        people: vec![EffectPerson {
            avatar: Avatar::new("0198c0de-0000-7000-8000-000000000001", "Owen Price"),
            person: "Owen Price".into(),
            lines: vec![line(true, "Smart Rules: No access to All"), line(false, "Widgets: All to No access")],
        }],
        more: 2,
        everybody: Some(("All 7 people".into(), "/users?role=x".into())),
        notes: vec!["5 people keep All on Alerts, because Callback Manager also gives it.".into()],
        seen: String::new(),
    }
}
