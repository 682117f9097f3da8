//! Which blobs have thumbnails.

use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Row, Sql, marks};
use crate::platform::error::Result;

/// What is known of a blob's thumbnail; the numbers stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thumbnail {
    /// Not made yet.
    Wanted = 0,
    Made = 1,
    /// The picture can't be decoded.
    Broken = 2,
    /// There is nothing to show: an icon stands for it.
    Never = 3,
}

impl Thumbnail {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::Wanted,
            1 => Self::Made,
            2 => Self::Broken,
            _ => Self::Never,
        }
    }
}

/// What is known of this blob's thumbnail; `None` when there is no such blob.
pub async fn state(db: &Db, sha256: &str) -> Result<Option<Thumbnail>> {
    let sql = Sql::new("SELECT thumbnail FROM blobs WHERE sha256 = ?").bind(sha256);
    let row = db.fetch_optional(sql).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.map(Thumbnail::of))
}

/// Some blobs that still want one, newest first, with their types.
pub async fn wanted(db: &Db, limit: u32) -> Result<Vec<(BlobKey, String)>> {
    let sql = "SELECT sha256, content_type FROM blobs WHERE thumbnail = 0 ORDER BY created_at DESC LIMIT ?";
    typed(db.fetch_all(Sql::new(sql).bind(limit)).await?)
}

fn typed(rows: Vec<Row>) -> Result<Vec<(BlobKey, String)>> {
    let mut wanted = Vec::with_capacity(rows.len());
    for row in rows {
        let content_type = row.text(1)?;
        wanted.extend(BlobKey::parse(&row.text(0)?).map(|key| (key, content_type)));
    }
    Ok(wanted)
}

/// Those of these blobs that still want one, with their types.
pub async fn wanted_of(db: &Db, keys: &[BlobKey]) -> Result<Vec<(BlobKey, String)>> {
    let sql =
        format!("SELECT sha256, content_type FROM blobs WHERE thumbnail = 0 AND sha256 IN ({})", marks(keys.len()));
    typed(db.fetch_all(Sql::new(sql).bind_all(keys.iter().map(BlobKey::as_str))).await?)
}

/// Remembers what came of making it, and how the picture looks: NULL where that tells nothing.
pub async fn mark(db: &Db, key: &BlobKey, state: Thumbnail, look: Option<i64>) -> Result<()> {
    let mut tx = db.begin().await?;
    let sql = Sql::new("UPDATE blobs SET thumbnail = ?, look = ? WHERE sha256 = ?");
    tx.execute(sql.bind(state as i64).bind(look).bind(key.as_str())).await?;
    tx.commit().await
}
