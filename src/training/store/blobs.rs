//! Rows of blobs that this room names. Whoever removes bytes leaves those alone that a row here needs:
//! the foreign keys see to it.

use crate::platform::blobs::Received;
use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Sql, Tx};
use crate::platform::error::{Error, Result};

/// What is to become of a blob's thumbnail; the numbers stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thumbnail {
    Wanted = 0,
    /// There is nothing to show.
    Never = 3,
}

/// Adds the row of a blob whose bytes are in place, unless it is there.
pub async fn insert(tx: &mut Tx, received: &Received, thumbnail: Thumbnail, now: i64) -> Result<()> {
    let text = format!(
        "{} INTO blobs (sha256, size, crc32, content_type, width, height, created_at, thumbnail) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        insert_or_ignore(tx)
    );
    let size = i64::try_from(received.size).map_err(Error::internal)?;
    let facts = &received.facts;
    let sql = Sql::new(text).bind(received.key.as_str()).bind(size).bind(received.crc32);
    let sql = sql.bind(facts.content_type.as_str()).bind(facts.width).bind(facts.height).bind(now);
    tx.execute(sql.bind(thumbnail as i64)).await?;
    Ok(())
}
