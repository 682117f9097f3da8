//! `granary gc`: orphans leave in two steps, and what is named again comes back.

use std::fs;
use std::path::PathBuf;

use crate::keeper_fsck::{age, assert_whole, furnish, put_old};
use crate::on_both_databases;
use crate::support::{Db, Server, Settings, noise, sha256};

on_both_databases!(
    an_orphan_leaves_in_two_steps,
    what_is_named_again_comes_back,
    what_nothing_needs_is_released,
    a_strange_database_has_no_say,
);

fn aside(server: &Server) -> Vec<PathBuf> {
    let folder = fs::read_dir(server.data_dir().join("orphans"));
    folder.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

/// As if it had been moved aside this many milliseconds after 1970.
fn set_aside_at(path: &PathBuf, time: i64) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let key = name.split('.').next().unwrap();
    fs::rename(path, path.with_file_name(format!("{key}.{time}"))).unwrap();
}

fn an_orphan_leaves_in_two_steps(db: Db) {
    let server = Server::start(db);
    furnish(&server);
    let data = server.data_dir();
    let orphan = data.join("blobs/ab").join("ab".repeat(32));
    let young = data.join("blobs/cd").join("cd".repeat(32));
    put_old(&orphan, b"nobody's");
    fs::write(&young, b"may be somebody's").unwrap();
    put_old(&data.join("staging/77-0.part"), b"half an upload");
    put_old(&data.join("csv/abcdefghijkl.csv"), b"a,b,c");
    put_old(&data.join("thumbs/ab").join(format!("{}.jpg", "ab".repeat(32))), b"of nothing");
    let ran = server.tool(&["gc"]).fine();
    assert!(
        ran.text().contains("1 orphans moved aside, 0 brought back, 0 removed (0 bytes); 3 leftovers"),
        "{}",
        ran.text()
    );
    assert_eq!((aside(&server).len(), orphan.exists(), young.exists()), (1, false, true));
    // Soon after it is still there; an hour later it isn't.
    server.tool(&["gc"]).fine();
    assert_eq!(aside(&server).len(), 1);
    set_aside_at(&aside(&server)[0], 1_000);
    let ran = server.tool(&["gc"]).fine();
    assert!(ran.text().contains("1 removed (8 bytes)"), "{}", ran.text());
    assert_eq!(aside(&server), Vec::<PathBuf>::new());
    assert_whole(&server.tool(&["fsck"]));
}

fn what_is_named_again_comes_back(db: Db) {
    let server = Server::start(db);
    let bytes = noise(3, 5_000);
    server.store("t", "a.bin", &bytes);
    let blob = server.blob(&sha256(&bytes));
    // As if it had been an orphan, and was named right after it had been moved aside.
    let path = server.data_dir().join("orphans").join(format!("{}.1000", sha256(&bytes)));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::rename(&blob, &path).unwrap();
    let ran = server.tool(&["gc"]).fine();
    assert!(ran.text().contains("1 brought back, 0 removed"), "{}", ran.text());
    assert_eq!(server.get("/tags/t/files/a.bin").expect(200).body, bytes);
    // Old bytes that an upload finds are not taken from under it.
    age(&blob);
    server.upload("t", "b.bin", &bytes).expect(201);
    server.tool(&["gc"]).fine();
    assert_eq!(server.get("/tags/t/files/b.bin").expect(200).body, bytes);
}

fn what_nothing_needs_is_released(db: Db) {
    let mut server = Server::start_with(db, Settings::default().set("ROCKET_TRASH", r#"{keep="0 seconds"}"#));
    furnish(&server);
    server.store("t", "needed", b"needed");
    server.store("t", "unneeded", b"unneeded");
    server.terminate();
    // A row that lost its file, as a release that failed leaves it.
    let digest = sha256(b"unneeded");
    server.direct().run(&[
        format!("DELETE FROM files WHERE sha256 = '{digest}'"),
        "UPDATE tags SET file_count = 1, bytes = 6 WHERE name = 't'".to_owned(),
        "UPDATE storage_use SET bytes = bytes - 8".to_owned(),
        "UPDATE blobs SET created_at = 0".to_owned(),
    ]);
    let before = server.blobs().len();
    let ran = server.tool(&["gc"]).fine();
    assert!(ran.text().contains(", 1 blobs released"), "{}", ran.text());
    assert_eq!(server.blobs().len(), before - 1);
    assert_whole(&server.tool(&["fsck"]));
    server.restart();
    assert_eq!(server.get("/tags/t/files/needed").expect(200).body, b"needed");
}

fn a_strange_database_has_no_say(db: Db) {
    let mut server = Server::start(db);
    furnish(&server);
    server.terminate();
    let blobs = server.blobs();
    for blob in &blobs {
        age(blob);
    }
    let above = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", above.path().join("other.db").display());
    server.restart_with(Settings::default().set("ROCKET_DATABASES", &format!(r#"{{granary={{url="{url}"}}}}"#)));
    assert!(server.printed().contains("it is not this folder's"), "{}", server.printed());
    // Rows that come by now don't make it the folder's.
    server.store("t", "new.bin", b"into the other database");
    for is_served in [true, false] {
        let ran = server.tool(&["gc"]);
        assert_eq!((ran.code, ran.err.lines().count()), (Some(2), 1), "{}{}", ran.text(), ran.err);
        assert!(ran.err.contains("it is not this folder's"), "{}", ran.err);
        assert!(server.tool(&["doctor"]).text().contains("x   database: the database knows 1 of "));
        if is_served {
            server.terminate();
        }
    }
    assert_eq!(server.tool(&["fsck", "--repair", "--quick"]).code, Some(2));
    assert!(blobs.iter().all(|blob| blob.exists()) && aside(&server).is_empty());
    assert!(!server.data_dir().join("quarantine").exists());
    // Its own database goes on as before.
    server.restart_with(Settings::default());
    assert!(!server.printed().contains("it is not this folder's"));
    server.tool(&["gc"]).fine();
    assert_whole(&server.tool(&["fsck"]));
}
