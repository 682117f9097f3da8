//! Writing uploads: what a group commit reads and writes within its one transaction.
//!
//! The tags' rows are locked first, in the order of their names, so that two servers on one database
//! take turns per tag and never wait for each other in a circle.

use std::collections::{BTreeSet, HashSet};

use crate::collect::model::File;
use crate::collect::model::conflict::Namesake;
use crate::collect::model::quota::Use;
use crate::platform::archive::zip_names;
use crate::platform::db::dialect::{by_index, insert_or_ignore};
use crate::platform::db::{Row, Sql, Tx, Value, marks, rows_of_marks, steps};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::platform::names::fold;

use super::quotas::change_used;

/// Rows are inserted this many at a time at most, so that few statements are prepared.
const ROWS: usize = 32;

/// Most ids that one statement names.
const AT_A_TIME: usize = 512;

/// A tag as a commit sees it.
#[derive(Debug, Clone)]
pub struct LockedTag {
    pub id: Id,
    pub last_seq: i64,
    /// It went to the trash with its files.
    pub is_deleted: bool,
    /// Bytes of its living files, and most that there may be.
    pub room: Use,
}

/// What a group of uploads asks of one tag.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub tag: &'a str,
    pub names: Vec<&'a str>,
    /// Of the names in archives.
    pub zip_keys: Vec<Vec<u8>>,
}

/// What stands in one tag of what was asked.
#[derive(Debug, Clone, Default)]
pub struct Met {
    /// `None`: there is no such tag.
    pub tag: Option<LockedTag>,
    /// Places in [`Asked::names`] of those that are known, or were asked for once.
    pub names: HashSet<usize>,
    /// Archive keys that are taken.
    pub zip_keys: HashSet<Vec<u8>>,
}

