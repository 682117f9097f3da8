//! Headers that change what a request means: those that this server doesn't do are refused, never passed over.
//!
//! What always holds: no guard lets a write pass whose body isn't the whole thing in its plain form, or whose method
//! isn't
//! the one that is meant. Whoever only describes the body further (`Content-Language`, `Want-Repr-Digest`, …) passes.

use rocket::Request;
use rocket::http::{HeaderMap, Method};

use crate::platform::error::{Error, Result};
use crate::platform::web::preconditions::Preconditions;

/// Headers by which some frameworks let a `POST` be another method.
const OVERRIDES: [&str; 3] = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

/// Whether all that the headers ask for is done here.
///
/// # Errors
/// 417 for an expectation, 400, 412, 415 or 501 for what a body is said to be.
pub(super) fn check_headers(request: &Request<'_>) -> Result<()> {
    let headers = request.headers();
    check_expectation(headers)?;
    if matches!(request.method(), Method::Get | Method::Head | Method::Options) {
        return Ok(());
    }
    check_method(headers, request.method())?;
    check_whole(headers)?;
    check_plain(headers)?;
    if has_tag(request) { Ok(()) } else { Preconditions::of(request).check_without_tag() }
}

/// `Expect` (RFC 9110 §10.1.1).
fn check_expectation(headers: &HeaderMap<'_>) -> Result<()> {
    match members(headers, "Expect").find(|expected| !expected.eq_ignore_ascii_case("100-continue")) {
        None => Ok(()),
        Some(other) => {
            let en = format!("Expect: {other} can't be met; only 100-continue can.");
            Err(Error::Unexpected((en, format!("不支持 Expect: {other}，只支持 100-continue")).into()))
        }
    }
}

/// A method that is only named in a header.
fn check_method(headers: &HeaderMap<'_>, method: Method) -> Result<()> {
    for name in OVERRIDES {
        if let Some(other) = members(headers, name).find(|other| !other.eq_ignore_ascii_case(method.as_str())) {
            let message = (
                format!("{other} is not taken from a header; send the request by that method."),
                format!("不支持在请求头中指定方法 {other}，请直接使用该方法"),
            );
            return Err(Error::invalid(name, message));
        }
    }
    Ok(())
}

/// Whether the body is all of it: `Content-Range` (RFC 9110 §14.5), and what resumable uploads say of a part.
fn check_whole(headers: &HeaderMap<'_>) -> Result<()> {
    let partial = |name| {
        let message = ("a part of a body can't be stored; send the whole", "不支持只上传部分内容，请发送完整内容");
        Err(Error::invalid(name, message))
    };
    if headers.contains("Content-Range") {
        return partial("Content-Range");
    }
    for (name, whole) in [("Upload-Complete", "?1"), ("Upload-Incomplete", "?0"), ("Upload-Offset", "0")] {
        if members(headers, name).any(|value| value != whole) {
            return partial(name);
        }
    }
    Ok(())
}

/// Whether the body is in its plain form: `Content-Encoding` (RFC 9110 §15.5.16), `Transfer-Encoding` (RFC 9112 §6.1),
/// and the one of mail.
fn check_plain(headers: &HeaderMap<'_>) -> Result<()> {
    let coded = members(headers, "Content-Encoding").find(|coding| !coding.eq_ignore_ascii_case("identity"));
    if let Some(coding) = coded {
        let en = format!("Content-Encoding: {coding} is not decoded here; send the body as it is (identity).");
        return Err(Error::Encoded((en, format!("不支持 Content-Encoding: {coding}，请发送未压缩的内容")).into()));
    }
    let mut transfer = members(headers, "Transfer-Encoding");
    let second = transfer.next().filter(|coding| !coding.eq_ignore_ascii_case("chunked")).or_else(|| transfer.next());
    if let Some(coding) = second {
        let en = format!("Transfer-Encoding: {coding} is not done here; only chunked is, once.");
        return Err(Error::NotDone((en, format!("不支持 Transfer-Encoding: {coding}，只支持一次 chunked")).into()));
    }
    let plain = ["binary", "8bit", "7bit"];
    let mut mail = members(headers, "Content-Transfer-Encoding");
    if mail.all(|coding| plain.iter().any(|plain| coding.eq_ignore_ascii_case(plain))) {
        return Ok(());
    }
    let message = ("is not decoded here; send the bytes as they are", "不支持解码，请直接发送原始字节");
    Err(Error::invalid("Content-Transfer-Encoding", message))
}

