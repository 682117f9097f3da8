//! Rows as those who look after the store read them: who names a blob, and counters.

use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::keeping::Naming;

/// Where this room's rows name blobs.
pub const NAMING: [Naming; 1] = [Naming { table: "faces", column: "crop_sha256" }];

/// At most `limit` faces whose crops these bytes are, and how many there are.
pub async fn uses(db: &Db, key: &BlobKey, limit: u32) -> Result<(Vec<String>, i64)> {
    const USES: &str = "SELECT g.name, f.id, f.uri FROM faces f JOIN face_groups g ON g.id = f.group_id \
                        WHERE f.crop_sha256 = ? ORDER BY f.id LIMIT ?";
    let count = Sql::new("SELECT COUNT(*) FROM faces WHERE crop_sha256 = ?").bind(key.as_str());
    let count = db.fetch_one(count).await?.int(0)?;
    let mut names = Vec::new();
    for row in db.fetch_all(Sql::new(USES).bind(key.as_str()).bind(limit)).await? {
        names.push(format!("face {} of group {:?} ({})", row.int(1)?, row.text(0)?, row.text(2)?));
    }
    Ok((names, count))
}

/// The next `limit` groups behind `after`: id, name, `face_count`, and how many faces there are.
pub async fn counters(db: &Db, after: Id, limit: u32) -> Result<Vec<(Id, String, i64, i64)>> {
    const COUNTERS: &str = "SELECT g.id, g.name, g.face_count, (SELECT COUNT(*) FROM faces f WHERE f.group_id = g.id) \
                            FROM face_groups g WHERE g.id > ? ORDER BY g.id LIMIT ?";
    let rows = db.fetch_all(Sql::new(COUNTERS).bind(after).bind(limit)).await?;
    let counters = |row: &Row| Ok((Id(row.int(0)?), row.text(1)?, row.int(2)?, row.int(3)?));
    rows.iter().map(counters).collect()
}

/// Makes a group's count what its faces say.
pub async fn mend(tx: &mut Tx, group: Id) -> Result<()> {
    let lock = format!("SELECT id FROM face_groups WHERE id = ?{}", tx.for_update());
    tx.fetch_all(Sql::new(lock).bind(group)).await?;
    let count = tx.fetch_one(Sql::new("SELECT COUNT(*) FROM faces WHERE group_id = ?").bind(group)).await?.int(0)?;
    tx.execute(Sql::new("UPDATE face_groups SET face_count = ? WHERE id = ?").bind(count).bind(group)).await?;
    Ok(())
}
