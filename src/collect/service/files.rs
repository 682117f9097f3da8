//! Looking: tags, files, their neighbours and facts.

use std::ops::Range;

use super::{Collect, MAX_IDS, store};
use crate::collect::model::cursor::Cursor;
use crate::collect::model::{File, Filter, Order, Page, Tag, TagOrder, TagQuery, Totals};
use crate::platform::blobs::{BlobKey, Segment, SegmentBody};
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::paging::{check_limit, cut};
use crate::platform::pictures;

impl Collect {
    /// Tags, a page at a time.
    ///
    /// # Errors
    /// `Invalid` for a limit or cursor that isn't one.
    pub async fn tags(&self, query: &TagQuery) -> Result<Page<Tag>> {
        check_limit(query.limit)?;
        let letter = letter(query.order.as_str());
        let after = cursor(query.cursor.as_deref(), letter, query.order == TagOrder::Name)?;
        let (filter, order) = (&query.filter, query.order);
        let mut items = store::tags::list(&self.inner.db, filter, order, after.as_ref(), query.limit + 1).await?;
        let is_more = cut(&mut items, query.limit);
        let next = items.last().filter(|_| is_more).map(|tag| {
            let number = |key| Cursor::Number { key, tie: tag.id.0 };
            match order {
                TagOrder::Newest | TagOrder::Oldest => number(tag.updated_at),
                TagOrder::Size => number(tag.bytes),
                TagOrder::Files => number(tag.file_count),
                TagOrder::Name => Cursor::Text(tag.name.clone()),
            }
        });
        Ok(Page { items, next: next.map(|cursor| cursor.encode_in(letter)) })
    }

    /// The newest files of a tag, for its card.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn newest_files(&self, tag: Id, n: u32) -> Result<Vec<File>> {
        store::files::list(&self.inner.db, tag, &Filter::default(), Order::Newest, None, n).await
    }

    /// The tag of that name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn tag(&self, name: &str) -> Result<Tag> {
        store::tags::find(&self.inner.db, name).await?.ok_or(Error::NotFound(Thing::Tag))
    }

    /// Living files of a tag, a page at a time.
    ///
    /// # Errors
    /// `Invalid` for a limit, cursor or filter that isn't one.
    pub async fn files(
        &self,
        tag: &Tag,
        filter: &Filter,
        order: Order,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<File>> {
        check_limit(limit)?;
        check_ids(filter)?;
        let letter = letter(order.as_str());
        let after = self::cursor(cursor, letter, order == Order::Name)?;
        let mut items = store::files::list(&self.inner.db, tag.id, filter, order, after.as_ref(), limit + 1).await?;
        let is_more = cut(&mut items, limit);
        let next = items.last().filter(|_| is_more).map(|file| match order {
            Order::Newest | Order::Oldest => Cursor::Number { key: file.seq, tie: file.seq },
            Order::Size => Cursor::Number { key: file.size, tie: file.seq },
            Order::Name => Cursor::Text(file.name.clone()),
        });
        Ok(Page { items, next: next.map(|cursor| cursor.encode_in(letter)) })
    }

    /// How many living files a filter lets through, and their bytes.
    ///
    /// # Errors
    /// `Invalid` for a selection that is too large.
    pub async fn totals(&self, tag: &Tag, filter: &Filter) -> Result<Totals> {
        if filter.is_empty() {
            return Ok(Totals { file_count: tag.file_count, bytes: tag.bytes });
        }
        check_ids(filter)?;
        store::files::totals(&self.inner.db, tag.id, filter).await
    }

    /// The file, living or in the trash (then `deleted_at` is set).
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn file(&self, id: Id) -> Result<File> {
        store::files::find(&self.inner.db, id).await?.ok_or(Error::NotFound(Thing::File))
    }

    /// The file by its names; a living one before one in the trash.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn file_by_name(&self, tag: &str, name: &str) -> Result<File> {
        store::files::find_by_name(&self.inner.db, tag, name).await?.ok_or(Error::NotFound(Thing::File))
    }

    /// The bytes `range` of a file. They are opened when they are read.
    #[must_use]
    pub fn read(&self, file: &File, range: Range<u64>) -> SegmentBody {
        let size = u64::try_from(file.size).unwrap_or_default();
        let (offset, length) = (range.start, range.end - range.start);
        let segments = BlobKey::parse(&file.sha256).map(|key| Segment::Blob { key, offset, length, size });
        SegmentBody::fixed(self.inner.blobs.clone(), segments.into_iter().collect())
    }

    /// The next newer and the next older living file of the same tag.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn neighbours(&self, file: &File) -> Result<(Option<Id>, Option<Id>)> {
        store::files::neighbours(&self.inner.db, file.tag_id, file.seq).await
    }

    /// When the picture was taken by its EXIF data, as `YYYY-MM-DD HH:MM:SS` of the camera's clock.
    pub async fn taken_at(&self, file: &File) -> Option<String> {
        if !file.is_picture() {
            return None;
        }
        let path = self.inner.blobs.layout().blob(&BlobKey::parse(&file.sha256)?);
        tokio::task::spawn_blocking(move || pictures::taken_at(&path)).await.ok().flatten()
    }
}

/// The letter of an order in cursors: its first; of names another, because of `newest`.
fn letter(order: &str) -> char {
    if order == "name" { 'a' } else { order.chars().next().unwrap_or('n') }
}

/// Reads a cursor: one of one order means nothing in another.
fn cursor(text: Option<&str>, letter: char, by_name: bool) -> Result<Option<Cursor>> {
    let cursor = text.map(|text| Cursor::decode_in(text, letter)).transpose()?;
    if cursor.as_ref().is_some_and(|cursor| matches!(cursor, Cursor::Text(_)) != by_name) {
        return Err(Error::invalid("cursor", ("is not one that this server gave out", "不是本服务器给出的游标")));
    }
    Ok(cursor)
}

pub(super) fn check_ids(filter: &Filter) -> Result<()> {
    if filter.ids.as_ref().is_none_or(|ids| ids.len() <= MAX_IDS) {
        return Ok(());
    }
    Err(Error::invalid(
        "ids",
        ("at most 10000 at once; use a filter for more", "一次最多 10000 个，更多请使用筛选条件"),
    ))
}
