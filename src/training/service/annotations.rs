//! Annotations, states and groups of single images.

use tokio::task::spawn_blocking;

use super::{Training, store, touch};
use crate::platform::blobs::{BlobKey, Received};
use crate::platform::error::{Error, Thing};
use crate::platform::ids::Id;
use crate::training::model::annotation::{self, Checked, Frame, MAX_INLINE};
use crate::training::model::{Code, Fault, Image, LabelClass, Result, State};
use crate::training::store::annotations::Place;
use crate::training::store::blobs::Thumbnail;

impl Training {
    /// Puts an annotation in the place of the one that may be there; the image's state becomes 2.
    ///
    /// Runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// 1002; 1003; 1016 while the bytes aren't in; 1001 for a document that isn't one, an unknown class
    /// or a box outside of the picture.
    pub async fn annotate(&self, image: Id, sent: Vec<u8>) -> Result<()> {
        let training = self.clone();
        tokio::spawn(async move { training.put_annotation(image, sent).await }).await.map_err(Error::internal)?
    }

    async fn put_annotation(&self, id: Id, sent: Vec<u8>) -> Result<()> {
        let image = self.find_image(id).await?;
        check_ready(&image)?;
        let classes = store::classes::of_tasks(&self.inner.db, &[image.task_id]).await?;
        let draft = check(&image, sent, classes.into_iter().map(|(_, class)| class).collect()).await?;
        let doc = &draft.checked.doc;
        if doc.len() <= MAX_INLINE {
            let released = self.commit_annotation(id, draft, None).await?;
            return self.release(released).await;
        }
        let mut incoming = self.begin(Some(doc.len() as u64))?;
        incoming.write(doc.as_bytes()).await.map_err(Error::from)?;
        let held = self.inner.collect.hold_bytes().await;
        let received = self.place(incoming).await?;
        let committed = self.commit_annotation(id, draft, Some(&received)).await;
        drop(held);
        match committed {
            Ok(released) => self.release(released.filter(|old| old != received.key.as_str())).await,
            Err(fault) => {
                self.inner.collect.discard(&received.key).await?;
                Err(fault)
            }
        }
    }

    /// Writes a checked document, `large` where it is a blob. The blob of the document before, which
    /// nothing here names any more.
    ///
    /// Others wait as long as this takes, so the document is checked once more only when the classes
    /// aren't those it was checked against.
    async fn commit_annotation(&self, id: Id, draft: Draft, large: Option<&Received>) -> Result<Option<String>> {
        let now = self.inner.clock.now_ms();
        let (mut tx, image) = self.open_image(id).await?;
        check_ready(&image)?;
        let classes = store::classes::list(&mut tx, image.task_id).await?;
        let checked = if classes == draft.classes {
            draft.checked
        } else {
            let again = check(&image, draft.sent, classes).await?.checked;
            if large.is_some() && again.doc != draft.checked.doc {
                return Err(changed_meanwhile());
            }
            again
        };
        let old = store::annotations::blob(&mut tx, id).await?;
        let place = match large {
            None => Place::Row(checked.doc),
            Some(received) => {
                store::blobs::insert(&mut tx, received, Thumbnail::Never, now).await?;
                Place::Blob(received.key.as_str().to_owned())
            }
        };
        store::annotations::put(&mut tx, &image, place, &checked.classes, checked.top_class, now).await?;
        store::images::set_state(&mut tx, &image, State::Annotated).await?;
        touch(&mut tx, image.task_id, false).await?;
        tx.commit().await?;
        Ok(old)
    }

    /// Removes bytes that a row named until now.
    pub(super) async fn release(&self, sha256: Option<String>) -> Result<()> {
        let Some(key) = sha256.as_deref().and_then(BlobKey::parse) else {
            return Ok(());
        };
        if let Err(error) = self.inner.collect.release(&key).await {
            tracing::warn!(blob = %key, %error, "the bytes of a replaced document stay as an orphan");
        }
        Ok(())
    }

    /// The annotation of an image: its `mongo_id`, and the JSON document as it was sent.
    ///
    /// # Errors
    /// 1002; 1003, also when there is none.
    pub async fn annotation(&self, id: Id) -> Result<(String, String)> {
        let image = self.find_image(id).await?;
        let none =
            || Fault::new(Code::NotHere, (format!("Image {id} has no annotation."), format!("图像 {id} 没有标注")));
        let kept = self.kept_annotation(id).await?.ok_or_else(none)?;
        let classes = store::classes::of_tasks(&self.inner.db, &[image.task_id]).await?;
        let classes: Vec<_> = classes.into_iter().map(|(_, class)| class).collect();
        Ok((annotation::mongo_id(image.create_time, id), annotation::render(&kept, &classes)?))
    }

    /// The document of an image as it is kept.
    pub(super) async fn kept_annotation(&self, id: Id) -> Result<Option<String>> {
        Ok(match store::annotations::find(&self.inner.db, id).await? {
            Some(Place::Row(doc)) => Some(doc),
            Some(Place::Blob(sha256)) => Some(self.read_text(&sha256).await?),
            None => None,
        })
    }

    /// A blob of text, in memory.
    async fn read_text(&self, sha256: &str) -> Result<String> {
        let path = self.blobs().layout().blob(&BlobKey::parse(sha256).ok_or(Error::NotFound(Thing::Blob))?);
        let read = spawn_blocking(move || std::fs::read_to_string(path));
        Ok(read.await.map_err(Error::internal)?.map_err(Error::from)?)
    }

    /// Sets how far an image has come.
    ///
    /// # Errors
    /// 1002; 1003; 1016 while the bytes aren't in.
    pub async fn set_state(&self, id: Id, state: State) -> Result<()> {
        let (mut tx, image) = self.open_image(id).await?;
        check_ready(&image)?;
        store::images::set_state(&mut tx, &image, state).await?;
        touch(&mut tx, image.task_id, false).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sets what an image must not be parted from by a split; `None` takes it away.
    ///
    /// # Errors
    /// 1002; 1003.
    pub async fn set_group(&self, id: Id, group: Option<&str>) -> Result<()> {
        let (mut tx, image) = self.open_image(id).await?;
        store::images::set_group(&mut tx, &image, group).await?;
        touch(&mut tx, image.task_id, false).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A document, and the classes that it was checked against.
struct Draft {
    sent: Vec<u8>,
    classes: Vec<LabelClass>,
    checked: Checked,
}

/// Checks a document, on a thread that may take its time: a large one takes a good while.
async fn check(image: &Image, sent: Vec<u8>, classes: Vec<LabelClass>) -> Result<Draft> {
    let (width, height) = (image.width, image.height);
    let checking = spawn_blocking(move || {
        let checked = annotation::check(&sent, Frame { width, height, classes: &classes })?;
        Ok(Draft { sent, classes, checked })
    });
    checking.await.map_err(Error::internal)?
}

fn changed_meanwhile() -> Fault {
    let message = ("The label classes changed meanwhile; send it again.", "标签类刚被修改，请重新提交");
    Error::Unavailable(message.into()).into()
}

/// Nothing can be said of an image whose bytes aren't in.
pub(super) fn check_ready(image: &Image) -> Result<()> {
    if image.state != State::Uploading {
        return Ok(());
    }
    let id = image.id;
    let message = (format!("The bytes of image {id} are not in yet."), format!("图像 {id} 的内容尚未上传"));
    Err(Fault::new(Code::WrongState, message))
}
