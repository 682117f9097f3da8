//! Forms, good and bad: one bad part doesn't lose the good ones, and no part grows without bound.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::form::{BOUNDARY, Form, content_type};
use crate::support::http::{Answer, head};
use crate::support::raw::Connection;
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, noise, wait};

on_both_databases!(
    one_bad_part_does_not_lose_the_good_ones,
    when_none_was_stored_the_first_error_speaks,
    on_conflict_counts_for_each_part,
    an_unfinished_part_is_not_stored,
    preambles_and_part_headers_are_capped,
    broken_forms_are_refused,
    a_part_over_the_limit_is_an_error_of_its_own,
);

fn post(server: &Server, path: &str, body: &[u8]) -> Answer {
    let (name, value) = content_type();
    server.send("POST", path, &[(name, &value)], body)
}

fn one_bad_part_does_not_lose_the_good_ones(db: Db) {
    let server = Server::start(db);
    server.store("t", "taken.txt", b"old");
    let body = Form::default()
        .file("f", "good one.txt", b"1")
        .file("f", "..", b"2")
        .file("f", &"n".repeat(256), b"3")
        .file("f", "good two.txt", b"4")
        .file("f", "taken.txt", b"new")
        .body();
    let answer = post(&server, "/upload/t?on_conflict=reject", &body).expect(201).json();
    let stored: Vec<String> = answer["files"].as_array().unwrap().iter().map(|f| word(&f["name"])).collect();
    assert_eq!(stored, ["good one.txt", "good two.txt"]);
    let errors = answer["errors"].as_array().unwrap();
    let statuses: Vec<&Value> = errors.iter().map(|e| &e["status"]).collect();
    assert_eq!(statuses, [&json!(400), &json!(400), &json!(409)], "{errors:?}");
    assert_eq!((&errors[0]["name"], &errors[2]["name"]), (&json!(".."), &json!("taken.txt")));
    assert!(errors.iter().all(|e| !word(&e["detail"]).is_empty()), "{errors:?}");
    assert_eq!(server.names("t"), ["taken.txt", "good one.txt", "good two.txt"]);
}

fn when_none_was_stored_the_first_error_speaks(db: Db) {
    let server = Server::start(db);
    server.store("t", "taken.txt", b"old");
    let conflict_first = Form::default().file("f", "taken.txt", b"new").file("f", "..", b"x").body();
    let answer = post(&server, "/upload/t?on_conflict=reject", &conflict_first).expect(409).json();
    assert_eq!((answer["files"].as_array().unwrap().len(), answer["errors"].as_array().unwrap().len()), (0, 2));
    let bad_first = Form::default().file("f", "..", b"x").file("f", "taken.txt", b"new").body();
    post(&server, "/upload/t?on_conflict=reject", &bad_first).expect(400);
    assert_eq!(server.names("t"), ["taken.txt"]);
    // A form without any file has nothing to say 201 about.
    let status = post(&server, "/upload/t", &Form::default().text("a", "b").body()).status;
    assert_eq!(status, 400);
}

fn on_conflict_counts_for_each_part(db: Db) {
    let server = Server::start(db);
    let body = Form::default().file("f", "a.txt", b"1").file("f", "a.txt", b"2").file("f", "a.txt", b"1").body();
    let answer = post(&server, "/upload/t", &body).expect(201).json();
    let files = answer["files"].as_array().unwrap();
    let seen: Vec<(String, bool)> =
        files.iter().map(|f| (word(&f["name"]), f["duplicate"].as_bool().unwrap())).collect();
    let expected = [("a.txt", false), ("a (2).txt", false), ("a.txt", true)];
    assert_eq!(seen, expected.map(|(name, again)| (name.to_owned(), again)));
    // The whole form once more: a phone that never saw the answer.
    let again = post(&server, "/upload/t", &body);
    assert!([200, 201].contains(&again.status), "{}", again.text());
    let again = again.json();
    assert!(again["files"].as_array().unwrap().iter().all(|f| f["duplicate"] == true), "{again}");
    assert_eq!(server.names("t").len(), 2);
}

