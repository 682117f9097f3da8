//! Tasks, their label classes, and logical delete, as clients see them.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::training::img_info;
use crate::support::upload::word;
use crate::support::{Db, Server, pictures};

on_both_databases!(
    a_task_is_told_whole,
    a_chosen_id_is_never_given_twice,
    ids_come_in_three_forms,
    tasks_are_listed_newest_first,
    label_classes_keep_their_order,
    a_used_label_class_stays,
    a_delete_is_all_or_nothing_and_comes_back_as_it_was,
    ten_thousand_images_fit_and_one_more_does_not,
    unknown_paths_and_methods_have_the_envelope,
);

fn a_task_is_told_whole(db: Db) {
    let server = Server::start(db);
    let body = json!({"task_name": "猫狗", "task_type": 2,
        "lab_class_list": [{"name": "猫", "color": "#223344"}, {"name": "狗", "color": "#AABBCC"}]});
    let made = server.send_json("POST", "/training/tasks", &body).expect_fine();
    let id = word(&made["task_id"]);
    assert!(id.len() == 19 && id.starts_with("20"), "{id}");
    assert!(server.data_dir().join("tasks").join(&id).is_dir());
    let mut task = server.task(&id);
    let created = word(&task["created_at"]);
    assert!(created.ends_with('Z') && created.len() == 24, "{created}");
    task["created_at"].take();
    let mut ids = Vec::new();
    for class in task["lab_class_list"].as_array_mut().expect("a list") {
        ids.push(class["id"].take().as_i64().filter(|id| (1..1 << 53).contains(id)).expect("a small number"));
    }
    ids.dedup();
    assert_eq!(ids.len(), 2);
    let expected = json!({
        "task_id": id, "task_name": "猫狗", "task_type": 2, "created_at": null,
        "counts": {"sets": {"training": 0, "verifying": 0, "testing": 0},
                   "states": {"0": 0, "1": 0, "2": 0, "3": 0, "4": 0, "5": 0}},
        "lab_class_list": [{"id": null, "name": "猫", "color": "#223344", "order_id": 1},
                           {"id": null, "name": "狗", "color": "#AABBCC", "order_id": 2}],
        "copied_from": [], "split": null, "lock": [],
    });
    assert_eq!(task, expected);
}

fn a_chosen_id_is_never_given_twice(db: Db) {
    let server = Server::start(db);
    let body = |id: &str| json!({"task_name": "a", "task_type": 1, "task_id": id});
    for id in ["9223372036854775807", "1"] {
        assert_eq!(server.send_json("POST", "/training/tasks", &body(id)).expect_fine()["task_id"], id);
        server.send_json("POST", "/training/tasks", &body(id)).expect_code(409, 1005);
    }
    server.delete("/training/tasks/1").expect_fine();
    server.send_json("POST", "/training/tasks", &body("1")).expect_code(409, 1005);
    server.get("/training/tasks/1").expect_code(404, 1002);
    server.delete("/training/tasks/1").expect_code(404, 1002);
    let twice = json!({"task_name": "a", "task_type": 1,
        "lab_class_list": [{"name": "x", "color": "#112233"}, {"name": "x", "color": "#112234"}]});
    server.send_json("POST", "/training/tasks", &twice).expect_code(422, 1006);
}

fn ids_come_in_three_forms(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let number: i64 = task.parse().expect("digits");
    for (place, id) in [json!(number), json!(task)].iter().enumerate() {
        let name = format!("{place}.png");
        let body = json!({"task_id": id, "img_info": [img_info(&name, 1, 10, 5, 5)]});
        server.send_json("POST", "/training/files/files", &body).expect_fine();
    }
    assert_eq!(server.task(&format!("%22{task}%22"))["counts"]["states"]["0"], 2);
}

