//! The verbs of the second factor: setting up an authenticator, showing and renewing recovery codes, and the reset by
//! somebody else (portal contract 4).

use serde_json::json;

use super::{Caller, begin, commit, end_sessions::own_event, standing};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditTarget, Author, Occasion},
        ids::{OrganizationId, UserId},
        mail::{Addressee, Content, Letter},
        mfa::{TotpCode, TotpSecret, recovery_codes},
        session::{EndReason, Stage},
        text::Email,
    },
    error::AppError,
    policy::ResetAuthenticator,
    store::{Member, SignedIn, StoredCode, Tx, User},
};

/// What an authenticator app is to learn.
#[derive(Debug)]
pub struct Offer {
    /// The organization that requires it.
    pub organization: String,
    /// The account, as it stands in the app.
    pub account: Email,
    /// The secret.
    pub secret: TotpSecret,
    /// Whether it takes the place of another authenticator.
    pub replaces: bool,
}

/// How verifying a code of a new authenticator ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolled {
    /// The authenticator is in force; its confirmation went to this address.
    Yes {
        /// The address of the account.
        email: String,
    },
    /// The code is wrong. This is no attempt: the password was right, and nothing is protected yet.
    WrongCode,
    /// Nothing is to be set up here.
    NotDue,
}

/// The secret to show this session; the same one at every look. None when nothing is to be set up here.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile.
pub async fn offer(app: &App, signed_in: &SignedIn, occasion: &Occasion) -> Result<Option<Offer>, AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    let is_due = signed_in.stage == Stage::Enroll && standing.lacks_authenticator();
    if !is_due && !standing.has_authenticator {
        return Ok(None);
    }
    if is_due {
        let fresh = TotpSecret::generate(app.entropy.as_ref());
        tx.offer_secret(standing.user, signed_in.session, &fresh, occasion.now).await?;
    }
    let Some(secret) = tx.pending_secret(standing.user, signed_in.session).await? else { return Ok(None) };
    tx.commit().await?;
    let working_in = standing.organization.as_ref().map(|organization| organization.name.clone());
    Ok(Some(Offer {
        organization: standing.mfa_required_by.or(working_in).unwrap_or_default(),
        account: Email::parse(&standing.email).map_err(AppError::fault)?,
        secret,
        replaces: !is_due,
    }))
}

/// Puts the offered secret in force once a code of it is right: ten recovery codes are made and the owner is told (E4).
///
/// # Errors
/// As [`offer`].
pub async fn enroll(
    app: &App,
    signed_in: &SignedIn,
    code: &TotpCode,
    occasion: &Occasion,
) -> Result<Enrolled, AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    let replaces = standing.has_authenticator;
    let is_due = signed_in.stage == Stage::Enroll && standing.lacks_authenticator();
    let secret = tx.pending_secret(standing.user, signed_in.session).await?;
    let Some(secret) = secret.filter(|_| is_due || replaces) else { return Ok(Enrolled::NotDue) };
    let Some(step) = secret.check(code, occasion.now) else { return Ok(Enrolled::WrongCode) };
    tx.set_authenticator(standing.user, &secret, step, occasion.now).await?;
    tx.set_recovery_codes(standing.user, &recovery_codes(app.entropy.as_ref())).await?;
    let action = if replaces { AuditAction::MfaReplaced } else { AuditAction::MfaEnrolled };
    let event = own_event(&mut tx, signed_in, action).await?;
    tx.record(event, occasion).await?;
    let account_page = app.config.public_url.link("/account");
    tell(app, &mut tx, &standing.email, Content::AuthenticatorOn { account_page }, occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(Enrolled::Yes { email: standing.email })
}

/// Offers this session another secret, after the old authenticator and the password were proven. The old one works until
/// a code of the new one is right.
///
/// # Errors
/// As [`offer`].
pub async fn offer_replacement(app: &App, signed_in: &SignedIn, occasion: &Occasion) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    tx.withdraw_offer(standing.user, signed_in.session).await?;
    let fresh = TotpSecret::generate(app.entropy.as_ref());
    tx.offer_secret(standing.user, signed_in.session, &fresh, occasion.now).await?;
    Ok(tx.commit().await?)
}

/// The recovery codes, for their owner who just proved the password; looking is recorded.
///
/// # Errors
/// As [`offer`].
pub async fn show_codes(app: &App, signed_in: &SignedIn, occasion: &Occasion) -> Result<Vec<StoredCode>, AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    let codes = tx.recovery_codes(standing.user).await?;
    let event = own_event(&mut tx, signed_in, AuditAction::MfaRecoveryCodesShown).await?;
    tx.record(event, occasion).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Makes ten new recovery codes; the old ones die at once and the owner is told (E7).
