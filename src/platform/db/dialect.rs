//! Where SQLite and MySQL really differ. Everything else is one statement for both.

use sqlx::{Executor, MySqlConnection};

use super::{Db, Tx};

/// `INSERT` that passes over rows whose key is there already.
#[must_use]
pub fn insert_or_ignore(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "INSERT OR IGNORE",
        Tx::MySql(_) => "INSERT IGNORE",
    }
}

/// What stands behind an `INSERT` so that it overwrites `columns` of the row whose `key` is there.
#[must_use]
pub fn upsert(tx: &Tx, key: &str, columns: &[&str]) -> String {
    let set = |column: &&str| match tx {
        Tx::Sqlite(_) => format!("{column} = excluded.{column}"),
        Tx::MySql(_) => format!("{column} = VALUES({column})"),
    };
    let sets = columns.iter().map(set).collect::<Vec<_>>().join(", ");
    match tx {
        Tx::Sqlite(_) => format!("ON CONFLICT ({key}) DO UPDATE SET {sets}"),
        Tx::MySql(_) => format!("ON DUPLICATE KEY UPDATE {sets}"),
    }
}

/// `JOIN` that reads its left side first, whatever the statistics of fresh tables make an engine believe.
#[must_use]
pub fn ordered_join(engine: &impl Engine) -> &'static str {
    if engine.is_mysql() { "STRAIGHT_JOIN" } else { "CROSS JOIN" }
}

/// What stands behind a table that is to be read by this index, where an engine without statistics would
/// choose one that can be far worse.
#[must_use]
pub fn by_index(engine: &impl Engine, index: &str) -> String {
    if engine.is_mysql() { format!("FORCE INDEX ({index})") } else { format!("INDEXED BY {index}") }
}

/// Counts the tables of a name (0 or 1).
#[must_use]
pub fn count_tables(engine: &impl Engine) -> &'static str {
    if engine.is_mysql() {
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
    } else {
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    }
}

/// What can tell which engine it talks to.
pub trait Engine {
    /// Whether it is MySQL or MariaDB; else it is SQLite.
    fn is_mysql(&self) -> bool;
}

impl Engine for Db {
    fn is_mysql(&self) -> bool {
        matches!(self, Self::MySql(_))
    }
}

impl Engine for Tx {
    fn is_mysql(&self) -> bool {
        matches!(self, Self::MySql(_))
    }
}

/// Sets the isolation level of a fresh MySQL connection, and lets `GROUP_CONCAT` give more than MySQL's 1,024 bytes.
///
/// # Errors
/// When the connection is gone.
pub async fn read_committed(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    connection.execute("SET SESSION group_concat_max_len = 1048576").await?;
    Ok(())
}
