//! Annotations, states and groups of single images.

use ring::digest::{self, Context, Digest, SHA256};
use tokio::task::spawn_blocking;

use super::{Training, store, touch};
use crate::platform::blobs::{BlobKey, Received};
use crate::platform::error::{Error, Thing};
use crate::platform::ids::Id;
use crate::platform::web::lang::Lang;
use crate::platform::web::preconditions::{Current, Preconditions};
use crate::training::model::annotation::{self, Checked, Frame, MAX_INLINE};
use crate::training::model::fault::Standing;
use crate::training::model::{Code, Fault, Image, LabelClass, Result, State};
use crate::training::store::annotations::{Kept, Place};
use crate::training::store::blobs::Thumbnail;

impl Training {
    /// Puts an annotation in the place of the one that may be there; the image's state becomes 2.
    ///
    /// # Errors
    /// As [`Self::annotate_if`].
    pub async fn annotate(&self, image: Id, sent: Vec<u8>) -> Result<()> {
        self.annotate_if(image, sent, Preconditions::default()).await.map(drop)
    }

    /// The same where `conditions` hold of what stands there, asked in the transaction that writes. The entity tag of
    /// what stands there now.
    ///
    /// Runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// 1002; 1003; 1016 while the bytes aren't in; 1001 for a document that isn't one, an unknown class
    /// or a box outside of the picture; 1017 with what stands there where the conditions don't hold.
    pub async fn annotate_if(&self, image: Id, sent: Vec<u8>, conditions: Preconditions) -> Result<String> {
        let training = self.clone();
        let putting = tokio::spawn(async move { training.put_annotation(image, sent, &conditions).await });
        putting.await.map_err(Error::internal)?
    }

    async fn put_annotation(&self, id: Id, sent: Vec<u8>, conditions: &Preconditions) -> Result<String> {
        let image = self.find_image(id).await?;
        check_ready(&image)?;
        let classes = store::classes::of_tasks(&self.inner.db, &[image.task_id]).await?;
        let draft = check(&image, sent, classes.into_iter().map(|(_, class)| class).collect()).await?;
        let doc = &draft.checked.doc;
        if doc.len() <= MAX_INLINE {
            let (released, etag) = self.commit_annotation(id, draft, None, conditions).await?;
            self.release(released).await?;
            return Ok(etag);
        }
        let mut incoming = self.begin(Some(doc.len() as u64))?;
        incoming.write(doc.as_bytes()).await.map_err(Error::from)?;
        let held = self.inner.collect.hold_bytes().await;
        let received = self.place(incoming).await?;
        let committed = self.commit_annotation(id, draft, Some(&received), conditions).await;
        drop(held);
        match committed {
            Ok((released, etag)) => {
                self.release(released.filter(|old| old != received.key.as_str())).await?;
                Ok(etag)
            }
            Err(fault) => {
                self.inner.collect.discard(&received.key).await?;
                Err(fault)
            }
        }
    }

    /// Writes a checked document, `large` where it is a blob. The blob of the document before, which
    /// nothing here names any more, and the entity tag of this one.
    ///
    /// Others wait as long as this takes, so the document is checked once more only when the classes
    /// aren't those it was checked against.
    async fn commit_annotation(
        &self,
        id: Id,
        draft: Draft,
        large: Option<&Received>,
        conditions: &Preconditions,
    ) -> Result<(Option<String>, String)> {
        let now = self.inner.clock.now_ms();
        let (mut tx, image) = self.open_image(id).await?;
        check_ready(&image)?;
        let classes = store::classes::list(&mut tx, image.task_id).await?;
        let old = store::annotations::find_in(&mut tx, id).await?;
        if !conditions.is_empty() {
            self.check_conditions(&image, old.as_ref(), &classes, conditions).await?;
        }
        let checked = if classes == draft.classes {
            draft.checked
        } else {
            let again = check(&image, draft.sent, classes.clone()).await?.checked;
            if large.is_some() && again.doc != draft.checked.doc {
                return Err(changed_meanwhile());
            }
            again
        };
        let place = match large {
            None => Place::Row(checked.doc),
            Some(received) => {
                store::blobs::insert(&mut tx, received, Thumbnail::Never, now).await?;
                Place::Blob(received.key.as_str().to_owned())
            }
        };
        let new = Kept { place, classes: checked.classes };
        let etag = etag(&new, &classes);
        store::annotations::put(&mut tx, &image, new, checked.top_class, now).await?;
        store::images::set_state(&mut tx, &image, State::Annotated).await?;
        touch(&mut tx, image.task_id, false).await?;
        tx.commit().await?;
        Ok((old.and_then(|old| old.blob().map(str::to_owned)), etag))
    }