/// Finds the tags, whose rows stay locked until the end of `tx`, and which of the names, asked-for names
/// or archive keys are known there already. Ask in the order of the tags' names.
pub async fn look_up(tx: &mut Tx, asked: &[Asked<'_>]) -> Result<Vec<Met>> {
    let mut statements = Vec::with_capacity(asked.len() * 2);
    for (at, asked) in asked.iter().enumerate() {
        let at = i64::try_from(at).map_err(Error::internal)?;
        statements.extend([lock_tag(tx, at, asked.tag), known(at, asked)]);
    }
    let mut met = vec![Met::default(); asked.len()];
    for row in tx.fetch_each(statements).await? {
        let place = usize::try_from(row.int(0)?).map_err(Error::internal)?;
        let Some(met) = met.get_mut(place) else { continue };
        if row.opt_int(1)?.is_some() {
            met.tag = Some(locked(&row)?);
        } else {
            met.zip_keys.extend(row.opt_bytes(3)?);
            met.names.extend(row.opt_int(2)?.and_then(|place| usize::try_from(place).ok()));
        }
    }
    Ok(met)
}

fn lock_tag(tx: &Tx, at: i64, name: &str) -> Sql {
    let text = format!("SELECT ?, id, last_seq, bytes, quota, deleted_at FROM tags WHERE name = ?{}", tx.for_update());
    Sql::new(text).bind(at).bind(name)
}

/// A row of [`lock_tag`].
fn locked(row: &Row) -> Result<LockedTag> {
    let room = Use { used: row.int(3)?, allowed: row.opt_int(4)? };
    let is_deleted = row.opt_int(5)?.is_some();
    Ok(LockedTag { id: Id(row.int(1)?), last_seq: row.int(2)?, is_deleted, room })
}

/// Locks the tags of these files, in the order of their names, until the end of `tx`; each with its name.
pub async fn lock_tags_of(tx: &mut Tx, files: &[Id]) -> Result<Vec<(String, LockedTag)>> {
    let mut names = BTreeSet::new();
    for some in steps(files, AT_A_TIME) {
        let these = marks(some.len());
        let text = format!("SELECT name FROM tags WHERE id IN (SELECT tag_id FROM files WHERE id IN ({these}))");
        let rows = tx.fetch_all(Sql::new(text).bind_all(some.iter().copied())).await?;
        for row in rows {
            names.insert(row.text(0)?);
        }
    }
    let mut tags = Vec::with_capacity(names.len());
    for name in names {
        let row = tx.fetch_one(lock_tag(tx, 0, &name)).await?;
        tags.push((name, locked(&row)?));
    }
    Ok(tags)
}

/// One row for each known name, however many files bear it: they may be versions without number.
fn known(at: i64, Asked { tag, names, zip_keys }: &Asked<'_>) -> Sql {
    const NAME: &str = "SELECT ?, NULL, ?, NULL FROM tags t WHERE t.name = ? AND ( \
                        EXISTS (SELECT 1 FROM files WHERE tag_id = t.id AND name = ?) \
                        OR EXISTS (SELECT 1 FROM files WHERE tag_id = t.id AND asked_name = ?))";
    let keys = format!(
        "SELECT ?, NULL, NULL, zip_key FROM files \
         WHERE tag_id = (SELECT id FROM tags WHERE name = ?) AND zip_key IN ({}) AND live = 1",
        marks(zip_keys.len())
    );
    let mut sql = Sql::new(keys).bind(at).bind(*tag).bind_all(zip_keys.iter().cloned());
    for (place, name) in (0_i64..).zip(names) {
        sql = sql.push(" UNION ALL ").push(NAME).bind(at).bind(place).bind(*tag).bind(*name).bind(*name);
    }
    sql
}

/// Makes the tag under `new_id`, unless another server does so at the same moment.
pub async fn make_tag(tx: &mut Tx, name: &str, new_id: Id, now: i64) -> Result<LockedTag> {
    let insert = format!(
        "{} INTO tags (id, name, folded, file_count, bytes, last_seq, revision, created_at, updated_at, \
         names_version) VALUES (?, ?, ?, 0, 0, 0, 0, ?, ?, ?)",
        insert_or_ignore(tx)
    );
    let sql = Sql::new(insert).bind(new_id).bind(name).bind(fold(name)).bind(now).bind(now);
    tx.execute(sql.bind(zip_names::VERSION)).await?;
    // What counts is what stands there now.
    let row = tx.fetch_one(lock_tag(tx, 0, name)).await?;
    locked(&row)
}

/// Removes a tag that was made for uploads which were then refused.
pub async fn unmake_tag(tx: &mut Tx, tag: Id) -> Result<()> {
    tx.execute(Sql::new("DELETE FROM tags WHERE id = ? AND revision = 0").bind(tag)).await?;
    Ok(())
}

/// What decides about bytes `sha256` that come as `name`: the living file that has the name, and all with these
/// bytes that have it or asked for it. Other versions of the name, without number maybe, stay unread.
pub async fn namesakes(tx: &mut Tx, tag: Id, name: &str, sha256: &str) -> Result<Vec<Namesake>> {
    let text = format!(
        "SELECT id, name, sha256, live FROM files WHERE tag_id = ? AND name = ? AND live = 1 \
         UNION SELECT id, name, sha256, live FROM files {} WHERE sha256 = ? AND tag_id = ? AND (name = ? OR asked_name = ?)",
        by_index(tx, "files_by_blob")
    );
    let sql = Sql::new(text).bind(tag).bind(name).bind(sha256).bind(tag).bind(name).bind(name);
    tx.fetch_all(sql)
        .await?
        .iter()
        .map(|row| {
            let live = row.opt_int(3)?.is_some();
            Ok(Namesake { id: Id(row.int(0)?), name: row.text(1)?, sha256: row.text(2)?, live })
        })
        .collect()
}

/// Those of the names that living files have.
pub async fn taken_names(tx: &mut Tx, tag: Id, names: &[String]) -> Result<HashSet<String>> {
    let text = format!("SELECT name FROM files WHERE tag_id = ? AND name IN ({}) AND live = 1", marks(names.len()));
    let rows = tx.fetch_all(Sql::new(text).bind(tag).bind_all(names.iter().map(String::as_str))).await?;
    rows.iter().map(|row| Ok(row.text(0)?)).collect()
}

/// Those of the archive keys that living files other than `except` have.
pub async fn taken_keys(tx: &mut Tx, tag: Id, keys: &[Vec<u8>], except: Option<Id>) -> Result<HashSet<Vec<u8>>> {
    let these = marks(keys.len());
    let text = format!("SELECT zip_key FROM files WHERE tag_id = ? AND zip_key IN ({these}) AND live = 1 AND id <> ?");
    let sql = Sql::new(text).bind(tag).bind_all(keys.iter().cloned()).bind(except.unwrap_or(Id(0)));
    tx.fetch_all(sql).await?.iter().map(|row| Ok(row.bytes(0)?)).collect()
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
    for statement in inserts(tx, files) {
        tx.execute(statement).await?;
    }
    Ok(())
}

/// Adds rows as [`insert`] does, keeps the counters true, and commits.
pub async fn insert_and_commit(tx: Tx, files: &[NewFile], tags: &[TagChange], now: i64) -> Result<()> {
    let mut statements = inserts(&tx, files);
    statements.extend(counters(tags, now));
    tx.commit_with(statements).await
}

fn inserts(tx: &Tx, files: &[NewFile]) -> Vec<Sql> {
    // Whoever adds blobs does so by digest: two transactions with the same ones never wait for each other in a circle.
    let mut by_digest: Vec<&NewFile> = files.iter().collect();
    by_digest.sort_unstable_by_key(|new| &new.file.sha256);
    let blobs = by_digest.chunks(ROWS).map(|some| insert_blobs(tx, some));
    blobs.chain(files.chunks(ROWS).map(insert_files)).collect()
}

fn insert_blobs(tx: &Tx, files: &[&NewFile]) -> Sql {
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
    sql
}

fn insert_files(files: &[NewFile]) -> Sql {
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
    sql
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
pub async fn revive(tx: &mut Tx, id: Id, name: &str, asked_name: Option<&str>, zip_name: &str, now: i64) -> Result<()> {
    let sql = Sql::new(
        "UPDATE files SET live = 1, deleted_at = NULL, restored_at = ?, name = ?, folded = ?, asked_name = COALESCE(?, asked_name), zip_name = ?, zip_key = ? \
         WHERE id = ? AND live IS NULL",
    );
    let own_zip_name: Value = (zip_name != name).then_some(zip_name).into();
    let sql =
        sql.bind(now).bind(name).bind(fold(name)).bind(asked_name).bind(own_zip_name).bind(zip_names::key(zip_name));
    tx.execute(sql.bind(id)).await?;
    Ok(())
}

/// What a tag gained or lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub files: i64,
    pub bytes: i64,
}

/// A change of one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagChange {
    pub tag: Id,
    pub change: Change,
    /// Where its last file stands, if that changed.
    pub last_seq: Option<i64>,
    /// An upload brings back a tag that was deleted: what was set for it is gone.
    pub begins_anew: bool,
}

