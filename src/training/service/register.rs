//! Registering images: with their bytes still to come, or with bytes that are in place already.

use std::collections::HashSet;

use super::folders::Link;
use super::{Training, lock_task, store, touch};
use crate::platform::blobs::Received;
use crate::platform::error::{Error, Message};
use crate::platform::ids::Id;
use crate::training::model::{Code, Fault, ImageType, MAX_IMAGES, MAX_SIDE, NewImage, Registered, Result};
use crate::training::store::blobs::Thumbnail;

/// An image whose bytes are in place.
#[derive(Debug, Clone)]
pub struct Placed {
    pub name: String,
    pub received: Received,
}

impl Training {
    /// Registers images; their bytes come later, one by one.
    ///
    /// # Errors
    /// 1002; 1006 for two images of one name; 1015 for more than [`MAX_IMAGES`].
    pub async fn register(&self, task: Id, images: Vec<NewImage>) -> Result<Registered> {
        check_batch(images.iter().map(|image| image.name.as_str()))?;
        let first = self.draw(images.len()).await?;
        let now = self.inner.clock.now_ms();
        let mut tx = self.inner.db.begin().await?;
        let task = lock_task(&mut tx, task).await?;
        store::images::insert(&mut tx, task.id, &images, first, task.last_order_id + 1, now).await?;
        store::tasks::set_last_order(&mut tx, task.id, task.last_order_id + count(&images)?).await?;
        touch(&mut tx, task.id, false).await?;
        self.make_folder(task.id).await?;
        tx.commit().await?;
        Ok(registered(&images, first))
    }

    /// Registers images whose bytes are in place: ready at once. Bytes of a refused request are
    /// discarded, unless something else names them.
    ///
    /// Runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// 1002; 1004 when one is no PNG, JPEG or BMP; 1006 for two images of one name.
    pub async fn register_placed(&self, task: Id, create_oper: Id, placed: Vec<Placed>) -> Result<Registered> {
        let training = self.clone();
        let run = async move {
            let registered = training.commit_placed(task, create_oper, &placed).await;
            if registered.is_err() {
                training.discard(&placed).await;
            }
            registered
        };
        tokio::spawn(run).await.map_err(Error::internal)?
    }

    /// Takes bytes back that no row names.
    pub async fn discard(&self, placed: &[Placed]) {
        for Placed { received, .. } in placed {
            if let Err(error) = self.inner.collect.discard(&received.key).await {
                tracing::warn!(blob = %received.key, %error, "the bytes of a refused image stay as an orphan");
            }
        }
    }

    async fn commit_placed(&self, task: Id, create_oper: Id, placed: &[Placed]) -> Result<Registered> {
        check_batch(placed.iter().map(|image| image.name.as_str()))?;
        let images = placed.iter().map(|image| described(image, create_oper)).collect::<Result<Vec<_>>>()?;
        let first = self.draw(images.len()).await?;
        let now = self.inner.clock.now_ms();
        let _held = self.inner.collect.hold_bytes().await;
        for Placed { received, .. } in placed {
            self.inner.collect.check_in_place(received)?;
        }
        let mut tx = self.inner.db.begin().await?;
        let task = lock_task(&mut tx, task).await?;
        // In one order everywhere, so that two requests never wait for each other in a circle.
        let mut blobs: Vec<&Received> = placed.iter().map(|image| &image.received).collect();
        blobs.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
        for received in blobs {
            store::blobs::insert(&mut tx, received, Thumbnail::Wanted, now).await?;
        }
        store::images::insert(&mut tx, task.id, &images, first, task.last_order_id + 1, now).await?;
        store::tasks::set_last_order(&mut tx, task.id, task.last_order_id + count(&images)?).await?;
        touch(&mut tx, task.id, false).await?;
        let link = |(place, (image, placed)): (i64, (&NewImage, &Placed))| Link {
            image: Id(first.0 + place),
            kind: image.kind,
            key: placed.received.key.clone(),
        };
        let links: Vec<Link> = (0..).zip(images.iter().zip(placed)).map(link).collect();
        self.link(task.id, links.clone()).await?;
        if let Err(error) = tx.commit().await {
            self.unlink(task.id, links).await;
            return Err(error.into());
        }
        self.inner.collect.wake_thumbnails();
        Ok(registered(&images, first))
    }

    /// The first of so many consecutive ids.
    pub(super) async fn draw(&self, count: usize) -> Result<Id> {
        let count = i64::try_from(count).map_err(Error::internal)?;
        Ok(Id(self.inner.ids.draw(count).await?))
    }
}

fn count(images: &[NewImage]) -> Result<i64> {
    Ok(i64::try_from(images.len()).map_err(Error::internal)?)
}

fn registered(images: &[NewImage], first: Id) -> Registered {
    let ids = (first.0..).map(Id);
    Registered { images: images.iter().map(|image| image.name.clone()).zip(ids).collect(), skipped: 0, known: 0 }
}

/// Few enough, and no name twice: the answer could not tell them apart.
fn check_batch<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> Result<()> {
    if names.len() > MAX_IMAGES {
        return Err(too_many(MAX_IMAGES));
    }
    let mut seen = HashSet::with_capacity(names.len());
    for name in names {
        if !seen.insert(name) {
            let message = (format!("Two images are named {name:?}."), format!("图像名“{name}”重复"));
            return Err(Fault::new(Code::NameTwice, message));
        }
    }
    Ok(())
}

/// More than the `most` images that one request may have.
#[must_use]
pub fn too_many(most: usize) -> Fault {
    let message = (
        format!("At most {most} images in one request; send the others in another one."),
        format!("一次最多 {most} 张图像，请分批提交"),
    );
    Fault::new(Code::TooLarge, message)
}

/// What the bytes say about an image.
fn described(placed: &Placed, create_oper: Id) -> Result<NewImage> {
    let Placed { name, received } = placed;
    let facts = &received.facts;
    let kind = ImageType::of_content(&facts.content_type);
    let side = |pixels: Option<u32>| pixels.map(i64::from).filter(|pixels| (1..=MAX_SIDE).contains(pixels));
    let (Some(kind), Some(width), Some(height)) = (kind, side(facts.width), side(facts.height)) else {
        return Err(not_an_image((name.clone(), format!("“{name}”")), &facts.content_type));
    };
    Ok(NewImage {
        name: name.clone(),
        kind,
        size: i64::try_from(received.size).map_err(Error::internal)?,
        width,
        height,
        create_oper,
        group: None,
        sha256: Some(received.key.as_str().to_owned()),
        source_file: None,
    })
}

/// A body with the bytes of one image.
pub(super) const BODY: (&str, &str) = ("The body", "请求正文");

/// Bytes that are none of the three formats, or whose header can't be read. `what` they are: a name, or [`BODY`].
pub(super) fn not_an_image(what: impl Into<Message>, content_type: &str) -> Fault {
    let Message { en, zh } = what.into();
    let message = (
        format!("{en} is no PNG, JPEG or BMP that can be read (its bytes are {content_type})."),
        format!("{zh}不是可读取的 PNG、JPEG 或 BMP 图像（内容类型为 {content_type}）"),
    );
    Fault::new(Code::ImageType, message)
}
