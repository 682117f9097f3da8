//! The trash: what goes in, what comes back, and what leaves for ever.

use super::{FILE, file, push_filter};
use crate::collect::model::cursor::Cursor;
use crate::collect::model::{File, Filter, Totals};
use crate::collect::store::commit::Change;
use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Sql, Tx, marks, steps};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Rows that one statement brings back, at most.
const MOST: usize = 512;

/// What lies in the trash, last deleted first.
pub async fn list(db: &Db, after: Option<&Cursor>, limit: u32) -> Result<Vec<File>> {
    let mut sql = Sql::new(format!("SELECT {FILE} WHERE f.deleted_at IS NOT NULL"));
    if let Some(Cursor::Number { key, tie }) = after {
        sql = sql.push(" AND f.deleted_at <= ? AND (f.deleted_at < ? OR f.id < ?)").bind(*key).bind(*key).bind(*tie);
    }
    let sql = sql.push(" ORDER BY f.deleted_at DESC, f.id DESC LIMIT ?").bind(limit);
    db.fetch_all(sql).await?.iter().map(file).collect()
}

/// Files and bytes in the trash.
pub async fn totals(db: &Db) -> Result<Totals> {
    const TOTALS: &str =
        "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS SIGNED) FROM files WHERE deleted_at IS NOT NULL";
    let row = db.fetch_one(Sql::new(TOTALS)).await?;
    Ok(Totals { file_count: row.int(0)?, bytes: row.int(1)? })
}

/// Bytes of all blobs.
pub async fn blob_bytes(db: &Db) -> Result<i64> {
    let row = db.fetch_one(Sql::new("SELECT CAST(COALESCE(SUM(size), 0) AS SIGNED) FROM blobs")).await?;
    Ok(row.int(0)?)
}

/// Locks the tag's row for the rest of the transaction.
pub async fn lock_tag(tx: &mut Tx, tag: Id) -> Result<()> {
    let sql = format!("SELECT id FROM tags WHERE id = ?{}", tx.for_update());
    tx.fetch_all(Sql::new(sql).bind(tag)).await?;
    Ok(())
}

/// Puts the living files of the filter in the trash, all with the time `batch`. What the tag lost.
pub async fn bury(tx: &mut Tx, tag: Id, filter: &Filter, batch: i64) -> Result<Change> {
    const COUNT: &str =
        "SELECT COUNT(*), CAST(COALESCE(SUM(f.size), 0) AS SIGNED) FROM files f WHERE f.tag_id = ? AND f.live = 1";
    let row = tx.fetch_one(push_filter(Sql::new(COUNT).bind(tag), filter)).await?;
    let change = Change { files: -row.int(0)?, bytes: -row.int(1)? };
    let bury = Sql::new("UPDATE files AS f SET live = NULL, deleted_at = ? WHERE f.tag_id = ? AND f.live = 1");
    tx.execute(push_filter(bury.bind(batch).bind(tag), filter)).await?;
    Ok(change)
}

/// A time for a batch that no other batch of the tag has: `now`, or the next free millisecond.
pub async fn free_batch(tx: &mut Tx, tag: Id, now: i64) -> Result<i64> {
    let sql = Sql::new("SELECT COALESCE(MAX(deleted_at), 0) FROM files WHERE tag_id = ? AND deleted_at >= ?");
    let row = tx.fetch_one(sql.bind(tag).bind(now)).await?;
    Ok(now.max(row.int(0)? + 1))
}

/// The time of the tag's last batch, if it is later than `since`; else `since`. A batch may have a time that is
/// still to come, so what goes to the trash from now on has a later one than this.
pub async fn last_batch(db: &Db, tag: Id, since: i64) -> Result<i64> {
    let sql = Sql::new("SELECT COALESCE(MAX(deleted_at), 0) FROM files WHERE tag_id = ? AND deleted_at > ?");
    Ok(db.fetch_one(sql.bind(tag).bind(since)).await?.int(0)?.max(since))
}

/// Marks the tag itself as deleted with its files: it leaves the list until something comes back or
/// arrives.
pub async fn delete_tag(tx: &mut Tx, tag: Id, batch: i64) -> Result<()> {
    tx.execute(Sql::new("UPDATE tags SET deleted_at = ? WHERE id = ?").bind(batch).bind(tag)).await?;
    Ok(())
}

