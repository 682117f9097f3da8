//! Importing the image files of a tag: no byte is copied, however many there are.

use super::{Training, classes, lock_task, store, touch};
use crate::collect::model::{File, Filter, Order, Tag};
use crate::platform::db::Tx;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::paging::MAX_LIMIT;
use crate::training::model::{ImageType, NewImage, Registered, Result, Target, Task};

impl Training {
    /// [`Self::send`] to a task that is there.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn import(&self, task: Id, tag: &str, filter: &Filter) -> Result<Registered> {
        Ok(self.send(Target::Task(task), tag, filter).await?.1)
    }

    /// Registers the PNG, JPEG and BMP files of a tag that the filter lets through, in upload order,
    /// ready at once. Those that the task has from there already, deleted ones included, are counted in
    /// [`Registered::known`], other files in [`Registered::skipped`]. One transaction, in which a new
    /// task is made, too. The task's id.
    ///
    /// # Errors
    /// 1002; 1003 when there is no such tag; those of [`Self::create_task`] for a new one.
    pub async fn send(&self, target: Target, tag: &str, filter: &Filter) -> Result<(Id, Registered)> {
        let id = match &target {
            Target::Task(id) => self.find_task(*id).await?.id,
            Target::New(new) => self.id_of(new).await?,
        };
        let tag = self.inner.collect.tag(tag).await?;
        let most = self.inner.collect.totals(&tag, filter).await?.file_count;
        // The tag may grow until the rows are written; what comes behind these ids waits for the next import.
        let first = Id(self.inner.ids.draw(most.max(1)).await?);
        let mut tx = self.inner.db.begin().await?;
        if let Target::New(new) = &target {
            classes::check_names(&new.classes)?;
            self.insert_task(&mut tx, id, new).await?;
        }
        let task = lock_task(&mut tx, id).await?;
        let registered = self.register_files(&mut tx, &task, &tag, filter, first, most).await?;
        let count = i64::try_from(registered.images.len()).map_err(Error::internal)?;
        store::tasks::set_last_order(&mut tx, id, task.last_order_id + count).await?;
        touch(&mut tx, id, count > 0).await?;
        self.make_folder(id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        Ok((id, registered))
    }

    /// Writes the rows of at most `most` files, whose ids begin at `first`.
    async fn register_files(
        &self,
        tx: &mut Tx,
        task: &Task,
        tag: &Tag,
        filter: &Filter,
        first: Id,
        most: i64,
    ) -> Result<Registered> {
        let now = self.inner.clock.now_ms();
        let known = store::images::sources(tx, task.id).await?;
        let room = usize::try_from(most).unwrap_or_default();
        let mut registered = Registered { images: Vec::with_capacity(room), ..Registered::default() };
        let mut cursor: Option<String> = None;
        loop {
            let page = self.inner.collect.files(tag, filter, Order::Oldest, cursor.as_deref(), MAX_LIMIT).await?;
            let before = registered.images.len();
            let mut images = Vec::with_capacity(page.items.len());
            for file in page.items {
                match described(&file) {
                    None => registered.skipped += 1,
                    Some(_) if known.contains(&file.id) => registered.known += 1,
                    Some(image) if before + images.len() < room => images.push(image),
                    Some(_) => {}
                }
            }
            let place = i64::try_from(before).map_err(Error::internal)?;
            let (first, first_order) = (Id(first.0 + place), task.last_order_id + 1 + place);
            store::images::insert(tx, task.id, &images, first, first_order, now).await?;
            registered.images.extend(images.into_iter().map(|image| image.name).zip((first.0..).map(Id)));
            cursor = page.next;
            if cursor.is_none() {
                return Ok(registered);
            }
        }
    }
}

/// The image that a file becomes; `None` for what is no PNG, JPEG or BMP with a size.
fn described(file: &File) -> Option<NewImage> {
    Some(NewImage {
        name: file.name.clone(),
        kind: ImageType::of_content(&file.content_type)?,
        size: file.size,
        width: i64::from(file.width?),
        height: i64::from(file.height?),
        // Nobody registered it by hand.
        create_oper: Id(0),
        group: None,
        sha256: Some(file.sha256.clone()),
        source_file: Some(file.id),
    })
}
