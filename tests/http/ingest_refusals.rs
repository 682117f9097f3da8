//! Bad input to `/v1/tasks`: the field is named, and nothing is changed.

use rocket::http::{Accept, ContentType, Header, Method, Status};
use serde_json::{Value, json};

use crate::world::World;

const BOUNDARY: &str = "granary-test";

/// A form of text fields and files (`name`, `value`, `file name`).
fn form(parts: &[(&str, &str, Option<&str>)]) -> String {
    let part = |(name, value, file): &(&str, &str, Option<&str>)| {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    parts.iter().map(part).collect::<String>() + &format!("--{BOUNDARY}--\r\n")
}

fn create(world: &World, body: &str, english: bool) -> (Status, Value) {
    let media = ContentType::new("multipart", "form-data").with_params(("boundary", BOUNDARY));
    let mut request = world.client.post("/v1/tasks/create").header(media).body(body);
    if english {
        request = request.header(Header::new("Accept-Language", "en"));
    }
    let response = request.dispatch();
    (response.status(), response.into_json().unwrap())
}

fn list(world: &World, body: &Value) -> (Status, Value) {
    let response = world.client.post("/v1/tasks/list").header(ContentType::JSON).body(body.to_string()).dispatch();
    (response.status(), response.into_json().unwrap())
}

/// No file of a task is left anywhere.
#[track_caller]
fn assert_nothing_left(world: &World) {
    let count = |folder: &str| std::fs::read_dir(world.folder.path().join(folder)).map_or(0, Iterator::count);
    assert_eq!((count("csv"), count("staging")), (0, 0));
}

#[test]
fn every_field_of_a_form_is_checked_and_named() {
    let world = World::new();
    let good = [("group_name", "g", None), ("file", "http://h/1\n", Some("a.csv"))];
    for (field, value) in [
        ("pos_pitch", "181"),
        ("pos_yaw", "-1"),
        ("pos_rol", "x"),
        ("width", "1.5"),
        ("height", "-1"),
        ("blur_degree", "101"),
        ("thread_num", "0"),
        ("thread_num", "65"),
        ("mode", "2"),
        ("group_name", ""),
        ("group_name", &"g".repeat(65)),
    ] {
        let parts: Vec<_> =
            good.into_iter().filter(|(name, _, _)| *name != field).chain([(field, value, None)]).collect();
        for english in [false, true] {
            let (status, body) = create(&world, &form(&parts), english);
            assert_eq!(status, Status::BadRequest, "{field}={value}: {body}");
            assert_eq!(body["code"], "invalid");
            let error = body["error"].as_str().unwrap();
            assert!(error.starts_with(&format!("{field}: ")), "{error}");
            assert_eq!(error.is_ascii(), english, "{error}");
        }
    }
    assert_nothing_left(&world);
    assert_eq!(list(&world, &json!({"group_name": "g"})), (Status::Ok, json!({"ids": []})));
}

#[test]
fn a_pose_limit_that_the_engine_cannot_check_says_what_to_configure() {
    let world = World::new();
    let parts = [("group_name", "g", None), ("pos_yaw", "30", None), ("file", "http://h/1\n", Some("a.csv"))];
    let (status, body) = create(&world, &form(&parts), false);
    assert_eq!((status, &body["code"]), (Status::UnprocessableEntity, &json!("unprocessable")));
    let error = body["error"].as_str().unwrap();
    assert!(error.contains("pos_yaw") && error.contains("faces.engine") && error.contains("yunet"), "{error}");
    assert_nothing_left(&world);
}

#[test]
fn the_rows_must_come_from_one_place() {
    let world = World::new();
    let group = ("group_name", "g", None);
    for (parts, field) in [
        (vec![group], "file"),
        (vec![group, ("file", "", Some(""))], "file"),
        (vec![group, ("file", "", Some("a.csv"))], "file"),
        (vec![group, ("file", "\r\n\n", Some("a.csv"))], "file"),
        (vec![group, ("file", "uri,tag,description\n", Some("a.csv"))], "file"),
        (vec![group, ("file", "http://h/1", Some("a.csv")), ("file", "http://h/1", Some("b.csv"))], "file"),
        (vec![group, ("file", "http://h/1", Some("a.csv")), ("from_tag", "t", None)], "from_tag"),
    ] {
        let (status, body) = create(&world, &form(&parts), false);
        assert_eq!((status, &body["code"]), (Status::BadRequest, &json!("invalid")), "{parts:?}");
        assert!(body["error"].as_str().unwrap().starts_with(&format!("{field}: ")), "{parts:?}: {body}");
    }
    let (status, body) = create(&world, &form(&[group, ("from_tag", "nowhere", None)]), false);
    assert_eq!((status, &body["code"]), (Status::NotFound, &json!("not_found")));
    let broken = form(&[group, ("file", "http://h/1\n", Some("a.csv"))]);
    let (status, _) = create(&world, &broken[..broken.len() - 10], false);
    assert_eq!(status, Status::BadRequest);
    let json = world.client.post("/v1/tasks/create").header(ContentType::JSON).body("{}").dispatch();
    assert_eq!(json.status(), Status::UnsupportedMediaType);
    assert_eq!(json.into_json::<Value>().unwrap()["code"], "unsupported_type");
    assert_nothing_left(&world);
}

#[test]
fn a_list_wants_a_group_and_a_state_of_the_document() {
    let world = World::new();
    for (body, field) in [
        (json!({}), "group_name"),
        (json!({"group_name": ""}), "group_name"),
        (json!({"group_name": 7}), "group_name"),
        (json!({"group_name": "g", "status": 5}), "status"),
        (json!({"group_name": "g", "status": -1}), "status"),
        (json!({"group_name": "g", "status": "x"}), "status"),
        (json!({"group_name": "g", "status": 1.5}), "status"),
        (json!({"group_name": "g", "status": []}), "status"),
        (json!([]), "body"),
    ] {
        let (status, answer) = list(&world, &body);
        assert_eq!(status, Status::BadRequest, "{body}");
        assert!(answer["error"].as_str().unwrap().starts_with(field), "{body}: {answer}");
    }
    for good in
        [json!({"group_name": "g"}), json!({"group_name": "g", "status": ""}), json!({"group_name": "g", "status": 0})]
    {
        assert_eq!(list(&world, &good), (Status::Ok, json!({"ids": []})), "{good}");
    }
}

#[test]
fn unknown_tasks_are_not_found_in_the_shape_of_the_family() {
    let world = World::new();
    for id in ["AAAO054X4wzh", "x", "AAAO054X4wz%2F", "%E5%9B%BE"] {
        for what in ["start", "stop", "delete", "detail", "log", "download_log"] {
            let request = world.client.req(Method::Get, format!("/v1/tasks/{id}/{what}")).header(Accept::HTML);
            let response = request.dispatch();
            assert_eq!(response.status(), Status::NotFound, "{id}/{what}");
            assert_eq!(response.into_json::<Value>().unwrap()["code"], "not_found", "{id}/{what}");
        }
    }
    let parts = [("group_name", "g", None), ("file", "http://h/1\n", Some("a.csv"))];
    let (status, made) = create(&world, &form(&parts), false);
    assert_eq!(status, Status::Ok);
    let id = made["id"].as_str().unwrap();
    for query in ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=t00"] {
        let response = world.client.get(format!("/v1/tasks/{id}/log?{query}")).dispatch();
        assert_eq!(response.status(), Status::BadRequest, "{query}");
    }
    let log = world.client.get(format!("/v1/tasks/{id}/log")).dispatch();
    assert_eq!(log.into_string().unwrap(), "{\"logs\":[]}");
    let file = world.client.get(format!("/v1/tasks/{id}/download_log")).dispatch();
    assert_eq!(file.into_string().unwrap(), "uri,code,message\r\n");
}
