//! Bad input to `/training`: the documented code, and not a row changed.

use granary::platform::db::{Db, Options, Sql};
use rocket::http::{ContentType, Method, Status};
use serde_json::{Value, json};

use crate::world::World;

/// Every row of the room's tables, and every file of the data folder but the database's.
fn everything(world: &World) -> Vec<String> {
    const TABLES: [&str; 7] = [
        "tasks ORDER BY id",
        "label_classes ORDER BY id",
        "images ORDER BY img_id",
        "task_images ORDER BY img_id",
        "image_parts ORDER BY id",
        "annotations ORDER BY img_id",
        "blobs ORDER BY sha256",
    ];
    let url = format!("sqlite:{}", world.folder.path().join("granary.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut all = files(world.folder.path());
    runtime.block_on(async {
        let db = Db::connect(&Options { url, durable: false }).await.unwrap();
        for table in TABLES {
            let name = table.split(' ').next().unwrap();
            let columns =
                db.fetch_all(Sql::new(format!("SELECT name FROM pragma_table_info('{name}')"))).await.unwrap();
            let columns: Vec<String> = columns.iter().map(|row| format!("hex({})", row.text(0).unwrap())).collect();
            let rows = Sql::new(format!("SELECT {} FROM {table}", columns.join(" || ':' || ")));
            all.extend(db.fetch_all(rows).await.unwrap().iter().map(|row| format!("{name} {}", row.text(0).unwrap())));
        }
        db.shut().await;
    });
    all
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Thumbnails are made by themselves.
        if path.is_dir() && !path.ends_with("thumbs") {
            found.extend(files(&path));
            found.push(path.display().to_string());
        } else if !path.display().to_string().contains("granary.db") && !path.is_dir() {
            found.push(path.display().to_string());
        }
    }
    found.sort();
    found
}

fn send(world: &World, method: Method, path: &str, body: impl AsRef<[u8]>) -> (Status, Value) {
    let request = world.client.req(method, path.to_owned()).header(ContentType::JSON).body(body);
    let response = request.dispatch();
    (response.status(), response.into_json().unwrap())
}

#[track_caller]
fn fine(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let (status, answer) = send(world, method, path, body.to_string());
    assert_eq!((status, &answer["code"]), (Status::Ok, &json!(0)), "{path}: {answer}");
    answer
}

/// A task with a ready image, one that is deleted, and a task beside it.
struct Scene {
    world: World,
    task: String,
    ready: String,
    deleted: String,
    foreign: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn info(name: &str) -> Value {
    json!({"img_name": name, "img_type": 1, "img_size": 67, "width": 1, "height": 1, "create_oper": 7})
}

/// One grey pixel.
fn pixel() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(1, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let class = json!([{"name": "a", "color": "#112233"}]);
        let task = |name: &str| {
            let body = json!({"task_name": name, "task_type": 1, "lab_class_list": class});
            text(&fine(&world, Method::Post, "/training/tasks", &body)["task_id"])
        };
        let (task, other) = (task("one"), task("two"));
        let register = |task: &str, name: &str| {
            let mut image = info(name);
            image["img_size"] = json!(pixel().len());
            let body = json!({"task_id": task, "img_info": [image]});
            text(&fine(&world, Method::Post, "/training/files/files", &body)["img_datas"][name])
        };
        let (ready, deleted, foreign) = (register(&task, "a"), register(&task, "b"), register(&other, "a"));
        let (status, _) = send(&world, Method::Put, &format!("/training/files/{ready}"), pixel());
        assert_eq!(status, Status::Ok);
        let body = json!({"task_id": task, "img_id_list": [deleted]});
        fine(&world, Method::Put, "/training/files/files", &body);
        // The worker's last word on the folder comes by itself; wait for it.
        let is_clean = || everything_is_clean(&world);
        while !is_clean() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { world, task, ready, deleted, foreign }
    }

    #[track_caller]
    fn refuses(&self, method: Method, path: &str, body: impl AsRef<[u8]>, status: u16, code: u16) {
        let before = everything(&self.world);
        let (found, answer) = send(&self.world, method, path, &body);
        let body = String::from_utf8_lossy(&body.as_ref()[..body.as_ref().len().min(300)]).into_owned();
        assert_eq!(found.code, status, "{method} {path} {body}: {answer}");
        assert_eq!(answer["code"], code, "{method} {path} {body}: {answer}");
        assert!(answer["msg"].as_str().is_some_and(|msg| !msg.is_empty()), "{answer}");
        assert_eq!(everything(&self.world), before, "{method} {path} {body}");
    }
}

fn everything_is_clean(world: &World) -> bool {
    let url = format!("sqlite:{}", world.folder.path().join("granary.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::connect(&Options { url, durable: false }).await.unwrap();
        let stale = "SELECT (SELECT COUNT(*) FROM tasks WHERE folder_stale = 1) + (SELECT COUNT(*) FROM blobs WHERE thumbnail = 0)";
        let count = db.fetch_one(Sql::new(stale)).await.unwrap().int(0).unwrap();
        db.shut().await;
        count == 0
    })
}

/// Values that are no id.
fn no_ids() -> Vec<Value> {
    let mut bad: Vec<Value> =
        ["", "x", "-1", "1.5", "0", "9223372036854775808", "\"7\"", " 7", "７"].map(Value::from).into();
    bad.extend([json!(null), json!(0), json!(-7), json!(1.5), json!(1e18), json!(true), json!([]), json!({})]);
    bad.push(json!(9_223_372_036_854_775_808_u64));
    bad.push(serde_json::from_str("99999999999999999999999").unwrap());
    bad
}

/// The body with one member replaced, or left out.
fn with(body: &Value, pointer: &str, value: Option<Value>) -> String {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = if parent.is_empty() { &mut body } else { body.pointer_mut(parent).unwrap() };
    let members = parent.as_object_mut().unwrap();
    match value {
        None => members.remove(name),
        Some(value) => members.insert(name.to_owned(), value),
    };
    body.to_string()
}

#[test]
fn what_is_not_json_is_malformed() {
    let scene = Scene::new();
    let paths = [
        (Method::Post, "/training/tasks".to_owned()),
        (Method::Post, "/training/files/files".to_owned()),
        (Method::Put, "/training/files/files".to_owned()),
        (Method::Post, "/training/files/restore".to_owned()),
        (Method::Post, format!("/training/tasks/{}/classes", scene.task)),
        (Method::Post, format!("/training/tasks/{}/import", scene.task)),
        (Method::Put, format!("/training/images/{}/annotation", scene.ready)),
        (Method::Put, format!("/training/images/{}/state", scene.ready)),
        (Method::Put, format!("/training/images/{}/group", scene.ready)),
    ];
    for (method, path) in paths {
        let deep = "[".repeat(200_000);
        for body in ["", "{", "null", "[]", "\"a\"", "task_id=1", "{\"a\":1,}", "{'a':1}", &deep] {
            scene.refuses(method, &path, body, 400, 1001);
        }
        scene.refuses(method, &path, b"{\"a\":\"\xff\"}", 400, 1001);
    }
}

#[test]
fn a_registration_is_checked_member_by_member() {
    let scene = Scene::new();
    let body = json!({"task_id": scene.task, "img_info": [info("x"), info("y")]});
    let path = "/training/files/files";
    let refuse = |pointer: &str, value: Option<Value>| {
        scene.refuses(Method::Post, path, with(&body, pointer, value), 400, 1001);
    };
    for field in ["/task_id", "/img_info", "/img_info/1/create_oper"] {
        refuse(field, None);
    }
    for value in no_ids() {
        refuse("/task_id", Some(value.clone()));
        refuse("/img_info/1/create_oper", Some(value));
    }
    for list in [json!(null), json!([]), json!({}), json!("x"), json!([7]), json!([null])] {
        refuse("/img_info", Some(list));
    }
    for text in [json!(null), json!(""), json!(7), json!([]), json!("x".repeat(256)), json!("图".repeat(86))] {
        refuse("/img_info/1/img_name", Some(text));
    }
    let no_numbers = [json!(null), json!(1.5), json!("1"), json!(9_223_372_036_854_775_808_u64)];
    for field in ["img_type", "img_size", "width", "height"] {
        let pointer = format!("/img_info/1/{field}");
        refuse(&pointer, None);
        for number in &no_numbers {
            refuse(&pointer, Some(number.clone()));
        }
        for number in [json!(0), json!(-1)].into_iter().filter(|_| field != "img_type") {
            refuse(&pointer, Some(number));
        }
    }
    for unknown in [json!(0), json!(-1), json!(4), json!(i64::MAX)] {
        scene.refuses(Method::Post, path, with(&body, "/img_info/1/img_type", Some(unknown)), 422, 1004);
    }
    for side in ["/img_info/1/width", "/img_info/1/height"] {
        refuse(side, Some(json!(2_147_483_648_i64)));
    }
    for group in [json!(""), json!(7), json!("g".repeat(256))] {
        refuse("/img_info/1/group", Some(group));
    }
    let many: Vec<Value> = (0..10_001).map(|at| info(&format!("{at}"))).collect();
    scene.refuses(Method::Post, path, with(&body, "/img_info", Some(json!(many))), 413, 1015);
    scene.refuses(Method::Post, path, with(&body, "/img_info/1/img_name", Some(json!("x"))), 422, 1006);
    for unknown in ["12345", "9007199254740993"] {
        scene.refuses(Method::Post, path, with(&body, "/task_id", Some(json!(unknown))), 404, 1002);
    }
    scene.refuses(Method::Post, path, with(&body, "/task_id", Some(json!(9_007_199_254_740_993_i64))), 404, 1002);
}

#[test]
fn lists_of_images_are_checked() {
    let scene = Scene::new();
    let body = json!({"task_id": scene.task, "img_id_list": [scene.ready]});
    for (method, path) in [(Method::Put, "/training/files/files"), (Method::Post, "/training/files/restore")] {
        let refuse = |pointer: &str, value: Option<Value>, status, code| {
            scene.refuses(method, path, with(&body, pointer, value), status, code);
        };
        for field in ["/task_id", "/img_id_list"] {
            refuse(field, None, 400, 1001);
        }
        for value in no_ids() {
            refuse("/task_id", Some(value.clone()), 400, 1001);
            refuse("/img_id_list", Some(json!([scene.ready, value])), 400, 1001);
        }
        for list in [json!(null), json!([]), json!("7"), json!(7), json!({})] {
            refuse("/img_id_list", Some(list), 400, 1001);
        }
        refuse("/task_id", Some(json!("12345")), 404, 1002);
        refuse("/img_id_list", Some(json!([scene.ready, scene.foreign])), 404, 1003);
        refuse("/img_id_list", Some(json!([scene.ready, "12345"])), 404, 1003);
        refuse("/img_id_list", Some(json!([9_007_199_254_740_993_i64])), 404, 1003);
    }
    let deleted = with(&body, "/img_id_list", Some(json!([scene.ready, scene.deleted])));
    scene.refuses(Method::Put, "/training/files/files", deleted, 404, 1003);
}

#[test]
fn tasks_and_classes_are_checked() {
    let scene = Scene::new();
    let body = json!({"task_name": "n", "task_type": 1, "task_id": "77", "lab_class_list": [{"name": "x", "color": "#112233"}]});
    let refuse = |pointer: &str, value: Option<Value>| {
        scene.refuses(Method::Post, "/training/tasks", with(&body, pointer, value), 400, 1001);
    };
    for field in ["/task_name", "/task_type", "/lab_class_list/0/name", "/lab_class_list/0/color"] {
        refuse(field, None);
    }
    for value in no_ids().into_iter().filter(|value| !value.is_null()) {
        refuse("/task_id", Some(value));
    }
    for number in [json!(0), json!(4), json!("1"), json!(1.0), json!(-1), json!(1_u64 << 63)] {
        refuse("/task_type", Some(number));
    }
    let texts = [json!(""), json!(7), json!([]), json!("n".repeat(256))];
    for text in texts {
        refuse("/task_name", Some(text.clone()));
        refuse("/lab_class_list/0/name", Some(text));
    }
    let colours = ["", "112233", "#11223", "#1122334", "#11223g", "red"].map(Value::from);
    for colour in colours.into_iter().chain([json!(7), json!(null)]) {
        refuse("/lab_class_list/0/color", Some(colour.clone()));
        let path = format!("/training/tasks/{}/classes", scene.task);
        let class = json!({"name": "y", "color": colour});
        scene.refuses(Method::Post, &path, class.to_string(), 400, 1001);
    }
    for list in [json!({}), json!("x"), json!([7])] {
        refuse("/lab_class_list", Some(list));
    }
    let classes = format!("/training/tasks/{}/classes", scene.task);
    scene.refuses(Method::Post, &classes, json!({"color": "#112233"}).to_string(), 400, 1001);
    scene.refuses(Method::Post, &classes, json!({"name": "a", "color": "#112233"}).to_string(), 409, 1005);
    for (id, status, code) in [("x", 400, 1001), ("0", 400, 1001), ("99", 404, 1003), ("9007199254740993", 404, 1003)] {
        let path = format!("{classes}/{id}");
        scene.refuses(Method::Put, &path, json!({"name": "z"}).to_string(), status, code);
        scene.refuses(Method::Delete, &path, "", status, code);
        scene.refuses(Method::Put, &path, "{}", 400, 1001);
    }
}

#[test]
fn images_are_asked_for_by_their_ids() {
    let scene = Scene::new();
    let ids = [
        ("x", 400, 1001),
        ("-1", 400, 1001),
        ("9223372036854775808", 400, 1001),
        ("12345", 404, 1003),
        (scene.deleted.as_str(), 404, 1003),
    ];
    for (id, status, code) in ids {
        for (end, body) in
            [("state", r#"{"state":2}"#), ("group", r#"{"group":"g"}"#), ("annotation", r#"{"objects":[]}"#)]
        {
            scene.refuses(Method::Put, &format!("/training/images/{id}/{end}"), body, status, code);
        }
        for end in ["roi", "mask", "dl"] {
            scene.refuses(Method::Put, &format!("/training/images/{id}/{end}"), pixel(), status, code);
            scene.refuses(Method::Get, &format!("/training/images/{id}/{end}"), "", status, code);
        }
        scene.refuses(Method::Put, &format!("/training/files/{id}"), pixel(), status, code);
        scene.refuses(Method::Get, &format!("/training/files/{id}"), "", status, code);
        scene.refuses(Method::Get, &format!("/training/images/{id}/annotation"), "", status, code);
    }
    for group in [json!({}), json!({"group": ""}), json!({"group": 7}), json!({"group": "g".repeat(256)})] {
        scene.refuses(Method::Put, &format!("/training/images/{}/group", scene.ready), group.to_string(), 400, 1001);
    }
    let import = format!("/training/tasks/{}/import", scene.task);
    for body in [
        json!({}),
        json!({"tag": 7}),
        json!({"tag": ""}),
        json!({"tag": "a/b"}),
        json!({"tag": ".."}),
        json!({"tag": "图".repeat(86)}),
        json!({"tag": "t", "type": "a b"}),
        json!({"tag": "t", "q": 7}),
    ] {
        scene.refuses(Method::Post, &import, body.to_string(), 400, 1001);
    }
    scene.refuses(Method::Post, &import, json!({"tag": "none"}).to_string(), 404, 1003);
    scene.refuses(Method::Post, "/training/tasks/12345/import", json!({"tag": "none"}).to_string(), 404, 1002);
}
