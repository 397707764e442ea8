//! Sessions in the database. The cookie's identifier is stored as its hash only; whose session it is, since when and
//! from where stand in columns of their own, so that sessions can be listed, judged and ended one by one.
//!
//! Somebody who is not signed in has a cookie but no row here: the session of an identifier the database does not know
//! is an anonymous one, and signing in always makes a new identifier.

mod cookies;

pub use cookies::{ANONYMOUS, ENDED, SIGNED_IN, Sessions, SignedIn};

use super::{
    Result, Tx, User,
    query::{execute, fetch_all, scalar_optional},
};
use crate::domain::{
    ids::{OrganizationId, SessionId, UserId},
    session::EndReason,
    time::Timestamp,
};

/// A session in a list.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SessionRow {
    /// The id people see.
    pub id: SessionId,
    /// Start of the session.
    pub signed_in_at: Timestamp,
    /// Last activity.
    pub last_active_at: Timestamp,
    /// Client address at sign-in.
    pub address: String,
    /// Browser and system.
    pub device: String,
}

impl Tx {
    /// Notes activity. Not older than what stands there: two nodes may answer out of order.
    pub async fn touch_session(&mut self, session: SessionId, now: Timestamp) -> Result<()> {
        execute!(self, "UPDATE sessions SET last_active_at = $2 WHERE id = $1 AND last_active_at < $2", session, now)?;
        Ok(())
    }

    /// The epoch of a session that is still one.
    pub async fn session_epoch(&mut self, session: SessionId) -> Result<Option<i64>> {
        let epoch = scalar_optional!(
            self,
            i64,
            "SELECT s.epoch FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.id = $1 AND s.epoch = u.session_epoch",
            session
        )?;
        Ok(epoch)
    }

    /// The user behind half a sign-in that is still one, held for this transaction; nobody once it was ended or used.
    pub(crate) async fn half_signed_in(&mut self, session: SessionId) -> Result<Option<User>> {
        let user = scalar_optional!(
            self,
            UserId,
            "SELECT s.user_id FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.id = $1 AND s.stage = 'code' AND s.epoch = u.session_epoch AND u.disabled_at IS NULL",
            session
        )?;
        match user {
            Some(user) => self.user(user).await,
            None => Ok(None),
        }
    }

    /// When the session was last active, if it still is one; looking is no activity.
    pub async fn session_activity(&mut self, session: SessionId) -> Result<Option<Timestamp>> {
        let at = scalar_optional!(self, Timestamp, "SELECT last_active_at FROM sessions WHERE id = $1", session)?;
        Ok(at)
    }

    /// The user's sessions, latest activity first; half a sign-in is none. With an organization, only those in it.
    pub async fn sessions_of(&mut self, user: UserId, within: Option<OrganizationId>) -> Result<Vec<SessionRow>> {
        let rows = fetch_all!(self, SessionRow, "SELECT id, signed_in_at, last_active_at, address, device FROM sessions
             WHERE user_id = $1 AND stage <> 'code' AND ($2 = '' OR organization_id = $2) ORDER BY last_active_at DESC, id LIMIT 100", user, within.map(|id| id.to_string()).unwrap_or_default())?;
        Ok(rows)
    }

    /// Ends the user's sessions that stand in an organization; others are not its business (S67).
    pub(crate) async fn end_sessions_in(
        &mut self,
        user: UserId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<u64> {
        execute!(
            self,
            "INSERT INTO ended_sessions (id_hash, reason, ended_at)
             SELECT id_hash, $3, $4 FROM sessions WHERE user_id = $1 AND organization_id = $2
             ON CONFLICT (id_hash) DO NOTHING",
            user,
            organization,
            EndReason::Ended.key(),
            now
        )?;
        let ended =
            execute!(self, "DELETE FROM sessions WHERE user_id = $1 AND organization_id = $2", user, organization)?;
        Ok(ended)
    }

    /// Ends every session of the user but the one to keep, by the next request; gives how many there were. Sign-ins that
    /// are just being made end too.
    pub(crate) async fn end_sessions(
        &mut self,
        user: UserId,
        keep: Option<SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<u64> {
        let keep_text = keep.map(|id| id.to_string()).unwrap_or_default();
        execute!(self, "UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1", user)?;
        execute!(
            self,
            "UPDATE sessions SET epoch = (SELECT session_epoch FROM users WHERE id = $1) WHERE user_id = $1 AND id = $2",
            user,
            &keep_text
        )?;
        execute!(
            self,
            "INSERT INTO ended_sessions (id_hash, reason, ended_at)
             SELECT id_hash, $3, $4 FROM sessions WHERE user_id = $1 AND id <> $2
             ON CONFLICT (id_hash) DO NOTHING",
            user,
            &keep_text,
            reason.key(),
            now
        )?;
        let ended = execute!(self, "DELETE FROM sessions WHERE user_id = $1 AND id <> $2", user, &keep_text)?;
        Ok(ended)
    }

    /// Forgets sessions that began before `began` and what was remembered of those that ended before `ended`.
    pub async fn forget_old_sessions(&mut self, began: Timestamp, ended: Timestamp) -> Result<()> {
        execute!(self, "DELETE FROM sessions WHERE last_active_at < $1", began)?;
        execute!(self, "DELETE FROM ended_sessions WHERE ended_at < $1", ended)?;
        Ok(())
    }

    /// Ends one session of the user; false when there is none of this id.
    pub(crate) async fn end_session(&mut self, user: UserId, session: SessionId, now: Timestamp) -> Result<bool> {
        let key = scalar_optional!(
            self,
            Vec<u8>,
            "SELECT id_hash FROM sessions WHERE user_id = $1 AND id = $2",
            user,
            session
        )?;
        match key {
            Some(key) => self.remove_session(&key, EndReason::Ended, now).await,
            None => Ok(false),
        }
    }
    /// Deletes the session and remembers why; false when another request did so first.
    async fn remove_session(&mut self, key: &[u8], reason: EndReason, now: Timestamp) -> Result<bool> {
        let removed = execute!(self, "DELETE FROM sessions WHERE id_hash = $1", key)?;
        execute!(
            self,
            "INSERT INTO ended_sessions (id_hash, reason, ended_at) VALUES ($1, $2, $3)
             ON CONFLICT (id_hash) DO NOTHING",
            key,
            reason.key(),
            now
        )?;
        Ok(removed == 1)
    }
}
