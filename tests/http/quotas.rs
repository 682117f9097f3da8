//! Settings of a tag, by API and by form; and what a full quota says.

use rocket::http::{ContentType, Header, Status};
use rocket::local::blocking::LocalResponse;
use serde_json::{Value, json};

use crate::world::World;

impl World {
    fn put_settings(&self, tag: &str, body: &str) -> LocalResponse<'_> {
        self.client.put(format!("/api/v1/tags/{tag}/settings")).header(ContentType::JSON).body(body).dispatch()
    }

    fn upload(&self, path: &str, bytes: &[u8]) -> LocalResponse<'_> {
        self.client.post(path.to_owned()).body(bytes).dispatch()
    }

    fn form(&self, path: &str, body: &str) -> LocalResponse<'_> {
        self.client.post(path.to_owned()).header(ContentType::Form).body(body).dispatch()
    }

    fn page(&self, path: &str) -> String {
        let response = self.client.get(path.to_owned()).dispatch();
        assert_eq!(response.status(), Status::Ok, "{path}");
        response.into_string().unwrap()
    }
}

fn json(response: LocalResponse<'_>) -> Value {
    serde_json::from_str(&response.into_string().unwrap()).unwrap()
}

#[test]
fn settings_are_written_and_read_back() {
    let world = World::new();
    world.upload("/upload/t/a", b"seven b");
    assert_eq!(
        json(world.client.get("/api/v1/tags/t/settings").dispatch()),
        json!({"tag": "t", "quota": null, "keep_days": null, "used": 7})
    );
    let answer = world.put_settings("t", r#"{"quota": 9007199254740991, "keep_days": 30}"#);
    assert_eq!(answer.status(), Status::Ok);
    assert_eq!(json(answer), json!({"tag": "t", "quota": 9_007_199_254_740_991_i64, "keep_days": 30, "used": 7}));
    // What is missing stays.
    assert_eq!(json(world.put_settings("t", r#"{"quota": null}"#))["keep_days"], 30);
    for (body, field) in [
        (r#"{"quota": -1}"#, "quota"),
        (r#"{"quota": 9007199254740992}"#, "quota"),
        (r#"{"quota": "5 GB"}"#, "quota"),
        (r#"{"quota": 1.5, "keep_days": 1}"#, "quota"),
        (r#"{"quota": 5, "keep_days": 0}"#, "keep_days"),
        (r#"{"keep_days": 36501}"#, "keep_days"),
        ("{}", "body"),
        ("[]", "body"),
    ] {
        let answer = world.put_settings("t", body);
        assert_eq!(answer.status(), Status::BadRequest, "{body}");
        assert_eq!(json(answer)["field"], field, "{body}");
    }
    assert_eq!(json(world.client.get("/api/v1/tags/t/settings").dispatch())["quota"], Value::Null, "nothing changed");
    assert_eq!(world.put_settings("unknown", r#"{"quota": 5}"#).status(), Status::NotFound);
    assert_eq!(world.client.get("/api/v1/tags/unknown/settings").dispatch().status(), Status::NotFound);
}

#[test]
fn a_full_quota_is_507_with_its_figures() {
    let world = World::new();
    world.upload("/upload/t/a", &[b'a'; 90]);
    world.put_settings("t", r#"{"quota": 100}"#);
    let answer = world.upload("/upload/t/b", &[b'b'; 11]);
    assert_eq!(answer.status(), Status::InsufficientStorage);
    assert_eq!(answer.content_type().unwrap().to_string(), "application/problem+json");
    let problem = json(answer);
    for (member, value) in
        [("quota", json!("tag")), ("used", json!(90)), ("wanted", json!(11)), ("allowed", json!(100))]
    {
        assert_eq!(problem[member], value, "{problem}");
    }
    // One part too large doesn't lose the good ones.
    let part = |name: &str, size: usize| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n{}\r\n",
            "z".repeat(size) + name
        )
    };
    let body = part("one", 1) + &part("two", 50) + &part("three", 1) + "--x--\r\n";
    let media: ContentType = "multipart/form-data; boundary=x".parse().unwrap();
    let answer = world.client.post("/upload/t").header(media).body(body).dispatch();
    assert_eq!(answer.status(), Status::Created);
    let several = json(answer);
    assert_eq!(
        (several["files"][0]["name"].as_str(), several["files"].as_array().unwrap().len()),
        (Some("one"), 2),
        "{several}"
    );
    assert_eq!((&several["errors"][0]["name"], &several["errors"][0]["status"]), (&json!("two"), &json!(507)));
    assert!(several["errors"][0]["detail"].as_str().unwrap().contains("53"), "{several}");
    // Out of the trash, the same figures.
    let files = json(world.client.get("/api/v1/tags/t/files?order=oldest").dispatch());
    let id = files["items"][0]["id"].as_str().unwrap().to_owned();
    world.client.delete(format!("/api/v1/files/{id}")).dispatch();
    world.put_settings("t", r#"{"quota": 50}"#);
    let answer = world.client.post(format!("/api/v1/files/{id}/restore")).dispatch();
    assert_eq!(answer.status(), Status::InsufficientStorage);
    assert_eq!(json(answer)["allowed"], 50);
    let page = world.form("/trash/restore", &format!("scope=selection&ids={id}"));
    assert_eq!(page.status(), Status::InsufficientStorage);
    assert!(page.into_string().unwrap().contains("50 bytes"));
}

#[test]
fn the_form_comes_back_with_its_message_beside_the_field() {
    let world = World::new();
    world.upload("/upload/t/a", &[b'a'; 600]);
    assert!(!world.page("/tags/t").contains("class=\"quota"), "no quota, no bar");
    let answer = world.form("/tags/t/settings", "quota=much&keep_days=7");
    assert_eq!(answer.status(), Status::BadRequest);
    let page = answer.into_string().unwrap();
    assert!(page.contains("value=\"much\"") && page.contains("value=\"7\"") && page.contains("aria-invalid"), "{page}");
    assert!(page.contains("1.5 GiB"), "it names what is allowed: {page}");
    let answer = world.form("/tags/t/settings", "quota=1+kB&keep_days=x");
    assert!(answer.into_string().unwrap().contains("36500"));
    assert!(!world.page("/tags/t").contains("class=\"quota"), "nothing was set");
    let answer = world.form("/tags/t/settings", "quota=1.2+kB&keep_days=30");
    assert_eq!((answer.status(), answer.headers().get_one("Location")), (Status::SeeOther, Some("/tags/t")));
    let page = world.page("/tags/t");
    assert!(page.contains("max=\"1200\" value=\"600\"") && page.contains("600 B of 1.20 kB used"), "{page}");
    assert!(page.contains("value=\"1200\"") && page.contains("after 30 days"), "{page}");
    world.form("/tags/t/settings", "quota=&keep_days=");
    assert!(!world.page("/tags/t").contains("class=\"quota"));
    let chinese =
        world.client.post("/tags/t/settings").header(ContentType::Form).header(Header::new("Accept-Language", "zh-CN"));
    let page = chinese.body("quota=5&keep_days=0").dispatch().into_string().unwrap();
    assert!(page.contains("配额") && page.contains("36500"), "{page}");
}
