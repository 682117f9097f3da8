//! The images of a task as an export reads them: those that live and whose bytes are in.

use super::annotations::Place;
use crate::platform::db::dialect::ordered_join;
use crate::platform::db::{Db, Row, Sql};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::training::model::export::Picture;
use crate::training::model::{ImageType, Set};

/// One image, and where its annotation lies.
#[derive(Debug)]
pub struct ExportRow {
    /// Without boxes and document.
    pub picture: Picture,
    /// Its document, with the bytes of it; `None` where it has none, or none was asked for.
    pub document: Option<(Place, u64)>,
}

/// Which images are read.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub task: Id,
    /// Only those of this set.
    pub set: Option<Set>,
    pub with_documents: bool,
}

const PICTURE: &str = "t.order_id, i.img_id, i.img_name, i.img_type, t.set_id, i.width, i.height, i.create_time, i.sha256, \
                       b.size, b.crc32, t.top_class";

/// The next `limit` images behind `after` by `order_id`.
pub async fn rows(db: &Db, window: Window, after: i64, limit: u32) -> Result<Vec<ExportRow>> {
    let Window { task, set, with_documents } = window;
    let document = if with_documents { ", a.doc, a.sha256, d.size" } else { "" };
    // The page is cut first, and read first. An image whose bytes are in has left state 0.
    let join = ordered_join(db);
    let sql = Sql::new(format!("SELECT {PICTURE}{document}"))
        .push(" FROM (SELECT order_id, img_id, set_id, top_class FROM task_images")
        .push(" WHERE task_id = ? AND order_id > ? AND is_del = 0 AND img_state > 0")
        .bind(task)
        .bind(after);
    let sql = match set {
        Some(set) => sql.push(" AND set_id = ?").bind(set.stored()),
        None => sql,
    };
    let sql = sql
        .push(" ORDER BY order_id LIMIT ?) t")
        .bind(limit)
        .push(&format!(" {join} images i ON i.img_id = t.img_id {join} blobs b ON b.sha256 = i.sha256"));
    let sql = if with_documents {
        sql.push(" LEFT JOIN annotations a ON a.img_id = t.img_id LEFT JOIN blobs d ON d.sha256 = a.sha256")
    } else {
        sql
    };
    let rows = db.fetch_all(sql.push(" ORDER BY t.order_id")).await?;
    rows.iter()
        .map(|row| {
            let document = if with_documents { document_of(row)? } else { None };
            Ok(ExportRow { picture: picture(row)?, document })
        })
        .collect()
}

fn picture(row: &Row) -> Result<Picture> {
    Ok(Picture {
        order_id: row.int(0)?,
        img_id: Id(row.int(1)?),
        name: row.text(2)?,
        kind: ImageType::of(row.int(3)?).unwrap_or(ImageType::Png),
        set: Set::of_stored(row.int(4)?),
        width: row.int(5)?,
        height: row.int(6)?,
        create_time: row.int(7)?,
        sha256: row.text(8)?,
        size: u64::try_from(row.int(9)?).unwrap_or_default(),
        crc32: u32::try_from(row.int(10)?).unwrap_or_default(),
        top_class: row.opt_int(11)?,
        boxes: Vec::new(),
        document: None,
    })
}

fn document_of(row: &Row) -> Result<Option<(Place, u64)>> {
    if let (Some(sha256), Some(size)) = (row.opt_text(13)?, row.opt_int(14)?) {
        return Ok(Some((Place::Blob(sha256), u64::try_from(size).unwrap_or_default())));
    }
    let Some(doc) = row.opt_bytes(12)? else {
        return Ok(None);
    };
    let size = doc.len() as u64;
    Ok(Some((Place::Row(String::from_utf8(doc).map_err(Error::internal)?), size)))
}

/// The images of one set.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub set: Set,
    pub with_bytes: i64,
    pub without_bytes: i64,
    /// Of those with bytes.
    pub without_class: i64,
}

/// How many images there are, by set.
pub async fn counts(db: &Db, task: Id) -> Result<Vec<Count>> {
    const COUNTS: &str = "SELECT set_id, COUNT(*), CAST(SUM(CASE WHEN img_state = 0 THEN 1 ELSE 0 END) AS SIGNED), \
                          CAST(SUM(CASE WHEN img_state > 0 AND top_class IS NULL THEN 1 ELSE 0 END) AS SIGNED) \
                          FROM task_images WHERE task_id = ? AND is_del = 0 GROUP BY set_id";
    let rows = db.fetch_all(Sql::new(COUNTS).bind(task)).await?;
    rows.iter()
        .map(|row| {
            let (all, without_bytes) = (row.int(1)?, row.int(2)?);
            let (set, with_bytes) = (Set::of_stored(row.int(0)?), all - without_bytes);
            Ok(Count { set, with_bytes, without_bytes, without_class: row.int(3)? })
        })
        .collect()
}

/// The kinds of the images with bytes.
pub async fn kinds(db: &Db, task: Id) -> Result<Vec<ImageType>> {
    const KINDS: &str = "SELECT DISTINCT i.img_type FROM task_images t JOIN images i ON i.img_id = t.img_id \
                         WHERE t.task_id = ? AND t.is_del = 0 AND t.img_state > 0 ORDER BY i.img_type";
    let rows = db.fetch_all(Sql::new(KINDS).bind(task)).await?;
    rows.iter().map(|row| Ok(ImageType::of(row.int(0)?).unwrap_or(ImageType::Png))).collect()
}

/// How often a living task has changed.
pub async fn revision(db: &Db, task: Id) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT revision FROM tasks WHERE id = ? AND deleted_at IS NULL").bind(task);
    Ok(db.fetch_optional(sql).await?.map(|row| row.int(0)).transpose()?)
}