///
/// # Errors
/// As [`offer`].
pub async fn renew_codes(app: &App, signed_in: &SignedIn, occasion: &Occasion) -> Result<Vec<StoredCode>, AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    let codes = recovery_codes(app.entropy.as_ref());
    tx.set_recovery_codes(standing.user, &codes).await?;
    let event = own_event(&mut tx, signed_in, AuditAction::MfaRecoveryCodesRegenerated).await?;
    tx.record(event, occasion).await?;
    let account_page = app.config.public_url.link("/account");
    tell(app, &mut tx, &standing.email, Content::RecoveryCodesMade { account_page }, occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(codes.into_iter().map(|code| StoredCode { code, used_at: None }).collect())
}

async fn tell(app: &App, tx: &mut Tx, email: &str, content: Content, occasion: &Occasion) -> Result<(), AppError> {
    let email = Email::parse(email).map_err(AppError::fault)?;
    let letter = Letter::to_owner(Addressee { email, member: None }, content);
    app.courier.queue(tx, &letter, occasion).await?;
    Ok(())
}

/// Takes the authenticator of somebody who lost it away. They and the organization's Administrators are told (E5).
///
/// # Errors
/// What the policy denies.
pub async fn reset(app: &App, caller: &Caller, user: UserId) -> Result<Member, AppError> {
    let (mut tx, actor, member, permit) = begin(app, caller, user, ResetAuthenticator).await?;
    tx.reset_authenticator(permit, &member, &caller.occasion).await?;
    let lost = Lost { user: member.user, name: member.shown_name(), email: &member.email, by: &actor.name };
    lost.tell_owner(app, &mut tx, &caller.occasion).await?;
    lost.tell_administrators(app, &mut tx, actor.organization, &actor.organization_name, &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    app.courier.wake();
    Ok(member)
}

/// The same from the command line, for the Server Administrator who lost everything. False when nothing was set up.
///
/// # Errors
/// [`AppError::NotFound`] when nobody has this address.
pub async fn reset_from_command_line(app: &App, email: &Email) -> Result<bool, AppError> {
    let occasion = app.occasion();
    let mut tx = app.db.begin_write().await?;
    let found = tx.user_by_email(email.key()).await?.filter(|user| !user.is_token);
    let user = found.ok_or(AppError::NotFound)?;
    if !tx.erase_second_factor(user.id).await? {
        return Ok(false);
    }
    tx.forget_links(user.id).await?;
    let ended = tx.end_sessions(user.id, None, EndReason::Ended, occasion.now).await?;
    record_reset(&mut tx, &user, ended, &occasion).await?;
    let lost = Lost { user: user.id, name: user.shown_name(), email: &user.email, by: "An operator of the server" };
    lost.tell_owner(app, &mut tx, &occasion).await?;
    for organization in tx.organizations_of(user.id).await? {
        lost.tell_administrators(app, &mut tx, organization.id, &organization.name, &occasion).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn record_reset(tx: &mut Tx, user: &User, ended: u64, occasion: &Occasion) -> Result<(), AppError> {
    let home = tx.entry(user, occasion.now).await?.home();
    let author = Author { actor: AuditActor::System, scope: tx.scope(home).await? };
    let target = AuditTarget::user(user.id, &user.display_name, &user.email);
    let event = author.event(AuditAction::MfaResetByAdmin, target).after(json!({ "sessions_ended": ended }));
    Ok(tx.record(event, occasion).await?)
}

/// Somebody whose authenticator was reset.
struct Lost<'a> {
    user: UserId,
    name: &'a str,
    email: &'a str,
    by: &'a str,
}

impl Lost<'_> {
    async fn tell_owner(&self, app: &App, tx: &mut Tx, occasion: &Occasion) -> Result<(), AppError> {
        tell(app, tx, self.email, Content::AuthenticatorReset { by: self.by.to_owned() }, occasion).await
    }

    async fn tell_administrators(
        &self,
        app: &App,
        tx: &mut Tx,
        organization: OrganizationId,
        organization_name: &str,
        occasion: &Occasion,
    ) -> Result<(), AppError> {
        let account = Email::parse(self.email).map_err(AppError::fault)?;
        for (administrator, email) in tx.administrators_of(organization).await? {
            if administrator == self.user {
                continue;
            }
            let content = Content::AuthenticatorResetNotice {
                person: self.name.to_owned(),
                by: self.by.to_owned(),
                organization: organization_name.to_owned(),
            };
            let letter = Letter { to: Addressee { email, member: None }, account: account.clone(), content };
            app.courier.queue(tx, &letter, occasion).await?;
        }
        Ok(())
    }
}
