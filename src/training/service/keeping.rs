//! What those who look after the store ask this room; see [`crate::platform::keeping`].

use std::collections::BTreeSet;

use super::store;
use crate::platform::blobs::BlobKey;
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::keeping::{Counted, Off, Row, add_named};
pub use crate::training::store::keeping::Folder;

/// Tasks and images that are looked at in one statement.
const TASKS: u32 = 64;
const IMAGES: u32 = 1000;

/// What is to lie in an image folder: a name, and whose bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub image: Id,
    /// `<img_id>.<extension>`
    pub name: String,
    pub order_id: i64,
    /// `None`: nothing is to lie there.
    pub key: Option<BlobKey>,
}

/// Adds those of these blobs that images, their parts and annotations name.
///
/// # Errors
/// When the database doesn't answer.
pub async fn add_needed(db: &Db, keys: &[BlobKey], needed: &mut BTreeSet<String>) -> Result<()> {
    add_named(db, &store::keeping::NAMING, keys, needed).await
}

/// At most `limit` names of each kind for these bytes, and how many there are.
///
/// # Errors
/// When the database doesn't answer.
pub async fn uses(db: &Db, key: &BlobKey, limit: u32) -> Result<(Vec<String>, i64)> {
    store::keeping::uses(db, key, limit).await
}

/// Counters of tasks that are off, from behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn counters(db: &Db, after: Option<Row>) -> Result<Counted> {
    let after = Row::id(after);
    let tasks = store::keeping::counters(db, after, TASKS).await?;
    let mut counted = Counted { next: tasks.last().map(|task| Row::Number(task.task.0)), ..Counted::default() };
    for task in tasks {
        let named = ["last_order_id", "last_class_no"].into_iter().zip(task.said.into_iter().zip(task.found));
        let wrong = named.filter(|(_, (said, found))| said < found);
        let wrong: Vec<_> = wrong.map(|(name, (said, found))| format!("{name} is {said}, {found} is in use")).collect();
        if !wrong.is_empty() {
            let place = format!("task {} {:?}", task.task, task.name);
            counted.off.push(Off { row: Row::Number(task.task.0), place, what: wrong.join("; ") });
        }
    }
    Ok(counted)
}

/// Makes the counters of a task what its images and classes say.
///
/// # Errors
/// When the database can't be written.
pub async fn mend(db: &Db, row: &Row) -> Result<()> {
    let Row::Number(task) = row else { return Ok(()) };
    let mut tx = db.begin().await?;
    store::keeping::mend(&mut tx, Id(*task)).await?;
    super::touch(&mut tx, Id(*task), false).await?;
    tx.commit().await
}

/// The next tasks behind `after`, as their image folders see them.
///
/// # Errors
/// When the database doesn't answer.
pub async fn folders(db: &Db, after: Id) -> Result<Vec<Folder>> {
    store::keeping::folders(db, after, TASKS).await
}

/// One of them; `None`: there never was such a task.
///
/// # Errors
/// When the database doesn't answer.
pub async fn folder(db: &Db, task: Id) -> Result<Option<Folder>> {
    store::keeping::find_folder(db, task).await
}

/// What is to lie in a task's image folder, from behind a place, by place.
///
/// # Errors
/// When the database doesn't answer.
pub async fn folder_entries(db: &Db, task: Id, after: i64) -> Result<Vec<Entry>> {
    let entries = store::folders::entries(db, task, after, IMAGES).await?;
    Ok(entries.into_iter().map(entry).collect())
}

/// What is to lie there of one image; `None`: it isn't this task's.
///
/// # Errors
/// When the database doesn't answer.
pub async fn folder_entry(db: &Db, task: Id, image: Id) -> Result<Option<Entry>> {
    let Some((_, order_id)) = store::keeping::place(db, image).await?.filter(|(of, _)| *of == task) else {
        return Ok(None);
    };
    let entries = store::folders::entries(db, task, order_id - 1, 1).await?;
    Ok(entries.into_iter().map(entry).next())
}

fn entry(entry: store::folders::Entry) -> Entry {
    let name = format!("{}.{}", entry.image, entry.kind.extension());
    let key = entry.sha256.as_deref().and_then(BlobKey::parse);
    Entry { image: entry.image, name, order_id: entry.order_id, key }
}

/// Has the image folder of a task, or of all (`None`), made anew from the rows by the server's worker.
///
/// # Errors
/// When the database can't be written.
pub async fn mark_stale(db: &Db, task: Option<Id>) -> Result<()> {
    let mut tx = db.begin().await?;
    store::keeping::mark_stale(&mut tx, task).await?;
    tx.commit().await
}

/// Has the image folders of all tasks made anew that show these bytes: call it when good bytes have replaced damaged
/// ones, whose names still lead to the damaged. How many tasks.
///
/// # Errors
/// When the database can't be written.
pub async fn mark_stale_of(db: &Db, key: &BlobKey) -> Result<u64> {
    let mut tx = db.begin().await?;
    let tasks = store::keeping::mark_stale_of(&mut tx, key).await?;
    tx.commit().await?;
    Ok(tasks)
}
