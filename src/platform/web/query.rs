//! Reading query strings: strict, and every refusal names the parameter.
//!
//! Values are percent-decoded; in the values of lists `+` is a space, as forms write it. (The
//! `filename` of an upload is read elsewhere, where `+` stands for itself.)

use rocket::http::uri::Origin;
use rocket::request::{FromRequest, Outcome, Request};

use super::guards::refuse;
use crate::platform::clock;
use crate::platform::error::{Error, Message, Result};
use crate::platform::paging;

/// How many items a list gives when it isn't told.
const DEFAULT_LIMIT: u32 = 100;

/// A query string, taken apart.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The query of a request.
    #[must_use]
    pub fn of(uri: &Origin<'_>) -> Self {
        let raw = uri.query().map(|query| query.as_str()).unwrap_or_default();
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                // Seed 001 shows an address whose `&` went through HTML: `&amp;amp;set_type_id=1`.
                .map(|(key, value)| (decode(key.trim_start_matches("amp;")), decode(value)))
                .collect(),
        )
    }

    /// The query of a request that takes these parameters and no others: a slip of the pen must not widen a filter
    /// (contract §0, `/api/v1` and archives).
    ///
    /// # Errors
    /// `Invalid` that names the first parameter that isn't known, or stands twice with different values.
    pub fn strict(uri: &Origin<'_>, known: &[&'static str]) -> Result<Self> {
        let query = Self::of(uri);
        if let Some(other) = query.strangers(known).next() {
            return Err(unknown(other, known));
        }
        for key in known {
            let mut values = query.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
            let first = values.next();
            if values.any(|value| Some(value) != first) {
                return Err(Error::invalid(key, ("stands there more than once", "重复出现且取值不同")));
            }
        }
        Ok(query)
    }

    /// The names that stand there and are none of `known`.
    pub fn strangers<'q>(&'q self, known: &'q [&'q str]) -> impl Iterator<Item = &'q str> {
        self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !known.contains(name))
    }

    /// The value under `key`, unless it is empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value under `key` as `parse` reads it.
    ///
    /// # Errors
    /// `Invalid` with `allowed` when it can't be read.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        allowed: impl Into<Message>,
    ) -> Result<Option<T>> {
        self.get(key).map(|text| parse(text).ok_or_else(|| Error::invalid(key, allowed))).transpose()
    }

    /// `limit`; its range is checked by the use case.
    ///
    /// # Errors
    /// `Invalid` when it isn't a whole number.
    pub fn limit(&self) -> Result<u32> {
        let whole = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        Ok(self.parsed("limit", whole, paging::ALLOWED)?.unwrap_or(DEFAULT_LIMIT))
    }

    /// `cursor`.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.get("cursor")
    }
}

/// A parameter that nobody reads.
fn unknown(name: &str, known: &[&'static str]) -> Error {
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let (en, zh) = if known.is_empty() {
        ("none are taken here".to_owned(), "此处不接受任何参数".to_owned())
    } else {
        let known = known.join(", ");
        (format!("there are {known}"), format!("可用参数：{known}"))
    };
    Error::invalid("query", (format!("has an unknown parameter, {name}; {en}"), format!("含有未知参数 {name}；{zh}")))
}

/// A request without any query parameter: a guard for the routes below `/api/v1` that read none.
#[derive(Debug, Clone, Copy)]
pub struct NoQuery;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NoQuery {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match Query::strict(request.uri(), &[]) {
            Ok(_) => Outcome::Success(Self),
            Err(error) => refuse(request, error),
        }
    }
}

/// A time as people type it into an address: a blank before the offset is a `+` that was not escaped. UTC milliseconds.
#[must_use]
pub fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    clock::parse(text).or_else(|| {
        let (moment, offset) = text.rsplit_once(' ')?;
        clock::parse(&format!("{}+{offset}", moment.trim_end()))
    })
}

/// A text without the double quotes around it.
#[must_use]
pub fn bare(text: &str) -> &str {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

/// A MIME type or its first half.
#[must_use]
pub fn media(text: &str) -> Option<String> {
    let is_token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b));
    let fits = text.split_once('/').map_or_else(|| is_token(text), |(whole, part)| is_token(whole) && is_token(part));
    fits.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_that_went_through_html_are_understood() {
        for address in ["/s?task_id=%227%22&set_type_id=1", "/s?task_id=%227%22&amp;amp;amp;set_type_id=1"] {
            let query = Query::of(&Origin::parse(address).unwrap());
            assert_eq!((query.get("task_id"), query.get("set_type_id")), (Some("\"7\""), Some("1")), "{address}");
        }
    }

    #[test]
    fn a_strict_query_names_what_it_does_not_know() {
        let strict = |address: &str| Query::strict(&Origin::parse_owned(address.to_owned()).unwrap(), &["q", "type"]);
        for (address, said) in [
            ("/s?typ=image", "typ"),
            ("/s?q=a&TYPE=b", "TYPE"),
            ("/s?typ", "typ"),
            ("/s?=x", "unknown"),
            ("/s?%E5%9B%BE=x", "图"),
            ("/s?q=a&q=b", "q: "),
            ("/s?q=a&q=", "q: "),
        ] {
            let error = strict(address).unwrap_err();
            assert!(error.status() == 400 && error.to_string().contains(said), "{address}: {error}");
        }
        for address in ["/s", "/s?", "/s?&", "/s?q=&type=image", "/s?q=a&q=a&", "/s?q=a&amp;type=b"] {
            assert!(strict(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn a_blank_within_a_time_is_a_plus() {
        let noon = clock::parse("2026-01-31T12:00:00Z");
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T20:00:00+08:00",
            "2026-01-31T20:00:00 08:00",
            "2026-01-31 20:00:00 08:00",
            "2026-01-31 12:00:00Z",
            " 2026-01-31T20:00:00 08:00 ",
            "2026-01-31T08:00:00-04:00",
            "2026-01-31T20:00 08:00",
        ] {
            assert_eq!(time(text), noon, "{text}");
        }
        assert_eq!(time("2026-01-31T20:00:00.5 0800"), noon.map(|noon| noon + 500));
        for bad in ["", " ", "2026-01-31T20:00:00", "2026-01-31 20:00:00", "2026-01-31T20:00:00 8", "now 08:00"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