/// The members of all lines of a header.
fn members<'h>(headers: &'h HeaderMap<'_>, name: &str) -> impl Iterator<Item = &'h str> {
    let lines: Vec<&str> = headers.get(name).collect();
    lines.into_iter().flat_map(|line| line.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

/// Whether the handler at this path evaluates preconditions itself, because what stands there has an entity tag.
fn has_tag(request: &Request<'_>) -> bool {
    let segments: Vec<&str> = request.uri().path().segments().collect();
    match segments.as_slice() {
        ["upload", _] | ["upload", _, _] | ["api", "v1", "files", _] | ["tags", _, "zip"] => true,
        ["training", "files", id] => !matches!(*id, "files" | "restore"),
        ["training", "images", _, part] => matches!(*part, "annotation" | "roi" | "mask" | "dl"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rocket::http::Header;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap<'static> {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.add(Header::new(*name, *value));
        }
        map
    }

    fn status(done: Result<()>) -> u16 {
        done.err().map_or(200, |error| error.status())
    }

    #[test]
    fn a_body_must_be_plain() {
        for (name, value, wanted) in [
            ("Content-Encoding", "identity", 200),
            ("Content-Encoding", " Identity , ,IDENTITY", 200),
            ("Content-Encoding", "", 200),
            ("Content-Encoding", "gzip", 415),
            ("Content-Encoding", "GZip", 415),
            ("Content-Encoding", "identity, br", 415),
            ("Content-Encoding", "gzip, identity", 415),
            ("Content-Encoding", "aws-chunked", 415),
            ("Transfer-Encoding", "Chunked", 200),
            ("Transfer-Encoding", "gzip, chunked", 501),
            ("Transfer-Encoding", "chunked, chunked", 501),
            ("Content-Transfer-Encoding", "BINARY", 200),
            ("Content-Transfer-Encoding", "base64", 400),
        ] {
            assert_eq!(status(check_plain(&headers(&[(name, value)]))), wanted, "{name}: {value}");
        }
        let lines = [("Content-Encoding", "identity"), ("Content-Encoding", "deflate")];
        assert_eq!(status(check_plain(&headers(&lines))), 415);
    }

    #[test]
    fn a_body_must_be_whole() {
        for (name, value, wanted) in [
            ("Content-Range", "bytes 0-9/10", 400),
            ("Content-Range", "", 400),
            ("Upload-Complete", "?1", 200),
            ("Upload-Complete", "?0", 400),
            ("Upload-Incomplete", "?0", 200),
            ("Upload-Incomplete", "?1", 400),
            ("Upload-Offset", "0", 200),
            ("Upload-Offset", "100", 400),
            ("Range", "bytes=0-9", 200),
        ] {
            assert_eq!(status(check_whole(&headers(&[(name, value)]))), wanted, "{name}: {value}");
        }
    }

    #[test]
    fn a_method_is_that_of_the_request_line() {
        for name in OVERRIDES {
            assert_eq!(status(check_method(&headers(&[(name, "DELETE")]), Method::Post)), 400);
            assert_eq!(status(check_method(&headers(&[(name, "put")]), Method::Put)), 200);
        }
    }

    #[test]
    fn only_one_thing_can_be_expected() {
        assert_eq!(status(check_expectation(&headers(&[("Expect", "100-Continue")]))), 200);
        assert_eq!(status(check_expectation(&headers(&[("Expect", "200-ok")]))), 417);
        assert_eq!(status(check_expectation(&headers(&[("Expect", "100-continue, wonder")]))), 417);
    }
}
