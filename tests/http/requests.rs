//! Odd requests, each answered as the contract says.

use rocket::http::{ContentType, Header, Method, Status};
use serde_json::Value;

use crate::world::World;

fn put(world: &World, path: &'static str) -> Value {
    let response = world.client.put(path).header(ContentType::Binary).body(path).dispatch();
    assert!(response.status().code < 300, "{path}: {}", response.status());
    response.into_json().unwrap()
}

fn status(world: &World, method: Method, path: &str) -> u16 {
    world.client.req(method, path.to_owned()).dispatch().status().code
}

#[test]
fn every_name_has_an_address_that_works() {
    let world = World::new();
    for path in ["/upload/t/thumb", "/upload/t/thumb.bin", "/upload/t/trash", "/upload/t/%E5%9B%BE%3F%23.bin"] {
        let file = put(&world, path);
        let response = world.client.get(file["url"].as_str().unwrap().to_owned()).dispatch();
        assert_eq!(response.status(), Status::Ok, "{file}");
        assert_eq!(response.into_string().unwrap(), path);
    }
    let page = put(&world, "/upload/u/thumb")["id"].as_str().unwrap().to_owned();
    let html = world.client.get(format!("/files/{page}")).dispatch().into_string().unwrap();
    assert!(html.contains(&format!("/files/{page}/thumb.bin")), "{html}");
}

#[test]
fn an_empty_tag_is_no_tag() {
    let world = World::new();
    assert_eq!(put(&world, "//upload/u/n")["tag"], "u");
    world.client.delete("/api/v1/tags/u").dispatch();
    for path in ["/upload//n?filename=zz", "/upload//?filename=zz", "/upload//t/n", "/upload/t//n"] {
        let code = status(&world, Method::Post, path);
        assert!([400, 404].contains(&code), "{path}: {code}");
    }
    let tags: Value = world.client.get("/api/v1/tags").dispatch().into_json().unwrap();
    assert_eq!(tags["items"], serde_json::json!([]));
}

#[test]
fn what_is_no_utf8_is_400_wherever_it_stands() {
    let world = World::new();
    for path in ["/nowhere/%ff", "/nowhere?q=%ff", "/training/%ff/x/y", "/upload/a/b/c/%ff", "/api/v1/nothing?%ff"] {
        for method in [Method::Get, Method::Post, Method::Delete] {
            assert_eq!(status(&world, method, path), 400, "{method} {path}");
        }
    }
    assert_eq!(status(&world, Method::Get, "/nowhere/%E5%9B%BE"), 404);
}

#[test]
fn what_is_no_id_is_400() {
    let world = World::new();
    for id in ["abc", "0", "-1", "12345678901234567890", "1.0"] {
        for (method, path) in [
            (Method::Get, format!("/api/v1/files/{id}")),
            (Method::Delete, format!("/api/v1/files/{id}")),
            (Method::Post, format!("/api/v1/files/{id}/restore")),
            (Method::Get, format!("/files/{id}/a.jpg")),
            (Method::Get, format!("/files/{id}/thumb")),
        ] {
            assert_eq!(status(&world, method, &path), 400, "{method} {path}");
        }
    }
    assert_eq!(status(&world, Method::Get, "/api/v1/files/7"), 404);
}

#[test]
fn words_of_a_query_are_decoded() {
    let world = World::new();
    put(&world, "/upload/t/a");
    let upload = |path: &'static str| {
        let response = world.client.post(path).header(ContentType::Binary).body("other").dispatch();
        response.status().code
    };
    assert_eq!(upload("/upload/t/a?on_conflict=%72eject"), 409);
    assert_eq!(upload("/upload/t/a?on_conflict=%72"), 400);
    // An archive it is, but none that can be read.
    assert_eq!(upload("/upload/t?unpack=%7Aip&filename=x"), 400);
    assert_eq!(upload("/upload/t?unpack=rar&filename=x"), 400);
    assert_eq!(upload("/upload/t?filename=a+%2B"), 201);
    assert_eq!(status(&world, Method::Get, "/tags/t/files/a+%2B"), 200);
}

#[test]
fn the_end_of_time_is_a_time() {
    let world = World::new();
    put(&world, "/upload/t/a");
    for (query, count) in [("since", 0), ("until", 1)] {
        let path = format!("/api/v1/tags/t/files?{query}=9999-12-31T23:59:59Z");
        let list: Value = world.client.get(path).dispatch().into_json().unwrap();
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{list}");
    }
}

#[test]
fn a_cursor_is_of_its_order() {
    let world = World::new();
    for path in ["/upload/t/a", "/upload/t/b", "/upload/u/c"] {
        put(&world, path);
    }
    for (list, orders) in [
        ("/api/v1/tags/t/files", &["newest", "oldest", "name", "size"][..]),
        ("/api/v1/tags", &["newest", "oldest", "name", "size", "files"]),
    ] {
        for order in orders {
            let path = format!("{list}?limit=1&order={order}");
            let page: Value = world.client.get(path.clone()).dispatch().into_json().unwrap();
            let next = page["next"].as_str().unwrap().to_owned();
            for other in orders {
                let code = status(&world, Method::Get, &format!("{list}?limit=1&order={other}&cursor={next}"));
                assert_eq!(code, if other == order { 200 } else { 400 }, "{next} of {order} in {other}");
            }
        }
        for bad in ["n5-5", "t61", "st61", "n", "an5-5"] {
            assert_eq!(status(&world, Method::Get, &format!("{list}?order=size&cursor={bad}")), 400, "{bad}");
        }
    }
}

#[test]
fn a_large_selection_is_refused_in_every_form() {
    let world = World::new();
    put(&world, "/upload/t/a");
    let body = (1..=45_000).map(|id| format!("ids={id}")).collect::<Vec<_>>().join("&");
    for headers in [vec![], vec![("Range", "bytes=0-9"), ("If-Range", "\"z1-x\"")]] {
        let mut request = world.client.post("/tags/t/zip").header(ContentType::Form).body(&body);
        for (name, value) in headers {
            request.add_header(Header::new(name, value));
        }
        assert_eq!(request.dispatch().status(), Status::BadRequest);
    }
}

#[test]
fn a_form_of_too_many_files_is_refused() {
    let world = World::new();
    let media = ContentType::parse_flexible("multipart/form-data; boundary=X").unwrap();
    let part = "--X\r\nContent-Disposition: form-data; name=f; filename=\"..\"\r\n\r\n\r\n";
    let body = format!("{}--X--\r\n", part.repeat(200_001));
    let response = world.client.post("/upload/t").header(media).body(body).dispatch();
    assert_eq!(response.status(), Status::BadRequest);
    let text = response.into_string().unwrap();
    assert!(text.len() < 1000 && text.contains("200000"), "{}", &text[..text.len().min(1000)]);
}
