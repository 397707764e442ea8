//! A statement put together from parts: text from this crate, values always bound.

use sqlx::AssertSqlSafe;

use super::{Result, Tx, backend::on};
use crate::domain::time::Timestamp;

/// A value on its way into a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
}

impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        Self::Integer(moment.micros())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(without_nul(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(without_nul(text.to_owned()))
    }
}

/// PostgreSQL cannot take a NUL, and no stored text has one. What is looked for in its place is not there either: no
/// name or address holds the second of these, which is no character.
pub(super) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{ffff}") } else { text }
}

/// A growing statement. Only literals of this crate are pushed; everything from outside goes through [`Self::bind`].
#[derive(Debug, Clone, Default)]
pub(super) struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Binds a value and gives the placeholder that stands for it.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The text alone, for plans and tests.
    pub(super) fn sql(&self) -> &str {
        &self.sql
    }
}

macro_rules! bound {
    ($statement:expr, $query:expr) => {{
        let mut query = $query;
        for value in &$statement.values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Integer(number) => query.bind(*number),
            };
        }
        query
    }};
}

impl Tx {
    /// The one text a statement answers with.
    pub(super) async fn text(&mut self, statement: &Statement) -> Result<String> {
        let sql = statement.sql.clone();
        let text = on!(self, |c| {
            bound!(statement, sqlx::query_scalar::<_, String>(AssertSqlSafe(sql))).fetch_one(&mut *c).await
        })?;
        Ok(text)
    }

    /// The one number a statement answers with.
    pub(super) async fn number(&mut self, statement: &Statement) -> Result<i64> {
        let sql = statement.sql.clone();
        let number = on!(self, |c| {
            bound!(statement, sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql))).fetch_one(&mut *c).await
        })?;
        Ok(number)
    }

    /// Carries a statement out that answers with nothing.
    pub(super) async fn run(&mut self, statement: &Statement) -> Result<()> {
        let sql = statement.sql.clone();
        on!(self, |c| bound!(statement, sqlx::query(AssertSqlSafe(sql))).execute(&mut *c).await.map(drop))?;
        Ok(())
    }

    /// The rows a statement answers with.
    pub(super) async fn rows<T>(&mut self, statement: &Statement) -> Result<Vec<T>>
    where
        T: Send + Unpin,
        for<'r> T: sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let sql = statement.sql.clone();
        let rows =
            on!(self, |c| { bound!(statement, sqlx::query_as::<_, T>(AssertSqlSafe(sql))).fetch_all(&mut *c).await })?;
        Ok(rows)
    }

    /// The database's own plan for a statement, one step a line.
    pub(super) async fn plan(&mut self, statement: &Statement) -> Result<Vec<String>> {
        match self.link() {
            super::backend::Link::Sqlite(c) => {
                let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
                let rows = bound!(statement, sqlx::query_as::<_, (i64, i64, i64, String)>(AssertSqlSafe(sql)))
                    .fetch_all(&mut *c)
                    .await?;
                Ok(rows.into_iter().map(|row| row.3).collect())
            }
            super::backend::Link::Postgres(c) => {
                let sql = format!("EXPLAIN {}", statement.sql);
                let rows =
                    bound!(statement, sqlx::query_scalar::<_, String>(AssertSqlSafe(sql))).fetch_all(&mut *c).await?;
                Ok(rows)
            }
        }
    }
}
