//! `?unpack=zip`: a phone's or a laptop's archive becomes files (contract §1).

use serde_json::Value;

use crate::on_both_databases;
use crate::support::http::Answer;
use crate::support::tools::{program, python, run};
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, sha256};

on_both_databases!(
    entries_become_files_by_their_base_names,
    entries_that_would_escape_are_refused_one_by_one,
    encrypted_entries_are_refused,
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
