//! Annotation documents.

use crate::platform::db::dialect::upsert;
use crate::platform::db::{Db, Row, Sql, Tx, Value};
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

/// A document that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub place: Place,
    /// Each `class_no` that it names, once: `",1,7,"`.
    pub classes: String,
}

const FIND: &str = "SELECT doc, sha256, classes FROM annotations WHERE img_id = ?";

/// The document of an image.
pub async fn find(db: &Db, image: Id) -> Result<Option<Kept>> {
    db.fetch_optional(Sql::new(FIND).bind(image)).await?.map(|row| kept(&row)).transpose()
}

/// The same within a transaction.
pub async fn find_in(tx: &mut Tx, image: Id) -> Result<Option<Kept>> {
    tx.fetch_optional(Sql::new(FIND).bind(image)).await?.map(|row| kept(&row)).transpose()
}

fn kept(row: &Row) -> Result<Kept> {
    let classes = row.text(2)?;
    if let Some(sha256) = row.opt_text(1)? {
        return Ok(Kept { place: Place::Blob(sha256), classes });
    }
    let doc = row.opt_bytes(0)?.unwrap_or_default();
    Ok(Kept { place: Place::Row(String::from_utf8(doc).map_err(Error::internal)?), classes })
}

impl Kept {
    /// The blob in which it lies.
    #[must_use]
    pub fn blob(&self) -> Option<&str> {
        match &self.place {
            Place::Blob(sha256) => Some(sha256),
            Place::Row(_) => None,
        }
    }
}

/// Puts a document in the place of the one that may be there.
pub async fn put(tx: &mut Tx, image: &Image, new: Kept, top_class: Option<i64>, now: i64) -> Result<()> {
    let (doc, sha256) = match new.place {
        Place::Row(doc) => (Value::Bytes(doc.into_bytes()), Value::Null),
        Place::Blob(sha256) => (Value::Null, Value::Text(sha256)),
    };
    let text = format!(
        "INSERT INTO annotations (img_id, doc, sha256, classes, updated_at) VALUES (?, ?, ?, ?, ?) {}",
        upsert(tx, "img_id", &["doc", "sha256", "classes", "updated_at"])
    );
    let sql = Sql::new(text).bind(image.id).bind(doc).bind(sha256).bind(new.classes).bind(now);
    tx.execute(sql).await?;
    let sql = Sql::new("UPDATE task_images SET top_class = ? WHERE task_id = ? AND order_id = ?");
    tx.execute(sql.bind(top_class).bind(image.task_id).bind(image.order_id)).await?;
    Ok(())
}
