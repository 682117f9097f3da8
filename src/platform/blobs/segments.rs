//! Answers made of parts of blobs and bytes in between, with a known length.
//!
//! One file, a range of it, and a whole archive are all a list of [`Segment`]s. Memory is one chunk
//! whatever the length. What always holds: when a blob is missing or short, the transfer ends in an
//! error before its announced length, so the client sees that it is broken.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::{BoxFuture, FutureExt};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{BlobKey, Blobs, read_at_once};
use crate::platform::gate::Turn;

/// How much is handed to the connection at a time. Rocket's default of 4 KiB costs most of the speed.
pub const CHUNK: usize = 256 * 1024;

/// A piece of an answer.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Bytes made for this answer.
    Bytes(Vec<u8>),
    /// A part of a blob.
    Blob {
        key: BlobKey,
        /// Where it begins in the blob.
        offset: u64,
        /// Bytes of it that are sent.
        length: u64,
        /// Bytes that the blob must have in all.
        size: u64,
    },
}

/// Gives the segments of an answer, some at a time.
pub trait Segments: Send + 'static {
    /// The next segments; an empty list is the end.
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>>;
}

/// Segments that are all known at once.
pub struct Fixed(Vec<Segment>);

impl Segments for Fixed {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>> {
        std::future::ready(Ok(std::mem::take(&mut self.0))).boxed()
    }
}

type Loaded = (Box<dyn Segments>, io::Result<Vec<Segment>>);

enum Source {
    Idle(Box<dyn Segments>),
    Loading(BoxFuture<'static, Loaded>),
    Done,
}

struct OpenBlob {
    file: Arc<File>,
    offset: u64,
    left: u64,
    /// A read that had to go through the blocking pool.
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

enum Current {
    Nothing,
    Bytes(Vec<u8>, usize),
    Opening { file: JoinHandle<io::Result<File>>, offset: u64, length: u64 },
    Blob(OpenBlob),
}

/// An `AsyncRead` over segments, for Rocket's sized bodies.
pub struct SegmentBody {
    blobs: Blobs,
    source: Source,
    queue: VecDeque<Segment>,
    /// The blob after the current one, opened ahead.
    ahead: Option<JoinHandle<io::Result<File>>>,
    current: Current,
    /// The turn that its reader has among others.
    _turn: Option<Box<Turn>>,
    /// What the next read has to tell.
    failed: Option<io::Error>,
}

impl SegmentBody {
    /// The segments that `source` gives, read from `blobs`.
    pub fn new(blobs: Blobs, source: impl Segments) -> Self {
        let source = Source::Idle(Box::new(source));
        Self {
            blobs,
            source,
            queue: VecDeque::new(),
            ahead: None,
            current: Current::Nothing,
            _turn: None,
            failed: None,
        }
    }

    /// Keeps a turn until all is read, or the reader has gone.
    #[must_use]
    pub fn in_turn(self, turn: Turn) -> Self {
        Self { _turn: Some(Box::new(turn)), ..self }
    }

    /// These segments.
    #[must_use]
    pub fn fixed(blobs: Blobs, segments: Vec<Segment>) -> Self {
        Self::new(blobs, Fixed(segments))
    }

    fn open(&self, key: &BlobKey, size: u64) -> JoinHandle<io::Result<File>> {
        let (blobs, key) = (self.blobs.clone(), key.clone());
        spawn_blocking(move || open_whole(&blobs, &key, size))
    }

