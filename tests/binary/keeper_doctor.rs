//! `granary doctor`: one screen, no secret, and exit 1 when something is wrong; and the slow look at all bytes.

use std::fs;

use crate::keeper_fsck::{assert_whole, furnish};
use crate::on_both_databases;
use crate::support::{Db, Server, Settings, noise, sha256, wait};

on_both_databases!(
    a_healthy_server_is_told_so,
    the_slow_look_finds_what_was_damaged,
    a_folder_that_takes_no_writes_is_told_and_can_be_looked_at,
);

fn a_healthy_server_is_told_so(db: Db) {
    let keys =
        r#"{engine="compreface",url="http://127.0.0.1:9",keys={detection="top-secret",recognition="top-secret"}}"#;
    let mut server = Server::start_with(db, Settings::default().set("ROCKET_FACES", keys));
    let ran = server.tool(&["doctor"]).fine();
    let screen = ran.text();
    for line in
        ["server: running", "writable: yes", "schema: up to date", "Engine: compreface", "Blur: ", "0 wrong (x)"]
    {
        assert!(screen.contains(line), "{line}\n{screen}");
    }
    assert!(screen.contains("ffmpeg: ") && screen.contains("storage.min_free: 1.0 MiB"), "{screen}");
    assert!(!screen.contains("top-secret") && !ran.err.contains("top-secret"), "{screen}");
    assert!(screen.contains("open: there is no user"), "{screen}");
    server.run(&["user", "add", "ann"], "a password of hers\n");
    let screen = server.tool(&["doctor"]).fine().text();
    assert!(screen.contains("shut: 1 users, 0 disabled ones"), "{screen}");
    server.terminate();
    let screen = server.tool(&["doctor"]).fine().text();
    assert!(screen.contains("server: not running"), "{screen}");
    server.restart_unready(Settings::default().set("ROCKET_STORAGE", r#"{min_free="1000 PiB"}"#));
    let ran = server.tool(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{}", ran.text());
    assert!(ran.text().contains("below storage.min_free"), "{}", ran.text());
}

fn the_slow_look_finds_what_was_damaged(db: Db) {
    let mut server = Server::start_with(db, Settings::default().set("ROCKET_SCRUB", r#"{rate="1 GiB"}"#));
    let bytes = noise(5, 20_000);
    server.store("cats", "tom.bin", &bytes);
    server.store("cats", "whole.bin", &noise(6, 20_000));
    server.terminate();
    let blob = server.blob(&sha256(&bytes));
    fs::write(&blob, noise(9, 20_000)).unwrap();
    server.restart();
    wait::until_true("the damage on the page", || server.get("/about").text().contains("1 —"));
    assert!(server.printed().contains("cats/tom.bin"), "{}", server.printed());
    let ran = server.tool(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.text().contains("cats/tom.bin") && ran.text().contains("another SHA-256"), "{}", ran.text());
    // The same bytes once more make it whole; the next look says so.
    server.upload("cats", "again.bin", &bytes).expect(201);
    server.restart();
    wait::until_true("the page without damage", || server.get("/about").text().contains("none found"));
    server.tool(&["doctor"]).fine();
}

fn a_folder_that_takes_no_writes_is_told_and_can_be_looked_at(db: Db) {
    let mut server = Server::start(db);
    furnish(&server);
    server.terminate();
    let ran = server.tool_read_only(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.text(), ran.err);
    assert!(ran.text().contains("writable: no") && ran.text().contains("schema: up to date"), "{}", ran.text());
    assert_whole(&server.tool_read_only(&["fsck"]));
    let ran = server.tool_read_only(&["fsck", "--repair"]);
    assert_eq!((ran.code, ran.err.trim().lines().count()), (Some(2), 1), "{}{}", ran.text(), ran.err);
}

#[test]
fn a_folder_without_a_store_is_told() {
    let server = Server::not_yet(Db::Sqlite, Settings::default());
    let screen = server.tool(&["doctor"]).fine().text();
    assert!(screen.contains("the first start makes it"), "{screen}");
    for command in [&["fsck"][..], &["gc"], &["backup", "b"]] {
        let ran = server.tool(command);
        assert_eq!(ran.code, Some(2), "{command:?}: {}", ran.err);
        assert_eq!(ran.err.trim().lines().count(), 1, "{}", ran.err);
        assert!(ran.err.contains("data_dir"), "{}", ran.err);
    }
    assert!(!server.data_dir().exists());
}
