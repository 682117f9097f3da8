//! The three forms of an upload, and the answer's body field by field (contract §1).

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::form::{Form, content_type};
use crate::support::http::encode;
use crate::support::upload::word;
use crate::support::{Db, Server, pictures, sha256};

on_both_databases!(
    an_answer_says_everything_about_the_file,
    raw_bodies_arrive_by_post_and_put,
    the_androids_form_names_the_file_in_the_query,
    a_form_takes_many_files,
    a_retry_answers_200_and_stores_nothing_twice,
    same_bytes_under_other_names_are_other_files,
    an_empty_file_is_a_file,
    content_type_is_what_the_bytes_are,
    the_location_of_the_bytes_works,
);

fn an_answer_says_everything_about_the_file(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::jpeg(64, 48, 1);
    let file = server.store("digital", "a photo.jpg", &bytes);

    let mut members: Vec<_> = file.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    let mut expected = vec![
        "id",
        "tag",
        "name",
        "size",
        "sha256",
        "content_type",
        "width",
        "height",
        "created_at",
        "url",
        "thumbnail_url",
        "duplicate",
    ];
    expected.sort_unstable();
    assert_eq!(members, expected);

    let id = word(&file["id"]);
    assert!(id.len() == 19 && id.bytes().all(|b| b.is_ascii_digit()), "19 digits: {id}");
    assert_eq!(file["tag"], "digital");
    assert_eq!(file["name"], "a photo.jpg");
    assert_eq!(file["size"], bytes.len());
    assert_eq!(file["sha256"], sha256(&bytes));
    assert_eq!(file["content_type"], "image/jpeg");
    assert_eq!((&file["width"], &file["height"]), (&json!(64), &json!(48)));
    assert_eq!(file["duplicate"], false);
    assert_rfc3339_millis(&file["created_at"]);
    let day: String = word(&file["created_at"]).chars().filter(char::is_ascii_digit).take(4).collect();
    assert!(id.starts_with(&day), "an id begins with the local date: {id}");
    assert!(word(&file["url"]).contains(&format!("/files/{id}/")), "{file}");
    assert!(word(&file["thumbnail_url"]).ends_with(&format!("/files/{id}/thumb")), "{file}");
}

fn raw_bodies_arrive_by_post_and_put(db: Db) {
    let server = Server::start(db);
    for (method, name) in [("POST", "posted.bin"), ("PUT", "put.bin")] {
        for kind in ["application/octet-stream", "text/plain; charset=x", "image/png", "nonsense"] {
            let bytes = format!("{method} {kind}").into_bytes();
            let name = format!("{}-{name}", encode(kind).replace('%', ""));
            let path = format!("/upload/raw/{name}");
            let answer = server.send(method, &path, &[("Content-Type", kind)], &bytes);
            let file = answer.expect(201).json();
            assert_eq!(file["sha256"], sha256(&bytes), "{method} {kind}");
        }
        // And without any type.
        let path = format!("/upload/raw/untyped-{name}");
        server.send(method, &path, &[], method.as_bytes()).expect(201);
    }
    assert_eq!(server.names("raw").len(), 10);
}

fn the_androids_form_names_the_file_in_the_query(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::png(10, 10, 3);
    let path = "/upload/digital?filename=shot%201+%E5%9B%BE.png";
    let file = server.send("POST", path, &[("Content-Type", "image/png")], &bytes).expect(201).json();
    // Decoded once. Whether `+` is a space in a query is left open: either reading is one name.
    let name = word(&file["name"]);
    assert!(["shot 1+图.png", "shot 1 图.png"].contains(&name.as_str()), "{name}");
    assert_eq!(file["sha256"], sha256(&bytes));

    let plain = server.post("/upload/digital?filename=b.png", &bytes).expect(201).json();
    assert_eq!(plain["name"], "b.png");
}

