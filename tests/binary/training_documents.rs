//! The literal requests of seed 000, as the front end that it was written for sends them.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Db, Server, pictures};

on_both_databases!(
    the_requests_of_the_document_are_answered_to_the_letter,
    literal_messages_stay_chinese,
    every_other_message_is_in_the_readers_language,
    ids_may_be_numbers_digits_or_in_quotes,
    unknown_addresses_and_methods_are_told,
);

/// The document's own body, §1.1.
const REGISTER: &str = r#"{
	"task_id":"2018062212345678911",
	"img_info":[
                    {
                        "img_name":"兰博基尼",
                        "img_type":1,
                        "img_size":1111,
                        "width":1111,
                        "height":1111,
                        "create_oper":"2018062310000000001"
                    },
                    {
                        "img_name":"布加迪",
                        "img_type":2,
                        "img_size":2222,
                        "width":2222,
                        "height":2222,
                        "create_oper":"2018062310000000001"
                    }
			]
}"#;

fn the_requests_of_the_document_are_answered_to_the_letter(db: Db) {
    let server = Server::start(db);
    let task = json!({"task_name": "汽车", "task_type": 1, "task_id": 2_018_062_212_345_678_911_i64});
    let made = server.send_json("POST", "/training/tasks", &task).expect_fine();
    assert_eq!(made["task_id"], "2018062212345678911");
    // Clients of that time send it without a type, or with this one.
    let media = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = server.send("POST", "/training/files/files", &media, REGISTER.as_bytes()).expect(200);
    assert!(answer.need("content-type").starts_with("application/json"));
    let text = answer.text();
    let (first, second) = (text.find("兰博基尼").expect("the first"), text.find("布加迪").expect("the second"));
    assert!(first < second, "in the request's order: {text}");
    let body = answer.json();
    assert_eq!(body["code"], 0);
    assert_eq!(body["msg"], "插入图像信息到 ImgInfo、TaskImgRel 表，成功");
    let ids: Vec<&str> = body["img_datas"].as_object().expect("a map").values().filter_map(Value::as_str).collect();
    assert_eq!(ids.len(), 2);
    for id in &ids {
        assert!(id.len() == 19 && id.starts_with("20") && id.bytes().all(|b| b.is_ascii_digit()), "{id}");
    }
    assert!(server.data_dir().join("tasks/2018062212345678911").is_dir(), "the image folder is there");
    let told = server.task("2018062212345678911");
    assert_eq!(told["counts"]["sets"], json!({"training": 2, "verifying": 0, "testing": 0}));
    assert_eq!(told["counts"]["states"], json!({"0": 2, "1": 0, "2": 0, "3": 0, "4": 0, "5": 0}));
    // §2.1: ids as numbers past 2^53.
    let delete = format!(r#"{{ "task_id":2018062212345678911, "img_id_list":[{},{}] }}"#, ids[0], ids[1]);
    let deleted = server.send("PUT", "/training/files/files", &[], delete.as_bytes()).expect_fine();
    assert_eq!(deleted, json!({"code": 0, "msg": "ImgInfo 和 TaskImgRel表数据更新, 成功"}));
    assert_eq!(server.task("2018062212345678911")["counts"]["sets"]["training"], 0);
}

/// What readers ask for, and whether that is English.
const READERS: [(&[(&str, &str)], bool); 6] = [
    (&[], false),
    (&[("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")], false),
    (&[("Accept-Language", "*")], false),
    (&[("Accept-Language", "fr")], false),
    (&[("Accept-Language", "en")], true),
    (&[("Accept-Language", "en-GB,en;q=0.9,zh;q=0.8")], true),
];

const OPER: &str = "2018062310000000001";

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// The texts that the documents give (seeds 000, 001, 002), in front of any reader.
fn literal_messages_stay_chinese(db: Db) {
    let server = Server::start(db);
    for (round, (headers, _)) in READERS.into_iter().enumerate() {
        let task = server.new_task(&[]);
        let (copy, sets) = (700 + round, "/training/tasks/sets");
        let counts = |training: i64| json!({"task_id": task, "training_count": training, "verifying_count": 0, "testing_count": 2 - training});
        let listed = format!("{sets}?task_id={task}&set_type_id=");
        let say = |method: &str, path: &str, body: &Value| -> Value {
            let text = if body.is_null() { String::new() } else { body.to_string() };
            server.send(method, path, headers, text.as_bytes()).json()
        };
        let registration: Value = serde_json::from_str(&REGISTER.replace("2018062212345678911", &task)).expect("JSON");
        let first = say("POST", "/training/files/files", &registration);
        let empty = format!("获取 任务id为 {task}，属于集合 2，的图像的相关数据 失败");
        let copies = json!({"task_id_old": task, "task_id": copy});
        let gone = json!({"task_id": task, "img_id_list": [first["img_datas"]["布加迪"]]});
        for (told, code, msg) in [
            (&first, 0, "插入图像信息到 ImgInfo、TaskImgRel 表，成功"),
            (&say("PUT", sets, &counts(0)), 1009, "训练集中图像的个数不能小于等于0"),
            (&say("PUT", sets, &counts(-3)), 1009, "训练集中图像的个数不能小于等于0"),
            (&say("PUT", sets, &counts(1)), 0, "TaskImgRel 表 图像集合数据更新， 成功"),
            (&say("GET", &format!("{listed}1"), &Value::Null), 0, "集合编号id=1的图像数据查询成功"),
            (&say("GET", &format!("{listed}1&limit=1"), &Value::Null), 0, "集合编号id=1的图像数据查询成功"),
            (&say("GET", &format!("{listed}2"), &Value::Null), 1012, empty.as_str()),
            (&say("GET", &format!("{listed}2&limit=1"), &Value::Null), 1012, empty.as_str()),
            (&say("POST", "/training/tasks/duplication", &copies), 0, "复制任务成功"),
            (&say("PUT", "/training/files/files", &gone), 0, "ImgInfo 和 TaskImgRel表数据更新, 成功"),
        ] {
            assert_eq!((&told["code"], &told["msg"]), (&json!(code), &json!(msg)), "{headers:?}");
        }
        let states: Vec<Value> = say(
            "POST",
            "/training/tasks/duplication",
            &json!({"task_id_old": copy, "task_id": copy + 50}),
        )["image_list"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|image| image["state"].clone())
            .collect();
        assert_eq!(states, ["上传中", "上传中"], "{headers:?}");
    }
}

fn every_other_message_is_in_the_readers_language(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a"]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let late = server.register_png(&task, "late.png", (9, 9), b"later");
    server.send_json("POST", "/training/tasks/duplication", &json!({"task_id_old": task, "task_id": 8})).expect_fine();
    let info = |name: &str, kind: i64| json!({"img_name": name, "img_type": kind, "img_size": 1, "width": 1, "height": 1, "create_oper": OPER});
    let images = |list: Value| json!({"task_id": task, "img_info": list});
    let counts = |counts: [i64; 3]| json!({"task_id": task, "training_count": counts[0], "verifying_count": counts[1], "testing_count": counts[2]});
    let many: Vec<Value> = (0..10_001).map(|place| info(&place.to_string(), 1)).collect();
    let address = |parts: &str| parts.replace("TASK", &task).replace("IMAGE", &image).replace("LATE", &late);
    let (annotation, bytes) = ("/training/images/IMAGE/annotation", "/training/files/IMAGE");
    let export = "/training/tasks/TASK/export?format=xml";
    let (unknown_set, sets) = ("/training/tasks/sets?task_id=TASK&set_type_id=7", "/training/tasks/sets");
    let (files, copies) = ("/training/files/files", "/training/tasks/duplication");
    let class = "/training/tasks/TASK/classes/999999";
    let bare = Value::Null;
    for (method, path, body, status, code) in [
        ("POST", files, json!({}), 400, 1001),
        ("POST", files, images(json!([{"img_name": "x"}])), 400, 1001),
        ("POST", "/training/tasks", json!({"task_name": "", "task_type": 1}), 400, 1001),
        ("POST", "/training/tasks", json!({"task_name": "x", "task_type": 1, "task_id": "x"}), 400, 1001),
        ("GET", "/training/tasks/x", bare.clone(), 400, 1001),
        ("GET", "/training/tasks?limit=0", bare.clone(), 400, 1001),
        ("GET", "/training/nowhere", bare.clone(), 404, 1001),
        ("PATCH", files, json!({}), 405, 1001),
        ("GET", export, bare.clone(), 400, 1001),
        ("PUT", annotation, json!({"objects": [{"class": "a", "bbox": [-5, 0, 9, 9]}]}), 400, 1001),
        ("PUT", annotation, json!({"objects": [{"class": "b", "bbox": [0, 0, 9, 9]}]}), 400, 1001),
        ("PUT", annotation, json!({"objects": 1}), 400, 1001),
        ("GET", "/training/tasks/7", bare.clone(), 404, 1002),
        ("PUT", sets, json!({"task_id": 7, "training_count": 1, "verifying_count": 0, "testing_count": 0}), 404, 1002),
        ("POST", copies, json!({"task_id_old": 7, "task_id": 9}), 404, 1002),
        ("GET", annotation, bare.clone(), 404, 1003),
        ("GET", "/training/files/7", bare.clone(), 404, 1003),
        ("PUT", class, json!({"name": "x"}), 404, 1003),
        ("PUT", files, json!({"task_id": task, "img_id_list": [7]}), 404, 1003),
        ("POST", files, images(json!([info("x", 4)])), 422, 1004),
        ("POST", copies, json!({"task_id_old": task, "task_id": 8}), 409, 1005),
        ("POST", "/training/tasks", json!({"task_name": "x", "task_type": 1, "task_id": 8}), 409, 1005),
        ("POST", files, images(json!([info("x", 1), info("x", 1)])), 422, 1006),
        ("PUT", sets, counts([5, 5, 5]), 422, 1007),
        ("PUT", sets, counts([3, -1, 0]), 422, 1010),
        ("PUT", sets, counts([3, 0, -1]), 422, 1011),
        ("GET", unknown_set, bare.clone(), 422, 1013),
        ("PUT", "/training/files/LATE", json!("no picture"), 422, 1004),
        ("POST", files, images(json!(many)), 413, 1015),
        ("PUT", "/training/images/LATE/state", json!({"state": 3}), 409, 1016),
        ("PUT", bytes, json!("other bytes"), 409, 1016),
    ] {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        for (headers, is_english) in READERS {
            let msg = server.send(method, &address(path), headers, text.as_bytes()).expect_code(status, code);
            assert_eq!(is_chinese(&msg), !is_english, "{method} {path} {headers:?}: {msg}");
        }
    }
    successes_are_in_the_readers_language(&server, &task, &image);
}

/// What succeeds without a text of the documents, and what has changed meanwhile.
fn successes_are_in_the_readers_language(server: &Server, task: &str, image: &str) {
    let annotation = format!("/training/images/{image}/annotation");
    for (headers, is_english) in READERS {
        let get = |path: &str| server.get_with(path, headers).expect_fine()["msg"].to_string();
        let state = format!("/training/images/{image}/state");
        let changed = server.send("PUT", &state, headers, br#"{"state":3}"#).expect_fine();
        for msg in [get("/training/tasks"), get(&format!("/training/tasks/{task}")), changed["msg"].to_string()] {
            assert_eq!(is_chinese(&msg), !is_english, "{headers:?}: {msg}");
        }
        let outdated: Vec<(&str, &str)> = headers.iter().copied().chain([("If-Match", "\"x\"")]).collect();
        let msg = server.send("PUT", &annotation, &outdated, br#"{"objects":[]}"#).expect_code(412, 1017);
        assert_eq!(is_chinese(&msg), !is_english, "{headers:?}: {msg}");
    }
}

fn ids_may_be_numbers_digits_or_in_quotes(db: Db) {
    let server = Server::start(db);
    for id in ["1", "9007199254740993", "2018062212345678911", "9223372036854775807"] {
        let made = |id: &str| {
            let body = format!(r#"{{"task_name":"x","task_type":1,"task_id":{id}}}"#);
            server.send("POST", "/training/tasks", &[], body.as_bytes())
        };
        assert_eq!(made(id).expect_fine()["task_id"], id);
        made(&format!("\"{id}\"")).expect_code(409, 1005);
        for query in [format!("task_id={id}"), format!("task_id=%22{id}%22")] {
            server.get(&format!("/training/tasks/sets?{query}&set_type_id=0")).expect_code(404, 1012);
        }
    }
    for id in ["0", "-1", "1.5", "1e3", "9223372036854775808", "\"x\"", "\"\"", "\" 1\"", "true", "[1]", "{}"] {
        let body = format!(r#"{{"task_name":"x","task_type":1,"task_id":{id}}}"#);
        server.send("POST", "/training/tasks", &[], body.as_bytes()).expect_code(400, 1001);
        let body = format!(r#"{{"task_id":{id},"img_id_list":[1]}}"#);
        server.send("PUT", "/training/files/files", &[], body.as_bytes()).expect_code(400, 1001);
        let body = format!(r#"{{"task_id":1,"img_id_list":[{id}]}}"#);
        server.send("PUT", "/training/files/files", &[], body.as_bytes()).expect_code(400, 1001);
    }
    for id in ["", "0", "-1", "x", "%22", "%22%22", "%221", "1.0", "9223372036854775808"] {
        server.get(&format!("/training/tasks/sets?task_id={id}&set_type_id=0")).expect_code(400, 1001);
    }
}

fn unknown_addresses_and_methods_are_told(db: Db) {
    let server = Server::start(db);
    for path in ["/training", "/training/", "/training/x", "/training/tasks/1/x", "/training/files/files/1/2"] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            server.send(method, path, &[], b"").expect_code(404, 1001);
        }
    }
    for (method, path, allow) in [
        ("DELETE", "/training/files/files", "POST, PUT"),
        ("POST", "/training/tasks/sets", "GET, HEAD, PUT"),
        ("DELETE", "/training/images/1/annotation", "GET, HEAD, PUT"),
    ] {
        let answer = server.send(method, path, &[], b"{}");
        assert!(answer.need("allow").contains(allow.split(", ").next().expect("one")), "{}", answer.need("allow"));
        answer.expect_code(405, 1001);
    }
}
