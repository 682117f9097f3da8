//! What pages look at: images a page at a time, thumbnails, relatives, and the tags one may import.

use super::{Training, store};
use crate::collect::model::cursor::Cursor;
use crate::collect::model::{Filter, Name, Page, TagQuery, Totals};
use crate::collect::service::Picture;
use crate::platform::ids::Id;
use crate::platform::paging::{check_limit, cut};
use crate::training::model::{Fault, Image, Relatives, Result, Shelf, Task};

/// Copies that are named beside a task.
const COPIES: u32 = 12;

impl Training {
    /// Images of a task by `order_id`, a page at a time.
    ///
    /// # Errors
    /// 1001 for a limit or cursor that isn't one.
    pub async fn images(&self, id: Id, which: Shelf, cursor: Option<&str>, limit: u32) -> Result<Page<Image>> {
        check_limit(limit)?;
        let after = Cursor::key(cursor)?.unwrap_or(0);
        let mut items = store::images::page(&self.inner.db, id, which, after, limit + 1).await?;
        let is_more = cut(&mut items, limit);
        let last = items.last().filter(|_| is_more);
        let next = last.map(|image| Cursor::Number { key: image.order_id, tie: 0 }.encode());
        Ok(Page { items, next })
    }

    /// The newest images of a task, for its card.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn newest_images(&self, task: Id, n: u32) -> Result<Vec<Id>> {
        Ok(store::images::newest(&self.inner.db, task, n).await?)
    }

    /// What shows an image of this task, a deleted one too, so that people see what they restore.
    ///
    /// # Errors
    /// 1002; 1003, also while its bytes aren't in.
    pub async fn thumbnail_in(&self, task: Id, id: Id) -> Result<(Picture, String)> {
        let task = self.find_task(task).await?;
        let image = store::images::find(&self.inner.db, id).await?.filter(|image| image.task_id == task.id);
        let image = image.ok_or_else(|| Fault::no_image(id))?;
        let sha256 = image.sha256.ok_or_else(|| Fault::no_image(id))?;
        Ok((self.inner.collect.picture_of(&sha256, image.kind.content_type()).await?, sha256))
    }

    /// What a task was copied from, and the newest of its copies.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn relatives(&self, task: &Task) -> Result<Relatives> {
        let source = match task.copied_from {
            Some(id) => Some((id, store::tasks::find(&self.inner.db, id).await?.map(|source| source.name))),
            None => None,
        };
        Ok(Relatives { source, copies: store::tasks::copies(&self.inner.db, task.id, COPIES).await? })
    }

    /// The newest tasks, to choose one.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn newest_tasks(&self, limit: u32) -> Result<Vec<Task>> {
        Ok(store::tasks::list(&self.inner.db, None, None, limit).await?)
    }

    /// The names of the tags that changed last, to choose from.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn known_tags(&self, limit: u32) -> Result<Vec<String>> {
        let page = self.inner.collect.tags(&TagQuery { limit, ..TagQuery::default() }).await?;
        Ok(page.items.into_iter().map(|tag| tag.name).collect())
    }

    /// The name of the tag as it is written here.
    ///
    /// # Errors
    /// 1001 for what can't be a tag; `NotFound` when there is none of that name.
    pub async fn find_tag(&self, name: &str) -> Result<String> {
        Ok(self.files_of(name, &Filter::default()).await?.0)
    }

    /// The name of the tag as it is written here, with how many of its files a filter lets through.
    ///
    /// # Errors
    /// As [`Self::find_tag`]; 1001 for a selection that is too large.
    pub async fn files_of(&self, name: &str, filter: &Filter) -> Result<(String, Totals)> {
        let name = Name::new(name).map_err(|error| error.of("tag"))?;
        let tag = self.inner.collect.tag(name.as_str()).await?;
        let totals = self.inner.collect.totals(&tag, filter).await?;
        Ok((tag.name, totals))
    }
}
