//! A backup: a folder with one moment of the database and every byte that it needs.
//!
//! It is made while the server runs. Bytes come first, then the database, then what the database needs and the first pass
//! didn't see. What leaves the store between the two is missing: then the database is taken once more, at last with the
//! bytes held in the store until they are copied. What always holds: what the folder says of itself names its database
//! and is replaced last and in one step, when all else is on the disk; no blob is ever taken out of the folder. So a
//! backup that is interrupted leaves the one before it whole. Each byte that is copied is checked against its digest. One
//! backup at a time works in a folder.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::tables::{self, Tables};
use super::{Keeper, PAGE, blocking, prefixes};
use crate::collect::service::keeping::{self as collect, Blob};
use crate::ingest::service::keeping as ingest;
use crate::keeper::model::{FORMAT, Manifest};
use crate::platform::blobs::{BlobKey, Copied, Hold, Layout, copy_checked, entries, give_name, write_whole};
use crate::platform::clock::rfc3339;
use crate::platform::db::{Db, Snapshot};
use crate::platform::error::{Error, Result};

/// What a backup says of itself.
pub const MANIFEST: &str = "backup.json";

/// Held while a backup is made.
const LOCK: &str = "backup.lock";

/// How often the database is taken when bytes leave meanwhile. The last time none can.
const TRIES: u32 = 3;

/// What a backup came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub blobs: u64,
    pub bytes: u64,
    /// Blobs that were not in the folder yet.
    pub copied: u64,
    /// Blobs and CSVs that are missing, damaged or unreadable in the store, each in a line.
    pub missing: Vec<String>,
}

/// A pass over blobs.
#[derive(Default)]
pub(super) struct Pass {
    pub blobs: u64,
    pub bytes: u64,
    pub copied: u64,
    pub missing: Vec<(BlobKey, Copied)>,
}

impl Keeper {
    /// Makes a backup in `folder`, or brings the one that is there up to date.
    ///
    /// # Errors
    /// When the folder holds something else, another backup works there, the database doesn't answer, or a disk can't be
    /// written. The backup that was there before stays whole.
    pub async fn backup(&self, folder: &Path) -> Result<Kept> {
        let (target, _lock) = prepare(self.blobs.layout(), folder)?;
        let earlier = earlier(target.root());
        // Only to have most bytes there before the database is taken: what is missing now may just have left.
        let before = copy_blobs(&self.db, self.blobs.layout(), &target).await?;
        let mut tries = 1;
        let part = target.root().join("snapshot.db");
        let (snapshot, pass, tables) = loop {
            remove_database(&part)?;
            let layout = self.blobs.layout().clone();
            let _hold = if tries < TRIES { None } else { Some(blocking(move || Hold::take(&layout)).await?) };
            let snapshot = Snapshot::take(&self.db, &part).await?;
            let pass = copy_blobs(&snapshot.db, self.blobs.layout(), &target).await?;
            let tables = tables::copy_out(&snapshot.db, self.blobs.layout(), &target, &earlier).await?;
            if tries >= TRIES || self.is_settled(&pass, &tables).await? {
                break (snapshot, pass, tables);
            }
            snapshot.db.shut().await;
            tries += 1;
        };
        let mut missing = Vec::new();
        for (key, copied) in &pass.missing {
            missing.push(self.lacking(*copied, key).await?);
        }
        missing.extend(tables.missing.iter().map(|(_, line)| line.clone()));
        snapshot.db.shut().await;
        self.publish(&target, &part, &pass, tables).await?;
        Ok(Kept { blobs: pass.blobs, bytes: pass.bytes, copied: before.copied + pass.copied, missing })
    }

    /// A line about a blob that couldn't be copied.
    pub(super) async fn lacking(&self, copied: Copied, key: &BlobKey) -> Result<String> {
        Ok(format!("{} blob: blobs/{}/{key}, {}", how(copied), &key.as_str()[..2], self.names_of(key).await?))
    }

