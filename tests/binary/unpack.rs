//! `?unpack=zip`: a phone's or a laptop's archive becomes files (contract §1).

use serde_json::Value;

use crate::on_both_databases;
use crate::support::http::Answer;
use crate::support::tools::{program, python, run};
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, noise, sha256};

on_both_databases!(
    entries_become_files_by_their_base_names,
    entries_that_would_escape_are_refused_one_by_one,
    encrypted_entries_are_refused,
    archives_of_any_maker_are_unpacked,
    an_archive_may_be_streamed_by_its_maker,
    what_systems_leave_behind_is_left_out,
    links_and_unknown_methods_are_refused_with_a_line,
    archives_inside_stay_files,
    deleted_entries_and_what_stands_before_are_passed_over,
    what_is_no_zip_is_refused,
    a_cut_archive_loses_only_what_was_cut,
    a_damaged_entry_falls_alone,
);

/// Archives that `tests/clients/make_zip.py` knows by name.
fn archive(kind: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.zip");
    python("make_zip.py", &[kind.as_ref(), path.as_os_str()]).fine();
    std::fs::read(path).unwrap()
}

fn unpack(server: &Server, bytes: &[u8]) -> Answer {
    server.send("POST", "/upload/t?unpack=zip", &[("Content-Type", "application/zip")], bytes)
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| word(&item["name"])).collect()
}

fn entries_become_files_by_their_base_names(db: Db) {
    let server = Server::start(db);
    let answer = unpack(&server, &archive("good")).expect(201).json();
    let expected = ["a.txt", "stored.bin", "nested.txt", "图片.txt", "empty.txt", "a (2).txt"];
    assert_eq!(names(&answer["files"]), expected, "{answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 0, "{answer}");
    assert_eq!(server.names("t"), expected);
    assert_eq!(answer["files"][0]["sha256"], sha256("deflated ".repeat(1000).as_bytes()));
    assert_eq!(server.get("/tags/t/files/nested.txt").expect(200).body, b"nested");
    // The same archive again: nothing new.
    let again = unpack(&server, &archive("good"));
    assert!([200, 201].contains(&again.status));
    assert_eq!(server.names("t"), expected);
}

fn entries_that_would_escape_are_refused_one_by_one(db: Db) {
    let server = Server::start(db);
    let answer = unpack(&server, &archive("escaping")).expect(201).json();
    assert_eq!(names(&answer["files"]), ["fine.txt", "fine too.txt"], "{answer}");
    let refused = answer["errors"].as_array().unwrap();
    assert!(refused.len() >= 3, "{answer}");
    assert!(refused.iter().all(|e| (400..500).contains(&e["status"].as_u64().unwrap())), "{answer}");
    assert_eq!(server.names("t"), ["fine.txt", "fine too.txt"]);
}

fn encrypted_entries_are_refused(db: Db) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    std::fs::write(folder.path().join("plain.txt"), "plain").unwrap();
    let make = |tool: &str, arguments: &[&str]| {
        let mut command = program(tool);
        run(command.current_dir(folder.path()).args(arguments)).fine();
    };
    // 7-Zip writes the lengths in front, so what comes after can be found.
    make("7z", &["a", "-bd", "-tzip", "-ppassword", "mixed.zip", "secret.txt"]);
    make("zip", &["-q", "mixed.zip", "plain.txt"]);
    let server = Server::start(db);
    let answer = unpack(&server, &std::fs::read(folder.path().join("mixed.zip")).unwrap()).expect(201).json();
    assert_eq!(names(&answer["files"]), ["plain.txt"], "{answer}");
    assert_eq!(names(&answer["errors"]), ["secret.txt"], "{answer}");
    assert_eq!(server.names("t"), ["plain.txt"]);
}

/// A folder with `a.txt`, `sub/b.bin` and a file with a Chinese name.
fn some_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(folder.path().join("a.txt"), "text ".repeat(3000)).unwrap();
    std::fs::write(folder.path().join("sub/b.bin"), noise(1, 70_000)).unwrap();
    std::fs::write(folder.path().join("测试.jpg"), noise(2, 100)).unwrap();
    folder
}

