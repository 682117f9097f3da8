//! The database: SQLite in the data folder, or MariaDB / MySQL.
//!
//! A store writes one `?` statement and runs it on either engine through [`Sql`], [`Db`] and [`Tx`];
//! the few real differences are functions of [`dialect`]. What always holds: SQLite has one writer,
//! whose transactions begin with `BEGIN IMMEDIATE` (a deferred one may fail when it turns from
//! reading to writing), and readers that never wait for it (WAL).

pub mod dialect;
mod fault;
mod migrations;
mod schema;
mod snapshot;
mod sql;
mod writer;

use std::str::FromStr;
use std::time::Duration;

use rocket::figment::Figment;
use rocket_db_pools::{Database, Pool};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, MySql, MySqlConnection, Transaction};

use crate::platform::error::Result;
pub use fault::may_pass;
pub use schema::{Migrations, file_of};
pub use snapshot::{Snapshot, restore};
pub use sql::{Row, Sql, Value, marks, rows_of_marks, steps};
use writer::{SqliteTx, Writer};

/// Rocket's handle on the pool; configured under `databases.granary`.
#[derive(Database)]
#[database("granary")]
pub struct GranaryDb(Db);

/// A pool of connections; cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    Sqlite { writer: Box<Writer>, readers: SqlitePool },
    MySql(MySqlPool),
}

/// A write transaction. Dropped without [`Tx::commit`], it is rolled back.
pub enum Tx {
    Sqlite(SqliteTx),
    MySql(Transaction<'static, MySql>),
}

/// How the database is reached and how careful it is.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:<path>` or `mysql://user@host/db`, `mysql://…?socket=/path`.
    pub url: String,
    /// Whether a commit waits for the disk.
    pub durable: bool,
}

/// How a SQLite file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// It is made where it is missing.
    MayMake,
    AsItIs,
    /// Nobody can write there.
    ReadOnly,
}

impl Db {
    /// Connects, making the SQLite file where it is missing, and brings the schema up to date.
    ///
    /// # Errors
    /// When the URL is neither SQLite's nor MySQL's, or the database can't be opened or migrated.
    pub async fn connect(options: &Options) -> Result<Self, sqlx::Error> {
        let db = match options.url.split(':').next() {
            Some("sqlite") => {
                let file = SqliteConnectOptions::from_str(&options.url)?;
                Self::connect_sqlite(file, options.durable, Opening::MayMake)
            }
            Some("mysql" | "mariadb") => Self::connect_mysql(options).await?,
            _ => {
                let message = "databases.granary.url must begin with sqlite: or mysql:";
                return Err(sqlx::Error::Configuration(message.into()));
            }
        };
        db.migrate().await?;
        Ok(db)
    }

