//! What those who look after the store ask this room. It keeps the rows of all blobs; see [`crate::platform::keeping`].

use std::collections::BTreeSet;

use super::store;
pub use crate::collect::store::keeping::Blob;
use crate::platform::blobs::BlobKey;
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::keeping::{Counted, Off, Row, add_named};

/// Tags and files that are looked at in one statement.
const TAGS: u32 = 64;
const FILES: u32 = 2000;

/// In place of a tag: what all tags hold together. No tag has this id.
const ALL: i64 = 0;

/// The next `limit` blobs behind `after` (a key, or the beginning of one) and before `end`, by key.
///
/// # Errors
/// When the database doesn't answer.
pub async fn blobs(db: &Db, after: &str, end: &str, limit: u32) -> Result<Vec<Blob>> {
    store::keeping::page(db, after, end, limit).await
}

/// The row of this blob.
///
/// # Errors
/// When the database doesn't answer.
pub async fn blob(db: &Db, key: &BlobKey) -> Result<Option<Blob>> {
    Ok(store::keeping::known(db, std::slice::from_ref(key)).await?.pop())
}

/// Those of these blobs that have a row, whether anything needs them or not.
///
/// # Errors
/// When the database doesn't answer.
pub async fn known(db: &Db, keys: &[BlobKey]) -> Result<BTreeSet<String>> {
    let blobs = store::keeping::known(db, keys).await?;
    Ok(blobs.into_iter().map(|blob| blob.key.as_str().to_owned()).collect())
}

/// How many rows of blobs there are.
///
/// # Errors
/// When the database doesn't answer.
pub async fn count(db: &Db) -> Result<u64> {
    store::keeping::count(db).await
}

/// Adds those of these blobs that files name.
///
/// # Errors
/// When the database doesn't answer.
pub async fn add_needed(db: &Db, keys: &[BlobKey], needed: &mut BTreeSet<String>) -> Result<()> {
    add_named(db, &store::keeping::NAMING, keys, needed).await
}

/// At most `limit` names of files with these bytes, and how many there are.
///
/// # Errors
/// When the database doesn't answer.
pub async fn uses(db: &Db, key: &BlobKey, limit: u32) -> Result<(Vec<String>, i64)> {
    store::keeping::uses(db, key, limit).await
}

/// Counters of tags that are off, from behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn counters(db: &Db, after: Option<Row>) -> Result<Counted> {
    let is_first = after.is_none();
    let after = Row::id(after);
    let tags = store::keeping::tags(db, after, TAGS).await?;
    let mut counted = Counted { next: tags.last().map(|tag| Row::Number(tag.tag.0)), ..Counted::default() };
    let total = if is_first { store::keeping::total(db).await? } else { [0, 0] };
    if total[0] != total[1] {
        let what = format!("the total is {} bytes, all tags have {}", total[0], total[1]);
        counted.off.push(Off { row: Row::Number(ALL), place: "all tags".to_owned(), what });
    }
    for tag in tags {
        let [files, bytes, seq] = tag.said;
        let [files_found, bytes_found, last] = tag.found;
        let mut wrong = Vec::new();
        if files != files_found {
            wrong.push(format!("file_count is {files}, there are {files_found}"));
        }
        if bytes != bytes_found {
            wrong.push(format!("bytes is {bytes}, its files have {bytes_found}"));
        }
        // Files that were removed for good may have had higher places.
        if seq < last {
            wrong.push(format!("last_seq is {seq}, a file stands at {last}"));
        }
        if !wrong.is_empty() {
            let place = format!("tag {:?}", tag.name);
            counted.off.push(Off { row: Row::Number(tag.tag.0), place, what: wrong.join("; ") });
        }
    }
    Ok(counted)
}

/// Makes the counters of a tag what its files say, and that of all tags with it.
///
/// # Errors
/// When the database can't be written.
pub async fn mend(db: &Db, row: &Row) -> Result<()> {
    let Row::Number(tag) = row else { return Ok(()) };
    let mut tx = db.begin().await?;
    if *tag != ALL {
        store::keeping::mend_tag(&mut tx, Id(*tag)).await?;
    }
    store::keeping::mend_total(&mut tx).await?;
    tx.commit().await
}

/// Files whose rows say something else of their bytes than their blobs' rows, from behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn odd_files(db: &Db, after: Option<Row>) -> Result<Counted> {
    let after = Row::id(after);
    let (odd, last) = store::keeping::odd_files(db, after, FILES).await?;
    let off = odd.into_iter().map(|file| Off {
        row: Row::Number(file.file.0),
        place: format!("file {}/{}", file.tag, file.name),
        what: "size or CRC-32 in its row are not those of its bytes".to_owned(),
    });
    Ok(Counted { off: off.collect(), next: last.map(|last| Row::Number(last.0)) })
}

/// Makes the row of a file say what its blob's row does, and its tag's counters follow.
///
/// # Errors
/// When the database can't be written.
pub async fn mend_file(db: &Db, row: &Row) -> Result<()> {
    let Row::Number(file) = row else { return Ok(()) };
    let mut tx = db.begin().await?;
    if let Some(tag) = store::keeping::mend_file(&mut tx, Id(*file)).await? {
        store::keeping::mend_tag(&mut tx, tag).await?;
        store::keeping::mend_total(&mut tx).await?;
    }
    tx.commit().await
}
