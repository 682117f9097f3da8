//! Counts, sizes, dates and addresses, written as each language writes them. Pure.
//!
//! Dates are absolute ("21 November 2026"), never "yesterday": a page stays true however long it
//! lies open, and no clock is needed to make it.

use jiff::Zoned;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::platform::clock::timestamp;
use crate::platform::web::lang::Lang;

const EN_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Everything but the unreserved characters of RFC 3986 is escaped: right in a path and in a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` as one segment of a path, or one value of a query.
#[must_use]
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// `base` with the fields that aren't empty as its query.
#[must_use]
pub fn address(base: &str, fields: &[(&str, &str)]) -> String {
    let set = fields.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = set.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    if query.is_empty() { base.to_owned() } else { format!("{base}?{}", query.join("&")) }
}

/// `1234567` as `1,234,567`; both languages group by three.
#[must_use]
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in decimal units with three significant digits: `0 B`, `999 B`, `1.23 kB`, `45.6 MB`.
#[must_use]
pub fn size(bytes: i64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let bytes = bytes.unsigned_abs();
    let mut divisor: u64 = 1;
    let mut unit = 0;
    // The next unit begins where this one would be rounded up to 1000.
    while unit + 1 < UNITS.len() && bytes >= divisor * 1000 - divisor.div_ceil(2).min(divisor - 1) {
        divisor *= 1000;
        unit += 1;
    }
    if unit == 0 {
        return format!("{bytes} B");
    }
    // Rounded first, so that 9.999 becomes 10.0 and not 10.00.
    let (hundredths, tenths) = (round(bytes, divisor, 100), round(bytes, divisor, 10));
    let text = if hundredths < 1000 {
        decimal(hundredths, 2)
    } else if tenths < 1000 {
        decimal(tenths, 1)
    } else {
        round(bytes, divisor, 1).to_string()
    };
    format!("{text} {}", UNITS[unit])
}

/// `bytes / divisor` in units of `1 / scale`, rounded to the nearest.
fn round(bytes: u64, divisor: u64, scale: u128) -> u128 {
    (u128::from(bytes) * scale + u128::from(divisor) / 2) / u128::from(divisor)
}

/// A fixed-point number: `decimal(123, 2)` is `1.23`.
fn decimal(value: u128, places: u32) -> String {
    let one = 10u128.pow(places);
    format!("{}.{:0width$}", value / one, value % one, width = places as usize)
}

/// `ms` in the reader's time zone.
fn zoned(ms: i64, zone: &TimeZone) -> Zoned {
    Zoned::new(timestamp(ms), zone.clone())
}

/// The reader's day on which `ms` falls.
#[must_use]
pub fn day(ms: i64, zone: &TimeZone) -> Date {
    zoned(ms, zone).date()
}

/// The first moment of a reader's day, UTC milliseconds. `None` past the calendar's end.
#[must_use]
pub fn day_start(date: Date, zone: &TimeZone) -> Option<i64> {
    date.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().as_millisecond())
}

/// A heading of a day: `Saturday, 21 November 2026` · `2026年11月21日 星期六`.
#[must_use]
pub fn long_day(date: Date, lang: Lang) -> String {
    let weekday = weekday(date.weekday(), lang);
    match lang {
        Lang::En => format!("{weekday}, {} {} {}", date.day(), month(date), date.year()),
        Lang::Zh => format!("{}年{}月{}日 {weekday}", date.year(), date.month(), date.day()),
    }
}

/// A date without its weekday: `21 Nov 2026` · `2026年11月21日`.
#[must_use]
pub fn short_day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} {} {}", date.day(), &month(date)[..3], date.year()),
        Lang::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
    }
}

/// Date and time to the minute: `21 Nov 2026, 14:03` · `2026年11月21日 14:03`.
#[must_use]
pub fn moment(ms: i64, zone: &TimeZone, lang: Lang) -> String {
    let zoned = zoned(ms, zone);
    let day = short_day(zoned.date(), lang);
    let comma = match lang {
        Lang::En => ",",
        Lang::Zh => "",
    };
    format!("{day}{comma} {:02}:{:02}", zoned.hour(), zoned.minute())
}

fn month(date: Date) -> &'static str {
    usize::try_from(date.month() - 1).ok().and_then(|at| EN_MONTHS.get(at)).copied().unwrap_or("January")
}

fn weekday(day: Weekday, lang: Lang) -> &'static str {
    let (en, zh) = match day {
        Weekday::Monday => ("Monday", "星期一"),
        Weekday::Tuesday => ("Tuesday", "星期二"),
        Weekday::Wednesday => ("Wednesday", "星期三"),
        Weekday::Thursday => ("Thursday", "星期四"),
        Weekday::Friday => ("Friday", "星期五"),
        Weekday::Saturday => ("Saturday", "星期六"),
        Weekday::Sunday => ("Sunday", "星期日"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_795_240_980_000; // 2026-11-21T06:03:00Z

    #[test]
    fn counts_are_grouped_by_three() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")] {
            assert_eq!(count(n), text);
        }
    }

    #[test]
    fn sizes_have_three_digits_and_never_say_1000() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (1234, "1.23 kB"),
            (9_999, "10.0 kB"),
            (45_600, "45.6 kB"),
            (99_960, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (2_480_123_456, "2.48 GB"),
            (i64::MAX, "9.22 EB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn dates_are_written_in_the_readers_zone_and_language() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(moment(MS, &zone, Lang::En), "21 Nov 2026, 14:03");
        assert_eq!(moment(MS, &zone, Lang::Zh), "2026年11月21日 14:03");
        let date = day(MS + 10 * 3_600_000, &zone);
        assert_eq!(long_day(date, Lang::En), "Sunday, 22 November 2026");
        assert_eq!(long_day(date, Lang::Zh), "2026年11月22日 星期日");
        assert_eq!(day_start(date, &zone), Some(MS + 10 * 3_600_000 - 3 * 60_000));
    }

    #[test]
    fn addresses_are_escaped() {
        assert_eq!(escaped("a b/图?.jpg"), "a%20b%2F%E5%9B%BE%3F.jpg");
        assert_eq!(escaped("plain-1_2~3.jpg"), "plain-1_2~3.jpg");
    }
}
