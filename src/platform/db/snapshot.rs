//! A whole database as one SQLite file, and back from it into either database.
//!
//! The tables and their columns are read off the SQLite schema, which is the same on both sides by name; no room's
//! meaning is known here. What always holds: a snapshot is one moment of the database, whatever is written meanwhile;
//! and a database is filled in one transaction, and only while it is empty.

use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::mysql::MySqlConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::sql::{all_sqlite, run_mysql, run_sqlite, stream_mysql, stream_sqlite};
use super::{Db, Opening, Row, Sql, Value, dialect, rows_of_marks, steps};
use crate::platform::error::{Error, Result};

/// Rows of one `INSERT`, at most.
const ROWS: usize = 256;

/// Bytes of one `INSERT`: MySQL's packets have a limit.
const BYTES: usize = 4 * 1024 * 1024;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
    Bytes,
}

/// A table, and its columns.
#[derive(Debug, Clone)]
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

/// A snapshot that was taken: an open SQLite file.
pub struct Snapshot {
    pub db: Db,
}

impl Snapshot {
    /// Writes the database as it is at this moment to a SQLite file that isn't there yet.
    ///
    /// # Errors
    /// When the database can't be read or the file can't be written.
    pub async fn take(db: &Db, path: &Path) -> Result<Self> {
        match db {
            Db::Sqlite { writer, .. } => {
                let mut connection = writer.options().clone().connect().await?;
                let sql = Sql::new("VACUUM INTO ?").bind(path.display().to_string());
                run_sqlite(sql, &mut connection).await?;
                connection.close().await?;
            }
            Db::MySql(pool) => {
                let mut from = pool.acquire().await?.detach();
                // A file of this version's schema, without the rows that a fresh one has.
                Self::open(path).await?.db.shut().await;
                let mut to = bare(path).await?;
                from_mysql(&mut from, &mut to).await?;
                to.close().await?;
                from.close().await?;
            }
        }
        Self::open(path).await
    }

    /// Opens a snapshot and brings its schema up to date.
    ///
    /// # Errors
    /// When it is none.
    pub async fn open(path: &Path) -> Result<Self> {
        let db = Db::connect_sqlite(file(path), true, Opening::MayMake);
        db.migrate().await?;
        Ok(Self { db })
    }
}

/// Fills a database of this version's schema, which must hold no rows but those of a fresh one, from a snapshot.
///
/// # Errors
/// `Conflict` when it holds rows; whatever either says. Then nothing of it stands.
pub async fn restore(path: &Path, into: &Db) -> Result<()> {
    let mut from = bare(path).await?;
    match into {
        Db::MySql(pool) => {
            let mut to = pool.acquire().await?.detach();
            into_mysql(&mut from, &mut to).await?;
            to.close().await?;
        }
        Db::Sqlite { .. } => return Err(Error::internal("a snapshot is a SQLite database already")),
    }
    Ok(from.close().await?)
}

/// Whatever its name: in a URL some characters mean something.
fn file(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path)
}

/// A connection that takes rows in any order.
async fn bare(path: &Path) -> Result<SqliteConnection> {
    Ok(file(path).foreign_keys(false).connect().await?)
}

