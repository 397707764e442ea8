//! Using an activation link. The link turns the membership on and nothing else; password and name are asked at the
//! first login.

use super::LinkToken;
use crate::{app::App, domain::audit::Occasion, error::AppError, store::OpenInvitation};

/// The invitation behind a link, if the link still leads anywhere. Looking changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn find(app: &App, token: &str, occasion: &Occasion) -> Result<Option<OpenInvitation>, AppError> {
    let hash = LinkToken::hash_of(app, token);
    let mut tx = app.db.begin_read().await?;
    Ok(tx.open_invitation(&hash, occasion.now).await?)
}

/// Uses the link up. Nothing when it leads nowhere, or another request was faster.
///
/// # Errors
/// When the database does not answer.
pub async fn accept(app: &App, token: &str, occasion: &Occasion) -> Result<Option<OpenInvitation>, AppError> {
    let hash = LinkToken::hash_of(app, token);
    let mut tx = app.db.begin_write().await?;
    let Some(open) = tx.open_invitation(&hash, occasion.now).await? else { return Ok(None) };
    if !tx.accept_invitation(&open, occasion).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(open))
}
