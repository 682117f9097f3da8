//! Images: what they are (`images`), and where they stand in their task (`task_images`).

use std::collections::HashSet;

use super::ROWS;
use crate::platform::db::{Db, Row, Sql, Tx, marks, rows_of_marks, steps};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::training::model::{Image, ImageType, NewImage, Set, Shelf, State};

const IMAGE: &str = "SELECT i.img_id, t.task_id, t.order_id, i.img_name, i.img_type, i.img_size, i.width, i.height, \
                     i.create_time, i.sha256, t.set_id, t.img_state, t.is_del \
                     FROM images i JOIN task_images t ON t.img_id = i.img_id";

fn image(row: &Row) -> Result<Image> {
    Ok(Image {
        id: Id(row.int(0)?),
        task_id: Id(row.int(1)?),
        order_id: row.int(2)?,
        name: row.text(3)?,
        kind: ImageType::of(row.int(4)?).unwrap_or(ImageType::Png),
        size: row.int(5)?,
        width: row.int(6)?,
        height: row.int(7)?,
        create_time: row.int(8)?,
        sha256: row.opt_text(9)?,
        set: Set::of_stored(row.int(10)?),
        state: State::of(row.int(11)?).unwrap_or(State::Uploading),
        is_deleted: row.int(12)? != 0,
    })
}

/// The image, deleted or not; of a deleted task too.
pub async fn find(db: &Db, id: Id) -> Result<Option<Image>> {
    let sql = Sql::new(IMAGE).push(" WHERE i.img_id = ?").bind(id);
    db.fetch_optional(sql).await?.as_ref().map(image).transpose()
}

/// The same within a transaction.
pub async fn find_in(tx: &mut Tx, id: Id) -> Result<Option<Image>> {
    let sql = Sql::new(IMAGE).push(" WHERE i.img_id = ?").bind(id);
    tx.fetch_optional(sql).await?.as_ref().map(image).transpose()
}

/// At most `limit` images of a task whose `order_id` is above `after`, by `order_id`.
pub async fn page(db: &Db, task: Id, shelf: Shelf, after: i64, limit: u32) -> Result<Vec<Image>> {
    let sql = Sql::new(IMAGE).push(" WHERE t.task_id = ? AND t.order_id > ? AND t.is_del = ?").bind(task).bind(after);
    let mut sql = sql.bind(i64::from(shelf == Shelf::Deleted));
    if let Shelf::Of(set) = shelf {
        sql = sql.push(" AND t.set_id = ?").bind(set.stored());
    }
    let rows = db.fetch_all(sql.push(" ORDER BY t.order_id LIMIT ?").bind(limit)).await?;
    rows.iter().map(image).collect()
}

/// What an image must not be parted from, and the file of a tag that it came from.
pub async fn origin(db: &Db, id: Id) -> Result<(Option<String>, Option<Id>)> {
    let row = db.fetch_one(Sql::new("SELECT group_key, source_file FROM images WHERE img_id = ?").bind(id)).await?;
    Ok((row.opt_text(0)?, row.opt_int(1)?.map(Id)))
}

/// The images before and behind this one in a list of its task.
pub async fn neighbours(db: &Db, image: &Image, shelf: Shelf) -> Result<(Option<Id>, Option<Id>)> {
    let mut found = [None, None];
    for (place, (side, way)) in found.iter_mut().zip([("<", "DESC"), (">", "ASC")]) {
        let text = format!("SELECT img_id FROM task_images WHERE task_id = ? AND order_id {side} ? AND is_del = ?");
        let mut sql = Sql::new(text).bind(image.task_id).bind(image.order_id);
        sql = sql.bind(i64::from(shelf == Shelf::Deleted));
        if let Shelf::Of(set) = shelf {
            sql = sql.push(" AND set_id = ?").bind(set.stored());
        }
        let row = db.fetch_optional(sql.push(&format!(" ORDER BY order_id {way} LIMIT 1"))).await?;
        *place = row.map(|row| row.int(0)).transpose()?.map(Id);
    }
    Ok((found[0], found[1]))
}

