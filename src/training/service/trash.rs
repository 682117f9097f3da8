//! Logical delete of images and back (seed 000 part 2), atomic over the whole list.

use std::collections::HashMap;

use super::{Training, lock_task, store, touch};
use crate::platform::ids::Id;
use crate::training::model::{Code, Fault, Result};

impl Training {
    /// Deletes images logically.
    ///
    /// # Errors
    /// 1002; 1003 when one isn't in the task or is deleted already: then none is deleted.
    pub async fn delete_images(&self, task: Id, ids: Vec<Id>) -> Result<()> {
        self.set_deleted(task, ids, true).await
    }

    /// Brings deleted images back with their set, state and order. Living ones stay as they are.
    ///
    /// # Errors
    /// 1002; 1003 when one isn't in the task: then none comes back.
    pub async fn restore_images(&self, task: Id, ids: Vec<Id>) -> Result<()> {
        self.set_deleted(task, ids, false).await
    }

    async fn set_deleted(&self, task: Id, mut ids: Vec<Id>, is_deleted: bool) -> Result<()> {
        ids.sort_unstable();
        ids.dedup();
        let mut tx = self.inner.db.begin().await?;
        lock_task(&mut tx, task).await?;
        let known: HashMap<Id, bool> = store::images::known(&mut tx, task, &ids).await?.into_iter().collect();
        let is_fine = |id: &Id| known.get(id).is_some_and(|was_deleted| !(is_deleted && *was_deleted));
        if let Some(id) = ids.iter().find(|id| !is_fine(id)) {
            return Err(not_in_task(*id, task));
        }
        store::images::set_deleted(&mut tx, &ids, is_deleted).await?;
        touch(&mut tx, task, true).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        Ok(())
    }
}

fn not_in_task(id: Id, task: Id) -> Fault {
    let message = (
        format!("Task {task} has no image {id}; none of the images was changed."),
        format!("任务 {task} 中没有图像 {id}，未更改任何图像"),
    );
    Fault::new(Code::NotHere, message)
}
