//! Settings of tags, what counts toward quotas, and what has been kept for long enough.

use crate::collect::model::quota::Settings;
use crate::collect::model::retention::Met;
use crate::platform::db::{Db, Sql, Tx, marks};
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;

/// What is known of a tag before a large upload to it begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outlook {
    /// Bytes of the living files of all tags.
    pub total: i64,
    /// Bytes of those of the tag.
    pub tag: i64,
    /// An upload that brings a deleted tag back has none.
    pub quota: Option<i64>,
    /// Whether a file has, or once asked for, the name: then the upload may add nothing.
    pub is_known: bool,
}

/// What stands against an upload as `name` to `tag`, as far as it can be told without a lock.
pub async fn outlook(db: &Db, tag: &str, name: &str) -> Result<Outlook> {
    const OUTLOOK: &str = "SELECT u.bytes, COALESCE(t.bytes, 0), CASE WHEN t.deleted_at IS NULL THEN t.quota END, \
                           EXISTS (SELECT 1 FROM files WHERE tag_id = t.id AND name = ?), \
                           EXISTS (SELECT 1 FROM files WHERE tag_id = t.id AND asked_name = ?) \
                           FROM storage_use u LEFT JOIN tags t ON t.name = ? WHERE u.id = 1";
    let row = db.fetch_one(Sql::new(OUTLOOK).bind(name).bind(name).bind(tag)).await?;
    let is_known = row.int(3)? + row.int(4)? > 0;
    Ok(Outlook { total: row.int(0)?, tag: row.int(1)?, quota: row.opt_int(2)?, is_known })
}

/// Bytes of the living files of all tags.
pub async fn used(db: &Db) -> Result<i64> {
    Ok(db.fetch_one(Sql::new("SELECT bytes FROM storage_use WHERE id = 1")).await?.int(0)?)
}

/// The same, which stays so until the end of `tx`. Ask when all tags are locked: every transaction takes it last.
pub async fn lock_used(tx: &mut Tx) -> Result<i64> {
    let sql = format!("SELECT bytes FROM storage_use WHERE id = 1{}", tx.for_update());
    Ok(tx.fetch_one(Sql::new(sql)).await?.int(0)?)
}

/// Changes the bytes of all tags.
pub(super) fn change_used(bytes: i64) -> Sql {
    Sql::new("UPDATE storage_use SET bytes = bytes + ? WHERE id = 1").bind(bytes)
}

/// The settings of a tag, whose row stays locked until the end of `tx`.
pub async fn lock_settings(tx: &mut Tx, tag: Id) -> Result<Settings> {
    let sql = format!("SELECT quota, keep_days FROM tags WHERE id = ?{}", tx.for_update());
    let row = tx.fetch_optional(Sql::new(sql).bind(tag)).await?.ok_or(Error::NotFound(Thing::Tag))?;
    Ok(Settings { quota: row.opt_int(0)?, keep_days: row.opt_int(1)? })
}

/// Writes the settings of a tag.
pub async fn set(tx: &mut Tx, tag: Id, settings: Settings) -> Result<()> {
    let sql = Sql::new("UPDATE tags SET quota = ?, keep_days = ? WHERE id = ?");
    tx.execute(sql.bind(settings.quota).bind(settings.keep_days).bind(tag)).await?;
    Ok(())
}

/// A tag whose files are kept for some days.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    pub tag: Id,
    pub days: i64,
    /// Up to here every file has had its days once.
    pub swept_seq: i64,
}

/// The tags whose files are kept for some days.
pub async fn kept(db: &Db) -> Result<Vec<Kept>> {
    let rows = db.fetch_all(Sql::new("SELECT id, keep_days, swept_seq FROM tags WHERE keep_days IS NOT NULL")).await?;
    rows.iter().map(|row| Ok(Kept { tag: Id(row.int(0)?), days: row.int(1)?, swept_seq: row.int(2)? })).collect()
}

/// The next files in upload order, dead or alive, at most `limit`.
pub async fn behind(db: &Db, tag: Id, seq: i64, limit: u32) -> Result<Vec<Met>> {
    let sql = Sql::new(
        "SELECT id, seq, created_at, live, restored_at FROM files WHERE tag_id = ? AND seq > ? ORDER BY seq LIMIT ?",
    );
    let rows = db.fetch_all(sql.bind(tag).bind(seq).bind(limit)).await?;
    let met = rows.iter().map(|row| {
        let is_living = row.opt_int(3)?.is_some();
        let restored_at = row.opt_int(4)?;
        Ok(Met { id: Id(row.int(0)?), seq: row.int(1)?, created_at: row.int(2)?, is_living, restored_at })
    });
    met.collect()
}

/// Living files that came back from the trash before `before`, at most `limit`.
pub async fn restored(db: &Db, tag: Id, before: i64, limit: u32) -> Result<Vec<Id>> {
    let sql = Sql::new("SELECT id FROM files WHERE tag_id = ? AND restored_at < ? AND live = 1 LIMIT ?");
    let rows = db.fetch_all(sql.bind(tag).bind(before).bind(limit)).await?;
    rows.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// Those of the files that still live and have not come back since `before`; their rows stay locked.
pub async fn still_due(tx: &mut Tx, ids: &[Id], before: i64) -> Result<Vec<Id>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT id FROM files WHERE id IN ({}) AND live = 1 AND COALESCE(restored_at, created_at) < ?{}",
        marks(ids.len()),
        tx.for_update()
    );
    let rows = tx.fetch_all(Sql::new(text).bind_all(ids.iter().copied()).bind(before)).await?;
    rows.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// Notes how far the sweep has come; it never goes back.
pub async fn note_swept(tx: &mut Tx, tag: Id, seq: i64) -> Result<()> {
    let sql = Sql::new("UPDATE tags SET swept_seq = ? WHERE id = ? AND swept_seq < ?");
    tx.execute(sql.bind(seq).bind(tag).bind(seq)).await?;
    Ok(())
}
