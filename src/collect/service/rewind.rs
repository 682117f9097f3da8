//! Reading what was read already once more: a header, for a reader that wants it itself.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::io::{AsyncBufRead, AsyncRead};

/// A reader with some bytes put back before it.
pub struct Rewind<R> {
    pub prefix: Vec<u8>,
    /// So many of them are read.
    pub at: usize,
    pub inner: R,
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Rewind<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let available = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = available.len().min(buf.len());
        buf[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Poll::Ready(Ok(count))
    }
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Rewind<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.at < this.prefix.len() {
            return Poll::Ready(Ok(&this.prefix[this.at..]));
        }
        Pin::new(&mut this.inner).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        if self.at < self.prefix.len() {
            self.at += count;
        } else {
            Pin::new(&mut self.inner).consume(count);
        }
    }
}
