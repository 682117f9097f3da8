//! The images of one set, in the order of `order_id`.

use crate::platform::db::{Db, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// What is told of an image.
#[derive(Debug)]
pub struct Listed {
    pub order_id: i64,
    pub name: String,
    pub id: Id,
    /// Its state's number.
    pub state: i64,
}

/// At most `limit` living images of the set with this number, behind `after`.
pub async fn page(db: &Db, task: Id, set: i64, after: i64, limit: u32) -> Result<Vec<Listed>> {
    const ROWS: &str = "SELECT t.order_id, i.img_name, t.img_id, t.img_state FROM task_images t \
                        JOIN images i ON i.img_id = t.img_id WHERE t.task_id = ? AND t.set_id = ? AND t.order_id > ? \
                        AND t.is_del = 0 ORDER BY t.order_id LIMIT ?";
    let rows = db.fetch_all(Sql::new(ROWS).bind(task).bind(set).bind(after).bind(limit)).await?;
    rows.iter()
        .map(|row| Ok(Listed { order_id: row.int(0)?, name: row.text(1)?, id: Id(row.int(2)?), state: row.int(3)? }))
        .collect()
}
