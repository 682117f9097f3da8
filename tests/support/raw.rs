//! One HTTP/1.1 connection by hand: what an ordinary client never does can be done here, such as
//! breaking off in mid-body, broken chunks, and odd bytes in the request line.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::http::Answer;

/// An open connection to a server on this machine.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub fn open(port: u16) -> Self {
        Self::try_open(port).expect("a connection to the server")
    }

    pub fn try_open(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_write_timeout(Some(Duration::from_mins(1)))?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    /// Over a stream on which a request was sent by other means.
    pub fn over(stream: TcpStream) -> Self {
        let minute = Some(Duration::from_mins(1));
        stream.set_read_timeout(minute).expect("a read time-out");
        Self { stream, unread: Vec::new() }
    }

    /// Sends all bytes; `false` when the server hung up before it had them all, as it may when
    /// it refuses a body.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Ends our side (FIN); the server can still answer.
    pub fn finish(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads one answer; `None` when the connection ended without a whole head.
    pub fn answer(&mut self) -> Option<Answer> {
        self.answer_to("GET")
    }

    /// Reads one answer to a request of this method: one to `HEAD` has no body.
    pub fn answer_to(&mut self, method: &str) -> Option<Answer> {
        loop {
            let head_end = self.fill_until(b"\r\n\r\n")?;
            let head: Vec<u8> = self.unread.drain(..head_end).collect();
            let (status, headers) = parse_head(&head)?;
            if status == 100 {
                continue;
            }
            let mut answer = Answer { status, headers, body: Vec::new(), complete: true };
            if method != "HEAD" && status != 204 && status != 304 {
                self.read_body(&mut answer);
            }
            return Some(answer);
        }
    }

    /// Whether these bytes come, of an answer that may go on.
    pub fn comes(&mut self, mark: &[u8]) -> bool {
        self.fill_until(mark).is_some()
    }

    /// So many bytes of what comes, or fewer at its end.
    pub fn some(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count && self.fill() {}
        let count = count.min(self.unread.len());
        self.unread.drain(..count).collect()
    }

    /// Whatever still comes until the other side ends.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.unread)
    }

    fn read_body(&mut self, answer: &mut Answer) {
        if answer.header("transfer-encoding").is_some_and(|v| v.contains("chunked")) {
            answer.complete = self.read_chunks(&mut answer.body).is_some();
        } else if let Some(length) = answer.header("content-length").and_then(|v| v.parse::<usize>().ok()) {
            while self.unread.len() < length && self.fill() {}
            answer.complete = self.unread.len() >= length;
            let have = length.min(self.unread.len());
            answer.body = self.unread.drain(..have).collect();
        } else {
            answer.body = self.rest();
        }
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>) -> Option<()> {
        loop {
            let line_end = self.fill_until(b"\r\n")?;
            let line: Vec<u8> = self.unread.drain(..line_end).collect();
            let size = std::str::from_utf8(&line).ok()?.trim();
            let size = usize::from_str_radix(size.split(';').next()?, 16).ok()?;
            while self.unread.len() < size + 2 {
                if !self.fill() {
                    return None;
                }
            }
            body.extend(self.unread.drain(..size));
            self.unread.drain(..2);
            if size == 0 {
                return Some(());
            }
        }
    }

    fn fill_until(&mut self, mark: &[u8]) -> Option<usize> {
        let mut searched = 0;
        loop {
            let from = searched.min(self.unread.len());
            if let Some(at) = find(&self.unread[from..], mark) {
                return Some(from + at + mark.len());
            }
            searched = self.unread.len().saturating_sub(mark.len());
            if !self.fill() {
                return None;
            }
        }
    }

    /// Reads some more; `false` at the end, on an error, or after a minute of silence.
    fn fill(&mut self) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(count) if count > 0 => {
                self.unread.extend_from_slice(&buffer[..count]);
                true
            }
            _ => false,
        }
    }
}

/// The place of `needle` in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

fn parse_head(head: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    Some((status, headers))
}
