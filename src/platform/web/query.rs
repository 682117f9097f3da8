//! Reading query strings: strict, and every refusal names the parameter.
//!
//! Values are percent-decoded; in the values of lists `+` is a space, as forms write it. (The
//! `filename` of an upload is read elsewhere, where `+` stands for itself.)

use rocket::http::uri::Origin;

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

    /// The value under `key`, unless it is empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The names that are there, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
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
}
