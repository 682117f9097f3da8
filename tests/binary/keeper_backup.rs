//! `granary backup` while everything goes on, and `granary restore` into an empty store on either database: every
//! answer is the same, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::keeper_fsck::{assert_whole, empty_trash, furnish};
use crate::on_both_databases;
use crate::support::http::try_send;
use crate::support::ingest::settings;
use crate::support::tools::Ran;
use crate::support::upload::word;
use crate::support::{Db, Server, noise, sha256, wait};

on_both_databases!(
    a_backup_is_one_moment_of_a_busy_store,
    a_restored_store_answers_the_same_on_either_database,
    a_backup_tells_what_is_missing_and_damaged,
    what_cannot_be_read_holds_nothing_up,
    a_missing_csv_is_told,
    an_interrupted_backup_leaves_the_one_before,
    a_restore_overwrites_no_log,
);

/// Where a test's backups go.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::tempdir().expect("a temporary folder");
    let folder = above.path().join("backup");
    (above, folder)
}

fn backup(server: &Server, folder: &Path) -> Ran {
    server.tool(&["backup", folder.to_str().unwrap()])
}

/// The one database of a backup.
#[track_caller]
fn database_in(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let databases: Vec<PathBuf> = names.filter(|path| path.extension().is_some_and(|end| end == "db")).collect();
    assert_eq!(databases.len(), 1, "{databases:?}");
    databases[0].clone()
}

/// A folder in place of a file: no byte of it can be read.
fn make_unreadable(path: &Path) {
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
}

/// A server over what a backup gave back.
fn restored(db: Db, folder: &Path) -> Server {
    let mut server = Server::not_yet(db, settings());
    server.tool(&["restore", folder.to_str().unwrap()]).fine();
    assert_whole(&server.tool(&["fsck"]));
    server.restart();
    server
}

/// Files, a task with a split, an annotation, a copy; groups, an ingest task that ran.
fn furnish_all(server: &Server) {
    let task = furnish(server);
    let set = json!({"task_id": task, "training_count": 3, "verifying_count": 2, "testing_count": 1, "seed": 7});
    let split = server.send_json("PUT", "/training/tasks/sets", &set).expect_fine();
    assert_eq!(split["code"], 0);
    let images = server.get(&format!("/training/tasks/sets?task_id={task}&set_type_id=0")).expect_fine();
    let image = word(&images["img_info_list"][0]["img_id"]);
    let annotation = json!({"objects": [{"class": "cat", "bbox": [1, 1, 5, 5]}]});
    server.send_json("PUT", &format!("/training/images/{image}/annotation"), &annotation).expect_fine();
    let copy = json!({"task_id_old": task, "task_id": "77"});
    server.send_json("POST", "/training/tasks/duplication", &copy).expect_fine();
    let trashed = word(&server.store("cats", "trashed.bin", b"in the trash")["id"]);
    server.delete(&format!("/api/v1/files/{trashed}")).expect_success();
    let csv = "granary:tag/cats/0.png,a,b\r\nhttp://127.0.0.1:9/none.jpg,c,d\r\n";
    let ingest = server.create(&[], csv);
    server.ask(&ingest, "start").expect(200);
    server.until_state(&ingest, 4);
    wait::until_true("the copy's folder", || {
        server.direct().number("SELECT COUNT(*) FROM tasks WHERE folder_stale = 1") == 0
    });
}

