//! What can go wrong at the database, in four words the rest of the program understands.

use thiserror::Error;

/// A failure of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A value that must be unique is already there; the name is the one of the unique column.
    #[error("{0} is already taken")]
    Taken(Field),
    /// The database did not answer in time, is locked or out of reach; the same request may succeed later.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The change would leave an organization or the installation without anybody to run it.
    #[error("{0}")]
    Kept(Guard),
    /// A backup was restored into the database while it was being served; the same request will find its data.
    #[error("the database was restored from a backup")]
    Replaced,
    /// The audit log does not take the event, so the change does not happen (security contract S82).
    #[error("the audit log cannot be written")]
    Unrecorded(#[source] Box<StoreError>),
    /// Anything else: a fault of the program or a damaged database.
    #[error("the database refused")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The unique things two writers may both want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The login address of a user.
    Email,
    /// The name of an organization.
    OrganizationName,
    /// The name of a custom role in its organization.
    RoleName,
    /// The name of an API token in its scope.
    TokenName,
    /// Any other unique column.
    Other,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email => "the email address",
            Self::OrganizationName => "the organization name",
            Self::RoleName => "the role name",
            Self::TokenName => "the token name",
            Self::Other => "a unique value",
        })
    }
}

/// The invariants every commit keeps, whatever door the change came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The organization would lose its last Administrator (portal contract 2.5).
    LastAdministrator,
    /// The installation would lose its last Server Administrator.
    LastServerAdministrator,
    /// The organization's user limit would be exceeded (portal contract 5.1).
    UserLimit,
    /// The organization's analyst limit would be exceeded.
    AnalystLimit,
}

impl std::fmt::Display for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LastAdministrator => "this is the last Administrator of the organization",
            Self::LastServerAdministrator => "this is the last Server Administrator",
            Self::UserLimit => "no free seat; raise the user limit or remove a user",
            Self::AnalystLimit => "no free analyst seat; raise the analyst limit or remove an analyst",
        })
    }
}

/// What a store function returns.
pub type Result<T> = std::result::Result<T, StoreError>;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Taken(taken_field(database.constraint(), database.message()))
            }
            sqlx::Error::Database(database) if is_passing(database.code().as_deref(), database.message()) => {
                Self::Unavailable(error)
            }
            _ => Self::Broken(Box::new(error)),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(Box::new(error))
    }
}

impl StoreError {
    /// A stored value that cannot be what the program wrote.
    pub fn damaged(what: impl Into<String>) -> Self {
        Self::Broken(what.into().into())
    }
}

/// PostgreSQL names the constraint, SQLite only the columns in its message.
fn taken_field(constraint: Option<&str>, message: &str) -> Field {
    let text = constraint.unwrap_or(message);
    if text.contains("email_key") {
        Field::Email
    } else if text.contains("custom_roles") {
        Field::RoleName
    } else if text.contains("tokens") {
        Field::TokenName
    } else if text.contains("organizations") {
        Field::OrganizationName
    } else {
        Field::Other
    }
}

/// Busy, full, read-only or shutting down: nothing was done, and a later try may succeed.
fn is_passing(code: Option<&str>, message: &str) -> bool {
    // SQLite extended codes keep the primary code in the low byte: 5 BUSY, 6 LOCKED, 8 READONLY, 10 IOERR, 13 FULL.
    if let Some(number) = code.and_then(|code| code.parse::<u32>().ok())
        && code.is_some_and(|code| code.len() < 5)
    {
        return matches!(number & 0xff, 5 | 6 | 8 | 10 | 13);
    }
    // PostgreSQL: serialization failure, deadlock, connection trouble, resources, shutdown, read-only, timeout.
    code.is_some_and(|code| {
        ["40001", "40P01", "25006", "57014", "57P01", "57P02", "57P03"].contains(&code)
            || code.starts_with("08")
            || code.starts_with("53")
    }) || message.contains("database is locked")
}
