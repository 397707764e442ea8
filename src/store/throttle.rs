//! How many different accounts one client address has tried, counted in windows that all processes share (security
//! contract S18). Accounts are keyed hashes of what was typed, so nothing here tells which of them exist.

use super::{Result, Tx, backend::on};
use crate::domain::time::Timestamp;

impl Tx {
    /// Whether the client may try this account in the window that began at `window`: it did already, or has tried fewer
    /// than `limit` others.
    pub(crate) async fn may_try(
        &mut self,
        client: &str,
        window: Timestamp,
        address_key: &str,
        limit: u32,
    ) -> Result<Tried> {
        let account = self.keys.address_hash(address_key).to_vec();
        let (known, others) = on!(self, |c| sqlx::query_as::<_, (i64, i64)>(
            "SELECT CAST(coalesce(sum(CASE WHEN account_hash = $3 THEN 1 ELSE 0 END), 0) AS BIGINT), count(*)
             FROM sign_in_throttle WHERE address = $1 AND window_start = $2"
        )
        .bind(client)
        .bind(window)
        .bind(&account)
        .fetch_one(&mut *c)
        .await)?;
        Ok(match (known > 0, others < i64::from(limit)) {
            (true, _) => Tried::Before,
            (false, true) => Tried::New,
            (false, false) => Tried::TooMany,
        })
    }

    /// Notes that the client tries this account.
    pub(crate) async fn note_try(&mut self, client: &str, window: Timestamp, address_key: &str) -> Result<()> {
        let account = self.keys.address_hash(address_key).to_vec();
        on!(self, |c| sqlx::query(
            "INSERT INTO sign_in_throttle (address, window_start, account_hash) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING"
        )
        .bind(client)
        .bind(window)
        .bind(&account)
        .execute(&mut *c)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Forgets windows that began before.
    pub async fn forget_tries(&mut self, before: Timestamp) -> Result<()> {
        on!(self, |c| sqlx::query("DELETE FROM sign_in_throttle WHERE window_start < $1")
            .bind(before)
            .execute(&mut *c)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// What the count says of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// Tried in this window already: trying again is the lock rule's business.
    Before,
    /// Not tried yet, and there is room.
    New,
    /// Not tried yet, and no more are allowed in this window.
    TooMany,
}
