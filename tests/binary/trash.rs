//! Delete and restore (contract §1): the bytes answer 410 while they are in the trash.

use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::{Db, Server, pictures};

on_both_databases!(
    a_file_goes_to_the_trash_and_comes_back,
    a_tag_goes_with_all_its_files,
    twice_is_not_an_error_that_changes_anything,
    a_restored_file_gives_way_to_the_one_that_took_its_name,
);

fn a_file_goes_to_the_trash_and_comes_back(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::png(12, 12, 1);
    let file = server.store("t", "a.png", &bytes);
    server.store("t", "b", b"stays");
    let id = word(&file["id"]);
    assert!(server.json(&format!("/api/v1/files/{id}")).get("deleted_at").is_none_or(serde_json::Value::is_null));
    server.delete(&format!("/api/v1/files/{id}")).expect_success();

    assert_eq!(server.names("t"), ["b"]);
    assert!(word(&server.json(&format!("/api/v1/files/{id}"))["deleted_at"]).ends_with('Z'));
    server.get(&format!("/files/{id}/a.png")).expect(410);
    let by_name = server.get("/tags/t/files/a.png").status;
    assert!([404, 410].contains(&by_name), "{by_name}");
    let thumb = server.get(&format!("/files/{id}/thumb")).status;
    assert!([200, 404, 410].contains(&thumb), "{thumb}");

    server.post(&format!("/api/v1/files/{id}/restore"), b"").expect_success();
    assert_eq!(server.names("t"), ["a.png", "b"], "back in its place");
    assert_eq!(server.get(&format!("/files/{id}/a.png")).expect(200).body, bytes);
    assert!(server.json(&format!("/api/v1/files/{id}")).get("deleted_at").is_none_or(serde_json::Value::is_null));
}

fn a_tag_goes_with_all_its_files(db: Db) {
    let server = Server::start(db);
    let ids: Vec<String> =
        (0..5).map(|n| word(&server.store("gone", &n.to_string(), n.to_string().as_bytes())["id"])).collect();
    server.store("stays", "a", b"1");
    server.delete("/api/v1/tags/gone").expect_success();
    for (number, id) in ids.iter().enumerate() {
        server.get(&format!("/files/{id}/{number}")).expect(410);
    }
    assert!(server.names("gone").is_empty());
    assert_eq!(server.names("stays"), ["a"]);

    server.post(&format!("/api/v1/files/{}/restore", ids[3]), b"").expect_success();
    assert_eq!(server.names("gone"), ["3"], "a restored file brings its tag back");
    assert_eq!(server.json("/api/v1/tags/gone")["file_count"], 1);
    server.store("gone", "new", b"and it takes uploads again");
    assert_eq!(server.names("gone"), ["3", "new"]);
}

fn twice_is_not_an_error_that_changes_anything(db: Db) {
    let server = Server::start(db);
    let id = word(&server.store("t", "a", b"1")["id"]);
    server.store("t", "b", b"22");
    let path = format!("/api/v1/files/{id}");
    server.delete(&path).expect_success();
    let when = server.json(&path)["deleted_at"].clone();
    let again = server.delete(&path).status;
    assert!([200, 204, 404, 409, 410].contains(&again), "{again}");
    assert_eq!(server.json(&path)["deleted_at"], when, "the retention time doesn't start anew");
    let tag = server.json("/api/v1/tags/t");
    assert_eq!((&tag["file_count"], &tag["bytes"]), (&1.into(), &2.into()));
    for _ in 0..2 {
        let status = server.post(&format!("{path}/restore"), b"").status;
        assert!([200, 204, 409].contains(&status), "{status}");
        let tag = server.json("/api/v1/tags/t");
        assert_eq!((&tag["file_count"], &tag["bytes"]), (&2.into(), &3.into()));
    }
}

fn a_restored_file_gives_way_to_the_one_that_took_its_name(db: Db) {
    let server = Server::start(db);
    let old = word(&server.store("t", "a.txt", b"old")["id"]);
    server.delete(&format!("/api/v1/files/{old}")).expect_success();
    let new = word(&server.store("t", "a.txt", b"new!")["id"]);
    server.post(&format!("/api/v1/files/{old}/restore"), b"").expect_success();
    let (old, new) = (server.json(&format!("/api/v1/files/{old}")), server.json(&format!("/api/v1/files/{new}")));
    assert_ne!(old["name"], new["name"]);
    assert_eq!(server.get("/tags/t/files/a.txt").expect(200).body.len(), 4, "the living one keeps its name");
}
