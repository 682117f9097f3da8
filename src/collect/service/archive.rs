//! The archive of a tag: planned from the rows alone, then streamed by ranges (contract §1.1).
//!
//! A plan reads every row once and keeps a mark each [`STEP`] entries, so a range is found without
//! reading all before it, and memory stays flat. Plans are kept for the tag's current revision:
//! `aria2c -x4` costs one. What always holds: bytes are sent only while the rows still give the
//! layout that the plan promised; otherwise the transfer breaks off visibly.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use ring::digest::{Context, SHA256};
use tokio::sync::OnceCell;

use super::{Collect, files, store};
use crate::collect::model::{Filter, Tag};
use crate::collect::store::archive::{ArchiveRow, Window};
use crate::platform::archive::{self, Entry, Form, Item, Layout, Shift, Source, zip_names};
use crate::platform::blobs::{BlobKey, SegmentBody};
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Entries between two marks, and rows read at a time.
pub(super) const STEP: u32 = 512;

/// So many rows are read while somebody waits for a page.
const AT_ONCE: i64 = 1000;

/// How many plans are kept.
const KEPT: usize = 16;

/// An archive, planned.
#[derive(Debug)]
pub struct Archive {
    pub(super) tag: Id,
    pub(super) filter: Filter,
    /// Up to where it was asked for; `i64::MAX` for all.
    asked: i64,
    /// Up to where its rows go; what arrives later is not in it.
    last_seq: i64,
    planned_at: i64,
    pub(super) layout: Arc<Layout<i64>>,
    etag: String,
    /// How earlier states differ, once somebody has asked.
    pub(super) shifts: OnceCell<HashSet<Shift>>,
}

/// The plans of late.
#[derive(Default)]
pub struct Plans {
    kept: Mutex<VecDeque<(Id, i64, Arc<Archive>)>>,
}

impl Archive {
    /// Bytes of the whole archive.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.layout.total()
    }

    /// Whether no file is in it. (Its end record is there all the same.)
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layout.entries() == 0
    }

    /// The strong entity tag, in its quotes: `"z<last place>-<digest of the rows>"`.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// Whether it holds all that stands there now, and not an earlier state alone.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.asked == i64::MAX
    }

    pub(super) fn window(&self) -> Window<'_> {
        Window { tag: self.tag, filter: &self.filter, last_seq: self.last_seq, planned_at: self.planned_at }
    }
}

impl Plans {
    fn find(&self, tag: Id, revision: i64, filter: &Filter, asked: i64) -> Option<Arc<Archive>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |(of, at, plan): &&(Id, i64, Arc<Archive>)| {
            *of == tag && *at == revision && plan.filter == *filter && plan.asked == asked
        };
        kept.iter().find(fits).map(|(_, _, plan)| plan.clone())
    }

    fn keep(&self, tag: Id, revision: i64, plan: Arc<Archive>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, at, _)| *of != tag || *at == revision);
        kept.push_front((tag, revision, plan));
        kept.truncate(KEPT);
    }
}

impl Collect {
    /// Plans the archive of what a filter lets through.
    ///
    /// # Errors
    /// `Invalid` for a selection that is too large.
    pub async fn archive(&self, tag: &Tag, filter: &Filter) -> Result<Arc<Archive>> {
        self.plan(tag, filter, i64::MAX).await
    }

    /// The earlier state that `etag` names, if all its files are still there as they were.
    ///
    /// # Errors
    /// As [`Self::archive`].
    pub async fn earlier_archive(&self, tag: &Tag, filter: &Filter, etag: &str) -> Result<Option<Arc<Archive>>> {
        let Some(last_seq) = last_seq_of(etag) else {
            return Ok(None);
        };
        let plan = self.plan(tag, filter, last_seq).await?;
        Ok(Some(plan).filter(|plan| plan.etag == etag))
    }

    /// The exact size of the archive of `file_count` files, where it can be told at once: `None` when
    /// that many rows would have to be read first. (A `HEAD` on the archive reads them.)
    ///
    /// # Errors
    /// As [`Self::archive`].
    pub async fn zip_size(&self, tag: &Tag, filter: &Filter, file_count: i64) -> Result<Option<u64>> {
        let kept = self.inner.plans.find(tag.id, tag.revision, filter, i64::MAX);
        if kept.is_none() && file_count > AT_ONCE {
            return Ok(None);
        }
        Ok(Some(self.archive(tag, filter).await?.len()))
    }

