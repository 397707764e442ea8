//! One person, what is asked before something is done, and bulk actions.

use super::people::rows;
use super::roles::access;
use super::{fragment, shell, when};
use crate::web::pages::parts::Problem;
use crate::web::pages::shell::Shell;
use crate::web::pages::users::{
    BulkConfirm, BulkPerson, BulkResult, BulkResults, Confirm, Effect, EffectIcon, Login, Session, Show,
};

pub(super) fn show() -> Show {
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

pub(super) fn invited() -> Show {
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

pub(super) fn delete(shell: Shell) -> Confirm {
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

pub(super) fn refused() -> Confirm {
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

pub(super) fn resend() -> Confirm {
    Confirm {
        heading: "Resend invitation".into(),
        paragraphs: vec!["Send the invitation to fatima.alsayed@brightwater.example again?".into()],
        effects: vec![Effect {
            icon: EffectIcon::Mail,
            text: "The link and password of the last email stop working.".into(),
        }],
        advice: None,
        button: "Resend".into(),
        danger: false,
        ..delete(fragment())
    }
}

pub(super) fn bulk_confirm() -> BulkConfirm {
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

pub(super) fn bulk_results() -> BulkResults {
    let one = |person: &str, result: &str, done| BulkResult { person: person.into(), result: result.into(), done };
    BulkResults {
        shell: shell("/users"),
        results: vec![one("Amara Okafor", "Last Administrator.", false), one("Daniel Reyes", "Done", true)],
    }
}
