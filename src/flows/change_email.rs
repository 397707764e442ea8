//! Changing one's own address (portal contract 1.7). It holds once the link mailed to the new one is used; until then the
//! old one stays in force.

use serde_json::json;

use super::{LinkToken, standing};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditTarget, Occasion},
        mail::{Addressee, Content, Letter, Link},
        session::EndReason,
        text::Email,
    },
    error::AppError,
    store::{EmailChange, Field, SignedIn, StoreError},
};

/// How asking for another address ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// The link is on its way (E9).
    Sent,
    /// Somebody else has the address. Said to nobody who has not proven their password.
    Taken,
}

/// Mails the link that confirms; one asked for earlier is dead.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile.
pub async fn request(app: &App, signed_in: &SignedIn, new: &Email, occasion: &Occasion) -> Result<Requested, AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    if tx.user_by_email(new.key()).await?.is_some_and(|holder| holder.id != standing.user) {
        return Ok(Requested::Taken);
    }
    let token = LinkToken::new(app);
    let expires_at = tx.put_email_change(standing.user, new, &token.hash, occasion.now).await?;
    let account = Email::parse(&standing.email).map_err(AppError::fault)?;
    let url = app.config.public_url.link(&format!("/account/email/confirm/{}", token.plain));
    let content = Content::EmailConfirmation { link: Link { url, expires_at } };
    let letter = Letter { to: Addressee { email: new.clone(), member: None }, account, content };
    app.courier.queue(&mut tx, &letter, occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(Requested::Sent)
}

/// The change behind a link, if the link still leads anywhere. Looking changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn find(app: &App, token: &str, occasion: &Occasion) -> Result<Option<EmailChange>, AppError> {
    let hash = LinkToken::hash_of(app, token);
    Ok(app.db.begin_read().await?.email_change(&hash, occasion.now).await?)
}

/// Puts the new address in force: failures and lock of both addresses come together, every session ends, and both
/// addresses are told (E8). False when the link leads nowhere any more, or somebody else took the address meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn confirm(app: &App, token: &str, occasion: &Occasion) -> Result<bool, AppError> {
    let hash = LinkToken::hash_of(app, token);
    let mut tx = app.db.begin_write().await?;
    let Some(change) = tx.email_change(&hash, occasion.now).await? else { return Ok(false) };
    if !tx.use_email_change(&hash).await? {
        return Ok(false);
    }
    let user = tx.user(change.user_id).await?.ok_or(AppError::NotFound)?;
    let old = Email::parse(&user.email).map_err(AppError::fault)?;
    let new = Email::parse(&change.new_email).map_err(AppError::fault)?;
    match tx.set_email(user.id, &user.display_name, &new).await {
        Err(StoreError::Taken(Field::Email)) => return Ok(false),
        done => done?,
    }
    let name = if user.display_name.is_empty() { new.as_str() } else { &user.display_name };
    tx.note_own_change(user.id, name, occasion.now).await?;
    tx.forget_links(user.id).await?;
    let ended = tx.end_sessions(user.id, None, EndReason::Email, occasion.now).await?;
    let home = tx.entry(&user, occasion.now).await?.home();
    let event = AuditEvent::new(
        AuditAction::AccountEmailChanged,
        AuditActor::User { id: user.id, name: name.to_owned(), email: old.as_str().to_owned() },
        AuditTarget::user(user.id, &user.display_name, new.as_str()),
        tx.scope(home).await?,
    );
    let event =
        event.before(json!({ "email": old.as_str() })).after(json!({ "email": new.as_str(), "sessions_ended": ended }));
    tx.record(event, occasion).await?;
    for to in [&old, &new] {
        let content = Content::EmailChanged { old: old.clone(), new: new.clone(), by: name.to_owned() };
        let letter = Letter { to: Addressee { email: to.clone(), member: None }, account: new.clone(), content };
        app.courier.queue(&mut tx, &letter, occasion).await?;
    }
    tx.commit().await?;
    app.courier.wake();
    Ok(true)
}
