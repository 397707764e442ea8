//! Forgotten passwords (portal contract 1.6). Asking answers alike for everybody and does its work afterwards, so that
//! neither text nor time tells who has an account. A reset never logs in, lifts no lock and skips no code.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    LinkToken,
    change_password::{Owner, owner_of},
};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditTarget, Occasion},
        mail::{Addressee, Content, Letter, Link},
        session::EndReason,
        sign_in::LoginAddress,
        text::Email,
    },
    error::AppError,
    hashing::Verdict,
    store::{NewPassword, Tx, User},
};

/// Requests whose work is not done yet; more are refused, whoever they are about.
const WAITING: usize = 256;

/// Room for work that is done after the answer.
#[derive(Debug, Clone)]
pub struct Afterwards(Arc<Semaphore>);

impl Default for Afterwards {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(WAITING)))
    }
}

impl Afterwards {
    /// Waits until nothing is waiting any more. For an orderly end, and for tests.
    pub async fn done(&self) {
        let all = u32::try_from(WAITING).unwrap_or(u32::MAX);
        drop(self.0.acquire_many(all).await);
    }
}

/// Sends a link to whoever has this address and may log in, after the caller has answered.
///
/// # Errors
/// [`AppError::Unavailable`] when too many requests wait.
pub fn request(app: &App, address: LoginAddress, occasion: &Occasion) -> Result<(), AppError> {
    let Ok(room) = app.afterwards.0.clone().try_acquire_owned() else { return Err(AppError::Unavailable) };
    let (app, occasion) = (app.clone(), occasion.clone());
    tokio::spawn(async move {
        if let Err(error) = send_link(&app, &address, &occasion).await {
            tracing::error!(%error, "a link for a forgotten password was not sent");
        }
        drop(room);
    });
    Ok(())
}

async fn send_link(app: &App, address: &LoginAddress, occasion: &Occasion) -> Result<(), AppError> {
    let found = app.db.begin_read().await?.user_by_email(address.key()).await?;
    if found.is_none() {
        return Ok(());
    }
    let mut tx = app.db.begin_write().await?;
    let found = tx.user_by_email(address.key()).await?;
    let Some(user) = found else { return Ok(()) };
    if !may_reset(&mut tx, &user, occasion).await? {
        return Ok(());
    }
    let token = LinkToken::new(app);
    let Some(expires_at) = tx.put_password_reset(&user, &token.hash, occasion.now).await? else { return Ok(()) };
    let email = Email::parse(&user.email).map_err(AppError::fault)?;
    let url = app.config.public_url.link(&format!("/password/reset/{}", token.plain));
    let content = Content::PasswordReset { link: Link { url, expires_at } };
    let letter = Letter::to_owner(Addressee { email, member: None }, content);
    app.courier.queue(&mut tx, &letter, occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(())
}

/// Only who could log in with the right password may choose another.
async fn may_reset(tx: &mut Tx, user: &User, occasion: &Occasion) -> Result<bool, AppError> {
    if user.is_token || user.activated_at.is_none() || user.disabled_at.is_some() {
        return Ok(false);
    }
    let entry = tx.entry(user, occasion.now).await?;
    Ok(user.is_server_administrator() || entry.organization.is_some())
}

async fn user_of(tx: &mut Tx, hash: &[u8], occasion: &Occasion) -> Result<Option<User>, AppError> {
    let Some(user) = tx.password_reset(hash, occasion.now).await? else { return Ok(None) };
    let Some(user) = tx.user(user).await? else { return Ok(None) };
    Ok(may_reset(tx, &user, occasion).await?.then_some(user))
}

/// Whose password a link resets, with what it must not contain; none when the link leads nowhere. Looking changes
/// nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn find(app: &App, token: &str, occasion: &Occasion) -> Result<Option<Owner>, AppError> {
    let hash = LinkToken::hash_of(app, token);
    let mut tx = app.db.begin_read().await?;
    match user_of(&mut tx, &hash, occasion).await? {
        Some(user) => Ok(Some(owner_of(&mut tx, &user).await?)),
        None => Ok(None),
    }
}

/// How storing a new password by link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// Stored.
    Done,
    /// It is the temporary one that was mailed, which cannot be kept (S6). The link still works.
    Temporary,
    /// The link leads nowhere any more.
    Gone,
}

/// Stores the new password, uses the link up and ends every session.
///
/// # Errors
/// When the database does not answer or too many hashes wait.
pub async fn reset(app: &App, token: &str, password: &str, occasion: &Occasion) -> Result<Reset, AppError> {
    let hash = LinkToken::hash_of(app, token);
    let found = user_of(&mut app.db.begin_read().await?, &hash, occasion).await?;
    let Some(user) = found else { return Ok(Reset::Gone) };
    // A password of one's own is not compared: its hash answers nobody who has not shown to know it.
    let mailed = user.password_hash.as_deref().filter(|_| user.has_temporary_password());
    if mailed.is_some() && app.hasher.check(password, mailed).await? != Verdict::Wrong {
        return Ok(Reset::Temporary);
    }
    let password = app.hasher.hash(password).await?;
    let occasion = Occasion { now: app.clock.now(), ..occasion.clone() };
    let mut tx = app.db.begin_write().await?;
    let Some(user) = user_of(&mut tx, &hash, &occasion).await? else { return Ok(Reset::Gone) };
    if !tx.use_password_reset(&hash, occasion.now).await? {
        return Ok(Reset::Gone);
    }
    tx.set_password(user.id, &NewPassword::Own(&password), occasion.now).await?;
    tx.forget_email_change(user.id).await?;
    let ended = tx.end_sessions(user.id, None, EndReason::Ended, occasion.now).await?;
    let home = tx.entry(&user, occasion.now).await?.home();
    let event = AuditEvent::new(
        AuditAction::AccountPasswordReset,
        AuditActor::User { id: user.id, name: user.shown_name().to_owned(), email: user.email.clone() },
        AuditTarget::user(user.id, &user.display_name, &user.email),
        tx.scope(home).await?,
    );
    tx.record(event.after(json!({ "sessions_ended": ended })), &occasion).await?;
    let email = Email::parse(&user.email).map_err(AppError::fault)?;
    let content = Content::PasswordChanged { address: occasion.address.clone() };
    app.courier.queue(&mut tx, &Letter::to_owner(Addressee { email, member: None }, content), &occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(Reset::Done)
}
