//! Samples of the user pages: the people and numbers are made up.

use askama::Template;

use super::shell;
use crate::web::pages::parts::{
    Access, AccessGroup, AccessPage, Avatar, Choice, ChoiceGroup, Field, Pill, Problem, RoleChip, RoleGroup, RoleOption,
    RolePicker, Status, When,
};
use crate::web::pages::shell::Shell;
use crate::web::pages::users::{
    BulkBar, BulkConfirm, BulkPerson, BulkResult, BulkResults, Changed, Confirm, Conflict, Edit, Effect, EffectIcon,
    Empty, Index, Invite, InviteResults, Login, Outcome, Row, Session, Show, SortLink, StatusTab,
};

pub(super) fn all() -> Vec<(&'static str, String)> {
    let html = |page: &dyn askama::DynTemplate| page.dyn_render().unwrap();
    vec![
        ("users", html(&index())),
        ("users-filter", html(&filtered())),
        ("users-empty", html(&empty())),
        ("users-viewer", html(&viewer())),
        ("users-flash", html(&Index { shell: Shell { flash: Some("The changes to Priya Raman were saved.".into()), ..shell("/users") }, ..index() })),
        ("fragment-users", html(&Index { shell: fragment(), ..index() })),
        ("user", html(&show())),
        ("user-invited", html(&invited())),
        ("invite", html(&invite(shell("/users")))),
        ("fragment-invite", html(&invite(fragment()))),
        ("invite-failed", html(&invite_failed(Shell { failed: true, ..shell("/users") }))),
        ("fragment-invite-failed", html(&invite_failed(fragment()))),
        ("invite-results", html(&invite_results())),
        ("edit", html(&edit(shell("/users")))),
        ("fragment-edit", html(&edit(fragment()))),
        ("edit-conflict", html(&conflict(Shell { failed: true, ..shell("/users") }))),
        ("fragment-edit-conflict", html(&conflict(fragment()))),
        ("delete", html(&delete(shell("/users")))),
        ("fragment-delete", html(&delete(fragment()))),
        ("delete-refused", html(&refused())),
        ("fragment-resend", html(&resend())),
        ("bulk-confirm", html(&bulk_confirm())),
        ("bulk-results", html(&bulk_results())),
    ]
}

fn fragment() -> Shell {
    Shell {
        fragment: true,
        csrf: "token".into(),
        ..Shell::default()
    }
}

fn role(name: &str, level: u8) -> RoleChip {
    RoleChip {
        name: name.into(),
        level,
        custom: false,
    }
}

fn custom(name: &str) -> RoleChip {
    RoleChip {
        name: name.into(),
        level: 0,
        custom: true,
    }
}

fn when(date: &str, time: &str) -> When {
    When {
        iso: format!("{date}T{time}:00Z"),
        date: date.into(),
        time: time.into(),
    }
}

fn choices(list: &[(&str, &str)], selected: &str) -> Vec<Choice> {
    list.iter()
        .map(|(value, label)| Choice {
            value: (*value).into(),
            label: (*label).into(),
            selected: *value == selected,
        })
        .collect()
}

fn person(number: u8, name: &str, email: &str, roles: Vec<RoleChip>, last_login: Option<When>) -> Row {
    let id = format!("0198c0de-0000-7000-8000-0000000000{number:02x}");
    Row {
        avatar: Avatar::new(&id, name),
        id,
        name: name.into(),
        email: format!("{email}@brightwater.example"),
        roles,
        status: Status {
            kind: "active",
            label: "Active".into(),
            ..Status::default()
        },
        mfa: "On".into(),
        last_login,
        selectable: true,
        may_edit: true,
        may_delete: true,
        ..Row::default()
    }
}

fn invitee(number: u8, email: &str, kind: &'static str, label: &str, note: &str, roles: Vec<RoleChip>) -> Row {
    Row {
        avatar: Avatar::invited(),
        note: "Invited by Amara Okafor".into(),
        status: Status {
            kind,
            label: label.into(),
            ..Status::default()
        },
        status_note: note.into(),
        mfa: "Off".into(),
        may_resend: true,
        may_cancel: true,
        ..person(number, "", email, roles, None)
    }
}

