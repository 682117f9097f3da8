//! The image folders `tasks/<task_id>/` that trainers read from disk (seed 000 §5).
//!
//! They are hard links, made before the commit of the row that needs one. Where many rows change at once the
//! task is marked stale in the same transaction, and a worker makes its folder what the rows say.

use std::path::PathBuf;

use tokio::task::spawn_blocking;

use super::{Training, store};
use crate::platform::blobs::{BlobKey, Blobs};
use crate::platform::error::{Error, Result as Outcome};
use crate::platform::ids::Id;
use crate::training::model::{ImageType, Result};
use crate::training::store::folders::{Entry, Stale};

/// Names that are looked at in one go.
const STEP: u32 = 1000;

/// One name to be made.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub image: Id,
    pub kind: ImageType,
    pub key: BlobKey,
}

impl Training {
    /// Makes the image folder of a task.
    ///
    /// # Errors
    /// When the disk refuses it.
    pub async fn make_folder(&self, task: Id) -> Result<()> {
        let blobs = self.blobs().clone();
        Ok(blocking(move || Ok(blobs.make_folder(&blobs.layout().task(task.0))?)).await?)
    }

    /// Makes these names, durably.
    ///
    /// # Errors
    /// When the disk refuses one; then none is left.
    pub(super) async fn link(&self, task: Id, links: Vec<Link>) -> Result<()> {
        let blobs = self.blobs().clone();
        let make = move || {
            let folder = blobs.layout().task(task.0);
            blobs.make_folder(&folder)?;
            let made =
                links.iter().try_for_each(|link| blobs.link(&link.key, &path(&blobs, task, link.image, link.kind)));
            if let Err(error) = made.and_then(|()| blobs.sync_folder(&folder)) {
                remove(&blobs, task, &links);
                return Err(error.into());
            }
            Ok(())
        };
        Ok(blocking(make).await?)
    }

    /// Takes names away whose rows were not committed.
    pub(super) async fn unlink(&self, task: Id, links: Vec<Link>) {
        let blobs = self.blobs().clone();
        let _ = spawn_blocking(move || remove(&blobs, task, &links)).await;
    }

    /// Mends some of the folders that are stale. How many are clean now; one whose rows changed
    /// meanwhile waits for the next look.
    ///
    /// # Errors
    /// When database or disk don't answer; they stay stale then.
    pub async fn mend_folders(&self) -> Result<usize> {
        let mut clean = 0;
        for folder in store::folders::stale(&self.inner.db, 16).await? {
            self.mend(folder).await?;
            clean += usize::from(store::folders::mark_clean(&self.inner.db, folder.task, folder.revision).await?);
        }
        Ok(clean)
    }

    async fn mend(&self, Stale { task, is_deleted, .. }: Stale) -> Result<()> {
        let blobs = self.blobs().clone();
        if is_deleted {
            return Ok(blocking(move || Ok(blobs.remove_folder(&blobs.layout().task(task.0))?)).await?);
        }
        self.make_folder(task).await?;
        let mut after = 0;
        loop {
            let entries = store::folders::entries(&self.inner.db, task, after, STEP).await?;
            let Some(last) = entries.last() else {
                break;
            };
            after = last.order_id;
            let blobs = blobs.clone();
            blocking(move || entries.iter().try_for_each(|entry| mend_entry(&blobs, task, entry))).await?;
        }
        Ok(blocking(move || Ok(blobs.sync_folder(&blobs.layout().task(task.0))?)).await?)
    }
}

/// Makes one name what its row says: a name of the blob as it stands now, for its bytes may have been damaged and
/// replaced. Bytes that are gone are the business of whoever reads them; a name that still leads to them stays.
fn mend_entry(blobs: &Blobs, task: Id, entry: &Entry) -> Outcome<()> {
    let path = path(blobs, task, entry.image, entry.kind);
    let Some(key) = entry.sha256.as_deref().and_then(BlobKey::parse) else {
        return Ok(blobs.unlink(&path)?);
    };
    let linked = match blobs.is_name_of(&key, &path)? {
        Some(true) => Ok(()),
        Some(false) => blobs.link(&key, &path),
        None => Err(std::io::ErrorKind::NotFound.into()),
    };
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            tracing::warn!(blob = %key, task = %task, image = %entry.image, "the bytes of an image are gone");
            Ok(())
        }
        linked => Ok(linked?),
    }
}

fn path(blobs: &Blobs, task: Id, image: Id, kind: ImageType) -> PathBuf {
    blobs.layout().image(task.0, image.0, kind.extension())
}

fn remove(blobs: &Blobs, task: Id, links: &[Link]) {
    for link in links {
        let _ = blobs.unlink(&path(blobs, task, link.image, link.kind));
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    spawn_blocking(work).await.map_err(Error::internal)?
}