fn a_form_takes_many_files(db: Db) {
    let server = Server::start(db);
    let form = Form::default()
        .file("files", "one.txt", b"first")
        .text("note", "a field that is no file")
        .file("anything", "two.txt", b"second")
        .file("files", "图片三.txt", b"third");
    let (name, value) = content_type();
    let answer = server.send("POST", "/upload/forms", &[(name, &value)], &form.body()).expect(201).json();

    let names: Vec<&Value> = answer["files"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
    assert_eq!(names, ["one.txt", "two.txt", "图片三.txt"]);
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(answer["files"][1]["sha256"], sha256(b"second"));
    assert_eq!(answer["files"][1]["duplicate"], false);
    assert_eq!(server.names("forms"), ["one.txt", "two.txt", "图片三.txt"]);
}

fn a_retry_answers_200_and_stores_nothing_twice(db: Db) {
    let server = Server::start(db);
    let first = server.store("digital", "a.bin", b"the same");
    let again = server.upload("digital", "a.bin", b"the same").expect(200).json();
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["created_at"], first["created_at"]);
    assert_eq!(server.names("digital"), ["a.bin"]);
    let tag = server.json("/api/v1/tags/digital");
    assert_eq!(tag["file_count"], 1);
    assert_eq!(tag["bytes"], 8);
}

fn same_bytes_under_other_names_are_other_files(db: Db) {
    let server = Server::start(db);
    let a = server.store("one", "a.bin", b"shared bytes");
    let b = server.store("one", "b.bin", b"shared bytes");
    let c = server.store("two", "a.bin", b"shared bytes");
    assert!(a["id"] != b["id"] && b["id"] != c["id"]);
    assert_eq!((&b["duplicate"], &c["duplicate"]), (&json!(false), &json!(false)));
    assert_eq!(server.blobs().len(), 1, "the same bytes are stored once");
}

fn an_empty_file_is_a_file(db: Db) {
    let server = Server::start(db);
    let file = server.store("empty", "nothing.dat", b"");
    assert_eq!(file["size"], 0);
    assert_eq!(file["sha256"], sha256(b""));
    let id = word(&file["id"]);
    let bytes = server.get(&format!("/files/{id}/nothing.dat")).expect(200);
    assert_eq!(bytes.need("content-length"), "0");

    let chunked = [("Transfer-Encoding", "chunked")];
    let mut connection = crate::support::raw::Connection::open(server.port());
    connection.send(&crate::support::http::head(server.port(), "PUT", "/upload/empty/chunked", &chunked, None));
    connection.send(b"0\r\n\r\n");
    let answer = connection.answer().expect("an answer").expect(201).json();
    assert_eq!(answer["size"], 0);
    assert_eq!(server.names("empty"), ["nothing.dat", "chunked"]);
}

fn content_type_is_what_the_bytes_are(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::png(20, 10, 1);
    let claim = [("Content-Type", "text/html")];
    let file = server.upload_with("types", "page.html", "", &claim, &bytes).expect(201).json();
    assert_eq!(file["content_type"], "image/png");
    assert_eq!((&file["width"], &file["height"]), (&json!(20), &json!(10)));

    let text = server.upload_with("types", "a.jpg", "", &[("Content-Type", "image/jpeg")], b"not a picture");
    let text = text.expect(201).json();
    assert!(!word(&text["content_type"]).starts_with("image/"), "{text}");
    assert_eq!((&text["width"], &text["height"]), (&Value::Null, &Value::Null));

    let turned = server.store("types", "turned.jpg", &pictures::jpeg_with_orientation(80, 40, 6));
    assert_eq!((&turned["width"], &turned["height"]), (&json!(40), &json!(80)), "as displayed");
}

fn the_location_of_the_bytes_works(db: Db) {
    let server = Server::start(db);
    let bytes = b"bytes under a difficult name".to_vec();
    let file = server.store("位置", "100% #1? 图&片.bin", &bytes);
    let path = |value: &Value| {
        let url = word(value);
        url.strip_prefix(&server.url("")).unwrap_or(&url).to_owned()
    };
    assert_eq!(server.get(&path(&file["url"])).expect(200).body, bytes);
    let by_name = format!("/tags/{}/files/{}", encode("位置"), encode("100% #1? 图&片.bin"));
    assert_eq!(server.get(&by_name).expect(200).body, bytes);
    let one = server.json(&format!("/api/v1/files/{}", word(&file["id"])));
    for member in ["id", "tag", "name", "size", "sha256", "content_type", "created_at", "url"] {
        assert_eq!(one[member], file[member], "{member}");
    }
}

/// `2026-01-02T03:04:05.678Z`.
fn assert_rfc3339_millis(value: &Value) {
    let text = word(value);
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{text}");
}
