//! Queries and JSON bodies as people and programs write them (contract §0).

use rocket::http::{ContentType, Method, Status};
use serde_json::{Value, json};

use crate::world::World;

fn get(world: &World, path: &str) -> (u16, String) {
    let response = world.client.get(path.to_owned()).dispatch();
    (response.status().code, response.into_string().unwrap_or_default())
}

fn put(world: &World, path: &'static str) -> Value {
    let response = world.client.put(path).header(ContentType::Binary).body(path).dispatch();
    assert!(response.status().code < 300, "{path}: {}", response.status());
    response.into_json().unwrap()
}

/// A path that fits the route.
fn example(route: &str) -> String {
    route.split('/').map(|segment| if segment.starts_with('<') { "1" } else { segment }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_of_the_api_names_a_parameter_that_it_does_not_know() {
    let world = World::new();
    put(&world, "/upload/1/a");
    let routes: Vec<(Method, String)> = world
        .client
        .rocket()
        .routes()
        .map(|route| (route.method, route.uri.path().to_owned()))
        .map(|(method, path)| (method, example(&path)))
        .filter(|(_, path)| path.starts_with("/api/v1/") || path == "/tags/1/zip")
        .collect();
    assert!(routes.len() > 10, "{routes:?}");
    for (method, path) in routes {
        let request = world.client.req(method, format!("{path}?typ=image")).header(ContentType::Form).body("ids=1");
        let response = request.dispatch();
        assert_eq!(response.status(), Status::BadRequest, "{method} {path}");
        let problem: Value = response.into_json().unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("typ"), "{method} {path}: {problem}");
    }
    assert_eq!(get(&world, "/tags/1/files/a").0, 200, "nothing was done");
    for path in [
        "/api/v1/tags?LIMIT=1",
        "/api/v1/tags/1/files?since=2020-01-01&form=2020-01-01",
        "/api/v1/tags/1/files?type=image&type=text",
        "/tags/1/zip?ids=1",
        "/tags/1/zip?from=2020-01-01",
        "/api/v1/groups?tag=x",
    ] {
        assert_eq!(get(&world, path).0, 400, "{path}");
    }
    for path in ["/api/v1/tags?", "/api/v1/tags?q=&limit=1&", "/api/v1/tags/1/files?q=a&q=a", "/tags/1/zip?q=a"] {
        assert_eq!(get(&world, path).0, 200, "{path}");
    }
}

#[test]
fn the_older_families_pass_over_what_they_do_not_know() {
    let world = World::new();
    put(&world, "/upload/t/a?typ=image&x");
    let made = world.client.post("/training/tasks?x=1").header(ContentType::JSON);
    let made: Value = made.body(r#"{"task_name":"t","task_type":1,"x":2}"#).dispatch().into_json().unwrap();
    let task = made["task_id"].as_str().unwrap().to_owned();
    for path in [
        "/training/tasks?typ=image".to_owned(),
        format!("/training/tasks/{task}?typ=image"),
        format!("/training/tasks/{task}/export?format=csv&typ=image"),
        format!("/training/tasks/{task}/audit?typ=image"),
        "/tags/t/files/a?typ=image".to_owned(),
        "/files/1/thumb?typ=image".to_owned(),
    ] {
        assert_ne!(get(&world, &path).0, 400, "{path}");
    }
    let list = world.client.post("/v1/tasks/list?typ=x").header(ContentType::JSON).body(r#"{"group_name":"g","x":1}"#);
    assert_eq!(list.dispatch().status(), Status::Ok);
}

#[test]
fn a_page_says_what_it_passed_over() {
    let world = World::new();
    put(&world, "/upload/t/a");
    let made = world.client.post("/training/tasks").header(ContentType::JSON);
    let made: Value = made.body(r#"{"task_name":"t","task_type":1}"#).dispatch().into_json().unwrap();
    let task = format!("/tasks/{}", made["task_id"].as_str().unwrap());
    let pages = ["/", "/tags/t", "/tasks", &task, "/tasks/send?tag=t&scope=filter", "/groups", "/ingest", "/trash"];
    for page in pages {
        let mark = "<code>typ&#38;&#60;x&#62;</code>";
        let (code, plain) = get(&world, page);
        assert!(code == 200 && !plain.contains("<code>typ"), "{page}: {code}");
        let and = if page.contains('?') { '&' } else { '?' };
        let (code, html) = get(&world, &format!("{page}{and}typ%26%3Cx%3E=image"));
        assert!(code == 200 && html.contains(mark), "{page}: {code}");
    }
    // What a page does know isn't named.
    for page in ["/?q=a&order=name", "/tags/t?q=a&type=image&from=2020-01-01&to=2020-01-02&order=size&new=1"] {
        let (code, html) = get(&world, page);
        assert!(code == 200 && !html.contains("passed over"), "{page}: {code}");
    }
}

#[test]
fn a_blank_within_a_time_is_a_plus() {
    let world = World::new();
    put(&world, "/upload/t/a");
    // The file is of 2023-11-14 22:13:20 UTC.
    let pages = ["/api/v1/tags/t/files?", "/api/v1/tags?", "/tags/t/zip?", "/tasks/send?tag=t&scope=filter&"];
    for path in pages {
        for written in ["+08:00", "%2B08:00", "%2b08:00", "%2008:00", "+0800"] {
            let (code, _) =
                get(&world, &format!("{path}since=2023-11-15T06:13:20{written}&until=2023-11-15T06:13:21{written}"));
            assert_eq!(code, 200, "{path} {written}");
        }
        let (code, _) = get(&world, &format!("{path}since=yesterday+08:00"));
        assert_eq!(code, 400, "{path}");
    }
    for (query, count) in [("since", 1), ("until", 0)] {
        let (_, list) = get(&world, &format!("/api/v1/tags/t/files?{query}=2023-11-15T06:13:20+08:00"));
        let list: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{query}: {list}");
    }
}

#[test]
fn ids_of_a_query_may_stand_in_double_quotes() {
    let world = World::new();
    let made = world.client.post("/training/tasks").header(ContentType::JSON);
    let made: Value = made.body(r#"{"task_name":"t","task_type":1}"#).dispatch().into_json().unwrap();
    let task = made["task_id"].as_str().unwrap().to_owned();
    for written in [task.clone(), format!("%22{task}%22")] {
        for path in [
            format!("/training/tasks/{written}"),
            format!("/training/tasks/{task}/audit?against={written}"),
            format!("/training/tasks/{task}/audit?against={written},{written}"),
            format!("/training/tasks/{task}/audit?against=%22{task},{task}%22"),
        ] {
            assert_eq!(get(&world, &path).0, 200, "{path}");
        }
        // An empty set is 404.
        assert_eq!(get(&world, &format!("/training/tasks/sets?task_id={written}&set_type_id=%220%22")).0, 404);
    }
    let file = put(&world, "/upload/t/a")["id"].as_str().unwrap().to_owned();
    for body in [format!("ids={file}"), format!("ids=%22{file}%22&ids={file}"), format!("other=1&ids={file}")] {
        let request = world.client.post("/tags/t/zip").header(ContentType::Form).body(&body);
        assert_eq!(request.dispatch().status(), Status::Ok, "{body}");
    }
}

#[test]
fn a_percent_sign_that_escapes_nothing_is_itself() {
    let world = World::new();
    put(&world, "/upload/t/100%25zz");
    let (code, list) = get(&world, "/api/v1/tags/t/files?q=100%zz");
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((code, list["items"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
}

#[test]
fn json_may_begin_with_a_mark_and_must_be_utf8() {
    let world = World::new();
    let send = |method: Method, path: &str, kind: &str, body: Vec<u8>| {
        let kind = ContentType::parse_flexible(kind).unwrap();
        let response = world.client.req(method, path.to_owned()).header(kind).body(body).dispatch();
        (response.status().code, response.into_string().unwrap_or_default())
    };
    let marked = |body: &Value| [b"\xEF\xBB\xBF", body.to_string().as_bytes()].concat();
    let (code, made) =
        send(Method::Post, "/training/tasks", "application/json", marked(&json!({"task_name": "t", "task_type": 1})));
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(code, 200, "{made}");
    let task = made["task_id"].as_str().unwrap().to_owned();
    let file = put(&world, "/upload/t/a")["id"].as_str().unwrap().to_owned();
    let info = json!({"img_name": "a.png", "img_type": 1, "img_size": 9, "width": 1, "height": 1, "create_oper": 7});
    let routes = [
        (Method::Post, "/training/files/files", json!({"task_id": task, "img_info": [info]})),
        (Method::Post, "/v1/tasks/list", json!({"group_name": "g"})),
        (Method::Put, "/api/v1/tags/t/settings", json!({"keep_days": 9})),
        (Method::Post, "/tags/t/zip", json!({"ids": [file]})),
    ];
    for (method, path, body) in &routes {
        for kind in ["application/json", "application/json;charset=gbk", "application/json; charset=utf-8"] {
            if *path == "/training/files/files" && kind != "application/json" {
                continue;
            }
            let (code, text) = send(*method, path, kind, marked(body));
            assert_eq!(code, 200, "{path} {kind}: {text}");
        }
        let wide: Vec<u8> = body.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (code, text) = send(*method, path, "application/json", [&b"\xff\xfe"[..], &wide].concat());
        assert!(code == 400 && text.contains("UTF-16"), "{path}: {code} {text}");
        let (code, text) = send(*method, path, "application/json", wide);
        assert!(code == 400 && text.contains("UTF-16"), "{path}: {code} {text}");
        let (code, text) = send(*method, path, "application/json", b"{\"\xc3\xfb\":1}".to_vec());
        assert!(code == 400 && text.contains("UTF-8"), "{path}: {code} {text}");
    }
    // A slip of the pen in a setting, or a selection, is named.
    for (method, path, body, named) in [
        (Method::Put, "/api/v1/tags/t/settings", json!({"keep_days": 9, "quotas": 1}), "quotas"),
        (Method::Post, "/tags/t/zip", json!({"ids": [file], "typ": "image"}), "ids"),
    ] {
        let (code, text) = send(method, path, "application/json", body.to_string().into_bytes());
        assert!(code == 400 && text.contains(named), "{path}: {code} {text}");
    }
}
