//! One person, what is asked before something is done, and bulk actions.

use super::people::rows;
use super::roles::access;
use super::{fragment, shell, when};
use crate::web::pages::parts::{Field, Problem};
use crate::web::pages::shell::Shell;
use crate::web::pages::users::{
    BulkConfirm, BulkPerson, Confirm, Effect, EffectIcon, Import, JobLine, JobResults, Login, Session, Show,
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
        heading: "Apply to 231 users".into(),
        text: "Each of them gets the role Callback Manager.".into(),
        action: "/users/bulk/0198c0de".into(),
        back: "/users?status=active".into(),
        people: rows().into_iter().take(3).map(|row| BulkPerson { person: row.name, email: row.email }).collect(),
        more: "and 228 more".into(),
    }
}

fn line(cells: &[&str], result: &str, tone: &'static str) -> JobLine {
    let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
    JobLine { cells, result: result.into(), hint: String::new(), tone }
}

pub(super) fn bulk_results() -> JobResults {
    JobResults {
        shell: shell("/users"),
        heading: "Bulk action results",
        status: "1 done, 1 not done.".into(),
        note: "Left out: 2 users who came to match the filter after you chose.".into(),
        note_tone: "info",
        columns: vec!["User"],
        lines: vec![line(&["Amara Okafor"], "Last Administrator.", "warn"), line(&["Daniel Reyes"], "Done", "good")],
        failed: Some("/users/bulk/0198c0de?only=failed".into()),
        ..JobResults::default()
    }
}

pub(super) fn bulk_running(shell: Shell) -> JobResults {
    JobResults {
        shell,
        status: "1 of 231 users done. This page follows along; you may close it.".into(),
        note: String::new(),
        progress: Some((1, 231)),
        again: "/users/bulk/0198c0de".into(),
        lines: vec![line(&["Amara Okafor"], "Done", "good"), line(&["Daniel Reyes"], "Waiting", "")],
        next: Some("/users/bulk/0198c0de?after=100".into()),
        ..bulk_results()
    }
}

pub(super) fn import(problem: Option<&str>) -> Import {
    let messages: Vec<String> = problem.into_iter().map(str::to_owned).collect();
    let problems = messages.iter().map(|message| Problem { field: "file".into(), message: message.clone() }).collect();
    let shell = Shell { failed: !messages.is_empty(), ..shell("/users") };
    Import { shell, problems, file: Field { errors: messages, ..Field::default() } }
}

pub(super) fn import_check() -> JobResults {
    JobResults {
        shell: shell("/users"),
        heading: "Check import",
        status: "1 will be invited, 2 will not.".into(),
        columns: vec!["Line", "Email", "Name", "Roles"],
        lines: vec![
            line(&["2", "ana@example.com", "Ana Lima", "Callback Manager; Analyst"], "Invited", "good"),
            JobLine {
                hint: "Use Resend on User Management.".into(),
                ..line(&["3", "bo@example.com", "", ""], "Already invited", "info")
            },
            line(&["4", "cy@example", "Cy", "Callback King"], "Not a valid email address", "warn"),
        ],
        is_asked: true,
        confirm: Some("/users/import/0198c0de".into()),
        ..JobResults::default()
    }
}
