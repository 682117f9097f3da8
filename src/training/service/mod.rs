//! The use cases of training tasks. They begin and commit; the API only parses and renders.
//!
//! What always holds: whoever changes a task locks its row first ([`lock_task`]) and counts the change
//! ([`touch`]), so that everybody takes turns per task and kept counts are never stale.

mod annotations;
mod bytes;
mod classes;
mod export;
mod folders;
mod import;
pub mod keeping;
mod looking;
mod parts;
mod register;
mod single;
mod tasks;
mod trash;

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

pub use crate::platform::blobs::Incoming;
pub use bytes::Content;
pub use export::Export;
pub use register::{Placed, too_many};
pub use single::Single;

use super::model::{Counts, Fault, Image, Result, Task};
use super::store;
use crate::collect::service::Collect;
use crate::platform::blobs::Blobs;
use crate::platform::clock::Clock;
use crate::platform::config::SetCodes;
use crate::platform::db::{Db, Tx};
use crate::platform::gate::Gate;
use crate::platform::ids::{Id, Ids};

/// Training tasks; cheap to clone.
#[derive(Clone)]
pub struct Training {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    ids: Ids,
    clock: Clock,
    set_codes: SetCodes,
    collect: Collect,
    counts: Mutex<tasks::KeptCounts>,
    exports: export::Kept,
    /// Wakes the worker that mends image folders; carries no data.
    wake: Arc<Notify>,
}

impl Training {
    /// Over the bytes of `collect`.
    #[must_use]
    pub fn new(db: Db, ids: Ids, clock: Clock, set_codes: SetCodes, collect: Collect) -> Self {
        let (counts, exports, wake) = (Mutex::default(), export::Kept::default(), Arc::default());
        Self { inner: Arc::new(Inner { db, ids, clock, set_codes, collect, counts, exports, wake }) }
    }

    /// Which numbers stand for the sets on the wire.
    #[must_use]
    pub fn set_codes(&self) -> SetCodes {
        self.inner.set_codes
    }

    /// Resolves when there may be image folders to mend.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.inner.wake.clone()
    }

    /// Where whoever wants an archive waits for a turn.
    #[must_use]
    pub fn archives(&self) -> &Gate {
        self.inner.collect.archives()
    }

    fn blobs(&self) -> &Blobs {
        self.inner.collect.blobs()
    }

    /// The living task.
    ///
    /// # Errors
    /// 1002.
    pub async fn find_task(&self, id: Id) -> Result<Task> {
        store::tasks::find(&self.inner.db, id).await?.ok_or_else(|| Fault::no_task(id))
    }

    /// The living image of a living task.
    ///
    /// # Errors
    /// 1003, or 1002 when its task is deleted.
    pub async fn find_image(&self, id: Id) -> Result<Image> {
        let image = store::images::find(&self.inner.db, id).await?.ok_or_else(|| Fault::no_image(id))?;
        self.find_task(image.task_id).await?;
        if image.is_deleted { Err(Fault::no_image(id)) } else { Ok(image) }
    }

    /// Begins a change of an image: its task's row is locked.
    ///
    /// # Errors
    /// As [`Self::find_image`].
    async fn open_image(&self, id: Id) -> Result<(Tx, Image)> {
        let task_id = self.find_image(id).await?.task_id;
        let mut tx = self.inner.db.begin().await?;
        lock_task(&mut tx, task_id).await?;
        let image = store::images::find_in(&mut tx, id).await?;
        let image = image.filter(|image| !image.is_deleted).ok_or_else(|| Fault::no_image(id))?;
        Ok((tx, image))
    }
}

/// Locks a living task until the end of `tx`. Every change of a task begins with it.
///
/// # Errors
/// 1002.
pub async fn lock_task(tx: &mut Tx, id: Id) -> Result<Task> {
    store::tasks::lock(tx, id).await?.ok_or_else(|| Fault::no_task(id))
}

/// Counts a change of a task. `stale`: its image folder may differ from the rows from now on; call
/// `notify_one` of [`Training::wake`] after the commit.
///
/// # Errors
/// When the database can't be written.
pub async fn touch(tx: &mut Tx, task: Id, stale: bool) -> Result<()> {
    Ok(store::tasks::touch(tx, task, stale).await?)
}

/// Living images by set and state; see [`Training::counts`].
type Counted = (Id, i64, Counts);
