//! What people say about themselves: the name others see, and how they like their pages.

use serde_json::json;

use super::{end_sessions::own_event, standing};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, Occasion},
        text::{DisplayName, Email},
    },
    error::AppError,
    store::SignedIn,
};

/// Stores one's own display name.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile.
pub async fn rename(app: &App, signed_in: &SignedIn, name: &DisplayName, occasion: &Occasion) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    if standing.display_name == name.as_str() {
        return Ok(());
    }
    let email = Email::parse(&standing.email).map_err(AppError::fault)?;
    let event = own_event(&mut tx, signed_in, AuditAction::AccountNameChanged).await?;
    tx.set_display_name(standing.user, name, &email).await?;
    tx.note_own_change(standing.user, name.as_str(), occasion.now).await?;
    let event = event.before(json!({ "name": standing.display_name })).after(json!({ "name": name.as_str() }));
    tx.record(event, occasion).await?;
    Ok(tx.commit().await?)
}

/// Remembers a theme; none follows the system.
///
/// # Errors
/// As [`rename`].
pub async fn choose_theme(
    app: &App,
    signed_in: &SignedIn,
    theme: Option<&str>,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = standing(&mut tx, signed_in, occasion).await?;
    tx.remember_theme(standing.user, theme).await?;
    Ok(tx.commit().await?)
}
