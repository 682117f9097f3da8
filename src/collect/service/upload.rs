//! One upload: room for it, its bytes into place, its row into a group commit.

use std::io;

use tokio::sync::oneshot;

use super::commit::Pending;
use super::{Collect, Inner, store};
use crate::collect::model::{File, Name, OnConflict, Uploaded};
use crate::platform::blobs::{BlobKey, Incoming, Received};
use crate::platform::error::{Error, Result};
use crate::platform::web::preconditions::{Current, Preconditions};

/// Where an upload is to stand, and on what terms.
#[derive(Debug, Clone)]
pub struct Upload {
    pub tag: Name,
    pub name: Name,
    pub on_conflict: OnConflict,
    /// The SHA-256 that the client announced (RFC 9530).
    pub expected: Option<[u8; 32]>,
    /// What the request presumes of the living file that has this name.
    pub conditions: Preconditions,
}

impl Collect {
    /// Begins to receive bytes; `announced` is their number where the client told it.
    ///
    /// # Errors
    /// As [`Self::check_room`].
    pub fn begin(&self, announced: Option<u64>) -> Result<Incoming> {
        self.check_room(announced)?;
        let mut incoming = self.inner.blobs.receive();
        if let Some(size) = announced {
            incoming.expect(size);
        }
        Ok(incoming)
    }

    /// Whether there is room for that many bytes.
    ///
    /// # Errors
    /// `TooLarge` above `upload.max_size`; `Full` when the disk would fall below `storage.min_free`.
    pub fn check_room(&self, announced: Option<u64>) -> Result<()> {
        let Inner { blobs, config, .. } = &*self.inner;
        let limit = self.max_size();
        if announced.is_some_and(|size| size > limit) {
            return Err(Error::TooLarge { limit });
        }
        let free = blobs.free_bytes()?;
        let kept = config.storage.min_free.as_u64();
        if free.saturating_sub(announced.unwrap_or(0)) < kept {
            let en = format!("The disk has {free} bytes free; {kept} of them are kept free. Nothing was stored.");
            let zh = format!("磁盘剩余 {free} 字节，其中 {kept} 字节须保留，未保存任何内容");
            return Err(Error::Full((en, zh).into()));
        }
        Ok(())
    }

    /// Largest upload in bytes.
    #[must_use]
    pub fn max_size(&self) -> u64 {
        self.inner.config.upload.max_size.as_u64()
    }