async fn from_mysql(from: &mut MySqlConnection, to: &mut SqliteConnection) -> Result<()> {
    run_plain(from, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    run_plain(from, "START TRANSACTION WITH CONSISTENT SNAPSHOT").await?;
    run_sqlite(Sql::new("BEGIN IMMEDIATE"), &mut *to).await?;
    for table in tables(to).await? {
        run_sqlite(Sql::new(format!("DELETE FROM `{}`", table.name)), &mut *to).await?;
        let mut rows = stream_mysql(table.select(), &mut *from);
        let mut waiting = Waiting::default();
        while let Some(row) = rows.try_next().await? {
            if waiting.add(&table, &Row::MySql(row))? {
                for sql in waiting.inserts(&table) {
                    run_sqlite(sql, &mut *to).await?;
                }
            }
        }
        for sql in waiting.inserts(&table) {
            run_sqlite(sql, &mut *to).await?;
        }
    }
    run_sqlite(Sql::new("COMMIT"), &mut *to).await?;
    run_plain(from, "COMMIT").await
}

async fn into_mysql(from: &mut SqliteConnection, to: &mut MySqlConnection) -> Result<()> {
    run_plain(to, "SET SESSION foreign_key_checks = 0").await?;
    run_plain(to, "START TRANSACTION").await?;
    for table in tables(from).await? {
        // What a fresh schema holds comes with the snapshot.
        run_mysql(Sql::new(format!("DELETE FROM `{}`", table.name)), &mut *to).await?;
        let mut rows = stream_sqlite(table.select(), &mut *from);
        let mut waiting = Waiting::default();
        while let Some(row) = rows.try_next().await? {
            if waiting.add(&table, &Row::Sqlite(row))? {
                for sql in waiting.inserts(&table) {
                    run_mysql(sql, &mut *to).await?;
                }
            }
        }
        for sql in waiting.inserts(&table) {
            run_mysql(sql, &mut *to).await?;
        }
    }
    run_plain(to, "COMMIT").await
}

async fn run_plain(on: &mut MySqlConnection, text: &'static str) -> Result<()> {
    super::sql::run_mysql_unprepared(text, on).await?;
    Ok(())
}

/// All tables of a SQLite file but its own and sqlx's.
async fn tables(on: &mut SqliteConnection) -> Result<Vec<Table>> {
    const NAMES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                         AND name NOT LIKE '\\_sqlx\\_%' ESCAPE '\\' ORDER BY name";
    const COLUMNS: &str = "SELECT name, type FROM pragma_table_info(?) ORDER BY cid";
    let mut tables = Vec::new();
    for row in all_sqlite(Sql::new(NAMES), &mut *on).await? {
        let name = row.text(0)?;
        let mut columns = Vec::new();
        for column in all_sqlite(Sql::new(COLUMNS).bind(name.as_str()), &mut *on).await? {
            let kind = match column.text(1)?.as_str() {
                "INTEGER" => Kind::Int,
                "TEXT" => Kind::Text,
                "BLOB" => Kind::Bytes,
                other => return Err(Error::internal(format!("a column of {name} has the type {other}"))),
            };
            columns.push((column.text(0)?, kind));
        }
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

impl Table {
    fn names(&self) -> String {
        // Both know these quotes; a column may have the name of a word.
        self.columns.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    fn select(&self) -> Sql {
        Sql::new(format!("SELECT {} FROM `{}`", self.names(), self.name))
    }
}

/// Rows that were read and not written yet.
#[derive(Default)]
struct Waiting {
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

impl Waiting {
    /// Takes a row; whether it is time to write.
    fn add(&mut self, table: &Table, row: &Row) -> Result<bool> {
        let mut values = Vec::with_capacity(table.columns.len());
        for (at, (_, kind)) in table.columns.iter().enumerate() {
            let value: Value = match kind {
                Kind::Int => row.opt_int(at)?.into(),
                Kind::Text => row.opt_text(at)?.into(),
                Kind::Bytes => row.opt_bytes(at)?.into(),
            };
            self.bytes += match &value {
                Value::Text(text) => text.len(),
                Value::Bytes(bytes) => bytes.len(),
                Value::Int(_) | Value::Null => 8,
            };
            values.push(value);
        }
        self.rows.push(values);
        Ok(self.rows.len() >= ROWS || self.bytes >= BYTES)
    }

    /// The statements that write what waits.
    fn inserts(&mut self, table: &Table) -> Vec<Sql> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let columns = table.columns.len();
        let insert = |some: &[Vec<Value>]| {
            let marks = rows_of_marks(some.len(), columns);
            let text = format!("INSERT INTO `{}` ({}) VALUES {marks}", table.name, table.names());
            Sql::new(text).bind_all(some.iter().flatten().cloned())
        };
        steps(&rows, ROWS).map(insert).collect()
    }
}

impl Db {
    /// Whether nobody has written to it yet: there is no schema, or no id was ever drawn.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn is_unused(&self) -> Result<bool> {
        let tables = self.fetch_one(Sql::new(dialect::count_tables(self)).bind("id_blocks")).await?.int(0)?;
        if tables == 0 {
            return Ok(true);
        }
        let drawn = self.fetch_optional(Sql::new("SELECT next_id FROM id_blocks WHERE name = 'id'")).await?;
        Ok(drawn.map(|row| row.int(0)).transpose()?.is_none_or(|next| next == 0))
    }
}
