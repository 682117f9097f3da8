//! A backup: a folder with one moment of the database and every byte that it needs.
//!
//! It is made while the server runs. Bytes come first, then the database, then what the database needs and the first pass
//! didn't see. What leaves the store between the two is missing: then the database is taken once more. What always holds:
//! the database in the folder is replaced last and in one step, and no blob is ever taken out of the folder, so a
//! backup that is interrupted leaves the one before it whole. Each byte that is copied is checked against its digest.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{Keeper, PAGE, blocking, prefixes};
use crate::collect::service::keeping::{self as collect, Blob};
use crate::ingest::service::keeping as ingest;
use crate::keeper::model::{FORMAT, Manifest};
use crate::platform::blobs::{BlobKey, Copied, Layout, copy_checked, copy_file, give_name, write_whole};
use crate::platform::clock::rfc3339;
use crate::platform::db::{Db, Snapshot};
use crate::platform::error::{Error, Result};

/// The database of a backup, and what it says of itself.
pub const DATABASE: &str = "granary.db";
pub const MANIFEST: &str = "backup.json";

/// How often the database is taken again when bytes left meanwhile.
const TRIES: u32 = 5;

/// What a backup came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub blobs: u64,
    pub bytes: u64,
    /// Blobs that were not in the folder yet.
    pub copied: u64,
    /// Blobs whose bytes are missing or damaged in the store, each in a line.
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
    /// When the folder holds something else, the database doesn't answer, or a disk can't be read or written. The
    /// backup that was there before stays whole.
    pub async fn backup(&self, folder: &Path) -> Result<Kept> {
        let target = prepare(self.blobs.layout(), folder)?;
        // Only to have most bytes there before the database is taken: what is missing now may just have left.
        let before = copy_blobs(&self.db, self.blobs.layout(), &target).await?;
        let mut tries = 1;
        let part = target.root().join("snapshot.db");
        let (snapshot, pass) = loop {
            remove_database(&part)?;
            let snapshot = Snapshot::take(&self.db, &part).await?;
            let pass = copy_blobs(&snapshot.db, self.blobs.layout(), &target).await?;
            let tables = self.copy_tables(&snapshot.db, &target).await?;
            if tries >= TRIES || (tables && self.are_all_damaged(&pass).await?) {
                break (snapshot, pass);
            }
            snapshot.db.shut().await;
            tries += 1;
        };
        let mut missing = Vec::new();
        for (key, copied) in &pass.missing {
            missing.push(format!("{} blob: {key}, {}", how(*copied), self.names_of(key).await?));
        }
        snapshot.db.shut().await;
        self.publish(&target, &part, &pass).await?;
        Ok(Kept { blobs: pass.blobs, bytes: pass.bytes, copied: before.copied + pass.copied, missing })
    }

    /// Gives the database its name, and says what the backup is.
    async fn publish(&self, target: &Layout, part: &Path, pass: &Pass) -> Result<()> {
        let (root, part) = (target.root().to_owned(), part.to_owned());
        let (blobs, bytes, missing) = (pass.blobs, pass.bytes, pass.missing.len() as u64);
        let made_at = rfc3339(self.now());
        blocking(move || {
            let database = root.join(DATABASE);
            let database_sha256 = give_name(&part, &database)?;
            remove_database(&part)?;
            let granary = env!("CARGO_PKG_VERSION").to_owned();
            let manifest = Manifest { format: FORMAT, granary, made_at, database_sha256, blobs, bytes, missing };
            write_whole(&root.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
            // The folders of the blobs as well.
            Ok(rustix::fs::syncfs(fs::File::open(&root)?)?)
        })
        .await
    }

    /// Copies the CSVs of ingest tasks and the name of the data folder. Whether all were there.
    async fn copy_tables(&self, db: &Db, target: &Layout) -> Result<bool> {
        let (from, mut all) = (self.blobs.layout().clone(), true);
        if from.node().exists() {
            copy_small(from.node(), target.node()).await?;
        }
        let node = fs::read_to_string(from.node()).unwrap_or_default();
        let mut after = String::new();
        loop {
            let tasks = ingest::tasks(db, &after).await?;
            let Some(last) = tasks.last() else {
                return Ok(all);
            };
            after.clone_from(&last.id);
            for task in tasks.iter().filter(|task| !task.is_deleted && task.owner == node) {
                let (source, place) = (from.table(&task.id), target.table(&task.id));
                // They never change once they are there.
                if !place.exists() {
                    all &= copy_small(source, place).await?;
                }
            }
        }
    }

    /// Whether what a pass missed is missing in the store itself, rather than gone meanwhile with its row.
    async fn are_all_damaged(&self, pass: &Pass) -> Result<bool> {
        for (key, _) in &pass.missing {
            if collect::blob(&self.db, key).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Makes the folder, unless it holds something else or lies within the store.
fn prepare(store: &Layout, folder: &Path) -> Result<Layout> {
    let refuse = |why: String| Error::internal(format!("{}: {why}", folder.display()));
    if folder.exists() {
        let is_backup = folder.join(MANIFEST).exists() || folder.join("blobs").is_dir();
        let is_empty = fs::read_dir(folder)?.next().is_none();
        if !is_backup && !is_empty || folder.join("lock").exists() {
            return Err(refuse("it holds something that is no backup".to_owned()));
        }
    }
    // The database holds what others have no business with.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let root = folder.canonicalize()?;
    if root.starts_with(store.root()) || store.root().starts_with(&root) {
        return Err(refuse("a backup must lie outside of the data folder".to_owned()));
    }
    let target = Layout::new(&root);
    for (byte, ..) in prefixes() {
        fs::create_dir_all(target.folder(byte))?;
    }
    Ok(target)
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
                Copied::Missing | Copied::Damaged => pass.missing.push((blob.key, copied)),
                Copied::Kept | Copied::Copied(_) => {
                    pass.blobs += 1;
                    pass.bytes += blob.size;
                    pass.copied += u64::from(copied != Copied::Kept);
                }
            }
        }
    }
}

/// What is wrong with a blob that was not copied.
pub(super) fn how(copied: Copied) -> &'static str {
    if copied == Copied::Damaged { "damaged" } else { "missing" }
}

fn copy_page(page: Vec<Blob>, from: &Layout, to: &Layout) -> std::io::Result<Vec<(Blob, Copied)>> {
    let copy = |blob: Blob| {
        let copied = copy_checked(&blob.key, blob.size, &from.blob(&blob.key), &to.blob(&blob.key))?;
        Ok((blob, copied))
    };
    page.into_iter().map(copy).collect()
}

/// Copies a file of no known digest; whether it was there.
async fn copy_small(from: PathBuf, to: PathBuf) -> Result<bool> {
    blocking(move || match copy_file(&from, &to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        copied => copied.map(|_| true),
    })
    .await
}

/// A SQLite file with all that lies beside it.
fn remove_database(path: &Path) -> std::io::Result<()> {
    for end in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(format!("{}{end}", path.display())) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
