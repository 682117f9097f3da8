//! The log of a task as a CSV file of known length.
//!
//! It is read twice: once for its length, once while it is sent. So a fault shows in the transfer, and not a byte stands
//! behind the file's end. Rows before the mark never change; while somebody works on the task the file ends there.

use std::io;

use futures_util::future::{BoxFuture, FutureExt};

use super::Ingest;
use super::log::{Listing, Pieces};
use crate::ingest::model::{LogLine, State};
use crate::platform::blobs::{Segment, SegmentBody, Segments};
use crate::platform::error::Result;

/// The header line of the file.
const HEADER: &[u8] = b"uri,code,message\r\n";

impl Ingest {
    /// The log as UTF-8 CSV without a mark, `\r\n`, quoted by RFC 4180.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn download_log(&self, id: &str) -> Result<Listing> {
        let task = self.task(id).await?;
        let is_worked_on = task.state == State::Running || task.lease.until > self.now();
        let end = if is_worked_on { task.mark.row } else { i64::MAX };
        let pieces = || Pieces::new(self.clone(), task.id.clone(), end);
        let mut file = File { pieces: pieces(), left: 0, is_begun: false };
        let mut length = HEADER.len() as u64;
        loop {
            let text = file.piece().await?;
            if text.is_empty() {
                break;
            }
            length += text.len() as u64;
        }
        file = File { pieces: pieces(), left: length, is_begun: false };
        let body = SegmentBody::new(self.blobs().clone(), file);
        Ok(Listing { body, length: Some(length) })
    }
}

/// The file, a piece of the log at a time.
struct File {
    pieces: Pieces,
    /// Bytes that are still to be sent.
    left: u64,
    is_begun: bool,
}

impl File {
    /// The next lines; empty at the end.
    async fn piece(&mut self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        for line in &self.pieces.next().await? {
            write_line(&mut text, line);
        }
        Ok(text)
    }
}

impl Segments for File {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>> {
        async move {
            let is_first = !std::mem::replace(&mut self.is_begun, true);
            let text = if is_first { HEADER.to_vec() } else { self.piece().await.map_err(io::Error::other)? };
            let left = self.left.checked_sub(text.len() as u64);
            // A row came in behind our back: the rest would be another file's.
            self.left = left.ok_or_else(|| io::Error::other("the log has changed"))?;
            if text.is_empty() {
                return Ok(Vec::new());
            }
            Ok(vec![Segment::Bytes(text)])
        }
        .boxed()
    }
}

fn write_line(text: &mut Vec<u8>, line: &LogLine) {
    write_field(text, &line.uri);
    text.push(b',');
    text.extend_from_slice(line.code.to_string().as_bytes());
    text.push(b',');
    write_field(text, &line.message);
    text.extend_from_slice(b"\r\n");
}

fn write_field(text: &mut Vec<u8>, field: &str) {
    if field.contains([',', '"', '\r', '\n']) {
        text.push(b'"');
        text.extend_from_slice(field.replace('"', "\"\"").as_bytes());
        text.push(b'"');
    } else {
        text.extend_from_slice(field.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let line_of = |uri: &str, message: &str| {
            let (uri, message) = (uri.to_owned(), message.to_owned());
            LogLine { row: 0, uri, code: 101, message, english: None }
        };
        let line = |uri: &str, message: &str| {
            let mut text = Vec::new();
            write_line(&mut text, &line_of(uri, message));
            String::from_utf8(text).unwrap()
        };
        assert_eq!(line("http://h/1", "没有"), "http://h/1,101,没有\r\n");
        assert_eq!(line("data:a,b", "a \"b\"\nc"), "\"data:a,b\",101,\"a \"\"b\"\"\nc\"\r\n");
        assert_eq!(line("", ""), ",101,\r\n");
    }
}