fn rows() -> Vec<Row> {
    let mut soren = person(4, "Søren Lindqvist", "soren.lindqvist", vec![role("Callback Viewer", 1)], Some(when("2025-11-19", "16:20")));
    soren.status.locked_until = Some(when("2025-11-20", "14:35"));
    let mut tomasz = person(8, "Tomasz Wójcik", "tomasz.wojcik", vec![role("Callback Viewer", 1)], Some(when("2025-08-12", "10:02")));
    tomasz.status = Status { kind: "disabled", label: "Disabled".into(), ..Status::default() };
    tomasz.mfa = "Not set up".into();
    let mut lucas = person(7, "Lucas Ferreira", "lucas.ferreira", vec![role("Connections Administrator", 3)], Some(when("2025-11-17", "07:45")));
    lucas.mfa = "Not set up".into();
    let mut noor = invitee(10, "noor.haddad", "expired", "Invitation expired", "", vec![role("Callback Manager", 2)]);
    noor.status.email_failed = true;
    vec![
        person(1, "Amara Okafor", "amara.okafor", vec![role("Administrator", 3), role("Callback Administrator", 3), role("Platform Management Administrator", 3), custom("Seasonal reporting")], Some(when("2025-11-20", "14:01"))),
        person(2, "Daniel Reyes", "daniel.reyes", vec![role("Callback Manager", 2), role("Webhooks Viewer", 1)], Some(when("2025-11-20", "13:39"))),
        person(3, "Priya Raman", "priya.raman", vec![role("Callback Manager", 2), role("Handoff Manager", 2), custom("Seasonal reporting")], Some(when("2025-11-20", "13:02"))),
        soren,
        person(5, "Mei-Ling Chen", "meiling.chen", vec![role("Datastore Administrator", 3), custom("Seasonal reporting")], Some(when("2025-11-19", "11:58"))),
        invitee(6, "fatima.alsayed", "invited", "Invited", "7 days left", vec![role("Callback Viewer", 1), role("Handoff Viewer", 1)]),
        lucas,
        tomasz,
        person(9, "Kwame Mensah", "kwame.mensah", vec![role("Platform Management Manager", 2), role("Callback Viewer", 1)], Some(when("2025-11-16", "09:12"))),
        noor,
        person(11, "Ingrid Solheim", "ingrid.solheim", vec![role("Mindful API Viewer", 1), role("Webhooks Viewer", 1)], Some(when("2025-11-14", "15:31"))),
        person(12, "Oliver Grant", "oliver.grant", vec![role("User", 1)], Some(when("2025-11-11", "08:00"))),
    ]
}

fn index() -> Index {
    let tab = |label: &str, count: &str, value: &str| StatusTab {
        label: label.into(),
        count: count.into(),
        href: format!("/users?status={value}"),
        current: value.is_empty(),
    };
    let sort = |column: &str, order| SortLink {
        href: format!("/users?sort={column}"),
        order,
    };
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
            ChoiceGroup { label: "Account roles".into(), choices: choices(&[("administrator", "Administrator"), ("user", "User")], "") },
            ChoiceGroup { label: "Application roles".into(), choices: choices(&[("callback:manager", "Callback Manager"), ("platform:administrator", "Platform Management Administrator")], "") },
        ],
        mfa: choices(&[("", "All"), ("on", "On"), ("not_set_up", "Not set up")], ""),
        last_login: choices(&[("", "Any time"), ("30", "Over 30 days ago"), ("90", "Over 90 days ago"), ("never", "Never")], ""),
        kinds: choices(&[("", "People"), ("service", "Service accounts"), ("all", "All")], ""),
        per_page: choices(&[("", "25"), ("50", "50"), ("100", "100")], ""),
        by_name: sort("-name", "ascending"),
        by_email: sort("email", ""),
        by_status: sort("status", ""),
        by_last_login: sort("last_login", ""),
        rows: rows(),
        bulk: Some(BulkBar {
            actions: choices(&[("add_role", "Add a role"), ("remove_role", "Remove a role"), ("disable", "Disable"), ("enable", "Enable"), ("resend", "Resend invitation")], "add_role"),
            roles: choices(&[("callback:manager", "Callback Manager")], ""),
        }),
        showing: "Showing 1-12 of 248 users".into(),
        previous_href: Some("/users?before=a".into()),
        next_href: Some("/users?after=b".into()),
        ..Index::default()
    }
}

