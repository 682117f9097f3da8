//! All SQL of splitting.
//!
//! What always holds: only living images are read and changed (`is_del = 0`); images are read in the order of
//! `order_id`, a page by key at a time; a split is written by ranges, each with the sets of all its images in one value.

pub mod images;
pub mod list;
pub mod traits;
pub mod write;

use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;

/// Rows read at a time.
const PAGE: u32 = 16_384;

/// Where images are read: as they are now, or as the task's lock holds them.
pub enum Source<'a> {
    Pool(&'a Db),
    Locked(&'a mut Tx),
}

impl Source<'_> {
    async fn fetch_all(&mut self, sql: Sql) -> Result<Vec<Row>> {
        match self {
            Self::Pool(db) => db.fetch_all(sql).await,
            Self::Locked(tx) => tx.fetch_all(sql).await,
        }
    }
}

/// A column that was written from a small number.
fn small(value: i64) -> u8 {
    u8::try_from(value).unwrap_or_default()
}
