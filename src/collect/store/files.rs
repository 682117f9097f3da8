//! Files: one by id or name, and the lists.

use super::{FILE, file, push_filter};
use crate::collect::model::cursor::Cursor;
use crate::collect::model::{File, Filter, Order, Totals};
use crate::platform::db::{Db, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// The file, living or in the trash.
pub async fn find(db: &Db, id: Id) -> Result<Option<File>> {
    let sql = Sql::new(format!("SELECT {FILE} WHERE f.id = ?")).bind(id);
    db.fetch_optional(sql).await?.as_ref().map(file).transpose()
}

/// The living file of that name, or the last one of it that went to the trash.
pub async fn find_by_name(db: &Db, tag: &str, name: &str) -> Result<Option<File>> {
    let order = "ORDER BY f.live DESC, f.deleted_at DESC LIMIT 1";
    let sql = Sql::new(format!("SELECT {FILE} WHERE t.name = ? AND f.name = ? {order}")).bind(tag).bind(name);
    db.fetch_optional(sql).await?.as_ref().map(file).transpose()
}

/// The first `limit` living files behind `after`.
pub async fn list(
    db: &Db,
    tag: Id,
    filter: &Filter,
    order: Order,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Vec<File>> {
    let sql = Sql::new(format!("SELECT {FILE} WHERE f.tag_id = ? AND f.live = 1")).bind(tag);
    let mut sql = push_filter(sql, filter);
    sql = match (after, order) {
        (Some(Cursor::Text(name)), _) => sql.push(" AND f.name > ?").bind(name.as_str()),
        (Some(Cursor::Number { tie, .. }), Order::Newest) => sql.push(" AND f.seq < ?").bind(*tie),
        (Some(Cursor::Number { tie, .. }), Order::Oldest) => sql.push(" AND f.seq > ?").bind(*tie),
        (Some(Cursor::Number { key, tie }), Order::Size | Order::Name) => {
            sql.push(" AND f.size <= ? AND (f.size < ? OR f.seq < ?)").bind(*key).bind(*key).bind(*tie)
        }
        (None, _) => sql,
    };
    sql = sql.push(match order {
        Order::Newest => " ORDER BY f.seq DESC",
        Order::Oldest => " ORDER BY f.seq",
        Order::Name => " ORDER BY f.name",
        Order::Size => " ORDER BY f.size DESC, f.seq DESC",
    });
    db.fetch_all(sql.push(" LIMIT ?").bind(limit)).await?.iter().map(file).collect()
}

/// How many living files pass, and their bytes.
pub async fn totals(db: &Db, tag: Id, filter: &Filter) -> Result<Totals> {
    const TOTALS: &str =
        "SELECT COUNT(*), CAST(COALESCE(SUM(f.size), 0) AS SIGNED) FROM files f WHERE f.tag_id = ? AND f.live = 1";
    let row = db.fetch_one(push_filter(Sql::new(TOTALS).bind(tag), filter)).await?;
    Ok(Totals { file_count: row.int(0)?, bytes: row.int(1)? })
}

/// The living neighbours in upload order: the next newer and the next older one.
pub async fn neighbours(db: &Db, tag: Id, seq: i64) -> Result<(Option<Id>, Option<Id>)> {
    const NEWER: &str = "SELECT id FROM files WHERE tag_id = ? AND live = 1 AND seq > ? ORDER BY seq LIMIT 1";
    const OLDER: &str = "SELECT id FROM files WHERE tag_id = ? AND live = 1 AND seq < ? ORDER BY seq DESC LIMIT 1";
    let mut found = [None, None];
    for (place, sql) in found.iter_mut().zip([NEWER, OLDER]) {
        let row = db.fetch_optional(Sql::new(sql).bind(tag).bind(seq)).await?;
        *place = row.map(|row| row.int(0)).transpose()?.map(Id);
    }
    Ok((found[0], found[1]))
}