    /// Takes the next segment up; false at the end.
    fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.queue.is_empty() {
            match std::mem::replace(&mut self.source, Source::Done) {
                Source::Done => return Poll::Ready(Ok(false)),
                Source::Idle(mut source) => {
                    let load = async move {
                        let segments = source.next().await;
                        (source, segments)
                    };
                    self.source = Source::Loading(load.boxed());
                }
                Source::Loading(mut load) => match load.poll_unpin(cx) {
                    Poll::Pending => {
                        self.source = Source::Loading(load);
                        return Poll::Pending;
                    }
                    Poll::Ready((source, segments)) => {
                        self.queue = segments?.into();
                        if !self.queue.is_empty() {
                            self.source = Source::Idle(source);
                        }
                    }
                },
            }
        }
        let Some(segment) = self.queue.pop_front() else {
            return Poll::Ready(Ok(false));
        };
        self.current = match segment {
            Segment::Bytes(bytes) => Current::Bytes(bytes, 0),
            Segment::Blob { key, offset, length, size } => {
                let file = self.ahead.take().unwrap_or_else(|| self.open(&key, size));
                self.ahead = self.queue.iter().find_map(|next| match next {
                    Segment::Blob { key, size, .. } => Some(self.open(key, *size)),
                    Segment::Bytes(_) => None,
                });
                Current::Opening { file, offset, length }
            }
        };
        Poll::Ready(Ok(true))
    }
}

/// Opens a blob and checks that all of it is there.
fn open_whole(blobs: &Blobs, key: &BlobKey, size: u64) -> io::Result<File> {
    let file = blobs.open_blob(key).map_err(|error| {
        tracing::error!(blob = %key, %error, "a blob can't be opened; the transfer is broken off");
        error
    })?;
    let there = file.metadata()?.len();
    if there != size {
        tracing::error!(blob = %key, size, there, "a blob has the wrong size; the transfer is broken off");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a blob has the wrong size"));
    }
    Ok(file)
}

impl OpenBlob {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(reading) = &mut self.reading {
            let bytes = ready!(Pin::new(reading).poll(cx)).map_err(io::Error::other)??;
            self.reading = None;
            // The buffer of a later poll may be smaller than that of the poll that asked.
            let count = bytes.len().min(buf.remaining());
            buf.put_slice(&bytes[..count]);
            return Poll::Ready(self.took(count));
        }
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.remaining());
        let room = &mut buf.initialize_unfilled()[..want];
        if let Some(count) = read_at_once(&self.file, room, self.offset)? {
            buf.advance(count);
            return Poll::Ready(self.took(count));
        }
        let (file, offset) = (self.file.clone(), self.offset);
        self.reading = Some(spawn_blocking(move || read_from_disk(&file, offset, want)));
        self.poll_read(cx, buf)
    }

    fn took(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a blob became shorter"));
        }
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(())
    }
}

#[cfg(unix)]
fn read_from_disk(file: &File, offset: u64, want: usize) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;

    let mut bytes = vec![0; want];
    let count = file.read_at(&mut bytes, offset)?;
    bytes.truncate(count);
    Ok(bytes)
}

impl AsyncRead for SegmentBody {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        let before = buf.filled().len();
        match self.fill(cx, buf) {
            // A read that fails gives nothing: what came before is handed over first.
            Poll::Ready(Err(error)) if buf.filled().len() > before => {
                self.failed = Some(error);
                Poll::Ready(Ok(()))
            }
            read => read,
        }
    }
}

impl SegmentBody {
    /// Fills the buffer as far as it goes without waiting.
    fn fill(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // A caller's buffer may hold earlier bytes of its own.
        let before = buf.filled().len();
        loop {
            match &mut self.current {
                Current::Nothing => match self.poll_advance(cx) {
                    // What was filled before must be handed over first: a pending read keeps nothing.
                    Poll::Pending if buf.filled().len() > before => return Poll::Ready(Ok(())),
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(true)) => {}
                    Poll::Ready(ended) => return Poll::Ready(ended.map(|_| ())),
                },
                Current::Bytes(bytes, at) => {
                    let count = (bytes.len() - *at).min(buf.remaining());
                    buf.put_slice(&bytes[*at..*at + count]);
                    *at += count;
                    if *at == bytes.len() {
                        self.current = Current::Nothing;
                    }
                    // A small header before a blob: fill the chunk up rather than send it alone.
                    if buf.remaining() == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
                Current::Opening { file, offset, length } => {
                    let (offset, left) = (*offset, *length);
                    let opened = match Pin::new(file).poll(cx) {
                        Poll::Ready(opened) => opened.map_err(io::Error::other)??,
                        Poll::Pending if buf.filled().len() == before => return Poll::Pending,
                        Poll::Pending => return Poll::Ready(Ok(())),
                    };
                    self.current = Current::Blob(OpenBlob { file: Arc::new(opened), offset, left, reading: None });
                }
                Current::Blob(blob) if blob.left == 0 => self.current = Current::Nothing,
                Current::Blob(blob) => match blob.poll_read(cx, buf) {
                    Poll::Ready(read) => {
                        read?;
                        if buf.remaining() == 0 {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    Poll::Pending if buf.filled().len() == before => return Poll::Pending,
                    Poll::Pending => return Poll::Ready(Ok(())),
                },
            }
        }
    }
}

/// Rocket asks for `AsyncSeek` on sized bodies, but seeks only where no size was given.
impl AsyncSeek for SegmentBody {
    fn start_seek(self: Pin<&mut Self>, _: SeekFrom) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
