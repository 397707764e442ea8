//! A new key for everything that is encrypted at rest, while the program serves (security contract S51).
//!
//! 1. The new key is written behind the old one in the key file. Processes that share the file find it there as soon as
//!    they meet a value sealed with it.
//! 2. It is put in force in the database: from then on everybody seals with it.
//! 3. What is sealed with an older key is sealed anew, a few values in each transaction.
//! 4. That is written into the audit log, and the older keys leave the file.
//!
//! A rotation that was cut off goes on where it stood.

use crate::{
    app::App,
    domain::audit::{AuditActor, Author},
    error::AppError,
    keys::{KeyChange, KeyFileError, KeyId},
    policy::{Permit, RotateKey},
    store::Resealed,
};

/// What a rotation came to.
#[derive(Debug)]
pub struct Rotated {
    /// The key in force.
    pub key: KeyId,
    /// It ended what an earlier rotation had begun.
    pub resumed: bool,
    /// Values sealed anew, and values no key opens.
    pub values: Resealed,
}

/// Why keys were not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The key file cannot be used.
    #[error("{0}")]
    File(#[from] KeyFileError),
    /// Another node rotates.
    #[error("the key was rotated by another process meanwhile")]
    Overtaken,
    /// A rule or the program failed on the way.
    #[error("{0}")]
    App(#[from] AppError),
}

impl From<crate::store::StoreError> for RotationError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::App(error.into())
    }
}

/// Rotates, or ends a rotation that was cut off.
///
/// # Errors
/// [`RotationError`]; the same command goes on from there.
pub async fn rotate(app: &App) -> Result<Rotated, RotationError> {
    let mut file = KeyChange::begin(&app.config.key_file)?;
    let mut tx = app.db.begin_read().await?;
    let (before, is_rotating) = (tx.key_in_force().await?, tx.is_rotating().await?);
    drop(tx);
    let resumed = is_rotating || file.has_older_than(before);
    if !resumed {
        let next = file.add_next(before, app.entropy.as_ref())?;
        let mut tx = app.db.begin_write().await?;
        if !tx.switch_key(&permit(), before, next).await? {
            return Err(RotationError::Overtaken);
        }
        tx.commit().await?;
    }
    let values = reseal(app).await?;
    let mut tx = app.db.begin_write().await?;
    let key = tx.key_in_force().await?;
    tx.finish_rotation(permit(), &app.occasion()).await?;
    tx.commit().await?;
    file.keep_only(key)?;
    Ok(Rotated { key, resumed, values })
}

async fn reseal(app: &App) -> Result<Resealed, RotationError> {
    let mut progress = Resealed::default();
    loop {
        let mut tx = app.db.begin_write().await?;
        let goes_on = tx.reseal_some(&mut progress).await?;
        tx.commit().await?;
        if !goes_on {
            return Ok(progress);
        }
    }
}

fn permit() -> Permit<RotateKey> {
    Permit::without_actor(Author { actor: AuditActor::System, scope: None }, RotateKey, ())
}
