//! Thumbnails: made in the background after the upload, or on first demand, and with them how pictures look.
//!
//! What always holds: one picture is decoded once, however many ask for it at the same time, and no
//! more pictures at a time than there are cores. A thumbnail can be made again at any time, so it is
//! neither synced nor leased: two servers that make the same one write the same bytes.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use tokio::sync::Notify;

use super::{Collect, store};
use crate::collect::model::{File, Kind};
use crate::collect::store::thumbnails::Thumbnail;
use crate::platform::blobs::BlobKey;
use crate::platform::error::{Error, Result};
use crate::platform::pictures::{self, ThumbnailError};

/// So many are taken up at a time.
const AT_ONCE: u32 = 32;

/// What stands for a file in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// A JPEG on disk.
    Jpeg(PathBuf),
    /// The icon of its kind.
    Icon(Kind),
    /// The icon of a picture that can't be decoded.
    Broken,
}

impl Collect {
    /// What stands for the file; makes its thumbnail where it is still missing.
    ///
    /// # Errors
    /// `NotFound` when its bytes are gone.
    pub async fn picture(&self, file: &File) -> Result<Picture> {
        self.picture_of(&file.sha256, &file.content_type).await
    }

    /// Makes some of the thumbnails that are still missing. How many were tried.
    ///
    /// # Errors
    /// When the database doesn't answer, or the disk is full.
    pub async fn make_wanted(&self) -> Result<usize> {
        let passed_over = self.inner.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let limit = AT_ONCE.saturating_add(u32::try_from(passed_over.len()).unwrap_or(u32::MAX));
        let mut wanted = store::thumbnails::wanted(&self.inner.db, limit).await?;
        wanted.retain(|(key, _)| !passed_over.contains(key));
        wanted.truncate(AT_ONCE as usize);
        let count = wanted.len();
        self.make_all(wanted).await?;
        Ok(count)
    }

    /// Makes the thumbnails, and so the looks, of these blobs where they are still missing. One whose bytes
    /// can't be read stays without.
    ///
    /// # Errors
    /// When the database doesn't answer, or the disk is full.
    pub async fn make_these(&self, keys: &[BlobKey]) -> Result<()> {
        for some in keys.chunks(AT_ONCE as usize) {
            self.make_all(store::thumbnails::wanted_of(&self.inner.db, some).await?).await?;
        }
        Ok(())
    }

    async fn make_all(&self, wanted: Vec<(BlobKey, String)>) -> Result<()> {
        let mut making = tokio::task::JoinSet::new();
        for (key, content_type) in wanted {
            let collect = self.clone();
            making.spawn(async move { collect.make(&key, &content_type).await });
        }
        while let Some(made) = making.join_next().await {
            made.map_err(Error::internal)??;
        }
        Ok(())
    }

    /// Resolves when there may be thumbnails to make.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.inner.wake.clone()
    }

    /// What came of it; still `Wanted` where the bytes are missing or unreadable, which may be mended.
    pub(super) async fn make(&self, key: &BlobKey, content_type: &str) -> Result<Thumbnail> {
        let _one = self.inner.making.hold(key.as_str()).await;
        let is_there = self.inner.blobs.layout().thumbnail(key).exists();
        let known = store::thumbnails::state(&self.inner.db, key.as_str()).await?;
        // Somebody else has made it meanwhile.
        if let Some(state) =
            known.filter(|state| *state != Thumbnail::Wanted && (*state != Thumbnail::Made || is_there))
        {
            return Ok(state);
        }
        let permit = self.inner.cpu.clone().acquire_owned().await.map_err(Error::internal)?;
        let (blobs, source, content_type) = (self.inner.blobs.clone(), key.clone(), content_type.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let small = pictures::thumbnail(&blobs.layout().blob(&source), &content_type)?;
            blobs.put_derived(&blobs.layout().thumbnail(&source), &small.jpeg).map_err(ThumbnailError::Io)?;
            Ok(small.look)
        });
        // A decoder that panics over hostile bytes has shown that the picture is broken.
        let mut look = None;
        let state = match made.await {
            Ok(Ok(seen)) => {
                look = seen.and_then(|look| i64::try_from(look).ok());
                Thumbnail::Made
            }
            Ok(Err(ThumbnailError::NotAPicture)) => Thumbnail::Never,
            Ok(Err(ThumbnailError::Io(error))) => return self.pass_over(key, error.into()),
            Ok(Err(error @ (ThumbnailError::TooLarge { .. } | ThumbnailError::Broken(_)))) => {
                tracing::info!(blob = %key, %error, "no thumbnail");
                Thumbnail::Broken
            }
            Err(panic) => {
                tracing::error!(blob = %key, %panic, "a decoder failed");
                Thumbnail::Broken
            }
        };
        store::thumbnails::mark(&self.inner.db, key, state, look).await?;
        Ok(state)
    }

    /// Notes that a blob can't be read, so that the others get their turn; it is tried again when somebody looks
    /// at it, and after the next start.
    fn pass_over(&self, key: &BlobKey, error: Error) -> Result<Thumbnail> {
        if matches!(error, Error::Full(_)) {
            return Err(error);
        }
        tracing::error!(blob = %key, %error, "no thumbnail: the bytes can't be read");
        self.inner.unreadable.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        Ok(Thumbnail::Wanted)
    }
}
