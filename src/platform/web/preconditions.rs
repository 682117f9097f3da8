//! What a request asks of the state of things before it is done (RFC 9110 §13): `If-Match`, `If-None-Match`,
//! `If-Modified-Since`, `If-Unmodified-Since`.
//!
//! What always holds: they are evaluated in the order of §13.2.2; tags of `If-Match` are compared strongly, those of
//! `If-None-Match` weakly; a date that is none, or one of several, is as if it weren't there; a tag that is none equals
//! nothing, so a malformed `If-Match` lets nothing pass.
//!
//! Who reads asks [`Preconditions::is_unchanged`], who writes asks [`Preconditions::check`], within the transaction that
//! writes. Ask after everything else that may be refused: a request that fails anyway fails for that (§13.2.1).

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;
use rocket::http::{HeaderMap, Method};
use rocket::request::{FromRequest, Outcome, Request};

use crate::platform::clock::timestamp;
use crate::platform::error::{Error, Result};

/// What stands at an address now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current<'a> {
    /// In its quotes; strong, unless it begins with `W/`.
    pub etag: &'a str,
    /// UTC milliseconds; `None` where that isn't known.
    pub modified_at: Option<i64>,
}

/// The conditions of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    matches: Option<Tags>,
    none_match: Option<Tags>,
    /// UTC seconds.
    modified_since: Option<i64>,
    unmodified_since: Option<i64>,
    /// Whether the method is one for which a false `If-None-Match` is 304.
    is_read: bool,
}

/// The members of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tags {
    listed: Vec<String>,
    /// One of them is `*`.
    has_star: bool,
    /// There is something else than `*`.
    has_others: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Preconditions {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self::of(request))
    }
}

impl Preconditions {
    /// Those of a request.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        Self::read(request.headers(), request.method())
    }

    /// Those of these headers.
    #[must_use]
    pub fn read(headers: &HeaderMap<'_>, method: Method) -> Self {
        let is_read = matches!(method, Method::Get | Method::Head);
        Self {
            matches: Tags::of(headers, "If-Match"),
            none_match: Tags::of(headers, "If-None-Match"),
            // It means nothing for other methods (§13.1.3).
            modified_since: date(headers, "If-Modified-Since").filter(|_| is_read),
            unmodified_since: date(headers, "If-Unmodified-Since"),
            is_read,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { is_read: self.is_read, ..Self::default() }
    }

    /// Before a write: whether it may be done to what stands there now (`None`: nothing does).
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub fn check(&self, current: Option<Current<'_>>) -> Result<()> {
        if let Some(wanted) = &self.matches {
            if !wanted.is_strongly(current) {
                return Err(failed("If-Match", current));
            }
        } else if let (Some(date), Some(modified)) =
            (self.unmodified_since, current.and_then(Current::modified_seconds))
            && modified > date
        {
            return Err(failed("If-Unmodified-Since", current));
        }
        match &self.none_match {
            Some(unwanted) if unwanted.is_weakly(current) => Err(failed("If-None-Match", current)),
            _ => Ok(()),
        }
    }

    /// Before an answer with what stands there now: whether the client has it already (304). By another method than `GET`
    /// and `HEAD` that is an error.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub fn is_unchanged(&self, current: Current<'_>) -> Result<bool> {
        let known = Some(current);
        if !self.is_read {
            return self.check(known).map(|()| false);
        }
        Self { none_match: None, ..self.clone() }.check(known)?;
        Ok(match (&self.none_match, self.modified_since, current.modified_seconds()) {
            (Some(had), _, _) => had.is_weakly(known),
            (None, Some(date), Some(modified)) => modified <= date,
            _ => false,
        })
    }
}

impl Current<'_> {
    /// As `Last-Modified` tells it.
    fn modified_seconds(self) -> Option<i64> {
        self.modified_at.map(|ms| ms.div_euclid(1000))
    }
}

impl Tags {
    /// The members of all lines of this name; `None` where there is no such line.
    fn of(headers: &HeaderMap<'_>, name: &str) -> Option<Self> {
        let mut lines = headers.get(name).peekable();
        lines.peek()?;
        let mut tags = Self::default();
        for member in lines.flat_map(members) {
            if member == "*" {
                tags.has_star = true;
            } else {
                tags.has_others = true;
                tags.listed.extend(is_tag(member).then(|| member.to_owned()));
            }
        }
        Some(tags)
    }

    /// For `If-Match` (§13.1.1); a `*` counts alone.
    fn is_strongly(&self, current: Option<Current<'_>>) -> bool {
        let Some(Current { etag, .. }) = current else {
            return false;
        };
        self.has_star && !self.has_others || self.listed.iter().any(|tag| tag == etag && !tag.starts_with("W/"))
    }

    /// For `If-None-Match` (§13.1.2).
    fn is_weakly(&self, current: Option<Current<'_>>) -> bool {
        let Some(Current { etag, .. }) = current else {
            return false;
        };
        self.has_star || self.listed.iter().any(|tag| opaque(tag) == opaque(etag))
    }
}

/// The tag without the mark of weakness.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Whether this is an entity tag (RFC 9110 §8.8.3).
fn is_tag(text: &str) -> bool {
    let inner = opaque(text).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|b| b == 0x21 || (0x23..=0x7e).contains(&b) || b >= 0x80))
}

/// The members of a list, of which commas within quotes are part (RFC 9110 §5.6.1); empty ones don't count.
fn members(line: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let parts = line.split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    parts.map(str::trim).filter(|member| !member.is_empty())
}

/// The date of a header, in UTC seconds; `None` where there is none, where it is none, and where there are several.
fn date(headers: &HeaderMap<'_>, name: &str) -> Option<i64> {
    let mut lines = headers.get(name);
    let only = lines.next()?;
    if lines.next().is_some() { None } else { parse_date(only) }
}

/// Reads a date in any of the three forms of RFC 9110 §5.6.7. UTC seconds.
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    const FORMS: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let text = text.trim();
    let time = FORMS.iter().find_map(|form| BrokenDownTime::parse(form, text).ok()?.to_datetime().ok())?;
    Some(Offset::UTC.to_timestamp(time).ok()?.as_second())
}

/// A time in UTC milliseconds as headers have it (RFC 9110 §5.6.7).
#[must_use]
pub fn http_date(ms: i64) -> String {
    timestamp(ms.div_euclid(1000) * 1000).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn failed(header: &str, current: Option<Current<'_>>) -> Error {
    let (en, zh) = match current {
        Some(Current { etag, modified_at }) => {
            let date = modified_at.map(http_date);
            let date = date.as_deref().map_or((String::new(), String::new()), |date| {
                (format!(" and it was last modified on {date}"), format!("，最后修改时间为 {date}"))
            });
            (format!("its ETag is {etag}{}", date.0), format!("其 ETag 为 {etag}{}", date.1))
        }
        None => ("there is nothing at this address".to_owned(), "该地址没有内容".to_owned()),
    };
    let en = format!("{header} does not hold: {en}. Nothing was changed.");
    Error::PreconditionFailed((en, format!("{header} 条件不成立：{zh}，未作任何更改")).into())
}

#[cfg(test)]
mod tests;
