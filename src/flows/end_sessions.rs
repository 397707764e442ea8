//! Ending sessions: one's own, by logging out or from Your Account.

use serde_json::json;

use super::standing;
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditTarget, Occasion},
        ids::SessionId,
        session::EndReason,
    },
    error::AppError,
    store::{SignedIn, Tx},
};

/// Logs out: the session's row goes away with the event that says so.
///
/// # Errors
/// When the database does not answer; the person is still signed in then.
pub async fn log_out(app: &App, signed_in: &SignedIn, occasion: &Occasion) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    let ended = tx.end_session(signed_in.user, signed_in.session, occasion.now).await?;
    if ended && signed_in.stage.is_signed_in() {
        let event = own_event(&mut tx, signed_in, AuditAction::Logout).await?;
        tx.record(event, occasion).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Drops a login that is waiting for its code. Nobody was signed in, so nobody is logged out.
///
/// # Errors
/// When the database does not answer.
pub async fn drop_half(app: &App, half: &SignedIn, occasion: &Occasion) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    tx.end_session(half.user, half.session, occasion.now).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends one session of the person who asks.
///
/// # Errors
/// [`AppError::NotFound`] when they have none of this id, [`AppError::ExpiredForm`] when the asking one ended meanwhile.
pub async fn end_own(app: &App, signed_in: &SignedIn, session: SessionId, occasion: &Occasion) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    standing(&mut tx, signed_in, occasion).await?;
    if !tx.end_session(signed_in.user, session, occasion.now).await? {
        return Err(AppError::NotFound);
    }
    let event = own_event(&mut tx, signed_in, AuditAction::SessionEnded).await?;
    tx.record(event.after(json!({ "sessions_ended": 1 })), occasion).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all sessions of the person who asks but the one they ask from.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the asking one ended meanwhile.
pub async fn end_others(app: &App, signed_in: &SignedIn, occasion: &Occasion) -> Result<u64, AppError> {
    let mut tx = app.db.begin_write().await?;
    standing(&mut tx, signed_in, occasion).await?;
    let ended = tx.end_sessions(signed_in.user, Some(signed_in.session), EndReason::Ended, occasion.now).await?;
    let event = own_event(&mut tx, signed_in, AuditAction::SessionEnded).await?;
    tx.record(event.after(json!({ "sessions_ended": ended })), occasion).await?;
    tx.commit().await?;
    Ok(ended)
}

/// An event in which somebody does something to themselves, in the organization they work in.
pub(super) async fn own_event(tx: &mut Tx, signed_in: &SignedIn, action: AuditAction) -> Result<AuditEvent, AppError> {
    let user = tx.user(signed_in.user).await?.ok_or(AppError::NotFound)?;
    let actor = AuditActor::User { id: user.id, name: user.shown_name().to_owned(), email: user.email.clone() };
    let target = AuditTarget::user(user.id, &user.display_name, &user.email);
    let scope = tx.scope(signed_in.organization).await?;
    Ok(AuditEvent::new(action, actor, target, scope))
}
