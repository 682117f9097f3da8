//! Bodies that break off: whatever didn't arrive whole was never there (contract §1).

use crate::on_both_databases;
use crate::support::form::{Form, content_type};
use crate::support::http::head;
use crate::support::raw::Connection;
use crate::support::{Db, Server, Settings, noise, sha256, wait};

on_both_databases!(
    a_body_shorter_than_its_length_stores_nothing,
    a_chunked_body_without_its_last_chunk_stores_nothing,
    a_whole_chunked_body_is_stored,
    broken_chunks_store_nothing,
    a_broken_body_never_replaces_what_is_there,
    a_body_over_the_limit_is_413,
    a_form_that_breaks_off_behind_its_end_stores_nothing,
    a_selection_that_breaks_off_is_400,
);

const CHUNKED: [(&str, &str); 1] = [("Transfer-Encoding", "chunked")];

/// Sends a head and part of a body, then ends our side; what the server answers, if anything.
fn cut_short(server: &Server, name: &str, promised: usize, sent: &[u8]) -> Option<u16> {
    let mut connection = Connection::open(server.port());
    let path = format!("/upload/cut/{name}");
    connection.send(&head(server.port(), "PUT", &path, &[], Some(promised)));
    connection.send(sent);
    connection.finish();
    connection.answer().map(|answer| answer.status)
}

fn cut_chunks(server: &Server, name: &str, sent: &[u8]) -> Option<u16> {
    let mut connection = Connection::open(server.port());
    let path = format!("/upload/cut/{name}");
    connection.send(&head(server.port(), "PUT", &path, &CHUNKED, None));
    connection.send(sent);
    connection.finish();
    connection.answer().map(|answer| answer.status)
}

/// Nothing is listed, and no file is left in staging: now, or at the latest after a restart.
fn assert_nothing_is_left(server: &mut Server) {
    assert_eq!(server.names("cut"), Vec::<String>::new());
    wait::until_true("staging is empty again", || server.staged().is_empty());
    server.restart();
    assert_eq!(server.names("cut"), Vec::<String>::new());
    assert_eq!(server.staged(), Vec::<std::path::PathBuf>::new());
    server.store("cut", "after", b"the server goes on");
}

fn a_body_shorter_than_its_length_stores_nothing(db: Db) {
    let mut server = Server::start(db);
    // 5 of 100 bytes is the case that Rocket's peek hides.
    let big = noise(1, 700_000);
    for (promised, sent) in [(100, 5), (100, 0), (100, 99), (513, 512), (5000, 4096), (800_000, 700_000), (1, 0)] {
        let status = cut_short(&server, "short.bin", promised, &big[..sent]);
        assert!(status.is_none_or(|s| (400..500).contains(&s)), "{sent} of {promised}: {status:?}");
    }
    // The connection that just goes away, in place of a FIN.
    for sent in [0, 5, 100_000] {
        let mut connection = Connection::open(server.port());
        connection.send(&head(server.port(), "POST", "/upload/cut/gone.bin", &[], Some(200_000)));
        connection.send(&big[..sent]);
    }
    assert_nothing_is_left(&mut server);
}

fn a_chunked_body_without_its_last_chunk_stores_nothing(db: Db) {
    let mut server = Server::start(db);
    let mut large = b"10000\r\n".to_vec();
    large.extend_from_slice(&noise(2, 0x10000));
    for sent in [
        &b"5\r\nhello\r\n"[..],
        b"5\r\nhello",
        b"5\r\nhel",
        b"5\r\n",
        b"5",
        b"",
        b"0",
        b"0\r\n",
        b"5\r\nhello\r\n0",
        b"5\r\nhello\r\n0\r\n",
        b"1\r\na\r\n1\r\nb\r\n",
        &large,
    ] {
        let status = cut_chunks(&server, "cut.bin", sent);
        let shown = String::from_utf8_lossy(&sent[..sent.len().min(30)]).into_owned();
        assert!(status.is_none_or(|s| (400..500).contains(&s)), "{shown:?}: {status:?}");
    }
    assert_nothing_is_left(&mut server);
}

