//! The filters of a tag's page, as they stand in its address.
//!
//! A date is a day of the reader's: `to` includes the whole day that it names. The zip's address says
//! the same in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rocket::form::FromForm;

use crate::collect::model::{Filter, Order};
use crate::platform::clock::rfc3339;
use crate::platform::web::format::{address, day_start};

/// The query of a tag's page, and the hidden fields of its forms.
#[derive(Debug, FromForm)]
pub struct FilterQuery<'r> {
    q: Option<&'r str>,
    #[field(name = "type")]
    media: Option<&'r str>,
    from: Option<&'r str>,
    to: Option<&'r str>,
    order: Option<&'r str>,
}

/// The filters as the page shows them: what was typed, even where it can't be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterFields {
    pub q: String,
    pub media: String,
    pub from: String,
    pub to: String,
    /// Empty for the default, so that addresses stay short.
    pub order: &'static str,
    pub wrong_from: bool,
    pub wrong_to: bool,
}

impl FilterFields {
    /// The fields that are set, for hidden inputs and addresses.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, &str)> {
        [("q", self.q.as_str()), ("type", &self.media), ("from", &self.from), ("to", &self.to), ("order", self.order)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// `base` with the fields and `cursor` as its query.
    #[must_use]
    pub fn address(&self, base: &str, cursor: &str) -> String {
        let mut fields = self.fields();
        fields.push(("cursor", cursor));
        address(base, &fields)
    }
}

impl<'r> FilterQuery<'r> {
    /// The filters of a form, which has no order.
    #[must_use]
    pub fn of(q: Option<&'r str>, media: Option<&'r str>, from: Option<&'r str>, to: Option<&'r str>) -> Self {
        Self { q, media, from, to, order: None }
    }

    /// What is asked for. A date that can't be read filters nothing and is marked.
    #[must_use]
    pub fn read(&self, zone: &TimeZone) -> (Filter, Order, FilterFields) {
        let given = |field: Option<&str>| field.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (from, to) = (given(self.from), given(self.to));
        let since = from.as_deref().map(|text| day_bound(text, zone, false));
        let until = to.as_deref().map(|text| day_bound(text, zone, true));
        let order = self.order.and_then(Order::parse).unwrap_or_default();
        let filter = Filter {
            q: given(self.q),
            media: given(self.media),
            since: since.flatten(),
            until: until.flatten(),
            ids: None,
        };
        let fields = FilterFields {
            q: filter.q.clone().unwrap_or_default(),
            media: filter.media.clone().unwrap_or_default(),
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            order: if order == Order::default() { "" } else { order.as_str() },
            wrong_from: since == Some(None),
            wrong_to: until == Some(None),
        };
        (filter, order, fields)
    }

    /// Whether every field that was given could be read. What can't be undone by the eye, such as
    /// acting on a whole filter, must not go on with a filter that was misread.
    #[must_use]
    pub fn is_sound(&self, zone: &TimeZone) -> bool {
        let (_, _, fields) = self.read(zone);
        !fields.wrong_from && !fields.wrong_to
    }
}

/// The first moment of a day, or of the day behind it.
fn day_bound(text: &str, zone: &TimeZone, behind: bool) -> Option<i64> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    let date = if behind { date.tomorrow().ok()? } else { date };
    day_start(date, zone)
}

/// The address of a tag's zip under a filter.
#[must_use]
pub fn zip_address(tag_href: &str, filter: &Filter) -> String {
    with_filter(&format!("{tag_href}/zip"), &[], filter)
}

/// Where all that a filter finds can be sent to a training task.
#[must_use]
pub fn send_address(tag: &str, filter: &Filter) -> String {
    with_filter("/tasks/send", &[("tag", tag), ("scope", "filter")], filter)
}

fn with_filter(base: &str, fields: &[(&str, &str)], filter: &Filter) -> String {
    let since = filter.since.map(rfc3339).unwrap_or_default();
    let until = filter.until.map(rfc3339).unwrap_or_default();
    let mut fields = fields.to_vec();
    fields.extend([
        ("q", filter.q.as_deref().unwrap_or_default()),
        ("type", filter.media.as_deref().unwrap_or_default()),
        ("since", &since),
        ("until", &until),
    ]);
    address(base, &fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_readers_and_the_last_one_counts_whole() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let query =
            FilterQuery { from: Some("2026-11-20"), to: Some("2026-11-21"), ..FilterQuery::of(None, None, None, None) };
        let (filter, order, fields) = query.read(&zone);
        assert_eq!(filter.since.map(rfc3339).as_deref(), Some("2026-11-19T16:00:00.000Z"));
        assert_eq!(filter.until.map(rfc3339).as_deref(), Some("2026-11-21T16:00:00.000Z"));
        assert_eq!(order, Order::Newest);
        assert_eq!(
            zip_address("/tags/a", &filter),
            "/tags/a/zip?since=2026-11-19T16%3A00%3A00.000Z&until=2026-11-21T16%3A00%3A00.000Z"
        );
        let media = Filter { media: Some("image/png".to_owned()), ..Filter::default() };
        assert_eq!(send_address("a b", &media), "/tasks/send?tag=a%20b&scope=filter&type=image%2Fpng");
        assert_eq!(fields.address("/tags/a", "c+"), "/tags/a?from=2026-11-20&to=2026-11-21&cursor=c%2B");
    }

    #[test]
    fn what_cannot_be_read_comes_back_as_it_was_typed() {
        let query = FilterQuery {
            from: Some("soon"),
            q: Some("  "),
            order: Some("odd"),
            ..FilterQuery::of(None, None, None, None)
        };
        let (filter, order, fields) = query.read(&TimeZone::UTC);
        assert!(filter.is_empty());
        assert_eq!(order, Order::Newest);
        assert!(fields.wrong_from && !fields.wrong_to);
        assert_eq!(fields.from, "soon");
        assert!(!query.is_sound(&TimeZone::UTC));
        assert!(FilterQuery::of(None, None, None, None).is_sound(&TimeZone::UTC));
    }
}
