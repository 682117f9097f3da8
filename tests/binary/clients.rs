//! The clients that people have: curl, the Android sample's okhttp, Python's urllib.

use crate::on_both_databases;
use crate::support::http::encode;
use crate::support::tools::{curl, file_with, java, python};
use crate::support::{Db, Server, pictures, sha256};

on_both_databases!(curl_uploads_in_every_form, okhttp_uploads_as_the_android_sample, urllib_uploads);

fn curl_uploads_in_every_form(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::jpeg(30, 20, 9);
    let (_folder, path) = file_with("照片 1.jpg", &bytes);
    let path = path.to_str().unwrap();
    let data = format!("@{path}");
    let form = format!("files=@{path}");
    // The last segment is curl's own: `-T file http://host/upload/tag/` appends the file's name.
    let cases: [(&str, Vec<&str>, String); 6] = [
        ("put", vec!["-T", path], server.url(&format!("/upload/put/{}", encode("照片 1.jpg")))),
        ("slash", vec!["-T", path], server.url("/upload/slash/")),
        ("post", vec!["--data-binary", &data], server.url(&format!("/upload/post/{}", encode("照片 1.jpg")))),
        (
            "query",
            vec!["--data-binary", &data],
            server.url(&format!("/upload/query?filename={}", encode("照片 1.jpg"))),
        ),
        ("form", vec!["-F", &form], server.url("/upload/form")),
        (
            "chunked",
            vec!["-T", "-", "-H", "Transfer-Encoding: chunked"],
            server.url(&format!("/upload/chunked/{}", encode("照片 1.jpg"))),
        ),
    ];
    for (tag, mut arguments, url) in cases {
        let status = ["-w", "%{http_code}", "-o", "/dev/null", "-H", "Expect: 100-continue"];
        arguments.extend(status);
        if tag == "chunked" {
            // From standard input, where curl can't know the length.
            let script = format!("curl -sS -f -T - '{url}' < '{path}'");
            crate::support::tools::run(crate::support::tools::program("sh").args(["-c", &script])).fine();
        } else {
            arguments.push(&url);
            assert_eq!(curl(&arguments).fine().text(), "201", "{tag}");
        }
        let files = server.files(tag);
        assert_eq!(files.len(), 1, "{tag}");
        assert_eq!(files[0]["name"], "照片 1.jpg", "{tag}");
        assert_eq!(files[0]["sha256"], sha256(&bytes), "{tag}");
    }
    assert_eq!(server.blobs().len(), 1);
}

fn okhttp_uploads_as_the_android_sample(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::png(30, 20, 9);
    let (_folder, path) = file_with("shot.png", &bytes);
    let path = path.to_str().unwrap();
    for (name, status) in [("IMG_2026 图.png", "201"), ("IMG_2026 图.png", "200")] {
        let ran = java("AndroidUpload.java", &[&server.url(""), "digital", path, name]).fine();
        let text = ran.text();
        let (code, body) = text.split_once('\n').expect("two lines");
        assert_eq!(code, status, "{body}");
        let file: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((&file["name"], &file["tag"]), (&name.into(), &"digital".into()));
        assert_eq!(file["sha256"], sha256(&bytes));
    }
}

fn urllib_uploads(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::png(31, 21, 9);
    let (_folder, path) = file_with("a.png", &bytes);
    let url = server.url(&format!("/upload/python/{}", encode("图 a.png")));
    for (kind, status) in [("image/png", "201"), ("application/x-www-form-urlencoded", "200")] {
        let ran = python("upload.py", &[&url, path.to_str().unwrap(), kind]).fine();
        assert_eq!(ran.text().lines().next(), Some(status));
    }
    assert_eq!(server.files("python")[0]["sha256"], sha256(&bytes));
}
