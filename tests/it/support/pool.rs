//! A second way into the test's database: past the program, as somebody with a SQL prompt.

use sqlx::{
    AssertSqlSafe, PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

/// A pool of either kind.
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

macro_rules! on {
    ($self:expr, |$pool:ident| $body:expr) => {
        match $self {
            $crate::support::pool::Pool::Sqlite($pool) => $body,
            $crate::support::pool::Pool::Postgres($pool) => $body,
        }
    };
}

impl Pool {
    pub fn to(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let options: SqliteConnectOptions = url.parse().expect("URL");
            Self::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options))
        } else {
            Self::Postgres(PgPoolOptions::new().max_connections(1).connect_lazy(url).expect("URL"))
        }
    }

    /// Runs one statement; says how many rows it changed.
    pub async fn run(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, |pool| sqlx::query(sql).execute(pool).await.map(|done| done.rows_affected())).expect("SQL")
    }

    /// Runs one statement that must be refused; says with what words.
    pub async fn refuses(&self, sql: &str) -> String {
        let text = AssertSqlSafe(sql.to_owned());
        let done = on!(self, |pool| sqlx::query(text).execute(pool).await.map(drop));
        done.expect_err("the database refuses").to_string()
    }

    /// A statement that gives one number.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, |pool| sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await).expect("one number")
    }

    /// A statement that gives one column of texts.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, |pool| sqlx::query_scalar::<_, String>(sql).fetch_all(pool).await).expect("texts")
    }

    /// A statement that gives one column of bytes.
    pub async fn bytes(&self, sql: &str) -> Vec<Vec<u8>> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, |pool| sqlx::query_scalar::<_, Vec<u8>>(sql).fetch_all(pool).await).expect("bytes")
    }

    pub async fn close(&self) {
        on!(self, |pool| pool.close().await);
    }
}
