//! Same name, other bytes: nothing is ever overwritten (contract §1).

use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::{Db, Server, sha256};

on_both_databases!(
    rename_keeps_both,
    rename_finds_the_next_free_number,
    a_retry_of_renamed_bytes_finds_them,
    reject_answers_409,
    replace_puts_the_old_one_in_the_trash,
    bytes_in_the_trash_come_back,
    other_bytes_take_a_name_that_is_only_in_the_trash,
    an_unknown_word_is_an_error,
    many_at_once_get_names_of_their_own,
);

fn rename_keeps_both(db: Db) {
    let server = Server::start(db);
    server.store("t", "photo.jpg", b"one");
    let second = server.store("t", "photo.jpg", b"two");
    assert_eq!(second["name"], "photo (2).jpg");
    assert_eq!(second["sha256"], sha256(b"two"));
    server.store("t", "no extension", b"one");
    assert_eq!(server.store("t", "no extension", b"two")["name"], "no extension (2)");
    let explicit = server.upload_with("t", "photo.jpg", "?on_conflict=rename", &[], b"three").expect(201).json();
    assert_eq!(explicit["name"], "photo (3).jpg");
    assert_eq!(server.names("t"), ["photo.jpg", "photo (2).jpg", "no extension", "no extension (2)", "photo (3).jpg"]);
}

fn rename_finds_the_next_free_number(db: Db) {
    let server = Server::start(db);
    server.store("t", "a.txt", b"1");
    server.store("t", "a (2).txt", b"taken by hand");
    assert_eq!(server.store("t", "a.txt", b"2")["name"], "a (3).txt");

    // A name at the limit stays within it.
    let long = format!("{}.txt", "n".repeat(251));
    server.store("t", &long, b"1");
    let renamed = word(&server.store("t", &long, b"2")["name"]);
    assert!(renamed.len() <= 255 && renamed.ends_with(" (2).txt"), "{renamed}");
    let wide = format!("{}.txt", "图".repeat(83));
    server.store("t", &wide, b"1");
    let renamed = word(&server.store("t", &wide, b"2")["name"]);
    assert!(renamed.len() <= 255 && renamed.ends_with(" (2).txt"), "{renamed}");
}

fn a_retry_of_renamed_bytes_finds_them(db: Db) {
    let server = Server::start(db);
    server.store("t", "a.jpg", b"one");
    let renamed = server.store("t", "a.jpg", b"two");
    let third = server.store("t", "a.jpg", b"three");
    for (bytes, file) in [(b"two".as_slice(), &renamed), (b"three", &third)] {
        let retry = server.upload("t", "a.jpg", bytes).expect(200).json();
        assert_eq!((&retry["id"], &retry["name"]), (&file["id"], &file["name"]));
        assert_eq!(retry["duplicate"], true);
    }
    assert_eq!(server.names("t").len(), 3, "no further copy");
}

fn reject_answers_409(db: Db) {
    let server = Server::start(db);
    server.store("t", "a.jpg", b"one");
    server.upload_with("t", "a.jpg", "?on_conflict=reject", &[], b"two").expect_problem(409);
    let same = server.upload_with("t", "a.jpg", "?on_conflict=reject", &[], b"one");
    assert_eq!(same.expect(200).json()["duplicate"], true);
    assert_eq!(server.names("t"), ["a.jpg"]);
    assert_eq!(server.get("/tags/t/files/a.jpg").expect(200).body, b"one");
    assert!(server.staged().is_empty());
}

fn replace_puts_the_old_one_in_the_trash(db: Db) {
    let server = Server::start(db);
    let old = server.store("t", "a.jpg", b"one");
    let new = server.upload_with("t", "a.jpg", "?on_conflict=replace", &[], b"two").expect(201).json();
    assert_eq!(new["name"], "a.jpg");
    assert_eq!(server.names("t"), ["a.jpg"]);
    assert_eq!(server.get("/tags/t/files/a.jpg").expect(200).body, b"two");
    let old_id = word(&old["id"]);
    assert!(server.json(&format!("/api/v1/files/{old_id}"))["deleted_at"].is_string());
    server.get(&format!("/files/{old_id}/a.jpg")).expect(410);
    let tag = server.json("/api/v1/tags/t");
    assert_eq!((tag["file_count"].as_i64(), tag["bytes"].as_i64()), (Some(1), Some(3)));
}

fn bytes_in_the_trash_come_back(db: Db) {
    let server = Server::start(db);
    let file = server.store("t", "a.jpg", b"one");
    let id = word(&file["id"]);
    server.delete(&format!("/api/v1/files/{id}")).expect_success();
    assert!(server.names("t").is_empty());
    let back = server.upload("t", "a.jpg", b"one").expect(200).json();
    assert_eq!(back["id"], file["id"]);
    assert_eq!(server.names("t"), ["a.jpg"]);
    assert_eq!(server.get(&format!("/files/{id}/a.jpg")).expect(200).body, b"one");
}

fn other_bytes_take_a_name_that_is_only_in_the_trash(db: Db) {
    let server = Server::start(db);
    let old = word(&server.store("t", "a.jpg", b"one")["id"]);
    server.delete(&format!("/api/v1/files/{old}")).expect_success();
    server.upload("t", "a.jpg", b"two").expect(201);
    assert_eq!(server.names("t").len(), 1);
    // Both can live again side by side, whatever name the restored one gets.
    server.post(&format!("/api/v1/files/{old}/restore"), b"").expect_success();
    let names = server.names("t");
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1], "two living files never share a name");
}

fn an_unknown_word_is_an_error(db: Db) {
    let server = Server::start(db);
    server.upload_with("t", "a.jpg", "?on_conflict=overwrite", &[], b"x").expect_problem(400);
    assert!(server.names("t").is_empty());
}

fn many_at_once_get_names_of_their_own(db: Db) {
    let server = Server::start(db);
    std::thread::scope(|scope| {
        for number in 0..8_u8 {
            let server = &server;
            scope.spawn(move || {
                for round in 0..4_u8 {
                    server.store("race", "same.bin", &[number, round]);
                }
            });
        }
    });
    let mut names = server.names("race");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 32, "{names:?}");
    assert_eq!(server.json("/api/v1/tags/race")["file_count"], 32);
}
