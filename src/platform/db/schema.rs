//! Looking at a database without changing it: which steps of the schema it has taken.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use rustix::fs::{Access, access};
use sqlx::sqlite::SqliteConnectOptions;

use super::{Db, Opening, Options, Sql, dialect, migrations};
use crate::platform::error::Result;

/// The table in which sqlx keeps what was done.
const TABLE: &str = "_sqlx_migrations";

/// Steps of the schema, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrations {
    pub done: Vec<i64>,
    /// Known to this version, but not done.
    pub pending: Vec<i64>,
    /// Done, but not known to this version: a newer one has been here.
    pub unknown: Vec<i64>,
    /// Begun and not ended well.
    pub failed: Vec<i64>,
}

impl Migrations {
    /// Whether the schema is the one that this version works with.
    #[must_use]
    pub fn are_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty() && self.failed.is_empty()
    }
}

impl Db {
    /// Connects to a database that is there, and leaves its schema as it is.
    ///
    /// # Errors
    /// When the database can't be opened, or there is none.
    pub async fn open(options: &Options) -> Result<Self, sqlx::Error> {
        match options.url.split(':').next() {
            Some("sqlite") => {
                let file = SqliteConnectOptions::from_str(&options.url)?;
                Ok(Self::connect_sqlite(file, options.durable, opening(options)?))
            }
            _ => Self::connect_mysql(options).await,
        }
    }

    /// Which steps of the schema were taken.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn migrations(&self) -> Result<Migrations> {
        let steps = match self {
            Self::Sqlite { .. } => migrations::sqlite(),
            Self::MySql(_) => migrations::mysql(),
        };
        let known: Vec<i64> = steps.iter().map(|step| step.version).collect();
        let mut found = Migrations::default();
        if self.fetch_one(Sql::new(dialect::count_tables(self)).bind(TABLE)).await?.int(0)? > 0 {
            let sql = format!("SELECT version, CASE WHEN success THEN 1 ELSE 0 END FROM {TABLE} ORDER BY version");
            for row in self.fetch_all(Sql::new(sql)).await? {
                let steps = if row.int(1)? == 1 { &mut found.done } else { &mut found.failed };
                steps.push(row.int(0)?);
            }
        }
        found.pending = known.iter().filter(|step| !found.done.contains(step)).copied().collect();
        found.unknown = found.done.iter().filter(|step| !known.contains(step)).copied().collect();
        Ok(found)
    }
}

/// On a disk that takes no writes a database that was closed in order can be read still.
fn opening(options: &Options) -> Result<Opening, sqlx::Error> {
    let file = file_of(&options.url)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_closed = !PathBuf::from(format!("{}-wal", file.display())).exists();
    let is_fixed = is_closed && file.exists() && access(folder, Access::WRITE_OK).is_err();
    Ok(if is_fixed { Opening::ReadOnly } else { Opening::AsItIs })
}

/// The file of a SQLite database.
///
/// # Errors
/// When the URL is none of SQLite's.
pub fn file_of(url: &str) -> Result<PathBuf, sqlx::Error> {
    Ok(SqliteConnectOptions::from_str(url)?.get_filename().to_owned())
}
