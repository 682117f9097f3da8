//! Lists page by key: each item once, none missing, in every order (contract §1).

use std::collections::HashSet;

use serde_json::Value;

use crate::on_both_databases;
use crate::support::http::encode;
use crate::support::upload::word;
use crate::support::{Db, Server, Settings};

on_both_databases!(
    every_order_pages_to_its_end,
    tags_page_too,
    what_arrives_between_two_pages_disturbs_nothing,
    limits_and_cursors_are_checked,
);

fn names(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| word(&item["name"])).collect()
}

/// 23 files; several share a size, some names differ by case or script.
fn filled(db: Db) -> (Server, Vec<String>) {
    let server = Server::start_with(db, Settings::relaxed());
    let mut names = Vec::new();
    for number in 0..20_usize {
        let name = format!("{}{number:02}.bin", ["a", "B", "图", "Ä"][number % 4]);
        server.store("list", &name, &vec![1; number / 4 + 1]);
        names.push(name);
    }
    for name in ["z", "Z", "é"] {
        server.store("list", name, b"");
        names.push(name.to_owned());
    }
    (server, names)
}

fn every_order_pages_to_its_end(db: Db) {
    let (server, uploaded) = filled(db);
    for order in ["newest", "oldest", "name", "size"] {
        let path = format!("/api/v1/tags/list/files?order={order}");
        let whole = server.json(&path);
        assert_eq!(whole["next"], Value::Null, "23 fit the default page of 100");
        let whole = names(whole["items"].as_array().unwrap());
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), uploaded.len(), "{order}");
        for limit in [1, 2, 7, 22, 23, 24, 1000] {
            let pages = server.pages(&format!("{path}&limit={limit}"));
            assert!(pages.iter().all(|page| page.len() <= limit), "{order} by {limit}");
            let joined: Vec<Value> = pages.into_iter().flatten().collect();
            assert_eq!(names(&joined), whole, "{order} by {limit}");
        }
        let sizes: Vec<i64> = server.pages(&path)[0].iter().map(|f| f["size"].as_i64().unwrap()).collect();
        match order {
            "oldest" => assert_eq!(whole, uploaded),
            "newest" => assert!(whole.iter().eq(uploaded.iter().rev())),
            "size" => assert!(sizes.is_sorted_by(|a, b| a >= b), "largest first: {sizes:?}"),
            _ => assert!(whole.is_sorted_by_key(|n| n.to_lowercase()) || whole.is_sorted(), "{whole:?}"),
        }
    }
    let newest = server.json("/api/v1/tags/list/files?limit=3");
    assert_eq!(names(newest["items"].as_array().unwrap()), ["é", "Z", "z"], "newest is the default");
    assert!(newest["next"].is_string());
}

fn tags_page_too(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    let tags: Vec<String> = (0..11).map(|n| format!("{}{n}", ["tag", "Tag", "标签"][n % 3])).collect();
    for (number, tag) in tags.iter().enumerate() {
        for file in 0..=number % 3 {
            server.store(tag, &format!("{file}"), &vec![1; number + 1]);
        }
    }
    for order in ["newest", "oldest", "name", "size"] {
        let path = format!("/api/v1/tags?order={order}");
        let whole = names(server.json(&path)["items"].as_array().unwrap());
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), tags.len(), "{order}: {whole:?}");
        for limit in [1, 4, 11] {
            let joined: Vec<Value> = server.pages(&format!("{path}&limit={limit}")).into_iter().flatten().collect();
            assert_eq!(names(&joined), whole, "{order} by {limit}");
        }
    }
    let found = server.json(&format!("/api/v1/tags?q={}", encode("标签")));
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
    let one = &server.json("/api/v1/tags?q=tag0")["items"][0];
    let mut members: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["bytes", "created_at", "file_count", "name", "updated_at"]);
}

fn what_arrives_between_two_pages_disturbs_nothing(db: Db) {
    let (server, uploaded) = filled(db);
    for order in ["newest", "oldest", "name", "size"] {
        let path = format!("/api/v1/tags/list/files?order={order}&limit=5");
        let first = server.json(&path);
        let id = word(&server.store("list", &format!("between-{order}"), b"new")["id"]);
        let mut seen = names(first["items"].as_array().unwrap());
        let mut cursor = word(&first["next"]);
        for _ in 0..20 {
            let page = server.json(&format!("{path}&cursor={}", encode(&cursor)));
            seen.extend(names(page["items"].as_array().unwrap()));
            match &page["next"] {
                Value::Null => break,
                next => cursor = word(next),
            }
        }
        let unique: HashSet<&String> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len(), "{order}: nothing twice: {seen:?}");
        assert!(uploaded.iter().all(|name| unique.contains(name)), "{order}: nothing lost");
        server.delete(&format!("/api/v1/files/{id}")).expect_success();
    }
}

fn limits_and_cursors_are_checked(db: Db) {
    let (server, _) = filled(db);
    for path in ["/api/v1/tags", "/api/v1/tags/list/files"] {
        for query in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=ten",
            "limit=1e2",
            "limit=99999999999999999999",
            "order=random",
            "cursor=rubbish",
            "cursor=%00",
            "cursor=AAAA",
            "cursor=!!!!",
            "since=yesterday",
            "until=2026-13-01T00:00:00Z",
            "unknown=refused",
        ] {
            let answer = server.get(&format!("{path}?{query}"));
            assert_eq!(answer.status, 400, "{path}?{query}: {}", answer.text());
            answer.expect_problem(400);
        }
        server.get(&format!("{path}?limit=1")).expect(200);
        server.get(&format!("{path}?limit=1000")).expect(200);
    }
    // A cursor of one order means nothing in another.
    let cursor = encode(&word(&server.json("/api/v1/tags/list/files?order=name&limit=2")["next"]));
    let crossed = server.get(&format!("/api/v1/tags/list/files?order=size&limit=2&cursor={cursor}"));
    assert_eq!(crossed.status, 400, "{}", crossed.text());
}
