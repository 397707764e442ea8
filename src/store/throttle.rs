//! What is counted against limits, in windows that all processes share: how many different accounts one client address
//! has tried (security contract S18), the writes of an organization through the APIs, the requests of a client address
//! to them. Accounts are keyed hashes of what was typed, so nothing here tells which of them exist.

use super::{
    Result, Tx,
    query::{execute, fetch_one},
};
use crate::domain::{ids::OrganizationId, time::Timestamp};

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
        let (known, others) = fetch_one!(
            self,
            (i64, i64),
            "SELECT CAST(coalesce(sum(CASE WHEN account_hash = $3 THEN 1 ELSE 0 END), 0) AS BIGINT), count(*)
             FROM sign_in_throttle WHERE address = $1 AND window_start = $2",
            client,
            window,
            &account
        )?;
        Ok(match (known > 0, others < i64::from(limit)) {
            (true, _) => Tried::Before,
            (false, true) => Tried::New,
            (false, false) => Tried::TooMany,
        })
    }

    /// Notes that the client tries this account.
    pub(crate) async fn note_try(&mut self, client: &str, window: Timestamp, address_key: &str) -> Result<()> {
        let account = self.keys.address_hash(address_key).to_vec();
        execute!(
            self,
            "INSERT INTO sign_in_throttle (address, window_start, account_hash) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            client,
            window,
            &account
        )?;
        Ok(())
    }

    /// Forgets windows that began before.
    pub async fn forget_tries(&mut self, before: Timestamp) -> Result<()> {
        execute!(self, "DELETE FROM sign_in_throttle WHERE window_start < $1", before)?;
        Ok(())
    }

    /// Counts one write of an organization's hourly budget. None when it is within the budget; otherwise the seconds
    /// until the window ends (v1 contract section 1).
    pub(crate) async fn count_api_write(
        &mut self,
        organization: OrganizationId,
        limit: u32,
        window: std::time::Duration,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        let expired = now.minus(window);
        let (opened_at, used) = fetch_one!(
            self,
            (Timestamp, i64),
            "INSERT INTO api_write_windows (organization_id, opened_at, used) VALUES ($1, $2, 1)
             ON CONFLICT (organization_id) DO UPDATE SET
                 used = CASE WHEN api_write_windows.opened_at <= $3 THEN 1
                             WHEN api_write_windows.used > $4 THEN api_write_windows.used
                             ELSE api_write_windows.used + 1 END,
                 opened_at = CASE WHEN api_write_windows.opened_at <= $3 THEN $2 ELSE api_write_windows.opened_at END
             RETURNING opened_at, used",
            organization,
            now,
            expired,
            i64::from(limit)
        )?;
        if used <= i64::from(limit) {
            return Ok(None);
        }
        Ok(Some(now.seconds_until(opened_at.plus(window)).max(1)))
    }

    /// Adds requests of a client address to its window, which they open when the last one is over. Gives the window's
    /// beginning, and all requests in it.
    pub(crate) async fn add_visits(
        &mut self,
        address: &str,
        opened_at: Timestamp,
        calls: u32,
        window: std::time::Duration,
    ) -> Result<(Timestamp, i64)> {
        let counted = fetch_one!(
            self,
            (Timestamp, i64),
            "INSERT INTO api_visits (address, opened_at, calls) VALUES ($1, $2, $3)
             ON CONFLICT (address) DO UPDATE SET
                 calls = CASE WHEN api_visits.opened_at <= $4 THEN $3 ELSE api_visits.calls + $3 END,
                 opened_at = CASE WHEN api_visits.opened_at <= $4 THEN $2 ELSE api_visits.opened_at END
             RETURNING opened_at, calls",
            address,
            opened_at,
            i64::from(calls),
            opened_at.minus(window)
        )?;
        Ok(counted)
    }

    /// Forgets windows that began before.
    pub(crate) async fn forget_visits(&mut self, before: Timestamp) -> Result<()> {
        execute!(self, "DELETE FROM api_visits WHERE opened_at < $1", before)?;
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
