//! The images of a task as a split sees them.

use super::{PAGE, Source, small};
use crate::platform::db::{Db, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Living images by their places in the order of `order_id`: one column each, to be small.
#[derive(Debug, Default)]
pub struct Images {
    pub order_ids: Vec<i64>,
    pub ids: Vec<i64>,
    /// The number of the set each stands in.
    pub sets: Vec<u8>,
    /// Whether a split has placed it there.
    pub placed: Vec<bool>,
    /// The class of its largest box; read only where asked for.
    pub classes: Vec<Option<i64>>,
}

/// All living images of a task; with their classes where `with_classes`.
pub async fn all(source: &mut Source<'_>, task: Id, with_classes: bool) -> Result<Images> {
    let columns = if with_classes { ", top_class" } else { "" };
    let text = format!(
        "SELECT order_id, img_id, set_id, is_placed{columns} FROM task_images \
         WHERE task_id = ? AND order_id > ? AND is_del = 0 ORDER BY order_id LIMIT ?"
    );
    let mut images = Images::default();
    loop {
        let after = images.order_ids.last().copied().unwrap_or(0);
        let rows = source.fetch_all(Sql::new(text.clone()).bind(task).bind(after).bind(PAGE)).await?;
        for row in &rows {
            images.order_ids.push(row.int(0)?);
            images.ids.push(row.int(1)?);
            images.sets.push(small(row.int(2)?));
            images.placed.push(row.int(3)? != 0);
            if with_classes {
                images.classes.push(row.opt_int(4)?);
            }
        }
        if rows.len() < PAGE as usize {
            return Ok(images);
        }
    }
}

/// How many living images of a task no split has placed.
pub async fn unplaced(db: &Db, task: Id) -> Result<i64> {
    const COUNT: &str = "SELECT COUNT(*) FROM task_images WHERE task_id = ? AND is_del = 0 AND is_placed = 0";
    Ok(db.fetch_one(Sql::new(COUNT).bind(task)).await?.int(0)?)
}
