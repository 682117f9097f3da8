//! Label classes.

use super::ROWS;
use crate::platform::db::{Db, Row, Sql, Tx, marks, rows_of_marks, steps};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::training::model::{LabelClass, NewClass};

const CLASS: &str = "SELECT task_id, id, class_no, name, color, order_id FROM label_classes";

fn class(row: &Row) -> Result<LabelClass> {
    Ok(LabelClass {
        id: row.int(1)?,
        class_no: row.int(2)?,
        name: row.text(3)?,
        color: row.text(4)?,
        order_id: row.int(5)?,
    })
}

/// The classes of these tasks by `order_id`, each with its task.
pub async fn of_tasks(db: &Db, tasks: &[Id]) -> Result<Vec<(Id, LabelClass)>> {
    // MariaDB knows no empty list.
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!("{CLASS} WHERE task_id IN ({}) ORDER BY task_id, order_id", marks(tasks.len()));
    let rows = db.fetch_all(Sql::new(text).bind_all(tasks.iter().copied())).await?;
    rows.iter().map(|row| Ok((Id(row.int(0)?), class(row)?))).collect()
}

/// The classes of a task by `order_id`, within the transaction.
pub async fn list(tx: &mut Tx, task: Id) -> Result<Vec<LabelClass>> {
    let sql = Sql::new(CLASS).push(" WHERE task_id = ? ORDER BY order_id").bind(task);
    tx.fetch_all(sql).await?.iter().map(class).collect()
}

/// The first of `count` consecutive ids that no other class gets.
pub async fn draw_ids(tx: &mut Tx, count: i64) -> Result<i64> {
    let take = "UPDATE id_blocks SET next_id = next_id + ? WHERE name = 'class'";
    tx.execute(Sql::new(take).bind(count)).await?;
    let row = tx.fetch_one(Sql::new("SELECT next_id FROM id_blocks WHERE name = 'class'")).await?;
    Ok(row.int(0)? - count)
}

/// Adds classes behind those that are there: `class_no` and `order_id` go on from the last ones.
/// The id of the first; the others follow it.
pub async fn insert(
    tx: &mut Tx,
    task: Id,
    classes: &[NewClass],
    last_no: i64,
    last_order: i64,
    now: i64,
) -> Result<i64> {
    let count = i64::try_from(classes.len()).unwrap_or(i64::MAX);
    let first = draw_ids(tx, count).await?;
    let mut place = 0;
    for step in steps(classes, ROWS) {
        let text = format!(
            "INSERT INTO label_classes (id, task_id, class_no, name, color, order_id, created_at) VALUES {}",
            rows_of_marks(step.len(), 7)
        );
        let mut sql = Sql::new(text);
        for NewClass { name, color } in step {
            sql = sql.bind(first + place).bind(task).bind(last_no + 1 + place).bind(name.as_str());
            sql = sql.bind(color.as_str()).bind(last_order + 1 + place).bind(now);
            place += 1;
        }
        tx.execute(sql).await?;
    }
    let sql = Sql::new("UPDATE tasks SET last_class_no = ? WHERE id = ?");
    tx.execute(sql.bind(last_no + count).bind(task)).await?;
    Ok(first)
}

/// Changes a class.
pub async fn update(tx: &mut Tx, id: i64, name: &str, color: &str) -> Result<()> {
    let sql = Sql::new("UPDATE label_classes SET name = ?, color = ? WHERE id = ?");
    tx.execute(sql.bind(name).bind(color).bind(id)).await?;
    Ok(())
}

/// How many images of the task, deleted ones included, have an annotation that names the class.
pub async fn uses(tx: &mut Tx, task: Id, class_no: i64) -> Result<i64> {
    const USES: &str = "SELECT COUNT(*) FROM task_images t JOIN annotations a ON a.img_id = t.img_id \
                        WHERE t.task_id = ? AND INSTR(a.classes, ?) > 0";
    let row = tx.fetch_one(Sql::new(USES).bind(task).bind(format!(",{class_no},"))).await?;
    Ok(row.int(0)?)
}

/// Removes a class; those behind it move up.
pub async fn delete(tx: &mut Tx, task: Id, class: &LabelClass) -> Result<()> {
    tx.execute(Sql::new("DELETE FROM label_classes WHERE id = ?").bind(class.id)).await?;
    let sql = Sql::new("UPDATE label_classes SET order_id = order_id - 1 WHERE task_id = ? AND order_id > ?");
    tx.execute(sql.bind(task).bind(class.order_id)).await?;
    Ok(())
}
