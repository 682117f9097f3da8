//! SQLite's one writer.
//!
//! Every statement is a hop to the thread that runs SQLite and back, which for a small transaction costs
//! more than the statement. So one connection is kept for all writes and lent to one transaction at a
//! time; `BEGIN` travels with a first `SELECT`, and `COMMIT` with the last statements. What always holds: a
//! transaction that is dropped without its commit is rolled back before the next one begins.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::sql::{self, Row, Sql};

/// How long a transaction waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// `BEGIN IMMEDIATE`, because a deferred transaction may fail when it turns from reading to writing.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// The connection, opened when it is first wanted.
type Slot = Option<SqliteConnection>;

/// Lends the one writing connection; cheap to clone.
#[derive(Debug, Clone)]
pub struct Writer {
    options: SqliteConnectOptions,
    slot: Arc<Mutex<Slot>>,
}

/// A transaction on the writing connection.
pub struct SqliteTx {
    /// Empty when it has ended.
    slot: Option<OwnedMutexGuard<Slot>>,
    begun: bool,
}

impl Writer {
    /// Lends connections made by `options`.
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, slot: Arc::default() }
    }

    /// How it connects.
    pub(super) fn options(&self) -> &SqliteConnectOptions {
        &self.options
    }

    /// Waits for its turn.
    pub(super) async fn begin(&self) -> Result<SqliteTx, sqlx::Error> {
        Ok(SqliteTx { slot: Some(self.turn().await?), begun: false })
    }

    /// Closes the connection, which folds the write-ahead log into the file.
    pub(super) async fn close(&self) {
        if let Some(connection) = self.slot.lock().await.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<Slot>, sqlx::Error> {
        let turn = tokio::time::timeout(PATIENCE, self.slot.clone().lock_owned()).await;
        let mut slot = turn.map_err(|_| sqlx::Error::PoolTimedOut)?;
        if slot.is_none() {
            *slot = Some(self.options.connect().await?);
        }
        Ok(slot)
    }
}

impl SqliteTx {
    /// Runs a statement; the number of rows it changed.
    pub(super) async fn run(&mut self, sql: Sql) -> Result<u64, sqlx::Error> {
        if !std::mem::replace(&mut self.begun, true) {
            // By itself: SQLite would count the changes of the statement before it as its own.
            sql::run_sqlite(Sql::new(BEGIN), self.connection()?).await?;
        }
        sql::run_sqlite(sql, self.connection()?).await
    }

    /// All rows of a statement, or of several joined ones.
    pub(super) async fn all(&mut self, sql: Sql) -> Result<Vec<Row>, sqlx::Error> {
        let sql = if std::mem::replace(&mut self.begun, true) { sql } else { Sql::joined(vec![Sql::new(BEGIN), sql]) };
        sql::all_sqlite(sql, self.connection()?).await
    }

    /// Runs the last statements and commits, all in one hop.
    pub(super) async fn commit(mut self, mut last: Vec<Sql>) -> Result<(), sqlx::Error> {
        if self.begun || !last.is_empty() {
            last.push(Sql::new("COMMIT"));
            self.run(Sql::joined(last)).await?;
        }
        self.slot = None;
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.slot.as_mut().and_then(|slot| slot.as_mut()).ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take().filter(|_| self.begun) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            *slot = None;
            return;
        };
        runtime.spawn(async move {
            let Some(connection) = slot.as_mut() else { return };
            let rolled_back = sql::run_sqlite(Sql::new("ROLLBACK"), connection).await;
            // After some faults (a full disk) SQLite has rolled back by itself; a fresh connection is right
            // in every case.
            if let Err(error) = rolled_back {
                tracing::debug!(%error, "nothing to roll back");
                *slot = None;
            }
        });
    }
}
