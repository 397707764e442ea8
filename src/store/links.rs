//! Mailed links of a person: for a forgotten password and for a new address. Stored as hashes; each works once.

use super::{
    Result, Tx, User,
    query::{execute, fetch_optional, scalar_optional},
};
use crate::domain::{
    ids::UserId,
    text::Email,
    time::{Timestamp, days, minutes},
};

/// How long a link for a new password works (portal contract 1.6).
const RESET_LIFE: std::time::Duration = minutes(60);
/// No second link is mailed this soon after one.
const RESET_PAUSE: std::time::Duration = minutes(5);
/// How long a new address may be confirmed (portal contract 1.7).
const CONFIRM_LIFE: std::time::Duration = days(1);

/// A change of address that waits for its confirmation.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EmailChange {
    /// Whose address it is.
    pub user_id: UserId,
    /// The new one, as typed.
    pub new_email: String,
}

impl Tx {
    /// Gives the user a fresh link for a new password and kills the earlier one; none when one was made within the last
    /// five minutes, whatever became of it.
    pub(crate) async fn put_password_reset(
        &mut self,
        user: &User,
        token_hash: &[u8],
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let expires_at = now.plus(RESET_LIFE);
        let made = execute!(
            self,
            "INSERT INTO password_resets (token_hash, user_id, email_key, created_at, expires_at)
             SELECT $1, id, email_key, $3, $4 FROM users WHERE id = $2
             ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, email_key = excluded.email_key,
                 created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL
             WHERE password_resets.created_at <= $5",
            token_hash,
            user.id,
            now,
            expires_at,
            now.minus(RESET_PAUSE)
        )?;
        Ok((made == 1).then_some(expires_at))
    }

    /// Whose password a link resets, if the link still works: not used, replaced or expired, the address unchanged.
    pub(crate) async fn password_reset(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<UserId>> {
        let user = scalar_optional!(
            self,
            UserId,
            "SELECT r.user_id FROM password_resets r JOIN users u ON u.id = r.user_id
             WHERE r.token_hash = $1 AND r.used_at IS NULL AND r.expires_at > $2 AND u.email_key = r.email_key",
            token_hash,
            now
        )?;
        Ok(user)
    }

    /// Uses a link up; false when another request was faster.
    pub(crate) async fn use_password_reset(&mut self, token_hash: &[u8], now: Timestamp) -> Result<bool> {
        let used = execute!(
            self,
            "UPDATE password_resets SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
            token_hash,
            now
        )?;
        Ok(used == 1)
    }

    /// Remembers which address the user wants, in place of what they wanted before.
    pub(crate) async fn put_email_change(
        &mut self,
        user: UserId,
        new: &Email,
        token_hash: &[u8],
        now: Timestamp,
    ) -> Result<Timestamp> {
        let expires_at = now.plus(CONFIRM_LIFE);
        execute!(
            self,
            "INSERT INTO email_changes (token_hash, user_id, old_key, new_email, created_at, expires_at)
             SELECT $1, id, email_key, $3, $4, $5 FROM users WHERE id = $2
             ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, old_key = excluded.old_key,
                 new_email = excluded.new_email, created_at = excluded.created_at, expires_at = excluded.expires_at",
            token_hash,
            user,
            new.as_str(),
            now,
            expires_at
        )?;
        Ok(expires_at)
    }

    /// The change a link confirms, if it still may: not used, replaced or expired, the address still the old one, its
    /// owner not disabled.
    pub async fn email_change(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<EmailChange>> {
        let change = fetch_optional!(
            self,
            EmailChange,
            "SELECT e.user_id, e.new_email FROM email_changes e JOIN users u ON u.id = e.user_id
             WHERE e.token_hash = $1 AND e.expires_at > $2 AND u.email_key = e.old_key AND u.disabled_at IS NULL",
            token_hash,
            now
        )?;
        Ok(change)
    }

    /// Uses a confirmation up; false when another request was faster.
    pub(crate) async fn use_email_change(&mut self, token_hash: &[u8]) -> Result<bool> {
        let used = execute!(self, "DELETE FROM email_changes WHERE token_hash = $1", token_hash)?;
        Ok(used == 1)
    }

    /// The address a user wants and has not confirmed yet.
    pub async fn pending_email(&mut self, user: UserId, now: Timestamp) -> Result<Option<String>> {
        let pending = scalar_optional!(
            self,
            String,
            "SELECT new_email FROM email_changes WHERE user_id = $1 AND expires_at > $2",
            user,
            now
        )?;
        Ok(pending)
    }

    /// Forgets the address a user wants.
    pub(crate) async fn forget_email_change(&mut self, user: UserId) -> Result<()> {
        execute!(self, "DELETE FROM email_changes WHERE user_id = $1", user)?;
        Ok(())
    }
}
