//! Headers that change what a request means are never passed over, as real clients send them; and odd bytes in
//! addresses.

use crate::on_both_databases;
use crate::support::raw::Connection;
use crate::support::tools::{curl, file_with, python_with_readers};
use crate::support::{Db, Server, noise};

on_both_databases!(
    a_part_of_a_file_is_not_taken_for_the_whole,
    a_compressed_body_is_not_taken_for_the_file,
    a_method_in_a_header_is_not_done_as_another,
    addresses_that_are_no_text_are_told_so,
);

fn a_part_of_a_file_is_not_taken_for_the_whole(db: Db) {
    let server = Server::start(db);
    let bytes = noise(3, 5000);
    let (_folder, path) = file_with("f.bin", &bytes);
    let path = path.to_str().unwrap();
    let url = server.url("/upload/t/f.bin");
    let resumed = curl(&["-C", "1000", "-T", path, "-w", "%{http_code}", &url]).fine().text();
    assert!(resumed.ends_with("400") && resumed.contains("Content-Range"), "{resumed}");
    assert!(server.names("t").is_empty());
    curl(&["-f", "-T", path, &url]).fine();
    let range = [("Content-Range", "bytes 1000-4999/5000")];
    for target in ["/upload/t/f.bin?on_conflict=replace", "/upload/t/f.bin"] {
        server.send("PUT", target, &range, &bytes[1000..]).expect_problem(400);
    }
    assert_eq!(server.get("/tags/t/files/f.bin").body, bytes);
    let task = server.new_task(&[]);
    let picture = crate::support::pictures::png(8, 8, 1);
    let image = server.register_png(&task, "a.png", (8, 8), &picture);
    server.send("PUT", &format!("/training/files/{image}"), &range, &picture).expect_code(400, 1001);
    assert!(server.staged().is_empty());
}

fn a_compressed_body_is_not_taken_for_the_file(db: Db) {
    let server = Server::start(db);
    let (_folder, path) = file_with("a.jpg", &noise(4, 4000));
    let path = path.to_str().unwrap();
    for coding in ["gzip", "GZip", "br, identity", "identity, deflate", "zstd", "aws-chunked"] {
        let header = format!("Content-Encoding: {coding}");
        let url = server.url("/upload/t/a.jpg");
        let answer = curl(&["-i", "-T", path, "-H", &header, &url]).fine().text();
        assert!(answer.contains(" 415 ") && answer.to_lowercase().contains("accept-encoding: identity"), "{answer}");
    }
    let lines = [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")];
    server.send("PUT", "/upload/t/a.jpg", &lines, b"x").expect_problem(415);
    server.send("POST", "/upload/t?filename=a.jpg", &lines, b"x").expect_problem(415);
    let refused = server.send("POST", "/v1/tasks/list", &lines, b"{}").expect(415);
    assert_eq!(
        (refused.need("accept-encoding"), &refused.json()["code"]),
        ("identity", &"unsupported_encoding".into())
    );
    server.send("POST", "/training/tasks", &lines, b"{}").expect_code(415, 1001);
    assert!(server.names("t").is_empty());
    server.send("PUT", "/upload/t/a.jpg", &[("Content-Encoding", "Identity")], b"x").expect(201);
    // A layer that the server doesn't take off would stay around the file.
    let mut connection = Connection::open(server.port());
    let head = format!(
        "PUT /upload/t/b HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        server.host()
    );
    connection.send(head.as_bytes());
    connection.answer().expect("an answer").expect_problem(501);
    assert_eq!(server.names("t"), ["a.jpg"]);
}

fn a_method_in_a_header_is_not_done_as_another(db: Db) {
    let server = Server::start(db);
    let id = crate::support::upload::word(&server.store("t", "a", b"x")["id"]);
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        server.send("POST", &format!("/api/v1/files/{id}/restore"), &[(name, "DELETE")], b"").expect_problem(400);
        server.send("POST", "/upload/t/b", &[(name, "DELETE")], b"y").expect_problem(400);
        server.send("PUT", &format!("/upload/t/{name}"), &[(name, "PUT")], name.as_bytes()).expect(201);
    }
    server.send("PUT", "/upload/t/c", &[("Expect", "203-perhaps")], b"y").expect_problem(417);
    assert_eq!(server.files("t").len(), 4);
}

fn addresses_that_are_no_text_are_told_so(db: Db) {
    let server = Server::start(db);
    server.get("/upload/t/%D5%D5.jpg").expect(400);
    server.send("PUT", "/upload/t/%D5%D5%C6%AC.jpg", &[], b"x").expect_problem(400);
    server.get("/api/v1/tags/%D5%D5").expect_problem(400);
    server.get("/training/tasks/%D5%D5").expect_code(400, 1001);
    let named = server.get("/v1/tasks/%D5%D5/detail").expect(400).json();
    assert_eq!(named["code"], "invalid");
    for path in ["/tags/%D5%D5", "/tags/t?q=%FF", "/%FF", "/static/app.css?%FF"] {
        let page = server.get_with(path, &[("Accept-Language", "zh")]).expect(400);
        assert!(page.need("content-type").starts_with("text/html") && page.text().contains("UTF-8"), "{path}");
    }
}

/// Those that go over the wire once; REDbot, which asks each address in many ways, has nothing to say against them.
#[test]
fn a_critic_of_headers_has_nothing_to_say() {
    let server = Server::start(Db::Sqlite);
    let picture = crate::support::pictures::png(40, 30, 1);
    let id = crate::support::upload::word(&server.store("t", "a 图.png", &picture)["id"]);
    let task = server.new_task(&["cat"]);
    let image = server.ready_png(&task, "a.png", (40, 30), &picture);
    let page = server.get("/").expect(200).text();
    let asset =
        page.split('"').find(|text| text.starts_with("/static/") && text.ends_with("/app.css")).expect("a sheet");
    let paths = [
        "/".to_owned(),
        "/nope".to_owned(),
        "/tags/t".to_owned(),
        asset.to_owned(),
        "/static/app.css".to_owned(),
        format!("/files/{id}/a.png"),
        "/tags/t/files/a%20%E5%9B%BE.png".to_owned(),
        format!("/files/{id}/thumb"),
        "/tags/t/zip".to_owned(),
        "/api/v1/tags".to_owned(),
        "/api/v1/nope".to_owned(),
        format!("/training/tasks/{task}"),
        format!("/training/tasks/{task}/export?format=coco"),
        format!("/training/files/{image}"),
        "/v1/tasks/nope/detail".to_owned(),
        "/readyz".to_owned(),
    ];
    python_with_readers("read_headers.py", &paths.map(|path| server.url(&path))).fine();
}
