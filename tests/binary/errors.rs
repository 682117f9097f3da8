//! Errors: problem+json for clients, a page for browsers, in the reader's language (contract §0).

use crate::on_both_databases;
use crate::support::{Db, Server};

on_both_databases!(
    unknown_things_are_404,
    wrong_methods_are_405_and_name_the_right_ones,
    bad_ids_are_400_or_404_and_never_500,
    problems_speak_the_readers_language,
    pages_have_error_pages,
);

fn unknown_things_are_404(db: Db) {
    let server = Server::start(db);
    for path in [
        "/api/v1/tags/none",
        "/api/v1/tags/none/files",
        "/api/v1/files/2026010100000000001",
        "/api/v1/nothing/here",
        "/api/v1",
    ] {
        server.get(path).expect_problem(404);
    }
    for path in ["/tags/none", "/tags/none/zip", "/tags/none/files/a", "/files/2026010100000000001/a", "/nowhere"] {
        server.get(path).expect(404);
    }
    server.delete("/api/v1/files/2026010100000000001").expect_problem(404);
    server.delete("/api/v1/tags/none").expect_problem(404);
    server.post("/api/v1/files/2026010100000000001/restore", b"").expect_problem(404);
    assert_eq!(server.json("/api/v1/tags")["items"], serde_json::json!([]), "reading makes no tag");
}

fn wrong_methods_are_405_and_name_the_right_ones(db: Db) {
    let server = Server::start(db);
    for (method, path, right) in [
        ("GET", "/upload/t/a", "PUT"),
        ("DELETE", "/upload/t/a", "POST"),
        ("PATCH", "/upload/t/a", "POST"),
        ("PUT", "/api/v1/tags", "GET"),
        ("POST", "/api/v1/tags/t/files", "GET"),
        ("PUT", "/api/v1/files/2026010100000000001", "DELETE"),
        ("GET", "/api/v1/files/2026010100000000001/restore", "POST"),
    ] {
        let answer = server.send(method, path, &[], b"");
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
        let allow = answer.need("allow").to_owned();
        assert!(allow.split(',').any(|word| word.trim() == right), "{method} {path}: Allow: {allow}");
        answer.expect_problem(405);
    }
}

fn bad_ids_are_400_or_404_and_never_500(db: Db) {
    let server = Server::start(db);
    for id in [
        "abc",
        "-1",
        "0",
        "1e9",
        "99999999999999999999999",
        "1;DROP TABLE files",
        "%27%20OR%201=1",
        "1.5",
        "9223372036854775808",
    ] {
        let id = id.replace(' ', "%20");
        for path in [
            format!("/api/v1/files/{id}"),
            format!("/files/{id}/a"),
            format!("/files/{id}"),
            format!("/files/{id}/thumb"),
        ] {
            let status = server.get(&path).status;
            assert!([400, 404].contains(&status), "{path}: {status}");
        }
        let status = server.delete(&format!("/api/v1/files/{id}")).status;
        assert!([400, 404].contains(&status), "{id}: {status}");
    }
}

fn problems_speak_the_readers_language(db: Db) {
    let server = Server::start(db);
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let detail = |language: Option<&str>| {
        let headers: Vec<(&str, &str)> = language.map(|value| ("Accept-Language", value)).into_iter().collect();
        server.get_with("/api/v1/tags/none", &headers).expect_problem(404)
    };
    assert!(!chinese(&detail(None)), "English by default");
    assert!(!chinese(&detail(Some("en-GB,en;q=0.9"))));
    assert!(!chinese(&detail(Some("fr,*;q=0.1"))));
    for language in ["zh", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0.5,zh-Hans;q=0.9"] {
        assert!(chinese(&detail(Some(language))), "{language}");
    }
    let upload = server.send("POST", "/upload/t/..", &[("Accept-Language", "zh-CN")], b"x");
    assert!(chinese(&upload.expect_problem(400)));
}

fn pages_have_error_pages(db: Db) {
    let server = Server::start(db);
    for path in ["/tags/none", "/files/2026010100000000001", "/nowhere/at/all", "/static/none.css"] {
        let page = server.get_with(path, &[("Accept", "text/html")]).expect(404);
        assert!(page.need("content-type").starts_with("text/html"), "{path}");
        let text = page.text();
        assert!(text.contains("<h1") && text.contains("<title>") && text.contains("lang=\"en\""), "{path}: {text}");
    }
    let page = server.get_with("/tags/none", &[("Accept-Language", "zh-CN")]).expect(404);
    assert!(page.text().contains("lang=\"zh"), "{}", page.text());
}
