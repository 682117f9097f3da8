//! The shapes of answers, to the letter, at a fixed time.

use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::world::World;

fn upload(world: &World, path: &'static str, media: ContentType, body: &str) -> (Status, Value) {
    let response = world.client.post(path).header(media).body(body).dispatch();
    (response.status(), response.into_json().unwrap())
}

#[test]
fn a_file_is_told_to_the_letter() {
    let world = World::new();
    let (status, file) = upload(&world, "/upload/t/a%20b.txt", ContentType::PNG, "hello");
    assert_eq!(status, Status::Created);
    let id = file["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 19 && id.starts_with("20231114"), "{id}");
    let expected = json!({
        "id": id, "tag": "t", "name": "a b.txt", "size": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "content_type": "text/plain", "width": null, "height": null,
        "created_at": "2023-11-14T22:13:20.000Z",
        "url": format!("/files/{id}/a%20b.txt"), "thumbnail_url": format!("/files/{id}/thumb"),
        "duplicate": false,
    });
    assert_eq!(file, expected);
    let listed: Value = world.client.get("/api/v1/tags").dispatch().into_json().unwrap();
    let time = "2023-11-14T22:13:20.000Z";
    let tag = json!({"name": "t", "file_count": 1, "bytes": 5, "created_at": time, "updated_at": time});
    assert_eq!(listed, json!({"items": [tag], "next": null}));
}

#[test]
fn a_plus_in_a_name_is_a_plus() {
    let world = World::new();
    let (_, file) = upload(&world, "/upload/t?filename=a+b%2B%20c.txt", ContentType::Binary, "x");
    assert_eq!(file["name"], "a+b+ c.txt");
}

#[test]
fn problems_speak_the_readers_language() {
    let world = World::new();
    let ask = |language: &'static str| {
        let request = world.client.get("/api/v1/tags/none").header(Header::new("Accept-Language", language));
        let response = request.dispatch();
        assert_eq!(response.content_type(), Some(ContentType::new("application", "problem+json")));
        response.into_json::<Value>().unwrap()
    };
    let english =
        json!({"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no such tag."});
    assert_eq!(ask("en"), english);
    assert_eq!(ask("zh-CN,zh;q=0.9")["detail"], "没有这个标签");
}

#[test]
fn what_could_run_is_saved_not_shown() {
    let world = World::new();
    let (_, file) = upload(&world, "/upload/t/x.html", ContentType::HTML, "<!doctype html><script>alert(1)</script>");
    let response = world.client.get(file["url"].as_str().unwrap().to_owned()).dispatch();
    let header = |name: &str| response.headers().get_one(name).unwrap_or_default().to_owned();
    assert!(
        header("Content-Disposition").starts_with("attachment;") || header("Content-Type").starts_with("text/plain")
    );
    assert!(header("Content-Security-Policy").starts_with("sandbox;"));
    assert_eq!(header("X-Content-Type-Options"), "nosniff");
}