fn archives_of_any_maker_are_unpacked(db: Db) {
    let folder = some_files();
    let all = ["a.txt", "sub", "测试.jpg"];
    let server = Server::start(db);
    for (tag, tool, options, is_piped) in [
        ("zip", "zip", &["-q", "-r", "made.zip"][..], false),
        ("zip-", "zip", &["-q", "-r", "-"], true),
        ("zip-0-", "zip", &["-q", "-0", "-r", "-"], true),
        ("zip-fz", "zip", &["-q", "-fz", "-r", "made.zip"], false),
        ("7z", "7z", &["a", "-bd", "-tzip", "made.zip"], false),
        ("7z-store", "7z", &["a", "-bd", "-tzip", "-mx0", "made.zip"], false),
        ("bsdtar", "bsdtar", &["--format", "zip", "-cf", "made.zip"], false),
        ("bsdtar-", "bsdtar", &["--format", "zip", "-cf", "-"], true),
        ("bsdtar-store-", "bsdtar", &["--format", "zip", "--options", "zip:compression=store", "-cf", "-"], true),
        ("bsdtar-zip64-", "bsdtar", &["--format", "zip", "--options", "zip:zip64", "-cf", "-"], true),
    ] {
        let made = folder.path().join("made.zip");
        let _ = std::fs::remove_file(&made);
        let ran = run(program(tool).current_dir(folder.path()).args(options).args(all)).fine();
        let bytes = if is_piped { ran.out } else { std::fs::read(made).unwrap() };
        let answer = server.send("POST", &format!("/upload/{tag}?unpack=zip"), &[], &bytes).expect(201).json();
        let mut found = names(&answer["files"]);
        found.sort();
        assert_eq!(found, ["a.txt", "b.bin", "测试.jpg"], "{tag}: {answer}");
        assert_eq!((&answer["errors"], &answer["left_out"]), (&serde_json::json!([]), &0.into()), "{tag}");
        let bytes = server.get(&format!("/tags/{tag}/files/b.bin")).expect(200).body;
        assert!(bytes == noise(1, 70_000), "{tag}");
    }
    assert!(server.staged().is_empty());
}

fn an_archive_may_be_streamed_by_its_maker(db: Db) {
    let server = Server::start(db);
    for kind in ["piped-stored", "piped-deflated"] {
        let path = format!("/upload/{kind}?unpack=zip");
        let answer = server.send("POST", &path, &[], &archive(kind)).expect(201).json();
        assert_eq!(names(&answer["files"]), ["a.txt", "b.txt", "wide.bin", "empty.txt"], "{answer}");
        let wide = server.get(&format!("/tags/{kind}/files/wide.bin")).expect(200).body;
        assert!(wide == vec![0; 100_000]);
    }
    // An encrypted one whose lengths stand behind its data falls alone, too.
    let folder = some_files();
    let made = run(program("zip").current_dir(folder.path()).args(["-q", "-P", "x", "-", "a.txt"])).fine().out;
    std::fs::write(folder.path().join("made.zip"), made).unwrap();
    run(program("zip").current_dir(folder.path()).args(["-q", "-g", "made.zip", "测试.jpg"])).fine();
    let bytes = std::fs::read(folder.path().join("made.zip")).unwrap();
    let answer = unpack(&server, &bytes).expect(201).json();
    assert_eq!((names(&answer["files"]), names(&answer["errors"])), (vec!["测试.jpg".into()], vec!["a.txt".into()]));
}

fn what_systems_leave_behind_is_left_out(db: Db) {
    let server = Server::start(db);
    let answer = unpack(&server, &archive("debris")).expect(201).json();
    assert_eq!(names(&answer["files"]), ["a.jpg", "._real.jpg"], "{answer}");
    assert_eq!((&answer["errors"], &answer["left_out"]), (&serde_json::json!([]), &7.into()), "{answer}");
    let empty = server.send("POST", "/upload/none?unpack=zip", &[], &archive("empty")).expect(200).json();
    assert_eq!(empty, serde_json::json!({"files": [], "errors": [], "left_out": 0}));
}

