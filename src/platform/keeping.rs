//! What rooms tell those who look after the store: which blobs their rows need and under which names a person knows
//! them, and which of their counters are off.
//!
//! Each room has functions of these shapes in `service::keeping`; they need a database and nothing that runs.

use std::collections::BTreeSet;

use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Sql, marks};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// What a store says of a counter: where it stands, what it says, and what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Off {
    /// Its row, as the room's `mend` takes it.
    pub row: Row,
    /// As a person knows it: `tag "cats"`.
    pub place: String,
    /// What is wrong: `file_count is 7, there are 8`.
    pub what: String,
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    Number(i64),
    Text(String),
}

impl Row {
    /// The id behind which a walk by ids goes on: from the beginning, where none is given.
    #[must_use]
    pub fn id(after: Option<Self>) -> Id {
        if let Some(Self::Number(id)) = after { Id(id) } else { Id(i64::MIN) }
    }
}

/// One page of a walk through counters.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    pub off: Vec<Off>,
    /// Where to go on; `None` at the end.
    pub next: Option<Row>,
}

/// Where a table names blobs.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    pub table: &'static str,
    pub column: &'static str,
}

/// Adds to `named` those of the blobs that rows of these tables name. For the stores of rooms.
///
/// # Errors
/// When the database doesn't answer.
pub async fn add_named(db: &Db, tables: &[Naming], keys: &[BlobKey], named: &mut BTreeSet<String>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    for Naming { table, column } in tables {
        let text = format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IN ({})", marks(keys.len()));
        for row in db.fetch_all(Sql::new(text).bind_all(keys.iter().map(BlobKey::as_str))).await? {
            named.insert(row.text(0)?);
        }
    }
    Ok(())
}
