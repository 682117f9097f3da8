//! `granary fsck`: it finds exactly what is wrong, tells it in names that a person knows, and mends what can be mended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::on_both_databases;
use crate::support::faces::Groups;
use crate::support::http::try_send;
use crate::support::pictures::png;
use crate::support::tools::Ran;
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, noise, sha256, wait};

on_both_databases!(
    what_is_wrong_is_found_told_and_mended,
    a_healthy_store_under_load_has_no_findings,
    what_a_crash_leaves_is_no_finding,
);

/// Makes a file so old that it belongs to nothing under way.
pub fn age(path: &Path) {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 40);
    File::open(path).expect("a file").set_modified(long_ago).expect("another time");
}

/// Writes a file, old from the beginning; its folder is made.
pub fn put_old(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
    fs::write(path, bytes).expect("a file");
    age(path);
}

/// The lines of findings.
pub fn findings(ran: &Ran) -> Vec<String> {
    ran.text().lines().filter(|line| line.contains("; --repair ")).map(str::to_owned).collect()
}

/// That everything is well.
#[track_caller]
pub fn assert_whole(ran: &Ran) {
    assert_eq!((ran.code, findings(ran)), (Some(0), Vec::new()), "{}{}", ran.text(), ran.err);
}

/// Files of a tag, a task with their images, and a group of faces.
pub fn furnish(server: &Server) -> String {
    for number in 0..6 {
        server.store("cats", &format!("{number}.png"), &png(20 + number, 10, 3));
    }
    server.store("docs", "a.bin", &noise(7, 40_000));
    let task = server.new_task(&["cat"]);
    server.send_json("POST", &format!("/training/tasks/{task}/import"), &json!({"tag": "cats"})).expect_fine();
    Groups::of(server).add("staff", 3);
    let folder = server.data_dir().join("tasks").join(&task);
    wait::until_true("the image folder", || fs::read_dir(&folder).is_ok_and(|names| names.count() == 6));
    wait::until_true("its mark", || server.direct().number("SELECT COUNT(*) FROM tasks WHERE folder_stale = 1") == 0);
    task
}

fn names_in(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

/// Flips one bit in the middle.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(path, bytes).expect("a file");
}

/// Breaks the store in as many ways as there are beginnings of lines here.
fn break_everything(server: &Server, task: &str, digests: &[String]) -> Vec<String> {
    let data = server.data_dir();
    let folder = data.join("tasks").join(task);
    let images = names_in(&folder);
    let short = |path: &Path| path.strip_prefix(&data).unwrap().display().to_string();
    let flipped = server.blob(&digests[0]);
    flip(&flipped);
    let gone = server.blob(&sha256(&noise(7, 40_000)));
    fs::remove_file(&gone).unwrap();
    fs::remove_file(&images[1]).unwrap();
    fs::remove_file(&images[2]).unwrap();
    put_old(&images[2], b"other bytes");
    let orphan = "ab".repeat(32);
    for (path, bytes) in [
        (format!("blobs/ab/{orphan}"), "nobody's"),
        ("blobs/ab/cd.part".to_owned(), "half a rename"),
        ("staging/77-0.part".to_owned(), "half an upload"),
        (format!("thumbs/ab/{orphan}.jpg"), "of nothing"),
        ("csv/abcdefghijkl.csv".to_owned(), "a,b,c"),
        (format!("tasks/{task}/17.png"), "a stranger"),
    ] {
        put_old(&data.join(path), bytes.as_bytes());
    }
    put_old(&data.join("tasks/12/1.png"), b"of no task");
    age(&data.join("tasks/12"));
    server.direct().run(&[
        "UPDATE tags SET file_count = 9 WHERE name = 'cats'".to_owned(),
        "UPDATE tasks SET last_order_id = 2".to_owned(),
        "UPDATE face_groups SET face_count = face_count + 1".to_owned(),
        "UPDATE storage_use SET bytes = bytes + 1".to_owned(),
        "UPDATE files SET crc32 = crc32 + 1 WHERE name = '5.png'".to_owned(),
    ]);
    vec![
        format!(
            "damaged blob: {}: its bytes have another SHA-256; needed by cats/0.png, task {task} ",
            short(&flipped)
        ),
        format!("missing blob: {}: 39.0 KiB; needed by docs/a.bin; ", short(&gone)),
        format!("image folder, name missing: {}: ", short(&images[1])),
        format!("image folder, other bytes: {}: ", short(&images[2])),
        format!("orphan: blobs/ab/{orphan}: "),
        "stray file: blobs/ab/cd.part: ".to_owned(),
        "leftover: staging/77-0.part: ".to_owned(),
        format!("thumbnail of nothing: thumbs/ab/{orphan}.jpg: "),
        "CSV too many: csv/abcdefghijkl.csv: ".to_owned(),
        format!("image folder, name too many: tasks/{task}/17.png: "),
        "image folder too many: tasks/12: ".to_owned(),
        "counter: tag \"cats\": file_count is 9, there are 6; ".to_owned(),
        format!("counter: task {task} \"a task\": last_order_id is 2, 6 is in use; "),
        "counter: all tags: the total is ".to_owned(),
        "counter: face group \"staff\": face_count is 4, there are 3; ".to_owned(),
        "file row: file cats/5.png: ".to_owned(),
    ]
}

