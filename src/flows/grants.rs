//! Memberships of Support and Client, which nobody gives by hand: the operator grants them, and those of Support end by
//! themselves (product contract sections 2 and 8.1).

use super::invite::{self, Inviter, Spare};
use crate::{
    app::App,
    domain::{
        audit::{AuditActor, Author},
        ids::{OrganizationId, UserId},
        roles::AccountRole,
        text::Email,
        users::MembershipKind,
    },
    error::AppError,
    policy::{DisableUser, GrantMembership, Permit},
    store::{NewPassword, NewUser, StoreError, Tx, User},
};

/// Who a letter of invitation names when the command line invites.
const OPERATOR: &str = "An operator of the server";

/// What a grant came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// The user has an account and may work there now.
    AtOnce,
    /// The user never activated an account; the invitation is on its way.
    Invited,
}

/// Grants a membership; a Support membership that is there gets the new request and end.
///
/// # Errors
/// [`AppError::NotFound`] without such an organization; [`AppError::Conflict`] for somebody who is a member already or
/// for whom there is no seat.
pub async fn grant(
    app: &App,
    organization: OrganizationId,
    email: &Email,
    grant: GrantMembership,
) -> Result<Granted, AppError> {
    let spare = Spare::make(app).await?;
    let occasion = app.occasion();
    let mut tx = app.db.begin_write().await?;
    let scope = tx.scope(Some(organization)).await?.ok_or(AppError::NotFound)?;
    tx.guard(organization).await?;
    let organization_name = scope.name.clone();
    let author = Author { actor: AuditActor::System, scope: Some(scope) };
    let user = known_or_new(&mut tx, email, &occasion).await?;
    let validated = user.activated_at.is_some();
    let is_support = grant.kind() == MembershipKind::Support;
    let permit = Permit::without_actor(author.clone(), grant, organization);
    match tx.member(organization, user.id).await? {
        None => tx.add_grant(permit, &user, validated, &occasion).await?,
        Some(member) if is_support && member.kind == MembershipKind::Support => {
            tx.renew_grant(permit, &member, validated, &occasion).await?;
        }
        Some(_) => {
            let message = format!("{} is already a member of {organization_name}.", email.as_str());
            return Err(AppError::Conflict { code: "already_member", message });
        }
    }
    if !validated {
        let member = tx.member(organization, user.id).await?.ok_or(AppError::NotFound)?;
        let inviter = Inviter { author: &author, name: OPERATOR, organization, organization_name: &organization_name };
        invite::invite_anew(app, &mut tx, &inviter, &member, email, &spare, &occasion).await?;
    }
    super::commit(tx, user.shown_name(), &organization_name).await?;
    app.courier.wake();
    Ok(if validated { Granted::AtOnce } else { Granted::Invited })
}

async fn known_or_new(tx: &mut Tx, email: &Email, occasion: &crate::domain::audit::Occasion) -> Result<User, AppError> {
    if let Some(known) = tx.user_by_email(email.key()).await? {
        return if known.is_token { Err(AppError::NotFound) } else { Ok(known) };
    }
    let account_role = AccountRole::User;
    let new = NewUser { email, name: None, account_role, password: NewPassword::None, activated: false };
    let id = tx.add_user(&new, occasion).await?;
    tx.user(id).await?.ok_or(AppError::NotFound)
}

/// Switches off the memberships whose end has come. They stopped working at that moment by themselves; this ends the
/// sessions, shows them as disabled and writes it down.
///
/// # Errors
/// When the database does not answer; the next round tries again.
pub async fn end_due(app: &App) -> Result<(), AppError> {
    let due = app.db.begin_read().await?.ended_grants(app.clock.now()).await?;
    for (organization, user) in due {
        end(app, organization, user).await?;
    }
    Ok(())
}

async fn end(app: &App, organization: OrganizationId, user: UserId) -> Result<(), AppError> {
    let occasion = app.occasion();
    let mut tx = app.db.begin_write().await?;
    tx.guard(organization).await?;
    let (member, person) = match super::person(&mut tx, organization, user).await {
        Err(AppError::NotFound) => return Ok(()),
        found => found?,
    };
    // Another node may have been faster, or the operator may have granted more time.
    if !member.enabled || !member.has_ended(occasion.now) {
        return Ok(());
    }
    let author = Author { actor: AuditActor::System, scope: tx.scope(Some(organization)).await? };
    tx.disable_member(Permit::without_actor(author, DisableUser, person), &member, &occasion).await?;
    match tx.commit().await {
        Err(StoreError::Kept(guard)) => {
            tracing::warn!(%organization, %user, %guard, "a membership past its end was kept");
            Ok(())
        }
        done => Ok(done?),
    }
}
