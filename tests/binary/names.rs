//! Names of tags and files: what is taken, what is refused, and how they are read (contract §1).

use crate::on_both_databases;
use crate::support::form::{Form, content_type};
use crate::support::http::encode;
use crate::support::{Db, Server};

on_both_databases!(
    names_are_percent_decoded_once,
    raw_utf8_in_the_path_is_read_too,
    names_are_kept_in_nfc,
    names_differ_by_letter_case_and_accent,
    up_to_255_bytes,
    bad_names_are_refused,
    bad_names_in_a_form_are_refused,
    bad_names_of_tags_are_refused_on_reading_too,
    invalid_utf8_is_400,
);

fn names_are_percent_decoded_once(db: Db) {
    let server = Server::start(db);
    for name in [
        "100%.txt",
        "%41.txt",
        "a+b.txt",
        "q?x=1&y#z.txt",
        " leading and trailing ",
        "日本語 🐘.bin",
        ".hidden",
        "...",
        "a;b,c'\"<>|*:.txt",
    ] {
        let file = server.store("names", name, name.as_bytes());
        assert_eq!(file["name"], name);
        let by_name = server.get(&format!("/tags/names/files/{}", encode(name))).expect(200);
        assert_eq!(by_name.body, name.as_bytes());
    }
    // `%2541` is the three characters `%41`, not `A`.
    assert!(server.names("names").contains(&"%41.txt".to_owned()));
    let tag = "标签 #1 100%";
    server.store(tag, "a", b"x");
    assert_eq!(server.json(&format!("/api/v1/tags/{}", encode(tag)))["name"], tag);
}

fn raw_utf8_in_the_path_is_read_too(db: Db) {
    let server = Server::start(db);
    let file = server.send("PUT", "/upload/数据/图片一.jpg", &[], b"raw").expect(201).json();
    assert_eq!((&file["tag"], &file["name"]), (&"数据".into(), &"图片一.jpg".into()));
    assert_eq!(server.get("/tags/数据/files/图片一.jpg").expect(200).body, b"raw");
    let query = server.post("/upload/数据?filename=图片二.jpg", b"raw").expect(201).json();
    assert_eq!(query["name"], "图片二.jpg");
    assert_eq!(server.json("/api/v1/tags/数据/files?q=片二")["items"][0]["name"], "图片二.jpg");
}

fn names_are_kept_in_nfc(db: Db) {
    let server = Server::start(db);
    let (decomposed, composed) = ("Cafe\u{301} A\u{30a}.jpg", "Caf\u{e9} \u{c5}.jpg");
    assert_eq!(server.store("cafe\u{301}", decomposed, b"x")["name"], composed);
    assert_eq!(server.names("caf\u{e9}"), [composed]);
    let again = server.upload("caf\u{e9}", composed, b"x").expect(200).json();
    assert_eq!(again["duplicate"], true);
    let by_old_spelling = format!("/tags/{}/files/{}", encode("cafe\u{301}"), encode(decomposed));
    server.get(&by_old_spelling).expect(200);
}

fn names_differ_by_letter_case_and_accent(db: Db) {
    let server = Server::start(db);
    // MariaDB's usual collations would call some of these equal.
    let names = ["a.jpg", "A.jpg", "\u{e1}.jpg", "a.jpg ", "ａ.jpg", "ß", "ss", "SS"];
    for name in names {
        assert_eq!(server.store("case", name, name.as_bytes())["name"], name);
        assert_eq!(server.store(name, "x", name.as_bytes())["tag"], name);
    }
    assert_eq!(server.names("case"), names);
    let tags = server.json("/api/v1/tags?limit=1000");
    assert_eq!(tags["items"].as_array().unwrap().len(), names.len() + 1);
}

fn up_to_255_bytes(db: Db) {
    let server = Server::start(db);
    let longest = ["n".repeat(255), "图".repeat(85), "🐘".repeat(63) + "xyz"];
    for name in &longest {
        assert_eq!(name.len(), 255);
        assert_eq!(server.store("long", name, b"x")["name"], **name);
        assert_eq!(server.store(name, "x", b"x")["tag"], **name);
    }
    for name in ["n".repeat(256), "图".repeat(86), "n".repeat(4000)] {
        server.upload("long", &name, b"x").expect_problem(400);
        server.upload(&name, "x", b"x").expect_problem(400);
    }
    // The limit counts NFC: 170 decomposed letters are 510 bytes, composed they are 340.
    server.upload("long", &"e\u{301}".repeat(127), b"x").expect(201);
    server.upload("long", &"e\u{301}".repeat(128), b"x").expect_problem(400);
    assert_eq!(server.names("long").len(), 4);
}

