//! Rows as those who look after the store read them: blobs by key, who names them, counters that are off.

use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Row, Sql, Tx, marks};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::keeping::Naming;

/// Where this room's rows name blobs.
pub const NAMING: [Naming; 1] = [Naming { table: "files", column: "sha256" }];

/// The row of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub key: BlobKey,
    /// Bytes.
    pub size: u64,
    /// UTC milliseconds.
    pub created_at: i64,
}

const BLOB: &str = "SELECT sha256, size, created_at FROM blobs";

fn blobs(rows: &[Row]) -> Result<Vec<Blob>> {
    let mut blobs = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(key) = BlobKey::parse(&row.text(0)?) {
            blobs.push(Blob { key, size: u64::try_from(row.int(1)?).unwrap_or_default(), created_at: row.int(2)? });
        }
    }
    Ok(blobs)
}

/// The next `limit` blobs behind `after` (a key, or the beginning of one) and before `end`.
pub async fn page(db: &Db, after: &str, end: &str, limit: u32) -> Result<Vec<Blob>> {
    let sql = Sql::new(format!("{BLOB} WHERE sha256 > ? AND sha256 < ? ORDER BY sha256 LIMIT ?"));
    blobs(&db.fetch_all(sql.bind(after).bind(end).bind(limit)).await?)
}

/// Those of these blobs that have a row.
pub async fn known(db: &Db, keys: &[BlobKey]) -> Result<Vec<Blob>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::new(format!("{BLOB} WHERE sha256 IN ({}) ORDER BY sha256", marks(keys.len())));
    blobs(&db.fetch_all(sql.bind_all(keys.iter().map(BlobKey::as_str))).await?)
}

/// How many blobs have a row.
pub async fn count(db: &Db) -> Result<u64> {
    let row = db.fetch_one(Sql::new("SELECT COUNT(*) FROM blobs")).await?;
    Ok(u64::try_from(row.int(0)?).unwrap_or_default())
}

/// At most `limit` files with these bytes, as `tag/name`, those in the trash as well; and how many there are.
pub async fn uses(db: &Db, key: &BlobKey, limit: u32) -> Result<(Vec<String>, i64)> {
    const USES: &str = "SELECT t.name, f.name, f.live FROM files f JOIN tags t ON t.id = f.tag_id WHERE f.sha256 = ? \
                        ORDER BY f.id LIMIT ?";
    let count = Sql::new("SELECT COUNT(*) FROM files WHERE sha256 = ?").bind(key.as_str());
    let count = db.fetch_one(count).await?.int(0)?;
    let mut names = Vec::new();
    for row in db.fetch_all(Sql::new(USES).bind(key.as_str()).bind(limit)).await? {
        let trash = if row.opt_int(2)?.is_some() { "" } else { " (in the trash)" };
        names.push(format!("{}/{}{trash}", row.text(0)?, row.text(1)?));
    }
    Ok((names, count))
}

/// A tag's counters, and what its files say.
#[derive(Debug, Clone)]
pub struct Counters {
    pub tag: Id,
    pub name: String,
    /// `file_count`, `bytes`, `last_seq`.
    pub said: [i64; 3],
    pub found: [i64; 3],
}

const COUNTERS: &str = "SELECT t.id, t.name, t.file_count, t.bytes, t.last_seq, COUNT(f.live), \
                        CAST(COALESCE(SUM(CASE WHEN f.live = 1 THEN f.size ELSE 0 END), 0) AS SIGNED), \
                        COALESCE(MAX(f.seq), 0) FROM tags t LEFT JOIN files f ON f.tag_id = t.id";
const GROUPED: &str = "GROUP BY t.id, t.name, t.file_count, t.bytes, t.last_seq ORDER BY t.id";

fn counters(row: &Row) -> Result<Counters> {
    Ok(Counters {
        tag: Id(row.int(0)?),
        name: row.text(1)?,
        said: [row.int(2)?, row.int(3)?, row.int(4)?],
        found: [row.int(5)?, row.int(6)?, row.int(7)?],
    })
}

