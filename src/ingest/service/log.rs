//! The log of a task: whole, while it is read, or a page at a time.

use std::collections::VecDeque;
use std::io;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::json;

use super::{Ingest, store};
use crate::collect::model::Page;
use crate::collect::model::cursor::Cursor;
use crate::ingest::model::{Code, LogLine, TaskId};
use crate::platform::blobs::{Segment, SegmentBody, Segments};
use crate::platform::error::{Error, Result};
use crate::platform::paging::{check_limit, cut};

/// Bytes of lines that are read at a time.
const PIECE: i64 = 256 * 1024;

/// Lines whose lengths are asked for at a time.
const AHEAD: u32 = 1024;

/// An answer that is ready to be sent.
pub struct Listing {
    pub body: SegmentBody,
    /// Bytes, where that is known before it is read.
    pub length: Option<u64>,
}

impl Ingest {
    /// All lines as `{"logs":[…]}`, by row. A log of more than one piece is read while it is sent; a fault then cuts the
    /// JSON off before its end.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn log(&self, id: &str) -> Result<Listing> {
        let task = self.task(id).await?;
        let mut rest = Lines { pieces: Pieces::new(self.clone(), task.id, i64::MAX), is_done: false };
        let mut text = b"{\"logs\":[".to_vec();
        rest.read_piece(&mut text, true).await?;
        let length = rest.is_done.then_some(text.len() as u64);
        let blobs = self.blobs().clone();
        let body = match length {
            Some(_) => SegmentBody::fixed(blobs, vec![Segment::Bytes(text)]),
            None => SegmentBody::new(blobs, Begun { first: Some(text), rest }),
        };
        Ok(Listing { body, length })
    }

    /// A page of lines as JSON, with `"next"`.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a limit or cursor that isn't one.
    pub async fn log_page_json(&self, id: &str, cursor: Option<&str>, limit: u32) -> Result<Vec<u8>> {
        let page = self.log_page(id, None, cursor, limit).await?;
        Ok(json!({"logs": page.items, "next": page.next}).to_string().into_bytes())
    }

    /// A page of lines, those of one code if one is given.
    ///
    /// # Errors
    /// As [`Self::log_page_json`].
    pub async fn log_page(
        &self,
        id: &str,
        code: Option<Code>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<LogLine>> {
        check_limit(limit)?;
        let after = Cursor::key(cursor)?.unwrap_or(-1);
        let task = self.task(id).await?;
        let wanted = store::log::Wanted { code, after, ..Default::default() };
        let mut items = store::log::page(&self.inner.db, &task.id, wanted, limit + 1).await?;
        let is_more = cut(&mut items, limit);
        let next = items.last().filter(|_| is_more).map(|line| Cursor::Number { key: line.row, tie: 0 }.encode());
        Ok(Page { items, next })
    }
}

/// Reads a log from its beginning in pieces of about [`PIECE`] bytes, so that one of long addresses takes no more memory
/// than one of short ones.
pub(super) struct Pieces {
    ingest: Ingest,
    id: TaskId,
    after: i64,
    /// Only rows before this one.
    before: i64,
    /// The next rows, and the bytes of their lines.
    ahead: VecDeque<(i64, i64)>,
    /// No rows stand behind those.
    is_whole: bool,
}

impl Pieces {
    pub(super) fn new(ingest: Ingest, id: TaskId, before: i64) -> Self {
        Self { ingest, id, after: -1, before, ahead: VecDeque::new(), is_whole: false }
    }

    /// The next lines; none at the end.
    pub(super) async fn next(&mut self) -> Result<Vec<LogLine>> {
        let db = &self.ingest.inner.db;
        if self.ahead.is_empty() && !self.is_whole {
            let wanted = store::log::Wanted { code: None, after: self.after, before: self.before };
            self.ahead = store::log::lengths(db, &self.id, wanted, AHEAD).await?.into();
            self.is_whole = self.ahead.len() < AHEAD as usize;
        }
        let (mut total, mut end) = (0, None);
        while let Some((row, bytes)) = self.ahead.front().copied() {
            total += bytes;
            if end.is_some() && total > PIECE {
                break;
            }
            end = Some(row);
            self.ahead.pop_front();
        }
        let Some(end) = end else {
            return Ok(Vec::new());
        };
        let wanted = store::log::Wanted { code: None, after: self.after, before: end + 1 };
        self.after = end;
        store::log::page(db, &self.id, wanted, AHEAD).await
    }

    /// Whether nothing is left.
    pub(super) fn is_done(&self) -> bool {
        self.is_whole && self.ahead.is_empty()
    }
}

/// The lines of a log as JSON.
struct Lines {
    pieces: Pieces,
    is_done: bool,
}

impl Lines {
    async fn read_piece(&mut self, text: &mut Vec<u8>, is_first: bool) -> Result<()> {
        for (at, line) in self.pieces.next().await?.iter().enumerate() {
            if at > 0 || !is_first {
                text.push(b',');
            }
            serde_json::to_writer(&mut *text, line).map_err(Error::internal)?;
        }
        if self.pieces.is_done() {
            self.is_done = true;
            text.extend_from_slice(b"]}");
        }
        Ok(())
    }
}

/// A first piece that was read already, and the others.
struct Begun {
    first: Option<Vec<u8>>,
    rest: Lines,
}

impl Segments for Begun {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>> {
        async move {
            if let Some(first) = self.first.take() {
                return Ok(vec![Segment::Bytes(first)]);
            }
            if self.rest.is_done {
                return Ok(Vec::new());
            }
            let mut text = Vec::new();
            self.rest.read_piece(&mut text, false).await.map_err(io::Error::other)?;
            Ok(vec![Segment::Bytes(text)])
        }
        .boxed()
    }
}
