//! Looking at groups and faces.

use std::ops::Range;

use super::{Faces, store};
use crate::collect::model::Page;
use crate::collect::model::cursor::Cursor;
use crate::faces::model::{Face, Filter, Group};
use crate::platform::blobs::{BlobKey, Segment, SegmentBody};
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::paging::{check_limit, cut};

/// The bytes of a crop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CropBytes {
    key: BlobKey,
    /// Bytes.
    pub size: u64,
    /// UTC milliseconds.
    pub created_at: i64,
}

impl CropBytes {
    /// Lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        self.key.as_str()
    }
}

impl Faces {
    /// Groups, newest first; `q` is a part of the name.
    ///
    /// # Errors
    /// `Invalid` for a limit or cursor that isn't one.
    pub async fn groups(&self, q: Option<&str>, cursor: Option<&str>, limit: u32) -> Result<Page<Group>> {
        let before = place(cursor, limit)?;
        let items = store::groups::list(&self.inner.db, q, before, limit + 1).await?;
        Ok(page(items, limit, |group| group.id))
    }

    /// The group of that name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn group(&self, name: &str) -> Result<Group> {
        store::groups::find(&self.inner.db, name).await?.ok_or(Error::NotFound(Thing::Group))
    }

    /// Faces of a group, newest first.
    ///
    /// # Errors
    /// `NotFound` for the group; `Invalid` for a limit or cursor that isn't one.
    pub async fn faces(&self, group: &str, filter: &Filter, cursor: Option<&str>, limit: u32) -> Result<Page<Face>> {
        let before = place(cursor, limit)?;
        let group = self.group(group).await?;
        let items = store::faces::list(&self.inner.db, group.id, filter, before, limit + 1).await?;
        Ok(page(items, limit, |face| face.id))
    }

    /// How many faces of a group have `q` in their tag or description.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn found(&self, group: Id, q: &str) -> Result<i64> {
        store::faces::count(&self.inner.db, group, q).await
    }

    /// The newest faces of a group that have a crop, for its card.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn newest(&self, group: Id, n: u32) -> Result<Vec<Id>> {
        store::faces::newest(&self.inner.db, group, n).await
    }

    /// The face of that id in that group.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn face(&self, group: &str, id: Id) -> Result<Face> {
        store::faces::find(&self.inner.db, group, id).await?.ok_or(Error::NotFound(Thing::Face))
    }

    /// The face cut out of its picture.
    ///
    /// # Errors
    /// `NotFound`, also where an outside server keeps the face.
    pub async fn crop(&self, group: &str, id: Id) -> Result<CropBytes> {
        let missing = || Error::NotFound(Thing::Blob);
        let face = self.face(group, id).await?;
        let sha256 = face.crop.ok_or_else(missing)?;
        let size = store::blobs::size(&self.inner.db, &sha256).await?.ok_or_else(missing)?;
        let key = BlobKey::parse(&sha256).ok_or_else(missing)?;
        Ok(CropBytes { key, size: u64::try_from(size).map_err(Error::internal)?, created_at: face.created_at })
    }

    /// The bytes `range` of a crop. They are opened when they are read.
    #[must_use]
    pub fn read(&self, crop: &CropBytes, range: Range<u64>) -> SegmentBody {
        let (offset, length) = (range.start, range.end - range.start);
        let segment = Segment::Blob { key: crop.key.clone(), offset, length, size: crop.size };
        SegmentBody::fixed(self.inner.collect.blobs().clone(), vec![segment])
    }
}

/// Where a list goes on.
fn place(cursor: Option<&str>, limit: u32) -> Result<Option<Id>> {
    check_limit(limit)?;
    Ok(Cursor::key(cursor)?.map(Id))
}

/// A page of what was asked for with one more than `limit`.
fn page<T>(mut items: Vec<T>, limit: u32, id: impl Fn(&T) -> Id) -> Page<T> {
    let is_more = cut(&mut items, limit);
    let last = items.last().filter(|_| is_more);
    let next = last.map(|last| Cursor::Number { key: id(last).0, tie: 0 }.encode());
    Page { items, next }
}
