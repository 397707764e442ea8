//! The two native drivers behind one face. `on!` writes a statement once and compiles it for both; the driver-neutral
//! `Any` of the same library cannot read booleans and writes placeholders PostgreSQL refuses, so it is not used.

use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, pool::PoolConnection};

/// Which database is in use. Only `store` ever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A database connection, inside a transaction or reading outside of one.
pub(super) enum Connection {
    SqliteRead(PoolConnection<Sqlite>),
    SqliteWrite(Transaction<'static, Sqlite>),
    PostgresRead(PoolConnection<Postgres>),
    PostgresWrite(Transaction<'static, Postgres>),
}

/// The connection of one driver, borrowed for one statement.
pub(super) enum Link<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Connection {
    pub(super) fn link(&mut self) -> Link<'_> {
        match self {
            Self::SqliteRead(connection) => Link::Sqlite(connection),
            Self::SqliteWrite(transaction) => Link::Sqlite(transaction),
            Self::PostgresRead(connection) => Link::Postgres(connection),
            Self::PostgresWrite(transaction) => Link::Postgres(transaction),
        }
    }

    pub(super) fn backend(&self) -> Backend {
        match self {
            Self::SqliteRead(_) | Self::SqliteWrite(_) => Backend::Sqlite,
            Self::PostgresRead(_) | Self::PostgresWrite(_) => Backend::Postgres,
        }
    }
}

/// Runs the same statement and binds on whichever driver the transaction has.
macro_rules! on {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx.link() {
            $crate::store::backend::Link::Sqlite($connection) => $body,
            $crate::store::backend::Link::Postgres($connection) => $body,
        }
    };
}
pub(crate) use on;

/// Lets a domain type that reads and writes itself as text stand in a TEXT column of both databases.
macro_rules! text_columns {
    ($($type:ty),+ $(,)?) => { $(
        impl sqlx::Type<sqlx::Sqlite> for $type {
            fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
                <String as sqlx::Type<sqlx::Sqlite>>::type_info()
            }
        }
        impl sqlx::Type<sqlx::Postgres> for $type {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <String as sqlx::Type<sqlx::Postgres>>::type_info()
            }
            fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
                <String as sqlx::Type<sqlx::Postgres>>::compatible(ty)
            }
        }
        impl sqlx::Encode<'_, sqlx::Sqlite> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut <sqlx::Sqlite as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <String as sqlx::Encode<sqlx::Sqlite>>::encode(self.to_string(), buffer)
            }
        }
        impl sqlx::Encode<'_, sqlx::Postgres> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut <sqlx::Postgres as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <String as sqlx::Encode<sqlx::Postgres>>::encode(self.to_string(), buffer)
            }
        }
        impl<'r> sqlx::Decode<'r, sqlx::Sqlite> for $type {
            fn decode(
                value: <sqlx::Sqlite as sqlx::Database>::ValueRef<'r>,
            ) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<sqlx::Sqlite>>::decode(value)?.parse::<$type>()?)
            }
        }
        impl<'r> sqlx::Decode<'r, sqlx::Postgres> for $type {
            fn decode(
                value: <sqlx::Postgres as sqlx::Database>::ValueRef<'r>,
            ) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<sqlx::Postgres>>::decode(value)?.parse::<$type>()?)
            }
        }
    )+ };
}

text_columns!(
    crate::domain::ids::UserId,
    crate::domain::ids::OrganizationId,
    crate::domain::ids::CustomRoleId,
    crate::domain::ids::SessionId,
    crate::domain::ids::TokenId,
    crate::domain::ids::EventId,
    crate::domain::ids::MailId,
    crate::domain::ids::JobId,
);

/// Lets a moment stand in an INTEGER or BIGINT column.
macro_rules! moment_column {
    ($($database:ty),+) => { $(
        impl sqlx::Type<$database> for crate::domain::time::Timestamp {
            fn type_info() -> <$database as sqlx::Database>::TypeInfo {
                <i64 as sqlx::Type<$database>>::type_info()
            }
            fn compatible(ty: &<$database as sqlx::Database>::TypeInfo) -> bool {
                <i64 as sqlx::Type<$database>>::compatible(ty)
            }
        }
        impl sqlx::Encode<'_, $database> for crate::domain::time::Timestamp {
            fn encode_by_ref(
                &self,
                buffer: &mut <$database as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <i64 as sqlx::Encode<$database>>::encode(self.micros(), buffer)
            }
        }
        impl<'r> sqlx::Decode<'r, $database> for crate::domain::time::Timestamp {
            fn decode(
                value: <$database as sqlx::Database>::ValueRef<'r>,
            ) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(Self::from_micros(<i64 as sqlx::Decode<$database>>::decode(value)?))
            }
        }
    )+ };
}

moment_column!(sqlx::Sqlite, sqlx::Postgres);
