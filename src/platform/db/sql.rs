//! One statement with its values, and one row of its answer, on either engine.

use std::borrow::Cow;

use futures_util::stream::BoxStream;
use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Executor, MySql, Row as _, Sqlite};

/// A value for a `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Null,
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<crate::platform::ids::Id> for Value {
    fn from(value: crate::platform::ids::Id) -> Self {
        Self::Int(value.0)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A statement with `?` marks and the values that belong there, in order.
///
/// The text is built from constants alone: whatever comes from outside is bound, never pasted.
#[derive(Debug, Clone)]
pub struct Sql {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

impl Sql {
    /// A statement without values yet.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Adds the value of the next `?`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds the values of the next `?`s.
    #[must_use]
    pub fn bind_all<T: Into<Value>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.values.extend(values.into_iter().map(Into::into));
        self
    }

    /// Adds more text, such as a condition that is only sometimes there.
    #[must_use]
    pub fn push(mut self, text: &str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }
}

impl Sql {
    /// One text of several statements, each with its values.
    pub(super) fn joined(statements: Vec<Self>) -> Self {
        let mut all = Self::new(String::new());
        for statement in statements {
            let text = all.text.to_mut();
            text.push_str(&statement.text);
            text.push_str("; ");
            all.values.extend(statement.values);
        }
        all
    }
}

/// `(?, ?), (?, ?), …`: marks for a multi-row `INSERT`.
#[must_use]
pub fn rows_of_marks(rows: usize, columns: usize) -> String {
    let row = format!("({}), ", marks(columns));
    let mut text = row.repeat(rows);
    text.truncate(text.len().saturating_sub(2));
    text
}

/// Cuts rows into steps of `most`, the rest into powers of two, so that few different statements are
/// prepared.
pub fn steps<T>(rows: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let count = if rest.len() >= most { most } else { 1 << rest.len().checked_ilog2()? };
        let (now, later) = rest.split_at(count);
        rest = later;
        Some(now)
    })
}

/// `?, ?, …`: marks for `count` values.
#[must_use]
pub fn marks(count: usize) -> String {
    let mut text = "?, ".repeat(count);
    text.truncate(text.len().saturating_sub(2));
    text
}

/// One row, its columns by place from 0.
pub enum Row {
    Sqlite(SqliteRow),
    MySql(MySqlRow),
}

impl Row {
    /// An integer.
    ///
    /// # Errors
    /// When the column is NULL, missing or of another type.
    pub fn int(&self, at: usize) -> Result<i64, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::MySql(row) => row.try_get(at),
        }
    }

    /// An integer or NULL.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn opt_int(&self, at: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::MySql(row) => row.try_get(at),
        }
    }

    /// Text. (MySQL's are VARBINARY, so that both engines compare bytes.)
    ///
    /// # Errors
    /// When the column is NULL, missing or not UTF-8.
    pub fn text(&self, at: usize) -> Result<String, sqlx::Error> {
        self.opt_text(at)?.ok_or_else(|| decode(sqlx::error::UnexpectedNullError))
    }

    /// Text or NULL.
    ///
    /// # Errors
    /// When the column is missing or not UTF-8.
    pub fn opt_text(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        let text = match self {
            Self::Sqlite(row) => row.try_get::<Option<String>, _>(at)?,
            Self::MySql(row) => match row.try_get::<Option<Vec<u8>>, _>(at) {
                Ok(bytes) => bytes.map(String::from_utf8).transpose().map_err(decode)?,
                // A function's result, such as version(), is real text.
                Err(sqlx::Error::ColumnDecode { .. }) => row.try_get(at)?,
                Err(error) => return Err(error),
            },
        };
        Ok(text)
    }

    /// Bytes.
    ///
    /// # Errors
    /// When the column is NULL, missing or of another type.
    pub fn bytes(&self, at: usize) -> Result<Vec<u8>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::MySql(row) => row.try_get(at),
        }
    }

    /// Bytes or NULL.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn opt_bytes(&self, at: usize) -> Result<Option<Vec<u8>>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::MySql(row) => row.try_get(at),
        }
    }
}

fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

#[expect(clippy::disallowed_methods, reason = "the one door to sqlx; its text is built from constants alone")]
fn query_sqlite(sql: Sql) -> Query<'static, Sqlite, SqliteArguments> {
    let mut query = sqlx::query::<Sqlite>(AssertSqlSafe(sql.text));
    for value in sql.values {
        query = match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Null => query.bind(None::<i64>),
        };
    }
    query
}

#[expect(clippy::disallowed_methods, reason = "the one door to sqlx; its text is built from constants alone")]
fn query_mysql(sql: Sql) -> Query<'static, MySql, MySqlArguments> {
    let mut query = sqlx::query::<MySql>(AssertSqlSafe(sql.text));
    for value in sql.values {
        query = match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Null => query.bind(None::<i64>),
        };
    }
    query
}

pub(super) async fn run_sqlite<'e, E: Executor<'e, Database = Sqlite>>(sql: Sql, on: E) -> Result<u64, sqlx::Error> {
    Ok(query_sqlite(sql).execute(on).await?.rows_affected())
}

pub(super) async fn run_mysql<'e, E: Executor<'e, Database = MySql>>(sql: Sql, on: E) -> Result<u64, sqlx::Error> {
    Ok(query_mysql(sql).execute(on).await?.rows_affected())
}

pub(super) async fn all_sqlite<'e, E: Executor<'e, Database = Sqlite>>(
    sql: Sql,
    on: E,
) -> Result<Vec<Row>, sqlx::Error> {
    Ok(query_sqlite(sql).fetch_all(on).await?.into_iter().map(Row::Sqlite).collect())
}

pub(super) async fn all_mysql<'e, E: Executor<'e, Database = MySql>>(sql: Sql, on: E) -> Result<Vec<Row>, sqlx::Error> {
    Ok(query_mysql(sql).fetch_all(on).await?.into_iter().map(Row::MySql).collect())
}

/// Rows as they come, so that a table needn't fit into memory.
pub(super) fn stream_sqlite(
    sql: Sql,
    on: &mut sqlx::SqliteConnection,
) -> BoxStream<'_, Result<SqliteRow, sqlx::Error>> {
    query_sqlite(sql).fetch(on)
}

/// The same on MySQL.
pub(super) fn stream_mysql(sql: Sql, on: &mut sqlx::MySqlConnection) -> BoxStream<'_, Result<MySqlRow, sqlx::Error>> {
    query_mysql(sql).fetch(on)
}

/// A statement that MySQL doesn't prepare, such as `START TRANSACTION WITH CONSISTENT SNAPSHOT`.
#[expect(clippy::disallowed_methods, reason = "the one door to sqlx; its text is a constant")]
pub(super) async fn run_mysql_unprepared(
    text: &'static str,
    on: &mut sqlx::MySqlConnection,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(text).execute(on).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_separated_by_commas() {
        assert_eq!(marks(0), "");
        assert_eq!(marks(1), "?");
        assert_eq!(marks(3), "?, ?, ?");
        assert_eq!(rows_of_marks(2, 2), "(?, ?), (?, ?)");
    }

    #[test]
    fn steps_have_few_lengths() {
        let lengths = |count: usize| steps(&vec![0; count], 8).map(<[i32]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(0), Vec::<usize>::new());
        assert_eq!(lengths(23), [8, 8, 4, 2, 1]);
        assert_eq!(lengths(8), [8]);
    }
}
