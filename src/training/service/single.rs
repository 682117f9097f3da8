//! One image with all that its page tells: where it comes from, what is annotated, and its neighbours.

use super::{Training, store};
use crate::collect::model::File;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::training::model::annotation::{self, Object, Size};
use crate::training::model::{Fault, Image, LabelClass, Part, Result, Shelf, Task};

/// An image of a task, living or deleted.
#[derive(Debug, Clone)]
pub struct Single {
    pub task: Task,
    pub image: Image,
    /// What a split must not part it from.
    pub group: Option<String>,
    /// The file of a tag that it was imported from, as long as that is there.
    pub source: Option<File>,
    pub objects: Vec<Object>,
    pub classes: Vec<LabelClass>,
    pub parts: Vec<Part>,
    /// The images before and behind it in the list.
    pub before: Option<Id>,
    pub after: Option<Id>,
}

impl Training {
    /// An image of this task; its neighbours are those of the list `among`, for a deleted one the deleted.
    ///
    /// # Errors
    /// 1002; 1003.
    pub async fn single(&self, task: Id, id: Id, among: Shelf) -> Result<Single> {
        let db = &self.inner.db;
        let task = self.find_task(task).await?;
        let image = store::images::find(db, id).await?.filter(|image| image.task_id == task.id);
        let image = image.ok_or_else(|| Fault::no_image(id))?;
        let among = match (image.is_deleted, among) {
            (true, _) => Shelf::Deleted,
            (false, Shelf::Deleted) => Shelf::All,
            (false, among) => among,
        };
        let (group, source) = store::images::origin(db, id).await?;
        let source = match source {
            Some(file) => self.source(file).await?,
            None => None,
        };
        let objects = match self.kept_annotation(id).await? {
            Some(kept) => annotation::objects(&kept, Size::of(image.width, image.height))?,
            None => Vec::new(),
        };
        let classes = store::classes::of_tasks(db, &[task.id]).await?;
        let classes = classes.into_iter().map(|(_, class)| class).collect();
        let mut parts = Vec::new();
        for part in [Part::Roi, Part::Mask, Part::Dl] {
            if store::parts::find(db, &image, part).await?.is_some() {
                parts.push(part);
            }
        }
        let (before, after) = store::images::neighbours(db, &image, among).await?;
        Ok(Single { task, image, group, source, objects, classes, parts, before, after })
    }

    async fn source(&self, file: Id) -> Result<Option<File>> {
        match self.inner.collect.file(file).await {
            Ok(file) => Ok(Some(file)),
            Err(Error::NotFound(_) | Error::Gone(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
