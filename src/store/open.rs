//! Opening the database: pools with the durability and time-outs the product promises, and migrations under a lock so
//! that two processes starting at once migrate once.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use sqlx::{
    PgPool, SqlitePool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

use super::{Db, Pools, StoreError, Tx};
use crate::{
    domain::entropy::Entropy,
    keys::{DataKeys, KeyError, Keyring},
};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Bytes from which on a database file is large.
const LARGE_FILE: u64 = 256 * 1024 * 1024;
/// As much as SQLite maps at most.
const MOST_MAPPED: u64 = 2_147_418_112;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// The name of the sealed data keys.
pub(super) const DATA_KEYS: &str = "data keys";

/// Where the database is and how many connections it may take.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:path` or `postgres://...`.
    pub url: String,
    /// Pool size.
    pub connections: u32,
}

/// A migration that is not applied yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub description: String,
}

/// Why the database cannot be used; each reads as one line.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("ROLLCALL_DATABASE_URL is neither sqlite:path nor postgres://...")]
    Url,
    /// No connection.
    #[error("cannot open the database: {0}")]
    Connect(#[source] sqlx::Error),
    /// The schema is newer than this program.
    #[error("the database is newer than this program (it has migration {0}); use a newer rollcall")]
    Newer(i64),
    /// A migration failed and was undone.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[source] MigrateError),
    /// The files of the database cannot be made or locked.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The keys in the database do not fit the key file.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// Any other failure.
    #[error("cannot read the database: {0}")]
    Store(#[from] StoreError),
}

impl Db {
    /// Opens the database, applies what is pending, and reads the installation's data keys, which the first start
    /// makes.
    pub async fn open(options: &Options, keyring: Keyring, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        let pools = Pools::connect(options).await?;
        pools.migrate().await?;
        let keys = Arc::new(RwLock::new(Arc::new(DataKeys::generate(entropy))));
        let db = Self { pools, keys, keyring: Arc::new(keyring) };
        db.with_installed_keys().await
    }

    /// Opens an up-to-date database without changing its schema.
    ///
    /// # Errors
    /// [`OpenError::Newer`] when it is newer than the program.
    pub async fn pending(options: &Options) -> Result<Vec<Pending>, OpenError> {
        Pools::connect(options).await?.pending().await
    }

    /// Whether nothing was ever stored there, not even a schema.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn is_new(options: &Options) -> Result<bool, OpenError> {
        let pools = Pools::connect(options).await?;
        let applied = match &pools {
            Pools::Sqlite { write, .. } => applied_sqlite(write).await?,
            Pools::Postgres(pool) => applied_postgres(pool).await?,
        };
        Ok(applied.is_empty())
    }

    /// The data keys in force: those in the database, or the fresh ones this process offers when there are none yet.
    async fn with_installed_keys(self) -> Result<Self, OpenError> {
        let mut tx = self.begin_write().await?;
        let keys = match tx.installation_value(DATA_KEYS).await? {
            Some(sealed) => DataKeys::open(&self.keyring, &sealed)?,
            None => {
                let sealed = self.keys().seal(&self.keyring, self.keyring.first()?)?;
                if tx.set_installation_value_once(DATA_KEYS, &sealed).await? {
                    (*self.keys()).clone()
                } else {
                    let installed = tx.installation_value(DATA_KEYS).await?;
                    DataKeys::open(&self.keyring, &installed.unwrap_or_default())?
                }
            }
        };
        tx.commit().await?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(self)
    }
}

impl Tx {
    /// Whether the database answers at all.
    pub async fn ping(&mut self) -> super::Result<()> {
        super::query::execute!(self, "SELECT 1")?;
        Ok(())
    }
}

