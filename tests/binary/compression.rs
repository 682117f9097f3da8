//! Texts of our own come compressed to whoever takes gzip; bytes of others never do.

use std::io::Read as _;

use crate::support::http::Answer;
use crate::support::{Db, Server, http};

const GZIP: [(&str, &str); 1] = [("Accept-Encoding", "br, gzip")];

fn unzipped(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn asset(server: &Server) -> String {
    let page = server.get("/").expect(200).text();
    let sheet = page.split('"').find(|text| text.starts_with("/static/") && text.ends_with("app.css"));
    sheet.expect("the style sheet").to_owned()
}

#[test]
fn pages_sheets_and_lists_are_compressed() {
    let server = Server::start(Db::Sqlite);
    for number in 0..30 {
        server.send("PUT", &format!("/upload/t/{number}.txt"), &[], b"text").expect(201);
    }
    for path in ["/", "/tags/t", "/about", &asset(&server), "/api/v1/tags/t/files", "/nowhere"] {
        let plain = server.get(path);
        let packed = server.get_with(path, &GZIP);
        assert_eq!((plain.status, plain.header("content-encoding")), (packed.status, None), "{path}");
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{path}: {:?}", packed.headers);
        assert!(packed.complete && packed.body.len() < plain.body.len() / 2, "{path}: {}", packed.body.len());
        for answer in [&plain, &packed] {
            let vary = answer.headers.iter().filter(|(name, _)| name == "vary");
            assert!(
                vary.into_iter().any(|(_, value)| value.contains("Accept-Encoding")),
                "{path}: {:?}",
                answer.headers
            );
        }
        if path.contains("/static/") || path.contains("/api/") {
            assert_eq!(unzipped(&packed), plain.body, "{path}");
        }
        let head = server.send("HEAD", path, &GZIP, b"");
        assert_eq!(head.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(head.header("content-length"), None, "{path}");
    }
    let refused = server.get_with("/", &[("Accept-Encoding", "gzip;q=0, identity")]);
    assert_eq!(refused.header("content-encoding"), None);
}

#[test]
fn what_was_uploaded_keeps_its_bytes() {
    let server = Server::start(Db::Sqlite);
    let text = "a line of text\n".repeat(500);
    let id = server.send("PUT", "/upload/t/a.txt", &[], text.as_bytes()).expect(201).json()["id"].clone();
    let id = id.as_str().expect("an id").to_owned();
    for path in [format!("/files/{id}/a.txt"), "/tags/t/files/a.txt".to_owned(), "/tags/t/zip".to_owned()] {
        let answer = server.get_with(&path, &GZIP).expect(200);
        assert_eq!(answer.header("content-encoding"), None, "{path}");
        assert_eq!(answer.need("content-length"), answer.body.len().to_string(), "{path}");
    }
    let length = http::try_send(server.port(), "HEAD", "/tags/t/files/a.txt", &GZIP, b"").expect("an answer");
    assert_eq!(length.need("content-length"), text.len().to_string());
}

#[test]
fn a_compressed_asset_is_revalidated_by_its_weak_tag() {
    let server = Server::start(Db::Sqlite);
    let path = asset(&server);
    let packed = server.get_with(&path, &GZIP).expect(200);
    let tag = packed.need("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    server.get_with(&path, &[GZIP[0], ("If-None-Match", &tag)]).expect(304);
    server.get_with(&path, &[("If-None-Match", &tag)]).expect(304);
}
