//! Clearing up: what nothing needs any more, and what crashes left.
//!
//! What always holds: bytes leave in two steps. What no row names is moved aside, and removed by a later run when still
//! no row names it; one that is named again gets its place back. So it is safe beside servers ([`Blobs::claim`]).
//!
//! [`Blobs::claim`]: crate::platform::blobs::Blobs::claim

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::{Keeper, PAGE, blocking, prefixes};
use crate::collect::service::Collect;
use crate::collect::service::keeping as collect;
use crate::ingest::service::keeping as ingest;
use crate::keeper::model::{ABANDONED, YOUNG};
use crate::platform::blobs::{Aside, BlobKey, entries, modified_ms};
use crate::platform::error::Result;

/// Between two pages of rows: others want the disk, too.
const PAUSE: Duration = Duration::from_millis(10);

/// So many orphans, when they are more than a tenth of the rows as well, are not removed unasked.
const MANY: usize = 1000;

/// On whose word it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// The server's own, every hour.
    ByItself,
    /// Somebody's at a terminal.
    Asked,
}

/// What was cleared up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Files of the trash whose time was over.
    pub purged: u64,
    /// Blobs whose rows nothing needed.
    pub released: u64,
    /// Orphans moved aside, given back their place, and removed for good.
    pub set_aside: u64,
    pub brought_back: u64,
    pub removed: u64,
    /// Bytes of those removed.
    pub bytes: u64,
    /// Thumbnails, files in staging and CSVs of nobody.
    pub leftovers: u64,
}

impl Cleared {
    /// Whether anything was done.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Keeper {
    /// Clears up. `owner`: the room of tags of the process that holds the data folder; without it, what its server
    /// does by itself is left to that server.
    ///
    /// # Errors
    /// When the database isn't this folder's ([`Keeper::bind`]), before anything is done; when database or disk don't
    /// answer, and what was done until then stands.
    pub async fn gc(&self, owner: Option<&Collect>, manner: Manner) -> Result<Cleared> {
        self.bind().await?;
        let mut cleared = Cleared::default();
        if let Some(collect) = owner {
            cleared.purged = collect.purge_expired().await?;
            cleared.released = self.release(collect).await?;
        }
        self.bring_back(&mut cleared).await?;
        self.clear_aside(manner, &mut cleared).await?;
        for (byte, prefix, _) in prefixes() {
            let folder = self.blobs.layout().folder(byte);
            self.set_orphans_aside(folder, &prefix, &mut cleared).await?;
            cleared.leftovers += self.clear_thumbnails(&prefix).await?;
        }
        cleared.leftovers += self.clear_staging().await? + self.clear_tables().await?;
        Ok(cleared)
    }

