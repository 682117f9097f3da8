//! Faces and whole groups go for good. An outside server is asked first: where it doesn't answer, nothing changes here.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Faces, store};
use crate::platform::blobs::BlobKey;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;

/// Ids at an outside server that are read at a time.
const REMOTES: u32 = 500;

/// Removals at an outside server that are under way at the same time.
const AT_ONCE: usize = 8;

impl Faces {
    /// Removes one face.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` when the outside server that keeps it doesn't answer.
    pub async fn delete_face(&self, group: &str, id: Id) -> Result<()> {
        let face = self.face(group, id).await?;
        if let Some(remote) = &face.remote_id {
            self.remove_remote(group, remote).await?;
        }
        let mut tx = self.inner.db.begin().await?;
        let group = store::groups::lock(&mut tx, group).await?.ok_or(Error::NotFound(Thing::Group))?;
        if !store::faces::delete(&mut tx, group, id).await? {
            return Err(Error::NotFound(Thing::Face));
        }
        store::groups::count(&mut tx, group, -1).await?;
        tx.commit().await?;
        self.release(face.crop.into_iter().collect()).await;
        Ok(())
    }

    /// Removes a group with all its faces; how many those were. A task that goes on putting faces in makes it again.
    ///
    /// Runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` when the outside server that keeps its faces doesn't answer: what is gone there by then
    /// is passed over when it is tried again.
    pub async fn delete_group(&self, name: &str) -> Result<i64> {
        let (faces, name) = (self.clone(), name.to_owned());
        tokio::spawn(async move { faces.remove_group(&name).await }).await.map_err(Error::internal)?
    }

    async fn remove_group(&self, name: &str) -> Result<i64> {
        let group = self.group(name).await?;
        self.remove_remotes(name, group.id).await?;
        let mut tx = self.inner.db.begin().await?;
        let id = store::groups::lock(&mut tx, name).await?.ok_or(Error::NotFound(Thing::Group))?;
        let (count, crops) = store::faces::delete_all(&mut tx, id).await?;
        store::groups::delete(&mut tx, id).await?;
        tx.commit().await?;
        self.release(crops).await;
        Ok(count)
    }

    async fn remove_remotes(&self, name: &str, group: Id) -> Result<()> {
        let mut after = Id(0);
        loop {
            let some = store::faces::remotes(&self.inner.db, group, after, REMOTES).await?;
            let Some((last, _)) = some.last() else {
                return Ok(());
            };
            after = *last;
            let removals = stream::iter(some).map(|(_, remote)| async move { self.remove_remote(name, &remote).await });
            removals.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
    }

    async fn remove_remote(&self, group: &str, remote: &str) -> Result<()> {
        self.inner.engine.clone().remove(group, remote).await.map_err(|unanswered| {
            tracing::warn!(%unanswered, "a face was not removed from the outside server");
            let message =
                ("The face server doesn't answer; nothing was removed here.", "人脸服务无响应，此处未删除任何内容");
            Error::Unavailable(message.into())
        })
    }

    /// The faces are gone: so may the bytes that nobody else names.
    async fn release(&self, crops: Vec<String>) {
        let keys: Vec<BlobKey> = crops.iter().filter_map(|sha256| BlobKey::parse(sha256)).collect();
        if let Err(error) = self.inner.collect.release_all(&keys).await {
            tracing::warn!(%error, "crops of deleted faces stay as orphans");
        }
    }
}
