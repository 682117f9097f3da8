//! Thumbnails: made in the background after the upload, or on first demand.
//!
//! What always holds: one picture is decoded once, however many ask for it at the same time, and no
//! more pictures at a time than there are cores. A thumbnail can be made again at any time, so it is
//! neither synced nor leased: two servers that make the same one write the same bytes.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;

use super::{Collect, store};
use crate::collect::model::{File, Kind};
use crate::collect::store::thumbnails::Thumbnail;
use crate::platform::blobs::BlobKey;
use crate::platform::error::{Error, Result};
use crate::platform::pictures::{self, ThumbnailError};

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

    /// Makes some of the thumbnails that are still missing. How many were dealt with.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn make_wanted(&self) -> Result<usize> {
        let wanted = store::thumbnails::wanted(&self.inner.db, 32).await?;
        let count = wanted.len();
        let mut making = tokio::task::JoinSet::new();
        for (key, content_type) in wanted {
            let collect = self.clone();
            making.spawn(async move { collect.make(&key, &content_type).await });
        }
        while let Some(made) = making.join_next().await {
            made.map_err(Error::internal)??;
        }
        Ok(count)
    }

    /// Resolves when there may be thumbnails to make.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.inner.wake.clone()
    }

    pub(super) async fn make(&self, key: &BlobKey, content_type: &str) -> Result<Thumbnail> {
        let _one = self.inner.making.hold(key.as_str()).await;
        let path = self.inner.blobs.layout().thumbnail(key);
        if path.exists() {
            store::thumbnails::mark(&self.inner.db, &[(key.clone(), Thumbnail::Made)]).await?;
            return Ok(Thumbnail::Made);
        }
        let permit = self.inner.cpu.clone().acquire_owned().await.map_err(Error::internal)?;
        let (blobs, source, content_type) = (self.inner.blobs.clone(), key.clone(), content_type.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let jpeg = pictures::thumbnail(&blobs.layout().blob(&source), &content_type)?;
            blobs.put_derived(&blobs.layout().thumbnail(&source), &jpeg).map_err(ThumbnailError::Io)
        });
        // A decoder that panics over hostile bytes has shown that the picture is broken.
        let state = match made.await {
            Ok(Ok(())) => Thumbnail::Made,
            Ok(Err(ThumbnailError::NotAPicture)) => Thumbnail::Never,
            Ok(Err(ThumbnailError::Io(error))) => return Err(error.into()),
            Ok(Err(error @ (ThumbnailError::TooLarge { .. } | ThumbnailError::Broken(_)))) => {
                tracing::info!(blob = %key, %error, "no thumbnail");
                Thumbnail::Broken
            }
            Err(panic) => {
                tracing::error!(blob = %key, %panic, "a decoder failed");
                Thumbnail::Broken
            }
        };
        store::thumbnails::mark(&self.inner.db, &[(key.clone(), state)]).await?;
        Ok(state)
    }
}
