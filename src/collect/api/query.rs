//! What the room's query strings ask for; every refusal names the parameter.

use crate::collect::model::{Filter, Order, TagOrder, TagQuery};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
pub use crate::platform::web::query::Query;
use crate::platform::web::query::{media, time};

/// The filters of an archive.
pub const FILTERS: [&str; 4] = ["q", "type", "since", "until"];

/// What a list takes.
pub const LIST: [&str; 7] = ["q", "type", "since", "until", "order", "limit", "cursor"];

/// `order` of files.
pub fn order(query: &Query) -> Result<Order> {
    let allowed = ("must be newest, oldest, name or size", "必须是 newest、oldest、name 或 size");
    Ok(query.parsed("order", Order::parse, allowed)?.unwrap_or_default())
}

/// What a list of tags is asked for.
pub fn tags(query: &Query) -> Result<TagQuery> {
    let allowed = ("must be newest, oldest, name, size or files", "必须是 newest、oldest、name、size 或 files");
    Ok(TagQuery {
        filter: filter(query)?,
        order: query.parsed("order", TagOrder::parse, allowed)?.unwrap_or_default(),
        cursor: query.cursor().map(str::to_owned),
        limit: query.limit()?,
    })
}

/// `q`, `type`, `since`, `until`.
pub fn filter(query: &Query) -> Result<Filter> {
    let times =
        ("must be a time such as 2026-01-31T08:00:00Z, or a date", "必须是时间（如 2026-01-31T08:00:00Z）或日期");
    let types = ("must be a type such as image/png, or its first half", "必须是 MIME 类型（如 image/png）或其前半部分");
    Ok(Filter {
        q: query.get("q").map(str::to_owned),
        media: query.parsed("type", media, types)?,
        since: query.parsed("since", time, times)?,
        until: query.parsed("until", time, times)?,
        ids: None,
    })
}

/// A selection: sorted, without doubles, not empty.
pub fn ids<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Id>> {
    let ids = Filter::selection(texts)?;
    if ids.is_empty() {
        Err(Error::invalid("ids", ("must name at least one file", "至少需要一个文件编号")))
    } else {
        Ok(ids)
    }
}