/// The next `limit` tags behind `after`, deleted ones included. One statement: it sees one moment.
pub async fn tags(db: &Db, after: Id, limit: u32) -> Result<Vec<Counters>> {
    let sql = format!(
        "{COUNTERS} WHERE t.id IN (SELECT id FROM (SELECT id FROM tags WHERE id > ? ORDER BY id LIMIT ?) some) {GROUPED}"
    );
    db.fetch_all(Sql::new(sql).bind(after).bind(limit)).await?.iter().map(counters).collect()
}

/// What all tags are said to hold together, in bytes, and what they do. One statement: it sees one moment.
pub async fn total(db: &Db) -> Result<[i64; 2]> {
    const TOTAL: &str =
        "SELECT bytes, (SELECT CAST(COALESCE(SUM(bytes), 0) AS SIGNED) FROM tags) FROM storage_use WHERE id = 1";
    let row = db.fetch_one(Sql::new(TOTAL)).await?;
    Ok([row.int(0)?, row.int(1)?])
}

/// Makes it so. All changes of tags wait meanwhile.
pub async fn mend_total(tx: &mut Tx) -> Result<()> {
    const SUM: &str = "UPDATE storage_use SET bytes = (SELECT COALESCE(SUM(bytes), 0) FROM tags) WHERE id = 1";
    tx.execute(Sql::new(SUM)).await?;
    Ok(())
}

/// Makes a tag's counters what its files say.
pub async fn mend_tag(tx: &mut Tx, tag: Id) -> Result<()> {
    super::trash::lock_tag(tx, tag).await?;
    let row = tx.fetch_one(Sql::new(format!("{COUNTERS} WHERE t.id = ? {GROUPED}")).bind(tag)).await?;
    let Counters { found: [files, bytes, seq], .. } = counters(&row)?;
    let sql = Sql::new(
        "UPDATE tags SET file_count = ?, bytes = ?, last_seq = CASE WHEN last_seq < ? THEN ? ELSE last_seq END, \
         revision = revision + 1 WHERE id = ?",
    );
    tx.execute(sql.bind(files).bind(bytes).bind(seq).bind(seq).bind(tag)).await?;
    Ok(())
}

/// A file whose row says something else of its bytes than the blob's row.
#[derive(Debug, Clone)]
pub struct Odd {
    pub file: Id,
    pub tag: String,
    pub name: String,
}

/// Those of the next `limit` files behind `after` that say something else of their bytes than their blobs do, and the
/// last file that was looked at.
pub async fn odd_files(db: &Db, after: Id, limit: u32) -> Result<(Vec<Odd>, Option<Id>)> {
    const LAST: &str = "SELECT MAX(id) FROM (SELECT id FROM files WHERE id > ? ORDER BY id LIMIT ?) some";
    const ODD: &str = "SELECT f.id, t.name, f.name FROM files f JOIN blobs b ON b.sha256 = f.sha256 \
                       JOIN tags t ON t.id = f.tag_id WHERE f.id > ? AND f.id <= ? \
                       AND (f.size <> b.size OR f.crc32 <> b.crc32) ORDER BY f.id";
    let last = db.fetch_one(Sql::new(LAST).bind(after).bind(limit)).await?.opt_int(0)?.map(Id);
    let Some(end) = last else {
        return Ok((Vec::new(), None));
    };
    let rows = db.fetch_all(Sql::new(ODD).bind(after).bind(end)).await?;
    let odd = |row: &Row| -> Result<Odd> { Ok(Odd { file: Id(row.int(0)?), tag: row.text(1)?, name: row.text(2)? }) };
    Ok((rows.iter().map(odd).collect::<Result<_>>()?, last))
}

/// Makes a file's row say what its blob's row does.
pub async fn mend_file(tx: &mut Tx, file: Id) -> Result<Option<Id>> {
    const OF: &str = "SELECT f.tag_id, b.size, b.crc32 FROM files f JOIN blobs b ON b.sha256 = f.sha256 WHERE f.id = ?";
    let Some(row) = tx.fetch_optional(Sql::new(OF).bind(file)).await? else {
        return Ok(None);
    };
    let sql = Sql::new("UPDATE files SET size = ?, crc32 = ? WHERE id = ?");
    tx.execute(sql.bind(row.int(1)?).bind(row.int(2)?).bind(file)).await?;
    Ok(Some(Id(row.int(0)?)))
}
