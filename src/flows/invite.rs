//! Inviting people, and sending an invitation again.

mod people;

pub use people::{InviteOutcome, Seating, Wanted, foresee, invite, invite_piece};

use serde_json::json;

use super::{Caller, LinkToken, begin, commit};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditTarget, Author, Occasion},
        ids::{OrganizationId, UserId},
        mail::{Addressee, Content, Invitation, Letter, Link},
        passwords,
        roles::{AccountRole, RoleSet, shown_roles},
        text::{DisplayName, Email},
        time::{days, minutes},
        users::MembershipKind,
    },
    error::AppError,
    policy::{Actor, InviteUsers, Permit, Refusal, ResendInvitation},
    store::{Member, NewMembership, NewPassword, NewUser, Tx, User},
};

/// What a letter of invitation is about.
struct Invitee<'a> {
    organization: OrganizationId,
    organization_name: &'a str,
    user: UserId,
    email: &'a Email,
    roles: Vec<String>,
    temporary_password: Option<String>,
    inviter: &'a str,
}

/// A temporary password and its hash, made before the transaction: hashing is slow.
struct Temporary {
    plain: String,
    hash: String,
}

async fn invite_one(
    app: &App,
    tx: &mut Tx,
    permit: &Permit<InviteUsers>,
    actor: &Actor,
    (email, name): (&Email, Option<&DisplayName>),
    temporary: Option<&Temporary>,
    occasion: &Occasion,
) -> Result<UserId, AppError> {
    let known = tx.user_by_email(email.key()).await?;
    let temporary = temporary.filter(|_| known.as_ref().is_none_or(needs_temporary_password));
    let until = occasion.now.plus(days(7));
    let password = temporary.map_or(NewPassword::None, |made| NewPassword::Temporary(&made.hash, until));
    let user = match &known {
        Some(user) => {
            if temporary.is_some() {
                tx.set_password(user.id, &password, occasion.now).await?;
            }
            user.id
        }
        None => {
            let account_role = AccountRole::User;
            tx.add_user(&NewUser { email, name, account_role, password, activated: false }, occasion).await?
        }
    };
    let InviteUsers { account_role, roles } = permit.action();
    let keys: Vec<_> = roles.iter().map(|role| role.key()).collect();
    let membership = NewMembership {
        organization: actor.organization,
        user,
        kind: MembershipKind::Person,
        account_role: *account_role,
        roles: &keys,
        validated: false,
    };
    tx.add_membership(&membership, permit.author(), occasion).await?;
    let names = role_names(*account_role, roles);
    let invitee = Invitee {
        organization: actor.organization,
        organization_name: &actor.organization_name,
        user,
        email,
        roles: names.clone(),
        temporary_password: temporary.map(|made| made.plain.clone()),
        inviter: &actor.name,
    };
    let expires = send(app, tx, &invitee, permit.author(), occasion).await?;
    let new_name = name.map_or("", DisplayName::as_str);
    let name = known.as_ref().map_or(new_name, |user| user.display_name.as_str());
    let event = permit
        .author()
        .event(AuditAction::UserInvited, AuditTarget::user(user, name, email.as_str()))
        .after(json!({ "email": email.as_str(), "roles": names, "link_expires": expires.rfc3339() }));
    tx.record(event, occasion).await?;
    Ok(user)
}

/// Somebody without a password, or with a temporary one that was never replaced, gets a fresh one.
fn needs_temporary_password(user: &User) -> bool {
    user.password_hash.is_none() || user.has_temporary_password()
}

