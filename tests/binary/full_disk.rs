//! A full disk: uploads answer 507 and leave nothing behind, reads go on (design §6).

use crate::on_both_databases;
use crate::support::http::head;
use crate::support::raw::Connection;
use crate::support::{Db, Server, Settings, noise, sha256, upload::word};

on_both_databases!(below_min_free_uploads_answer_507_and_reads_go_on, a_disk_that_fills_up_in_mid_upload_is_507,);

fn below_min_free_uploads_answer_507_and_reads_go_on(db: Db) {
    let mut server = Server::start(db);
    let file = server.store("t", "a", b"stored while there was room");
    server.restart_or_full();
    let id = word(&file["id"]);
    server.upload("t", "b", b"no room").expect_problem(507);
    let (name, value) = crate::support::form::content_type();
    let form = crate::support::form::Form::default().file("f", "b", b"x").body();
    let answer = server.send("POST", "/upload/t", &[(name, &value)], &form);
    assert_eq!(answer.status, 507, "{}", answer.text());
    assert_eq!(server.get(&format!("/files/{id}/a")).expect(200).body, b"stored while there was room");
    assert_eq!(server.names("t"), ["a"]);
    server.get("/tags/t/zip").expect(200);
    server.get("/tags/t").expect(200);
    server.get("/livez").expect(200);
    assert!(server.staged().is_empty());
    server.restart_with(Settings::default());
    server.store("t", "b", b"room again");
}

impl Server {
    /// Restarts with a limit that no disk meets; readiness says so, so it isn't waited for.
    fn restart_or_full(&mut self) {
        let full = Settings::default().set("ROCKET_STORAGE", r#"{min_free="8000 TiB"}"#);
        self.restart_unready(full);
        let ready = self.get("/readyz");
        assert!([200, 503, 507].contains(&ready.status), "{}", ready.text());
    }
}

fn a_disk_that_fills_up_in_mid_upload_is_507(db: Db) {
    let settings = Settings::default().small_disk(24).set("ROCKET_STORAGE", r#"{min_free="64 KiB"}"#);
    let server = Server::start_with(db, settings);
    let small = noise(1, 2_000_000);
    let file = server.store("t", "small", &small);

    // Without a length nobody can foresee it.
    let big = noise(2, 40_000_000);
    let mut connection = Connection::open(server.port());
    let chunked = [("Transfer-Encoding", "chunked")];
    connection.send(&head(server.port(), "PUT", "/upload/t/big", &chunked, None));
    let mut open = true;
    for piece in big.chunks(1 << 20) {
        open = open && connection.send(format!("{:x}\r\n", piece.len()).as_bytes());
        open = open && connection.send(piece) && connection.send(b"\r\n");
    }
    connection.send(b"0\r\n\r\n");
    // The server may hang up before it has read it all; where an answer came, it is 507.
    if let Some(answer) = connection.answer() {
        answer.expect_problem(507);
    } else {
        assert!(!open, "no answer to a body that was taken whole");
    }
    assert_eq!(server.names("t"), ["small"]);
    assert!(server.staged().is_empty(), "{:?}", server.staged());

    // With a length it answers at once, and what is there stays readable.
    let status = server.upload("t", "big", &big).status;
    assert_eq!(status, 507);
    let id = word(&file["id"]);
    let back = server.get(&format!("/files/{id}/small")).expect(200).body;
    assert_eq!(sha256(&back), sha256(&small));
    server.store("t", "another small one", b"there is room for this");
}
