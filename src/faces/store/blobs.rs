//! Rows of the blobs that crops are. Whoever removes bytes leaves those alone that a face needs: the foreign keys see to it.

use super::ROWS;
use crate::platform::blobs::Received;
use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Sql, Tx, rows_of_marks, steps};
use crate::platform::error::{Error, Result};

/// Nothing is to be made of a crop: it is small as it is. The number stands in the database.
const NO_THUMBNAIL: i64 = 3;

/// Adds the rows of blobs whose bytes are in place, where they are missing. In the order of their digests, so that two
/// who add the same ones never wait for each other in a circle.
pub async fn insert(tx: &mut Tx, mut received: Vec<&Received>, now: i64) -> Result<()> {
    received.sort_unstable_by(|one, other| one.key.as_str().cmp(other.key.as_str()));
    for step in steps(&received, ROWS) {
        let text = format!(
            "{} INTO blobs (sha256, size, crc32, content_type, width, height, created_at, thumbnail) VALUES {}",
            insert_or_ignore(tx),
            rows_of_marks(step.len(), 8)
        );
        let mut sql = Sql::new(text);
        for blob in step {
            let (facts, size) = (&blob.facts, i64::try_from(blob.size).map_err(Error::internal)?);
            sql = sql.bind(blob.key.as_str()).bind(size).bind(blob.crc32).bind(facts.content_type.as_str());
            sql = sql.bind(facts.width).bind(facts.height).bind(now).bind(NO_THUMBNAIL);
        }
        tx.execute(sql).await?;
    }
    Ok(())
}

/// Bytes of a blob.
pub async fn size(db: &crate::platform::db::Db, sha256: &str) -> Result<Option<i64>> {
    let row = db.fetch_optional(Sql::new("SELECT size FROM blobs WHERE sha256 = ?").bind(sha256)).await?;
    Ok(row.map(|row| row.int(0)).transpose()?)
}
