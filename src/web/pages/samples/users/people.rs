//! The people of the samples.

use super::when;
use crate::web::pages::parts::{Avatar, Choice, RoleChip, Status, When};
use crate::web::pages::users::Row;

pub(super) fn role(name: &str, level: u8) -> RoleChip {
    RoleChip { name: name.into(), level, custom: false }
}

pub(super) fn custom(name: &str) -> RoleChip {
    RoleChip { name: name.into(), level: 0, custom: true }
}

pub(super) fn choices(list: &[(&str, &str)], selected: &str) -> Vec<Choice> {
    list.iter()
        .map(|(value, label)| Choice { value: (*value).into(), label: (*label).into(), selected: *value == selected })
        .collect()
}

pub(super) fn person(number: u8, name: &str, email: &str, roles: Vec<RoleChip>, last_login: Option<When>) -> Row {
    let id = format!("0198c0de-0000-7000-8000-0000000000{number:02x}");
    Row {
        avatar: Avatar::new(&id, name),
        id,
        name: name.into(),
        email: format!("{email}@brightwater.example"),
        roles,
        status: Status { kind: "active", label: "Active".into(), ..Status::default() },
        mfa: "On".into(),
        last_login,
        selectable: true,
        may_edit: true,
        may_delete: true,
        ..Row::default()
    }
}

pub(super) fn invitee(
    number: u8,
    email: &str,
    kind: &'static str,
    label: &str,
    note: &str,
    roles: Vec<RoleChip>,
) -> Row {
    Row {
        avatar: Avatar::invited(),
        note: "Invited by Amara Okafor".into(),
        status: Status { kind, label: label.into(), ..Status::default() },
        status_note: note.into(),
        mfa: "Off".into(),
        may_resend: true,
        may_cancel: true,
        ..person(number, "", email, roles, None)
    }
}

pub(super) fn rows() -> Vec<Row> {
    let mut soren = person(
        4,
        "Søren Lindqvist",
        "soren.lindqvist",
        vec![role("Callback Viewer", 1)],
        Some(when("2025-11-19", "16:20")),
    );
    soren.status.locked_until = Some(when("2025-11-20", "14:35"));
    let mut tomasz = person(
        8,
        "Tomasz Wójcik",
        "tomasz.wojcik",
        vec![role("Callback Viewer", 1)],
        Some(when("2025-08-12", "10:02")),
    );
    tomasz.status = Status { kind: "disabled", label: "Disabled".into(), ..Status::default() };
    tomasz.mfa = "Not set up".into();
    let mut lucas = person(
        7,
        "Lucas Ferreira",
        "lucas.ferreira",
        vec![role("Connections Administrator", 3)],
        Some(when("2025-11-17", "07:45")),
    );
    lucas.mfa = "Not set up".into();
    let mut noor = invitee(10, "noor.haddad", "expired", "Invitation expired", "", vec![role("Callback Manager", 2)]);
    noor.status.email_failed = true;
    vec![
        person(
            1,
            "Amara Okafor",
            "amara.okafor",
            vec![
                role("Administrator", 3),
                role("Callback Administrator", 3),
                role("Platform Management Administrator", 3),
                custom("Seasonal reporting"),
            ],
            Some(when("2025-11-20", "14:01")),
        ),
        person(
            2,
            "Daniel Reyes",
            "daniel.reyes",
            vec![role("Callback Manager", 2), role("Webhooks Viewer", 1)],
            Some(when("2025-11-20", "13:39")),
        ),
        person(
            3,
            "Priya Raman",
            "priya.raman",
            vec![role("Callback Manager", 2), role("Handoff Manager", 2), custom("Seasonal reporting")],
            Some(when("2025-11-20", "13:02")),
        ),
        soren,
        person(
            5,
            "Mei-Ling Chen",
            "meiling.chen",
            vec![role("Datastore Administrator", 3), custom("Seasonal reporting")],
            Some(when("2025-11-19", "11:58")),
        ),
        invitee(
            6,
            "fatima.alsayed",
            "invited",
            "Invited",
            "7 days left",
            vec![role("Callback Viewer", 1), role("Handoff Viewer", 1)],
        ),
        lucas,
        tomasz,
        person(
            9,
            "Kwame Mensah",
            "kwame.mensah",
            vec![role("Platform Management Manager", 2), role("Callback Viewer", 1)],
            Some(when("2025-11-16", "09:12")),
        ),
        noor,
        person(
            11,
            "Ingrid Solheim",
            "ingrid.solheim",
            vec![role("Mindful API Viewer", 1), role("Webhooks Viewer", 1)],
            Some(when("2025-11-14", "15:31")),
        ),
        person(12, "Oliver Grant", "oliver.grant", vec![role("User", 1)], Some(when("2025-11-11", "08:00"))),
    ]
}