impl Pools {
    async fn connect(options: &Options) -> Result<Self, OpenError> {
        if options.url.starts_with("sqlite:") {
            return Self::connect_sqlite(options).await;
        }
        let connect = PgConnectOptions::from_str(&options.url)
            .map_err(|_| OpenError::Url)?
            .application_name("rollcall")
            .options([
                ("statement_timeout", "20s"),
                ("lock_timeout", "10s"),
                ("jit", "off"),
                // What a migration finds there already is no news.
                ("client_min_messages", "warning"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(Duration::from_secs(300))
            .connect_with(connect)
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self::Postgres(pool))
    }

    async fn connect_sqlite(options: &Options) -> Result<Self, OpenError> {
        let connect = SqliteConnectOptions::from_str(&options.url)
            .map_err(|_| OpenError::Url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-4096");
        let path = connect.get_filename().to_path_buf();
        create_private(&path)?;
        let connect = connect.pragma("mmap_size", mapped(&path).to_string());
        // The first connection makes the file a write-ahead one, and a second that comes right then is told that it is
        // locked, without waiting.
        let one_at_a_time = lock_beside(&path).await?;
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect.clone())
            .await
            .map_err(OpenError::Connect)?;
        drop(one_at_a_time);
        let read = SqlitePoolOptions::new()
            .max_connections(options.connections.max(1))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(Duration::from_secs(60))
            .test_before_acquire(false)
            .connect_lazy_with(connect.read_only(true));
        Ok(Self::Sqlite { read, write })
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        let done = match self {
            Self::Sqlite { write, .. } => {
                let _only_one = lock_beside(&sqlite_file(write)).await?;
                SQLITE.run(write).await
            }
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        };
        done.map_err(newer)
    }

    async fn pending(&self) -> Result<Vec<Pending>, OpenError> {
        let (migrator, applied) = match self {
            Self::Sqlite { write, .. } => (&SQLITE, applied_sqlite(write).await?),
            Self::Postgres(pool) => (&POSTGRES, applied_postgres(pool).await?),
        };
        if let Some(unknown) = applied.iter().find(|version| !migrator.version_exists(**version)) {
            return Err(OpenError::Newer(*unknown));
        }
        let pending = migrator.iter().filter(|migration| !applied.contains(&migration.version));
        Ok(pending
            .map(|migration| Pending { version: migration.version, description: migration.description.to_string() })
            .collect())
    }
}

fn newer(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) => OpenError::Newer(version),
        other => OpenError::Migrate(other),
    }
}

async fn applied_sqlite(pool: &SqlitePool) -> Result<Vec<i64>, OpenError> {
    let exists: Option<i64> = sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'")
        .fetch_optional(pool)
        .await
        .map_err(OpenError::Connect)?;
    if exists.is_none() {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(pool)
        .await
        .map_err(OpenError::Connect)
}

async fn applied_postgres(pool: &PgPool) -> Result<Vec<i64>, OpenError> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(pool)
        .await
        .map_err(OpenError::Connect)?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(pool)
        .await
        .map_err(OpenError::Connect)
}

fn sqlite_file(pool: &SqlitePool) -> PathBuf {
    pool.connect_options().get_filename().to_path_buf()
}

/// SQLite makes its files with the process's mask; the database holds password hashes, so it is made private first.
fn create_private(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let closed = made.and_then(|file| close_to_others(&file));
    closed.map_err(|source| OpenError::File { path: path.display().to_string(), source })
}

/// A database that was copied there may have been made open to others.
fn close_to_others(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o777 == 0o600 { Ok(()) } else { file.set_permissions(PermissionsExt::from_mode(0o600)) }
}

/// An advisory lock for as long as the returned file lives: migrations of one SQLite file take turns. Waiting is done
/// away from the runtime, whose threads whoever holds the lock may need.
async fn lock_beside(path: &Path) -> Result<File, OpenError> {
    use std::os::unix::fs::OpenOptionsExt;
    let lock_path = path.with_extension("lock");
    let path = lock_path.display().to_string();
    let locked = tokio::task::spawn_blocking(move || {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock_path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    });
    let locked = locked.await.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped)));
    locked.map_err(|source| OpenError::File { path, source })
}

/// How much of a database file is read through memory. The caches of the connections are enough for a small one, whose
/// mapped pages would count as memory of the process; of a large one they hold too little, and copying costs.
fn mapped(path: &Path) -> u64 {
    let is_large = std::fs::metadata(path).is_ok_and(|file| file.len() > LARGE_FILE);
    if is_large { MOST_MAPPED } else { 0 }
}
