//! What lists show and how they are filtered (contract §1).

use serde_json::Value;

use crate::on_both_databases;
use crate::support::http::encode;
use crate::support::upload::word;
use crate::support::{Db, Server, pictures, wait};

on_both_databases!(
    q_is_a_substring_of_the_name,
    type_is_a_mime_type_or_its_first_half,
    since_is_inclusive_and_until_exclusive,
    filters_combine_and_page,
    a_tags_counters_are_exact,
);

fn found(server: &Server, query: &str) -> Vec<String> {
    let list = server.json(&format!("/api/v1/tags/t/files?order=oldest&{query}"));
    list["items"].as_array().unwrap().iter().map(|item| word(&item["name"])).collect()
}

fn q_is_a_substring_of_the_name(db: Db) {
    let server = Server::start(db);
    for name in [
        "100%.txt",
        "100x.txt",
        "a_b.txt",
        "aXb.txt",
        "back'quote\".txt",
        "图片一.jpg",
        "图片二.jpg",
        "q[1].txt",
        "q1.txt",
    ] {
        server.store("t", name, name.as_bytes());
    }
    // The letters that SQL's LIKE and GLOB would take for patterns are letters.
    for (q, names) in [
        ("100%", vec!["100%.txt"]),
        ("a_b", vec!["a_b.txt"]),
        ("'", vec!["back'quote\".txt"]),
        ("片", vec!["图片一.jpg", "图片二.jpg"]),
        ("[1]", vec!["q[1].txt"]),
        ("*", vec![]),
        ("?", vec![]),
        ("nothing", vec![]),
        (".jpg", vec!["图片一.jpg", "图片二.jpg"]),
    ] {
        assert_eq!(found(&server, &format!("q={}", encode(q))), names, "{q}");
    }
    assert_eq!(found(&server, "q=").len(), 9, "an empty q filters nothing");
    // A decomposed letter finds the composed one that is stored.
    server.store("t", "caf\u{e9}.txt", b"x");
    assert_eq!(found(&server, &format!("q={}", encode("cafe\u{301}"))), ["caf\u{e9}.txt"]);
}

fn type_is_a_mime_type_or_its_first_half(db: Db) {
    let server = Server::start(db);
    server.store("t", "a.jpg", &pictures::jpeg(8, 8, 1));
    server.store("t", "b.png", &pictures::png(8, 8, 1));
    server.store("t", "c.bin", &[0, 1, 2, 3, 255, 254, 0, 9]);
    assert_eq!(found(&server, "type=image"), ["a.jpg", "b.png"]);
    assert_eq!(found(&server, "type=image/png"), ["b.png"]);
    assert_eq!(found(&server, "type=image%2Fpng"), ["b.png"]);
    assert_eq!(found(&server, "type=video"), Vec::<String>::new());
    assert_eq!(found(&server, "type=ima"), Vec::<String>::new(), "a half is a whole half");
}

fn since_is_inclusive_and_until_exclusive(db: Db) {
    let server = Server::start(db);
    let mut times: Vec<String> = Vec::new();
    for number in 0..3 {
        // Each upload in a millisecond of its own.
        let name = format!("{number}");
        let time = word(&server.store("t", &name, name.as_bytes())["created_at"]);
        wait::until_true("the clock moves on", || {
            let probe = word(&server.store("clock", &sha(&server), b"")["created_at"]);
            probe > time
        });
        times.push(time);
    }
    let (first, second, third) = (encode(&times[0]), encode(&times[1]), encode(&times[2]));
    assert_eq!(found(&server, &format!("since={second}")), ["1", "2"]);
    assert_eq!(found(&server, &format!("until={second}")), ["0"]);
    assert_eq!(found(&server, &format!("since={first}&until={third}")), ["0", "1"]);
    assert_eq!(found(&server, &format!("since={second}&until={second}")), Vec::<String>::new());
    // The same instant in another zone.
    let shifted = encode(&times[1].replace('Z', "+00:00"));
    assert_eq!(found(&server, &format!("since={shifted}")), ["1", "2"]);
    assert_eq!(found(&server, "since=2001-01-01T00:00:00Z").len(), 3);
}

/// A name that isn't taken yet.
fn sha(server: &Server) -> String {
    format!("{}", server.names("clock").len())
}

fn filters_combine_and_page(db: Db) {
    let server = Server::start(db);
    for number in 0..9_u8 {
        server.store("t", &format!("keep {number}.png"), &pictures::png(4, 4, number));
        server.store("t", &format!("keep {number}.txt"), &[number, 0, 1]);
        server.store("t", &format!("drop {number}.png"), &pictures::png(4, 5, number));
    }
    let path = "/api/v1/tags/t/files?q=keep&type=image&order=name&limit=4";
    let pages = server.pages(path);
    let sizes: Vec<usize> = pages.iter().map(Vec::len).filter(|&size| size > 0).collect();
    assert_eq!(sizes, [4, 4, 1]);
    let all: Vec<Value> = pages.into_iter().flatten().collect();
    assert!(all.iter().all(|f| word(&f["name"]).starts_with("keep") && f["content_type"] == "image/png"));
}

fn a_tags_counters_are_exact(db: Db) {
    let server = Server::start(db);
    let first = server.store("t", "a", b"12345");
    server.store("t", "b", b"123");
    server.upload("t", "a", b"12345").expect(200);
    let tag = server.json("/api/v1/tags/t");
    assert_eq!((&tag["name"], &tag["file_count"], &tag["bytes"]), (&"t".into(), &2.into(), &8.into()));
    assert!(word(&tag["updated_at"]) >= word(&tag["created_at"]));
    server.delete(&format!("/api/v1/files/{}", word(&first["id"]))).expect_success();
    let tag = server.json("/api/v1/tags/t");
    assert_eq!((&tag["file_count"], &tag["bytes"]), (&1.into(), &3.into()));
    server.upload_with("t", "b", "?on_conflict=replace", &[], b"1").expect(201);
    let tag = server.json("/api/v1/tags/t");
    assert_eq!((&tag["file_count"], &tag["bytes"]), (&1.into(), &1.into()));
}
