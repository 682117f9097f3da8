//! The bytes of one connection, as hyper sees them.
//!
//! Two things differ from a bare socket: bytes that were read already can be put in front (a request line that was
//! mended is read once more), and the empty answer that hyper itself gives to a head it can't read is held back, so that
//! one with a reason can take its place.

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
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, first: Bytes::new() }
    }

    /// From now on `first` is read before what the stream brings.
    pub(super) fn put_in_front(&mut self, first: Bytes) {
        self.first = first;
    }
}

fn is_automatic(bytes: &[u8]) -> bool {
    AUTOMATIC.iter().any(|begin| bytes.starts_with(begin)) && memchr::memmem::find(bytes, EMPTY).is_some()
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
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