/// The living images with the highest `order_id` whose bytes are in, at most `limit`.
pub async fn newest(db: &Db, task: Id, limit: u32) -> Result<Vec<Id>> {
    const NEWEST: &str = "SELECT img_id FROM task_images WHERE task_id = ? AND is_del = 0 AND img_state > 0 \
                          ORDER BY order_id DESC LIMIT ?";
    let rows = db.fetch_all(Sql::new(NEWEST).bind(task).bind(limit)).await?;
    rows.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// Adds images: ids go on from `first_id`, places in the task from `first_order`. Those whose bytes
/// are in are ready, the others are uploading; all stand in *training*.
pub async fn insert(
    tx: &mut Tx,
    task: Id,
    images: &[NewImage],
    first_id: Id,
    first_order: i64,
    now: i64,
) -> Result<()> {
    let mut place = 0;
    for step in steps(images, ROWS) {
        insert_images(tx, step, first_id.0 + place, now).await?;
        let text = format!(
            "INSERT INTO task_images (task_id, order_id, img_id, set_id, is_placed, img_state, is_del) VALUES {}",
            rows_of_marks(step.len(), 7)
        );
        let mut sql = Sql::new(text);
        for image in step {
            let state = if image.sha256.is_some() { State::Ready } else { State::Uploading };
            sql = sql.bind(task).bind(first_order + place).bind(first_id.0 + place).bind(Set::Training.stored());
            sql = sql.bind(0_i64).bind(state.number()).bind(0_i64);
            place += 1;
        }
        tx.execute(sql).await?;
    }
    Ok(())
}

async fn insert_images(tx: &mut Tx, step: &[NewImage], first_id: i64, now: i64) -> Result<()> {
    let text = format!(
        "INSERT INTO images (img_id, img_name, img_type, img_size, width, height, create_oper, create_time, sha256, \
         group_key, source_file, is_del) VALUES {}",
        rows_of_marks(step.len(), 12)
    );
    let mut sql = Sql::new(text);
    for (id, image) in (first_id..).zip(step) {
        sql = sql.bind(id).bind(image.name.as_str()).bind(image.kind.number()).bind(image.size).bind(image.width);
        sql = sql.bind(image.height).bind(image.create_oper).bind(now).bind(image.sha256.as_deref());
        sql = sql.bind(image.group.as_deref()).bind(image.source_file).bind(0_i64);
    }
    tx.execute(sql).await?;
    Ok(())
}

/// The bytes of an image are in.
pub async fn set_ready(tx: &mut Tx, image: &Image, sha256: &str) -> Result<()> {
    tx.execute(Sql::new("UPDATE images SET sha256 = ? WHERE img_id = ?").bind(sha256).bind(image.id)).await?;
    set_state(tx, image, State::Ready).await
}

/// Sets how far an image has come.
pub async fn set_state(tx: &mut Tx, image: &Image, state: State) -> Result<()> {
    let sql = Sql::new("UPDATE task_images SET img_state = ? WHERE task_id = ? AND order_id = ?");
    tx.execute(sql.bind(state.number()).bind(image.task_id).bind(image.order_id)).await?;
    Ok(())
}

/// Sets what an image must not be parted from by a split.
pub async fn set_group(tx: &mut Tx, image: &Image, group: Option<&str>) -> Result<()> {
    tx.execute(Sql::new("UPDATE images SET group_key = ? WHERE img_id = ?").bind(group).bind(image.id)).await?;
    Ok(())
}

/// Which of these images the task has, with whether each is deleted.
pub async fn known(tx: &mut Tx, task: Id, ids: &[Id]) -> Result<Vec<(Id, bool)>> {
    let mut known = Vec::with_capacity(ids.len());
    for step in steps(ids, ROWS) {
        let text =
            format!("SELECT img_id, is_del FROM task_images WHERE task_id = ? AND img_id IN ({})", marks(step.len()));
        for row in tx.fetch_all(Sql::new(text).bind(task).bind_all(step.iter().copied())).await? {
            known.push((Id(row.int(0)?), row.int(1)? != 0));
        }
    }
    Ok(known)
}

/// Marks these images as deleted, or as living again, in both tables.
pub async fn set_deleted(tx: &mut Tx, ids: &[Id], is_deleted: bool) -> Result<()> {
    for step in steps(ids, ROWS) {
        for table in ["images", "task_images"] {
            let text = format!("UPDATE {table} SET is_del = ? WHERE img_id IN ({})", marks(step.len()));
            tx.execute(Sql::new(text).bind(i64::from(is_deleted)).bind_all(step.iter().copied())).await?;
        }
    }
    Ok(())
}

/// The files of tags that the task has images of already, deleted ones included.
pub async fn sources(tx: &mut Tx, task: Id) -> Result<HashSet<Id>> {
    const SOURCES: &str = "SELECT i.source_file, t.order_id FROM task_images t JOIN images i ON i.img_id = t.img_id \
                           WHERE t.task_id = ? AND t.order_id > ? AND i.source_file IS NOT NULL ORDER BY t.order_id LIMIT ?";
    const LIMIT: u32 = 10_000;
    let mut sources = HashSet::new();
    let mut after = 0;
    loop {
        let rows = tx.fetch_all(Sql::new(SOURCES).bind(task).bind(after).bind(LIMIT)).await?;
        for row in &rows {
            sources.insert(Id(row.int(0)?));
            after = row.int(1)?;
        }
        if rows.len() < LIMIT as usize {
            return Ok(sources);
        }
    }
}
