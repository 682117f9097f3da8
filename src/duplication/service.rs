//! Copying a task in one transaction, and telling what the copy holds.
//!
//! What always holds: a copy is there as a whole or not at all; no byte of an image is copied; and
//! neither task sees what later becomes of the other.

use super::model::{Blocks, Copied, CopiedClass, CopiedImage, IDS_PER_IMAGE, TaskRow};
use super::store::{self, ImageRow};
use crate::platform::clock::Clock;
use crate::platform::db::{Db, Tx};
use crate::platform::error::Error;
use crate::platform::ids::{Id, Ids};
use crate::training::model::{Code, Fault, Result, Set, State, annotation};
use crate::training::service::Training;

/// Images that are told at a time.
const PAGE: u32 = 1000;

/// Copying tasks; cheap to clone.
#[derive(Clone)]
pub struct Duplication {
    db: Db,
    ids: Ids,
    clock: Clock,
    training: Training,
}

impl Duplication {
    /// Over the tasks of `training`.
    #[must_use]
    pub fn new(db: Db, ids: Ids, clock: Clock, training: Training) -> Self {
        Self { db, ids, clock, training }
    }

    /// Copies the task `old` into `new`, which doesn't exist yet or never had an image.
    ///
    /// Runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// 1002 when there is no task `old`; 1005 when `new` is taken.
    pub async fn duplicate(&self, old: Id, new: Id) -> Result<Copied> {
        let own = self.clone();
        tokio::spawn(async move { own.copy(old, new).await }).await.map_err(Error::internal)?
    }

    /// Copies the task `old` into one with an id of its own.
    ///
    /// # Errors
    /// 1002.
    pub async fn duplicate_afresh(&self, old: Id) -> Result<Copied> {
        self.training.find_task(old).await?;
        self.duplicate(old, Id(self.ids.draw(1).await?)).await
    }

    async fn copy(&self, old: Id, new: Id) -> Result<Copied> {
        loop {
            let source = self.training.find_task(old).await?;
            if old == new {
                return Err(taken(new));
            }
            // Ids are drawn before: a block is a transaction of its own.
            let (images, classes) = (source.last_order_id, source.last_class_no);
            let first_image = self.ids.draw(IDS_PER_IMAGE * images).await?;
            let first_class = self.training.draw_class_ids(classes).await?;
            let blocks = Blocks { first_image, images, first_class, classes };
            if let Some(copied) = self.try_copy(old, new, &blocks).await? {
                self.training.wake().notify_one();
                return Ok(copied);
            }
        }
    }

    /// Copies with these ids; `None` when the task has grown past them meanwhile.
    async fn try_copy(&self, old: Id, new: Id, blocks: &Blocks) -> Result<Option<Copied>> {
        let now = self.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let (source, is_free) = lock_both(&mut tx, old, new, now).await?;
        let source = source.filter(|source| !source.is_deleted).ok_or_else(|| Fault::no_task(old))?;
        if !blocks.suffice(&source) {
            return Ok(None);
        }
        if !is_free {
            return Err(taken(new));
        }
        store::copy_classes(&mut tx, old, new, blocks, now).await?;
        let images = store::copy_images(&mut tx, old, blocks, now).await?;
        store::copy_places(&mut tx, old, new, blocks).await?;
        store::copy_parts(&mut tx, new, now).await?;
        store::copy_annotations(&mut tx, blocks).await?;
        store::finish(&mut tx, &source, new, images).await?;
        self.training.make_folder(new).await?;
        tx.commit().await?;
        Ok(Some(Copied { task_id: new, task_type: source.task_type, images }))
    }

    /// The next images of a copy behind `after`; none at the end.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn images(&self, copied: &Copied, after: i64) -> Result<Vec<CopiedImage>> {
        let rows = store::images(&self.db, copied.task_id, after, copied.images, PAGE).await?;
        Ok(rows.into_iter().map(|row| self.told(row)).collect())
    }

    /// The label classes of a copy.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn classes(&self, copied: &Copied) -> Result<Vec<CopiedClass>> {
        Ok(store::classes(&self.db, copied.task_id).await?)
    }

    fn told(&self, row: ImageRow) -> CopiedImage {
        CopiedImage {
            set_type: Set::of_stored(row.set_id).code(self.training.set_codes()),
            name: row.name,
            id: row.img_id,
            width: row.width,
            height: row.height,
            state: State::of(row.state).unwrap_or(State::Uploading).text(),
            order_id: row.order_id,
            mongo_id: row.is_annotated.then(|| annotation::mongo_id(row.create_time, row.img_id)),
        }
    }
}

/// Locks both rows, always in the order of their ids: two copies never wait for each other in a circle.
/// The source, and whether the copy may go into `new`.
async fn lock_both(tx: &mut Tx, old: Id, new: Id, now: i64) -> Result<(Option<TaskRow>, bool)> {
    if old < new {
        let source = store::lock(tx, old).await?;
        return Ok((source, claim(tx, old, new, now).await?));
    }
    let is_free = claim(tx, old, new, now).await?;
    Ok((store::lock(tx, old).await?, is_free))
}

/// Locks the task `new`, making it where there is none; false when it can't take a copy.
async fn claim(tx: &mut Tx, old: Id, new: Id, now: i64) -> Result<bool> {
    match store::lock(tx, new).await? {
        Some(target) => Ok(!target.is_deleted && target.last_order_id == 0),
        None => Ok(store::insert_task(tx, old, new, now).await?),
    }
}

fn taken(id: Id) -> Fault {
    let en =
        format!("There is or was a task {id}, and it is deleted or has had images: name a new one or an empty one.");
    let zh = format!("任务 {id} 已存在，且已删除或已有图像；请指定新的或空的任务");
    Fault::new(Code::Exists, (en, zh))
}
