//! Names inside an archive: safe to unpack on Windows, and never two alike (contract §1.1).

use std::collections::HashSet;

use crate::on_both_databases;
use crate::support::tools::{file_with, python};
use crate::support::zip::Archive;
use crate::support::zip_readers::everywhere;
use crate::support::{Db, Server};

on_both_databases!(
    names_are_mended_for_windows_in_the_archive_alone,
    no_two_names_are_equal_when_case_is_ignored,
    good_names_stay_as_they_are,
    a_later_file_never_renames_an_earlier_one,
    names_are_told_apart_by_full_case_folding,
    mended_names_stay_within_255_bytes,
    names_of_an_older_version_are_brought_up_to_date,
);

fn zip_names(server: &Server) -> Vec<String> {
    Archive::read(&server.get("/tags/t/zip").expect(200).body).names()
}

/// What Windows takes for a file name.
fn is_fine_on_windows(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = |device: &str| {
        let rest = stem.strip_prefix(device);
        rest.is_some_and(|rest| rest.chars().count() == 1 && "0123456789⁰¹²³".contains(rest))
    };
    let devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let reserved = devices.contains(&stem.as_str()) || numbered("COM") || numbered("LPT");
    let bad = |c: char| c.is_control() || c == '\u{202E}' || r#"<>:"/\|?*"#.contains(c);
    !(name.is_empty() || name.len() > 255 || reserved || name.chars().any(bad) || name.ends_with(['.', ' ']))
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
        "LPT⁰.txt",
        "COM0",
        "CONIN$",
        "conout$.log",
        "CON .txt",
        "AUX.",
        "photo\u{202E}gpj.exe",
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

fn names_are_told_apart_by_full_case_folding(db: Db) {
    let server = Server::start(db);
    let names = [
        "straße.txt",
        "STRAẞE.txt",
        "strasse.txt",
        "ﬁsh",
        "FISH",
        "İ.jpg",
        "i\u{307}.jpg",
        "ΟΔΟΣ",
        "οδος",
        "οδοσ",
        "ſ",
        "S",
        "\u{212A}elvin",
        "kelvin",
        "ᾳ",
        "αι",
        "é",
        "É",
        "가",
        "a\u{200D}b",
        "ab",
        "ŉ",
        "ʼN",
    ];
    for name in names {
        server.store("t", name, name.as_bytes());
    }
    let inside = zip_names(&server);
    assert_eq!(inside.len(), names.len());
    assert_eq!(inside[..2], ["straße.txt", "STRAẞE (2).txt"], "the later file gives way");
    let (folder, path) = file_with("tag.zip", &server.get("/tags/t/zip").expect(200).body);
    // By Python's casefold() and lower(), in each normal form.
    python("unique_names.py", &[&path]).fine();
    for (reader, contents) in everywhere(&path) {
        assert_eq!(contents.len(), names.len(), "{reader}");
    }
    drop(folder);
}

fn mended_names_stay_within_255_bytes(db: Db) {
    let server = Server::start(db);
    let names = [
        format!("CON.{}.jpg", "x".repeat(247)),
        format!("{}.", "x".repeat(254)),
        format!("{} ", "x".repeat(254)),
        format!("nul.{}", "图".repeat(83)),
        format!("{}.jpg", "图".repeat(83)),
        format!("{}.JPG", "图".repeat(83)),
        format!("aux.{}", "é".repeat(125)),
        format!("AUX.{}", "é".repeat(125)),
    ];
    for (number, name) in names.iter().enumerate() {
        server.store("t", name, &[u8::try_from(number).unwrap()]);
    }
    let inside = zip_names(&server);
    assert!(inside.iter().all(|name| is_fine_on_windows(name) && name.len() > 240), "{inside:?}");
    let ends = [".jpg", "x._", "x_", "图", ".jpg", " (2).JPG", "é", " (2)"];
    assert!(inside.iter().zip(ends).all(|(name, end)| name.ends_with(end)), "{inside:?}");
    let (_folder, path) = file_with("tag.zip", &server.get("/tags/t/zip").expect(200).body);
    for (reader, contents) in everywhere(&path) {
        assert_eq!(contents.len(), names.len(), "{reader}");
    }
}

fn names_of_an_older_version_are_brought_up_to_date(db: Db) {
    let mut server = Server::start(db);
    for name in ["plain.txt", "STRASSE.txt", "CONIN$", "straße.txt"] {
        server.store("t", name, name.as_bytes());
    }
    server.store("untouched", "plain.txt", b"1");
    let (today, untouched) = (zip_names(&server), server.get("/tags/untouched/zip").expect(200));
    assert_eq!(today, ["plain.txt", "STRASSE.txt", "_CONIN$", "straße (2).txt"]);
    let etag = server.get("/tags/t/zip").expect(200).need("etag").to_owned();
    // As the first version had it.
    server.terminate();
    server.direct().run(&[
        "UPDATE files SET zip_name = NULL, zip_key = X'01' WHERE name = 'CONIN$'".to_owned(),
        "UPDATE files SET zip_name = NULL, zip_key = X'02' WHERE name = 'straße.txt'".to_owned(),
        "UPDATE tags SET names_version = 1".to_owned(),
    ]);
    server.restart();
    assert_eq!(zip_names(&server), today);
    assert_eq!(server.get("/tags/t/zip").expect(200).need("etag"), etag);
    let again = server.get("/tags/untouched/zip").expect(200);
    assert!(again.body == untouched.body && again.need("etag") == untouched.need("etag"));
}