fn filtered() -> Index {
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

fn empty() -> Index {
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

fn viewer() -> Index {
    let mut page = Index {
        bulk: None,
        may_invite: false,
        government: true,
        ..index()
    };
    for row in &mut page.rows {
        (row.may_edit, row.may_delete, row.may_resend, row.may_cancel) = (false, false, false, false);
    }
    page
}

fn access() -> Access {
    let page = |key: &str, label: &str, level, level_label: &str, from: &str| AccessPage {
        key: key.into(),
        label: label.into(),
        level,
        level_label: level_label.into(),
        from: from.into(),
        labels: "No access|View only|View and edit|Most settings|All".into(),
    };
    Access {
        title: "Effective access".into(),
        lead: "And which role allows it".into(),
        groups: vec![
            AccessGroup {
                label: "Callback".into(),
                count: "5 of 6 pages".into(),
                open: true,
                pages: vec![
                    page("callback.call_targets", "Call Targets", 3, "Most settings", "Callback Manager"),
                    page("callback.smart_rules", "Smart Rules", 4, "All", "Callback Manager"),
                    page("callback.exports", "Exports", 4, "All", "Callback Manager, Seasonal reporting"),
                    page("callback.access_control_policies", "Access Control Policies", 1, "View only", "Callback Manager"),
                    page("callback.business_units", "Business Units", 0, "No access", ""),
                    page("callback.alerts", "Alerts", 1, "View only - cannot acknowledge/clear alerts", "Callback Viewer"),
                ],
            },
            AccessGroup {
                label: "Handoff".into(),
                count: "0 of 2 pages".into(),
                open: false,
                pages: vec![
                    page("handoff.block_list", "Block List", 0, "No access", ""),
                    page("handoff.message_lookup", "Message Lookup", 0, "No access", ""),
                ],
            },
            AccessGroup {
                label: "Platform Management".into(),
                count: "0 of 1 pages".into(),
                open: false,
                pages: vec![page("platform.user_management", "User Management", 0, "No access", "")],
            },
        ],
    }
}

fn picker() -> RolePicker {
    let option = |value: &str, prefix: &str, label: &str, level, checked, grants: &str| RoleOption {
        value: value.into(),
        prefix: prefix.into(),
        label: label.into(),
        level,
        custom: false,
        checked,
        grants: grants.into(),
    };
    let group = |label: &str, options| RoleGroup {
        label: label.into(),
        options,
    };
    RolePicker {
        account_roles: vec![
            option("administrator", "", "Administrator", 3, false, "platform.user_management=4 callback.exports=4"),
            option("user_admin", "", "User Admin", 2, false, "platform.user_management=4"),
            option("it_admin", "", "IT Admin", 2, false, "platform.user_management=1"),
            option("organization_creator", "", "Organization Creator", 2, false, ""),
            option("analyst", "", "Analyst", 2, false, ""),
            option("developer", "", "Developer", 2, false, ""),
            option("user", "", "User", 1, true, ""),
        ],
        groups: vec![
            group("Callback", vec![
                option("callback:administrator", "Callback", "Administrator", 3, false, "callback.call_targets=3 callback.smart_rules=4 callback.exports=4 callback.access_control_policies=4 callback.business_units=4 callback.alerts=4"),
                option("callback:manager", "Callback", "Manager", 2, true, "callback.call_targets=3 callback.smart_rules=4 callback.exports=4 callback.access_control_policies=1"),
                option("callback:viewer", "Callback", "Viewer", 1, false, "callback.exports=3 callback.alerts=1"),
            ]),
            group("Connections", vec![option("connections:administrator", "Connections", "Administrator", 3, false, "")]),
            group("Handoff", vec![
                option("handoff:administrator", "Handoff", "Administrator", 3, false, "handoff.block_list=4 handoff.message_lookup=4"),
                option("handoff:manager", "Handoff", "Manager", 2, false, "handoff.block_list=4 handoff.message_lookup=4"),
                option("handoff:viewer", "Handoff", "Viewer", 1, false, "handoff.block_list=4 handoff.message_lookup=4"),
            ]),
            group("Platform Management", vec![
                option("platform:manager", "Platform Management", "Manager", 2, false, "platform.user_management=2"),
                option("platform:viewer", "Platform Management", "Viewer", 1, false, "platform.user_management=1"),
            ]),
            group("Custom roles", vec![
                RoleOption { custom: true, ..option("0198c0de-0000-7000-8000-0000000000aa", "", "Seasonal reporting", 0, false, "callback.exports=1") },
                RoleOption { custom: true, ..option("0198c0de-0000-7000-8000-0000000000ab", "", "Night shift lead", 0, false, "callback.alerts=4") },
            ]),
        ],
        ..RolePicker::default()
    }
}

fn invite(shell: Shell) -> Invite {
    Invite {
        shell,
        roles: picker(),
        access: access(),
        mfa_required: true,
        seats: "52 of 300 seats are free.".into(),
        ..Invite::default()
    }
}

fn invite_failed(shell: Shell) -> Invite {
    let message = "None of these is a valid email address.".to_owned();
    Invite {
        problems: vec![Problem { field: "email".into(), message: message.clone() }],
        email: Field {
            value: "maria.costa@brightwater".into(),
            errors: vec![message, "maria.costa@brightwater: not a valid email address".into()],
        },
        ..invite(shell)
    }
}

fn invite_results() -> InviteResults {
    let outcome = |email: &str, result: &str, hint: &str, tone| Outcome {
        email: email.into(),
        result: result.into(),
        hint: hint.into(),
        tone,
    };
    InviteResults {
        shell: shell("/users"),
        summary: "2 invited, 3 not invited.".into(),
        outcomes: vec![
            outcome("leila.farouk@brightwater.example", "Invited", "", "good"),
            outcome("ben.osei@brightwater.example", "Invited, email failed", "", "warn"),
            outcome("daniel.reyes@brightwater.example", "Already a member", "", "info"),
            outcome("noor.haddad@brightwater.example", "Already invited", "Use Resend on User Management.", "info"),
            outcome("maria.costa@brightwater", "Not a valid email address", "", "danger"),
        ],
    }
}

fn edit(shell: Shell) -> Edit {
    let id = "0198c0de-0000-7000-8000-000000000003";
    let field = |value: &str| Field { value: value.into(), errors: Vec::new() };
    Edit {
        shell,
        id: id.into(),
        person: "Priya Raman".into(),
        avatar: Avatar::new(id, "Priya Raman"),
        version: "14".into(),
        email: field("priya.raman@brightwater.example"),
        name: field("Priya Raman"),
        name_required: true,
        roles: picker(),
        access: Access { title: "What Priya can do".into(), ..access() },
        ..Edit::default()
    }
}

fn conflict(shell: Shell) -> Edit {
    let changed = |field: &str, now: &str, yours: &str| Changed {
        field: field.into(),
        now: now.into(),
        yours: yours.into(),
    };
    let page = edit(shell);
    Edit {
        conflict: Some(Conflict {
            message: "Hannah Becker changed this user at 2025-11-20 14:03 UTC. Your changes were not saved. Compare, then save again.".into(),
            fields: vec![
                changed("Name", "Priya Raman-Shaw", "Priya Raman"),
                changed("Roles", "Callback Viewer", "Callback Manager, Handoff Manager"),
            ],
        }),
        version: "15".into(),
        ..page
    }
}

fn show() -> Show {
    let row = rows().remove(2);
    let login = |date: &str, time: &str, address: &str, result: &str, good| Login {
        time: when(date, time),
        address: address.into(),
        result: result.into(),
        good,
    };
    let session = |device: &str, icon, address: &str, began: &str, active: &str| Session {
        device: device.into(),
        icon,
        address: address.into(),
        logged_in: when("2025-11-20", began),
        last_active: when("2025-11-20", active),
    };
    Show {
        shell: shell("/users"),
        id: row.id,
        person: row.name,
        email: row.email,
        avatar: row.avatar,
        status: row.status,
        mfa: row.mfa,
        last_login: row.last_login,
        member_since: when("2024-03-02", "09:00"),
        created_by: "Amara Okafor".into(),
        changed_by: "Hannah Becker".into(),
        changed_at: Some(when("2025-11-18", "10:21")),
        version: "14".into(),
        roles: row.roles,
        access: access(),
        sessions: Some(vec![
            session("Chrome on macOS", "laptop", "203.0.113.24", "12:21", "14:04"),
            session("Safari on iPhone", "phone", "198.51.100.7", "12:50", "13:58"),
            session("Edge on Windows", "other", "192.0.2.88", "11:34", "13:53"),
        ]),
        logins: vec![
            login("2025-11-20", "12:21", "203.0.113.24", "Logged in", true),
            login("2025-11-20", "08:01", "198.51.100.7", "Wrong password", false),
        ],
        may_edit: true,
        may_disable: true,
        may_disable_everywhere: true,
        may_reset_authenticator: true,
        may_end_sessions: true,
        may_delete: true,
        audit_href: Some("/audit?target=0198c0de".into()),
        ..Show::default()
    }
}

fn invited() -> Show {
    let row = rows().remove(5);
    Show {
        person: row.email.clone(),
        email: row.email,
        avatar: row.avatar,
        status: row.status,
        status_note: "The link works until 2025-11-27 14:05 UTC.".into(),
        mfa: "Off".into(),
        last_login: None,
        sessions: None,
        logins: Vec::new(),
        may_resend: true,
        may_cancel: true,
        may_disable: false,
        ..show()
    }
}

fn delete(shell: Shell) -> Confirm {
    let effect = |icon, text: &str| Effect { icon, text: text.into() };
    Confirm {
        shell,
        heading: "Delete user".into(),
        action: "/users/0198c0de-0000-7000-8000-000000000002/delete".into(),
        paragraphs: vec!["Permanently remove Daniel Reyes (daniel.reyes@brightwater.example) from Brightwater Energy? This cannot be undone.".into()],
        effects: vec![
            effect(EffectIcon::Sessions, "Logged out of 1 session at once."),
            effect(EffectIcon::Roles, "Loses 2 roles, Callback Manager and Webhooks Viewer. Frees 1 seat."),
            effect(EffectIcon::Audit, "Audit entries keep the name and email."),
        ],
        advice: Some("To keep the account but block access, disable it instead.".into()),
        advice_href: Some("/users/0198c0de-0000-7000-8000-000000000002/disable".into()),
        button: "Delete".into(),
        danger: true,
        cancel: "Cancel".into(),
        cancel_href: "/users".into(),
        ..Confirm::default()
    }
}

fn refused() -> Confirm {
    Confirm {
        problems: vec![Problem {
            field: String::new(),
            message: "Amara Okafor is the last Administrator of Brightwater Energy. Make someone else an Administrator first.".into(),
        }],
        button: String::new(),
        effects: Vec::new(),
        advice: None,
        ..delete(Shell { failed: true, ..shell("/users") })
    }
}

fn resend() -> Confirm {
    Confirm {
        heading: "Resend invitation".into(),
        paragraphs: vec!["Send the invitation to fatima.alsayed@brightwater.example again?".into()],
        effects: vec![Effect { icon: EffectIcon::Mail, text: "The link and password of the last email stop working.".into() }],
        advice: None,
        button: "Resend".into(),
        danger: false,
        ..delete(fragment())
    }
}

fn bulk_confirm() -> BulkConfirm {
    BulkConfirm {
        shell: shell("/users"),
        heading: "Apply to 3 users".into(),
        text: "Add the role Callback Manager.".into(),
        action: "add_role".into(),
        role: "callback:manager".into(),
        people: rows()
            .into_iter()
            .take(3)
            .map(|row| BulkPerson { id: row.id, person: row.name, email: row.email })
            .collect(),
    }
}

fn bulk_results() -> BulkResults {
    let one = |person: &str, result: &str, done| BulkResult {
        person: person.into(),
        result: result.into(),
        done,
    };
    BulkResults {
        shell: shell("/users"),
        results: vec![one("Amara Okafor", "Last Administrator.", false), one("Daniel Reyes", "Done", true)],
    }
}
