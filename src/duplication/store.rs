//! All SQL of copying a task.
//!
//! Rows are copied by `INSERT … SELECT`, in the order of their new keys; none travels through the
//! server. What always holds: only living images are copied, and `origin_id` of each new row names the
//! row it came from (seed 002 §3).

use super::model::{Blocks, CopiedClass, IDS_PER_IMAGE, TaskRow};
use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Db, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// The task, be it deleted; its row stays locked until the end of `tx`.
pub async fn lock(tx: &mut Tx, id: Id) -> Result<Option<TaskRow>> {
    const TASK: &str = "SELECT task_type, last_order_id, last_class_no, deleted_at FROM tasks WHERE id = ?";
    let row = tx.fetch_optional(Sql::new(TASK).push(tx.for_update()).bind(id)).await?;
    row.map(|row| {
        Ok(TaskRow {
            id,
            task_type: row.int(0)?,
            last_order_id: row.int(1)?,
            last_class_no: row.int(2)?,
            is_deleted: row.opt_int(3)?.is_some(),
        })
    })
    .transpose()
}

/// Makes the task `new` with the name of `old` and nothing in it; false when another made it first.
pub async fn insert_task(tx: &mut Tx, old: Id, new: Id, now: i64) -> Result<bool> {
    let text = format!(
        "{} INTO tasks (id, name, folded, task_type, last_order_id, last_class_no, revision, locked_sets, folder_stale, \
         created_at) SELECT ?, name, folded, task_type, 0, 0, 0, 0, 1, ? FROM tasks WHERE id = ?",
        insert_or_ignore(tx)
    );
    Ok(tx.execute(Sql::new(text).bind(new).bind(now).bind(old)).await? > 0)
}

/// Puts copies of the classes of `old` in the place of those of `new`; `class_no` stays.
pub async fn copy_classes(tx: &mut Tx, old: Id, new: Id, blocks: &Blocks, now: i64) -> Result<()> {
    const COPY: &str = "INSERT INTO label_classes (id, task_id, class_no, name, color, order_id, origin_id, created_at) \
                        SELECT ? + class_no - 1, ?, class_no, name, color, order_id, id, ? FROM label_classes \
                        WHERE task_id = ? ORDER BY class_no";
    tx.execute(Sql::new("DELETE FROM label_classes WHERE task_id = ?").bind(new)).await?;
    tx.execute(Sql::new(COPY).bind(blocks.first_class).bind(new).bind(now).bind(old)).await?;
    Ok(())
}

/// Copies what the images are. How many.
pub async fn copy_images(tx: &mut Tx, old: Id, blocks: &Blocks, now: i64) -> Result<i64> {
    // Numbered in a narrow table of its own: engines that write it down have little to write.
    const COPY: &str = "INSERT INTO images (img_id, img_name, img_type, img_size, width, height, create_oper, create_time, \
                        sha256, group_key, source_file, origin_id, is_del) \
                        SELECT ? + ? * t.place, i.img_name, i.img_type, i.img_size, i.width, i.height, i.create_oper, ?, \
                        i.sha256, i.group_key, i.source_file, i.img_id, 0 \
                        FROM (SELECT img_id, ROW_NUMBER() OVER (ORDER BY order_id) - 1 AS place FROM task_images \
                        WHERE task_id = ? AND is_del = 0) t JOIN images i ON i.img_id = t.img_id";
    let sql = Sql::new(COPY).bind(blocks.first_image).bind(IDS_PER_IMAGE).bind(now).bind(old);
    Ok(i64::try_from(tx.execute(sql).await?).unwrap_or(i64::MAX))
}

/// Copies where the images stand, numbered from 1 without gaps.
pub async fn copy_places(tx: &mut Tx, old: Id, new: Id, blocks: &Blocks) -> Result<()> {
    const COPY: &str = "INSERT INTO task_images (task_id, order_id, img_id, set_id, is_placed, img_state, top_class, \
                        img_roi_id, img_mask_id, img_dl_id, is_del) \
                        SELECT ?, t.place + 1, ? + ? * t.place, t.set_id, t.is_placed, t.img_state, t.top_class, \
                        CASE WHEN t.img_roi_id IS NULL THEN NULL ELSE ? + ? * t.place + 1 END, \
                        CASE WHEN t.img_mask_id IS NULL THEN NULL ELSE ? + ? * t.place + 2 END, \
                        CASE WHEN t.img_dl_id IS NULL THEN NULL ELSE ? + ? * t.place + 3 END, 0 \
                        FROM (SELECT set_id, is_placed, img_state, top_class, img_roi_id, img_mask_id, img_dl_id, \
                        ROW_NUMBER() OVER (ORDER BY order_id) - 1 AS place FROM task_images \
                        WHERE task_id = ? AND is_del = 0) t";
    let mut sql = Sql::new(COPY).bind(new);
    for _ in 0..4 {
        sql = sql.bind(blocks.first_image).bind(IDS_PER_IMAGE);
    }
    tx.execute(sql.bind(old)).await?;
    Ok(())
}

