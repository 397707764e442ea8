//! The only SQL in the crate. A [`Tx`] is one connection, reading or inside a write transaction; finders take the scope
//! they may look in, mutations take the permit that allowed them and write their audit event in the same transaction.

mod anonymous;
pub mod audit;
mod audit_log;
mod audit_names;
mod authors;
pub(crate) mod backend;
mod backup;
mod conditions;
pub(crate) mod demo;
mod dialect;
mod error;
mod grants;
mod guards;
mod installation;
mod invitations;
mod jobs;
mod links;
mod mail;
mod members;
mod memberships;
mod mfa;
mod open;
mod organizations;
mod query;
mod role_holders;
mod roles;
mod sealing;
mod sessions;
mod sign_in;
mod standing;
mod statement;
mod tenant_users;
mod tenants;
mod throttle;
mod tokens;
mod user_list;
mod user_records;
mod users;

use std::sync::{Arc, PoisonError, RwLock};

use backend::{Connection, Link};
use guards::Guarded;
use sqlx::{PgPool, SqlitePool};

pub use audit_log::{AuditCursor, AuditPage, AuditPlace};
pub use backend::Backend;
pub use backup::{LEFT_OUT, Settled, TABLES};
pub use error::{Field, Guard, Result, StoreError};
pub use guards::Seats;
pub use invitations::OpenInvitation;
pub use jobs::{Job, JobCounts, JobPerson, JobPlace};
pub use links::EmailChange;
pub use mail::{LeasedMail, MailQueue, NewMail, SealedLetter};
pub use members::Member;
pub(crate) use memberships::NewMembership;
pub use memberships::Removal;
pub use mfa::StoredCode;
pub use open::{OpenError, Options, Pending};
pub use organizations::{Organization, OrganizationChoice};
pub use roles::{RoleWords, StoredRole};
pub use sealing::Resealed;
pub use sessions::{ANONYMOUS, ENDED, SIGNED_IN, SessionRow, Sessions, SignedIn};
pub use sign_in::{Entry, SignInRow};
pub use standing::{Standing, StandingIn};
pub use tenant_users::{Assignment, TenantUser, TenantUserQuery};
pub use tenants::Tenant;
pub(crate) use throttle::Tried;
pub use tokens::{PresentedToken, TOKEN_FIELDS, Token, TokenChange, TokenScope, TokenUse};
pub use user_list::{COUNTED_TO, ListHead, StateCounts, UserPage, UserRow};
pub use user_records::{USER_FIELDS, UserRecord};
pub use users::User;
pub(crate) use users::{NewPassword, NewUser};

use crate::keys::{DataKeys, KeyId, Keyring};

/// The database: its pools, and the keys that chain the audit log and hide login addresses.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    keys: SharedKeys,
    keyring: Arc<Keyring>,
}

/// The data keys of the installation. They stay the same but for one moment: when a backup is restored into a database
/// that is being served.
type SharedKeys = Arc<RwLock<Arc<DataKeys>>>;

#[derive(Clone)]
enum Pools {
    /// One writer, because SQLite has room for one; several readers beside it.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// One connection to the database. Dropped without [`Tx::commit`], a write leaves no trace.
pub struct Tx {
    connection: Connection,
    guarded: Vec<Guarded>,
    guards_installation: bool,
    /// The key in force, once asked for.
    sealing_key: Option<KeyId>,
    /// Whose turn of a job this is, if it is one.
    turn: Option<JobPlace>,
    keys: Arc<DataKeys>,
    shared_keys: SharedKeys,
    keyring: Arc<Keyring>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("backend", &self.backend()).finish_non_exhaustive()
    }
}

impl Db {
    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Sqlite { .. } => Backend::Sqlite,
            Pools::Postgres(_) => Backend::Postgres,
        }
    }

    /// The keys derived for this installation.
    pub fn keys(&self) -> Arc<DataKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key file, for what is sealed at rest.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// A connection for reading; each statement sees the latest committed state.
    pub async fn begin_read(&self) -> Result<Tx> {
        let connection = match &self.pools {
            Pools::Sqlite { read, .. } => Connection::SqliteRead(read.acquire().await?),
            Pools::Postgres(pool) => Connection::PostgresRead(pool.acquire().await?),
        };
        Ok(self.tx(connection))
    }

    /// A transaction that may write. On SQLite it takes the write lock at once: a reader that turns writer halfway
    /// fails without waiting.
    pub async fn begin_write(&self) -> Result<Tx> {
        let connection = match &self.pools {
            Pools::Sqlite { write, .. } => Connection::SqliteWrite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Connection::PostgresWrite(pool.begin().await?),
        };
        Ok(self.tx(connection))
    }

    fn tx(&self, connection: Connection) -> Tx {
        Tx {
            connection,
            guarded: Vec::new(),
            guards_installation: false,
            sealing_key: None,
            turn: None,
            keys: self.keys(),
            shared_keys: self.keys.clone(),
            keyring: self.keyring.clone(),
        }
    }

    /// Closes all connections; SQLite folds its write-ahead log back into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    fn link(&mut self) -> Link<'_> {
        self.connection.link()
    }

    pub(crate) fn backend(&self) -> Backend {
        self.connection.backend()
    }

    /// The data keys this transaction works with.
    pub(crate) fn keys(&self) -> &DataKeys {
        &self.keys
    }

    /// Makes everything done so far permanent, after the guards of every touched organization have been asked again.
    ///
    /// # Errors
    /// [`StoreError::Kept`] when the change would leave no administrator or exceed a limit; nothing is changed then.
    pub async fn commit(mut self) -> Result<()> {
        self.check_guards().await?;
        self.settle_turn().await?;
        match self.connection {
            Connection::SqliteWrite(transaction) => transaction.commit().await?,
            Connection::PostgresWrite(transaction) => transaction.commit().await?,
            Connection::SqliteRead(_) | Connection::PostgresRead(_) => {}
        }
        Ok(())
    }
}
