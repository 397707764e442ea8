//! Inviting people, and sending an invitation again.

use std::collections::HashMap;

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
        text::{Email, TypedAddress},
        time::{days, minutes},
        users::MembershipKind,
    },
    error::AppError,
    policy::{Actor, InviteUsers, Permit, Refusal, ResendInvitation},
    store::{Member, NewMembership, NewPassword, NewUser, Tx, User},
};

/// What became of one typed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InviteOutcome {
    /// Invited; the letter is on its way.
    Invited(UserId),
    /// Has an activated or a disabled membership here.
    AlreadyMember,
    /// Has an open or expired invitation here.
    AlreadyInvited,
    /// No address.
    NotAnAddress,
}

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

/// Invites every valid address, all in one transaction (portal contract 5.1).
///
/// # Errors
/// What the policy denies; [`Refusal::InviteSeats`] when not all new addresses fit, and then nobody is invited.
pub async fn invite(
    app: &App,
    caller: &Caller,
    addresses: &[TypedAddress],
    account_role: AccountRole,
    role_keys: &[String],
) -> Result<Vec<(String, InviteOutcome)>, AppError> {
    let temporaries = make_temporaries(app, caller, addresses).await?;
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let roles = tx.wanted_roles(actor.organization, role_keys).await?.map_err(|role| Refusal::Assign { role })?;
    let permit = actor.authorize(InviteUsers { account_role, roles }, actor.organization)?;
    let mut outcomes = Vec::with_capacity(addresses.len());
    let mut newcomers = Vec::new();
    for address in addresses {
        let outcome = match address.email() {
            None => InviteOutcome::NotAnAddress,
            Some(email) => match tx.member_by_email(actor.organization, email.key()).await? {
                Some(member) => present(&member),
                None => {
                    newcomers.push((outcomes.len(), email));
                    InviteOutcome::NotAnAddress
                }
            },
        };
        outcomes.push((address.as_str().to_owned(), outcome));
    }
    check_seats(&mut tx, &actor, account_role, newcomers.len()).await?;
    for (place, email) in newcomers {
        let temporary = temporaries.get(email.key());
        let user = invite_one(app, &mut tx, &permit, &actor, email, temporary, &caller.occasion).await?;
        if let Some((_, outcome)) = outcomes.get_mut(place) {
            *outcome = InviteOutcome::Invited(user);
        }
    }
    tx.commit().await?;
    app.courier.wake();
    Ok(outcomes)
}

fn present(member: &Member) -> InviteOutcome {
    if member.validated_at.is_some() || !member.enabled {
        InviteOutcome::AlreadyMember
    } else {
        InviteOutcome::AlreadyInvited
    }
}

/// Temporary passwords for every address that is no member yet, hashed a few at a time.
async fn make_temporaries(
    app: &App,
    caller: &Caller,
    addresses: &[TypedAddress],
) -> Result<HashMap<String, Temporary>, AppError> {
    let organization = caller.organization.ok_or_else(super::no_organization)?;
    let mut wanted = Vec::new();
    let mut tx = app.db.begin_read().await?;
    for email in addresses.iter().filter_map(TypedAddress::email) {
        if tx.member_by_email(organization, email.key()).await?.is_none() {
            wanted.push(email.key().to_owned());
        }
    }
    drop(tx);
    let mut temporaries = HashMap::new();
    for few in wanted.chunks(app.config.hash_concurrency.max(1)) {
        let hashed = few.iter().map(|key| async {
            let plain = passwords::temporary_password(app.entropy.as_ref());
            let hash = app.hasher.hash(&plain).await?;
            Ok::<_, AppError>((key.clone(), Temporary { plain, hash }))
        });
        temporaries.extend(futures::future::try_join_all(hashed).await?);
    }
    Ok(temporaries)
}

/// Nothing is sent when not all of them fit, not even for a part.
async fn check_seats(tx: &mut Tx, actor: &Actor, role: AccountRole, new: usize) -> Result<(), AppError> {
    let seats = tx.seats(actor.organization).await?;
    let entered = u64::try_from(new).unwrap_or(u64::MAX);
    let organization = actor.organization_name.clone();
    let over = |free: Option<i64>| free.map(i64::unsigned_abs).filter(|free| entered > *free);
    if let Some(free) = over(seats.free()) {
        return Err(Refusal::InviteSeats { free, organization, entered }.into());
    }
    if let Some(free) = over(seats.free_analysts()).filter(|_| role.takes_analyst_seat()) {
        return Err(Refusal::InviteAnalystSeats { free, organization, entered }.into());
    }
    Ok(())
}

async fn invite_one(
    app: &App,
    tx: &mut Tx,
    permit: &Permit<InviteUsers>,
    actor: &Actor,
    email: &Email,
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
            tx.add_user(&NewUser { email, name: None, account_role, password, activated: false }, occasion).await?
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
    let name = known.as_ref().map_or("", |user| user.display_name.as_str());
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
    invite_again(app, &mut tx, &actor, &member, &email, &temporary, permit.author(), occasion).await?;
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
    actor: &Actor,
    member: &Member,
    email: &Email,
    spare: &Spare,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let author = actor.author();
    invite_again(app, tx, actor, member, email, &spare.0, &author, occasion).await
}

#[expect(clippy::too_many_arguments, reason = "each is another fact of the one letter")]
async fn invite_again(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    member: &Member,
    email: &Email,
    temporary: &Temporary,
    author: &Author,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let user = tx.user(member.user).await?.ok_or(AppError::NotFound)?;
    let fresh = needs_temporary_password(&user);
    if fresh {
        let until = occasion.now.plus(days(7));
        tx.set_password(user.id, &NewPassword::Temporary(&temporary.hash, until), occasion.now).await?;
    }
    let roles = tx.role_set(actor.organization, &member.roles).await?;
    let invitee = Invitee {
        organization: actor.organization,
        organization_name: &actor.organization_name,
        user: member.user,
        email,
        roles: role_names(member.account_role, &roles),
        temporary_password: fresh.then(|| temporary.plain.clone()),
        inviter: &actor.name,
    };
    send(app, tx, &invitee, author, occasion).await?;
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
