//! What the keeper remembers: how far the slow look has come, and what it found damaged.

use crate::platform::db::{Db, Sql, dialect};
use crate::platform::error::Result;

/// A blob that was found damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    pub sha256: String,
    pub what: String,
    /// UTC milliseconds.
    pub found_at: i64,
}

/// What was remembered under this name.
pub async fn recall(db: &Db, name: &str) -> Result<Option<String>> {
    let sql = Sql::new("SELECT value FROM keeper_state WHERE name = ?").bind(name);
    Ok(db.fetch_optional(sql).await?.map(|row| row.text(0)).transpose()?)
}

/// Remembers something under this name.
pub async fn remember(db: &Db, name: &str, value: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let text = "INSERT INTO keeper_state (name, value) VALUES (?, ?) ";
    let sql = Sql::new(format!("{text}{}", dialect::upsert(&tx, "name", &["value"])));
    tx.execute(sql.bind(name).bind(value)).await?;
    tx.commit().await
}

/// Notes that a blob is damaged.
pub async fn note(db: &Db, damaged: &Damaged) -> Result<()> {
    let mut tx = db.begin().await?;
    let text = "INSERT INTO damaged_blobs (sha256, what, found_at) VALUES (?, ?, ?) ";
    let sql = Sql::new(format!("{text}{}", dialect::upsert(&tx, "sha256", &["what"])));
    tx.execute(sql.bind(damaged.sha256.as_str()).bind(damaged.what.as_str()).bind(damaged.found_at)).await?;
    tx.commit().await
}

/// Takes a blob off the list.
pub async fn forget(db: &Db, sha256: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute(Sql::new("DELETE FROM damaged_blobs WHERE sha256 = ?").bind(sha256)).await?;
    tx.commit().await
}

/// Forgets everything: these are other disks.
pub async fn forget_all(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute(Sql::new("DELETE FROM damaged_blobs")).await?;
    tx.execute(Sql::new("DELETE FROM keeper_state")).await?;
    tx.commit().await
}

/// The next `limit` damaged blobs behind `after`, by digest.
pub async fn damaged(db: &Db, after: &str, limit: u32) -> Result<Vec<Damaged>> {
    let sql = Sql::new("SELECT sha256, what, found_at FROM damaged_blobs WHERE sha256 > ? ORDER BY sha256 LIMIT ?");
    let rows = db.fetch_all(sql.bind(after).bind(limit)).await?;
    rows.iter().map(|row| Ok(Damaged { sha256: row.text(0)?, what: row.text(1)?, found_at: row.int(2)? })).collect()
}

/// How many are damaged.
pub async fn count(db: &Db) -> Result<i64> {
    Ok(db.fetch_one(Sql::new("SELECT COUNT(*) FROM damaged_blobs")).await?.int(0)?)
}
