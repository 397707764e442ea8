//! Which key seals, and sealing everything anew with another one (security contract S51). The key in force is the one
//! the installation's data keys are sealed with: whoever seals a value holds that row until the end of the transaction,
//! so that after a switch nothing sealed with the key before it can still arrive.

use super::{
    Result, StoreError, Tx,
    backend::Backend,
    open::DATA_KEYS,
    query::{execute, fetch_all, scalar_one},
};
use crate::{
    domain::audit::{AuditAction, AuditTarget, Occasion},
    keys::{KeyError, KeyId},
    policy::{Permit, RotateKey},
};
use serde_json::json;

/// The name under which a rotation that has begun keeps the key it left.
const ROTATION: &str = "key rotation";

/// A column of sealed values.
struct Sealed {
    /// What its values are bound to.
    field: &'static str,
    /// Rows after `$1` that do not begin with `$2`: where they are, what each is bound to, and the value.
    stale: &'static str,
    /// Puts `$3` in the place of `$2` at `$1`.
    replace: &'static str,
}

const SEALED: [Sealed; 3] = [
    Sealed {
        field: super::mail::FIELD,
        stale: "SELECT id, id, letter FROM mails
                WHERE id > $1 AND length(letter) > 0 AND substr(letter, 1, 5) <> $2 ORDER BY id LIMIT 500",
        replace: "UPDATE mails SET letter = $3 WHERE id = $1 AND letter = $2",
    },
    Sealed {
        field: super::mfa::SECRET,
        stale: "SELECT user_id, user_id, secret FROM authenticators
                WHERE substr(secret, 1, 5) <> $2 AND user_id IN (
                    SELECT DISTINCT user_id FROM authenticators
                    WHERE user_id > $1 AND substr(secret, 1, 5) <> $2 ORDER BY user_id LIMIT 200)
                ORDER BY user_id",
        replace: "UPDATE authenticators SET secret = $3 WHERE user_id = $1 AND secret = $2",
    },
    Sealed {
        field: super::mfa::CODE,
        stale: "SELECT user_id, user_id || '/' || position, code FROM recovery_codes
                WHERE substr(code, 1, 5) <> $2 AND user_id IN (
                    SELECT DISTINCT user_id FROM recovery_codes
                    WHERE user_id > $1 AND substr(code, 1, 5) <> $2 ORDER BY user_id LIMIT 50)
                ORDER BY user_id",
        replace: "UPDATE recovery_codes SET code = $3 WHERE user_id = $1 AND code = $2",
    },
];

/// How far [`Tx::reseal_some`] has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    column: usize,
    after: String,
    /// Values sealed anew.
    pub done: u64,
    /// Values that no key of the file opens, left as they are.
    pub unreadable: u64,
}

impl Tx {
    /// Encrypts a value with the key in force.
    pub(super) async fn seal(&mut self, field: &str, row_id: &str, plaintext: &[u8]) -> Result<Vec<u8>> {
        let key = match self.sealing_key {
            Some(key) => key,
            None => self.hold_key().await?,
        };
        Ok(self.keyring.seal_with(key, field, row_id, plaintext)?)
    }

    /// The key in force, until the end of this transaction.
    async fn hold_key(&mut self) -> Result<KeyId> {
        let sql = match self.backend() {
            // One writer anyway.
            Backend::Sqlite => "SELECT value FROM installation WHERE name = $1",
            Backend::Postgres => "SELECT value FROM installation WHERE name = $1 FOR SHARE",
        };
        let sealed = scalar_one!(self, Vec<u8>, sql, DATA_KEYS)?;
        let key = KeyId::of_value(&sealed).ok_or(KeyError::Damaged)?;
        self.sealing_key = Some(key);
        Ok(key)
    }

    /// The key in force.
    pub(crate) async fn key_in_force(&mut self) -> Result<KeyId> {
        let sealed = self.installation_value(DATA_KEYS).await?.unwrap_or_default();
        Ok(KeyId::of_value(&sealed).ok_or(KeyError::Damaged)?)
    }

    /// Puts another key in force. False when somebody else was faster.
    pub(crate) async fn switch_key(&mut self, _: &Permit<RotateKey>, from: KeyId, to: KeyId) -> Result<bool> {
        let sealed = self.keys.clone().seal(&self.keyring, to)?;
        let switched = execute!(
            self,
            "UPDATE installation SET value = $2 WHERE name = $1 AND substr(value, 1, 5) = $3",
            DATA_KEYS,
            &sealed,
            &from.prefix()[..]
        )?;
        Ok(switched == 1 && self.set_installation_value_once(ROTATION, &from.prefix()).await?)
    }

    /// Seals some more values with the key in force; false when there were none left.
    pub(crate) async fn reseal_some(&mut self, progress: &mut Resealed) -> Result<bool> {
        let key = self.hold_key().await?;
        let Some(column) = SEALED.get(progress.column) else { return Ok(false) };
        let rows = fetch_all!(self, (String, String, Vec<u8>), column.stale, &progress.after, &key.prefix()[..])?;
        let Some((last, ..)) = rows.last() else {
            *progress = Resealed { column: progress.column + 1, after: String::new(), ..*progress };
            return Ok(true);
        };
        progress.after.clone_from(last);
        for (place, row_id, old) in &rows {
            let Ok(plaintext) = self.keyring.open(column.field, row_id, old) else {
                tracing::error!(field = column.field, row = row_id, "a value cannot be opened with any key");
                progress.unreadable += 1;
                continue;
            };
            let new = self.keyring.seal_with(key, column.field, row_id, &plaintext)?;
            // A value that was replaced meanwhile was sealed with the key in force.
            progress.done += execute!(self, column.replace, place, old, &new)?;
        }
        Ok(true)
    }

    /// Writes down that a rotation is done; does nothing when that was written already.
    pub(crate) async fn finish_rotation(&mut self, permit: Permit<RotateKey>, occasion: &Occasion) -> Result<()> {
        let (before, now) = (self.installation_value(ROTATION).await?, self.key_in_force().await?);
        let Some(before) = before.as_deref().and_then(KeyId::of_value) else { return Ok(()) };
        let gone = execute!(self, "DELETE FROM installation WHERE name = $1", ROTATION)?;
        if gone == 0 {
            return Ok(());
        }
        let event = permit.author().event(AuditAction::KeyRotated, AuditTarget::installation());
        let event = event.before(json!({ "key": before.to_string() })).after(json!({ "key": now.to_string() }));
        self.record(event, occasion).await
    }

    /// Whether a rotation has begun and is not done.
    pub(crate) async fn is_rotating(&mut self) -> Result<bool> {
        Ok(self.installation_value(ROTATION).await?.is_some())
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        Self::Broken(Box::new(error))
    }
}
