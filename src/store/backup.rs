//! The whole database as text that both databases read: a consistent copy while others write, and filling an empty
//! database from it (security contract S101). Columns are asked of the database, so a new one cannot be forgotten.

use futures::TryStreamExt;
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{
    Db, Link, Pools, Result, StoreError, Tx,
    backend::{Backend, Connection, on},
    guards::json_list,
    open::DATA_KEYS,
    query::{execute, fetch_all, scalar_one},
};
use crate::{
    domain::{
        audit::{AuditAction, AuditTarget, Occasion},
        mail::LetterKind,
    },
    keys::DataKeys,
    policy::{MakeBackup, Permit, RestoreBackup, SettleHeldMail},
};

/// The tables of a backup, in an order in which rows only refer to what is there already.
pub const TABLES: [&str; 20] = [
    "installation",
    "organizations",
    "organization_applications",
    "users",
    "memberships",
    "custom_roles",
    "custom_role_levels",
    "membership_roles",
    "sign_in_attempts",
    "sign_ins",
    "authenticators",
    "recovery_codes",
    "invitations",
    "api_tokens",
    "api_token_permissions",
    "api_token_addresses",
    "audit_events",
    "audit_names",
    "audit_heads",
    "mails",
];

/// The tables that stay out: what ends with a restore, what counts the moment, and what triggers keep.
pub const LEFT_OUT: [&str; 14] = [
    "anonymous_sessions",
    "account_invitations",
    "jobs",
    "job_people",
    "api_visits",
    "sessions",
    "ended_sessions",
    "password_resets",
    "email_changes",
    "sign_in_throttle",
    "api_write_windows",
    "invitation_ends",
    "membership_counts",
    "role_counts",
];

/// Given by each database itself.
const OWN_NUMBERS: [(&str, &str); 2] = [("users", "number"), ("audit_names", "number")];

/// What a restore did beside filling the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Mails that wait for the operator.
    pub held: u64,
    /// Invitations whose links are dead.
    pub expired: u64,
}

/// A column with its type as the database names it.
struct Column {
    name: String,
    kind: String,
}

impl Column {
    /// The value as JSON: bytes in hexadecimal, flags as numbers.
    fn copied(&self, backend: Backend) -> String {
        let name = &self.name;
        match (backend, self.kind.as_str()) {
            (Backend::Sqlite, "blob") => format!("CASE WHEN {name} IS NULL THEN NULL ELSE hex({name}) END"),
            (Backend::Postgres, "bytea") => format!("upper(encode({name}, 'hex'))"),
            (Backend::Postgres, "boolean") => format!("CAST({name} AS INTEGER)"),
            _ => name.clone(),
        }
    }

    /// The same way back, from the element of a JSON array.
    fn pasted(&self, backend: Backend, place: usize) -> String {
        match (backend, self.kind.as_str()) {
            (Backend::Sqlite, "blob") => format!("unhex(json_extract(value, '$[{place}]'))"),
            (Backend::Sqlite, _) => format!("json_extract(value, '$[{place}]')"),
            (Backend::Postgres, "bytea") => format!("decode(value ->> {place}, 'hex')"),
            (Backend::Postgres, "boolean") => format!("CAST(CAST(value ->> {place} AS INTEGER) AS BOOLEAN)"),
            (Backend::Postgres, "bigint") => format!("CAST(value ->> {place} AS BIGINT)"),
            (Backend::Postgres, _) => format!("value ->> {place}"),
        }
    }
}

impl Db {
    /// A transaction that only reads, and sees one moment however long it takes.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let connection = match &self.pools {
            Pools::Sqlite { read, .. } => Connection::SqliteWrite(read.begin().await?),
            Pools::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Connection::PostgresWrite(pool.begin_with(begin).await?)
            }
        };
        let mut tx = self.tx(connection);
        tx.take_your_time().await?;
        Ok(tx)
    }
}

