//! The bytes themselves: ranges, caching, and nothing that a browser would run (contract §1,
//! design §6).

use crate::on_both_databases;
use crate::support::http::{Answer, encode};
use crate::support::upload::word;
use crate::support::{Db, Server, noise, pictures};

on_both_databases!(
    ranges_give_the_right_bytes,
    if_range_and_if_none_match_go_by_the_etag,
    head_says_what_get_would,
    bytes_by_id_never_change_and_by_name_are_asked_again,
    what_users_upload_is_never_run,
    names_in_the_address_do_not_matter_for_the_id,
    downloads_keep_their_names,
);

/// A file of 100,000 bytes; its path and its bytes.
fn one_file(server: &Server) -> (String, Vec<u8>) {
    let bytes = noise(5, 100_000);
    let id = word(&server.store("t", "a.bin", &bytes)["id"]);
    (format!("/files/{id}/a.bin"), bytes)
}

fn range(server: &Server, path: &str, value: &str) -> Answer {
    server.get_with(path, &[("Range", value)])
}

fn ranges_give_the_right_bytes(db: Db) {
    let server = Server::start(db);
    let (by_id, bytes) = one_file(&server);
    for path in [by_id.as_str(), "/tags/t/files/a.bin"] {
        let whole = server.get(path).expect(200);
        assert_eq!(whole.body, bytes);
        assert_eq!(whole.need("accept-ranges"), "bytes");
        assert_eq!(whole.need("content-length"), "100000");
        for (value, first, last) in [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99999", 0, 99_999),
            ("bytes=10-19", 10, 19),
            ("bytes=99990-", 99_990, 99_999),
            ("bytes=-1", 99_999, 99_999),
            ("bytes=-500", 99_500, 99_999),
            ("bytes=-999999", 0, 99_999),
            ("bytes=50000-999999", 50_000, 99_999),
            ("bytes=65530-65545", 65_530, 65_545),
        ] {
            let part = range(&server, path, value).expect(206);
            assert_eq!(part.need("content-range"), format!("bytes {first}-{last}/100000"), "{value}");
            assert_eq!(part.body, bytes[first..=last], "{value}");
        }
        for value in ["bytes=100000-", "bytes=100000-100001", "bytes=-0"] {
            let refused = range(&server, path, value).expect(416);
            assert_eq!(refused.need("content-range"), "bytes */100000", "{value}");
        }
        // What isn't understood is passed over (RFC 9110 §14.2).
        for value in ["bytes=20-10", "lines=1-2", "bytes=", "bytes=a-b", "nonsense"] {
            let answer = range(&server, path, value);
            assert!(answer.status == 200 && answer.body == bytes || answer.status == 416, "{value}: {}", answer.status);
        }
        let several = range(&server, path, "bytes=0-1,5-6");
        assert!([200, 206].contains(&several.status), "{}", several.status);
        if several.header("content-type").is_none_or(|kind| !kind.starts_with("multipart/byteranges")) {
            assert_eq!(several.status, 200, "one part can't stand for two");
        }
    }
    let empty = word(&server.store("t", "empty", b"")["id"]);
    let answer = range(&server, &format!("/files/{empty}/empty"), "bytes=0-");
    assert!([200, 416].contains(&answer.status), "{}", answer.status);
}