fn an_unfinished_part_is_not_stored(db: Db) {
    let mut server = Server::start(db);
    // Without the last boundary the second part's end is anybody's guess, the first one's isn't.
    let cut = Form::default().file("f", "whole.txt", b"1").file("f", "cut.txt", b"unfinished").unfinished();
    let without_newline = &cut[..cut.len() - 2];
    let in_the_bytes = &cut[..cut.len() - 6];
    for body in [without_newline, in_the_bytes, &cut[..]] {
        // The body is whole as HTTP sees it, the form isn't.
        let answer = post(&server, "/upload/t", body);
        assert!([200, 201, 400].contains(&answer.status), "{}", answer.text());
        assert!(!server.names("t").contains(&"cut.txt".to_owned()));
        // And the same with the connection cut in mid-form.
        let (name, value) = content_type();
        let mut connection = Connection::open(server.port());
        let length = Some(body.len() + 100);
        connection.send(&head(server.port(), "POST", "/upload/t", &[(name, &value)], length));
        connection.send(body);
        connection.finish();
        connection.answer();
        assert!(!server.names("t").contains(&"cut.txt".to_owned()));
    }
    wait::until_true("staging is empty again", || server.staged().is_empty());
    server.restart();
    assert!(server.staged().is_empty());
    assert!(!server.names("t").contains(&"cut.txt".to_owned()));
}

fn preambles_and_part_headers_are_capped(db: Db) {
    let server = Server::start(db);
    let (name, value) = content_type();
    let before = server.peak_memory_kib();
    let endless_header = {
        let mut bytes =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\nX: ").into_bytes();
        bytes.resize(64 * 1024 * 1024, b'a');
        bytes
    };
    let many_headers = {
        let mut bytes = format!("--{BOUNDARY}\r\n").into_bytes();
        while bytes.len() < 64 * 1024 * 1024 {
            bytes.extend_from_slice(b"X-Header: value value value value value value value\r\n");
        }
        bytes
    };
    for body in [vec![b'p'; 64 * 1024 * 1024], endless_header, many_headers] {
        let mut connection = Connection::open(server.port());
        connection.send(&head(server.port(), "POST", "/upload/t", &[(name, &value)], Some(body.len())));
        connection.send(&body);
        let status = connection.answer().map(|answer| answer.status);
        assert!(status.is_none_or(|s| (400..500).contains(&s)), "{status:?}");
    }
    let grown = server.peak_memory_kib() - before;
    assert!(grown < 32 * 1024, "memory grew by {grown} KiB");
    assert!(server.names("t").is_empty());
    server.store("t", "after", b"the server goes on");
}

fn broken_forms_are_refused(db: Db) {
    let server = Server::start(db);
    let good = Form::default().file("f", "a.txt", b"1").body();
    for kind in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"] {
        let answer = server.send("POST", "/upload/t", &[("Content-Type", kind)], &good);
        assert_eq!(answer.status, 400, "{kind}: {}", answer.text());
    }
    for body in [&b""[..], b"no form at all", b"--", b"\r\n"] {
        assert_eq!(post(&server, "/upload/t", body).status, 400);
    }
    let nameless = Form::default().part(&[("X-Nothing", "here")], b"x").body();
    assert_eq!(post(&server, "/upload/t", &nameless).status, 400);
    assert!(server.names("t").is_empty() && server.staged().is_empty());
}

fn a_part_over_the_limit_is_an_error_of_its_own(db: Db) {
    let server = Server::start_with(db, Settings::default().max_size("64 KiB"));
    let body = Form::default().file("f", "small", b"1").file("f", "big", &noise(7, 200_000)).body();
    let answer = post(&server, "/upload/t", &body);
    // Either the whole body is over the limit, or the part is; the big one is never stored.
    assert!([201, 413].contains(&answer.status), "{}", answer.text());
    assert!(!server.names("t").contains(&"big".to_owned()));
    assert!(server.staged().is_empty());
}