/// Copies ROI, mask and DL pictures; the images' rows name them already.
pub async fn copy_parts(tx: &mut Tx, new: Id, now: i64) -> Result<()> {
    const COPY: &str = "INSERT INTO image_parts (id, img_id, sha256, origin_id, created_at) \
                        SELECT CASE p.id WHEN o.img_roi_id THEN n.img_roi_id WHEN o.img_mask_id THEN n.img_mask_id \
                        ELSE n.img_dl_id END, n.img_id, p.sha256, p.id, ? \
                        FROM task_images n JOIN images c ON c.img_id = n.img_id \
                        JOIN task_images o ON o.img_id = c.origin_id \
                        JOIN image_parts p ON p.img_id = o.img_id AND p.id IN (o.img_roi_id, o.img_mask_id, o.img_dl_id) \
                        WHERE n.task_id = ? AND COALESCE(n.img_roi_id, n.img_mask_id, n.img_dl_id) IS NOT NULL";
    tx.execute(Sql::new(COPY).bind(now).bind(new)).await?;
    Ok(())
}

/// Copies annotations as they are: they name classes by `class_no`.
pub async fn copy_annotations(tx: &mut Tx, blocks: &Blocks) -> Result<()> {
    const COPY: &str = "INSERT INTO annotations (img_id, doc, sha256, classes, updated_at) \
                        SELECT c.img_id, a.doc, a.sha256, a.classes, a.updated_at \
                        FROM images c JOIN annotations a ON a.img_id = c.origin_id \
                        WHERE c.img_id >= ? AND c.img_id < ? ORDER BY c.img_id";
    tx.execute(Sql::new(COPY).bind(blocks.first_image).bind(blocks.images_end())).await?;
    Ok(())
}

/// Writes down what `new` has become. Its image folder is still to be filled.
pub async fn finish(tx: &mut Tx, source: &TaskRow, new: Id, images: i64) -> Result<()> {
    const FINISH: &str = "UPDATE tasks SET task_type = ?, last_order_id = ?, last_class_no = ?, copied_from = ?, \
                          revision = revision + 1, folder_stale = 1 WHERE id = ?";
    let sql = Sql::new(FINISH).bind(source.task_type).bind(images).bind(source.last_class_no).bind(source.id);
    tx.execute(sql.bind(new)).await?;
    Ok(())
}

/// An image of a copy, with the numbers of the database.
#[derive(Debug, Clone)]
pub struct ImageRow {
    pub order_id: i64,
    pub img_id: Id,
    pub name: String,
    pub width: i64,
    pub height: i64,
    /// UTC milliseconds.
    pub create_time: i64,
    pub set_id: i64,
    pub state: i64,
    pub is_annotated: bool,
}

/// The next `limit` living images of a task behind `after`, up to `last`.
pub async fn images(db: &Db, task: Id, after: i64, last: i64, limit: u32) -> Result<Vec<ImageRow>> {
    // The page is cut first, so that no engine begins with another table.
    const IMAGES: &str = "SELECT t.order_id, t.img_id, i.img_name, i.width, i.height, i.create_time, t.set_id, t.img_state, \
                          a.img_id FROM (SELECT order_id, img_id, set_id, img_state FROM task_images \
                          WHERE task_id = ? AND order_id > ? AND order_id <= ? AND is_del = 0 ORDER BY order_id LIMIT ?) t \
                          JOIN images i ON i.img_id = t.img_id LEFT JOIN annotations a ON a.img_id = t.img_id \
                          ORDER BY t.order_id";
    let rows = db.fetch_all(Sql::new(IMAGES).bind(task).bind(after).bind(last).bind(limit)).await?;
    rows.iter()
        .map(|row| {
            Ok(ImageRow {
                order_id: row.int(0)?,
                img_id: Id(row.int(1)?),
                name: row.text(2)?,
                width: row.int(3)?,
                height: row.int(4)?,
                create_time: row.int(5)?,
                set_id: row.int(6)?,
                state: row.int(7)?,
                is_annotated: row.opt_int(8)?.is_some(),
            })
        })
        .collect()
}

/// The label classes of a task by `order_id`.
pub async fn classes(db: &Db, task: Id) -> Result<Vec<CopiedClass>> {
    const CLASSES: &str = "SELECT id, name, color, order_id FROM label_classes WHERE task_id = ? ORDER BY order_id";
    let rows = db.fetch_all(Sql::new(CLASSES).bind(task)).await?;
    rows.iter()
        .map(|row| Ok(CopiedClass { id: row.int(0)?, name: row.text(1)?, color: row.text(2)?, order_id: row.int(3)? }))
        .collect()
}
