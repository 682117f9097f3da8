//! What holds for the headers of every door: what changes a body's meaning is refused, and what may be kept is said.

use rocket::http::{ContentType, Header, Method};
use rocket::local::blocking::LocalResponse;

use crate::rights::{Row, example, table};
use crate::world::World;

fn send<'c>(
    world: &'c World,
    method: Method,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> LocalResponse<'c> {
    let mut request = world.client.req(method, path.to_owned()).header(Header::new("Host", "localhost:8000"));
    for (name, value) in headers {
        request.add_header(Header::new(*name, *value));
    }
    request.dispatch()
}

fn header(response: &LocalResponse<'_>, name: &str) -> String {
    response.headers().get(name).collect::<Vec<_>>().join(", ")
}

fn writes() -> impl Iterator<Item = Row> {
    table().into_iter().filter(|row| matches!(row.method, Method::Post | Method::Put | Method::Delete))
}

/// Checks that an error has the shape of its path's family.
fn check_shape(response: LocalResponse<'_>, row: &Row) {
    let kind = response.content_type().unwrap_or(ContentType::Any).to_string();
    let family = row.route.split('/').nth(1).unwrap_or_default();
    let is_link = row.route.contains("/link/");
    let (label, body) = (format!("{} {}", row.method, row.route), response.into_string().unwrap_or_default());
    let json =
        || serde_json::from_str::<serde_json::Value>(&body).unwrap_or_else(|error| panic!("{label}: {error} {body}"));
    match family {
        "training" => {
            assert!(json()["code"].as_i64().is_some_and(|code| code > 0) && json()["msg"].is_string(), "{label}");
        }
        "v1" => assert!(json()["error"].is_string() && json()["code"].is_string(), "{label}: {body}"),
        "api" => assert!(kind.contains("problem+json") && json()["detail"].is_string(), "{label}: {kind}"),
        "upload" if !is_link => {
            assert!(kind.contains("problem+json") && json()["detail"].is_string(), "{label}: {kind}");
        }
        _ => assert!(kind.starts_with("text/html") && body.contains("</html>"), "{label}: {kind} {body}"),
    }
}

#[test]
fn no_write_passes_over_what_changes_its_body() {
    let world = World::forgetful();
    for row in writes() {
        for (name, value, status) in [
            ("Content-Encoding", "gzip", 415),
            ("Content-Encoding", "GZIP, identity", 415),
            ("Content-Range", "bytes 10-19/20", 400),
            ("Transfer-Encoding", "gzip, chunked", 501),
            ("Content-Transfer-Encoding", "base64", 400),
            ("Upload-Complete", "?0", 400),
            ("X-HTTP-Method-Override", "PATCH", 400),
            ("Expect", "a-miracle", 417),
        ] {
            let response = send(&world, row.method, &example(row.route), &[(name, value)]);
            let label = format!("{} {} {name}: {value}", row.method, row.route);
            assert_eq!(response.status().code, status, "{label}");
            assert_eq!(header(&response, "Accept-Encoding"), if status == 415 { "identity" } else { "" }, "{label}");
            check_shape(response, &row);
        }
        // Said in so many words, it is what it always was.
        let said = [("Content-Encoding", "identity"), ("Expect", "100-continue")];
        let of =
            |headers: &[(&'static str, &'static str)]| send(&world, row.method, &example(row.route), headers).status();
        let (said, plain) = (of(&said), of(&[]));
        // The second of two equal uploads is no new one.
        let is_done = said.class().is_success() && plain.class().is_success();
        assert!(said == plain || is_done, "{} {}: {said}, {plain}", row.method, row.route);
    }
}

#[test]
fn a_tag_that_no_address_can_have_lets_no_write_pass() {
    let world = World::forgetful();
    for row in writes() {
        let response = send(&world, row.method, &example(row.route), &[("If-Match", "\"stale\"")]);
        // Where such a tag could stand, nothing does yet: that is told, as without the condition.
        let status = response.status().code;
        assert!([400, 404, 412, 415].contains(&status), "{} {}: {status}", row.method, row.route);
    }
}

#[test]
fn every_answer_says_whether_it_may_be_kept() {
    let world = World::forgetful();
    let others = ["/nope", "/api/v1/nope", "/training/nope", "/v1/nope", "/files/1", "/static/000000000000/app.css"];
    let own = table().into_iter().map(|row| (row.method, example(row.route)));
    for (method, path) in own.chain(others.map(|path| (Method::Get, path.to_owned()))) {
        let response = send(&world, method, &path, &[]);
        let cache = header(&response, "Cache-Control");
        let is_said = ["no-store", "private, no-cache"].contains(&cache.as_str()) || cache.ends_with(", immutable");
        assert!(is_said, "{method} {path}: {} {cache:?}", response.status());
        let is_sentence =
            response.content_type().is_some_and(|media| media.is_html() || media.sub().as_str().contains("json"));
        assert!(!is_sentence || header(&response, "Vary").contains("Accept-Language"), "{method} {path}");
        assert!(header(&response, "Vary").contains("Origin"), "{method} {path}");
    }
}

#[test]
fn a_head_tells_what_a_get_would() {
    let world = World::forgetful();
    let has_own: Vec<&str> = table().iter().filter(|row| row.method == Method::Head).map(|row| row.route).collect();
    let reads = table().into_iter().filter(|row| row.method == Method::Get && !row.route.starts_with("/v1/"));
    for row in reads {
        assert!(!has_own.contains(&row.route));
        let of = |method| {
            let response = send(&world, method, &example(row.route), &[]);
            // One page tells how much room there is, which changes.
            let is_told = |line: &String| row.route != "/about" || !line.starts_with("ETag");
            let headers = response.headers().iter().map(|header| header.to_string());
            let mut headers: Vec<String> = headers.filter(is_told).collect();
            headers.sort();
            (response.status(), headers, response.into_bytes().unwrap_or_default().len())
        };
        let (got, head) = (of(Method::Get), of(Method::Head));
        assert_eq!((got.0, &got.1), (head.0, &head.1), "{}", row.route);
        assert_eq!(head.2, 0, "{}", row.route);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_wherever_they_stand() {
    let world = World::forgetful();
    for row in table().iter().filter(|row| row.method != Method::Options) {
        let path = example(row.route);
        for bad in [format!("{path}?a=%FF"), format!("{path}?%C3%28"), path.replacen('1', "%D5%D5%C6%AC", 1)] {
            if !bad.contains('%') {
                continue;
            }
            let response = send(&world, row.method, &bad, &[]);
            assert_eq!(response.status().code, 400, "{} {bad}", row.method);
            if row.method == Method::Get && row.unknown == "303" {
                check_shape(response, row);
            }
        }
    }
    for (path, kind) in
        [("/%FF", "text/html"), ("/api/%FF", "problem+json"), ("/training/%FF", "json"), ("/v1/%FF", "json")]
    {
        let response = send(&world, Method::Get, path, &[]);
        assert_eq!(response.status().code, 400, "{path}");
        assert!(response.content_type().unwrap().to_string().contains(kind), "{path}");
    }
}
