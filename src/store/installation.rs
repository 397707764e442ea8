//! Named values of the whole installation.

use std::sync::{Arc, PoisonError};

use super::{
    Result, StoreError, Tx,
    open::DATA_KEYS,
    query::{execute, scalar_optional},
};
use crate::keys::{DataKeys, Purpose};

impl Tx {
    /// The value under this name.
    pub async fn installation_value(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let value = scalar_optional!(self, Vec<u8>, "SELECT value FROM installation WHERE name = $1", name)?;
        Ok(value)
    }

    /// Compares the data keys this process works with to those in the database, after something did not fit them.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when they differ, because a backup was restored meanwhile; later transactions work with
    /// the new ones.
    pub(super) async fn expect_same_keys(&mut self) -> Result<()> {
        let sealed = self.installation_value(DATA_KEYS).await?.unwrap_or_default();
        let keys = DataKeys::open(&self.keyring, &sealed)?;
        let mark = |keys: &DataKeys| keys.keyed_hash(Purpose::Secret, b"the same keys");
        if mark(&keys) == mark(&self.keys) {
            return Ok(());
        }
        *self.shared_keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Err(StoreError::Replaced)
    }

    /// Stores the value unless the name is taken; says whether it was stored.
    pub async fn set_installation_value_once(&mut self, name: &str, value: &[u8]) -> Result<bool> {
        let stored = execute!(
            self,
            "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            name,
            value
        )?;
        Ok(stored == 1)
    }
}
