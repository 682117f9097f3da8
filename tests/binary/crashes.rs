//! `kill -9` and SIGTERM in the middle of everything: what was answered is there, nothing else is
//! (design §4).

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use crate::on_both_databases;
use crate::support::form::{Form, content_type};
use crate::support::http::{head, try_send};
use crate::support::raw::Connection;
use crate::support::{Db, Server, noise, sha256, upload::word, wait};

on_both_databases!(
    a_kill_loses_no_acknowledged_upload,
    a_stop_finishes_what_is_in_flight,
    a_stop_does_not_wait_for_ever,
    trash_and_restore_survive_a_kill,
);

/// What the server acknowledged: name and digest.
type Acknowledged = Mutex<Vec<(String, String)>>;

/// Uploads until told to stop or until the server is gone; notes what was acknowledged.
fn upload_until(port: u16, writer: u64, stop: &AtomicBool, counter: &AtomicU64, done: &Acknowledged) {
    for round in 0..2_000_u64 {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let bytes = noise(number + 1, usize::try_from(number % 7).unwrap() * 9_000 + 11);
        let name = format!("{number}.bin");
        let answer = if (writer + round).is_multiple_of(3) {
            let (header, value) = content_type();
            let body = Form::default().file("f", &name, &bytes).body();
            try_send(port, "POST", "/upload/crash", &[(header, &value)], &body)
        } else {
            try_send(port, "PUT", &format!("/upload/crash/{name}"), &[], &bytes)
        };
        match answer {
            Some(answer) if answer.status == 201 && answer.complete => {
                done.lock().unwrap().push((name, sha256(&bytes)));
            }
            Some(answer) => assert!(answer.status == 503 || !answer.complete, "{}", answer.text()),
            None => return,
        }
    }
}

/// Everything acknowledged is listed with its digest; everything listed is whole; staging is empty.
fn check_after_restart(server: &Server, done: &Acknowledged) {
    assert_eq!(server.staged(), Vec::<std::path::PathBuf>::new());
    let files = server.files("crash");
    let listed: std::collections::HashMap<String, String> =
        files.iter().map(|f| (word(&f["name"]), word(&f["sha256"]))).collect();
    assert_eq!(listed.len(), files.len(), "no name twice");
    for (name, digest) in done.lock().unwrap().iter() {
        assert_eq!(listed.get(name), Some(digest), "{name} was acknowledged");
    }
    for file in &files {
        let path = server.blob(&word(&file["sha256"]));
        let bytes = std::fs::read(path).expect("a blob for each row");
        assert_eq!(sha256(&bytes), word(&file["sha256"]), "{file}");
    }
    if !files.is_empty() {
        assert_eq!(server.json("/api/v1/tags/crash")["file_count"], files.len());
    }
}

fn a_kill_loses_no_acknowledged_upload(db: Db) {
    let mut server = Server::start(db);
    let (done, counter) = (Acknowledged::default(), AtomicU64::new(0));
    for round in 0..6_u64 {
        let (port, before) = (server.port(), done.lock().unwrap().len());
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..6 {
                let (stop, counter, done) = (&stop, &counter, &done);
                scope.spawn(move || upload_until(port, writer, stop, counter, done));
            }
            // Somewhere in mid-work: after some acknowledgements, at another moment each round.
            wait::until_true("some uploads", || done.lock().unwrap().len() > before + 5);
            std::thread::sleep(Duration::from_millis(round * 17 % 60));
            server.kill();
            stop.store(true, Ordering::Relaxed);
        });
        server.restart();
        check_after_restart(&server, &done);
    }
    assert!(done.lock().unwrap().len() > 30);
}

fn a_stop_finishes_what_is_in_flight(db: Db) {
    let mut server = Server::start(db);
    let (done, counter) = (Acknowledged::default(), AtomicU64::new(0));
    let (port, stop) = (server.port(), AtomicBool::new(false));
    let status = std::thread::scope(|scope| {
        for writer in 0..4 {
            let (stop, counter, done) = (&stop, &counter, &done);
            scope.spawn(move || upload_until(port, writer, stop, counter, done));
        }
        wait::until_true("some uploads", || done.lock().unwrap().len() > 10);
        let status = server.terminate();
        stop.store(true, Ordering::Relaxed);
        status
    });
    assert_eq!(status.code(), Some(0), "SIGTERM is a clean end\n{}", server.printed());
    assert!(server.staged().is_empty(), "{:?}", server.staged());
    server.restart();
    check_after_restart(&server, &done);
}

fn a_stop_does_not_wait_for_ever(db: Db) {
    let mut server = Server::start(db);
    server.store("t", "a", &noise(1, 5_000_000));
    // An upload that stalls, a download that nobody reads, an idle connection.
    let mut stalled = Connection::open(server.port());
    stalled.send(&head(server.port(), "PUT", "/upload/t/stalled", &[], Some(1_000_000)));
    stalled.send(b"a few bytes");
    let mut unread = Connection::open(server.port());
    unread.send(&head(server.port(), "GET", "/tags/t/zip", &[], None));
    let _idle = Connection::open(server.port());
    wait::until_true("the upload has begun", || server.get("/livez").status == 200);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.printed());
    server.restart();
    assert_eq!(server.names("t"), ["a"]);
    assert!(server.staged().is_empty());
}

fn trash_and_restore_survive_a_kill(db: Db) {
    let mut server = Server::start(db);
    let gone = word(&server.store("t", "gone", b"1")["id"]);
    let back = word(&server.store("t", "back", b"2")["id"]);
    server.delete(&format!("/api/v1/files/{gone}")).expect_success();
    server.delete(&format!("/api/v1/files/{back}")).expect_success();
    server.post(&format!("/api/v1/files/{back}/restore"), b"").expect_success();
    server.restart();
    assert_eq!(server.names("t"), ["back"]);
    server.get(&format!("/files/{gone}/gone")).expect(410);
    assert_eq!(server.get(&format!("/files/{back}/back")).expect(200).body, b"2");
}
