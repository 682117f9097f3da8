//! What a request says of its own integrity (RFC 9530) is held against the bytes.

use crate::on_both_databases;
use crate::support::form::{BOUNDARY, Form};
use crate::support::{Db, Server, repr_digest};

on_both_databases!(
    a_right_digest_is_fine,
    a_wrong_digest_is_422_and_stores_nothing,
    digests_we_do_not_know_are_passed_over,
    a_form_can_carry_the_digest_of_the_whole_body,
    a_wrong_digest_of_a_form_or_an_archive_stores_nothing,
);

fn a_right_digest_is_fine(db: Db) {
    let server = Server::start(db);
    for header in ["Repr-Digest", "Content-Digest", "repr-digest"] {
        let bytes = header.as_bytes();
        let digest = repr_digest(bytes);
        server.upload_with("t", header, "", &[(header, &digest)], bytes).expect(201);
        server.upload_with("t", header, "", &[(header, &digest)], bytes).expect(200);
    }
    // As RFC 3230 had it.
    let older =
        format!("MD5=AAAA,SHA-256={}", repr_digest(b"old").trim_start_matches("sha-256=:").trim_end_matches(':'));
    server.upload_with("t", "older", "", &[("Digest", &older)], b"old").expect(201);
    server.upload_with("t", "older", "", &[("Digest", &older)], b"other").expect_problem(422);
    let several = format!("sha-512=:AAAA:, {}", repr_digest(b"x"));
    server.upload_with("t", "several", "", &[("Repr-Digest", &several)], b"x").expect(201);
}

fn a_wrong_digest_is_422_and_stores_nothing(db: Db) {
    let server = Server::start(db);
    let wrong = repr_digest(b"other bytes");
    for header in ["Repr-Digest", "Content-Digest"] {
        server.upload_with("t", "a", "", &[(header, &wrong)], b"bytes").expect_problem(422);
    }
    let right = repr_digest(b"bytes");
    let both = [("Repr-Digest", right.as_str()), ("Content-Digest", wrong.as_str())];
    server.upload_with("t", "a", "", &both, b"bytes").expect_problem(422);
    let several = format!("sha-512=:AAAA:, {wrong}");
    server.upload_with("t", "a", "", &[("Repr-Digest", &several)], b"bytes").expect_problem(422);
    assert!(server.names("t").is_empty());
    assert!(server.staged().is_empty(), "{:?}", server.staged());

    // Nor does a mismatch hide behind bytes that are already there.
    server.store("t", "a", b"bytes");
    server.upload_with("t", "a", "", &[("Repr-Digest", &wrong)], b"bytes").expect_problem(422);
}

fn digests_we_do_not_know_are_passed_over(db: Db) {
    let server = Server::start(db);
    for value in ["sha-512=:AAAA:", "unixsum=:AAAA:", "md5=:AAAA:"] {
        server.upload_with("t", value, "", &[("Repr-Digest", value)], b"x").expect(201);
    }
    // A sha-256 that is no sha-256 can't be right.
    for value in ["sha-256=:AAAA:", "sha-256=:!!!:", "sha-256=abc"] {
        let status = server.upload_with("t", "broken", "", &[("Repr-Digest", value)], b"x").status;
        assert!([400, 422].contains(&status), "{value}: {status}");
    }
    assert!(!server.names("t").contains(&"broken".to_owned()));
}

fn a_form_can_carry_the_digest_of_the_whole_body(db: Db) {
    let server = Server::start(db);
    let body = Form::default().file("f", "a", b"bytes").body();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let digest = repr_digest(&body);
    // Here the representation is the whole form.
    let headers = [("Content-Type", kind.as_str()), ("Content-Digest", digest.as_str())];
    server.send("POST", "/upload/t", &headers, &body).expect(201);
    assert_eq!(server.names("t"), ["a"]);
}

fn a_wrong_digest_of_a_form_or_an_archive_stores_nothing(db: Db) {
    let server = Server::start(db);
    let form = Form::default().file("f", "a", b"bytes").file("f", "b", &vec![7; 700_000]).body();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    server.store("source", "a", b"one");
    server.store("source", "b", b"two");
    let archive = server.get("/tags/source/zip").expect(200).body;
    let blobs = server.blobs().len();
    for (path, kind, body) in
        [("/upload/t", kind.as_str(), &form), ("/upload/t?unpack=zip", "application/zip", &archive)]
    {
        for (digest, status) in [(repr_digest(b"others"), 422), ("sha-256=:AAAA:".to_owned(), 400)] {
            let headers = [("Content-Type", kind), ("Repr-Digest", digest.as_str())];
            server.send("POST", path, &headers, body).expect_problem(status);
        }
        assert!(server.names("t").is_empty());
        assert_eq!((server.staged().len(), server.blobs().len()), (0, blobs));
    }
    let digest = repr_digest(&archive);
    let headers = [("Content-Type", "application/zip"), ("Repr-Digest", digest.as_str())];
    server.send("POST", "/upload/t?unpack=zip", &headers, &archive).expect(201);
    assert_eq!(server.names("t"), ["a", "b"]);
}
