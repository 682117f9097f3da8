//! Request lines and heads that few clients send: an answer with a body to each, and the method that the line names.

use crate::support::raw::Connection;
use crate::support::{Db, Server};

/// Sends these bytes as they are and gives the answer.
fn exchange(server: &Server, head: &[u8]) -> crate::support::http::Answer {
    let mut connection = Connection::open(server.port());
    connection.send(head);
    connection.answer().unwrap_or_else(|| panic!("no answer to {:?}", String::from_utf8_lossy(head)))
}

fn request(line: &[u8]) -> Vec<u8> {
    [line, b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"].concat()
}

/// 测试 in GB18030, as old clients in China write it into a path.
const GBK: &[u8] = b"\xb2\xe2\xca\xd4";

#[test]
fn raw_bytes_that_are_no_utf_8_are_told_so_in_each_family() {
    let server = Server::start(Db::Sqlite);
    for (before, shape) in [
        (&b"GET /api/v1/tags/"[..], "problem+json"),
        (b"PUT /upload/t/", "problem+json"),
        (b"GET /training/tasks/", "application/json"),
        (b"GET /v1/tasks/", "application/json"),
        (b"GET /tags/", "text/html"),
        (b"GET /nowhere/", "text/html"),
    ] {
        let answer = exchange(&server, &request(&[before, GBK].concat()));
        let path = String::from_utf8_lossy(before);
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert!(answer.need("content-type").contains(shape), "{path}: {:?}", answer.headers);
        assert!(answer.text().contains("UTF-8"), "{path}: {}", answer.text());
    }
}

#[test]
fn raw_utf_8_is_read_as_if_it_were_encoded() {
    let server = Server::start(Db::Sqlite);
    let head = "PUT /upload/测试/图 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(exchange(&server, head.as_bytes()).status, 201);
    assert_eq!(
        exchange(&server, &request("GET /api/v1/tags/测试/files?q=图".as_bytes())).json()["items"][0]["name"],
        "图"
    );
    for odd in ["a|b", "a{b}", "a^b", "a`b", "a<b>", "a\"b"] {
        let head = format!("PUT /upload/odd/{odd} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx");
        let answer = exchange(&server, head.as_bytes());
        assert_eq!((answer.status, answer.json()["name"].as_str()), (201, Some(odd)), "{}", answer.text());
    }
}

fn put(name: &str) -> String {
    format!("PUT /upload/odd/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx")
}

#[test]
fn odd_targets_are_mended_on_a_connection_that_stays_open() {
    let server = Server::start(Db::Sqlite);
    let mut connection = Connection::open(server.port());
    for name in ["first", "a`b", "c<d>", "e{f}", "g|h\"i", "last"] {
        connection.send(put(name).as_bytes());
        let answer = connection.answer().unwrap_or_else(|| panic!("no answer to {name}"));
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
    }
}

#[test]
fn the_rest_of_a_body_that_was_refused_is_never_taken_for_a_request() {
    let server = Server::start(Db::Sqlite);
    let mut connection = Connection::open(server.port());
    let within = put("within");
    let head = format!(
        "PUT /upload/odd/part HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Range: bytes 0-1/2\r\nContent-Length: {}\r\n\r\n",
        within.len()
    );
    connection.send(head.as_bytes());
    assert_eq!(connection.answer().expect("a refusal before the body").status, 400);
    connection.send(format!("{within}{}", put("a`b")).as_bytes());
    let answer = connection.answer().expect("an answer to what can't be read");
    assert_eq!(answer.status, 400, "{}", answer.text());
    server.get("/tags/odd/files/within").expect(404);
}

#[test]
fn heads_that_are_not_http_have_an_answer_with_a_body() {
    let server = Server::start(Db::Sqlite);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    for (head, status) in [
        (&b"NONSENSE\r\n\r\n"[..], 400),
        (b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        (long.as_bytes(), 431),
    ] {
        let answer = exchange(&server, head);
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&head[..head.len().min(60)]));
        assert_eq!(answer.json()["status"], status);
    }
    for method in ["BREW", "PROPFIND", "get"] {
        let answer = exchange(&server, &request(format!("{method} /api/v1/tags").as_bytes()));
        assert_eq!(answer.status, 400, "{method}");
        assert!(answer.text().contains("GET"), "{method}: it names what is allowed: {}", answer.text());
    }
    server.get("/livez").expect(200);
}

#[test]
fn the_bytes_of_a_form_never_change_the_method() {
    let server = Server::start(Db::Sqlite);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for body in ["_method=", "_method=POST&x", "_method=DELETE", "_method=PUT&rest", "_method=nonsense"] {
        // Nothing is to be PUT there, and a POST stores it.
        server.send("PUT", "/upload/t?filename=z", &form, body.as_bytes()).expect(405);
        server.send("POST", "/upload/t?filename=z&on_conflict=replace", &form, body.as_bytes()).expect_success();
        assert_eq!(server.get("/tags/t/files/z").text(), body);
        server.send("PUT", "/upload/t/put?on_conflict=replace", &form, body.as_bytes()).expect_success();
        assert_eq!(server.get("/tags/t/files/put").text(), body);
    }
    // Only PUT stands there, or only DELETE: a POST is neither.
    server.send("PUT", "/training/images/7/roi", &form, b"_method=POST&a=b").expect(404);
    server.send("POST", "/training/images/7/roi", &form, b"_method=PUT&a=b").expect(405);
    server.send("POST", "/api/v1/tags/t", &form, b"_method=DELETE&").expect(405);
    server.send("POST", "/training/files/files", &form, b"_method=PUT&img_id_list=1").expect(400);
    assert_eq!(server.json("/api/v1/tags/t")["file_count"], 2);
}
