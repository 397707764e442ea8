//! Invite Users and Edit User.

use super::roles::{access, picker};
use super::shell;
use crate::web::pages::parts::{Access, Avatar, Field, Problem};
use crate::web::pages::shell::Shell;
use crate::web::pages::users::{Changed, Conflict, Edit, Invite, InviteResults, Outcome};

pub(super) fn invite(shell: Shell) -> Invite {
    Invite {
        shell,
        roles: picker(),
        access: access(),
        mfa_required: true,
        seats: "52 of 300 seats are free.".into(),
        ..Invite::default()
    }
}

pub(super) fn invite_failed(shell: Shell) -> Invite {
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

pub(super) fn invite_results() -> InviteResults {
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

pub(super) fn edit(shell: Shell) -> Edit {
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

pub(super) fn conflict(shell: Shell) -> Edit {
    let changed =
        |field: &str, now: &str, yours: &str| Changed { field: field.into(), now: now.into(), yours: yours.into() };
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
