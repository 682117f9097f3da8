//! ROI, mask and DL pictures of images.

use super::bytes::Content;
use super::{Training, register, store, touch};
use crate::collect::model::etag;
use crate::platform::blobs::{Incoming, Received};
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::preconditions::{Current, Preconditions};
use crate::training::model::{Code, Fault, ImageType, Part, Result};
use crate::training::store::blobs::Thumbnail;

impl Training {
    /// Puts a part in the place of the one that may be there. Its id.
    ///
    /// Runs to its end even when the caller goes away. Bytes that are refused are discarded.
    ///
    /// # Errors
    /// 1002; 1003; 1004 when it is no PNG, JPEG or BMP.
    pub async fn put_part(&self, image: Id, part: Part, incoming: Incoming) -> Result<Id> {
        self.put_part_if(image, part, incoming, Preconditions::default()).await
    }

    /// The same, if the part is what the request presumes.
    ///
    /// # Errors
    /// As [`Self::put_part`]; 1017.
    pub async fn put_part_if(
        &self,
        image: Id,
        part: Part,
        incoming: Incoming,
        conditions: Preconditions,
    ) -> Result<Id> {
        let training = self.clone();
        let run = async move {
            let held = training.inner.collect.hold_bytes().await;
            let received = training.place(incoming).await?;
            let committed = training.commit_part(image, part, &received, &conditions).await;
            drop(held);
            match committed {
                Ok((id, old)) => {
                    training.release(old.filter(|old| old != received.key.as_str())).await?;
                    Ok(id)
                }
                Err(fault) => {
                    training.inner.collect.discard(&received.key).await?;
                    Err(fault)
                }
            }
        };
        tokio::spawn(run).await.map_err(Error::internal)?
    }

    async fn commit_part(
        &self,
        image: Id,
        part: Part,
        received: &Received,
        conditions: &Preconditions,
    ) -> Result<(Id, Option<String>)> {
        if ImageType::of_content(&received.facts.content_type).is_none() {
            return Err(register::not_an_image(register::BODY, &received.facts.content_type));
        }
        let id = self.draw(1).await?;
        let now = self.inner.clock.now_ms();
        let (mut tx, image) = self.open_image(image).await?;
        if !conditions.is_empty() {
            let there = store::parts::find_in(&mut tx, &image, part).await?;
            let etag = there.as_ref().map(|(sha256, _)| etag(sha256));
            let current = etag.as_deref().zip(there.as_ref());
            conditions.check(current.map(|(etag, (_, time))| Current { etag, modified_at: Some(*time) }))?;
        }
        store::blobs::insert(&mut tx, received, Thumbnail::Wanted, now).await?;
        let old = store::parts::put(&mut tx, &image, part, id, received.key.as_str(), now).await?;
        touch(&mut tx, image.task_id, false).await?;
        tx.commit().await?;
        self.inner.collect.wake_thumbnails();
        Ok((id, old))
    }

    /// A part's bytes.
    ///
    /// # Errors
    /// 1002; 1003, also when there is none.
    pub async fn part(&self, id: Id, part: Part) -> Result<Content> {
        let image = self.find_image(id).await?;
        let Some((sha256, content_type, size, created_at)) = store::parts::find(&self.inner.db, &image, part).await?
        else {
            let name = part.id_name();
            let message = (format!("Image {id} has no {name}."), format!("图像 {id} 没有 {name}"));
            return Err(Fault::new(Code::NotHere, message));
        };
        let size = u64::try_from(size).map_err(Error::internal)?;
        Ok(Content { sha256, size, content_type, name: image.name, modified_at: Some(created_at) })
    }
}
