//! Rows as those who look after the store read them: who names a blob, counters, image folders.

use crate::platform::blobs::BlobKey;
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::keeping::Naming;

/// Where this room's rows name blobs.
pub const NAMING: [Naming; 3] = [
    Naming { table: "images", column: "sha256" },
    Naming { table: "image_parts", column: "sha256" },
    Naming { table: "annotations", column: "sha256" },
];

/// At most `limit` images that these bytes belong to, deleted ones as well; and how many there are.
pub async fn uses(db: &Db, key: &BlobKey, limit: u32) -> Result<(Vec<String>, i64)> {
    const IMAGE: &str = "SELECT t.id, t.name, i.img_name, i.img_id FROM images i JOIN task_images r ON r.img_id = i.img_id \
                         JOIN tasks t ON t.id = r.task_id";
    let (mut names, mut count) = (Vec::new(), 0);
    for (what, table) in
        [("image", None), ("ROI, mask or DL of", Some("image_parts")), ("annotation of", Some("annotations"))]
    {
        let of = match table {
            None => "i.sha256 = ?".to_owned(),
            Some(table) => format!("i.img_id IN (SELECT img_id FROM {table} WHERE sha256 = ?)"),
        };
        let counted = Sql::new(format!("SELECT COUNT(*) FROM images i WHERE {of}")).bind(key.as_str());
        count += db.fetch_one(counted).await?.int(0)?;
        let sql = Sql::new(format!("{IMAGE} WHERE {of} ORDER BY i.img_id LIMIT ?")).bind(key.as_str()).bind(limit);
        for row in db.fetch_all(sql).await? {
            let (task, name) = (row.int(0)?, row.text(1)?);
            names.push(format!("task {task} {name:?}: {what} {} ({})", row.text(2)?, row.int(3)?));
        }
    }
    Ok((names, count))
}

/// The last numbers that a task gave, and the highest that are in use.
#[derive(Debug, Clone)]
pub struct Counters {
    pub task: Id,
    pub name: String,
    /// `last_order_id`, `last_class_no`.
    pub said: [i64; 2],
    pub found: [i64; 2],
}

/// The next `limit` tasks behind `after`, deleted ones included. One statement: it sees one moment.
pub async fn counters(db: &Db, after: Id, limit: u32) -> Result<Vec<Counters>> {
    const COUNTERS: &str = "SELECT t.id, t.name, t.last_order_id, t.last_class_no, \
                            COALESCE((SELECT MAX(r.order_id) FROM task_images r WHERE r.task_id = t.id), 0), \
                            COALESCE((SELECT MAX(c.class_no) FROM label_classes c WHERE c.task_id = t.id), 0) \
                            FROM tasks t WHERE t.id > ? ORDER BY t.id LIMIT ?";
    let counters = |row: &Row| -> Result<Counters> {
        let (said, found) = ([row.int(2)?, row.int(3)?], [row.int(4)?, row.int(5)?]);
        Ok(Counters { task: Id(row.int(0)?), name: row.text(1)?, said, found })
    };
    db.fetch_all(Sql::new(COUNTERS).bind(after).bind(limit)).await?.iter().map(counters).collect()
}

/// Raises the last numbers of a task to the highest that are in use.
pub async fn mend(tx: &mut Tx, task: Id) -> Result<()> {
    for (column, highest) in [
        ("last_order_id", "SELECT MAX(order_id) FROM task_images WHERE task_id = ?"),
        ("last_class_no", "SELECT MAX(class_no) FROM label_classes WHERE task_id = ?"),
    ] {
        let found = tx.fetch_one(Sql::new(highest).bind(task)).await?.opt_int(0)?.unwrap_or(0);
        let sql = Sql::new(format!("UPDATE tasks SET {column} = ? WHERE id = ? AND {column} < ?"));
        tx.execute(sql.bind(found).bind(task).bind(found)).await?;
    }
    Ok(())
}

/// A task, as its image folder sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folder {
    pub task: Id,
    pub is_deleted: bool,
    /// It may differ from the rows, and is going to be mended.
    pub is_stale: bool,
}

fn folder(row: &Row) -> Result<Folder> {
    Ok(Folder { task: Id(row.int(0)?), is_deleted: row.opt_int(1)?.is_some(), is_stale: row.int(2)? == 1 })
}

/// The next `limit` tasks behind `after`.
pub async fn folders(db: &Db, after: Id, limit: u32) -> Result<Vec<Folder>> {
    let sql = Sql::new("SELECT id, deleted_at, folder_stale FROM tasks WHERE id > ? ORDER BY id LIMIT ?");
    db.fetch_all(sql.bind(after).bind(limit)).await?.iter().map(folder).collect()
}

/// The same for one task.
pub async fn find_folder(db: &Db, task: Id) -> Result<Option<Folder>> {
    let sql = Sql::new("SELECT id, deleted_at, folder_stale FROM tasks WHERE id = ?");
    db.fetch_optional(sql.bind(task)).await?.as_ref().map(folder).transpose()
}

/// Where an image stands: its task, and its place there.
pub async fn place(db: &Db, image: Id) -> Result<Option<(Id, i64)>> {
    let sql = Sql::new("SELECT task_id, order_id FROM task_images WHERE img_id = ?").bind(image);
    db.fetch_optional(sql).await?.map(|row| Ok((Id(row.int(0)?), row.int(1)?))).transpose()
}

/// Has the image folders of all tasks (`None`), or of one, made anew from the rows.
pub async fn mark_stale(tx: &mut Tx, task: Option<Id>) -> Result<()> {
    let sql = Sql::new("UPDATE tasks SET folder_stale = 1");
    let sql = task.map_or(sql.clone(), |task| sql.push(" WHERE id = ?").bind(task));
    tx.execute(sql).await?;
    Ok(())
}

/// The same for the tasks that have an image of these bytes, deleted ones left out; how many. It counts as a change:
/// a folder that is being mended right now is looked at once more.
pub async fn mark_stale_of(tx: &mut Tx, key: &BlobKey) -> Result<u64> {
    let sql = Sql::new(
        "UPDATE tasks SET folder_stale = 1, revision = revision + 1 WHERE deleted_at IS NULL AND id IN \
         (SELECT t.task_id FROM task_images t JOIN images i ON i.img_id = t.img_id WHERE i.sha256 = ?)",
    );
    tx.execute(sql.bind(key.as_str())).await
}