/// Every answer that tells what a store holds.
fn picture(server: &Server) -> BTreeMap<String, Vec<u8>> {
    let mut paths: Vec<String> =
        ["/api/v1/tags?limit=1000", "/training/tasks?limit=100", "/api/v1/groups", "/trash"].map(str::to_owned).into();
    for tag in server.json("/api/v1/tags?limit=1000")["items"].as_array().unwrap() {
        let name = word(&tag["name"]);
        paths.extend([format!("/tags/{name}/zip"), format!("/api/v1/tags/{name}/files?limit=1000")]);
        for file in server.files(&name) {
            paths.extend([word(&file["url"]), word(&file["thumbnail_url"])]);
        }
    }
    for task in server.json("/training/tasks?limit=100")["items"].as_array().unwrap() {
        let id = word(&task["task_id"]);
        paths.push(format!("/training/tasks/{id}"));
        paths.extend((0..3).map(|set| format!("/training/tasks/sets?task_id={id}&set_type_id={set}")));
        paths.extend(
            ["imagefolder", "coco", "yolo", "csv"].map(|form| format!("/training/tasks/{id}/export?format={form}")),
        );
    }
    for group in server.json("/api/v1/groups")["items"].as_array().unwrap() {
        let path = format!("/api/v1/groups/{}/faces?limit=1000", word(&group["name"]));
        for face in server.json(&path)["items"].as_array().unwrap() {
            paths.extend(face["crop_url"].as_str().map(str::to_owned));
        }
        paths.push(path);
    }
    let list = json!({"group_name": "g", "status": 0});
    let ids = server.send_json("POST", "/v1/tasks/list", &list).expect(200).json();
    for id in ids["ids"].as_array().unwrap() {
        paths.extend(["detail", "log", "download_log"].map(|what| format!("/v1/tasks/{}/{what}", word(id))));
    }
    let body = |path: &String| {
        let answer = server.get(path);
        let status = answer.status.to_string().into_bytes();
        // Pages name the address that they were asked at.
        let text = if path == "/trash" { Vec::new() } else { answer.body };
        (path.clone(), [status, text].concat())
    };
    paths.iter().map(body).collect()
}

#[track_caller]
fn assert_same(one: &Server, other: &Server) {
    let (one, other) = (picture(one), picture(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, body) in &one {
        let (here, there) = (String::from_utf8_lossy(body), String::from_utf8_lossy(&other[path]));
        assert!(here == there, "{path}\n{here:.2000}\n{there:.2000}");
    }
}

fn a_restored_store_answers_the_same_on_either_database(db: Db) {
    let other = if db == Db::Sqlite { Db::MariaDb } else { Db::Sqlite };
    let mut server = Server::start_with(db, settings());
    furnish_all(&server);
    let (_above, folder) = folder();
    let first = backup(&server, &folder).fine().text();
    let again = backup(&server, &folder).fine().text();
    assert!(!first.contains("(0 of them new)") && again.contains("(0 of them new)"), "{first}{again}");
    // Over to the other database, and back from there.
    let there = restored(other, &folder);
    assert_same(&server, &there);
    let (_above, second) = self::folder();
    backup(&there, &second).fine();
    let back = restored(db, &second);
    assert_same(&server, &back);
    back.store("cats", "new.bin", b"it goes on");
    // Nothing is overwritten.
    let refused = server.tool(&["restore", folder.to_str().unwrap()]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("isn't empty"), "{}", refused.err);
    server.terminate();
    assert_whole(&server.tool(&["fsck"]));
}

/// Tells the others to stop, also where the test fails.
struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Uploads and deletes until told to stop; notes what was acknowledged and stays.
fn stir(port: u16, writer: u64, stop: &AtomicBool, stored: &Mutex<Vec<(String, String)>>) {
    for round in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let bytes = noise(writer * 100_000 + round, 4_000);
        let name = format!("{writer}-{round}.bin");
        let Some(answer) = try_send(port, "PUT", &format!("/upload/busy/{name}"), &[], &bytes) else { return };
        if round % 2 == 0 {
            stored.lock().unwrap().push((name, sha256(&bytes)));
        } else {
            let id = word(&answer.expect(201).json()["id"]);
            try_send(port, "DELETE", &format!("/api/v1/files/{id}"), &[], b"");
            empty_trash(port);
        }
    }
}