fn what_is_wrong_is_found_told_and_mended(db: Db) {
    let mut server = Server::start(db);
    let task = furnish(&server);
    let digests: Vec<String> = server.files("cats").iter().map(|file| word(&file["sha256"])).collect();
    assert_whole(&server.tool(&["fsck"]));
    let mut expected = break_everything(&server, &task, &digests);
    let ran = server.tool(&["fsck"]);
    let mut found = findings(&ran);
    expected.sort();
    found.sort();
    assert_eq!(found.len(), expected.len(), "{}{}", ran.text(), ran.err);
    for (line, beginning) in found.iter().zip(&expected) {
        assert!(line.starts_with(beginning.as_str()), "{line}\n{beginning}");
    }
    assert_eq!(ran.code, Some(1));
    let quick = server.tool(&["fsck", "--quick"]);
    assert!(!quick.text().contains("another SHA-256") && quick.text().contains("missing blob"), "{}", quick.text());
    let refused = server.tool(&["fsck", "--repair"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("in use by a running granary"), "{}", refused.err);
    server.terminate();
    mend(&server, &digests[0]);
    server.restart();
    // The same bytes once more make it whole.
    server.upload("cats", "again.png", &png(20, 10, 3)).expect_success();
    server.upload("docs", "again.bin", &noise(7, 40_000)).expect_success();
    server.get("/tags/cats/zip").expect(200);
    assert_eq!(server.json("/api/v1/tags/cats")["file_count"], 7);
    server.terminate();
    server.tool(&["fsck", "--repair"]);
    assert_whole(&server.tool(&["fsck"]));
}

/// Repairs; nothing is left but the bytes that are gone, and none was removed.
fn mend(server: &Server, flipped: &str) {
    let ran = server.tool(&["fsck", "--repair"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.text(), ran.err);
    let left = server.tool(&["fsck"]);
    let lines = findings(&left);
    assert_eq!(lines.len(), 2, "{}", left.text());
    assert!(lines.iter().all(|line| line.starts_with("missing blob: ")), "{lines:?}");
    let quarantine = names_in(&server.data_dir().join("quarantine"));
    let kept = |path: &str| quarantine.iter().any(|folder| folder.join(path).exists());
    for path in [
        format!("blobs/{}/{flipped}", &flipped[..2]),
        format!("blobs/ab/{}", "ab".repeat(32)),
        "blobs/ab/cd.part".to_owned(),
        "staging/77-0.part".to_owned(),
        "csv/abcdefghijkl.csv".to_owned(),
        "tasks/12/1.png".to_owned(),
        "record.txt".to_owned(),
    ] {
        assert!(kept(&path), "{path} in {quarantine:?}");
    }
}

/// Removes for good what lies in the trash.
pub fn empty_trash(port: u16) {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = try_send(port, "POST", "/trash/purge", &form, b"scope=all&confirmed=yes");
    assert!(answer.is_none_or(|answer| answer.status == 303));
}

/// Uploads, deletes and purges until told to stop.
fn stir(port: u16, writer: u64, stop: &AtomicBool) {
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        // The same few contents come and go.
        let bytes = noise(round % 5, 3_000);
        let path = format!("/upload/load{writer}/{}.bin", round % 7);
        let Some(answer) = try_send(port, "PUT", &path, &[], &bytes) else { return };
        let id = answer.json()["id"].as_str().unwrap_or_default().to_owned();
        if round % 3 == 0 {
            try_send(port, "DELETE", &format!("/api/v1/files/{id}"), &[], b"");
        }
        if round % 8 == 7 {
            empty_trash(port);
        }
    }
}

fn a_healthy_store_under_load_has_no_findings(db: Db) {
    let mut server = Server::start_with(db, Settings::relaxed().set("ROCKET_TRASH", r#"{keep="0 seconds"}"#));
    furnish(&server);
    let (port, stop) = (server.port(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let stop = &stop;
            scope.spawn(move || stir(port, writer, stop));
        }
        let runs: Vec<Ran> = (0..4).map(|_| server.tool(&["fsck"])).collect();
        stop.store(true, Ordering::Relaxed);
        runs.iter().for_each(assert_whole);
    });
    server.terminate();
    assert_whole(&server.tool(&["fsck"]));
    assert_whole(&server.tool(&["fsck", "--repair"]));
}

fn what_a_crash_leaves_is_no_finding(db: Db) {
    let mut server = Server::start(db);
    furnish(&server);
    server.kill();
    let data = server.data_dir();
    fs::write(data.join("blobs/cd").join("cd".repeat(32)), b"placed, not named").unwrap();
    fs::write(data.join("staging/5-0.part"), b"on its way").unwrap();
    let ran = server.tool(&["fsck"]);
    assert_whole(&ran);
    assert!(ran.text().contains("1 young orphans"), "{}", ran.text());
    server.restart();
    assert_whole(&server.tool(&["fsck"]));
}
