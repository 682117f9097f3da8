//! The body of an answer on its way out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::Level;
use async_compression::tokio::bufread::GzipEncoder;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use rocket::local::asynchronous::LocalResponse;
use tokio::io::BufReader;
use tokio_util::bytes::BytesMut;
use tokio_util::io::poll_read_buf;

/// Pages shrink to a fifth at this level; a higher one takes three times as long for a tenth less.
const LEVEL: Level = Level::Precise(4);

/// How much is read, and how much room is given out, for compressed answers.
const PIECE: usize = 16 * 1024;

/// What is sent behind an answer's head.
pub(super) struct Outgoing {
    source: Source,
    buffer: BytesMut,
    /// Most bytes of one piece.
    chunk: usize,
    /// What is still to come, where that is known: the source owes it.
    left: Option<u64>,
}

enum Source {
    Plain(Box<LocalResponse<'static>>),
    Gzip(Box<GzipEncoder<BufReader<LocalResponse<'static>>>>),
    Nothing,
}

impl Outgoing {
    /// The body of a response as it is; `length` in bytes where it is known.
    pub(super) fn plain(response: LocalResponse<'static>, length: Option<u64>) -> Self {
        let chunk = response.body().max_chunk_size().max(1);
        Self { source: Source::Plain(Box::new(response)), buffer: BytesMut::new(), chunk, left: length }
    }

    /// The body of a response in the coding gzip (RFC 1952).
    pub(super) fn gzip(response: LocalResponse<'static>) -> Self {
        let encoder = GzipEncoder::with_quality(BufReader::with_capacity(PIECE, response), LEVEL);
        Self { source: Source::Gzip(Box::new(encoder)), buffer: BytesMut::new(), chunk: PIECE, left: None }
    }

    pub(super) fn nothing() -> Self {
        Self { source: Source::Nothing, buffer: BytesMut::new(), chunk: 1, left: Some(0) }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.buffer.capacity() < self.chunk.div_ceil(8) {
            let owed = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
            self.buffer.reserve(self.chunk.min(owed));
        }
        match &mut self.source {
            Source::Plain(response) => poll_read_buf(Pin::new(response.as_mut()), cx, &mut self.buffer),
            Source::Gzip(encoder) => poll_read_buf(Pin::new(encoder.as_mut()), cx, &mut self.buffer),
            Source::Nothing => Poll::Ready(Ok(0)),
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let count = match ready!(self.poll_source(cx)) {
            Ok(count) => count as u64,
            Err(error) => {
                tracing::warn!(%error, "an answer broke off");
                return Poll::Ready(Some(Err(error)));
            }
        };
        match &mut self.left {
            Some(_) if count == 0 => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            Some(left) => *left = left.saturating_sub(count),
            None if count == 0 => return Poll::Ready(None),
            None => {}
        }
        Poll::Ready(Some(Ok(Frame::data(self.buffer.split().freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
