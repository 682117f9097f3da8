//! Annotation documents.

use crate::platform::db::dialect::upsert;
use crate::platform::db::{Db, Sql, Tx, Value};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::training::model::Image;

/// Where a document lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the row.
    Row(String),
    /// In the blob with this SHA-256.
    Blob(String),
}

/// The document of an image.
pub async fn find(db: &Db, image: Id) -> Result<Option<Place>> {
    let sql = Sql::new("SELECT doc, sha256 FROM annotations WHERE img_id = ?").bind(image);
    let Some(row) = db.fetch_optional(sql).await? else {
        return Ok(None);
    };
    if let Some(sha256) = row.opt_text(1)? {
        return Ok(Some(Place::Blob(sha256)));
    }
    let doc = row.opt_bytes(0)?.unwrap_or_default();
    Ok(Some(Place::Row(String::from_utf8(doc).map_err(Error::internal)?)))
}

/// The blob of an image's document, where it lies in one.
pub async fn blob(tx: &mut Tx, image: Id) -> Result<Option<String>> {
    let row = tx.fetch_optional(Sql::new("SELECT sha256 FROM annotations WHERE img_id = ?").bind(image)).await?;
    Ok(row.map(|row| row.opt_text(0)).transpose()?.flatten())
}

/// Puts a document in the place of the one that may be there.
pub async fn put(
    tx: &mut Tx,
    image: &Image,
    place: Place,
    classes: &str,
    top_class: Option<i64>,
    now: i64,
) -> Result<()> {
    let (doc, sha256) = match place {
        Place::Row(doc) => (Value::Bytes(doc.into_bytes()), Value::Null),
        Place::Blob(sha256) => (Value::Null, Value::Text(sha256)),
    };
    let text = format!(
        "INSERT INTO annotations (img_id, doc, sha256, classes, updated_at) VALUES (?, ?, ?, ?, ?) {}",
        upsert(tx, "img_id", &["doc", "sha256", "classes", "updated_at"])
    );
    tx.execute(Sql::new(text).bind(image.id).bind(doc).bind(sha256).bind(classes).bind(now)).await?;
    let sql = Sql::new("UPDATE task_images SET top_class = ? WHERE task_id = ? AND order_id = ?");
    tx.execute(sql.bind(top_class).bind(image.task_id).bind(image.order_id)).await?;
    Ok(())
}
