//! What the machine does to a server: a disk that becomes read-only, a database that is locked or gone for ten seconds and comes back, a
//! clock that is set back an hour. Nothing acknowledged is lost, whoever waits is told, and all goes on by itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::on_both_databases;
use crate::support::gate::Gate;
use crate::support::http::try_send;
use crate::support::{Db, Server, Settings, ingest, noise, sha256, tools, upload::word, wait};

on_both_databases!(
    a_disk_that_becomes_read_only_and_writable_again,
    a_database_that_is_locked_for_ten_seconds,
    a_clock_set_back,
);

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn a_disk_that_becomes_read_only_and_writable_again(db: Db) {
    let server = Server::start_with(db, Settings::default().small_disk(300));
    let kept = server.store("t", "kept.bin", &noise(1, 300_000));
    let staging = server.inner_data_dir().join("staging").display().to_string();
    within(&server, &["mount", "--bind", &staging, &staging]);
    within(&server, &["mount", "-o", "remount,bind,ro", &staging]);
    for (name, size) in [("small", 10), ("large", 3_000_000)] {
        let refused = server.upload("t", name, &noise(2, size));
        refused.expect_problem(503);
    }
    assert_eq!(server.get("/readyz").status, 503);
    let bytes = server.get(&format!("/files/{}/kept.bin", word(&kept["id"]))).expect(200).body;
    assert_eq!(sha256(&bytes), word(&kept["sha256"]));
    server.get("/tags/t").expect(200);
    within(&server, &["umount", &staging]);
    wait::until_true("readiness", || server.get("/readyz").status == 200);
    server.store("t", "later.bin", &noise(3, 300_000));
    assert_eq!(server.names("t"), ["kept.bin", "later.bin"]);
    assert!(server.staged().is_empty(), "{:?}", server.staged());
}

/// Runs something in the server's own view of the file system.
fn within(server: &Server, command: &[&str]) {
    let target = server.process().to_string();
    tools::run(tools::program("nsenter").args(["--target", &target, "--mount"]).args(command)).fine();
}

/// Uploads one after the other; those that were acknowledged. Others were told that the server can't now.
fn upload_on(port: u16, begun: &AtomicBool, stop: &AtomicBool) -> Vec<String> {
    let mut stored = Vec::new();
    for number in 0..1_000_000_u64 {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("{number}.bin");
        let answer = try_send(port, "PUT", &format!("/upload/t/{name}"), &[], &noise(number, 5000));
        let answer = answer.expect("an answer");
        match answer.status {
            201 => {
                stored.push(name);
                begun.store(true, Ordering::SeqCst);
            }
            503 => {
                assert!(answer.header("retry-after").is_some(), "{}", answer.text());
                std::thread::sleep(Duration::from_millis(5));
            }
            status => panic!("{status} {}", answer.text()),
        }
    }
    stored
}

/// What becomes of uploads while something happens to the database, and of those after it.
fn uploads_through(server: &Server, trouble: impl FnOnce()) {
    let (port, begun, stop) = (server.port(), AtomicBool::new(false), AtomicBool::new(false));
    let stored = std::thread::scope(|scope| {
        let uploading = scope.spawn(|| upload_on(port, &begun, &stop));
        wait::until_true("an upload before it", || begun.load(Ordering::SeqCst));
        trouble();
        wait::until_true("an upload behind it", || server.upload("after", "x", b"x").status < 300);
        stop.store(true, Ordering::SeqCst);
        uploading.join().unwrap()
    });
    assert!(!stored.is_empty());
    let mut names = server.names("t");
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "no name twice");
    for name in &stored {
        assert!(names.binary_search(name).is_ok(), "{name} was acknowledged");
    }
    wait::until_true("nothing is left in staging", || server.staged().is_empty());
}

fn a_database_that_is_locked_for_ten_seconds(db: Db) {
    let server = Server::start(db);
    server.store("t", "first", b"1");
    uploads_through(&server, || server.direct().locked_for(TEN_SECONDS, "files"));
}

#[test]
fn a_database_that_is_gone_for_ten_seconds() {
    let gate = Gate::before_mariadb();
    let url = gate.url();
    let settings = ingest::settings().set("ROCKET_DATABASES", &format!(r#"{{granary={{url="{url}"}}}}"#));
    let server = Server::start_with(Db::Sqlite, settings);
    let tag: Vec<String> =
        (0..200).map(|number| format!("\"data:image/gif;base64,R0lGODlhHwARAA{number:08}\"\n")).collect();
    let id = server.create(&[("group_name", "g")], &tag.concat());
    uploads_through(&server, || {
        server.ask(&id, "start").expect(200);
        gate.shut();
        wait::until_true("the server tells it", || server.get("/readyz").status == 503);
        std::thread::sleep(TEN_SECONDS);
        gate.open();
        wait::until_true("readiness", || server.get("/readyz").status == 200);
    });
    let detail = server.until_state(&id, 4);
    assert_eq!(detail["handled_num"], 200);
    assert_eq!(server.json("/api/v1/groups")["items"][0]["face_count"], 200);
}

fn a_clock_set_back(db: Db) {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let set = |offset: &str| std::fs::write(&clock, offset).unwrap();
    set("+0");
    let settings = ingest::settings()
        .set("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1")
        .set("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
        .set("FAKETIME_NO_CACHE", "1")
        .set("DONT_FAKE_MONOTONIC", "1");
    let mut server = Server::start_with(db, settings);
    let first = server.store("t", "first", b"1");
    let rows: String = (0..3000).map(|number| format!("ftp://a/{number}.jpg\n")).collect();
    let id = server.create(&[], &rows);
    server.ask(&id, "start").expect(200);
    set("-1h");
    let second = server.store("t", "second", b"2");
    let times = [&first, &second].map(|file| word(&file["created_at"]));
    assert!(times[1] < times[0], "the clock was set back: {times:?}");
    assert_ne!(word(&first["id"]), word(&second["id"]));
    assert_eq!(server.until_state(&id, 4)["handled_num"], 3000);
    // Leases that seem to last for another hour don't hold anybody up, nor do files from the future.
    let other = server.create(&[], &rows);
    server.ask(&other, "start").expect(200);
    server.restart();
    assert_eq!(server.until_state(&other, 4)["handled_num"], 3000);
    let third = server.store("t", "third", b"3");
    let ids: std::collections::BTreeSet<String> = [&first, &second, &third].map(|file| word(&file["id"])).into();
    assert_eq!(ids.len(), 3);
    assert_eq!(
        crate::support::zip::Archive::read(&server.get("/tags/t/zip").expect(200).body).names(),
        ["first", "second", "third"]
    );
    let task = server.new_task(&[]);
    server.send_json("POST", &format!("/training/tasks/{task}/import"), &json!({"tag": "t"})).expect_fine();
}
