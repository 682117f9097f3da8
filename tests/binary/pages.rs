//! The pages as plain answers: whole documents, in both languages, that run nothing of ours inline
//! and nothing of the users' at all. What they look and feel like is for `tests/browser`.

use crate::on_both_databases;
use crate::support::http::{Answer, encode};
use crate::support::upload::word;
use crate::support::{Db, Server, pictures};

on_both_databases!(
    every_page_is_a_whole_document,
    names_are_only_text,
    the_language_follows_the_browser_and_the_cookie,
    pages_list_by_key_to_their_end,
);

fn every_page_is_a_whole_document(db: Db) {
    let server = Server::start(db);
    check_page(&server.get("/"), "/");
    let id = word(&server.store("digital", "a.png", &pictures::png(40, 30, 1))["id"]);
    let gone = word(&server.store("digital", "b.txt", b"x")["id"]);
    server.delete(&format!("/api/v1/files/{gone}")).expect_success();
    for path in ["/", "/tags/digital", &format!("/files/{id}"), "/trash", "/about", "/upload/digital"] {
        check_page(&server.get(path), path);
    }
    assert!(server.get("/tags/digital").text().contains("a.png"));
    assert!(server.get("/trash").text().contains("b.txt"));
    assert!(server.get("/about").text().contains(env!("CARGO_PKG_VERSION")));
}

#[track_caller]
fn check_page(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.need("content-type").to_lowercase(), "text/html; charset=utf-8", "{path}");
    let policy = answer.need("content-security-policy");
    assert!(policy.contains("default-src") && !policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(answer.need("x-content-type-options"), "nosniff", "{path}");
    let text = answer.text();
    assert_eq!(text.matches("<h1").count(), 1, "{path}: one h1");
    for piece in ["<!doctype html>", "<html lang=\"en\"", "<title>", "<main", "viewport", "</html>"] {
        assert!(text.to_lowercase().contains(piece), "{path}: no {piece}");
    }
    assert!(!text.contains("<style") && !text.contains(" style=\""), "{path}: inline style against our own policy");
    assert!(!text.contains(" onclick=") && !text.contains("javascript:"), "{path}: inline script");
    for script in text.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains("src=") || tag.contains("application/json"), "{path}: inline script {tag}");
    }
    assert!(!text.contains("https://"), "{path}: nothing comes from elsewhere");
}

fn names_are_only_text(db: Db) {
    let server = Server::start(db);
    let name = "<img src=x onerror=alert(1)> & \"quotes\" 'single'.png";
    let tag = "<b>tag&\"";
    let id = word(&server.store(tag, name, &pictures::png(9, 9, 9))["id"]);
    let gone = word(&server.store(tag, &format!("gone {name}"), b"x")["id"]);
    server.delete(&format!("/api/v1/files/{gone}")).expect_success();
    let tag_path = encode(tag);
    let paths = [
        "/".to_owned(),
        format!("/tags/{tag_path}"),
        format!("/files/{id}"),
        "/trash".to_owned(),
        format!("/upload/{tag_path}"),
    ];
    for path in &paths {
        let text = server.get(path).expect(200).text();
        assert!(!text.contains("<img src=x") && !text.contains("<b>tag"), "{path}");
    }
    let search = format!("/tags/{tag_path}?q={}", encode("\"><script>alert(1)</script>"));
    assert!(!server.get(&search).expect(200).text().contains("<script>alert"));
    let missing = format!("/tags/{}", encode("<script>alert(1)"));
    assert!(!server.get(&missing).expect(404).text().contains("<script>alert"));
}

fn the_language_follows_the_browser_and_the_cookie(db: Db) {
    let server = Server::start(db);
    server.store("t", "a", b"x");
    for path in ["/", "/tags/t", "/trash", "/about"] {
        let chinese = server.get_with(path, &[("Accept-Language", "zh-CN,zh;q=0.9")]).expect(200);
        assert!(chinese.text().contains("<html lang=\"zh"), "{path}");
        assert!(chinese.text().contains("回收站"), "{path}: the rail is translated");
        let english = server.get_with(path, &[("Accept-Language", "en-US")]).expect(200);
        assert!(english.text().contains("<html lang=\"en\""), "{path}");
        assert!(!english.text().contains("回收站"), "{path}");
        let vary = english.header("vary").unwrap_or_default().to_lowercase();
        let cache = english.header("cache-control").unwrap_or_default();
        let safe = cache.contains("no-store") || cache.contains("private") || cache.contains("no-cache");
        assert!(vary.contains("accept-language") || safe, "{path}: caches would mix languages");
    }
}

fn pages_list_by_key_to_their_end(db: Db) {
    let server = Server::start_with(db, crate::support::Settings::relaxed());
    let (header, value) = crate::support::form::content_type();
    let mut form = crate::support::form::Form::default();
    for number in 0..450 {
        form = form.file("f", &format!("file-{number:04}.txt"), format!("{number}").as_bytes());
    }
    server.send("POST", "/upload/long", &[(header, &value)], &form.body()).expect(201);
    let mut path = "/tags/long".to_owned();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let text = server.get(&path).expect(200).text();
        seen.extend((0..450).filter(|number| text.contains(&format!("file-{number:04}.txt"))));
        // The link to go on is a plain one, for those without scripts.
        let next = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let next =
            next.map(|link| link.replace("&amp;", "&").replace("&#38;", "&")).find(|link| link.contains("cursor="));
        match next {
            Some(link) if link.starts_with('?') => path = format!("/tags/long{link}"),
            Some(link) => path = link,
            None => break,
        }
    }
    assert_eq!(seen.len(), 450, "page by page to the end");
}
