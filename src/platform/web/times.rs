//! Times on pages: `<time>` elements, in the reader's zone as soon as that is known.
//!
//! Browsers tell their zone to scripts alone. Until a script has named it (the cookie `tz`), times are written in the
//! server's zone, which is said beside them; on that first visit `static/js/lib/times.js` writes them anew at once.
//! What always holds: the texts made here are HTML, and nothing but figures and fixed words stands in them.

use std::ops::Deref;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::format::{moment, short_day};
use super::lang::Lang;
use crate::platform::clock::{rfc3339, timestamp};

/// The zone in which a page writes its times.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    is_told: bool,
}

impl Deref for Zone {
    type Target = TimeZone;

    fn deref(&self) -> &TimeZone {
        &self.zone
    }
}

impl Zone {
    /// What the reader's browser has named, else the server's own.
    #[must_use]
    pub fn of(named: Option<&str>) -> Self {
        let named = named.and_then(|name| TimeZone::get(name).ok());
        let is_told = named.is_some();
        Self { zone: named.unwrap_or_else(TimeZone::system), is_told }
    }

    /// Whether the reader's browser has named it.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.is_told
    }

    /// What stands behind a time whose zone the reader can't know: ` UTC`, ` UTC+08:00`; nothing in their own.
    fn said(&self, ms: i64) -> String {
        if self.is_told {
            return String::new();
        }
        match self.zone.to_offset(timestamp(ms)).seconds() / 60 {
            0 => " UTC".to_owned(),
            minutes => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!(" UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }

    /// The zone's name for the heading of a day; nothing in the reader's own.
    #[must_use]
    pub fn of_day(&self, ms: i64) -> String {
        self.said(ms).trim().to_owned()
    }
}

/// How exactly a time is written.
#[derive(Debug, Clone, Copy)]
enum Exact {
    Day,
    Minute,
    Second,
}

/// Date and time to the minute, as HTML.
#[must_use]
pub fn minute(ms: i64, zone: &Zone, lang: Lang) -> String {
    element(ms, zone, lang, Exact::Minute)
}

/// Date and time to the second, as HTML.
#[must_use]
pub fn second(ms: i64, zone: &Zone, lang: Lang) -> String {
    element(ms, zone, lang, Exact::Second)
}

/// The date alone, as HTML.
#[must_use]
pub fn date(ms: i64, zone: &Zone, lang: Lang) -> String {
    element(ms, zone, lang, Exact::Day)
}

fn element(ms: i64, zone: &Zone, lang: Lang, exact: Exact) -> String {
    let zoned = timestamp(ms).to_zoned(zone.zone.clone());
    let day: Date = zoned.date();
    let (word, text) = match exact {
        Exact::Day => ("day", short_day(day, lang)),
        Exact::Minute => ("minute", moment(ms, zone, lang) + &zone.said(ms)),
        Exact::Second => ("second", format!("{}:{:02}{}", moment(ms, zone, lang), zoned.second(), zone.said(ms))),
    };
    format!("<time datetime=\"{}\" data-exact=\"{word}\">{text}</time>", rfc3339(ms))
}

/// A text of somebody's, to stand in HTML.
#[must_use]
pub fn text(plain: &str) -> String {
    let mut html = String::with_capacity(plain.len());
    for letter in plain.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_795_240_985_000; // 2026-11-21T06:03:05Z

    #[test]
    fn a_zone_that_nobody_named_is_said() {
        let utc = Zone { zone: TimeZone::UTC, is_told: false };
        let shown = "<time datetime=\"2026-11-21T06:03:05.000Z\" data-exact=\"minute\">21 Nov 2026, 06:03 UTC</time>";
        assert_eq!(minute(MS, &utc, Lang::En), shown);
        assert_eq!(utc.of_day(MS), "UTC");
        let east = Zone { zone: TimeZone::fixed(jiff::tz::offset(8)), is_told: false };
        assert!(second(MS, &east, Lang::Zh).contains(">2026年11月21日 14:03:05 UTC+08:00<"));
    }

    #[test]
    fn the_readers_own_zone_needs_no_name() {
        let zone = Zone::of(Some("Asia/Shanghai"));
        assert!(second(MS, &zone, Lang::En).contains(">21 Nov 2026, 14:03:05<"));
        assert!(date(MS, &zone, Lang::En).contains("data-exact=\"day\">21 Nov 2026<"));
        assert!(zone.is_told() && zone.of_day(MS).is_empty());
        assert!(!Zone::of(Some("Nowhere/AtAll")).is_told());
    }

    #[test]
    fn a_name_brings_no_markup() {
        assert_eq!(text("<b a='1'>&\"</b>"), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;&lt;/b&gt;");
    }
}
