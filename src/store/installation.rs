//! Named values of the whole installation.

use super::{Result, Tx, backend::on};

impl Tx {
    /// The value under this name.
    pub async fn installation_value(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let value = on!(self, |c| sqlx::query_scalar::<_, Vec<u8>>("SELECT value FROM installation WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *c)
            .await)?;
        Ok(value)
    }

    /// Stores the value unless the name is taken; says whether it was stored.
    pub async fn set_installation_value_once(&mut self, name: &str, value: &[u8]) -> Result<bool> {
        let stored = on!(self, |c| sqlx::query(
            "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
        )
        .bind(name)
        .bind(value)
        .execute(&mut *c)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(stored == 1)
    }
}
