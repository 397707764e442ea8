//! The verbs behind the confirmation pages: disable, enable, delete, cancel, end sessions.

use super::{Caller, begin, commit, invite};
use crate::{
    app::App,
    domain::{
        audit::{AuditActor, AuditTarget, Author},
        ids::UserId,
        mail::Content,
        text::Email,
    },
    error::AppError,
    policy::{
        CancelInvitation, DeleteUser, Denied, DisableEverywhere, DisableUser, EnableEverywhere, EnableUser,
        EndSessions, Permit, Refusal, SaveMembership, SwitchAccount,
    },
    store::Member,
};

/// Takes access to the organization away.
///
/// # Errors
/// What the policy denies and the guards refuse.
pub async fn disable(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, DisableUser).await?;
    tx.disable_member(permit, &member, &caller.occasion).await?;
    tx.withdraw_activations(member.organization, member.user).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    Ok(member)
}

/// Gives it back; the person is mailed a fresh activation link.
///
/// # Errors
/// As [`disable`].
pub async fn enable(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, EnableUser).await?;
    tx.enable_member(permit, &member, &caller.occasion).await?;
    invite::send_reactivation(app, &mut tx, &actor, &member, &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    app.courier.wake();
    Ok(member)
}

/// Removes the membership; somebody who was active here is told.
///
/// # Errors
/// As [`disable`].
pub async fn delete(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, DeleteUser).await?;
    if tx.home_of(user).await? == Some(actor.organization) {
        return Err(Refusal::HomeTenant { person: member.shown_name().to_owned() }.into());
    }
    tx.delete_member(permit, &member, &caller.occasion).await?;
    tx.withdraw_activations(member.organization, member.user).await?;
    if member.validated_at.is_some() {
        let email = Email::parse(&member.email).map_err(AppError::fault)?;
        let content = Content::Removed { organization: actor.organization_name.clone() };
        invite::post(app, &mut tx, member.organization, member.user, &email, content, &caller.occasion).await?;
    }
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    app.courier.wake();
    Ok(member)
}

/// Saves role and switch of a membership together, as the v1 API writes them.
///
/// # Errors
/// As [`disable`]; [`AppError::Conflict`] with the code `version_conflict` when somebody else was faster.
pub async fn save(
    app: &App,
    caller: &Caller,
    user: UserId,
    version: i64,
    wanted: SaveMembership,
) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let (member, person) = super::person(&mut tx, actor.organization, user).await?;
    let enables = wanted.new_enabled(&person) == Some(true);
    let judged = actor.authorize(wanted, person);
    if let Err(Denied::Refused(refusal @ Refusal::Protected { .. })) = judged {
        return Err(refusal.into());
    }
    if member.version != version {
        let message = format!("The user was changed since version {version}.");
        return Err(AppError::Conflict { code: "version_conflict", message });
    }
    tx.save_membership(judged?, &member, &caller.occasion).await?;
    if enables {
        invite::send_reactivation(app, &mut tx, &actor, &member, &caller.occasion).await?;
    }
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    app.courier.wake();
    Ok(())
}

/// Takes an invitation back; nobody is told.
///
/// # Errors
/// As [`disable`].
pub async fn cancel(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, CancelInvitation).await?;
    tx.cancel_member(permit, &member, &caller.occasion).await?;
    tx.withdraw_activations(member.organization, member.user).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    Ok(member)
}

/// Switches the user off everywhere.
///
/// # Errors
/// As [`disable`].
pub async fn disable_everywhere(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, DisableEverywhere).await?;
    tx.disable_everywhere(permit, &member, &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    Ok(member)
}

/// Switches the user on again.
///
/// # Errors
/// As [`disable`].
pub async fn enable_everywhere(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, EnableEverywhere).await?;
    tx.enable_everywhere(permit, &member, &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    Ok(member)
}

/// Switches a user off or on from the command line, whatever organizations they are in. False when they were so already.
///
/// # Errors
/// [`AppError::NotFound`] when nobody has this address; [`AppError::Conflict`] from a guard.
pub async fn switch_account(app: &App, email: &Email, disabled: bool) -> Result<bool, AppError> {
    let occasion = app.occasion();
    let mut tx = app.db.begin_write().await?;
    let found = tx.user_by_email(email.key()).await?.filter(|user| !user.is_token);
    let user = found.ok_or(AppError::NotFound)?;
    tx.guard_person(user.id).await?;
    if tx.user(user.id).await?.is_none_or(|user| user.disabled_at.is_some() == disabled) {
        return Ok(false);
    }
    let author = Author { actor: AuditActor::System, scope: None };
    let name = AuditTarget::user(user.id, &user.display_name, &user.email);
    tx.switch_account(Permit::without_actor(author, SwitchAccount { disabled }, user.id), name, &occasion).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends every session of the person.
///
/// # Errors
/// As [`disable`].
pub async fn end_sessions(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, EndSessions).await?;
    tx.end_member_sessions(permit, &member, actor.sessions_seen(member.is_shared), &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    Ok(member)
}
