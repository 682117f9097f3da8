//! The archive of a tag: planned from the rows alone, then streamed by ranges (contract §1.1).
//!
//! A plan reads every row once and keeps a mark each [`STEP`] entries, so a range is found without
//! reading all before it, and memory stays flat. Plans are kept for the tag's current revision:
//! `aria2c -x4` costs one. What always holds: bytes are sent only while the rows still give the
//! layout that the plan promised; otherwise the transfer breaks off visibly.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use ring::digest::{Context, SHA256};

use super::{Collect, files, store};
use crate::collect::model::zip::Sums;
use crate::collect::model::{Filter, Tag};
use crate::collect::store::archive::{ArchiveRow, Window};
use crate::platform::blobs::{BlobKey, Segment, SegmentBody, Segments};
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Entries between two marks, and rows read at a time.
const STEP: u32 = 512;

/// So many rows are read while somebody waits for a page.
const AT_ONCE: i64 = 1000;

/// How many plans are kept.
const KEPT: usize = 16;

/// An archive, planned.
#[derive(Debug)]
pub struct Archive {
    tag: Id,
    filter: Filter,
    /// Up to where it was asked for; `i64::MAX` for all.
    asked: i64,
    /// Up to where its rows go; what arrives later is not in it.
    last_seq: i64,
    planned_at: i64,
    sums: Sums,
    marks: Vec<Mark>,
    etag: String,
}

/// Where every [`STEP`]th entry begins.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// The rows of this stretch come behind this one.
    after: i64,
    /// The entries before.
    sums: Sums,
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
        self.sums.total()
    }

    /// Whether no file is in it. (Its end record is there all the same.)
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sums.entries == 0
    }

    /// The strong entity tag, in its quotes: `"z<last place>-<digest of the rows>"`.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    fn window(&self) -> Window<'_> {
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
        files::check_ids(filter)?;
        self.plan(tag, filter, i64::MAX).await
    }

    /// The earlier state that `etag` names, if all its files are still there as they were.
    ///
    /// # Errors
    /// When the database doesn't answer.
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
        if let Some(plan) = self.inner.plans.find(tag.id, tag.revision, filter, asked) {
            return Ok(plan);
        }
        let plan = Arc::new(plan(&self.inner.db, tag.id, filter, asked, self.inner.clock.now_ms()).await?);
        // What changed while the rows were read belongs to a later revision.
        if self.tag(&tag.name).await?.revision == tag.revision {
            self.inner.plans.keep(tag.id, tag.revision, plan.clone());
        }
        Ok(plan)
    }

    /// The bytes `range` of the archive.
    #[must_use]
    pub fn read_archive(&self, archive: Arc<Archive>, range: Range<u64>) -> SegmentBody {
        SegmentBody::new(self.inner.blobs.clone(), self.stream(archive, range))
    }

    fn stream(&self, archive: Arc<Archive>, range: Range<u64>) -> Stream {
        let at = archive.marks.partition_point(|mark| mark.sums.local <= range.start).saturating_sub(1);
        let in_central = range.start >= archive.sums.local;
        let at = if in_central {
            let central = range.start - archive.sums.local;
            archive.marks.partition_point(|mark| mark.sums.central <= central).saturating_sub(1)
        } else {
            at
        };
        let stage = if in_central { Stage::Central(at) } else { Stage::Local(at) };
        Stream { db: self.inner.db.clone(), archive, range, stage }
    }
}

fn last_seq_of(etag: &str) -> Option<i64> {
    let (last_seq, _) = etag.strip_prefix("\"z")?.split_once('-')?;
    last_seq.parse().ok()
}

