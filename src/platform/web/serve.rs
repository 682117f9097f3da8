//! Answers with bytes: ranges, entity tags, and headers that keep what users upload from being run.

use std::fmt::Write;
use std::ops::Range;

use rocket::http::{ContentType, HeaderMap, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};

use super::preconditions::{Current, Preconditions, http_date};
use super::ranges::{self, Wanted};
use crate::platform::blobs::{CHUNK, SegmentBody};
use crate::platform::error::{Error, Result};

/// The request's headers as they are, and what they presume.
pub struct Headers<'r>(pub &'r HeaderMap<'r>, pub Preconditions);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Headers<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self(request.headers(), Preconditions::of(request)))
    }
}

impl Headers<'_> {
    /// The `Content-Type`, where it is one.
    #[must_use]
    pub fn media(&self) -> Option<ContentType> {
        self.0.get_one("Content-Type").and_then(ContentType::parse_flexible)
    }
}

/// What describes some bytes, apart from the bytes.
#[derive(Debug, Clone)]
pub struct Facts {
    /// MIME type.
    pub content_type: String,
    /// Bytes in all.
    pub size: u64,
    /// Strong, in its quotes.
    pub etag: String,
    /// When they became what they are, in UTC milliseconds: `Last-Modified`.
    pub modified_at: Option<i64>,
    /// The value of `Cache-Control`.
    pub cache: &'static str,
    /// The name to save it under.
    pub name: String,
    /// Whether it is to be saved, never shown.
    pub is_attachment: bool,
}

/// Bytes that may be asked for in part.
pub struct Bytes {
    facts: Facts,
    /// `None`: the client has them already.
    part: Option<(Range<u64>, SegmentBody)>,
    is_partial: bool,
}

impl Bytes {
    /// Decides by the request's headers what is sent; `open` gives the bytes of a range.
    ///
    /// # Errors
    /// `PreconditionFailed`; `Range` when the range lies beyond the end.
    pub fn new(
        Headers(headers, conditions): &Headers<'_>,
        facts: Facts,
        open: impl FnOnce(Range<u64>) -> SegmentBody,
    ) -> Result<Self> {
        if conditions.is_unchanged(Current { etag: &facts.etag, modified_at: facts.modified_at })? {
            return Ok(Self { facts, part: None, is_partial: false });
        }
        let (range, is_partial) = match ranges::wanted(headers, &facts.etag, facts.size) {
            Wanted::Whole => (0..facts.size, false),
            Wanted::Part(range) => (range, true),
            Wanted::Nothing => return Err(Error::Range { size: facts.size }),
        };
        let body = open(range.clone());
        Ok(Self { facts, part: Some((range, body)), is_partial })
    }
}

impl<'r> Responder<'r, 'r> for Bytes {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'r> {
        let Self { facts, part, is_partial } = self;
        let mut response = Response::new();
        response.set_raw_header("ETag", facts.etag);
        response.set_raw_header("Cache-Control", facts.cache);
        response.set_raw_header("Accept-Ranges", "bytes");
        // Whatever it is: shown on its own, it can neither run scripts nor reach our pages.
        response.set_raw_header(
            "Content-Security-Policy",
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        );
        response.set_raw_header("Cross-Origin-Resource-Policy", "same-site");
        let Some((range, body)) = part else {
            response.set_status(Status::NotModified);
            return Ok(response);
        };
        if let Some(time) = facts.modified_at {
            response.set_raw_header("Last-Modified", http_date(time));
        }
        response.set_raw_header("Content-Disposition", disposition(&facts.name, facts.is_attachment));
        let media = ContentType::parse_flexible(&facts.content_type).unwrap_or(ContentType::Binary);
        response.set_header(media);
        if is_partial {
            response.set_status(Status::PartialContent);
            let last = range.end - 1;
            response.set_raw_header("Content-Range", format!("bytes {}-{last}/{}", range.start, facts.size));
        }
        let length = usize::try_from(range.end - range.start).map_err(|_| Status::InternalServerError)?;
        response.set_sized_body(length, body);
        response.set_max_chunk_size(CHUNK.min(length.max(1)));
        Ok(response)
    }
}

/// `Content-Disposition` with the name in ASCII and in UTF-8 (RFC 6266).
#[must_use]
pub fn disposition(name: &str, is_attachment: bool) -> String {
    let kind = if is_attachment { "attachment" } else { "inline" };
    let is_plain = |c: char| c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ';
    let ascii: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut value = format!("{kind}; filename=\"{ascii}\"");
    if ascii != name {
        let _ = write!(value, "; filename*=UTF-8''{}", path_segment(name));
    }
    value
}

/// Percent-encodes a name for a path or query.
#[must_use]
pub fn path_segment(name: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(name, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_headers() {
        assert_eq!(disposition("a.jpg", false), "inline; filename=\"a.jpg\"");
        assert_eq!(disposition("图\".jpg", true), "attachment; filename=\"__.jpg\"; filename*=UTF-8''%E5%9B%BE%22.jpg");
    }
}
