//! Writing uploads: what a group commit reads and writes within its one transaction.
//!
//! The tags' rows are locked first, in the order of their names, so that two servers on one database
//! take turns per tag and never wait for each other in a circle.

use crate::collect::model::File;
use crate::collect::model::conflict::Namesake;
use crate::platform::archive::zip_names;
use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Sql, Tx, Value, marks};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::names::fold;

/// Rows are inserted this many at a time at most; always a power of two, so that few statements are
/// prepared.
const ROWS: usize = 32;

/// A tag as a commit sees it.
#[derive(Debug, Clone)]
pub struct LockedTag {
    pub id: Id,
    pub last_seq: i64,
}

/// Finds the tag, or makes it under `new_id`; its row stays locked until the end of `tx`.
pub async fn lock_tag(tx: &mut Tx, name: &str, new_id: Id, now: i64) -> Result<LockedTag> {
    if let Some(tag) = find_tag(tx, name).await? {
        return Ok(tag);
    }
    let insert = format!(
        "{} INTO tags (id, name, folded, file_count, bytes, last_seq, revision, created_at, updated_at) \
         VALUES (?, ?, ?, 0, 0, 0, 0, ?, ?)",
        insert_or_ignore(tx)
    );
    tx.execute(Sql::new(insert).bind(new_id).bind(name).bind(fold(name)).bind(now).bind(now)).await?;
    // Another server may have made it at the same moment: what counts is what stands there now.
    let tag = find_tag(tx, name).await?;
    tag.ok_or_else(|| sqlx::Error::RowNotFound.into())
}

async fn find_tag(tx: &mut Tx, name: &str) -> Result<Option<LockedTag>> {
    let sql = format!("SELECT id, last_seq FROM tags WHERE name = ?{}", tx.for_update());
    let row = tx.fetch_optional(Sql::new(sql).bind(name)).await?;
    row.map(|row| Ok(LockedTag { id: Id(row.int(0)?), last_seq: row.int(1)? })).transpose()
}

/// Whether any of these names, asked-for names or archive keys is known in the tag already.
pub async fn known(
    tx: &mut Tx,
    tag: Id,
    names: &[&str],
    keys: &[Vec<u8>],
) -> Result<Vec<(String, Option<String>, Vec<u8>)>> {
    const COLUMNS: &str = "SELECT name, asked_name, zip_key FROM files WHERE tag_id = ?";
    let (names_in, keys_in) = (marks(names.len()), marks(keys.len()));
    let text = format!(
        "{COLUMNS} AND name IN ({names_in}) UNION ALL {COLUMNS} AND asked_name IN ({names_in}) \
         UNION ALL {COLUMNS} AND zip_key IN ({keys_in}) AND live = 1"
    );
    let sql = Sql::new(text)
        .bind(tag)
        .bind_all(names.iter().copied())
        .bind(tag)
        .bind_all(names.iter().copied())
        .bind(tag)
        .bind_all(keys.iter().cloned());
    let rows = tx.fetch_all(sql).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.opt_text(1)?, row.bytes(2)?))).collect()
}

/// The files of the tag that have `name` or asked for it.
pub async fn namesakes(tx: &mut Tx, tag: Id, name: &str) -> Result<Vec<Namesake>> {
    const COLUMNS: &str = "SELECT id, name, sha256, live FROM files WHERE tag_id = ?";
    let text = format!("{COLUMNS} AND name = ? UNION {COLUMNS} AND asked_name = ?");
    let rows = tx.fetch_all(Sql::new(text).bind(tag).bind(name).bind(tag).bind(name)).await?;
    rows.iter()
        .map(|row| {
            let live = row.opt_int(3)?.is_some();
            Ok(Namesake { id: Id(row.int(0)?), name: row.text(1)?, sha256: row.text(2)?, live })
        })
        .collect()
}

/// Whether a living file has this name.
pub async fn is_taken(tx: &mut Tx, tag: Id, name: &str) -> Result<bool> {
    let sql = Sql::new("SELECT 1 FROM files WHERE tag_id = ? AND name = ? AND live = 1").bind(tag).bind(name);
    Ok(tx.fetch_optional(sql).await?.is_some())
}

/// Whether a living file other than `except` has this archive key.
pub async fn is_key_taken(tx: &mut Tx, tag: Id, key: &[u8], except: Option<Id>) -> Result<bool> {
    let sql = Sql::new("SELECT 1 FROM files WHERE tag_id = ? AND zip_key = ? AND live = 1 AND id <> ?");
    let sql = sql.bind(tag).bind(key.to_vec()).bind(except.unwrap_or(Id(0)));
    Ok(tx.fetch_optional(sql).await?.is_some())
}

/// A file to be inserted, with what only the database needs.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub file: File,
    pub asked_name: Option<String>,
    /// Its name in archives.
    pub zip_name: String,
    /// What is known of its thumbnail.
    pub thumbnail: super::thumbnails::Thumbnail,
}

