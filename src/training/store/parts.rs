//! ROI, mask and DL pictures of images.

use crate::platform::db::{Db, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::training::model::{Image, Part};

/// The column that names the part; from these constants alone.
fn column(part: Part) -> &'static str {
    part.id_name()
}

/// SHA-256, type, bytes and time of an image's part.
pub async fn find(db: &Db, image: &Image, part: Part) -> Result<Option<(String, String, i64, i64)>> {
    let text = format!(
        "SELECT b.sha256, b.content_type, b.size, p.created_at FROM task_images t JOIN image_parts p ON p.id = t.{} \
         JOIN blobs b ON b.sha256 = p.sha256 WHERE t.task_id = ? AND t.order_id = ?",
        column(part)
    );
    let row = db.fetch_optional(Sql::new(text).bind(image.task_id).bind(image.order_id)).await?;
    row.map(|row| Ok((row.text(0)?, row.text(1)?, row.int(2)?, row.int(3)?))).transpose()
}

/// SHA-256 and time of an image's part, within a transaction.
pub async fn find_in(tx: &mut Tx, image: &Image, part: Part) -> Result<Option<(String, i64)>> {
    let text = format!(
        "SELECT p.sha256, p.created_at FROM task_images t JOIN image_parts p ON p.id = t.{} \
         WHERE t.task_id = ? AND t.order_id = ?",
        column(part)
    );
    let row = tx.fetch_optional(Sql::new(text).bind(image.task_id).bind(image.order_id)).await?;
    row.map(|row| Ok((row.text(0)?, row.int(1)?))).transpose()
}

/// Puts a part in the place of the one that may be there. The SHA-256 of that one.
pub async fn put(tx: &mut Tx, image: &Image, part: Part, id: Id, sha256: &str, now: i64) -> Result<Option<String>> {
    let old = format!(
        "SELECT p.id, p.sha256 FROM task_images t JOIN image_parts p ON p.id = t.{} WHERE t.task_id = ? AND t.order_id = ?",
        column(part)
    );
    let old = tx.fetch_optional(Sql::new(old).bind(image.task_id).bind(image.order_id)).await?;
    let sql = Sql::new("INSERT INTO image_parts (id, img_id, sha256, created_at) VALUES (?, ?, ?, ?)");
    tx.execute(sql.bind(id).bind(image.id).bind(sha256).bind(now)).await?;
    let set = format!("UPDATE task_images SET {} = ? WHERE task_id = ? AND order_id = ?", column(part));
    tx.execute(Sql::new(set).bind(id).bind(image.task_id).bind(image.order_id)).await?;
    let Some(old) = old else {
        return Ok(None);
    };
    tx.execute(Sql::new("DELETE FROM image_parts WHERE id = ?").bind(old.int(0)?)).await?;
    Ok(Some(old.text(1)?))
}
