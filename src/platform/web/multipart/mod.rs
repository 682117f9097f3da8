//! `multipart/form-data` as a stream of parts, with a bound on everything that is kept in memory.
//!
//! What always holds: more than 64 KiB of head, of what stands before the first part or behind the last one, ends the
//! form, and of a part's content no more than a piece is in memory; a form counts only when its last boundary and the
//! proper end of the body have come; and only a whole line that is the boundary parts two parts.
//!
//! RFC 2046 §5.1 says how a form is cut, RFC 7578 what its parts mean, and the modules below what clients make of it.

mod kind;
mod names;
mod parameters;
mod part;
#[cfg(test)]
mod tests;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{BoxStream, StreamExt, try_unfold};
use memchr::memchr;
use memchr::memmem::Finder;

pub use self::kind::FormType;
pub use self::part::{Part, no_name};
use super::receive::Body;
use crate::platform::error::{Error, Result};

/// Most bytes of a part's head, and of what stands before the first part or behind the last.
const MAX_HEAD: usize = 64 * 1024;

/// Most bytes of a text field.
const MAX_TEXT: usize = 64 * 1024;

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// The parts of a body, one after the other.
pub struct Parts<'r> {
    source: BoxStream<'r, Result<Bytes>>,
    buffer: BytesMut,
    /// The source has ended.
    is_ended: bool,
    place: Place,
    /// Content that was read before somebody asked for it.
    ahead: Option<Bytes>,
    /// `--` and the boundary: a line of its own.
    boundary: Vec<u8>,
    /// The same with the line break before it, as the first boundary's line has it.
    delimiter: Finder<'static>,
    /// How long that line break is: 2, or 1 where a form was written by hand.
    line_break: usize,
}

/// Where the reader stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeFirst,
    Head,
    /// `true` at its first byte.
    Content(bool),
    BehindLast,
    End,
}

/// What stands where a boundary's line may be.
enum Line {
    /// A part's head comes next, behind so many bytes.
    Next(usize),
    Last(usize),
    /// More bytes will tell.
    Open,
    /// Bytes that only look like one.
    No,
}

impl<'r> Parts<'r> {
    /// The parts of a body of this type.
    ///
    /// # Errors
    /// As [`FormType::boundary`]; `Invalid` when a digest is announced that is none.
    pub fn new(kind: &FormType, body: Body<'r>) -> Result<Self> {
        Ok(Self::of(kind.boundary()?, pieces(body)?))
    }

    /// The parts of a body that comes in these pieces.
    #[must_use]
    pub fn of(boundary: &str, source: BoxStream<'r, Result<Bytes>>) -> Self {
        let boundary = [b"--", boundary.as_bytes()].concat();
        let delimiter = Finder::new(&boundary).into_owned();
        let (buffer, place) = (BytesMut::new(), Place::BeforeFirst);
        Self { source, buffer, is_ended: false, place, ahead: None, boundary, delimiter, line_break: 0 }
    }

    /// The next part, be it a file or a field; what is left of the one before is passed over. A file input that was
    /// left empty, which browsers send without name and content, is none. `None` at the proper end.
    ///
    /// # Errors
    /// `Incomplete` when the body breaks off, `Invalid` when it isn't such a form.
    pub async fn next(&mut self) -> Result<Option<Part>> {
        self.ahead = None;
        loop {
            match self.place {
                Place::BeforeFirst => self.find_first().await?,
                Place::Head => {
                    let part = self.head().await?;
                    if part.file_name.as_deref() != Some("") || !self.is_empty().await? {
                        return Ok(Some(part));
                    }
                }
                Place::Content(_) => while self.chunk().await?.is_some() {},
                Place::BehindLast => self.drain().await?,
                Place::End => return Ok(None),
            }
        }
    }