fn role_names(account_role: AccountRole, roles: &RoleSet) -> Vec<String> {
    shown_roles(account_role, roles.application(), roles.custom().iter().map(|role| role.name.as_str()))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Makes the link and queues the letter; every earlier link of the membership dies.
async fn send(
    app: &App,
    tx: &mut Tx,
    invitee: &Invitee<'_>,
    author: &Author,
    occasion: &Occasion,
) -> Result<crate::domain::time::Timestamp, AppError> {
    let token = LinkToken::new(app);
    let expires_at = tx.put_invitation(invitee.organization, invitee.user, &token.hash, author, occasion).await?;
    let requires_mfa = tx.mfa_required_in(invitee.organization).await?;
    let content = Content::Invitation(Invitation {
        inviter: invitee.inviter.to_owned(),
        organization: Some(invitee.organization_name.to_owned()),
        roles: invitee.roles.clone(),
        temporary_password: invitee.temporary_password.clone(),
        link: Link { url: app.config.public_url.link(&format!("/activate/{}", token.plain)), expires_at },
        requires_mfa,
    });
    post(app, tx, invitee.organization, invitee.user, invitee.email, content, occasion).await?;
    Ok(expires_at)
}

/// Queues a letter about a membership; a refusal for good will show on its row.
pub(super) async fn post(
    app: &App,
    tx: &mut Tx,
    organization: OrganizationId,
    user: UserId,
    email: &Email,
    content: Content,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let to = Addressee { email: email.clone(), member: Some((organization, user)) };
    app.courier.queue(tx, &Letter::to_owner(to, content), occasion).await?;
    Ok(())
}

/// Sends an invitation again: new link, new temporary password where there is one, new seven days.
///
/// # Errors
/// What the policy denies; [`Refusal::TooSoon`] within a minute of the last.
pub async fn resend(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
    let plain = passwords::temporary_password(app.entropy.as_ref());
    let hash = app.hasher.hash(&plain).await?;
    let temporary = Temporary { plain, hash };
    let occasion = &caller.occasion;
    let (mut tx, actor, member, permit) = begin(app, caller, user, ResendInvitation).await?;
    let sent = tx.invitation_sent_at(actor.organization, user).await?.filter(|_| actor.token.is_none());
    if sent.is_some_and(|sent| occasion.now < sent.plus(minutes(1))) {
        return Err(Refusal::TooSoon.into());
    }
    let email = Email::parse(&member.email).map_err(AppError::fault)?;
    let inviter = Inviter::new(&actor, permit.author());
    invite_again(app, &mut tx, &inviter, &member, &email, &temporary, occasion).await?;
    let event = permit
        .author()
        .event(AuditAction::UserInvitationResent, AuditTarget::user(user, &member.display_name, &member.email));
    tx.record(event.after(json!({ "email": member.email })), occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    app.courier.wake();
    Ok(member.email)
}

/// A fresh temporary password for an edit that may need one; made before the transaction.
pub(super) struct Spare(Temporary);

impl Spare {
    pub(super) async fn make(app: &App) -> Result<Self, AppError> {
        let plain = passwords::temporary_password(app.entropy.as_ref());
        let hash = app.hasher.hash(&plain).await?;
        Ok(Self(Temporary { plain, hash }))
    }
}

/// Who invites, and where to.
pub(super) struct Inviter<'a> {
    pub(super) author: &'a Author,
    pub(super) name: &'a str,
    pub(super) organization: OrganizationId,
    pub(super) organization_name: &'a str,
}

impl<'a> Inviter<'a> {
    /// Somebody who works in the organization.
    pub(super) fn new(actor: &'a Actor, author: &'a Author) -> Self {
        Self {
            author,
            name: &actor.name,
            organization: actor.organization,
            organization_name: &actor.organization_name,
        }
    }
}

/// The invitation of somebody made in no organization (E1): a link that activates, and a temporary password.
pub(super) async fn welcome(
    app: &App,
    tx: &mut Tx,
    user: UserId,
    email: &Email,
    (inviter, role): (&str, AccountRole),
    spare: &Spare,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let until = occasion.now.plus(days(7));
    tx.set_password(user, &NewPassword::Temporary(&spare.0.hash, until), occasion.now).await?;
    let token = LinkToken::new(app);
    let expires_at = tx.put_account_invitation(user, &token.hash, occasion.now).await?;
    let content = Content::Invitation(Invitation {
        inviter: inviter.to_owned(),
        organization: None,
        roles: vec![role.label().to_owned()],
        temporary_password: Some(spare.0.plain.clone()),
        link: Link { url: app.config.public_url.link(&format!("/activate/{}", token.plain)), expires_at },
        requires_mfa: false,
    });
    let to = Addressee { email: email.clone(), member: None };
    app.courier.queue(tx, &Letter::to_owner(to, content), occasion).await?;
    Ok(())
}

/// A fresh invitation for a membership that has one open, to the address given.
pub(super) async fn invite_anew(
    app: &App,
    tx: &mut Tx,
    inviter: &Inviter<'_>,
    member: &Member,
    email: &Email,
    spare: &Spare,
    occasion: &Occasion,
) -> Result<(), AppError> {
    invite_again(app, tx, inviter, member, email, &spare.0, occasion).await
}

async fn invite_again(
    app: &App,
    tx: &mut Tx,
    inviter: &Inviter<'_>,
    member: &Member,
    email: &Email,
    temporary: &Temporary,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let user = tx.user(member.user).await?.ok_or(AppError::NotFound)?;
    let fresh = needs_temporary_password(&user);
    if fresh {
        let until = occasion.now.plus(days(7));
        tx.set_password(user.id, &NewPassword::Temporary(&temporary.hash, until), occasion.now).await?;
    }
    let roles = tx.role_set(inviter.organization, &member.roles).await?;
    let invitee = Invitee {
        organization: inviter.organization,
        organization_name: inviter.organization_name,
        user: member.user,
        email,
        roles: role_names(member.account_role, &roles),
        temporary_password: fresh.then(|| temporary.plain.clone()),
        inviter: inviter.name,
    };
    send(app, tx, &invitee, inviter.author, occasion).await?;
    Ok(())
}

/// The letter of somebody enabled again (E3): a link, no password.
pub(super) async fn send_reactivation(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    member: &Member,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let email = Email::parse(&member.email).map_err(AppError::fault)?;
    let token = LinkToken::new(app);
    let author = actor.author();
    let expires_at = tx.put_invitation(actor.organization, member.user, &token.hash, &author, occasion).await?;
    let content = Content::Reactivation {
        organization: actor.organization_name.clone(),
        link: Link { url: app.config.public_url.link(&format!("/activate/{}", token.plain)), expires_at },
    };
    post(app, tx, actor.organization, member.user, &email, content, occasion).await
}