    async fn check_conditions(
        &self,
        image: &Image,
        old: Option<&Kept>,
        classes: &[LabelClass],
        conditions: &Preconditions,
    ) -> Result<()> {
        let etag = old.map(|old| etag(old, classes));
        let current = etag.as_deref().map(|etag| Current { etag, modified_at: None });
        let Err(error) = conditions.check(current) else {
            return Ok(());
        };
        let standing = match old {
            Some(old) => Some(self.standing(image, old, classes).await?),
            None => None,
        };
        let message = (error.text(Lang::En), error.text(Lang::Zh)).into();
        Err(Fault::Changed { message, standing: standing.map(Box::new) })
    }

    async fn standing(&self, image: &Image, kept: &Kept, classes: &[LabelClass]) -> Result<Standing> {
        let doc = match &kept.place {
            Place::Row(doc) => annotation::render(doc, classes)?,
            Place::Blob(sha256) => annotation::render(&self.read_text(sha256).await?, classes)?,
        };
        let mongo_id = annotation::mongo_id(image.create_time, image.id);
        Ok(Standing { mongo_id, annotation: doc, etag: etag(kept, classes) })
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

    /// The annotation of an image.
    ///
    /// # Errors
    /// 1002; 1003, also when there is none.
    pub async fn annotation(&self, id: Id) -> Result<Standing> {
        let image = self.find_image(id).await?;
        let none =
            || Fault::new(Code::NotHere, (format!("Image {id} has no annotation."), format!("图像 {id} 没有标注")));
        let kept = store::annotations::find(&self.inner.db, id).await?.ok_or_else(none)?;
        let classes = store::classes::of_tasks(&self.inner.db, &[image.task_id]).await?;
        let classes: Vec<_> = classes.into_iter().map(|(_, class)| class).collect();
        self.standing(&image, &kept, &classes).await
    }

    /// The document of an image as it is kept.
    pub(super) async fn kept_annotation(&self, id: Id) -> Result<Option<String>> {
        Ok(match store::annotations::find(&self.inner.db, id).await?.map(|kept| kept.place) {
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

/// The entity tag of a document: of its bytes, and of the classes that it names, as they are called now.
fn etag(kept: &Kept, classes: &[LabelClass]) -> String {
    let mut digest = Context::new(&SHA256);
    match &kept.place {
        Place::Row(doc) => digest.update(key(digest::digest(&SHA256, doc.as_bytes())).as_str().as_bytes()),
        Place::Blob(sha256) => digest.update(sha256.as_bytes()),
    }
    let named: Vec<&str> = kept.classes.split(',').collect();
    for LabelClass { id, class_no, name, .. } in classes {
        if named.contains(&class_no.to_string().as_str()) {
            digest.update(format!("\n{class_no} {id} {name}").as_bytes());
        }
    }
    format!("\"a-{}\"", &key(digest.finish()).as_str()[..32])
}

fn key(digest: Digest) -> BlobKey {
    BlobKey::from_digest(digest.as_ref().try_into().unwrap_or(&[0; 32]))
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
