//! Into the trash, back out of it, and out of it for ever.

use super::{Collect, files, restore, store, turns};
use crate::collect::model::cursor::Cursor;
use crate::collect::model::{File, Filter, Page, Tag, Totals, Trashed};
use crate::collect::store::commit::TagChange;
use crate::platform::blobs::BlobKey;
use crate::platform::db::Tx;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::paging::check_limit;
use crate::platform::web::preconditions::{Current, Preconditions};

/// How many rows a transaction takes at a time, so that uploads get their turn in between.
const STEP: u32 = 500;

/// The letter of the trash in cursors.
const LIST: char = 'd';

impl Collect {
    /// Puts one file in the trash. One that lies there already stays.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_file(&self, id: Id) -> Result<File> {
        self.delete_file_if(id, &Preconditions::default()).await
    }

    /// The same, if it is what the request presumes.
    ///
    /// # Errors
    /// `NotFound`; `PreconditionFailed`.
    pub async fn delete_file_if(&self, id: Id, conditions: &Preconditions) -> Result<File> {
        let file = self.file(id).await?;
        turns::take(|| self.try_delete(&file, conditions)).await?;
        self.file(id).await
    }

    async fn try_delete(&self, file: &File, conditions: &Preconditions) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        store::trash::lock_tag(&mut tx, file.tag_id).await?;
        if !conditions.is_empty() {
            // As it is under the lock. In the trash it is still what it was: a repeated request finds its success.
            let now = store::commit::find(&mut tx, file.id).await?;
            let current = Current { etag: &now.etag(), modified_at: Some(now.created_at) };
            conditions.check(Some(current))?;
        }
        let filter = Filter { ids: Some(vec![file.id]), ..Filter::default() };
        self.bury_in(&mut tx, file.tag_id, &filter).await?;
        tx.commit().await
    }

    /// Puts a selection, or all that a filter lets through, in the trash.
    ///
    /// # Errors
    /// `Invalid` for a selection that is too large.
    pub async fn delete_files(&self, tag: &Tag, filter: &Filter) -> Result<Trashed> {
        files::check_ids(filter)?;
        self.bury(tag.id, filter, false).await
    }

    /// Puts a tag with all its files in the trash; it comes back with the first file that does.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_tag(&self, name: &str) -> Result<Trashed> {
        let tag = self.tag(name).await?;
        self.bury(tag.id, &Filter::default(), true).await
    }

    async fn bury(&self, tag: Id, filter: &Filter, with_tag: bool) -> Result<Trashed> {
        turns::take(|| self.try_bury(tag, filter, with_tag)).await
    }

    async fn try_bury(&self, tag: Id, filter: &Filter, with_tag: bool) -> Result<Trashed> {
        let mut tx = self.inner.db.begin().await?;
        store::trash::lock_tag(&mut tx, tag).await?;
        let trashed = self.bury_in(&mut tx, tag, filter).await?;
        if with_tag {
            store::trash::delete_tag(&mut tx, tag, trashed.batch).await?;
        }
        tx.commit().await?;
        Ok(trashed)
    }

    /// The same within a transaction that has locked the tag.
    pub(super) async fn bury_in(&self, tx: &mut Tx, tag: Id, filter: &Filter) -> Result<Trashed> {
        let now = self.inner.clock.now_ms();
        let batch = store::trash::free_batch(tx, tag, now).await?;
        let change = store::trash::bury(tx, tag, filter, batch).await?;
        if change.files != 0 {
            let change = TagChange { tag, change, last_seq: None, begins_anew: false };
            store::commit::change_tags(tx, &[change], now).await?;
        }
        Ok(Trashed { count: change.files.unsigned_abs(), batch })
    }

    /// Brings one file back; under `name (2).ext` where its name is taken by now.
    ///
    /// # Errors
    /// `NotFound`; `OverQuota`.
    pub async fn restore_file(&self, id: Id) -> Result<File> {
        self.file(id).await?;
        self.restore_files(&[id]).await?;
        self.file(id).await
    }

    /// Brings back what went to the trash in one go, the tag itself included.
    ///
    /// # Errors
    /// `NotFound` when there is no such batch any more; `OverQuota`.
    pub async fn restore_batch(&self, tag: &str, batch: i64) -> Result<u64> {
        let tag = store::trash::find_tag(&self.inner.db, tag).await?.ok_or(Error::NotFound(Thing::Tag))?;
        turns::take(|| self.try_restore_batch(tag, batch)).await
    }

    async fn try_restore_batch(&self, tag: Id, batch: i64) -> Result<u64> {
        let mut tx = self.inner.db.begin().await?;
        store::trash::lock_tag(&mut tx, tag).await?;
        let ids = store::trash::batch(&mut tx, tag, batch).await?;
        let is_tag_in_it = store::trash::restore_tag(&mut tx, tag, batch).await?;
        if ids.is_empty() && !is_tag_in_it {
            return Err(Error::NotFound(Thing::File));
        }
        let restored = restore::restore(&mut tx, &ids, self.total_quota(), self.inner.clock.now_ms()).await?;
        tx.commit().await?;
        Ok(restored)
    }

    /// How long a file stays restorable, in days.
    #[must_use]
    pub fn trash_keep_days(&self) -> i64 {
        i64::try_from(self.inner.config.trash.keep.as_secs() / 86_400).unwrap_or(i64::MAX)
    }

    /// Brings these files back. How many lay in the trash.
    ///
    /// # Errors
    /// `OverQuota`, or when the database can't be written; then none came back.
    pub async fn restore_files(&self, ids: &[Id]) -> Result<u64> {
        turns::take(|| self.try_restore(ids)).await
    }

    async fn try_restore(&self, ids: &[Id]) -> Result<u64> {
        let mut tx = self.inner.db.begin().await?;
        let restored = restore::restore(&mut tx, ids, self.total_quota(), self.inner.clock.now_ms()).await?;
        tx.commit().await?;
        Ok(restored)
    }

    /// The trash, last deleted first.
    ///
    /// # Errors
    /// `Invalid` for a limit or cursor that isn't one.
    pub async fn trash(&self, cursor: Option<&str>, limit: u32) -> Result<Page<File>> {
        check_limit(limit)?;
        let after = cursor.map(|text| Cursor::decode_in(text, LIST)).transpose()?;
        let mut items = store::trash::list(&self.inner.db, after.as_ref(), limit + 1).await?;
        let is_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| is_more).map(|file| {
            let key = file.deleted_at.unwrap_or_default();
            Cursor::Number { key, tie: file.id.0 }.encode_in(LIST)
        });
        Ok(Page { items, next })
    }

    /// Files and bytes in the trash.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn trash_totals(&self) -> Result<Totals> {
        store::trash::totals(&self.inner.db).await
    }

    /// Removes these files (`None`: all that lie in the trash) for ever. How many.
    ///
    /// # Errors
    /// When database or disk can't be written; what was removed until then is gone.
    pub async fn purge(&self, ids: Option<&[Id]>) -> Result<u64> {
        match ids {
            None => self.purge_before(i64::MAX).await,
            Some(ids) => {
                let mut purged = 0;
                for step in ids.chunks(STEP as usize) {
                    purged += self.purge_step(step).await?;
                }
                Ok(purged)
            }
        }
    }

    /// Removes what has lain in the trash for longer than `trash.keep`. How many.
    ///
    /// # Errors
    /// As [`Self::purge`].
    pub async fn purge_expired(&self) -> Result<u64> {
        let keep = i64::try_from(self.inner.config.trash.keep.as_millis()).unwrap_or(i64::MAX);
        self.purge_before(self.inner.clock.now_ms().saturating_sub(keep)).await
    }

    async fn purge_before(&self, before: i64) -> Result<u64> {
        let mut purged = 0;
        loop {
            let ids = store::trash::expired(&self.inner.db, before, STEP).await?;
            let gone = self.purge_step(&ids).await?;
            purged += gone;
            if gone == 0 {
                return Ok(purged);
            }
        }
    }

    async fn purge_step(&self, ids: &[Id]) -> Result<u64> {
        let _alone = self.inner.placing.write().await;
        let (count, unused) = turns::take(|| self.purge_rows(ids)).await?;
        // The rows are gone first: a crash here leaves orphans, never a row without bytes.
        let blobs = self.inner.blobs.clone();
        let remove = move || blobs.remove_all(&unused);
        tokio::task::spawn_blocking(remove).await.map_err(Error::internal)??;
        Ok(count)
    }

    async fn purge_rows(&self, ids: &[Id]) -> Result<(u64, Vec<BlobKey>)> {
        let mut tx = self.inner.db.begin().await?;
        let purged = store::trash::purge(&mut tx, ids).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