async fn plan(db: &Db, tag: Id, filter: &Filter, asked: i64, now: i64) -> Result<Archive> {
    let mut digest = Context::new(&SHA256);
    digest.update(format!("{tag} {filter:?}").as_bytes());
    // What lies in the trash already does not belong to it.
    let window = Window { tag, filter, last_seq: asked, planned_at: i64::MAX };
    let (mut sums, mut marks, mut after) = (Sums::default(), Vec::new(), 0);
    loop {
        marks.push(Mark { after, sums });
        let rows = store::archive::rows(db, &window, after, STEP).await?;
        for row in &rows {
            sums.add(&row.entry);
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
    Ok(Archive { tag, filter: filter.clone(), asked, last_seq: after, planned_at: now, sums, marks, etag })
}

/// Gives the segments of a range, a stretch of entries at a time.
struct Stream {
    db: Db,
    archive: Arc<Archive>,
    range: Range<u64>,
    stage: Stage,
}

enum Stage {
    /// Headers and data of the stretch at this mark.
    Local(usize),
    /// Central headers of the stretch at this mark.
    Central(usize),
    End,
}

impl Segments for Stream {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>> {
        self.advance().boxed()
    }
}

impl Stream {
    async fn advance(&mut self) -> io::Result<Vec<Segment>> {
        let mut parts = Parts { range: self.range.clone(), segments: Vec::new() };
        while parts.segments.is_empty() {
            match self.stage {
                Stage::Local(at) => {
                    let start = self.archive.marks.get(at).map(|mark| mark.sums.local);
                    match start {
                        Some(start) if start < self.range.end => self.local(at, &mut parts).await?,
                        Some(_) => return Ok(parts.segments),
                        None => self.stage = Stage::Central(0),
                    }
                }
                Stage::Central(at) if at < self.archive.marks.len() => self.central(at, &mut parts).await?,
                Stage::Central(_) => {
                    let mut end = Vec::new();
                    self.archive.sums.write_end(&mut end);
                    parts.bytes(self.archive.sums.local + self.archive.sums.central, &end);
                    self.stage = Stage::End;
                }
                Stage::End => break,
            }
        }
        Ok(parts.segments)
    }

    async fn rows(&self, at: usize) -> io::Result<(Sums, Vec<ArchiveRow>)> {
        let mark = self.archive.marks[at];
        let rows = store::archive::rows(&self.db, &self.archive.window(), mark.after, STEP).await;
        Ok((mark.sums, rows.map_err(io::Error::other)?))
    }

    async fn local(&mut self, at: usize, parts: &mut Parts) -> io::Result<()> {
        let (mut sums, rows) = self.rows(at).await?;
        for ArchiveRow { sha256, entry, .. } in &rows {
            let offset = sums.add(entry);
            if offset >= self.range.end || sums.local <= self.range.start {
                continue;
            }
            let mut header = Vec::new();
            entry.write_local_header(&mut header);
            parts.bytes(offset, &header);
            let key = BlobKey::parse(sha256).ok_or_else(|| io::Error::other("a row names no blob"))?;
            parts.blob(offset + header.len() as u64, key, entry.size);
        }
        self.check(at, sums)?;
        self.stage = Stage::Local(at + 1);
        Ok(())
    }

    async fn central(&mut self, at: usize, parts: &mut Parts) -> io::Result<()> {
        let (mut sums, rows) = self.rows(at).await?;
        let start = self.archive.sums.local + sums.central;
        let mut headers = Vec::new();
        for row in &rows {
            let offset = sums.add(&row.entry);
            row.entry.write_central_header(offset, &mut headers);
        }
        self.check(at, sums)?;
        parts.bytes(start, &headers);
        self.stage = Stage::Central(at + 1);
        Ok(())
    }

    /// The rows must still add up to what was planned.
    fn check(&self, at: usize, sums: Sums) -> io::Result<()> {
        let planned = self.archive.marks.get(at + 1).map_or(self.archive.sums, |mark| mark.sums);
        if sums == planned {
            return Ok(());
        }
        tracing::warn!(tag = %self.archive.tag, "the tag changed under a transfer of its archive; it is broken off");
        Err(io::Error::other("the tag changed"))
    }
}

/// Collects what of each part lies in the range.
struct Parts {
    range: Range<u64>,
    segments: Vec<Segment>,
}

impl Parts {
    /// The part of `start..start + length` that is wanted, counted from `start`.
    fn clip(&self, start: u64, length: u64) -> Option<Range<u64>> {
        let from = self.range.start.max(start);
        let to = self.range.end.min(start + length);
        (from < to).then(|| from - start..to - start)
    }

    fn bytes(&mut self, start: u64, bytes: &[u8]) {
        let Some(part) = self.clip(start, bytes.len() as u64) else {
            return;
        };
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
        self.segments.push(Segment::Bytes(bytes[at(part.start)..at(part.end)].to_vec()));
    }

    fn blob(&mut self, start: u64, key: BlobKey, size: u64) {
        let Some(part) = self.clip(start, size) else {
            return;
        };
        self.segments.push(Segment::Blob { key, offset: part.start, length: part.end - part.start, size });
    }
}
