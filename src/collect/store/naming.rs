//! Names in archives of files that an older rule has named.

use crate::platform::archive::zip_names;
use crate::platform::db::{Db, Sql, Tx, Value};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// A living file as archives name it.
#[derive(Debug, Clone)]
pub struct Named {
    pub id: Id,
    pub seq: i64,
    pub name: String,
    pub zip_name: String,
    pub zip_key: Vec<u8>,
}

/// At most `limit` tags whose files an older rule has named.
pub async fn outdated(db: &Db, limit: u32) -> Result<Vec<Id>> {
    let sql = Sql::new("SELECT id FROM tags WHERE names_version < ? ORDER BY id LIMIT ?");
    let rows = db.fetch_all(sql.bind(zip_names::VERSION).bind(limit)).await?;
    rows.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// The next `limit` living files of a tag behind `after`, in upload order.
pub async fn named(tx: &mut Tx, tag: Id, after: i64, limit: u32) -> Result<Vec<Named>> {
    const ROWS: &str = "SELECT id, seq, name, COALESCE(zip_name, name), zip_key FROM files \
                        WHERE tag_id = ? AND seq > ? AND live = 1 ORDER BY seq LIMIT ?";
    let rows = tx.fetch_all(Sql::new(ROWS).bind(tag).bind(after).bind(limit)).await?;
    let named = rows.iter().map(|row| {
        let (id, seq) = (Id(row.int(0)?), row.int(1)?);
        Ok(Named { id, seq, name: row.text(2)?, zip_name: row.text(3)?, zip_key: row.bytes(4)? })
    });
    named.collect()
}

/// Gives a file another name in archives.
pub async fn rename(tx: &mut Tx, file: &Named, zip_name: &str) -> Result<()> {
    let own_zip_name: Value = (zip_name != file.name).then_some(zip_name).into();
    let sql = Sql::new("UPDATE files SET zip_name = ?, zip_key = ? WHERE id = ?");
    tx.execute(sql.bind(own_zip_name).bind(zip_names::key(zip_name)).bind(file.id)).await?;
    Ok(())
}

/// Notes that today's rule has named all files of a tag; its archives change where one was renamed.
pub async fn is_named(tx: &mut Tx, tag: Id, is_changed: bool) -> Result<()> {
    let sql = Sql::new("UPDATE tags SET names_version = ?, revision = revision + ? WHERE id = ?");
    tx.execute(sql.bind(zip_names::VERSION).bind(i64::from(is_changed)).bind(tag)).await?;
    Ok(())
}
