//! Who may write from where: browsers on foreign pages may not, front ends that the operator names
//! may, and no form field turns one method into another (contract §0).

use crate::on_both_databases;
use crate::support::form::{Form, content_type};
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, sha256};

on_both_databases!(
    writes_from_foreign_pages_are_refused,
    our_own_pages_and_plain_clients_may_write,
    a_body_that_begins_with_method_is_an_upload,
);

fn writes_from_foreign_pages_are_refused(db: Db) {
    let server = Server::start(db);
    let id = word(&server.store("t", "a", b"x")["id"]);
    let other_port = format!("http://127.0.0.1:{}", server.port() ^ 1);
    for header in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", other_port.as_str()),
        ("Origin", "http://127.0.0.1.evil.example"),
    ] {
        for (method, path) in [
            ("POST", "/upload/t/b".to_owned()),
            ("PUT", "/upload/t/b".to_owned()),
            ("POST", "/upload/t?filename=b".to_owned()),
            ("DELETE", format!("/api/v1/files/{id}")),
            ("DELETE", "/api/v1/tags/t".to_owned()),
            ("POST", format!("/api/v1/files/{id}/restore")),
        ] {
            server.send(method, &path, &[header], b"bytes").expect_problem(403);
        }
        let (name, value) = content_type();
        let form = Form::default().file("f", "b", b"x").body();
        server.send("POST", "/upload/t", &[(name, &value), header], &form).expect(403);
    }
    assert_eq!(server.names("t"), ["a"]);
    // Reading is no write.
    let cross = [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")];
    let answer = server.get_with("/api/v1/tags", &cross).expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None, "but not for their scripts");
}

fn our_own_pages_and_plain_clients_may_write(db: Db) {
    let server = Server::start(db);
    let own = format!("http://{}", server.host());
    let localhost = format!("localhost:{}", server.port());
    let localhost_origin = format!("http://{localhost}");
    let cases: [&[(&str, &str)]; 6] = [
        &[],
        &[("Origin", &own)],
        &[("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none")],
        &[("Host", &localhost), ("Origin", &localhost_origin)],
    ];
    for (number, headers) in cases.iter().enumerate() {
        let path = format!("/upload/t/{number}");
        server.send("POST", &path, headers, b"bytes").expect(201);
    }
}

fn a_body_that_begins_with_method_is_an_upload(db: Db) {
    let server = Server::start(db);
    let id = word(&server.store("t", "first", b"x")["id"]);
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    for body in [&b"_method=DELETE"[..], b"_method=PUT&x=1", b"_method=GET", b"_method=nonsense", b"_method="] {
        // What `curl --data-binary` sends unless told otherwise.
        let name = sha256(body);
        let file = server.send("POST", &format!("/upload/t/{name}"), &kind, body).expect(201).json();
        assert_eq!(file["sha256"], name);
        let query = server.send("POST", &format!("/upload/q?filename={name}"), &kind, body).expect(201).json();
        assert_eq!(query["sha256"], name);
        let bytes = server.get(&format!("/tags/t/files/{name}")).expect(200).body;
        assert_eq!(bytes, body);
    }
    server.send("POST", &format!("/api/v1/files/{id}"), &kind, b"_method=DELETE").expect(405);
    assert!(server.names("t").contains(&"first".to_owned()));
}

#[test]
fn named_front_ends_get_cors() {
    let (server, ours) = server_with_a_front_end();
    let preflight = server.send(
        "OPTIONS",
        "/upload/t/a.jpg",
        &[
            ("Origin", ours),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "content-type, repr-digest"),
        ],
        b"",
    );
    let preflight = preflight.expect_success();
    assert_eq!(preflight.need("access-control-allow-origin"), ours);
    assert!(preflight.need("access-control-allow-methods").contains("PUT"));
    let allowed = preflight.need("access-control-allow-headers").to_lowercase();
    assert!(allowed.contains("content-type") && allowed.contains("repr-digest"), "{allowed}");

    let headers = [("Origin", ours), ("Sec-Fetch-Site", "cross-site")];
    let answer = server.send("PUT", "/upload/t/a.jpg", &headers, b"x").expect(201);
    assert_eq!(answer.need("access-control-allow-origin"), ours);
    let varies = |(name, value): &(String, String)| name == "vary" && value.to_lowercase().contains("origin");
    assert!(answer.headers.iter().any(varies), "{:?}", answer.headers);
    let list = server.get_with("/api/v1/tags/t/files", &headers).expect(200);
    assert_eq!(list.need("access-control-allow-origin"), ours);
    let missing = server.get_with("/api/v1/tags/none", &headers).expect(404);
    assert_eq!(missing.need("access-control-allow-origin"), ours, "errors must be readable too");
}

/// A server that knows one front end on another origin.
fn server_with_a_front_end() -> (Server, &'static str) {
    let ours = "https://app.example";
    let origins = format!(r#"{{allow_origins=["{ours}"]}}"#);
    let settings = Settings::default().set("ROCKET_CORS", &origins);
    (Server::start_with(Db::Sqlite, settings), ours)
}

#[test]
fn other_front_ends_are_as_foreign_as_before() {
    let (server, _) = server_with_a_front_end();
    let foreign = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "PUT")];
    let refused = server.send("OPTIONS", "/upload/t/a.jpg", &foreign, b"");
    assert_eq!(refused.header("access-control-allow-origin"), None);
    server.send("PUT", "/upload/t/b.jpg", &foreign[..1], b"x").expect_problem(403);
    let suffix = [("Origin", "https://app.example.evil.example")];
    server.send("PUT", "/upload/t/b.jpg", &suffix, b"x").expect_problem(403);
}