    /// The next bytes of the part; `None` at its end.
    ///
    /// # Errors
    /// `Incomplete` when the body breaks off within the part.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        let Place::Content(mut is_first) = self.place else {
            return Ok(None);
        };
        loop {
            // Empty content may go without the line break that would end it.
            let begins = is_first && self.buffer.starts_with(&self.boundary);
            let found = if begins { Some(0) } else { self.delimiter.find(&self.buffer) };
            let Some(at) = found else {
                let kept = self.delimiter.needle().len() - 1;
                if let Some(sure) = self.buffer.len().checked_sub(kept).filter(|sure| *sure > 0) {
                    return Ok(Some(self.content(sure)));
                }
                self.need().await?;
                continue;
            };
            let behind = at + if begins { self.boundary.len() } else { self.delimiter.needle().len() };
            let line = self.line(behind);
            if let Line::Next(length) | Line::Last(length) = line {
                let content = self.buffer.split_to(at).freeze();
                drop(self.buffer.split_to(behind - at + length));
                self.place = if matches!(line, Line::Next(_)) { Place::Head } else { Place::BehindLast };
                return Ok(Some(content).filter(|content| !content.is_empty()));
            }
            match line {
                Line::Open if at > 0 => return Ok(Some(self.content(at))),
                Line::Open if self.is_ended => return Err(broken_off()),
                Line::Open => {
                    self.more().await?;
                }
                _ if begins => is_first = false,
                _ => return Ok(Some(self.content(behind))),
            }
        }
    }

    /// The part's content as text.
    ///
    /// # Errors
    /// As [`Self::chunk`]; `Unsupported` when it is encoded; `Invalid` for more than 64 KiB, or bytes that are no text.
    pub async fn text(&mut self, part: &Part) -> Result<String> {
        part.check()?;
        let mut value = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            value.extend_from_slice(&chunk);
            if value.len() > MAX_TEXT {
                let message = ("has a text field of more than 64 KiB", "文本字段超过 64 KiB");
                return Err(Error::invalid("body", message));
            }
        }
        let message = ("has a text field that is not UTF-8", "文本字段不是 UTF-8");
        part.decode(&value).ok_or_else(|| Error::invalid("body", message))
    }

    /// Passes over what stands before the first part, and learns how this form breaks its lines.
    async fn find_first(&mut self) -> Result<()> {
        let mut room = MAX_HEAD;
        loop {
            let Some(line) = self.read_line(&mut room).await?.filter(|line| !line.is_empty()) else {
                return Err(self.no_boundary(room == MAX_HEAD));
            };
            let text = line.trim_ascii_end();
            let Some(behind) = text.strip_prefix(self.boundary.as_slice()) else {
                continue;
            };
            self.line_break = if line.ends_with(b"\r\n") { 2 } else { 1 };
            let line_break = if self.line_break == 2 { &b"\r\n"[..] } else { b"\n" };
            self.delimiter = Finder::new(&[line_break, &self.boundary].concat()).into_owned();
            self.place = match behind {
                b"" if line.ends_with(b"\n") => Place::Head,
                b"--" => Place::BehindLast,
                _ => continue,
            };
            return Ok(());
        }
    }

    fn no_boundary(&self, is_empty: bool) -> Error {
        if is_empty {
            return Error::invalid("body", ("is empty", "为空"));
        }
        let boundary: String = String::from_utf8_lossy(&self.boundary).chars().take(80).collect();
        let en = format!("holds no line {boundary}, which the boundary in Content-Type asks for");
        let zh = format!("没有 {boundary} 这一行，而 Content-Type 中的 boundary 要求有");
        Error::invalid("body", (en, zh))
    }

    /// The lines up to an empty one.
    async fn head(&mut self) -> Result<Part> {
        let (mut room, mut lines) = (MAX_HEAD, Vec::new());
        loop {
            let line = self.read_line(&mut room).await?.filter(|line| line.ends_with(b"\n")).ok_or_else(broken_off)?;
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            lines.push(line.to_vec());
        }
        while self.buffer.len() < self.boundary.len() && self.more().await? {}
        self.place = Place::Content(true);
        Ok(Part::read(&lines))
    }

    /// One line with its break, or what stands behind the last one; `None` at the end of the body.
    async fn read_line(&mut self, room: &mut usize) -> Result<Option<Bytes>> {
        loop {
            let length = memchr(b'\n', &self.buffer).map(|at| at + 1);
            if length.unwrap_or(self.buffer.len()) > *room {
                let message = ("more than 64 KiB before a part's content", "分段内容之前超过 64 KiB");
                return Err(Error::invalid("body", message));
            }
            if let Some(length) = length {
                *room -= length;
                return Ok(Some(self.buffer.split_to(length).freeze()));
            }
            if !self.more().await? {
                *room -= self.buffer.len();
                return Ok(Some(self.buffer.split().freeze()).filter(|line| !line.is_empty()));
            }
        }
    }

    /// Whether the part that has just begun has no content. It may take the next piece to tell.
    async fn is_empty(&mut self) -> Result<bool> {
        self.ahead = self.chunk().await?;
        Ok(self.ahead.is_none())
    }

    /// Content of the part, up to `length`.
    fn content(&mut self, length: usize) -> Bytes {
        self.place = Place::Content(false);
        self.buffer.split_to(length).freeze()
    }

    /// What stands behind the boundary that ends at `at`: two dashes where it is the last, blanks, a line break.
    fn line(&self, at: usize) -> Line {
        let behind = &self.buffer[at..];
        let (is_last, dashes) = match behind {
            [b'-', b'-', ..] => (true, 2),
            [] | [b'-'] => return Line::Open,
            _ => (false, 0),
        };
        let blanks = behind[dashes..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let length = dashes + blanks;
        match (&behind[length..], is_last) {
            _ if blanks > MAX_HEAD => Line::No,
            ([b'\r' | b'\n', ..], true) => Line::Last(length),
            // The body may end here.
            ([], true) if self.is_ended => Line::Last(length),
            ([b'\r', b'\n', ..], false) if self.line_break == 2 => Line::Next(length + 2),
            ([b'\n', ..], false) if self.line_break == 1 => Line::Next(length + 1),
            ([], _) | ([b'\r'], false) => Line::Open,
            _ => Line::No,
        }
    }

    /// Reads on from the last boundary to the end of the body: it may break off there, too.
    async fn drain(&mut self) -> Result<()> {
        while self.buffer.len() <= MAX_HEAD && self.more().await? {}
        if self.buffer.len() > MAX_HEAD {
            let message = ("more than 64 KiB behind the last boundary", "最后的分隔符之后超过 64 KiB");
            return Err(Error::invalid("body", message));
        }
        let is_next = |behind: usize| matches!(self.line(behind), Line::Next(_));
        let length = self.delimiter.needle().len();
        let begins = self.buffer.starts_with(&self.boundary) && is_next(self.boundary.len());
        if begins || self.delimiter.find_iter(&self.buffer).any(|at| is_next(at + length)) {
            let message = ("has parts behind its last boundary", "最后的分隔符之后还有分段");
            return Err(Error::invalid("body", message));
        }
        self.place = Place::End;
        Ok(())
    }

    /// Reads a piece more; `false` at the end of the body.
    async fn more(&mut self) -> Result<bool> {
        let Some(piece) = self.source.next().await else {
            self.is_ended = true;
            return Ok(false);
        };
        self.buffer.extend_from_slice(&piece?);
        Ok(true)
    }

    async fn need(&mut self) -> Result<()> {
        if self.more().await? { Ok(()) } else { Err(broken_off()) }
    }
}