/// Adds the blobs' rows where they are missing, then the files'.
pub async fn insert(tx: &mut Tx, files: &[NewFile]) -> Result<()> {
    let mut rest = files;
    while !rest.is_empty() {
        let count = ROWS.min(1 << rest.len().ilog2());
        let (now, later) = rest.split_at(count);
        insert_blobs(tx, now).await?;
        insert_files(tx, now).await?;
        rest = later;
    }
    Ok(())
}

async fn insert_blobs(tx: &mut Tx, files: &[NewFile]) -> Result<()> {
    let text = format!(
        "{} INTO blobs (sha256, size, crc32, content_type, width, height, created_at, thumbnail) VALUES {}",
        insert_or_ignore(tx),
        rows_of_marks(files.len(), 8)
    );
    let mut sql = Sql::new(text);
    for NewFile { file, thumbnail, .. } in files {
        sql = sql.bind(file.sha256.as_str()).bind(file.size).bind(file.crc32).bind(file.content_type.as_str());
        sql = sql.bind(file.width).bind(file.height).bind(file.created_at).bind(*thumbnail as i64);
    }
    tx.execute(sql).await?;
    Ok(())
}

async fn insert_files(tx: &mut Tx, files: &[NewFile]) -> Result<()> {
    const COLUMNS: &str = "id, tag_id, seq, name, folded, asked_name, zip_name, zip_key, sha256, size, crc32, \
                           content_type, width, height, created_at, live";
    let text = format!("INSERT INTO files ({COLUMNS}) VALUES {}", rows_of_marks(files.len(), 16));
    let mut sql = Sql::new(text);
    for NewFile { file, asked_name, zip_name, .. } in files {
        let own_zip_name = (*zip_name != file.name).then_some(zip_name.as_str());
        sql = sql.bind(file.id).bind(file.tag_id).bind(file.seq).bind(file.name.as_str()).bind(fold(&file.name));
        sql = sql.bind(asked_name.as_deref()).bind(own_zip_name).bind(zip_names::key(zip_name));
        sql = sql.bind(file.sha256.as_str()).bind(file.size).bind(file.crc32).bind(file.content_type.as_str());
        sql = sql.bind(file.width).bind(file.height).bind(file.created_at).bind(1_i64);
    }
    tx.execute(sql).await?;
    Ok(())
}

fn rows_of_marks(rows: usize, columns: usize) -> String {
    let row = format!("({}), ", marks(columns));
    let mut text = row.repeat(rows);
    text.truncate(text.len() - 2);
    text
}

/// The file with that id, within the transaction.
pub async fn find(tx: &mut Tx, id: Id) -> Result<File> {
    let sql = Sql::new(format!("SELECT {} WHERE f.id = ?", super::FILE)).bind(id);
    let row = tx.fetch_one(sql).await?;
    super::file(&row)
}

/// Puts a living file in the trash.
pub async fn bury(tx: &mut Tx, id: Id, now: i64) -> Result<()> {
    let sql = Sql::new("UPDATE files SET live = NULL, deleted_at = ? WHERE id = ? AND live = 1");
    tx.execute(sql.bind(now).bind(id)).await?;
    Ok(())
}

/// Brings a file back from the trash, as `name`, and as `zip_name` in archives; it keeps the name that
/// it asked for once, unless another is given.
pub async fn revive(tx: &mut Tx, id: Id, name: &str, asked_name: Option<&str>, zip_name: &str) -> Result<()> {
    let sql = Sql::new(
        "UPDATE files SET live = 1, deleted_at = NULL, name = ?, folded = ?, asked_name = COALESCE(?, asked_name), zip_name = ?, zip_key = ? \
         WHERE id = ? AND live IS NULL",
    );
    let own_zip_name: Value = (zip_name != name).then_some(zip_name).into();
    let sql = sql.bind(name).bind(fold(name)).bind(asked_name).bind(own_zip_name).bind(zip_names::key(zip_name));
    tx.execute(sql.bind(id)).await?;
    Ok(())
}

/// What a tag gained or lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub files: i64,
    pub bytes: i64,
}

/// Keeps a tag's counters true; a tag that gains a file is no longer deleted.
pub async fn change_tag(tx: &mut Tx, tag: Id, change: Change, last_seq: Option<i64>, now: i64) -> Result<()> {
    let sql = Sql::new(
        "UPDATE tags SET file_count = file_count + ?, bytes = bytes + ?, last_seq = COALESCE(?, last_seq), \
         revision = revision + 1, updated_at = ?, deleted_at = CASE WHEN ? > 0 THEN NULL ELSE deleted_at END WHERE id = ?",
    );
    let sql = sql.bind(change.files).bind(change.bytes).bind(last_seq).bind(now).bind(change.files);
    tx.execute(sql.bind(tag)).await?;
    Ok(())
}