fn tasks_are_listed_newest_first(db: Db) {
    let server = Server::start(db);
    let nothing = server.get("/training/tasks").expect_fine();
    assert_eq!(nothing["items"], json!([]), "before the first task, too");
    let mut made = Vec::new();
    for name in ["Alpha", "beta", "ALPHABET", "图像", "gamma"] {
        let body = json!({"task_name": name, "task_type": 1});
        made.push(word(&server.send_json("POST", "/training/tasks", &body).expect_fine()["task_id"]));
    }
    made.reverse();
    let ids =
        |pages: Vec<Vec<Value>>| -> Vec<String> { pages.concat().iter().map(|task| word(&task["task_id"])).collect() };
    assert_eq!(ids(server.pages("/training/tasks")), made);
    let pages = server.pages("/training/tasks?limit=2");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(ids(pages), made);
    let named = |q: &str| -> Vec<String> {
        let page = server.json(&format!("/training/tasks?q={q}"));
        page["items"].as_array().expect("items").iter().map(|task| word(&task["task_name"])).collect()
    };
    assert_eq!(named("alpha"), ["ALPHABET", "Alpha"]);
    assert_eq!(named("%E5%9B%BE"), ["图像"]);
    server.delete(&format!("/training/tasks/{}", made[0])).expect_fine();
    assert_eq!(ids(server.pages("/training/tasks")), made[1..]);
    for bad in ["limit=0", "limit=1001", "limit=x", "cursor=zzz", "cursor=t61"] {
        server.get(&format!("/training/tasks?{bad}")).expect_code(400, 1001);
    }
}

fn label_classes_keep_their_order(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a", "b"]);
    let path = format!("/training/tasks/{task}/classes");
    let added = server.send_json("POST", &path, &json!({"name": "c", "color": "#0f0F0f"})).expect_fine();
    assert!(added["id"].is_i64(), "{added}");
    server.send_json("POST", &path, &json!({"name": "a", "color": "#112233"})).expect_code(409, 1005);
    let list = || server.task(&task)["lab_class_list"].clone();
    let one = |place: usize| format!("{path}/{}", list()[place]["id"]);
    server.send_json("PUT", &one(1), &json!({"name": "a"})).expect_code(409, 1005);
    server.send_json("PUT", &one(1), &json!({"name": "b", "color": "#ffffff"})).expect_fine();
    server.send_json("PUT", &one(2), &json!({"name": "ç"})).expect_fine();
    server.delete(&one(0)).expect_fine();
    let rows: Vec<(String, String, i64)> = list()
        .as_array()
        .expect("a list")
        .iter()
        .map(|class| (word(&class["name"]), word(&class["color"]), class["order_id"].as_i64().expect("a number")))
        .collect();
    assert_eq!(rows, [("b".into(), "#ffffff".into(), 1), ("ç".into(), "#0f0F0f".into(), 2)]);
    // A class of another task is none of this one.
    let other = server.new_task(&["x"]);
    let foreign = server.task(&other)["lab_class_list"][0]["id"].clone();
    for (method, body) in [("PUT", json!({"name": "y"})), ("DELETE", json!({}))] {
        server.send_json(method, &format!("{path}/{foreign}"), &body).expect_code(404, 1003);
    }
    assert_eq!(server.task(&other)["lab_class_list"][0]["name"], "x");
}

fn a_used_label_class_stays(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a", "b"]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    server.send_json("PUT", &path, &json!({"objects": [{"class": "b", "bbox": [0, 0, 5, 5]}]})).expect_fine();
    let classes = server.task(&task)["lab_class_list"].clone();
    let one = |place: usize| format!("/training/tasks/{task}/classes/{}", classes[place]["id"]);
    let msg = server.delete(&one(1)).expect_code(409, 1016);
    assert!(msg.contains('1'), "{msg}");
    server.delete(&one(0)).expect_fine();
    server.send_json("PUT", &path, &json!({"objects": []})).expect_fine();
    server.delete(&one(1)).expect_fine();
    assert_eq!(server.task(&task)["lab_class_list"], json!([]));
}