fn a_backup_is_one_moment_of_a_busy_store(db: Db) {
    let server = Server::start_with(db, settings());
    furnish(&server);
    let (_above, folder) = folder();
    let (port, stop, stored) = (server.port(), AtomicBool::new(false), Mutex::new(Vec::new()));
    let before = std::thread::scope(|scope| {
        let _stopping = Stopping(&stop);
        for writer in 0..3 {
            let (stop, stored) = (&stop, &stored);
            scope.spawn(move || stir(port, writer, stop, stored));
        }
        wait::until_true("some uploads", || stored.lock().unwrap().len() > 10);
        let mut before = Vec::new();
        for _ in 0..3 {
            before.clone_from(&stored.lock().unwrap());
            let ran = backup(&server, &folder);
            assert_eq!(ran.code, Some(0), "{}{}", ran.text(), ran.err);
        }
        before
    });
    let there = restored(db, &folder);
    let files: BTreeMap<String, String> =
        there.files("busy").iter().map(|file| (word(&file["name"]), word(&file["sha256"]))).collect();
    for (name, digest) in before {
        assert_eq!(files.get(&name), Some(&digest), "{name} was acknowledged before the backup began");
    }
    for (name, digest) in files {
        let body = there.get(&format!("/tags/busy/files/{name}")).expect(200).body;
        assert_eq!(sha256(&body), digest, "{name}");
    }
}

fn a_backup_tells_what_is_missing_and_damaged(db: Db) {
    let server = Server::start_with(db, settings());
    let (gone, bad) = (noise(1, 9_000), noise(2, 9_000));
    server.store("t", "gone.bin", &gone);
    server.store("t", "bad.bin", &bad);
    server.store("t", "good.bin", b"good");
    fs::remove_file(server.blob(&sha256(&gone))).unwrap();
    fs::write(server.blob(&sha256(&bad)), noise(3, 9_000)).unwrap();
    let (above, folder) = folder();
    let ran = backup(&server, &folder);
    assert_eq!(ran.code, Some(1), "{}{}", ran.text(), ran.err);
    for line in ["missing blob: ", "damaged blob: ", "t/gone.bin", "t/bad.bin", "1 blobs, 4 bytes"] {
        assert!(ran.text().contains(line), "{line}\n{}", ran.text());
    }
    let mut there = Server::not_yet(db, settings());
    let back = there.tool(&["restore", folder.to_str().unwrap()]);
    assert_eq!(back.code, Some(1), "{}{}", back.text(), back.err);
    there.restart();
    assert_eq!(there.get("/tags/t/files/good.bin").expect(200).body, b"good");
    // What is no backup is none, and one whose database was touched neither.
    let nothing = Server::not_yet(db, settings());
    let refused = nothing.tool(&["restore", above.path().to_str().unwrap()]);
    assert_eq!((refused.code, refused.err.contains("no whole backup")), (Some(2), true), "{}", refused.err);
    let path = database_in(&folder);
    let mut database = fs::read(&path).unwrap();
    database[100] ^= 1;
    fs::write(&path, database).unwrap();
    let refused = nothing.tool(&["restore", folder.to_str().unwrap()]);
    assert_eq!((refused.code, refused.err.contains("is damaged")), (Some(2), true), "{}", refused.err);
    let inside = backup(&server, &server.data_dir().join("backup"));
    assert_eq!((inside.code, inside.err.contains("outside")), (Some(2), true), "{}", inside.err);
    assert!(!server.data_dir().join("backup").exists(), "nothing was made");
}

fn what_cannot_be_read_holds_nothing_up(db: Db) {
    let server = Server::start_with(db, settings());
    let (here, there) = (noise(1, 9_000), noise(2, 9_000));
    server.store("t", "here.bin", &here);
    server.store("t", "there.bin", &there);
    server.store("t", "good.bin", b"good");
    make_unreadable(&server.blob(&sha256(&here)));
    // Whatever the folder is called.
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("50% or what?");
    let ran = backup(&server, &folder);
    assert_eq!(ran.code, Some(1), "{}{}", ran.text(), ran.err);
    let digest = sha256(&here);
    let line = format!("unreadable blob: blobs/{}/{digest}, needed by t/here.bin", &digest[..2]);
    assert!(ran.text().contains(&line) && ran.text().contains("2 blobs, 8.7 KiB"), "{line}\n{}", ran.text());
    let digest = sha256(&there);
    make_unreadable(&folder.join("blobs").join(&digest[..2]).join(&digest));
    let mut restored = Server::not_yet(db, settings());
    let back = restored.tool(&["restore", folder.to_str().unwrap()]);
    assert_eq!(back.code, Some(1), "{}{}", back.text(), back.err);
    for line in ["missing blob: ", "unreadable blob: ", "t/here.bin", "t/there.bin", "1 blobs, 4 bytes"] {
        assert!(back.text().contains(line), "{line}\n{}", back.text());
    }
    restored.restart();
    assert_eq!(restored.get("/tags/t/files/good.bin").expect(200).body, b"good");
}

