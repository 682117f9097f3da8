//! Names inside an archive: safe to unpack on Windows, and never two alike (contract §1.1).

use std::collections::HashSet;

use crate::on_both_databases;
use crate::support::zip::Archive;
use crate::support::{Db, Server};

on_both_databases!(
    names_are_mended_for_windows_in_the_archive_alone,
    no_two_names_are_equal_when_case_is_ignored,
    good_names_stay_as_they_are,
    a_later_file_never_renames_an_earlier_one,
);

fn zip_names(server: &Server) -> Vec<String> {
    Archive::read(&server.get("/tags/t/zip").expect(200).body).names()
}

/// What Windows takes for a file name.
fn is_fine_on_windows(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = |device: &str| {
        let rest = stem.strip_prefix(device);
        rest.is_some_and(|rest| rest.chars().count() == 1 && "123456789¹²³".contains(rest))
    };
    let reserved = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT");
    let bad = |c: char| c.is_control() || r#"<>:"/\|?*"#.contains(c);
    !(name.is_empty() || reserved || name.chars().any(bad) || name.ends_with(['.', ' ']))
}

fn names_are_mended_for_windows_in_the_archive_alone(db: Db) {
    let server = Server::start(db);
    let names = [
        "a:b.txt",
        "a?b.txt",
        "a*b",
        "<tag>",
        "pipe|d",
        "quote\"d",
        "CON",
        "con.txt",
        "Aux.tar.gz",
        "COM1",
        "lpt9.log",
        "NUL .txt",
        "ends in dot.",
        "ends in space ",
        "...",
        " . ",
        "COM¹",
        "fine.txt",
    ];
    for name in names {
        server.store("t", name, name.as_bytes());
    }
    let bytes = server.get("/tags/t/zip").expect(200).body;
    let archive = Archive::read(&bytes);
    assert_eq!(archive.entries.len(), names.len());
    for (entry, name) in archive.entries.iter().zip(names) {
        assert!(is_fine_on_windows(&entry.name), "{name:?} became {:?}", entry.name);
        assert_eq!(archive.data(entry), name.as_bytes(), "the bytes stay those of {name:?}");
    }
    assert_eq!(server.names("t"), names, "the list keeps the true names");
}

fn no_two_names_are_equal_when_case_is_ignored(db: Db) {
    let server = Server::start(db);
    let names = [
        "photo.jpg",
        "Photo.jpg",
        "PHOTO.JPG",
        "photo (2).jpg",
        "Photo (2).JPG",
        "a:b",
        "a?b",
        "a_b",
        "A_B",
        "ÄRGER",
        "ärger",
        "ß",
        "con",
        "_con",
        "CON",
        "x.",
        "x",
    ];
    for name in names {
        server.store("t", name, name.as_bytes());
    }
    let inside = zip_names(&server);
    assert_eq!(inside.len(), names.len());
    let folded: HashSet<String> = inside.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), names.len(), "{inside:?}");
    assert_eq!(inside[0], "photo.jpg", "the later file gives way");
}

fn good_names_stay_as_they_are(db: Db) {
    let server = Server::start(db);
    let long = "长".repeat(85);
    let names =
        [".hidden", "a b.c.d", "图片 (1).jpg", "🐘", "console.txt", "COM10", "lpt", "~$x", "%41", long.as_str()];
    for name in names {
        server.store("t", name, name.as_bytes());
    }
    assert_eq!(zip_names(&server), names);
}

fn a_later_file_never_renames_an_earlier_one(db: Db) {
    let server = Server::start(db);
    for name in ["a.txt", "A.txt", "a:b", "CON"] {
        server.store("t", name, name.as_bytes());
    }
    let earlier = zip_names(&server);
    // These are just what the earlier ones may have been mended to.
    for name in ["A (2).txt", "a_b", "_CON", "CON_", "a-b", "ab"] {
        server.store("t", name, name.as_bytes());
    }
    let later = zip_names(&server);
    assert_eq!(later[..4], earlier[..]);
    let folded: HashSet<String> = later.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), later.len(), "{later:?}");
}