    /// Lets go of rows of blobs that no room needs, with their bytes. How many.
    async fn release(&self, collect: &Collect) -> Result<u64> {
        let (old, mut released) = (self.now() - YOUNG, 0);
        let mut after = String::new();
        loop {
            let page = collect::blobs(&self.db, &after, "g", PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(released);
            };
            after = last.key.as_str().to_owned();
            let mut keys: Vec<BlobKey> =
                page.into_iter().filter(|blob| blob.created_at < old).map(|blob| blob.key).collect();
            let needed = self.needed(&keys).await?;
            keys.retain(|key| !needed.contains(key.as_str()));
            // The foreign keys have the last word, while no upload is between its bytes and its row.
            collect.release_all(&keys).await?;
            released += keys.len() as u64;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What was moved aside goes back to its place where a row names it.
    async fn bring_back(&self, cleared: &mut Cleared) -> Result<()> {
        let blobs = self.blobs.clone();
        for some in blocking(move || blobs.aside()).await?.chunks(PAGE as usize) {
            let known = self.known(some).await?;
            for aside in some.iter().filter(|aside| known.contains(aside.key.as_str())) {
                let (blobs, aside) = (self.blobs.clone(), aside.clone());
                blocking(move || blobs.bring_back(&aside.key, &aside.path)).await?;
                cleared.brought_back += 1;
            }
        }
        Ok(())
    }

    /// What still lies aside goes after its time.
    async fn clear_aside(&self, manner: Manner, cleared: &mut Cleared) -> Result<()> {
        let blobs = self.blobs.clone();
        let all = blocking(move || blobs.aside()).await?;
        if manner == Manner::ByItself && self.is_suspicious(all.len()).await? {
            tracing::error!(
                orphans = all.len(),
                "more orphans lie aside than were ever to be expected: they stay; see whether files are missing, and \
                 remove them by `granary gc`"
            );
            return Ok(());
        }
        for some in all.chunks(PAGE as usize) {
            let known = self.known(some).await?;
            let over = |aside: &&Aside| !known.contains(aside.key.as_str()) && aside.since < self.now() - YOUNG;
            for aside in some.iter().filter(over) {
                cleared.bytes += fs::metadata(&aside.path).map_or(0, |found| found.len());
                remove(aside.path.clone()).await?;
                cleared.removed += 1;
            }
        }
        Ok(())
    }

    /// Whether so many orphans rather mean that rows were lost.
    async fn is_suspicious(&self, orphans: usize) -> Result<bool> {
        Ok(orphans > MANY && orphans as u64 > collect::count(&self.db).await? / 10)
    }

    async fn known(&self, some: &[Aside]) -> Result<BTreeSet<String>> {
        let keys: Vec<BlobKey> = some.iter().map(|aside| aside.key.clone()).collect();
        collect::known(&self.db, &keys).await
    }

    async fn set_orphans_aside(&self, folder: PathBuf, prefix: &str, cleared: &mut Cleared) -> Result<()> {
        let names = blocking(move || entries(&folder)).await?;
        let keys = names.iter().filter(|name| name.starts_with(prefix)).filter_map(|name| BlobKey::parse(name));
        for orphan in self.unknown(keys.collect()).await? {
            let (blobs, now) = (self.blobs.clone(), self.now());
            let is_moved = blocking(move || blobs.set_aside(&orphan, now - YOUNG, now)).await?;
            cleared.set_aside += u64::from(is_moved);
        }
        Ok(())
    }

    async fn clear_thumbnails(&self, prefix: &str) -> Result<u64> {
        let folder = self.blobs.layout().thumbnails().join(prefix);
        let names = blocking(move || entries(&folder)).await?;
        let keys = names.iter().filter_map(|name| BlobKey::parse(name.strip_suffix(".jpg")?));
        let paths = self.unknown(keys.collect()).await?.into_iter().map(|key| self.blobs.layout().thumbnail(&key));
        self.remove_old(paths, YOUNG).await
    }

    /// Those of the keys that have no row.
    async fn unknown(&self, keys: Vec<BlobKey>) -> Result<Vec<BlobKey>> {
        let mut unknown = Vec::new();
        for some in keys.chunks(PAGE as usize) {
            let known = collect::known(&self.db, some).await?;
            unknown.extend(some.iter().filter(|key| !known.contains(key.as_str())).cloned());
        }
        Ok(unknown)
    }

    async fn clear_staging(&self) -> Result<u64> {
        let folder = self.blobs.layout().staging();
        let listed = folder.clone();
        let names = blocking(move || entries(&listed)).await?;
        self.remove_old(names.into_iter().map(|name| folder.join(name)), ABANDONED).await
    }

    async fn clear_tables(&self) -> Result<u64> {
        let folder = self.blobs.layout().tables();
        let listed = folder.clone();
        let mut lonely = Vec::new();
        for name in blocking(move || entries(&listed)).await? {
            let Some(task) = name.strip_suffix(".csv") else { continue };
            if ingest::task(&self.db, task).await?.is_none() {
                lonely.push(folder.join(&name));
            }
        }
        self.remove_old(lonely.into_iter(), YOUNG).await
    }

    /// Removes those of the files that are older than `age` milliseconds. How many.
    async fn remove_old(&self, paths: impl Iterator<Item = PathBuf>, age: i64) -> Result<u64> {
        let mut removed = 0;
        for path in paths {
            if modified_ms(&path)?.is_some_and(|at| at < self.now() - age) {
                remove(path).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

async fn remove(path: PathBuf) -> Result<()> {
    blocking(move || match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::blobs::Blobs;
    use crate::platform::clock::Clock;
    use crate::platform::db::{Db, Options};

    #[tokio::test]
    async fn an_unusual_number_of_orphans_is_removed_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { url: format!("sqlite:{}", folder.path().join("granary.db").display()), durable: false };
        let db = Db::connect(&options).await.unwrap();
        let keeper = Keeper { db, blobs: Blobs::open(folder.path(), false).unwrap(), clock: Clock::System };
        let orphans = keeper.blobs.layout().orphans();
        fs::create_dir_all(&orphans).unwrap();
        let put = |number: usize| fs::write(orphans.join(format!("{number:064x}.1000")), b"bytes").unwrap();
        (0..=MANY).for_each(put);
        assert_eq!(keeper.gc(None, Manner::ByItself).await.unwrap().removed, 0);
        assert_eq!(keeper.gc(None, Manner::Asked).await.unwrap().removed, MANY as u64 + 1);
        (0..MANY).for_each(put);
        assert_eq!(keeper.gc(None, Manner::ByItself).await.unwrap().removed, MANY as u64);
    }
}
