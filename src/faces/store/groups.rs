//! Groups and their counts.

use crate::faces::model::Group;
use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::names::fold;

const GROUP: &str = "SELECT id, name, face_count, created_at FROM face_groups";

fn group(row: &Row) -> Result<Group> {
    Ok(Group { id: Id(row.int(0)?), name: row.text(1)?, face_count: row.int(2)?, created_at: row.int(3)? })
}

/// At most `limit` groups made before `before`, newest first; `q` is a part of the name.
pub async fn list(db: &Db, q: Option<&str>, before: Option<Id>, limit: u32) -> Result<Vec<Group>> {
    let mut sql = Sql::new(GROUP).push(" WHERE id < ?").bind(before.unwrap_or(Id(i64::MAX)));
    if let Some(q) = q {
        sql = sql.push(" AND INSTR(folded, ?) > 0").bind(fold(q));
    }
    db.fetch_all(sql.push(" ORDER BY id DESC LIMIT ?").bind(limit)).await?.iter().map(group).collect()
}

/// The group of that name.
pub async fn find(db: &Db, name: &str) -> Result<Option<Group>> {
    let sql = Sql::new(GROUP).push(" WHERE name = ?").bind(name);
    db.fetch_optional(sql).await?.as_ref().map(group).transpose()
}

/// The group of that name, whose row stays locked until the end of `tx`.
pub async fn lock(tx: &mut Tx, name: &str) -> Result<Option<Id>> {
    let text = format!("SELECT id FROM face_groups WHERE name = ?{}", tx.for_update());
    let row = tx.fetch_optional(Sql::new(text).bind(name)).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.map(Id))
}

/// Makes the group under `new_id`, unless somebody else does so at the same moment.
pub async fn make(tx: &mut Tx, name: &str, new_id: Id, now: i64) -> Result<()> {
    let text = format!(
        "{} INTO face_groups (id, name, folded, face_count, created_at) VALUES (?, ?, ?, 0, ?)",
        insert_or_ignore(tx)
    );
    tx.execute(Sql::new(text).bind(new_id).bind(name).bind(fold(name)).bind(now)).await?;
    Ok(())
}

/// Counts faces that came (or, below 0, went).
pub async fn count(tx: &mut Tx, id: Id, faces: i64) -> Result<()> {
    let sql = Sql::new("UPDATE face_groups SET face_count = face_count + ? WHERE id = ?");
    tx.execute(sql.bind(faces).bind(id)).await?;
    Ok(())
}

/// Removes a group that has no faces any more.
pub async fn delete(tx: &mut Tx, id: Id) -> Result<()> {
    tx.execute(Sql::new("DELETE FROM face_groups WHERE id = ?").bind(id)).await?;
    Ok(())
}
