//! Bytes for the rooms above, which name blobs in rows of their own.
//!
//! They receive by [`Collect::begin`] and [`Collect::place`], then hold [`Collect::hold_bytes`] until
//! their rows are committed, so that no bytes vanish under a row that is being written.

use std::path::PathBuf;

use tokio::sync::OwnedRwLockReadGuard;

use super::{Collect, Picture, store};
use crate::collect::model::Kind;
use crate::collect::store::thumbnails::Thumbnail;
use crate::platform::blobs::BlobKey;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::pictures;

/// Blobs that are removed in one transaction.
const RELEASED_AT_ONCE: usize = 500;

impl Collect {
    /// Keeps everybody from removing bytes while it is held. Don't ask for it twice.
    pub async fn hold_bytes(&self) -> OwnedRwLockReadGuard<()> {
        self.inner.placing.clone().read_owned().await
    }

    /// There may be thumbnails to make.
    pub fn wake_thumbnails(&self) {
        self.inner.wake.notify_one();
    }

    /// What stands for a blob; makes its thumbnail where it is still missing.
    ///
    /// # Errors
    /// `NotFound` when there is no such blob.
    pub async fn picture_of(&self, sha256: &str, content_type: &str) -> Result<Picture> {
        let icon = Picture::Icon(Kind::of(content_type));
        if !pictures::can_picture(content_type) {
            return Ok(icon);
        }
        let key = BlobKey::parse(sha256).ok_or(Error::NotFound(Thing::Blob))?;
        let path: PathBuf = self.inner.blobs.layout().thumbnail(&key);
        let known = store::thumbnails::state(&self.inner.db, key.as_str()).await?;
        let state = match known {
            // One that is wanted again, for what else is made with it, can be shown meanwhile.
            Some(Thumbnail::Made | Thumbnail::Wanted) if path.exists() => Thumbnail::Made,
            Some(Thumbnail::Broken) => Thumbnail::Broken,
            Some(_) => {
                let _turn = self.inner.showing.enter().await?;
                self.make(&key, content_type).await?
            }
            None => return Err(Error::NotFound(Thing::Blob)),
        };
        Ok(match state {
            Thumbnail::Made => Picture::Jpeg(path),
            Thumbnail::Broken => Picture::Broken,
            Thumbnail::Wanted | Thumbnail::Never => icon,
        })
    }

    /// Removes a blob that a row named until now, unless something needs it still.
    ///
    /// # Errors
    /// When database or disk don't answer; then it stays as an orphan.
    pub async fn release(&self, key: &BlobKey) -> Result<()> {
        self.release_all(std::slice::from_ref(key)).await
    }

    /// The same for many, some at a time, so that uploads get their turn in between.
    ///
    /// # Errors
    /// As [`Self::release`].
    pub async fn release_all(&self, keys: &[BlobKey]) -> Result<()> {
        for step in keys.chunks(RELEASED_AT_ONCE) {
            let _alone = self.inner.placing.write().await;
            let mut tx = self.inner.db.begin().await?;
            let mut gone = Vec::new();
            for key in step {
                if store::trash::forget_blob(&mut tx, key.as_str()).await? {
                    gone.push(key.clone());
                }
            }
            tx.commit().await?;
            let blobs = self.inner.blobs.clone();
            let remove = move || blobs.remove_all(&gone);
            tokio::task::spawn_blocking(remove).await.map_err(Error::internal)??;
        }
        Ok(())
    }
}