fn if_range_and_if_none_match_go_by_the_etag(db: Db) {
    let server = Server::start(db);
    let (path, bytes) = one_file(&server);
    let etag = server.get(&path).need("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "a strong one: {etag}");

    let same = server.get_with(&path, &[("Range", "bytes=5-9"), ("If-Range", &etag)]).expect(206);
    assert_eq!(same.body, bytes[5..10]);
    for other in ["\"other\"", "W/\"other\"", "Wed, 21 Oct 2015 07:28:00 GMT"] {
        let whole = server.get_with(&path, &[("Range", "bytes=5-9"), ("If-Range", other)]).expect(200);
        assert_eq!(whole.body, bytes, "{other}");
    }
    let list = format!("\"x\", {etag}");
    let weak = format!("W/{etag}");
    for value in [etag.as_str(), "*", &list, &weak] {
        let answer = server.get_with(&path, &[("If-None-Match", value)]).expect(304);
        assert!(answer.body.is_empty());
        assert_eq!(answer.need("etag"), etag);
    }
    server.get_with(&path, &[("If-None-Match", "\"other\"")]).expect(200);
}

fn head_says_what_get_would(db: Db) {
    let server = Server::start(db);
    let (path, _) = one_file(&server);
    for path in [path.as_str(), "/tags/t/files/a.bin", "/tags/t/zip"] {
        let get = server.get(path).expect(200);
        let head = server.send("HEAD", path, &[], b"").expect(200);
        for name in ["content-length", "content-type", "etag", "accept-ranges", "cache-control", "content-disposition"]
        {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
        assert!(head.body.is_empty());
    }
}

fn bytes_by_id_never_change_and_by_name_are_asked_again(db: Db) {
    let server = Server::start(db);
    let (path, _) = one_file(&server);
    let by_id = server.get(&path).expect(200);
    assert!(by_id.need("cache-control").contains("immutable"), "{}", by_id.need("cache-control"));
    let by_name = server.get("/tags/t/files/a.bin").expect(200);
    assert!(!by_name.need("cache-control").contains("immutable"));
    let etag = by_name.need("etag").to_owned();
    server.get_with("/tags/t/files/a.bin", &[("If-None-Match", &etag)]).expect(304);
    server.upload_with("t", "a.bin", "?on_conflict=replace", &[], b"new bytes").expect(201);
    let new = server.get_with("/tags/t/files/a.bin", &[("If-None-Match", &etag)]).expect(200);
    assert_eq!(new.body, b"new bytes");
}

fn what_users_upload_is_never_run(db: Db) {
    let server = Server::start(db);
    let html = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>";
    let svg = b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let xml = b"<?xml version=\"1.0\"?><a xmlns=\"http://www.w3.org/1999/xhtml\"/>";
    let pdf = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n1 0 obj\n";
    for (name, bytes) in
        [("a.html", &html[..]), ("b.svg", svg), ("c.xml", xml), ("d.pdf", pdf), ("e.js", b"alert(1)"), ("f.jpg", html)]
    {
        let id = word(&server.store("t", name, bytes)["id"]);
        for path in [format!("/files/{id}/{name}"), format!("/tags/t/files/{name}")] {
            let answer = server.get(&path).expect(200);
            assert_eq!(answer.need("x-content-type-options"), "nosniff", "{name}");
            assert!(answer.need("content-security-policy").contains("sandbox"), "{name}");
            let kind = answer.need("content-type");
            if !kind.starts_with("text/plain") {
                assert!(answer.need("content-disposition").starts_with("attachment"), "{name} as {kind}");
            }
        }
    }
    let id = word(&server.store("t", "p.png", &pictures::png(9, 9, 9))["id"]);
    let picture = server.get(&format!("/files/{id}/p.png")).expect(200);
    assert_eq!(picture.need("content-type"), "image/png");
    assert_eq!(picture.need("x-content-type-options"), "nosniff");
    assert!(!picture.header("content-disposition").unwrap_or("inline").starts_with("attachment"));
}

fn names_in_the_address_do_not_matter_for_the_id(db: Db) {
    let server = Server::start(db);
    let id = word(&server.store("t", "a.txt", b"x")["id"]);
    let answer = server.get(&format!("/files/{id}/other.txt"));
    // A wrong name is served, sent to the right one, or unknown; never another file's bytes.
    assert!([200, 301, 302, 303, 307, 308, 404].contains(&answer.status), "{}", answer.status);
}

fn downloads_keep_their_names(db: Db) {
    let server = Server::start(db);
    for name in ["图 \"1\"; x.zip", "plain.bin", "100%.bin"] {
        let id = word(&server.store("t", name, &noise(3, 40))["id"]);
        let answer = server.get(&format!("/files/{id}/{}", encode(name))).expect(200);
        let disposition = answer.need("content-disposition");
        assert!(disposition.bytes().all(|b| (0x20..0x7f).contains(&b)), "{disposition}");
        if !name.is_ascii() {
            assert!(disposition.contains("filename*=UTF-8''"), "{disposition}");
        }
    }
}