fn a_whole_chunked_body_is_stored(db: Db) {
    let server = Server::start(db);
    let big = noise(3, 300_000);
    for (number, (chunk, bytes)) in
        [(1, &b"tiny"[..]), (5, b"hello"), (2, b"x"), (4096, &big[..10_000]), (70_000, &big), (512, &big[..512])]
            .into_iter()
            .enumerate()
    {
        let mut body = Vec::new();
        for piece in bytes.chunks(chunk) {
            body.extend_from_slice(format!("{:X};ext=1\r\n", piece.len()).as_bytes());
            body.extend_from_slice(piece);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\n\r\n");
        let mut connection = Connection::open(server.port());
        let path = format!("/upload/chunked/{number}");
        connection.send(&head(server.port(), "POST", &path, &CHUNKED, None));
        connection.send(&body);
        let file = connection.answer().expect("an answer").expect(201).json();
        assert_eq!(file["sha256"], sha256(bytes), "chunks of {chunk}");
    }
}

fn broken_chunks_store_nothing(db: Db) {
    let mut server = Server::start(db);
    for sent in [
        &b"zz\r\nhello\r\n0\r\n\r\n"[..],
        b"5\r\nhelloXX0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\nzz\r\n\r\n",
        b"5 5\r\nhello\r\n0\r\n\r\n",
    ] {
        let status = cut_chunks(&server, "broken.bin", sent);
        let shown = String::from_utf8_lossy(sent).into_owned();
        assert!(status.is_none_or(|s| (400..500).contains(&s)), "{shown:?}: {status:?}");
    }
    assert_nothing_is_left(&mut server);
}

fn a_broken_body_never_replaces_what_is_there(db: Db) {
    let server = Server::start(db);
    server.store("cut", "a.bin", b"first");
    let mut connection = Connection::open(server.port());
    let path = "/upload/cut/a.bin?on_conflict=replace";
    connection.send(&head(server.port(), "PUT", path, &[], Some(100)));
    connection.send(b"secon");
    connection.finish();
    let status = connection.answer().map(|answer| answer.status);
    assert!(status.is_none_or(|s| (400..500).contains(&s)), "{status:?}");
    assert_eq!(server.names("cut"), ["a.bin"]);
    assert_eq!(server.get("/tags/cut/files/a.bin").expect(200).body, b"first");
}

fn a_body_over_the_limit_is_413(db: Db) {
    let mut server = Server::start_with(db, Settings::default().max_size("64 KiB"));
    let limit = 64 * 1024;
    let bytes = noise(4, limit + 1);
    server.upload("fits", "exactly", &bytes[..limit]).expect(201);
    // By Content-Length, it can be told at the beginning.
    server.upload("cut", "one too many", &bytes).expect_problem(413);
    let mut connection = Connection::open(server.port());
    let path = "/upload/cut/huge";
    connection.send(&head(server.port(), "PUT", path, &[], Some(1 << 40)));
    connection.send(&bytes[..4096]);
    assert_eq!(connection.answer().expect("an answer before the whole body").status, 413);
    // Without a length, by counting.
    let mut body = format!("{:x}\r\n", bytes.len()).into_bytes();
    body.extend_from_slice(&bytes);
    body.extend_from_slice(b"\r\n0\r\n\r\n");
    let mut connection = Connection::open(server.port());
    connection.send(&head(server.port(), "PUT", path, &CHUNKED, None));
    connection.send(&body);
    assert_eq!(connection.answer().expect("an answer").status, 413);
    assert_nothing_is_left(&mut server);
}

fn a_form_that_breaks_off_behind_its_end_stores_nothing(db: Db) {
    let mut server = Server::start(db);
    let (name, kind) = content_type();
    for (length, extra) in [(10, &b""[..]), (10, b"12345"), (70_000, b"")] {
        let body = Form::default().file("f", "whole.bin", b"hello").body();
        let mut connection = Connection::open(server.port());
        let promised = body.len() + length;
        connection.send(&head(server.port(), "POST", "/upload/cut", &[(name, &kind)], Some(promised)));
        connection.send(&body);
        connection.send(extra);
        connection.finish();
        let status = connection.answer().map(|answer| answer.status);
        assert!(status.is_none_or(|status| status == 400), "{status:?}");
    }
    assert!(server.blobs().is_empty());
    // An epilogue that arrives whole is passed over.
    let mut body = Form::default().file("f", "a.bin", b"hello").body();
    body.extend_from_slice(b"an epilogue");
    server.send("POST", "/upload/other", &[(name, &kind)], &body).expect(201);
    assert_nothing_is_left(&mut server);
}

fn a_selection_that_breaks_off_is_400(db: Db) {
    let server = Server::start(db);
    server.store("t", "a", b"one");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let mut connection = Connection::open(server.port());
    connection.send(&head(server.port(), "POST", "/tags/t/zip", &headers, Some(500)));
    connection.send(b"ids=2026112100000000006&ids=20261121");
    connection.finish();
    let status = connection.answer().map(|answer| answer.status);
    assert!(status.is_none_or(|status| status == 400), "{status:?}");
    server.send("POST", "/tags/t/zip", &headers, b"ids=\xff").expect(400);
}