fn broken_off() -> Error {
    let message = ("The form broke off before its last boundary.", "表单在最后的分隔符之前中断");
    Error::Incomplete(message.into())
}

/// The bytes of a form's one file; its fields are passed over. They are to be read to their end: only there is it sure
/// that no second file follows.
///
/// # Errors
/// As [`Parts::new`]. In the stream: as [`Parts::next`]; `Invalid` when there is no file, or more than one;
/// `Unsupported` when its content is encoded.
pub fn only_file<'r>(kind: &FormType, body: Body<'r>) -> Result<BoxStream<'r, Result<Bytes>>> {
    let parts = Parts::new(kind, body)?;
    let chunks = try_unfold((parts, false), |(mut parts, is_found)| async move {
        if !is_found {
            next_meant_as_file(&mut parts).await?.ok_or_else(no_file)?.check()?;
        }
        if let Some(chunk) = parts.chunk().await? {
            return Ok(Some((chunk, (parts, true))));
        }
        match next_meant_as_file(&mut parts).await? {
            Some(_) => Err(Error::invalid("body", ("holds more than one file", "包含多个文件"))),
            None => Ok(None),
        }
    });
    Ok(chunks.boxed())
}

async fn next_meant_as_file(parts: &mut Parts<'_>) -> Result<Option<Part>> {
    while let Some(part) = parts.next().await? {
        if part.is_meant_as_file() {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

/// A form without any file.
#[must_use]
pub fn no_file() -> Error {
    Error::invalid("body", ("holds no file: send parts with a file name", "没有文件：请提交带文件名的分段"))
}

/// The body in pieces, held at its end against the digest that the request announces (contract §1). Whoever reads
/// them reads to the end.
///
/// # Errors
/// `Invalid` when that digest is none, `Unprocessable` when there are several that differ.
pub fn pieces(mut body: Body<'_>) -> Result<BoxStream<'_, Result<Bytes>>> {
    body.check_digest()?;
    let pieces = try_unfold(body, |mut body| async {
        let mut buffer = Vec::with_capacity(PIECE);
        let count = body.read(&mut buffer).await?;
        Ok((count > 0).then(|| (Bytes::from(buffer), body)))
    });
    Ok(pieces.boxed())
}
