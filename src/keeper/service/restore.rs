//! A backup becomes a store: into an empty data folder, and into either database.
//!
//! What always holds: nothing that stands is overwritten; every byte is checked against its digest; the database comes
//! last, so what was interrupted is no store yet.

use std::fs;
use std::path::{Path, PathBuf};

use super::backup::{MANIFEST, copy_blobs, files_of};
use super::{Keeper, blocking, bond, store, tables};
use crate::keeper::model::{FORMAT, Manifest};
use crate::platform::blobs::{Blobs, Layout, copy_file, entries};
use crate::platform::clock::Clock;
use crate::platform::db::{Db, Options, Snapshot, restore as fill};
use crate::platform::error::{Error, Result};
use crate::training::service::keeping as training;

/// Where a store is to be.
#[derive(Debug, Clone)]
pub struct Target {
    pub data_dir: PathBuf,
    pub options: Options,
    /// The file of a SQLite database.
    pub file: Option<PathBuf>,
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    pub blobs: u64,
    pub bytes: u64,
    /// Blobs and CSVs that the backup doesn't have, or has damaged or unreadable, each in a line.
    pub missing: Vec<String>,
}

/// Restores the backup in `folder`.
///
/// # Errors
/// When it is no backup, or of a newer version; when the data folder or the database isn't empty; when a disk can't be
/// read or written, or the database doesn't answer.
pub async fn restore(folder: &Path, target: &Target) -> Result<Restored> {
    let manifest = read_manifest(folder)?;
    check_empty(target)?;
    let blobs = Blobs::hold(&target.data_dir, target.options.durable)?;
    let into = match &target.file {
        Some(_) => None,
        None => Some(open_empty(&target.options).await?),
    };
    // Within the data folder, where a rename can take it to its place.
    let file = blobs.layout().root().join("restore.db");
    let (source, copy) = (folder.join(&manifest.database), file.clone());
    let digest = blocking(move || copy_file(&source, &copy)).await?;
    if digest != manifest.database_sha256 {
        fs::remove_file(&file)?;
        let database = &manifest.database;
        return Err(Error::internal(format!("{database} is damaged: its SHA-256 isn't the one in {MANIFEST}")));
    }
    // The steps of the schema that are new since.
    let snapshot = Snapshot::open(&file).await?;
    let pass = copy_blobs(&snapshot.db, &Layout::new(folder), blobs.layout()).await?;
    let keeper = Keeper { db: snapshot.db.clone(), blobs: blobs.clone(), clock: Clock::System };
    let mut restored = Restored { blobs: pass.blobs, bytes: pass.bytes, missing: Vec::new() };
    for (key, copied) in &pass.missing {
        restored.missing.push(format!("in the backup: {}", keeper.lacking(*copied, key).await?));
    }
    restored.missing.extend(tables::copy_back(&manifest, Layout::new(folder), blobs.layout().clone()).await?);
    let root = blobs.layout().root().to_owned();
    blocking(move || Ok(rustix::fs::syncfs(fs::File::open(root)?)?)).await?;
    training::mark_stale(&snapshot.db, None).await?;
    store::forget_all(&snapshot.db).await?;
    bond::bind(&snapshot.db, blobs.layout(), keeper.clock.now_ms()).await?;
    snapshot.db.shut().await;
    match (into, &target.file) {
        (Some(db), _) => {
            fill(&file, &db).await?;
            db.shut().await;
            fs::remove_file(&file)?;
        }
        (None, Some(place)) => {
            if let Some(above) = place.parent().filter(|above| !above.as_os_str().is_empty()) {
                fs::create_dir_all(above)?;
            }
            // Another disk, maybe.
            copy_file(&file, place)?;
            fs::remove_file(&file)?;
        }
        (None, None) => {}
    }
    Ok(restored)
}

fn read_manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let unreadable = |why: String| Error::internal(format!("{}: {why}", path.display()));
    let text = fs::read(&path).map_err(|error| unreadable(format!("no whole backup lies there ({error})")))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    if !(1..=FORMAT).contains(&manifest.format) || manifest.database.contains('/') {
        return Err(unreadable(format!("made by granary {}, whose backups are of another kind", manifest.granary)));
    }
    Ok(manifest)
}

/// Nothing may be overwritten.
fn check_empty(target: &Target) -> Result<()> {
    let Target { data_dir, file, .. } = target;
    let names = entries(data_dir)?;
    if names.iter().any(|name| name != "lock") {
        return Err(Error::internal(format!("data_dir {} isn't empty; name another one", data_dir.display())));
    }
    match file {
        // A log beside the file would be taken for the new database's.
        Some(file) => match files_of(file).find(|file| file.exists()) {
            Some(there) => Err(Error::internal(format!("the database {} is there already", there.display()))),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// A MySQL database with this version's schema and no rows.
async fn open_empty(options: &Options) -> Result<Db> {
    let db = Db::open(options).await?;
    if !db.is_unused().await? {
        return Err(Error::internal("the database isn't empty; name another one in databases.granary.url"));
    }
    db.shut().await;
    Ok(Db::connect(options).await?)
}