fn a_delete_is_all_or_nothing_and_comes_back_as_it_was(db: Db) {
    let server = Server::start(db);
    let (task, other) = (server.new_task(&[]), server.new_task(&[]));
    let png = pictures::png(30, 20, 1);
    let a = server.ready_png(&task, "a.png", (30, 20), &png);
    let b = server.register_png(&task, "b.png", (30, 20), &png);
    let foreign = server.register_png(&other, "a.png", (30, 20), &png);
    server.send_json("PUT", &format!("/training/images/{a}/state"), &json!({"state": 4})).expect_fine();
    let before = server.task(&task);
    let list = |ids: &[&str]| json!({"task_id": task, "img_id_list": ids});
    for path in ["/training/files/files", "/training/files/restore"] {
        let method = if path.ends_with("restore") { "POST" } else { "PUT" };
        for ids in [[a.as_str(), foreign.as_str()], [a.as_str(), "12345"]] {
            server.send_json(method, path, &list(&ids)).expect_code(404, 1003);
        }
        assert_eq!(server.task(&task), before, "{path}");
    }
    server.send_json("PUT", "/training/files/files", &list(&[&a, &a])).expect_fine();
    assert_eq!(server.task(&task)["counts"]["states"], json!({"0": 1, "1": 0, "2": 0, "3": 0, "4": 0, "5": 0}));
    // Deleted: gone from everywhere, and not to be deleted twice.
    server.send_json("PUT", "/training/files/files", &list(&[&b, &a])).expect_code(404, 1003);
    for end in ["", "/thumb"] {
        server.get(&format!("/training/files/{a}{end}")).expect_code(404, 1003);
    }
    server.send_json("PUT", &format!("/training/images/{a}/state"), &json!({"state": 1})).expect_code(404, 1003);
    server.send("PUT", &format!("/training/files/{a}"), &[], &png).expect_code(404, 1003);
    server.send_json("POST", "/training/files/restore", &list(&[&a, &b])).expect_fine();
    assert_eq!(server.task(&task), before);
    assert_eq!(server.get(&format!("/training/files/{a}")).expect(200).body, png);
}

fn ten_thousand_images_fit_and_one_more_does_not(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let long = "图".repeat(83);
    let images = |count: usize| -> Vec<Value> {
        (0..count).map(|at| img_info(&format!("{long}{at:05}"), 1, 10, 5, 5)).collect()
    };
    let register = |images: &[Value]| {
        server.send_json("POST", "/training/files/files", &json!({"task_id": task, "img_info": images}))
    };
    register(&images(10_001)).expect_code(413, 1015);
    let mut twice = images(3);
    twice[2] = twice[0].clone();
    register(&twice).expect_code(422, 1006);
    assert_eq!(server.task(&task)["counts"]["sets"]["training"], 0);
    let made = register(&images(10_000)).expect_fine();
    let ids: Vec<i64> =
        made["img_datas"].as_object().expect("a map").values().map(|id| word(id).parse().expect("digits")).collect();
    assert_eq!(ids.len(), 10_000);
    assert_eq!(server.task(&task)["counts"]["sets"]["training"], 10_000);
}

fn unknown_paths_and_methods_have_the_envelope(db: Db) {
    let server = Server::start(db);
    for path in ["/training", "/training/nothing", "/training/tasks/1/none", "/training/images/1"] {
        server.get(path).expect_code(404, 1001);
    }
    let wrong = server.send("PATCH", "/training/tasks", &[], b"");
    assert_eq!(wrong.need("allow"), "GET, HEAD, POST");
    wrong.expect_code(405, 1001);
    server.get("/training/tasks/%ff").expect_code(400, 1001);
    server.get("/training/tasks/abc").expect_code(400, 1001);
    let cross = server.send("POST", "/training/tasks", &[("Sec-Fetch-Site", "cross-site")], b"{}");
    cross.expect_code(403, 1401);
}