/// Brings the tag itself back, if it was deleted with this batch; whether it was.
pub async fn restore_tag(tx: &mut Tx, tag: Id, batch: i64) -> Result<bool> {
    let sql = Sql::new("UPDATE tags SET deleted_at = NULL WHERE id = ? AND deleted_at = ?").bind(tag).bind(batch);
    Ok(tx.execute(sql).await? > 0)
}

/// The tag of that name, deleted or not.
pub async fn find_tag(db: &Db, name: &str) -> Result<Option<Id>> {
    let row = db.fetch_optional(Sql::new("SELECT id FROM tags WHERE name = ?").bind(name)).await?;
    row.map(|row| Ok(Id(row.int(0)?))).transpose()
}

/// The ids of one batch.
pub async fn batch(tx: &mut Tx, tag: Id, batch: i64) -> Result<Vec<Id>> {
    let sql = Sql::new("SELECT id FROM files WHERE deleted_at = ? AND tag_id = ? ORDER BY seq").bind(batch).bind(tag);
    tx.fetch_all(sql).await?.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// At most `limit` ids that went to the trash before `before`.
pub async fn expired(db: &Db, before: i64, limit: u32) -> Result<Vec<Id>> {
    let sql =
        Sql::new("SELECT id FROM files WHERE deleted_at IS NOT NULL AND deleted_at < ? ORDER BY deleted_at LIMIT ?");
    db.fetch_all(sql.bind(before).bind(limit)).await?.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// Removes these rows for ever, as far as they lie in the trash, and the rows of blobs that nothing
/// needs any more. How many files, and whose bytes may go.
pub async fn purge(tx: &mut Tx, ids: &[Id]) -> Result<(u64, Vec<BlobKey>)> {
    if ids.is_empty() {
        return Ok((0, Vec::new()));
    }
    let these = marks(ids.len());
    // By digest, as uploads take them, so that nobody waits in a circle.
    let select =
        format!("SELECT DISTINCT sha256 FROM files WHERE id IN ({these}) AND deleted_at IS NOT NULL ORDER BY sha256");
    let rows = tx.fetch_all(Sql::new(select).bind_all(ids.iter().copied())).await?;
    let delete = format!("DELETE FROM files WHERE id IN ({these}) AND deleted_at IS NOT NULL");
    let count = tx.execute(Sql::new(delete).bind_all(ids.iter().copied())).await?;
    let mut unused = Vec::new();
    for row in rows {
        let sha256 = row.text(0)?;
        if forget_blob(tx, &sha256).await? {
            unused.extend(BlobKey::parse(&sha256));
        }
    }
    Ok((count, unused))
}

/// Removes the row of a blob that nothing needs any more; whether its bytes may go. Rooms above have
/// rows of their own that name blobs: their foreign keys keep those.
pub async fn forget_blob(tx: &mut Tx, sha256: &str) -> Result<bool> {
    let delete = "DELETE FROM blobs WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = ?)";
    let gone = tx.execute_unless_referenced(Sql::new(delete).bind(sha256).bind(sha256)).await?;
    Ok(gone.is_some_and(|rows| rows > 0))
}

/// Those of the files that lie in the trash, each with its key in archives; their rows stay locked. Lock their tags
/// first.
pub async fn find_buried(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(File, Vec<u8>)>> {
    // The key is the column behind those of a file.
    let columns = FILE.replacen(" FROM ", ", f.zip_key FROM ", 1);
    let these = marks(ids.len());
    // Locked without the join, which would lock tags as well: in whatever order they are read, and even those of
    // other files.
    let lock = format!("SELECT id FROM files WHERE id IN ({these}) AND deleted_at IS NOT NULL{}", tx.for_update());
    tx.fetch_all(Sql::new(lock).bind_all(ids.iter().copied())).await?;
    let text = format!("SELECT {columns} WHERE f.id IN ({these}) AND f.deleted_at IS NOT NULL");
    let rows = tx.fetch_all(Sql::new(text).bind_all(ids.iter().copied())).await?;
    rows.iter().map(|row| Ok((file(row)?, row.bytes(13)?))).collect()
}

/// Brings files back from the trash under the names that they have.
pub async fn revive_as_they_are(tx: &mut Tx, ids: &[Id], now: i64) -> Result<()> {
    for some in steps(ids, MOST) {
        let these = marks(some.len());
        let text = format!(
            "UPDATE files SET live = 1, deleted_at = NULL, restored_at = ? WHERE id IN ({these}) AND live IS NULL"
        );
        tx.execute(Sql::new(text).bind(now).bind_all(some.iter().copied())).await?;
    }
    Ok(())
}
