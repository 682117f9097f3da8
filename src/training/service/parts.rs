//! ROI, mask and DL pictures of images.

use super::bytes::Content;
use super::{Training, register, store, touch};
use crate::platform::blobs::{Incoming, Received};
use crate::platform::error::Error;
use crate::platform::ids::Id;
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
        let training = self.clone();
        let run = async move {
            let held = training.inner.collect.hold_bytes().await;
            let received = training.place(incoming).await?;
            let committed = training.commit_part(image, part, &received).await;
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

    async fn commit_part(&self, image: Id, part: Part, received: &Received) -> Result<(Id, Option<String>)> {
        if ImageType::of_content(&received.facts.content_type).is_none() {
            return Err(register::not_an_image(register::BODY, &received.facts.content_type));
        }
        let id = self.draw(1).await?;
        let now = self.inner.clock.now_ms();
        let (mut tx, image) = self.open_image(image).await?;
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
        let Some((sha256, content_type, size)) = store::parts::find(&self.inner.db, &image, part).await? else {
            let name = part.id_name();
            let message = (format!("Image {id} has no {name}."), format!("图像 {id} 没有 {name}"));
            return Err(Fault::new(Code::NotHere, message));
        };
        let size = u64::try_from(size).map_err(Error::internal)?;
        Ok(Content { sha256, size, content_type, name: image.name })
    }
}
