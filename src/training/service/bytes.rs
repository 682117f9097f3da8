//! The bytes of images: received once, given back in parts.

use std::ops::Range;

use super::folders::Link;
use super::{Training, register, store, touch};
use crate::collect::model::etag;
use crate::collect::service::Picture;
use crate::platform::blobs::{BlobKey, Incoming, Received, Segment, SegmentBody};
use crate::platform::error::{Error, Thing};
use crate::platform::ids::Id;
use crate::platform::web::preconditions::{Current, Preconditions};
use crate::training::model::{Code, Fault, Image, ImageType, Result};
use crate::training::store::blobs::Thumbnail;

/// Bytes that can be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    pub content_type: String,
    /// The name to save it under.
    pub name: String,
    /// Since when it is this, in UTC milliseconds.
    pub modified_at: Option<i64>,
}

impl Training {
    /// Begins to receive bytes; `announced` is their number where the client told it.
    ///
    /// # Errors
    /// 1015 above `upload.max_size`; 1500 with 507 when the disk is full.
    pub fn begin(&self, announced: Option<u64>) -> Result<Incoming> {
        Ok(self.inner.collect.begin(announced)?)
    }

    /// Largest body in bytes.
    #[must_use]
    pub fn max_size(&self) -> u64 {
        self.inner.collect.max_size()
    }

    /// Puts bytes in their place; their row comes later.
    ///
    /// # Errors
    /// 1500 with 507 when the disk is full.
    pub async fn place(&self, incoming: Incoming) -> Result<Received> {
        Ok(self.inner.collect.place(incoming).await?)
    }

    /// The bytes of a registered image are in: it is ready. The same bytes once more change nothing.
    ///
    /// Runs to its end even when the caller goes away. Bytes that are refused are discarded.
    ///
    /// # Errors
    /// 1002; 1003; 1004 or 1014 when they aren't what was registered; 1016 for other bytes of an image
    /// that has its bytes.
    pub async fn fill(&self, image: Id, incoming: Incoming) -> Result<()> {
        self.fill_if(image, incoming, Preconditions::default()).await
    }

    /// The same, if the image's bytes are what the request presumes.
    ///
    /// # Errors
    /// As [`Self::fill`]; 1017.
    pub async fn fill_if(&self, image: Id, incoming: Incoming, conditions: Preconditions) -> Result<()> {
        let training = self.clone();
        let run = async move {
            let held = training.inner.collect.hold_bytes().await;
            let received = training.place(incoming).await?;
            let filled = training.commit_bytes(image, &received, &conditions).await;
            drop(held);
            if filled.is_err() {
                training.inner.collect.discard(&received.key).await?;
            }
            filled
        };
        tokio::spawn(run).await.map_err(Error::internal)?
    }

    async fn commit_bytes(&self, id: Id, received: &Received, conditions: &Preconditions) -> Result<()> {
        let (mut tx, image) = self.open_image(id).await?;
        check_bytes(&image, conditions)?;
        if let Some(there) = &image.sha256 {
            return if there == received.key.as_str() { Ok(()) } else { Err(has_bytes(id)) };
        }
        check_facts(&image, received)?;
        let now = self.inner.clock.now_ms();
        store::blobs::insert(&mut tx, received, Thumbnail::Wanted, now).await?;
        store::images::set_ready(&mut tx, &image, received.key.as_str()).await?;
        touch(&mut tx, image.task_id, false).await?;
        let links = vec![Link { image: id, kind: image.kind, key: received.key.clone() }];
        self.link(image.task_id, links.clone()).await?;
        if let Err(error) = tx.commit().await {
            self.unlink(image.task_id, links).await;
            return Err(error.into());
        }
        self.inner.collect.wake_thumbnails();
        Ok(())
    }

    /// Tells before the body arrives that the bytes of an image aren't what the request presumes.
    ///
    /// # Errors
    /// 1002; 1003; 1017.
    pub async fn foresee_fill(&self, id: Id, conditions: &Preconditions) -> Result<()> {
        check_bytes(&self.find_image(id).await?, conditions)
    }

    /// The bytes of an image.
    ///
    /// # Errors
    /// 1002; 1003, also while they aren't in.
    pub async fn content(&self, id: Id) -> Result<Content> {
        let image = self.find_image(id).await?;
        let Some(sha256) = image.sha256 else {
            let message = (format!("The bytes of image {id} are not in yet."), format!("图像 {id} 的内容尚未上传"));
            return Err(Fault::new(Code::NotHere, message));
        };
        let size = u64::try_from(image.size).map_err(Error::internal)?;
        let (content_type, modified_at) = (image.kind.content_type().to_owned(), Some(image.create_time));
        Ok(Content { sha256, size, content_type, name: image.name, modified_at })
    }

    /// What shows an image in lists.
    ///
    /// # Errors
    /// As [`Self::content`].
    pub async fn thumbnail(&self, id: Id) -> Result<(Picture, String)> {
        let Content { sha256, content_type, .. } = self.content(id).await?;
        Ok((self.inner.collect.picture_of(&sha256, &content_type).await?, sha256))
    }

    /// The bytes `range` of some content. They are opened when they are read.
    ///
    /// # Errors
    /// `NotFound` for a digest that is none.
    pub fn read(&self, content: &Content, range: Range<u64>) -> Result<SegmentBody> {
        let key = BlobKey::parse(&content.sha256).ok_or(Error::NotFound(Thing::Blob))?;
        let (offset, length) = (range.start, range.end - range.start);
        let segment = Segment::Blob { key, offset, length, size: content.size };
        Ok(SegmentBody::fixed(self.blobs().clone(), vec![segment]))
    }
}

/// Whether an image's bytes are what the request presumes.
fn check_bytes(image: &Image, conditions: &Preconditions) -> Result<()> {
    let etag = image.sha256.as_deref().map(etag);
    let current = etag.as_deref().map(|etag| Current { etag, modified_at: Some(image.create_time) });
    Ok(conditions.check(current)?)
}

fn has_bytes(id: Id) -> Fault {
    let message = (format!("Image {id} has other bytes already."), format!("图像 {id} 已有不同的内容"));
    Fault::new(Code::WrongState, message)
}

/// The bytes must be what was registered.
fn check_facts(image: &Image, received: &Received) -> Result<()> {
    let facts = &received.facts;
    let Some(kind) = ImageType::of_content(&facts.content_type) else {
        return Err(register::not_an_image(register::BODY, &facts.content_type));
    };
    if kind != image.kind {
        let (sent, wanted) = (kind.content_type(), image.kind.content_type());
        let message =
            (format!("The bytes are {sent}, registered was {wanted}."), format!("内容为 {sent}，登记的是 {wanted}"));
        return Err(Fault::new(Code::ImageType, message));
    }
    let found = (received.size, facts.width.map(i64::from), facts.height.map(i64::from));
    if found == (image.size.unsigned_abs(), Some(image.width), Some(image.height)) {
        return Ok(());
    }
    let side = |pixels: Option<u32>| pixels.map_or_else(|| "?".to_owned(), |pixels| pixels.to_string());
    let (width, height) = (side(facts.width), side(facts.height));
    let message = (
        format!(
            "The bytes are {} bytes and {width}×{height} pixels, registered were {} bytes and {}×{}.",
            received.size, image.size, image.width, image.height
        ),
        format!(
            "内容为 {} 字节、{width}×{height} 像素，登记的是 {} 字节、{}×{}",
            received.size, image.size, image.width, image.height
        ),
    );
    Err(Fault::new(Code::NotAsRegistered, message))
}
