//! Tasks: one by id, the list, and what changes them.

use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Db, Row, Sql, Tx, marks};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::platform::names::fold;
use crate::training::model::{Counts, NewTask, Set, State, Task};

const TASK: &str = "SELECT id, name, task_type, last_order_id, last_class_no, revision, locked_sets, split, copied_from, \
                    created_at FROM tasks WHERE deleted_at IS NULL";

fn task(row: &Row) -> Result<Task> {
    let split = row.opt_text(7)?;
    Ok(Task {
        id: Id(row.int(0)?),
        name: row.text(1)?,
        task_type: row.int(2)?,
        last_order_id: row.int(3)?,
        last_class_no: row.int(4)?,
        revision: row.int(5)?,
        locked_sets: row.int(6)?,
        split: split.map(|text| serde_json::from_str(&text)).transpose().map_err(Error::internal)?,
        copied_from: row.opt_int(8)?.map(Id),
        created_at: row.int(9)?,
    })
}

/// The living task.
pub async fn find(db: &Db, id: Id) -> Result<Option<Task>> {
    let sql = Sql::new(TASK).push(" AND id = ?").bind(id);
    db.fetch_optional(sql).await?.as_ref().map(task).transpose()
}

/// The living task; its row stays locked until the end of `tx`.
pub async fn lock(tx: &mut Tx, id: Id) -> Result<Option<Task>> {
    let sql = Sql::new(TASK).push(" AND id = ?").push(tx.for_update()).bind(id);
    tx.fetch_optional(sql).await?.as_ref().map(task).transpose()
}

/// The newest `limit` living tasks behind `after` (its `created_at` and id) whose name holds `q`.
pub async fn list(db: &Db, q: Option<&str>, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<Task>> {
    let mut sql = Sql::new(TASK);
    if let Some(q) = q {
        sql = sql.push(" AND INSTR(folded, ?) > 0").bind(fold(q));
    }
    if let Some((key, tie)) = after {
        sql = sql.push(" AND created_at <= ? AND (created_at < ? OR id < ?)").bind(key).bind(key).bind(tie);
    }
    let sql = sql.push(" ORDER BY created_at DESC, id DESC LIMIT ?").bind(limit);
    db.fetch_all(sql).await?.iter().map(task).collect()
}

/// Adds a task without images and classes; false when there ever was one of that id, a deleted one included.
///
/// Not asked for beforehand: where others write at the same time, only the insert itself can tell.
pub async fn insert(tx: &mut Tx, id: Id, new: &NewTask, now: i64) -> Result<bool> {
    let text = format!(
        "{} INTO tasks (id, name, folded, task_type, last_order_id, last_class_no, revision, locked_sets, \
         folder_stale, created_at) VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0, ?)",
        insert_or_ignore(tx)
    );
    let sql = Sql::new(text).bind(id).bind(new.name.as_str()).bind(fold(&new.name)).bind(new.task_type);
    Ok(tx.execute(sql.bind(now)).await? > 0)
}

/// Counts a change of a task's images. `stale`: its folder may differ from the rows from now on.
pub async fn touch(tx: &mut Tx, id: Id, stale: bool) -> Result<()> {
    let sql = "UPDATE tasks SET revision = revision + 1, folder_stale = CASE WHEN ? = 1 THEN 1 ELSE folder_stale END WHERE id = ?";
    tx.execute(Sql::new(sql).bind(i64::from(stale)).bind(id)).await?;
    Ok(())
}

/// Remembers the last `order_id` given.
pub async fn set_last_order(tx: &mut Tx, id: Id, order_id: i64) -> Result<()> {
    tx.execute(Sql::new("UPDATE tasks SET last_order_id = ? WHERE id = ?").bind(order_id).bind(id)).await?;
    Ok(())
}

/// Marks a task as deleted. Its rows stay; its folder is to go.
pub async fn mark_deleted(tx: &mut Tx, id: Id, now: i64) -> Result<()> {
    let sql = Sql::new("UPDATE tasks SET deleted_at = ?, revision = revision + 1, folder_stale = 1 WHERE id = ?");
    tx.execute(sql.bind(now).bind(id)).await?;
    Ok(())
}

/// Living images of a task by set and state.
pub async fn counts(db: &Db, id: Id) -> Result<Counts> {
    const COUNTS: &str = "SELECT set_id, img_state, COUNT(*) FROM task_images WHERE task_id = ? AND is_del = 0 \
                          GROUP BY set_id, img_state";
    let mut counts = Counts::default();
    for row in db.fetch_all(Sql::new(COUNTS).bind(id)).await? {
        let (set, state, count) = (Set::of_stored(row.int(0)?), State::of(row.int(1)?), row.int(2)?);
        for (place, known) in Set::ALL.iter().enumerate() {
            counts.sets[place] += if *known == set { count } else { 0 };
        }
        for (place, known) in State::ALL.iter().enumerate() {
            counts.states[place] += if Some(*known) == state { count } else { 0 };
        }
    }
    Ok(counts)
}

/// What each of these tasks was copied from, deleted ones included.
pub async fn sources(db: &Db, ids: &[Id]) -> Result<Vec<(Id, Id)>> {
    let text =
        format!("SELECT id, copied_from FROM tasks WHERE copied_from IS NOT NULL AND id IN ({})", marks(ids.len()));
    let rows = db.fetch_all(Sql::new(text).bind_all(ids.iter().copied())).await?;
    rows.iter().map(|row| Ok((Id(row.int(0)?), Id(row.int(1)?)))).collect()
}

/// The newest `limit` living tasks that were copied from this one, with their names.
pub async fn copies(db: &Db, id: Id, limit: u32) -> Result<Vec<(Id, String)>> {
    const COPIES: &str = "SELECT id, name FROM tasks WHERE copied_from = ? AND deleted_at IS NULL \
                          ORDER BY created_at DESC, id DESC LIMIT ?";
    let rows = db.fetch_all(Sql::new(COPIES).bind(id).bind(limit)).await?;
    rows.iter().map(|row| Ok((Id(row.int(0)?), row.text(1)?))).collect()
}
