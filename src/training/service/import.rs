//! Importing the image files of a tag: no byte is copied, however many there are.

use super::{Training, lock_task, store, touch};
use crate::collect::model::{File, Filter, Order};
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::paging::MAX_LIMIT;
use crate::training::model::{ImageType, NewImage, Registered, Result};

impl Training {
    /// Registers the PNG, JPEG and BMP files of a tag that the filter lets through, in upload order,
    /// ready at once. Those that the task has from there already, deleted ones included, are passed
    /// over; other files are counted in [`Registered::skipped`]. One transaction.
    ///
    /// # Errors
    /// 1002; 1003 when there is no such tag.
    pub async fn import(&self, task: Id, tag: &str, filter: &Filter) -> Result<Registered> {
        self.find_task(task).await?;
        let tag = self.inner.collect.tag(tag).await?;
        let most = self.inner.collect.totals(&tag, filter).await?.file_count;
        // The tag may grow until the rows are written; what comes behind these ids waits for the next import.
        let first = Id(self.inner.ids.draw(most.max(1)).await?);
        let now = self.inner.clock.now_ms();
        let mut tx = self.inner.db.begin().await?;
        let task = lock_task(&mut tx, task).await?;
        let known = store::images::sources(&mut tx, task.id).await?;
        let room = usize::try_from(most).unwrap_or_default();
        let mut registered = Registered { images: Vec::with_capacity(room), skipped: 0 };
        let mut cursor: Option<String> = None;
        loop {
            let page = self.inner.collect.files(&tag, filter, Order::Oldest, cursor.as_deref(), MAX_LIMIT).await?;
            let before = registered.images.len();
            let mut images = Vec::with_capacity(page.items.len());
            for file in page.items {
                let has_room = ((before + images.len()) as u64) < most.unsigned_abs();
                match described(&file) {
                    None => registered.skipped += 1,
                    Some(image) if has_room && !known.contains(&file.id) => images.push(image),
                    Some(_) => {}
                }
            }
            let place = i64::try_from(before).map_err(Error::internal)?;
            let (first, first_order) = (Id(first.0 + place), task.last_order_id + 1 + place);
            store::images::insert(&mut tx, task.id, &images, first, first_order, now).await?;
            registered.images.extend(images.into_iter().map(|image| image.name).zip((first.0..).map(Id)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let count = i64::try_from(registered.images.len()).map_err(Error::internal)?;
        store::tasks::set_last_order(&mut tx, task.id, task.last_order_id + count).await?;
        touch(&mut tx, task.id, count > 0).await?;
        self.make_folder(task.id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        Ok(registered)
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
