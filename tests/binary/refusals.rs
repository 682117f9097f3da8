//! A request that its head refuses is answered at once: before its body, in place of `100 Continue`, and also to those who
//! send on (contract §0).

use std::process::Command;

use crate::on_both_databases;
use crate::support::raw::Connection;
use crate::support::{Db, Server, Settings, http, tools};

on_both_databases!(refusals_do_not_wait_for_a_body, what_an_account_shuts_is_shut_at_once, full_disks_are_told_at_once);

/// Sends a head that announces 1 GiB and not a byte of it. The answer is the first thing that comes.
#[track_caller]
fn expect_at_once(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], status: u16) {
    for expect in [None, Some(("Expect", "100-continue"))] {
        let mut all = headers.to_vec();
        all.extend(expect);
        let mut connection = Connection::open(server.port());
        connection.send(&http::head(server.port(), method, path, &all, Some(1 << 30)));
        let first = connection.some(12);
        assert_eq!(String::from_utf8_lossy(&first), format!("HTTP/1.1 {status}"), "{method} {path} {all:?}");
    }
}

fn refusals_do_not_wait_for_a_body(db: Db) {
    let server = Server::start_with(db, Settings::default().max_size("64 KiB"));
    let form = ("Content-Type", "multipart/form-data; boundary=X");
    let json = ("Content-Type", "application/json");
    let elsewhere = ("Origin", "https://elsewhere.example");
    for (method, path, headers, status) in [
        ("PUT", "/upload/t/a.jpg", &[][..], 413),
        ("POST", "/upload/t?filename=a.jpg", &[], 413),
        ("POST", "/upload/t?unpack=zip", &[], 413),
        ("PUT", "/upload/t/a.jpg", &[elsewhere], 403),
        ("POST", "/upload/t", &[form, elsewhere], 403),
        ("DELETE", "/upload/t/a.jpg", &[], 405),
        ("PUT", "/api/v1/tags/t/settings", &[json], 413),
        ("POST", "/training/tasks", &[json], 413),
        ("PUT", "/training/files/2026010100000000001", &[], 404),
        ("POST", "/v1/tasks/list", &[json], 413),
        ("POST", "/nothing/here", &[], 404),
    ] {
        expect_at_once(&server, method, path, headers, status);
    }
    let server = Server::start(db);
    for (method, path) in [
        ("PUT", "/upload/t/..%2Fa.jpg"),
        ("POST", "/upload/t"),
        ("PUT", "/upload/t/a.jpg?on_conflict=never"),
        ("POST", "/upload/t?unpack=rar"),
    ] {
        expect_at_once(&server, method, path, &[], 400);
    }
}

fn what_an_account_shuts_is_shut_at_once(db: Db) {
    let server = Server::start(db);
    let (code, _, said) = server.run(&["user", "add", "ann"], "a long password\na long password\n");
    assert_eq!(code, 0, "{said}");
    expect_at_once(&server, "PUT", "/upload/t/a.jpg", &[], 401);
    expect_at_once(&server, "POST", "/upload/t", &[("Content-Type", "multipart/form-data; boundary=X")], 401);
    expect_at_once(&server, "POST", "/training/tasks", &[("Content-Type", "application/json")], 401);
    expect_at_once(&server, "POST", "/v1/tasks/create", &[("Content-Type", "multipart/form-data; boundary=X")], 401);
}

fn full_disks_are_told_at_once(db: Db) {
    let server = Server::start(db);
    let mut server = server;
    server.restart_unready(Settings::default().set("ROCKET_STORAGE", r#"{min_free="900 TiB"}"#));
    expect_at_once(&server, "PUT", "/upload/t/a.jpg", &[], 507);
    expect_at_once(&server, "POST", "/upload/t", &[("Content-Type", "multipart/form-data; boundary=X")], 507);
    expect_at_once(&server, "POST", "/upload/t?unpack=zip", &[], 507);
}

#[test]
fn a_body_that_is_welcome_is_asked_for() {
    let server = Server::start(Db::Sqlite);
    let mut connection = Connection::open(server.port());
    let expect = [("Expect", "100-continue")];
    connection.send(&http::head(server.port(), "PUT", "/upload/t/a.txt", &expect, Some(5)));
    assert_eq!(connection.some(25), b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(b"hello");
    assert_eq!(connection.answer().expect("an answer").status, 201);
}

#[test]
fn a_client_that_looks_up_only_when_all_is_sent_sees_the_refusal() {
    let server = Server::start_with(Db::Sqlite, Settings::default().max_size("1 MiB"));
    let body = vec![b'x'; 96 << 20];
    for (path, status) in [("/upload/t/a.bin", 413), ("/nothing/here", 404), ("/api/v1/tags/t/settings", 413)] {
        let mut connection = Connection::open(server.port());
        connection.send(&http::head(server.port(), "PUT", path, &[], Some(body.len())));
        assert!(connection.send(&body), "{path}: the server hung up");
        assert_eq!(connection.answer().expect("an answer").status, status, "{path}");
    }
}

#[test]
fn a_connection_goes_on_behind_a_refused_body() {
    let server = Server::start_with(Db::Sqlite, Settings::default().max_size("64 KiB"));
    let mut connection = Connection::open(server.port());
    let body = vec![b'x'; 3 << 20];
    let head = format!("PUT /upload/t/a.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.send(head.as_bytes());
    assert_eq!(connection.answer().expect("an answer").status, 413);
    assert!(connection.send(&body));
    connection.send(b"PUT /upload/t/b.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(connection.answer().expect("the next answer").status, 201);
    let chunked = "PUT /upload/t/../c HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection.send(chunked.as_bytes());
    assert!(connection.answer().expect("an answer").status >= 400);
    connection.send(b"3\r\nabc\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_eq!(connection.answer().expect("the next answer").status, 200);
}

#[test]
fn curl_is_refused_before_it_sends() {
    let server = Server::start_with(Db::Sqlite, Settings::default().max_size("1 MiB"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.bin");
    std::fs::File::create(&file).unwrap().set_len(3 << 30).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-H", "Expect: 100-continue", "-T"]);
    let ran = tools::run(curl.arg(&file).arg(server.url("/upload/t/")));
    assert_eq!(ran.text().trim(), "413 0", "{}", ran.err);
}