impl Tx {
    /// Lets statements of this transaction take longer than a request may.
    pub(crate) async fn take_your_time(&mut self) -> Result<()> {
        if let Link::Postgres(c) = self.link() {
            sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *c).await?;
        }
        Ok(())
    }

    /// The last migration of the database.
    pub(crate) async fn schema_version(&mut self) -> Result<i64> {
        let version = scalar_one!(self, i64, "SELECT max(version) FROM _sqlx_migrations")?;
        Ok(version)
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<Column>> {
        let sql = match self.backend() {
            Backend::Sqlite => "SELECT name, lower(type) FROM pragma_table_info($1)",
            Backend::Postgres => {
                "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = $1"
            }
        };
        let columns = fetch_all!(self, (String, String), sql, table)?;
        let columns = columns.into_iter().map(|(name, kind)| Column { name, kind });
        let is_own = |column: &Column| OWN_NUMBERS.contains(&(table, column.name.as_str()));
        let mut columns: Vec<Column> = columns.filter(|column| !is_own(column)).collect();
        columns.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(columns)
    }

    /// The names of the columns a backup has of a table.
    pub(crate) async fn column_names(&mut self, table: &str) -> Result<Vec<String>> {
        Ok(self.columns(table).await?.into_iter().map(|column| column.name).collect())
    }

    /// Every row of a table as a line of JSON, an array of its columns in the order of [`Self::column_names`].
    pub(crate) async fn copy_rows<E: From<StoreError>>(
        &mut self,
        table: &str,
        mut line: impl FnMut(&str) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let backend = self.backend();
        let columns: Vec<String> = self.columns(table).await?.iter().map(|column| column.copied(backend)).collect();
        let row = match backend {
            Backend::Sqlite => "json_array",
            Backend::Postgres => "json_build_array",
        };
        let sql = format!("SELECT CAST({row}({}) AS TEXT) FROM {table}", columns.join(", "));
        on!(self, |c| {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch(&mut *c);
            while let Some(row) = rows.try_next().await.map_err(StoreError::from)? {
                line(&row)?;
            }
            Ok(())
        })
    }

    /// Adds rows to a table, given as a JSON array of what [`Self::copy_rows`] gave.
    pub(crate) async fn paste_rows(&mut self, table: &'static str, rows: &str) -> Result<()> {
        let backend = self.backend();
        let columns = self.columns(table).await?;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> =
            columns.iter().enumerate().map(|(place, column)| column.pasted(backend, place)).collect();
        let from = match backend {
            Backend::Sqlite => "json_each($1)",
            Backend::Postgres => "json_array_elements(CAST($1 AS JSON)) AS rows (value)",
        };
        let sql = format!("INSERT INTO {table} ({}) SELECT {} FROM {from}", names.join(", "), values.join(", "));
        execute!(self, AssertSqlSafe(sql), rows)?;
        Ok(())
    }

    /// Takes away what even an empty installation has: its keys, and the failed attempts of strangers.
    pub(crate) async fn make_room(&mut self) -> Result<()> {
        for sql in ["DELETE FROM installation", "DELETE FROM sign_in_attempts", "DELETE FROM sign_in_throttle"] {
            execute!(self, sql)?;
        }
        Ok(())
    }

    /// Works with the data keys that were just restored from here on.
    ///
    /// # Errors
    /// [`crate::keys::KeyError`] when the key file is not the one of the backup.
    pub(crate) async fn adopt_restored_keys(&mut self) -> Result<std::result::Result<(), crate::keys::KeyError>> {
        let sealed = self.installation_value(DATA_KEYS).await?.unwrap_or_default();
        Ok(DataKeys::open(&self.keyring, &sealed).map(|keys| self.keys = keys.into()))
    }

    /// Writes down that a backup was made.
    pub(crate) async fn note_backup(
        &mut self,
        permit: Permit<MakeBackup>,
        (file, rows): (&str, u64),
        occasion: &Occasion,
    ) -> Result<()> {
        let event = permit.author().event(AuditAction::BackupMade, AuditTarget::installation());
        self.record(event.after(json!({ "file": file, "rows": rows })), occasion).await
    }

    /// Ends what must not go on in a restored database: links that were mailed before, secrets that were being shown,
    /// and mails that may have been sent since the backup was made.
    pub(crate) async fn settle_restored(
        &mut self,
        permit: Permit<RestoreBackup>,
        (made, rows): (&str, u64),
        occasion: &Occasion,
    ) -> Result<Settled> {
        let expired = execute!(self, "UPDATE invitations SET expires_at = $1 WHERE expires_at > $1", occasion.now)?;
        execute!(
            self,
            "UPDATE memberships SET invited_until = $1 WHERE invited_until > $1 AND EXISTS (
                 SELECT 1 FROM invitations i WHERE i.organization_id = memberships.organization_id
                    AND i.user_id = memberships.user_id)",
            occasion.now
        )?;
        execute!(self, "DELETE FROM authenticators WHERE state = 'pending'")?;
        let links = json_list(LetterKind::WITH_LINKS.iter().map(|kind| kind.key()));
        execute!(
            self,
            "UPDATE mails SET state = 'failed', letter = $2, last_error = 'its link died when a backup was restored'
             WHERE state IN ('queued', 'held') AND kind IN (SELECT value FROM json_each($1))",
            &links,
            Vec::<u8>::new()
        )?;
        let held = execute!(self, "UPDATE mails SET state = 'held' WHERE state IN ('queued', 'held')")?;
        let event = permit.author().event(AuditAction::BackupRestored, AuditTarget::installation());
        let after = json!({ "backup_made": made, "rows": rows, "mails_held": held, "invitations_expired": expired });
        self.record(event.after(after), occasion).await?;
        Ok(Settled { held, expired })
    }

    /// Queues the mails that wait since a restore, or forgets them; says how many.
    pub(crate) async fn settle_held_mail(
        &mut self,
        permit: Permit<SettleHeldMail>,
        occasion: &Occasion,
    ) -> Result<u64> {
        let settled = if permit.action().release {
            execute!(self, "UPDATE mails SET state = 'queued', due_at = $1 WHERE state = 'held'", occasion.now)?
        } else {
            execute!(
                self,
                "UPDATE mails SET state = 'failed', letter = $1, last_error = 'discarded after a backup was restored'
                 WHERE state = 'held'",
                Vec::<u8>::new()
            )?
        };
        if settled > 0 {
            let word = if permit.action().release { "mails_released" } else { "mails_discarded" };
            let event = permit.author().event(AuditAction::BackupRestored, AuditTarget::installation());
            self.record(event.after(json!({ word: settled })), occasion).await?;
        }
        Ok(settled)
    }
}