fn links_and_unknown_methods_are_refused_with_a_line(db: Db) {
    let server = Server::start(db);
    let answer = unpack(&server, &archive("kinds")).expect(201).json();
    assert_eq!(names(&answer["files"]), ["plain.txt", "name.txt"], "{answer}");
    let details: Vec<String> =
        answer["errors"].as_array().unwrap().iter().map(|error| word(&error["detail"])).collect();
    let said = ["symbolic link", "lead out", "lead out", "BZip2", "LZMA"];
    assert!(details.len() == said.len() && details.iter().zip(said).all(|(one, word)| one.contains(word)), "{answer}");
    assert!(answer["errors"].as_array().unwrap().iter().all(|error| error["status"] == 422), "{answer}");
}

fn archives_inside_stay_files(db: Db) {
    let server = Server::start(db);
    let bytes = archive("inner");
    assert_eq!(names(&unpack(&server, &bytes).expect(201).json()["files"]), ["inner.zip"]);
    // Cut behind the inner one's own end, it is not taken for that.
    let directory = (0..bytes.len()).rev().find(|at| bytes[*at..].starts_with(b"PK\x01\x02")).unwrap();
    let answer = server.send("POST", "/upload/u?unpack=zip", &[], &bytes[..directory]);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(server.names("u").is_empty());
}

