//! The zip of a tag: exact, whole, and readable everywhere (contract §1.1).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::on_both_databases;
use crate::support::http::{encode, try_get};
use crate::support::upload::word;
use crate::support::zip::Archive;
use crate::support::{Db, Server, noise, pictures, sha256, zip_readers};

on_both_databases!(
    it_holds_every_file_by_upload_order,
    it_opens_in_every_reader,
    filters_work_as_for_the_list,
    a_selection_comes_by_post,
    a_selection_is_checked,
    a_blob_that_is_gone_fails_visibly,
    an_empty_choice_is_an_empty_archive,
);

fn it_holds_every_file_by_upload_order(db: Db) {
    let server = Server::start(db);
    let mut expected = Vec::new();
    for (number, name) in ["z.bin", "a.bin", "图片.jpg", "empty", "m m.txt"].into_iter().enumerate() {
        let bytes = if name == "empty" { Vec::new() } else { noise(number as u64, number * 70_000 + 1) };
        server.store("标签", name, &bytes);
        expected.push((name.to_owned(), sha256(&bytes)));
    }
    let answer = server.get(&format!("/tags/{}/zip", encode("标签"))).expect(200);
    assert_eq!(answer.need("content-length"), answer.body.len().to_string());
    assert_eq!(answer.header("transfer-encoding"), None);
    assert_eq!(answer.need("accept-ranges"), "bytes");
    assert_eq!(answer.need("content-type"), "application/zip");
    let etag = answer.need("etag");
    assert!(etag.starts_with('"') && etag.ends_with('"'), "a strong one: {etag}");
    let disposition = answer.need("content-disposition");
    assert!(
        disposition.starts_with("attachment") && disposition.contains(&encode("标签").replace("%2E", ".")),
        "{disposition}"
    );

    let archive = Archive::read(&answer.body);
    assert_eq!(archive.digests(), expected);
    assert!(!archive.zip64, "zip64 exactly when it is needed");
    assert!(archive.entries.iter().all(|entry| entry.version_needed < 45));
    let again = server.get(&format!("/tags/{}/zip", encode("标签"))).expect(200);
    assert_eq!((again.need("etag"), &again.body), (etag, &answer.body), "the same bytes each time");
}