    fn connect_sqlite(file: SqliteConnectOptions, durable: bool, opening: Opening) -> Self {
        let synchronous = if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
        let connect = file
            .create_if_missing(opening == Opening::MayMake)
            .immutable(opening == Opening::ReadOnly)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(15))
            .pragma("cache_size", "-8192")
            // 32 MB: folding the log into the file holds up whoever commits just then.
            .pragma("wal_autocheckpoint", "8192")
            .statement_cache_capacity(256);
        let writer = Box::new(Writer::new(connect.clone()));
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(30))
            .test_before_acquire(false)
            .connect_lazy_with(connect.pragma("query_only", "ON"));
        Self::Sqlite { writer, readers }
    }

    async fn connect_mysql(options: &Options) -> Result<Self, sqlx::Error> {
        let url = options.url.replacen("mariadb:", "mysql:", 1);
        let connect = MySqlConnectOptions::from_str(&url)?.statement_cache_capacity(256);
        // The pool would try a server that isn't there again and again; this fails at once.
        MySqlConnection::connect_with(&connect).await?.close().await?;
        let pool = MySqlPoolOptions::new()
            .max_connections(10)
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // Gap locks of the default level would make writers to different tags wait for
                    // each other; every rule that needs a lock takes it by FOR UPDATE.
                    dialect::read_committed(connection).await
                })
            })
            .connect_with(connect)
            .await?;
        Ok(Self::MySql(pool))
    }

    async fn migrate(&self) -> Result<(), sqlx::Error> {
        let done = match self {
            Self::Sqlite { writer, .. } => {
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(writer.options().clone()).await?;
                let done = migrations::sqlite().run(&pool).await;
                pool.close().await;
                done
            }
            Self::MySql(pool) => migrations::mysql().run(pool).await,
        };
        done.map_err(|error| sqlx::Error::Configuration(error.into()))
    }

    /// Opens a write transaction; on SQLite it waits for its turn.
    ///
    /// # Errors
    /// When no connection is to be had within 30 s, or the database is gone.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin().await?),
            Self::MySql(pool) => Tx::MySql(pool.begin().await?),
        })
    }

    /// All rows, outside of any transaction.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_all(&self, sql: Sql) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite { readers, .. } => sql::all_sqlite(sql, readers).await?,
            Self::MySql(pool) => sql::all_mysql(sql, pool).await?,
        })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_optional(&self, sql: Sql) -> Result<Option<Row>> {
        Ok(self.fetch_all(sql).await?.into_iter().next())
    }

    /// The first row of a statement that always has one (a sum, a count).
    ///
    /// # Errors
    /// Whatever the database says, or that there was none.
    pub async fn fetch_one(&self, sql: Sql) -> Result<Row> {
        Ok(self.fetch_optional(sql).await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// Which engine runs, and its version.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn version(&self) -> Result<String> {
        let (name, sql) = match self {
            Self::Sqlite { .. } => ("SQLite", "SELECT sqlite_version()"),
            Self::MySql(_) => ("", "SELECT version()"),
        };
        let version = self.fetch_one(Sql::new(sql)).await?.text(0)?;
        let name = if !name.is_empty() {
            name
        } else if version.contains("MariaDB") {
            "MariaDB"
        } else {
            "MySQL"
        };
        Ok(format!("{name} {version}"))
    }

    /// Closes every connection; SQLite folds its write-ahead log into the file.
    pub async fn shut(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::MySql(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Runs a statement; the number of rows it changed.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn execute(&mut self, sql: Sql) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => tx.run(sql).await?,
            Self::MySql(tx) => sql::run_mysql(sql, &mut **tx).await?,
        })
    }

    /// Runs a statement that a foreign key may stand against: then `None`, nothing is changed, and
    /// the transaction goes on.
    ///
    /// # Errors
    /// Whatever else the database says.
    pub async fn execute_unless_referenced(&mut self, sql: Sql) -> Result<Option<u64>> {
        let done = match self {
            Self::Sqlite(tx) => tx.run(sql).await,
            Self::MySql(tx) => sql::run_mysql(sql, &mut **tx).await,
        };
        match done {
            Ok(rows) => Ok(Some(rows)),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_all(&mut self, sql: Sql) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(tx) => tx.all(sql).await?,
            Self::MySql(tx) => sql::all_mysql(sql, &mut **tx).await?,
        })
    }

    /// The rows of several statements, one after the other; on SQLite all in one hop. They must tell by
    /// themselves which statement they are from.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_each(&mut self, statements: Vec<Sql>) -> Result<Vec<Row>> {
        if let Self::Sqlite(tx) = self {
            return Ok(tx.all(Sql::joined(statements)).await?);
        }
        let mut rows = Vec::new();
        for statement in statements {
            rows.extend(self.fetch_all(statement).await?);
        }
        Ok(rows)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_optional(&mut self, sql: Sql) -> Result<Option<Row>> {
        Ok(self.fetch_all(sql).await?.into_iter().next())
    }

    /// The first row of a statement that always has one.
    ///
    /// # Errors
    /// Whatever the database says, or that there was none.
    pub async fn fetch_one(&mut self, sql: Sql) -> Result<Row> {
        Ok(self.fetch_optional(sql).await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// Makes everything since [`Db::begin`] durable at once.
    ///
    /// # Errors
    /// Whatever the database says; then nothing of it stands.
    pub async fn commit(self) -> Result<()> {
        self.commit_with(Vec::new()).await
    }

    /// Runs the last statements and then commits. On SQLite this takes one hop to its thread.
    ///
    /// # Errors
    /// Whatever the database says; then nothing of it stands.
    pub async fn commit_with(self, last: Vec<Sql>) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit(last).await?,
            Self::MySql(mut tx) => {
                for statement in last {
                    sql::run_mysql(statement, &mut *tx).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// The engine's way of locking the rows that a SELECT reads (SQLite's writer is alone anyway).
    #[must_use]
    pub fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::MySql(_) => " FOR UPDATE",
        }
    }
}

#[rocket::async_trait]
impl Pool for Db {
    type Connection = Self;
    type Error = sqlx::Error;

    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let config = |error| sqlx::Error::Configuration(Box::new(error));
        let url: String = figment.extract_inner("url").map_err(config)?;
        let durable: bool = figment.extract_inner("durable").map_err(config)?;
        Self::connect(&Options { url, durable }).await
    }

    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        Ok(self.clone())
    }

    /// Nothing: Rocket runs all shutdown fairings at once, and this one would take the pool away from
    /// uploads that are still being committed. `main` calls [`Db::shut`] when the server has ended.
    async fn close(&self) {}
}