    /// Gives the database its name, and then says what the backup is: from there on it is this one.
    async fn publish(&self, target: &Layout, part: &Path, pass: &Pass, tables: Tables) -> Result<()> {
        let (root, part) = (target.root().to_owned(), part.to_owned());
        let (blobs, bytes, missing) = (pass.blobs, pass.bytes, (pass.missing.len() + tables.missing.len()) as u64);
        let made_at = rfc3339(self.now());
        blocking(move || {
            let named = |digest: &str| format!("granary-{}.db", &digest[..16]);
            let database_sha256 = give_name(&part, |digest| root.join(named(digest)))?;
            let database = named(&database_sha256);
            remove_database(&part)?;
            // The folders of the blobs as well.
            rustix::fs::syncfs(File::open(&root)?)?;
            let (granary, kept) = (env!("CARGO_PKG_VERSION").to_owned(), database.clone());
            let tables = Some(tables.sums);
            let manifest =
                Manifest { format: FORMAT, granary, made_at, database, database_sha256, tables, blobs, bytes, missing };
            write_whole(&root.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
            let mut old = entries(&root)?;
            old.retain(|name| {
                *name != kept && name.strip_suffix(".db").is_some_and(|name| name.starts_with("granary"))
            });
            old.iter().try_for_each(|name| remove_database(&root.join(name)))
        })
        .await
    }

    /// Whether what was missed is missing in the store itself, rather than gone meanwhile with its row.
    async fn is_settled(&self, pass: &Pass, tables: &Tables) -> Result<bool> {
        for (key, _) in &pass.missing {
            if collect::blob(&self.db, key).await?.is_none() {
                return Ok(false);
            }
        }
        for (task, _) in &tables.missing {
            if ingest::task(&self.db, task).await?.is_none_or(|task| task.is_deleted) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The CSVs that the backup in this folder has already.
fn earlier(root: &Path) -> tables::Sums {
    let text = fs::read(root.join(MANIFEST)).unwrap_or_default();
    let manifest: Option<Manifest> = serde_json::from_slice(&text).ok();
    manifest.and_then(|manifest| manifest.tables).unwrap_or_default()
}

/// Makes the folder, unless it holds something else or lies within the store, and takes it for this backup alone.
fn prepare(store: &Layout, folder: &Path) -> Result<(Layout, File)> {
    let refuse = |why: &str| Error::internal(format!("{}: {why}", folder.display()));
    if folder.exists() {
        let is_backup = [MANIFEST, LOCK, "blobs"].iter().any(|name| folder.join(name).exists());
        let is_empty = fs::read_dir(folder)?.next().is_none();
        if !is_backup && !is_empty || folder.join("lock").exists() {
            return Err(refuse("it holds something that is no backup"));
        }
    }
    let is_apart = |root: &Path| !root.starts_with(store.root()) && !store.root().starts_with(root);
    // Before anything is made there, and again when it is there: there may be links and dots.
    if !is_apart(&to_be(folder)?) {
        return Err(refuse("a backup must lie outside of the data folder"));
    }
    // The database holds what others have no business with.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let root = folder.canonicalize()?;
    if !is_apart(&root) {
        return Err(refuse("a backup must lie outside of the data folder"));
    }
    let lock = File::options().create(true).truncate(false).write(true).open(root.join(LOCK))?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(refuse("another backup works here")),
        Err(TryLockError::Error(error)) => return Err(error.into()),
        Ok(()) => {}
    }
    let target = Layout::new(&root);
    for (byte, ..) in prefixes() {
        fs::create_dir_all(target.folder(byte))?;
    }
    Ok((target, lock))
}

/// Where a folder lies, or will when it is made.
fn to_be(folder: &Path) -> std::io::Result<PathBuf> {
    let whole = std::path::absolute(folder)?;
    for above in whole.ancestors() {
        if let (Ok(real), Ok(rest)) = (above.canonicalize(), whole.strip_prefix(above)) {
            return Ok(real.join(rest));
        }
    }
    Ok(whole)
}

/// Copies the blobs that rows of `db` name and that aren't there yet.
pub(super) async fn copy_blobs(db: &Db, from: &Layout, to: &Layout) -> Result<Pass> {
    let (mut pass, mut after) = (Pass::default(), String::new());
    loop {
        let page = collect::blobs(db, &after, "g", PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(pass);
        };
        after = last.key.as_str().to_owned();
        let (from, to) = (from.clone(), to.clone());
        for (blob, copied) in blocking(move || copy_page(page, &from, &to)).await? {
            match copied {
                Copied::Missing | Copied::Damaged | Copied::Unreadable => pass.missing.push((blob.key, copied)),
                Copied::Kept | Copied::Copied(_) => {
                    pass.blobs += 1;
                    pass.bytes += blob.size;
                    pass.copied += u64::from(copied != Copied::Kept);
                }
            }
        }
    }
}

/// What is wrong with what was not copied.
pub(super) fn how(copied: Copied) -> &'static str {
    match copied {
        Copied::Damaged => "damaged",
        Copied::Unreadable => "unreadable",
        Copied::Missing | Copied::Kept | Copied::Copied(_) => "missing",
    }
}

fn copy_page(page: Vec<Blob>, from: &Layout, to: &Layout) -> std::io::Result<Vec<(Blob, Copied)>> {
    let copy = |blob: Blob| {
        let copied = copy_checked(&blob.key, blob.size, &from.blob(&blob.key), &to.blob(&blob.key))?;
        Ok((blob, copied))
    };
    page.into_iter().map(copy).collect()
}

/// A SQLite file with all that may lie beside it.
pub(super) fn files_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["", "-wal", "-shm", "-journal"].into_iter().map(move |end| {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        PathBuf::from(file)
    })
}

/// Removes such a file with all that lies beside it.
fn remove_database(path: &Path) -> std::io::Result<()> {
    for file in files_of(path) {
        match fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
