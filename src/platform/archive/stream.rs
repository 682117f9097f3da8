//! Sending an archive, or a range of it, a stretch at a time.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};

use super::layout::{Item, Layout};
use super::zip::Entry;
use crate::platform::blobs::{BlobKey, Blobs, Segment, SegmentBody, Segments};

/// Gives the items of an archive once more, a stretch at a time.
pub trait Source: Send + Sync + 'static {
    /// Says where a stretch is found.
    type Place: Send + Sync + 'static;

    /// The items of the stretch at `place`: whole entries, or a part of the data of one, which begins
    /// with its entry in the first such stretch.
    fn items<'a>(&'a self, place: &'a Self::Place) -> BoxFuture<'a, io::Result<Vec<Item>>>;

    /// The entries that begin in that stretch.
    fn entries<'a>(&'a self, place: &'a Self::Place) -> BoxFuture<'a, io::Result<Vec<Entry>>>;
}

/// The bytes `range` of the archive that `layout` describes and `source` gives.
pub fn read<S: Source>(blobs: Blobs, source: S, layout: Arc<Layout<S::Place>>, range: Range<u64>) -> SegmentBody {
    let stage = match layout.find(range.start) {
        (at, false) => Stage::Local(at),
        (at, true) => Stage::Central(at),
    };
    SegmentBody::new(blobs, Stream { source, layout, range, stage })
}

struct Stream<S: Source> {
    source: S,
    layout: Arc<Layout<S::Place>>,
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

impl<S: Source> Segments for Stream<S> {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>> {
        self.advance().boxed()
    }
}

impl<S: Source> Stream<S> {
    async fn advance(&mut self) -> io::Result<Vec<Segment>> {
        let mut parts = Parts { range: self.range.clone(), segments: Vec::new() };
        while parts.segments.is_empty() {
            match self.stage {
                Stage::Local(at) => match self.layout.marks.get(at).map(|mark| mark.sums.local) {
                    Some(start) if start < self.range.end => self.local(at, &mut parts).await?,
                    Some(_) => return Ok(parts.segments),
                    None => self.stage = Stage::Central(0),
                },
                Stage::Central(at) if at < self.layout.marks.len() && self.layout.sums.central > 0 => {
                    self.central(at, &mut parts).await?;
                }
                Stage::Central(_) => {
                    let Layout { form, sums, .. } = &*self.layout;
                    let mut end = Vec::new();
                    form.write_end(sums, &mut end);
                    parts.bytes(sums.local + sums.central, &end);
                    self.stage = Stage::End;
                }
                Stage::End => break,
            }
        }
        Ok(parts.segments)
    }

    async fn local(&mut self, at: usize, parts: &mut Parts) -> io::Result<()> {
        let mark = &self.layout.marks[at];
        let mut sums = mark.sums;
        for item in self.source.items(&mark.place).await? {
            let start = sums.local;
            match item {
                Item::Entry(entry) => {
                    let mut header = Vec::new();
                    self.layout.form.begin(&mut sums, &entry, Some(&mut header));
                    parts.bytes(start, &header);
                }
                Item::Bytes(bytes) => {
                    sums.local += bytes.len() as u64;
                    parts.bytes(start, &bytes);
                }
                Item::Blob { key, size } => {
                    sums.local += size;
                    parts.blob(start, key, size);
                }
            }
        }
        self.stage = Stage::Local(at + 1);
        if sums == self.layout.until(at) { Ok(()) } else { Err(changed()) }
    }

    async fn central(&mut self, at: usize, parts: &mut Parts) -> io::Result<()> {
        let mark = &self.layout.marks[at];
        let mut sums = mark.sums;
        let start = self.layout.sums.local + sums.central;
        let mut headers = Vec::new();
        for entry in self.source.entries(&mark.place).await? {
            let offset = sums.add(&entry);
            entry.write_central_header(offset, &mut headers);
        }
        self.stage = Stage::Central(at + 1);
        parts.bytes(start, &headers);
        let end = self.layout.until(at);
        if (sums.entries, sums.central) == (end.entries, end.central) { Ok(()) } else { Err(changed()) }
    }
}

/// The source must give what was laid out.
fn changed() -> io::Error {
    tracing::warn!("what an archive is made of changed under its transfer; it is broken off");
    io::Error::other("what the archive is made of changed")
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
