//! Which image folders may differ from the rows, and what is to lie in them.

use crate::platform::db::{Db, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::training::model::ImageType;

/// A task whose folder is to be made what the rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    pub task: Id,
    pub revision: i64,
    /// The task is deleted: nothing is to lie there.
    pub is_deleted: bool,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub image: Id,
    pub order_id: i64,
    pub kind: ImageType,
    /// What is to lie there; `None` where nothing is.
    pub sha256: Option<String>,
}

/// At most `limit` tasks whose folder is stale, deleted ones included.
pub async fn stale(db: &Db, limit: u32) -> Result<Vec<Stale>> {
    let sql = "SELECT id, revision, deleted_at FROM tasks WHERE folder_stale = 1 ORDER BY id LIMIT ?";
    let rows = db.fetch_all(Sql::new(sql).bind(limit)).await?;
    rows.iter()
        .map(|row| Ok(Stale { task: Id(row.int(0)?), revision: row.int(1)?, is_deleted: row.opt_int(2)?.is_some() }))
        .collect()
}

/// The next `limit` images of a task behind `after`, deleted ones included.
pub async fn entries(db: &Db, task: Id, after: i64, limit: u32) -> Result<Vec<Entry>> {
    const ENTRIES: &str = "SELECT t.img_id, t.order_id, i.img_type, i.sha256, t.is_del FROM task_images t \
                           JOIN images i ON i.img_id = t.img_id WHERE t.task_id = ? AND t.order_id > ? \
                           ORDER BY t.order_id LIMIT ?";
    let rows = db.fetch_all(Sql::new(ENTRIES).bind(task).bind(after).bind(limit)).await?;
    rows.iter()
        .map(|row| {
            let is_deleted = row.int(4)? != 0;
            Ok(Entry {
                image: Id(row.int(0)?),
                order_id: row.int(1)?,
                kind: ImageType::of(row.int(2)?).unwrap_or(ImageType::Png),
                sha256: row.opt_text(3)?.filter(|_| !is_deleted),
            })
        })
        .collect()
}

/// The folder is what the rows said at `revision`; if they changed since, it stays stale.
pub async fn mark_clean(db: &Db, task: Id, revision: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let sql = Sql::new("UPDATE tasks SET folder_stale = 0 WHERE id = ? AND revision = ?");
    let changed = tx.execute(sql.bind(task).bind(revision)).await?;
    tx.commit().await?;
    Ok(changed > 0)
}
