//! The rows of a tag's archive, in upload order.

use super::{push_filter, small};
use crate::collect::model::Filter;
use crate::platform::archive::Entry;
use crate::platform::db::{Db, Row, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// One file as the archive sees it.
#[derive(Debug, Clone)]
pub struct ArchiveRow {
    pub seq: i64,
    pub sha256: String,
    pub entry: Entry,
}

/// Which rows of a tag belong to an archive.
#[derive(Debug, Clone)]
pub struct Window<'a> {
    pub tag: Id,
    pub filter: &'a Filter,
    /// Up to this place in the upload order.
    pub last_seq: i64,
    /// Files that were put in the trash since this time still belong to it: a transfer that has begun
    /// goes on. UTC milliseconds.
    pub planned_at: i64,
}

/// At most `limit` rows behind `after`.
pub async fn rows(db: &Db, window: &Window<'_>, after: i64, limit: u32) -> Result<Vec<ArchiveRow>> {
    const ROWS: &str = "SELECT f.seq, f.sha256, COALESCE(f.zip_name, f.name), f.size, f.crc32, f.created_at FROM files f \
                        WHERE f.tag_id = ? AND f.seq > ? AND f.seq <= ? AND (f.live = 1 OR f.deleted_at > ?)";
    let sql = Sql::new(ROWS).bind(window.tag).bind(after).bind(window.last_seq).bind(window.planned_at);
    let sql = push_filter(sql, window.filter).push(" ORDER BY f.seq LIMIT ?").bind(limit);
    let rows = db.fetch_all(sql).await?;
    rows.iter().map(|row| Ok(ArchiveRow { seq: row.int(0)?, sha256: row.text(1)?, entry: entry(row)? })).collect()
}

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        name: row.text(2)?,
        size: u64::try_from(row.int(3)?).unwrap_or_default(),
        crc32: small(row.int(4)?),
        modified_at: row.int(5)?,
    })
}

/// A file that some earlier states of a tag had and others hadn't. Times are UTC milliseconds.
#[derive(Debug, Clone)]
pub struct Changed {
    pub entry: Entry,
    pub created_at: i64,
    /// When it came back from the trash the last time.
    pub restored_at: Option<i64>,
    /// `None`: it lives.
    pub deleted_at: Option<i64>,
}

/// Those that lie in the trash or came back from it, at most `limit`. It reads all rows of the tag.
pub async fn changed(db: &Db, tag: Id, filter: &Filter, limit: u32) -> Result<Vec<Changed>> {
    const ROWS: &str = "SELECT f.seq, f.sha256, COALESCE(f.zip_name, f.name), f.size, f.crc32, f.created_at, \
                        f.restored_at, f.deleted_at FROM files f WHERE f.tag_id = ? AND (f.live IS NULL OR f.restored_at IS NOT NULL)";
    let sql = push_filter(Sql::new(ROWS).bind(tag), filter).push(" ORDER BY f.seq LIMIT ?").bind(limit);
    let changed = |row: &Row| -> Result<Changed> {
        let (created_at, restored_at, deleted_at) = (row.int(5)?, row.opt_int(6)?, row.opt_int(7)?);
        Ok(Changed { entry: entry(row)?, created_at, restored_at, deleted_at })
    };
    db.fetch_all(sql).await?.iter().map(changed).collect()
}
