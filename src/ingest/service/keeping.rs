//! What those who look after the store ask this room; see [`crate::platform::keeping`]. Its rows name no blob, but CSVs.

use super::store;
pub use crate::ingest::store::keeping::Kept;
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::keeping::{Counted, Off, Row};

/// Tasks that are looked at in one statement.
const TASKS: u32 = 64;

/// The next tasks behind `after`, by id.
///
/// # Errors
/// When the database doesn't answer.
pub async fn tasks(db: &Db, after: &str) -> Result<Vec<Kept>> {
    store::keeping::page(db, after, TASKS).await
}

/// The task of that id, also one that is deleted and whose rows are not gone yet.
///
/// # Errors
/// When the database doesn't answer.
pub async fn task(db: &Db, id: &str) -> Result<Option<Kept>> {
    store::keeping::find(db, id).await
}

/// Counters of tasks that are off, from behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn counters(db: &Db, after: Option<Row>) -> Result<Counted> {
    let after = if let Some(Row::Text(id)) = after { id } else { String::new() };
    let tasks = tasks(db, &after).await?;
    let next = tasks.last().map(|task| Row::Text(task.id.clone()));
    let off = tasks.into_iter().filter(|task| !task.is_deleted && task.handled != task.counted).map(|task| Off {
        place: format!("ingest task {} (group {:?})", task.id, task.group),
        what: format!("handled_num is {}, its outcomes add up to {}", task.handled, task.counted),
        row: Row::Text(task.id),
    });
    Ok(Counted { off: off.collect(), next })
}

/// Makes the progress of a task what its outcomes say.
///
/// # Errors
/// When the database can't be written.
pub async fn mend(db: &Db, row: &Row) -> Result<()> {
    let Row::Text(id) = row else { return Ok(()) };
    let mut tx = db.begin().await?;
    store::keeping::mend(&mut tx, id).await?;
    tx.commit().await
}
