use rocket::http::Header;

use super::*;

/// Sun, 06 Nov 1994 08:49:37 GMT.
const TIME: i64 = 784_111_777;

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap<'static> {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.add(Header::new(*name, *value));
    }
    map
}

fn current(etag: &str) -> Current<'_> {
    Current { etag, modified_at: Some(TIME * 1000 + 900) }
}

fn write(lines: &[(&'static str, &'static str)], etag: Option<&str>) -> bool {
    let conditions = Preconditions::read(&headers(lines), Method::Put);
    match conditions.check(etag.map(current)) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.status(), 412);
            false
        }
    }
}

/// 200, 304 or 412.
fn read(lines: &[(&'static str, &'static str)], etag: &str) -> u16 {
    match Preconditions::read(&headers(lines), Method::Get).is_unchanged(current(etag)) {
        Ok(true) => 304,
        Ok(false) => 200,
        Err(error) => error.status(),
    }
}

#[test]
fn if_match_compares_strongly() {
    for (value, etag, may) in [
        ("\"a\"", Some("\"a\""), true),
        ("\"b\"", Some("\"a\""), false),
        ("\"b\", \"a\"", Some("\"a\""), true),
        (" \"b\" ,, \"a\" ,", Some("\"a\""), true),
        ("W/\"a\"", Some("\"a\""), false),
        ("\"a\"", Some("W/\"a\""), false),
        ("W/\"a\"", Some("W/\"a\""), false),
        ("*", Some("\"a\""), true),
        (" * ", Some("W/\"a\""), true),
        ("*", None, false),
        ("\"a\"", None, false),
        ("\"x, y\"", Some("\"x, y\""), true),
        ("\"x, y\"", Some("\"y\""), false),
        ("\"x\\\", \"y\"", Some("\"y\""), true),
        // None of these is a tag.
        ("", Some("\"a\""), false),
        ("a", Some("\"a\""), false),
        ("\"a", Some("\"a\""), false),
        ("w/\"a\"", Some("\"a\""), false),
        ("*, \"b\"", Some("\"a\""), false),
    ] {
        assert_eq!(write(&[("If-Match", value)], etag), may, "{value} {etag:?}");
    }
    assert!(write(&[("If-Match", "\"b\""), ("If-Match", "\"a\"")], Some("\"a\"")));
}

#[test]
fn if_none_match_compares_weakly() {
    for (value, etag, may) in [
        ("\"a\"", Some("\"a\""), false),
        ("W/\"a\"", Some("\"a\""), false),
        ("\"a\"", Some("W/\"a\""), false),
        ("\"b\"", Some("\"a\""), true),
        ("\"b\",\"a\"", Some("\"a\""), false),
        ("*", Some("\"a\""), false),
        ("*", None, true),
        ("\"a\"", None, true),
        ("a", Some("\"a\""), true),
        ("\"x,\\\"", Some("\"x,\\\""), false),
    ] {
        assert_eq!(write(&[("If-None-Match", value)], etag), may, "{value} {etag:?}");
        let status = if may { 200 } else { 304 };
        assert_eq!(
            etag.map_or(200, |etag| read(&[("If-None-Match", value)], etag)),
            if etag.is_some() { status } else { 200 }
        );
    }
    assert_eq!(read(&[("If-None-Match", "\"b\""), ("If-None-Match", "\"a\"")], "\"a\""), 304);
}

#[test]
fn dates_are_compared_by_the_second() {
    let (at, before, behind) =
        ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:38 GMT");
    for (value, read_status, may_write) in [(at, 304, true), (behind, 304, true), (before, 200, false)] {
        assert_eq!(read(&[("If-Modified-Since", value)], "\"a\""), read_status, "{value}");
        assert_eq!(write(&[("If-Unmodified-Since", value)], Some("\"a\"")), may_write, "{value}");
        let status = if may_write { 200 } else { 412 };
        assert_eq!(read(&[("If-Unmodified-Since", value)], "\"a\""), status, "{value}");
        // It means nothing for a write, nor where nothing stands.
        assert!(write(&[("If-Modified-Since", value)], Some("\"a\"")));
        assert!(write(&[("If-Unmodified-Since", value)], None));
    }
    let undated = Current { etag: "\"a\"", modified_at: None };
    let old = Preconditions::read(&headers(&[("If-Unmodified-Since", before)]), Method::Put);
    assert!(old.check(Some(undated)).is_ok());
}

#[test]
fn dates_that_are_none_are_passed_over() {
    for bad in
        ["", "yesterday", "0", "1994-11-06T08:49:37Z", "Sun, 31 Feb 2094 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37"]
    {
        assert_eq!(parse_date(bad), None, "{bad}");
        assert!(write(&[("If-Unmodified-Since", bad)], Some("\"a\"")), "{bad}");
        assert_eq!(read(&[("If-Modified-Since", bad)], "\"a\""), 200, "{bad}");
    }
    let twice = [("If-Modified-Since", "Sun, 06 Nov 1994 08:49:38 GMT"); 2];
    assert_eq!(read(&twice, "\"a\""), 200);
}

#[test]
fn the_order_is_that_of_the_rfc() {
    let (new, old) = ("Sun, 06 Nov 1994 08:49:38 GMT", "Sat, 05 Nov 1994 08:49:37 GMT");
    // A tag speaks before a date.
    assert!(write(&[("If-Match", "\"a\""), ("If-Unmodified-Since", old)], Some("\"a\"")));
    assert!(!write(&[("If-Match", "\"b\""), ("If-Unmodified-Since", new)], Some("\"a\"")));
    assert_eq!(read(&[("If-None-Match", "\"b\""), ("If-Modified-Since", new)], "\"a\""), 200);
    assert_eq!(read(&[("If-None-Match", "\"a\""), ("If-Modified-Since", old)], "\"a\""), 304);
    // 412 comes before 304, and both must hold.
    assert_eq!(read(&[("If-Match", "\"b\""), ("If-None-Match", "\"a\"")], "\"a\""), 412);
    assert_eq!(read(&[("If-Match", "\"a\""), ("If-None-Match", "\"a\"")], "\"a\""), 304);
    assert_eq!(read(&[("If-Unmodified-Since", old), ("If-None-Match", "\"a\"")], "\"a\""), 412);
    assert!(!write(&[("If-Match", "\"a\""), ("If-None-Match", "*")], Some("\"a\"")));
}

#[test]
fn what_is_asked_for_by_another_method_is_never_304() {
    let conditions = Preconditions::read(&headers(&[("If-None-Match", "\"a\"")]), Method::Post);
    assert_eq!(conditions.is_unchanged(current("\"a\"")).unwrap_err().status(), 412);
    assert!(!conditions.is_unchanged(current("\"b\"")).unwrap());
    assert!(!conditions.is_empty() && Preconditions::read(&headers(&[]), Method::Get).is_empty());
}

#[test]
fn all_three_forms_of_dates_are_read() {
    for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        assert_eq!(parse_date(text), Some(TIME), "{text}");
    }
    assert_eq!(parse_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    assert_eq!(parse_date("Wed, 31 Dec 1969 23:59:59 GMT"), Some(-1));
    assert_eq!(http_date(TIME * 1000 + 999), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(parse_date(&http_date(TIME * 1000)), Some(TIME));
}