    async fn plan(&self, tag: &Tag, filter: &Filter, asked: i64) -> Result<Arc<Archive>> {
        files::check_ids(filter)?;
        if let Some(plan) = self.inner.plans.find(tag.id, tag.revision, filter, asked) {
            return Ok(plan);
        }
        let planned_at = store::trash::last_batch(&self.inner.db, tag.id, self.inner.clock.now_ms() - 1).await?;
        let plan = Arc::new(plan(&self.inner.db, tag.id, filter, asked, planned_at).await?);
        // What changed while the rows were read belongs to a later revision.
        if self.tag(&tag.name).await?.revision == tag.revision {
            self.inner.plans.keep(tag.id, tag.revision, plan.clone());
        }
        Ok(plan)
    }

    /// The bytes `range` of the archive.
    #[must_use]
    pub fn read_archive(&self, archive: Arc<Archive>, range: Range<u64>) -> SegmentBody {
        let layout = archive.layout.clone();
        let rows = Rows { db: self.inner.db.clone(), archive };
        archive::read(self.inner.blobs.clone(), rows, layout, range)
    }
}

fn last_seq_of(etag: &str) -> Option<i64> {
    let (last_seq, _) = etag.strip_prefix("\"z")?.split_once('-')?;
    last_seq.parse().ok()
}

async fn plan(db: &Db, tag: Id, filter: &Filter, asked: i64, planned_at: i64) -> Result<Archive> {
    let mut digest = Context::new(&SHA256);
    // The rule for names is named, too: what was begun by an earlier one never goes on by a later.
    digest.update(format!("{} {tag} {filter:?}", zip_names::VERSION).as_bytes());
    // What lies in the trash already does not belong to it.
    let window = Window { tag, filter, last_seq: asked, planned_at: i64::MAX };
    let (mut layout, mut after) = (Layout::new(Form::Zip), 0);
    loop {
        layout.mark(after);
        let rows = store::archive::rows(db, &window, after, STEP).await?;
        for row in &rows {
            layout.add(&row.entry);
            after = row.seq;
            digest.update(&row.seq.to_le_bytes());
            digest.update(row.sha256.as_bytes());
            digest.update(row.entry.name.as_bytes());
        }
        if rows.len() < STEP as usize {
            break;
        }
    }
    let digest = BlobKey::from_digest(digest.finish().as_ref().try_into().unwrap_or(&[0; 32]));
    let etag = format!("\"z{after}-{}\"", &digest.as_str()[..32]);
    let (filter, layout, shifts) = (filter.clone(), Arc::new(layout), OnceCell::new());
    Ok(Archive { tag, filter, asked, last_seq: after, planned_at, layout, etag, shifts })
}

/// The rows of an archive, read again while it is sent.
struct Rows {
    db: Db,
    archive: Arc<Archive>,
}

impl Rows {
    async fn behind(&self, place: i64) -> io::Result<Vec<ArchiveRow>> {
        let rows = store::archive::rows(&self.db, &self.archive.window(), place, STEP).await;
        rows.map_err(io::Error::other)
    }
}

impl Source for Rows {
    /// The rows of a stretch come behind this one.
    type Place = i64;

    fn items<'a>(&'a self, place: &'a i64) -> BoxFuture<'a, io::Result<Vec<Item>>> {
        async {
            let mut items = Vec::with_capacity(2 * STEP as usize);
            for ArchiveRow { sha256, entry, .. } in self.behind(*place).await? {
                let key = BlobKey::parse(&sha256).ok_or_else(|| io::Error::other("a row names no blob"))?;
                let size = entry.size;
                items.extend([Item::Entry(entry), Item::Blob { key, size }]);
            }
            Ok(items)
        }
        .boxed()
    }

    fn entries<'a>(&'a self, place: &'a i64) -> BoxFuture<'a, io::Result<Vec<Entry>>> {
        async { Ok(self.behind(*place).await?.into_iter().map(|row| row.entry).collect()) }.boxed()
    }
}
