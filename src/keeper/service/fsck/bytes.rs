//! Rows against blobs, and blobs and thumbnails against rows: one of the 256 folders after the other.

use std::sync::atomic::Ordering;

use super::Look;
use crate::collect::service::keeping::{self as collect, Blob};
use crate::keeper::model::{Kind, size};
use crate::keeper::service::{PAGE, blocking, prefixes};
use crate::platform::blobs::{BlobKey, Copied, State, copy_checked, entries, modified_ms};
use crate::platform::error::Result;

impl Look<'_> {
    /// All blobs and thumbnails.
    pub(super) async fn blobs(&mut self) -> Result<()> {
        for (byte, prefix, end) in prefixes() {
            let mut after = prefix.clone();
            loop {
                let rows = collect::blobs(&self.keeper.db, &after, &end, PAGE).await?;
                let Some(last) = rows.last() else { break };
                after = last.key.as_str().to_owned();
                for (blob, state) in self.examine(rows).await? {
                    self.look_again(blob, state).await?;
                }
            }
            self.unnamed(byte, &prefix).await?;
            self.thumbnails(&prefix).await?;
        }
        Ok(())
    }

    /// Those of the blobs that are not as they should be.
    async fn examine(&self, rows: Vec<Blob>) -> Result<Vec<(Blob, State)>> {
        let (blobs, progress, whole) = (self.keeper.blobs.clone(), self.progress.clone(), !self.manner.quick);
        let work = move || {
            let state = |blob: Blob| {
                let pace = |count: usize| {
                    progress.bytes.fetch_add(count as u64, Ordering::Relaxed);
                };
                let state = blobs.examine(&blob.key, blob.size, whole, pace);
                progress.blobs.fetch_add(1, Ordering::Relaxed);
                (state != State::Good).then_some((blob, state))
            };
            Ok(rows.into_iter().filter_map(state).collect())
        };
        blocking(work).await
    }

    /// Bytes leave after their rows: if the row is still there, something is wrong.
    async fn look_again(&mut self, blob: Blob, before: State) -> Result<()> {
        let Some(blob) = collect::blob(&self.keeper.db, &blob.key).await? else {
            return Ok(());
        };
        let (blobs, key, whole) = (self.keeper.blobs.clone(), blob.key.clone(), before == State::Digest);
        let state = blocking(move || Ok(blobs.examine(&key, blob.size, whole, |_| {}))).await?;
        let names = self.keeper.names_of(&blob.key).await?;
        let path = self.keeper.blobs.layout().blob(&blob.key);
        let damaged = match state {
            State::Good => return Ok(()),
            State::Missing => return self.missing(&blob, &names).await,
            State::Unreadable(why) => {
                self.found(Kind::UnreadableBlob, self.shown(&path), format!("{why}; {names}"));
                return Ok(());
            }
            State::Size(found) => format!("it has {found} bytes instead of {}", blob.size),
            State::Digest => "its bytes have another SHA-256".to_owned(),
        };
        self.found_and_moved(Kind::DamagedBlob, &path, &format!("{damaged}; {names}")).await
    }

    async fn missing(&mut self, blob: &Blob, names: &str) -> Result<()> {
        let path = self.keeper.blobs.layout().blob(&blob.key);
        let place = self.shown(&path);
        self.found(Kind::MissingBlob, place.clone(), format!("{}; {names}", size(blob.size)));
        if !self.manner.repair {
            return Ok(());
        }
        // It may have been moved aside as an orphan, and named again since.
        let (blobs, wanted) = (self.keeper.blobs.clone(), blob.clone());
        let back = blocking(move || {
            let aside = blobs.aside()?.into_iter().find(|aside| aside.key == wanted.key);
            aside.map_or(Ok(Copied::Missing), |aside| copy_checked(&wanted.key, wanted.size, &aside.path, &path))
        });
        if matches!(back.await?, Copied::Copied(_)) {
            self.mended(format!("missing blob: {place}: brought back from orphans/")).await?;
        }
        Ok(())
    }

    /// Files that no row names, and names that are none of a blob.
    async fn unnamed(&mut self, byte: u8, prefix: &str) -> Result<()> {
        let folder = self.keeper.blobs.layout().folder(byte);
        let listed = folder.clone();
        let names = blocking(move || entries(&listed)).await?;
        let (mut keys, mut strays) = (Vec::new(), Vec::new());
        for name in names {
            match BlobKey::parse(&name).filter(|_| name.starts_with(prefix)) {
                Some(key) => keys.push(key),
                None => strays.push(name),
            }
        }
        let orphans = self.without_row(&keys).await?;
        if orphans.is_empty() && strays.is_empty() {
            return Ok(());
        }
        self.settle().await;
        for key in self.without_row(&orphans).await? {
            let path = self.keeper.blobs.layout().blob(&key);
            match modified_ms(&path)? {
                None => {}
                Some(at) if self.is_young(at) => self.tally.young += 1,
                Some(_) => self.found_and_moved(Kind::Orphan, &path, "no row names it").await?,
            }
        }
        for name in strays {
            let path = folder.join(name);
            if modified_ms(&path)?.is_some_and(|at| !self.is_young(at)) {
                self.found_and_moved(Kind::StrayFile, &path, "it is no blob of this folder").await?;
            }
        }
        Ok(())
    }

    /// Those of the keys that have no row.
    async fn without_row(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>> {
        let mut without = Vec::new();
        for some in keys.chunks(PAGE as usize) {
            let known = collect::known(&self.keeper.db, some).await?;
            without.extend(some.iter().filter(|key| !known.contains(key.as_str())).cloned());
        }
        Ok(without)
    }

    async fn thumbnails(&mut self, prefix: &str) -> Result<()> {
        let folder = self.keeper.blobs.layout().thumbnails().join(prefix);
        let names = blocking(move || entries(&folder)).await?;
        let key = |name: &String| BlobKey::parse(name.strip_suffix(".jpg")?);
        let lonely = self.without_row(&names.iter().filter_map(key).collect::<Vec<_>>()).await?;
        if lonely.is_empty() {
            return Ok(());
        }
        self.settle().await;
        for key in self.without_row(&lonely).await? {
            let path = self.keeper.blobs.layout().thumbnail(&key);
            if modified_ms(&path)?.is_some_and(|at| !self.is_young(at)) {
                self.found_and_moved(Kind::ThumbnailExtra, &path, "its blob is gone").await?;
            }
        }
        Ok(())
    }
}