fn a_missing_csv_is_told(db: Db) {
    let server = Server::start_with(db, settings());
    let create = |name: &str| server.create(&[], &format!("http://127.0.0.1:9/{name}.jpg,a,b\r\n"));
    let (gone, bad, good) = (create("gone"), create("bad"), create("good"));
    let csv = |id: &str| server.data_dir().join("csv").join(format!("{id}.csv"));
    fs::remove_file(csv(&gone)).unwrap();
    let (_above, folder) = folder();
    let ran = backup(&server, &folder);
    let line = format!("missing CSV: csv/{gone}.csv, ingest task of group ");
    assert_eq!((ran.code, ran.text().contains(&line)), (Some(1), true), "{}{}", ran.text(), ran.err);
    // Once more, where two are there already.
    assert_eq!(backup(&server, &folder).code, Some(1));
    fs::write(folder.join("csv").join(format!("{bad}.csv")), b"other bytes").unwrap();
    let restored = Server::not_yet(db, settings());
    let back = restored.tool(&["restore", folder.to_str().unwrap()]);
    assert_eq!(back.code, Some(1), "{}{}", back.text(), back.err);
    for line in [format!("missing CSV: csv/{gone}.csv"), format!("damaged CSV: csv/{bad}.csv")] {
        assert!(back.text().contains(&line), "{line}\n{}", back.text());
    }
    let there = |id: &str| fs::read(restored.data_dir().join("csv").join(format!("{id}.csv"))).ok();
    assert_eq!((there(&gone), there(&bad), there(&good)), (None, None, fs::read(csv(&good)).ok()));
}

fn an_interrupted_backup_leaves_the_one_before(db: Db) {
    let server = Server::start_with(db, settings());
    server.store("t", "first.bin", b"first");
    let (_above, folder) = folder();
    backup(&server, &folder).fine();
    server.store("t", "second.bin", b"second");
    // It ends after the database has got its name, and before the manifest has.
    fs::create_dir(folder.join("backup.json.part")).unwrap();
    assert_eq!(backup(&server, &folder).code, Some(2));
    let names = |server: &Server| server.files("t").iter().map(|file| word(&file["name"])).collect::<Vec<_>>();
    assert_eq!(names(&restored(db, &folder)), ["first.bin"]);
    // Two at a time would take each other's files away.
    fs::remove_dir(folder.join("backup.json.part")).unwrap();
    let lock = fs::File::open(folder.join("backup.lock")).unwrap();
    lock.lock().unwrap();
    let refused = backup(&server, &folder);
    assert_eq!((refused.code, refused.err.contains("another backup works here")), (Some(2), true), "{}", refused.err);
    drop(lock);
    backup(&server, &folder).fine();
    database_in(&folder);
    assert_eq!(names(&restored(db, &folder)).len(), 2);
}

fn a_restore_overwrites_no_log(db: Db) {
    let server = Server::start_with(db, settings());
    let (_above, folder) = folder();
    backup(&server, &folder).fine();
    for end in ["-wal", "-shm", "-journal"] {
        let above = tempfile::tempdir().unwrap();
        let file = above.path().join("other.db");
        let url = format!(r#"{{granary={{url="sqlite:{}"}}}}"#, file.display());
        let there = Server::not_yet(db, settings().set("ROCKET_DATABASES", &url));
        let beside = format!("{}{end}", file.display());
        fs::write(&beside, b"of a database that was removed").unwrap();
        let refused = there.tool(&["restore", folder.to_str().unwrap()]);
        assert_eq!((refused.code, refused.err.contains(&beside)), (Some(2), true), "{}", refused.err);
        fs::remove_file(&beside).unwrap();
        there.tool(&["restore", folder.to_str().unwrap()]).fine();
    }
}
