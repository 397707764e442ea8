//! What is kept for the browser of somebody who is not signed in. Most need nothing: their cookie is in no row.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    Result, Tx,
    query::{execute, scalar_optional},
};
use crate::domain::time::Timestamp;

impl Tx {
    /// What was kept under this identifier; mostly nothing.
    pub(super) async fn anonymous_values(&mut self, key: &[u8]) -> Result<HashMap<String, Value>> {
        let extras = scalar_optional!(self, String, "SELECT extras FROM anonymous_sessions WHERE id_hash = $1", key)?;
        Ok(extras.map(|extras| serde_json::from_str(&extras)).transpose()?.unwrap_or_default())
    }

    /// Keeps these values in place of what was there.
    pub(super) async fn keep_anonymous(&mut self, key: &[u8], extras: &str, now: Timestamp) -> Result<()> {
        execute!(
            self,
            "INSERT INTO anonymous_sessions (id_hash, extras, written_at) VALUES ($1, $2, $3)
             ON CONFLICT (id_hash) DO UPDATE SET extras = excluded.extras, written_at = excluded.written_at",
            key,
            extras,
            now
        )?;
        Ok(())
    }

    /// Forgets what was kept under this identifier.
    pub(super) async fn forget_anonymous(&mut self, key: &[u8]) -> Result<()> {
        execute!(self, "DELETE FROM anonymous_sessions WHERE id_hash = $1", key)?;
        Ok(())
    }

    /// Forgets what was kept before this moment.
    pub async fn forget_anonymous_before(&mut self, before: Timestamp) -> Result<()> {
        execute!(self, "DELETE FROM anonymous_sessions WHERE written_at < $1", before)?;
        Ok(())
    }
}