    /// Tells before the body arrives that what the request presumes is not so. What counts is the state at the commit.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub async fn foresee_conditions(&self, upload: &Upload) -> Result<()> {
        let Upload { tag, name, conditions, .. } = upload;
        if conditions.is_empty() {
            return Ok(());
        }
        let holder = store::files::find_by_name(&self.inner.db, tag.as_str(), name.as_str()).await?;
        check_holder(conditions, holder.filter(|file| !file.is_deleted()).as_ref())
    }

    /// All bytes have arrived: stores them. When this returns, they and their row are durable.
    ///
    /// The server runs it to its end even when the client goes away, so nothing is left half-done.
    ///
    /// # Errors
    /// `Unprocessable` when the digest is not the announced one, `Conflict` for `on_conflict=reject`,
    /// `Full` when the disk is full. Nothing is stored then.
    pub async fn store(&self, upload: Upload, incoming: Incoming) -> Result<Uploaded> {
        // On the heap from here on: thousands of uploads that only trickle in needn't have room for it.
        Box::pin(self.place_and_commit(upload, incoming)).await
    }

    async fn place_and_commit(&self, upload: Upload, incoming: Incoming) -> Result<Uploaded> {
        let placing = self.inner.placing.read().await;
        let received = self.finish(incoming, upload.expected.as_ref().map(BlobKey::from_digest)).await?;
        let key = received.key.clone();
        let stored = self.commit(upload, received).await;
        drop(placing);
        if stored.is_err() {
            self.discard(&key).await?;
        }
        stored
    }

    async fn finish(&self, incoming: Incoming, expected: Option<BlobKey>) -> Result<Received> {
        let _turn = self.inner.finishing.enter().await?;
        incoming.finish(expected).await.map_err(digest_mismatch)
    }

    /// Puts the bytes of one of several files in place; their row comes later, with the others.
    ///
    /// # Errors
    /// `Full` when the disk is full.
    pub async fn place(&self, incoming: Incoming) -> Result<Received> {
        self.finish(incoming, None).await
    }

    /// Stores files whose bytes are in place, in their order; each has an answer of its own.
    ///
    /// Runs to its end even when the caller goes away.
    pub async fn store_placed(&self, files: Vec<(Upload, Received)>) -> Vec<Result<Uploaded>> {
        let collect = self.clone();
        let count = files.len();
        let stored = tokio::spawn(async move { collect.commit_placed(files).await });
        stored.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "uploads were not committed");
            (0..count).map(|_| Err(Error::internal("uploads were not committed"))).collect()
        })
    }

    async fn commit_placed(&self, files: Vec<(Upload, Received)>) -> Vec<Result<Uploaded>> {
        let placing = self.inner.placing.read().await;
        // The first poll of each puts it in the queue, so they are committed in their order.
        let commits = files.iter().map(|(upload, received)| async {
            self.check_in_place(received)?;
            self.commit(upload.clone(), received.clone()).await
        });
        let answers = futures_util::future::join_all(commits).await;
        drop(placing);
        for ((_, received), answer) in files.iter().zip(&answers) {
            if answer.is_ok() {
                continue;
            }
            if let Err(error) = self.discard(&received.key).await {
                tracing::warn!(blob = %received.key, %error, "the bytes of a refused upload stay as an orphan");
            }
        }
        answers
    }

    /// Somebody may have emptied the trash of the very same bytes while the other files arrived.
    ///
    /// # Errors
    /// `Unavailable` when they are gone.
    pub fn check_in_place(&self, received: &Received) -> Result<()> {
        if self.inner.blobs.claim(&received.key, received.size).is_ok_and(|claimed| claimed) {
            return Ok(());
        }
        let message = ("The same content was removed meanwhile; send it again.", "相同内容刚被清除，请重新上传");
        Err(Error::Unavailable(message.into()))
    }

    /// Waits for the group commit. The caller holds `placing`.
    async fn commit(&self, upload: Upload, received: Received) -> Result<Uploaded> {
        let Upload { tag, name, on_conflict, conditions, .. } = upload;
        let (reply, answer) = oneshot::channel();
        let pending = Pending { tag, name, on_conflict, conditions, received, reply };
        self.inner.commits.send(pending).await.map_err(|_| shutting_down())?;
        let uploaded = answer.await.map_err(|_| shutting_down())??;
        if uploaded.file.is_picture() && !uploaded.duplicate {
            self.inner.wake.notify_one();
        }
        Ok(uploaded)
    }

    /// Removes the bytes of a refused upload, unless a row names them.
    ///
    /// # Errors
    /// When database or disk don't answer; then the bytes stay as an orphan.
    pub async fn discard(&self, key: &BlobKey) -> Result<()> {
        let _alone = self.inner.placing.write().await;
        if store::thumbnails::state(&self.inner.db, key.as_str()).await?.is_none() {
            let (blobs, key) = (self.inner.blobs.clone(), key.clone());
            tokio::task::spawn_blocking(move || blobs.remove(&key)).await.map_err(Error::internal)??;
        }
        Ok(())
    }
}

/// Whether an upload may be done where `holder` is the living file that has its name.
pub(super) fn check_holder(conditions: &Preconditions, holder: Option<&File>) -> Result<()> {
    let etag = holder.map(File::etag);
    let current = etag.as_deref().zip(holder).map(|(etag, file)| Current { etag, modified_at: Some(file.created_at) });
    conditions.check(current)
}

fn digest_mismatch(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::InvalidData {
        return Error::digest_mismatch(error);
    }
    error.into()
}

fn shutting_down() -> Error {
    Error::Unavailable(("The server is shutting down; try again.", "服务器正在关闭，请稍后重试").into())
}
