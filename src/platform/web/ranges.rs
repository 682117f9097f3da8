//! `Range` and `If-Range` (RFC 9110 §13.1.5 and §14).
//!
//! One range of bytes is served; a request for several gets the whole, as the RFC allows.

use std::ops::Range;

use rocket::http::HeaderMap;

/// What is to be sent of `size` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All: 200.
    Whole,
    /// These: 206.
    Part(Range<u64>),
    /// Nothing of it is there: 416.
    Nothing,
}

/// Reads a `Range` header for something of `size` bytes.
#[must_use]
pub fn parse(header: &str, size: u64) -> Wanted {
    // The unit's name has no letter case (§14.1).
    let Some((_, spec)) = header.trim().split_once('=').filter(|(unit, _)| unit.eq_ignore_ascii_case("bytes")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // More digits than fit mean "beyond the end", not "no number".
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => match suffix.min(size) {
            0 => Wanted::Nothing,
            length => Wanted::Part(size - length..size),
        },
        (Some(first), None) if last.is_empty() => part(first, u64::MAX, size),
        (Some(first), Some(last)) if first <= last => part(first, last, size),
        _ => Wanted::Whole,
    }
}

fn part(first: u64, last: u64, size: u64) -> Wanted {
    if first >= size { Wanted::Nothing } else { Wanted::Part(first..last.saturating_add(1).min(size)) }
}

/// What is wanted of something of `size` bytes in the state `etag`: a range counts only when it is the only one, and
/// `If-Range` is absent or names that state by its strong tag. A date doesn't: two changes may share a second.
#[must_use]
pub fn wanted(headers: &HeaderMap<'_>, etag: &str, size: u64) -> Wanted {
    let mut ranges = headers.get("Range");
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return Wanted::Whole;
    };
    let is_strong = etag.starts_with('"');
    if headers.get("If-Range").all(|state| is_strong && state.trim() == etag) {
        parse(range, size)
    } else {
        Wanted::Whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (header, wanted) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=2-4", Wanted::Part(2..5)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=2-99", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=4-2", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("Bytes=2-4", Wanted::Part(2..5)),
            ("bytes 2-4", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
        ] {
            assert_eq!(parse(header, 10), wanted, "{header}");
        }
        assert_eq!(parse("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn a_range_counts_only_for_the_very_state_it_names() {
        let asked = |lines: &[(&'static str, &'static str)], etag: &str| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.add(rocket::http::Header::new(*name, *value));
            }
            wanted(&headers, etag, 10)
        };
        let range = ("Range", "bytes=2-4");
        let part = Wanted::Part(2..5);
        assert_eq!(asked(&[range], "\"a\""), part);
        assert_eq!(asked(&[range, ("If-Range", "\"a\"")], "\"a\""), part);
        for other in ["\"b\"", "W/\"a\"", "a", "", "Sun, 06 Nov 2094 08:49:37 GMT", "\"a\", \"b\""] {
            assert_eq!(asked(&[range, ("If-Range", other)], "\"a\""), Wanted::Whole, "{other}");
        }
        assert_eq!(asked(&[range, ("If-Range", "W/\"a\"")], "W/\"a\""), Wanted::Whole);
        assert_eq!(asked(&[range, ("Range", "bytes=0-0")], "\"a\""), Wanted::Whole);
        assert_eq!(asked(&[("If-Range", "\"a\"")], "\"a\""), Wanted::Whole);
    }
}
