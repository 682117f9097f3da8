//! What those who look after the store ask this room; see [`crate::platform::keeping`].

use std::collections::BTreeSet;

use super::store;
use crate::platform::blobs::BlobKey;
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::keeping::{Counted, Off, Row, add_named};

/// Groups that are looked at in one statement.
const GROUPS: u32 = 64;

/// Adds those of these blobs that are crops of faces.
///
/// # Errors
/// When the database doesn't answer.
pub async fn add_needed(db: &Db, keys: &[BlobKey], needed: &mut BTreeSet<String>) -> Result<()> {
    add_named(db, &store::keeping::NAMING, keys, needed).await
}

/// At most `limit` faces whose crops these bytes are, and how many there are.
///
/// # Errors
/// When the database doesn't answer.
pub async fn uses(db: &Db, key: &BlobKey, limit: u32) -> Result<(Vec<String>, i64)> {
    store::keeping::uses(db, key, limit).await
}

/// Counts of groups that are off, from behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn counters(db: &Db, after: Option<Row>) -> Result<Counted> {
    let after = Row::id(after);
    let groups = store::keeping::counters(db, after, GROUPS).await?;
    let next = groups.last().map(|(id, ..)| Row::Number(id.0));
    let off = groups.into_iter().filter(|(_, _, said, found)| said != found).map(|(id, name, said, found)| Off {
        row: Row::Number(id.0),
        place: format!("face group {name:?}"),
        what: format!("face_count is {said}, there are {found}"),
    });
    Ok(Counted { off: off.collect(), next })
}

/// Makes the count of a group what its faces say.
///
/// # Errors
/// When the database can't be written.
pub async fn mend(db: &Db, row: &Row) -> Result<()> {
    let Row::Number(group) = row else { return Ok(()) };
    let mut tx = db.begin().await?;
    store::keeping::mend(&mut tx, Id(*group)).await?;
    tx.commit().await
}