fn it_opens_in_every_reader(db: Db) {
    let server = Server::start(db);
    let mut expected = BTreeMap::new();
    for (number, name) in
        ["a photo.jpg", "图片 🐘.png", "Ünïcödé.txt", "empty", "large.bin", ".hidden"].into_iter().enumerate()
    {
        let bytes = match name {
            "empty" => Vec::new(),
            "large.bin" => noise(9, 3_000_000),
            _ => pictures::png(20, 20, u8::try_from(number).unwrap()),
        };
        server.store("readers", name, &bytes);
        expected.insert(name.to_owned(), sha256(&bytes));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readers.zip");
    std::fs::write(&path, server.get("/tags/readers/zip").expect(200).body).unwrap();
    for (reader, contents) in zip_readers::everywhere(&path) {
        assert_eq!(contents, expected, "{reader}");
    }
}

fn filters_work_as_for_the_list(db: Db) {
    let server = Server::start(db);
    let first = server.store("t", "keep 1.png", &pictures::png(5, 5, 1));
    server.store("t", "keep 2.txt", b"text");
    server.store("t", "drop.png", &pictures::png(5, 5, 2));
    let since = encode(&word(&first["created_at"]));
    for query in [
        "",
        "?q=keep",
        "?type=image",
        "?type=image/png",
        "?q=keep&type=image",
        "?q=%E4%B8%80",
        &format!("?since={since}"),
        &format!("?until={since}"),
    ] {
        let sign = if query.is_empty() { "?" } else { "&" };
        let list = server.json(&format!("/api/v1/tags/t/files{query}{sign}order=oldest"));
        let names: Vec<String> = list["items"].as_array().unwrap().iter().map(|f| word(&f["name"])).collect();
        let answer = server.get(&format!("/tags/t/zip{query}")).expect(200);
        assert_eq!(Archive::read(&answer.body).names(), names, "{query}");
    }
    for query in ["?since=yesterday", "?until=x"] {
        server.get(&format!("/tags/t/zip{query}")).expect(400);
    }
}

fn a_selection_comes_by_post(db: Db) {
    let server = Server::start(db);
    let ids = six_files(&server);

    // The order of the ids is not the archive's: that is the upload order.
    let form = format!("ids={}&ids={}&ids={}", ids[4], ids[1], ids[2]);
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let by_form = server.send("POST", "/tags/t/zip", &kind, form.as_bytes()).expect(200);
    assert_eq!(Archive::read(&by_form.body).names(), ["1.txt", "2.txt", "4.txt"]);
    assert_eq!(by_form.need("content-length"), by_form.body.len().to_string());

    let json = serde_json::json!({"ids": [ids[4], ids[1], ids[2]]}).to_string();
    let by_json = server.send("POST", "/tags/t/zip", &[("Content-Type", "application/json")], json.as_bytes());
    assert_eq!(by_json.expect(200).body, by_form.body);
}

fn a_selection_is_checked(db: Db) {
    let server = Server::start(db);
    let ids = six_files(&server);
    let other = word(&server.store("other", "other.txt", b"another tag's")["id"]);
    let json = [("Content-Type", "application/json")];
    let post = |body: &str| server.send("POST", "/tags/t/zip", &json, body.as_bytes());

    // An id may be a number too (contract §0); twice is once.
    let number: u64 = ids[0].parse().unwrap();
    let mixed = post(&format!(r#"{{"ids":[{number},"{}","{}"]}}"#, ids[0], ids[3])).expect(200);
    assert_eq!(Archive::read(&mixed.body).names(), ["0.txt", "3.txt"]);

    // A file of another tag never gets in.
    let foreign = post(&serde_json::json!({"ids": [ids[0], other]}).to_string());
    if foreign.status == 200 {
        assert_eq!(Archive::read(&foreign.body).names(), ["0.txt"]);
    } else {
        let status = foreign.status;
        assert!([400, 404, 422].contains(&status), "{}", foreign.text());
    }
    for broken in ["", "{", r#"{"ids":"x"}"#, r#"{"ids":["abc"]}"#, r#"{"ids":[1.5]}"#, "[]"] {
        let answer = post(broken);
        let status = answer.status;
        assert!([400, 404, 422].contains(&status), "{broken}: {status}");
    }
}

/// `0.txt` to `5.txt` in the tag `t`; their ids.
fn six_files(server: &Server) -> Vec<String> {
    let store = |number| {
        let name = format!("{number}.txt");
        word(&server.store("t", &name, name.as_bytes())["id"])
    };
    (0..6).map(store).collect()
}

fn a_blob_that_is_gone_fails_visibly(db: Db) {
    let server = Server::start(db);
    for number in 0..4 {
        server.store("t", &format!("{number}.bin"), &noise(number, 600_000));
    }
    let lost = word(&server.files("t")[2]["sha256"]);
    std::fs::remove_file(server.blob(&lost)).unwrap();
    assert_fails(&server);
    // A blob that was cut or grew on the disk is as bad.
    let short = word(&server.files("t")[3]["sha256"]);
    let path = server.blob(&short);
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    std::fs::set_permissions(&path, permissions).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
    let id = word(&server.files("t")[3]["id"]);
    let bytes = try_get(server.port(), &format!("/files/{id}/3.bin"));
    assert!(bytes.is_none_or(|answer| answer.status != 200 || !answer.complete), "600,000 bytes can't come of 1,000");
    assert_fails(&server);
}

fn assert_fails(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("t.zip");
    let ran = crate::support::tools::curl(&["-f", "-o", out.to_str().unwrap(), &server.url("/tags/t/zip")]);
    assert_ne!(ran.code, Some(0), "curl must see that the archive isn't whole");
    assert_ne!(ran.code, Some(124), "and not by waiting");
    server.get("/livez").expect(200);
}

fn an_empty_choice_is_an_empty_archive(db: Db) {
    let server = Server::start(db);
    server.store("t", "a", b"x");
    let answer = server.get("/tags/t/zip?q=nothing-is-called-this").expect(200);
    assert_eq!(answer.body.len(), 22, "an end record and nothing else");
    assert_eq!(Archive::read(&answer.body).entries.len(), 0);
    let list: Value = server.json("/api/v1/tags/t/files?q=nothing-is-called-this");
    assert_eq!(list["items"], serde_json::json!([]));
}
