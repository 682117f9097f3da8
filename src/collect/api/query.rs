//! Reading query strings: strict, and every refusal names the parameter.
//!
//! Values are percent-decoded; in the values of lists `+` is a space, as forms write it. (The
//! `filename` of an upload is read elsewhere, where `+` stands for itself.)

use rocket::http::uri::Origin;

use crate::collect::model::{Filter, Order, TagOrder, TagQuery};
use crate::platform::clock;
use crate::platform::error::{Error, Message, Result};
use crate::platform::ids::Id;

/// How many items a list gives when it isn't told.
const DEFAULT_LIMIT: u32 = 100;

/// A query string, taken apart.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The query of a request.
    pub fn of(uri: &Origin<'_>) -> Self {
        let raw = uri.query().map(|query| query.as_str()).unwrap_or_default();
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect(),
        )
    }

    /// The value under `key`, unless it is empty.
    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        allowed: impl Into<Message>,
    ) -> Result<Option<T>> {
        self.get(key).map(|text| parse(text).ok_or_else(|| Error::invalid(key, allowed))).transpose()
    }

    /// `limit`; its range is checked by the use case.
    pub fn limit(&self) -> Result<u32> {
        let whole = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        let allowed = ("must be a whole number from 1 to 1000", "必须是 1 到 1000 的整数");
        Ok(self.parsed("limit", whole, allowed)?.unwrap_or(DEFAULT_LIMIT))
    }

    /// `cursor`.
    pub fn cursor(&self) -> Option<&str> {
        self.get("cursor")
    }

    /// `order` of files.
    pub fn order(&self) -> Result<Order> {
        let allowed = ("must be newest, oldest, name or size", "必须是 newest、oldest、name 或 size");
        Ok(self.parsed("order", Order::parse, allowed)?.unwrap_or_default())
    }

    /// What a list of tags is asked for.
    pub fn tags(&self) -> Result<TagQuery> {
        let allowed = ("must be newest, oldest, name, size or files", "必须是 newest、oldest、name、size 或 files");
        Ok(TagQuery {
            filter: self.filter()?,
            order: self.parsed("order", TagOrder::parse, allowed)?.unwrap_or_default(),
            cursor: self.cursor().map(str::to_owned),
            limit: self.limit()?,
        })
    }

    /// `q`, `type`, `since`, `until`.
    pub fn filter(&self) -> Result<Filter> {
        let times =
            ("must be a time such as 2026-01-31T08:00:00Z, or a date", "必须是时间（如 2026-01-31T08:00:00Z）或日期");
        let types =
            ("must be a type such as image/png, or its first half", "必须是 MIME 类型（如 image/png）或其前半部分");
        Ok(Filter {
            q: self.get("q").map(str::to_owned),
            media: self.parsed("type", media, types)?,
            since: self.parsed("since", clock::parse, times)?,
            until: self.parsed("until", clock::parse, times)?,
            ids: None,
        })
    }
}

/// A MIME type or its first half.
fn media(text: &str) -> Option<String> {
    let is_token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b));
    let fits = text.split_once('/').map_or_else(|| is_token(text), |(whole, part)| is_token(whole) && is_token(part));
    fits.then(|| text.to_ascii_lowercase())
}

/// A selection: sorted, without doubles.
pub fn ids<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Id>> {
    let allowed = || Error::invalid("ids", ("must be ids of files", "必须是文件 id"));
    let mut ids = texts.into_iter().map(|text| Id::parse(text).ok_or_else(allowed)).collect::<Result<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Err(allowed()) } else { Ok(ids) }
}