fn deleted_entries_and_what_stands_before_are_passed_over(db: Db) {
    let folder = some_files();
    let path = |name: &str| folder.path().join(name);
    run(program("zip").current_dir(folder.path()).args(["-q", "made.zip", "a.txt", "测试.jpg"])).fine();
    // The body of one archive, and behind it another one whose directory doesn't know of it.
    let kept = std::fs::read(path("made.zip")).unwrap();
    let server = Server::start(db);
    let program_first = [&b"#!/bin/sh\nexec unzip \"$0\"\n"[..], &kept].concat();
    assert_eq!(names(&unpack(&server, &program_first).expect(201).json()["files"]), ["a.txt", "测试.jpg"]);
    std::fs::write(path("self.zip"), &program_first).unwrap();
    run(program("zip").args(["-q", "-A"]).arg(path("self.zip"))).fine();
    let adjusted = std::fs::read(path("self.zip")).unwrap();
    let answer = server.send("POST", "/upload/adjusted?unpack=zip", &[], &adjusted).expect(201).json();
    assert_eq!(names(&answer["files"]), ["a.txt", "测试.jpg"]);
    // An entry that the directory no longer lists.
    let first = (0..kept.len()).find(|at| kept[*at..].starts_with(b"PK\x01\x02")).unwrap();
    let second = (first + 1..kept.len()).find(|at| kept[*at..].starts_with(b"PK\x01\x02")).unwrap();
    let mut deleted = [&kept[..first], &kept[second..]].concat();
    let end = deleted.len() - 22;
    let size = u32::try_from(end - first).unwrap();
    deleted[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
    deleted[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    let answer = server.send("POST", "/upload/deleted?unpack=zip", &[], &deleted).expect(201).json();
    assert_eq!(names(&answer["files"]), ["测试.jpg"]);
    // One part of several, and other kinds of archives: what is allowed is said.
    run(program("zip").current_dir(folder.path()).args(["-q", "-s", "64k", "-r", "split.zip", "sub"])).fine();
    for (bytes, said) in [
        (std::fs::read(path("split.zip")).unwrap(), "split"),
        (std::fs::read(path("split.z01")).unwrap(), "split"),
        (run(program("bsdtar").current_dir(folder.path()).args(["-czf", "-", "sub"])).fine().out, "gzip"),
        (run(program("bsdtar").current_dir(folder.path()).args(["-cf", "-", "sub"])).fine().out, "tar"),
        (
            run(program("bsdtar").current_dir(folder.path()).args(["--format", "7zip", "-cf", "-", "sub"])).fine().out,
            "7z",
        ),
    ] {
        let answer = server.send("POST", "/upload/other?unpack=zip", &[], &bytes);
        assert!(
            answer.status == 400 && answer.text().contains(said) && answer.text().contains("zip"),
            "{}",
            answer.text()
        );
    }
    assert!(server.names("other").is_empty() && server.staged().is_empty());
}

fn what_is_no_zip_is_refused(db: Db) {
    let server = Server::start(db);
    for bytes in [&b""[..], b"not a zip", b"PK", b"PK\x03\x04 and then rubbish that goes on"] {
        let status = unpack(&server, bytes).status;
        assert!((400..500).contains(&status), "{bytes:?}: {status}");
    }
    let unknown = server.send("POST", "/upload/t?unpack=rar", &[], b"x");
    assert!((400..500).contains(&unknown.status), "{}", unknown.text());
    assert!(server.names("t").is_empty() && server.staged().is_empty());
}

fn a_cut_archive_loses_only_what_was_cut(db: Db) {
    let server = Server::start(db);
    let bytes = archive("good");
    let cut = &bytes[..bytes.len() / 3];
    let answer = unpack(&server, cut);
    assert!([201, 400, 422].contains(&answer.status), "{}", answer.text());
    for file in server.files("t") {
        let name = word(&file["name"]);
        let whole = server.get(&format!("/tags/t/files/{name}")).expect(200).body;
        assert_eq!(file["sha256"], sha256(&whole), "{name} is whole");
    }
    assert!(server.staged().is_empty());
}

fn a_damaged_entry_falls_alone(db: Db) {
    let folder = tempfile::tempdir().unwrap();
    let text = "text that deflates ".repeat(500);
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(folder.path().join(name), format!("{name} {text}")).unwrap();
    }
    run(program("zip").current_dir(folder.path()).args(["-q", "x.zip", "a.txt", "b.txt", "c.txt"])).fine();
    let mut bytes = std::fs::read(folder.path().join("x.zip")).unwrap();
    let second = (0..bytes.len()).find(|at| bytes[*at..].starts_with(b"b.txt")).unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[second - 2], bytes[second - 1]]));
    // A deflate block of a type that does not exist.
    bytes[second + 5 + length] = 0xff;
    let server = Server::start(db);
    let answer = unpack(&server, &bytes).expect(201).json();
    assert_eq!(names(&answer["files"]), ["a.txt", "c.txt"], "{answer}");
    assert_eq!((names(&answer["errors"]), &answer["errors"][0]["status"]), (vec!["b.txt".to_owned()], &422.into()));
    assert_eq!(server.names("t"), ["a.txt", "c.txt"]);
    assert!(server.staged().is_empty());
    // Without its end the archive was cut off, be it between two entries or in the directory.
    let directory = (0..bytes.len()).find(|at| bytes[*at..].starts_with(b"PK\x01\x02")).unwrap();
    for end in [directory, directory + 4, directory + 60] {
        let answer = server.send("POST", "/upload/u?unpack=zip", &[], &bytes[..end]);
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    assert!(server.names("u").is_empty() && server.blobs().len() == 2);
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let server = Server::start_with(Db::Sqlite, Settings::default().max_size("16 MiB"));
    let before = server.peak_memory_kib();
    let answer = unpack(&server, &archive("bomb"));
    let listed = server.names("t");
    assert!(!listed.contains(&"bomb.bin".to_owned()), "{listed:?} {}", answer.text());
    assert!(server.blobs().iter().all(|blob| blob.metadata().unwrap().len() <= 16 * 1024 * 1024));
    assert!(server.staged().is_empty());
    let grown = server.peak_memory_kib() - before;
    assert!(grown < 64 * 1024, "memory grew by {grown} KiB");
}