/// Percent-encoded names that must be refused.
const BAD: [&str; 13] = [
    "%2E",
    ".",
    "%2E%2E",
    "..",
    "a%2Fb",
    "%2Fetc%2Fpasswd",
    "a%5Cb",
    "a%00b",
    "a%0Ab",
    "a%1Fb",
    "a%7Fb",
    "a%C2%85b",
    "..%2F..%2Fetc",
];

fn bad_names_are_refused(db: Db) {
    let server = Server::start(db);
    for bad in BAD {
        for path in
            [format!("/upload/bad/{bad}"), format!("/upload/{bad}/good.txt"), format!("/upload/bad?filename={bad}")]
        {
            for method in ["POST", "PUT"] {
                if method == "PUT" && path.contains('?') {
                    continue;
                }
                let answer = server.send(method, &path, &[], b"x");
                assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text());
            }
        }
    }
    server.post("/upload/bad?filename=", b"x").expect_problem(400);
    server.post("/upload/bad", b"x without any name").expect_problem(400);
    let status = server.send("PUT", "/upload/bad/", &[], b"x").status;
    assert!((400..500).contains(&status), "an empty name: {status}");
    let status = server.send("PUT", "/upload//x", &[], b"x").status;
    assert!((400..500).contains(&status), "an empty tag: {status}");
    assert_eq!(server.json("/api/v1/tags")["items"], serde_json::json!([]), "a refused upload makes no tag");
    assert!(server.blobs().is_empty() && server.staged().is_empty());
}

fn bad_names_in_a_form_are_refused(db: Db) {
    let server = Server::start(db);
    for bad in ["..", "a/b.txt", "a\\b.txt", "a\u{1}b", ""] {
        let body = Form::default().file("f", bad, b"x").body();
        let (name, value) = content_type();
        let answer = server.send("POST", "/upload/bad", &[(name, &value)], &body);
        assert_eq!(answer.status, 400, "{bad:?}: {}", answer.text());
    }
    assert!(server.names("bad").is_empty());
}

fn bad_names_of_tags_are_refused_on_reading_too(db: Db) {
    let server = Server::start(db);
    server.store("real", "a", b"x");
    for bad in ["%2E%2E", "a%2Fb", "a%5Cb", "a%00b"] {
        for path in [
            format!("/api/v1/tags/{bad}"),
            format!("/api/v1/tags/{bad}/files"),
            format!("/tags/{bad}"),
            format!("/tags/{bad}/zip"),
            format!("/tags/real/files/{bad}"),
        ] {
            let status = server.get(&path).status;
            assert!([400, 404].contains(&status), "{path}: {status}");
        }
    }
}

fn invalid_utf8_is_400(db: Db) {
    let server = Server::start(db);
    for path in ["/upload/t/%FF.txt", "/upload/%C3%28/a.txt", "/upload/t?filename=%FF", "/upload/t?filename=a%ED%A0%80"]
    {
        server.post(path, b"x").expect_problem(400);
    }
    for path in ["/api/v1/tags/%FF", "/api/v1/tags/%FF/files", "/api/v1/tags?q=%FF"] {
        server.get(path).expect_problem(400);
    }
    server.get("/tags/%FF").expect(400);
    // Raw bytes that are no UTF-8, in path and query.
    for line in [&b"POST /upload/t/\xff\xfe.txt"[..], b"POST /upload/t?filename=\xc3\x28"] {
        let mut request = line.to_vec();
        request.extend_from_slice(b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
        let mut connection = crate::support::raw::Connection::open(server.port());
        connection.send(&request);
        assert_eq!(connection.answer().expect("an answer").status, 400, "{line:?}");
    }
    assert_eq!(server.json("/api/v1/tags")["items"], serde_json::json!([]));
}
