//! A full disk: uploads answer 507 and leave nothing behind, reads go on (design §6).

use std::fs::File;
use std::io::Write;

use crate::on_both_databases;
use crate::support::http::head;
use crate::support::raw::Connection;
use crate::support::zip::Archive;
use crate::support::{Db, Server, Settings, ingest, noise, sha256, upload::word};

on_both_databases!(
    below_min_free_uploads_answer_507_and_reads_go_on,
    a_disk_that_fills_up_in_mid_upload_is_507,
    a_disk_without_a_byte_left_stops_commits_whole,
);

fn below_min_free_uploads_answer_507_and_reads_go_on(db: Db) {
    let mut server = Server::start(db);
    let file = server.store("t", "a", b"stored while there was room");
    server.restart_or_full();
    let id = word(&file["id"]);
    server.upload("t", "b", b"no room").expect_problem(507);
    for number in 0..20 {
        // Who sends all before looking up is told, too.
        let bytes = noise(number, 5_000_000);
        let mut connection = Connection::open(server.port());
        connection.send(&head(server.port(), "PUT", "/upload/t/large", &[], Some(bytes.len())));
        assert!(connection.send(&bytes), "cut off");
        connection.answer().expect("an answer").expect_problem(507);
    }
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

/// A disk that is full where granary keeps everything but MariaDB's tables: zips need none of it, scratch files are refused,
/// and on SQLite a commit is refused whole.
fn a_disk_without_a_byte_left_stops_commits_whole(db: Db) {
    let settings = ingest::settings().small_disk(24).set("ROCKET_STORAGE", r#"{min_free="1 KiB"}"#);
    let server = Server::start_with(db, settings);
    let files: Vec<_> = (0..20_u64).map(|at| server.store("t", &format!("{at:02}"), &noise(at, 20_000))).collect();
    let filler = server.data_dir().join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);

    let zip = server.get("/tags/t/zip").expect(200);
    assert_eq!(Archive::read(&zip.body).names(), server.names("t"), "zips are made without a file");
    let csv = "ftp://a/1.jpg\n".repeat(100_000);
    assert_eq!(server.try_create(&[("group_name", "full")], Some(csv.as_bytes())).status, 507);
    let tasks = server.post("/v1/tasks/list", br#"{"group_name":"full"}"#).expect(200).json();
    assert_eq!(tasks["ids"], serde_json::json!([]));
    let mut left = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let answer = server.send("DELETE", &format!("/api/v1/files/{}", word(&file["id"])), &[], b"");
        match answer.status {
            200 => {}
            507 => left.push(format!("{at:02}")),
            status => panic!("{status} {}", answer.text()),
        }
    }
    assert_eq!(left.is_empty(), db != Db::Sqlite, "{left:?}");
    assert_eq!(server.names("t"), left, "what was refused stays as it was");

    std::fs::remove_file(&filler).unwrap();
    assert_eq!(server.names("t"), left);
    server.store("t", "later", b"there is room again");
    server.create(&[], "ftp://a/1.jpg\n");
    if let Some(name) = left.first() {
        let file = &files[name.parse::<usize>().unwrap()];
        server.send("DELETE", &format!("/api/v1/files/{}", word(&file["id"])), &[], b"").expect(200);
    }
    assert!(server.staged().is_empty(), "{:?}", server.staged());
}
