//! The bytes of one connection, as hyper sees them.
//!
//! Three things differ from a bare socket: what was read since the last answer is remembered (hyper drops a head whose
//! target it can't read), bytes that were read already can be put in front (a request line that was mended is read once
//! more), and the empty answer that hyper itself gives to a head it can't read is held back, so that one with a reason
//! can take its place.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How the answers begin that hyper gives by itself. Ours of these statuses always have a body.
const AUTOMATIC: [&[u8]; 3] = [b"HTTP/1.1 400 ", b"HTTP/1.1 414 ", b"HTTP/1.1 431 "];
const EMPTY: &[u8] = b"content-length: 0\r\n";

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
    /// What is read before anything of the stream.
    first: Bytes,
    /// What the stream brought since the last answer, up to [`REMEMBERED`] bytes.
    recent: Vec<u8>,
    /// Whether what was put in front belongs before it: then nothing is remembered until the next answer.
    is_paused: bool,
}

/// Most bytes that are remembered: a longer request line is refused anyway.
const REMEMBERED: usize = 16 * 1024;

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, first: Bytes::new(), recent: Vec::new(), is_paused: false }
    }

    /// From now on `first` is read before what the stream brings.
    pub(super) fn put_in_front(&mut self, first: Bytes) {
        self.first = first;
        self.is_paused = true;
    }

    /// What was read since the last answer: begins with the head of a request, if that one came after the answer; whole
    /// unless it is longer than what is remembered, then empty.
    pub(super) fn take_recent(&mut self) -> Vec<u8> {
        let recent = std::mem::take(&mut self.recent);
        if recent.len() < REMEMBERED { recent } else { Vec::new() }
    }

    fn remember(&mut self, bytes: &[u8]) {
        if self.is_paused {
            return;
        }
        let room = REMEMBERED - self.recent.len();
        self.recent.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn forget(&mut self) {
        self.is_paused = false;
        if !self.recent.is_empty() {
            self.recent = Vec::new();
        }
    }
}

fn is_automatic(bytes: &[u8]) -> bool {
    AUTOMATIC.iter().any(|begin| bytes.starts_with(begin)) && memchr::memmem::find(bytes, EMPTY).is_some()
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            let before = buffer.filled().len();
            let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
            self.remember(&buffer.filled()[before..]);
            return polled;
        }
        let count = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if is_automatic(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.forget();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(head) = parts.first().filter(|head| is_automatic(head)) {
            return Poll::Ready(Ok(head.len()));
        }
        self.forget();
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_empty_answers_of_hyper_itself_are_held_back() {
        assert!(is_automatic(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n"));
        assert!(!is_automatic(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 12\r\n\r\n{\"status\":1}"));
        assert!(!is_automatic(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        assert!(!is_automatic(b"content-length: 0\r\n HTTP/1.1 400 "));
    }
}
