//! What tells which images belong together: bytes, keys, and how they look.

use super::{PAGE, Source, small};
use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// One living image.
#[derive(Debug)]
pub struct Trait {
    pub order_id: i64,
    pub id: Id,
    /// The number of its set.
    pub set: u8,
    /// SHA-256 in hex, once its bytes are in.
    pub sha256: Option<String>,
    /// The caller's key.
    pub key: Option<String>,
    pub look: Option<u64>,
    /// Whether it is a picture that was looked at and is too plain to have a look: its thumbnail is made.
    pub is_plain: bool,
}

/// The living images of a task behind `after`, a page of them; an empty one is the end.
pub async fn page(source: &mut Source<'_>, task: Id, after: i64) -> Result<Vec<Trait>> {
    const ROWS: &str = "SELECT t.order_id, t.img_id, t.set_id, i.sha256, i.group_key, b.look, \
                        CASE WHEN b.thumbnail = 1 AND b.look IS NULL THEN 1 ELSE 0 END FROM task_images t \
                        JOIN images i ON i.img_id = t.img_id LEFT JOIN blobs b ON b.sha256 = i.sha256 \
                        WHERE t.task_id = ? AND t.order_id > ? AND t.is_del = 0 ORDER BY t.order_id LIMIT ?";
    let rows = source.fetch_all(Sql::new(ROWS).bind(task).bind(after).bind(PAGE)).await?;
    rows.iter()
        .map(|row| {
            Ok(Trait {
                order_id: row.int(0)?,
                id: Id(row.int(1)?),
                set: small(row.int(2)?),
                sha256: row.opt_text(3)?,
                key: row.opt_text(4)?,
                look: row.opt_int(5)?.and_then(|look| u64::try_from(look).ok()),
                is_plain: row.int(6)? == 1,
            })
        })
        .collect()
}

/// Bytes of living images behind `after` (an `order_id`) whose looks are still to be made, with the last `order_id`.
pub async fn lookless(db: &Db, task: Id, after: i64, limit: u32) -> Result<Option<(Vec<BlobKey>, i64)>> {
    const ROWS: &str = "SELECT t.order_id, b.sha256 FROM task_images t JOIN images i ON i.img_id = t.img_id \
                        JOIN blobs b ON b.sha256 = i.sha256 \
                        WHERE t.task_id = ? AND t.order_id > ? AND t.is_del = 0 AND b.thumbnail = 0 ORDER BY t.order_id LIMIT ?";
    let rows = db.fetch_all(Sql::new(ROWS).bind(task).bind(after).bind(limit)).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let mut keys = Vec::with_capacity(rows.len());
    for row in &rows {
        keys.extend(BlobKey::parse(&row.text(1)?));
    }
    Ok(Some((keys, last.int(0)?)))
}
