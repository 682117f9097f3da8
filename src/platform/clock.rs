//! The only place that asks what time it is.
//!
//! Everything else is given a [`Clock`], so that a test can stand still or jump. Times are UTC
//! milliseconds since 1970; SQL's own clock is never asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Tells the time; cheap to clone.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Stands still until it is set: UTC milliseconds.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `ms`.
    #[must_use]
    pub fn fixed(ms: i64) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(ms)))
    }

    /// UTC milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
            Self::System => Timestamp::now().as_millisecond(),
            Self::Fixed(ms) => ms.load(Ordering::SeqCst),
        }
    }

    /// Today in the machine's time zone, as the number `yyyymmdd`.
    #[must_use]
    pub fn local_day(&self) -> i64 {
        let now = timestamp(self.now_ms());
        let zone = match self {
            Self::System => TimeZone::system(),
            Self::Fixed(_) => TimeZone::UTC,
        };
        let day = Zoned::new(now, zone).date();
        i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
    }
}

/// `ms` as a timestamp; values past jiff's range become 1970.
#[must_use]
pub fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// RFC 3339 in UTC with milliseconds (contract §0).
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    timestamp(ms).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads RFC 3339 (any offset), or a bare date as its first moment in UTC. UTC milliseconds. The end of
/// the year 9999, of which jiff spares the last hours, counts as the last moment that it knows.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.offset().is_some() || text.len() == 10)?;
    let (date, last) = (pieces.date(), Timestamp::MAX);
    let moment = match pieces.offset() {
        None => date.to_zoned(TimeZone::UTC).map_or(last, |zoned| zoned.timestamp()),
        Some(_) if date >= last.to_zoned(TimeZone::UTC).date() => last,
        Some(_) => return None,
    };
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn times_and_dates_are_read() {
        assert_eq!(parse("2023-11-14T22:13:20.123Z"), Some(1_700_000_000_123));
        assert_eq!(parse("2023-11-15T06:13:20.123+08:00"), Some(1_700_000_000_123));
        assert_eq!(parse("1970-01-02"), Some(86_400_000));
        for end in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999+08:00", "9999-12-31"] {
            assert_eq!(parse(end), Some(Timestamp::MAX.as_millisecond()), "{end}");
        }
        for bad in ["yesterday", "2023-02-30", "2023-11-14T25:00:00Z", "2023-11-14T22:13:20", "9999-12-31T23:59:59"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_fixed_clock_tells_the_day() {
        assert_eq!(Clock::fixed(1_700_000_000_123).local_day(), 20_231_114);
    }
}