/// Keeps the counters of tags, and of all tags together, true; a tag that gains a file is no longer deleted.
pub async fn change_tags(tx: &mut Tx, changes: &[TagChange], now: i64) -> Result<()> {
    for statement in counters(changes, now) {
        tx.execute(statement).await?;
    }
    Ok(())
}

/// The row of all tags comes last, whoever changes it: so no two transactions wait for each other in a circle.
fn counters(changes: &[TagChange], now: i64) -> Vec<Sql> {
    let mut statements: Vec<Sql> = changes.iter().map(|change| update_tag(change, now)).collect();
    let bytes: i64 = changes.iter().map(|change| change.change.bytes).sum();
    if bytes != 0 {
        statements.push(change_used(bytes));
    }
    statements
}

fn update_tag(TagChange { tag, change, last_seq, begins_anew }: &TagChange, now: i64) -> Sql {
    let sql = Sql::new(
        "UPDATE tags SET file_count = file_count + ?, bytes = bytes + ?, last_seq = COALESCE(?, last_seq), \
         revision = revision + 1, updated_at = ?, deleted_at = CASE WHEN ? > 0 THEN NULL ELSE deleted_at END, \
         quota = CASE WHEN ? = 1 THEN NULL ELSE quota END, keep_days = CASE WHEN ? = 1 THEN NULL ELSE keep_days END \
         WHERE id = ?",
    );
    let anew = i64::from(*begins_anew);
    let sql = sql.bind(change.files).bind(change.bytes).bind(*last_seq).bind(now).bind(change.files);
    sql.bind(anew).bind(anew).bind(*tag)
}
