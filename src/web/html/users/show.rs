//! Everything about one person.

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    domain::{
        ids::UserId,
        roles::{CustomRole, Holdings},
        users::MembershipState,
    },
    error::AppError,
    flows::{self, edit_user},
    policy::{Actor, Allowed, Person, ViewAudit, ViewUser},
    store::{Member, SessionRow, SignInRow},
    web::{
        html::{
            extract::Path,
            people::{self, StatusFacts},
            respond, shell,
        },
        pages::{
            parts::Access,
            users::{Login, Session, Show},
        },
        visitor::Here,
    },
};

/// One person.
pub async fn show(State(app): State<App>, here: Here, Path(id): Path<UserId>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let now = here.occasion().now;
    let mut tx = app.db.begin_read().await?;
    let (member, person) = flows::person(&mut tx, actor.organization, id).await?;
    let _permit = actor.authorize(ViewUser, person.clone())?;
    let facts = tx.organization(actor.organization).await?.ok_or(AppError::NotFound)?;
    let allowed = Allowed::on(actor, &person);
    let sessions = if allowed.end_sessions {
        Some(tx.sessions_of(id, actor.sessions_seen(member.is_shared)).await?)
    } else {
        None
    };
    let logins = tx.recent_sign_ins(id, Some(actor.organization)).await?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    drop(tx);
    let status = StatusFacts {
        state: member.state,
        invited_until: member.invited_until,
        locked_until: member.locked_until,
        mail_failed: member.mail_failed,
    };
    let name = member.shown_name().to_owned();
    let template = Show {
        shell: shell::shell(&here, "users").await?,
        id: id.to_string(),
        avatar: people::avatar(
            &id.to_string(),
            &member.display_name,
            &member.email,
            member.state == MembershipState::Invited,
        ),
        status_note: status.note(now),
        status: status.cell(now),
        mfa: people::mfa(member.has_authenticator, facts.mfa_required, member.is_shared).to_owned(),
        last_login: shell::when_ever(member.last_login_at),
        member_since: shell::when(member.created_at),
        ends_at: member.ends_at.map(shell::when),
        support_request: member.support_request.clone(),
        created_by: member.created_by.clone(),
        changed_by: member.changed_by.clone(),
        changed_at: (member.version > 0).then(|| shell::when(member.changed_at)),
        version: member.version.to_string(),
        roles: people::chips(member.account_role, &person.roles),
        access: effective_access(&member, &person, actor, &custom),
        sessions: sessions.map(|rows| rows.iter().map(session).collect()),
        logins: logins.iter().map(login).collect(),
        may_edit: allowed.edit,
        may_resend: allowed.resend,
        may_cancel: allowed.cancel,
        may_disable: allowed.disable,
        may_enable: allowed.enable,
        may_disable_everywhere: allowed.disable_everywhere,
        may_enable_everywhere: allowed.enable_everywhere,
        may_reset_authenticator: allowed.reset_authenticator,
        may_end_sessions: allowed.end_sessions,
        may_delete: allowed.delete,
        audit_href: actor.may::<ViewAudit>().is_ok().then(|| format!("/audit?target={id}")),
        email: member.email.clone(),
        person: name,
    };
    respond::page(&template)
}

/// What the person can do now; nothing while invited or disabled.
fn effective_access(member: &Member, person: &Person, actor: &Actor, custom: &[CustomRole]) -> Access {
    let lead = match member.state {
        MembershipState::Active => "And which role allows it",
        MembershipState::Invited => "Nothing until the invitation is accepted",
        MembershipState::Disabled => "Nothing while disabled",
    };
    let holdings = Holdings {
        server_administrator: person.server_administrator && member.disabled_at.is_none(),
        works: member.state == MembershipState::Active,
        ..edit_user::in_force(actor, person, person.account_role, &person.roles)
    };
    people::access("Effective access".to_owned(), lead, &holdings, custom)
}

/// A session as the pages show it.
pub fn session(row: &SessionRow) -> Session {
    let icon = match row.device.as_str() {
        device if device.contains("iPhone") || device.contains("Android") => "phone",
        device if device.starts_with("Unknown") => "other",
        _ => "laptop",
    };
    Session {
        device: row.device.clone(),
        icon,
        address: row.address.clone(),
        logged_in: shell::when(row.signed_in_at),
        last_active: shell::when(row.last_active_at),
    }
}

/// A login as the pages show it.
pub fn login(row: &SignInRow) -> Login {
    let result = match row.result.as_str() {
        "succeeded" => "Logged in",
        "locked" => "Locked",
        _ => "Failed",
    };
    Login {
        time: shell::when(row.at),
        address: row.address.clone(),
        result: result.to_owned(),
        good: row.result == "succeeded",
    }
}
