//! Seed 002, to the letter: a task is copied with all that belongs to it (contract §2.5).

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, pictures};

on_both_databases!(
    the_answer_has_the_documents_fields,
    ids_come_in_every_form,
    set_codes_go_by_the_configuration,
    no_byte_is_copied_and_the_folder_is_the_copys_own,
    an_empty_task_takes_the_copy_and_keeps_its_name,
    what_cannot_be_copied_changes_nothing,
    a_copy_of_a_copy_knows_both,
);

const NEW: &str = "2018102439652891056";

fn duplicate(server: &Server, old: &Value, new: &Value) -> crate::support::http::Answer {
    server.send_json("POST", "/training/tasks/duplication", &json!({"task_id_old": old, "task_id": new}))
}

/// A task with two classes and three images: annotated, ready, uploading.
fn filled(server: &Server) -> String {
    let task = server.new_task(&["cat", "狗"]);
    let one = server.ready_png(&task, "xxx.png", (20, 10), &pictures::png(20, 10, 1));
    server.ready_png(&task, "gone.png", (20, 10), &pictures::png(20, 10, 2));
    server.ready_png(&task, "two.png", (20, 10), &pictures::png(20, 10, 3));
    server.register_png(&task, "three.png", (30, 40), b"not sent");
    let objects = json!({"objects": [{"class": "狗", "bbox": [1, 2, 3, 4], "more": 1.50}]});
    server.send_json("PUT", &format!("/training/images/{one}/annotation"), &objects).expect_fine();
    let gone = server.direct().number("SELECT img_id FROM images WHERE img_name = 'gone.png'");
    let list = json!({"task_id": task, "img_id_list": [gone]});
    server.send_json("PUT", "/training/files/files", &list).expect_fine();
    task
}

fn the_answer_has_the_documents_fields(db: Db) {
    let server = Server::start(db);
    let old = filled(&server);
    let answer = duplicate(&server, &json!(old), &json!(NEW)).expect(200);
    assert_eq!(answer.need("content-type"), "application/json");
    let body = answer.json();
    assert_eq!((&body["code"], &body["msg"], &body["task_type"]), (&json!(0), &json!("复制任务成功"), &json!(1)));
    let images = body["image_list"].as_array().unwrap();
    let told = |name: &str| images.iter().map(|image| image[name].clone()).collect::<Vec<_>>();
    assert_eq!(told("img_name"), ["xxx.png", "two.png", "three.png"]);
    assert_eq!(told("order_id"), [1, 2, 3], "without gaps");
    assert_eq!(told("state"), ["已标注", "就绪", "上传中"]);
    assert_eq!(told("set_type"), [0, 0, 0]);
    assert_eq!(
        (told("width"), told("height")),
        (vec![json!(20), json!(20), json!(30)], vec![json!(10), json!(10), json!(40)])
    );
    let fields: Vec<&str> = images[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = ["set_type", "img_name", "img_id", "width", "height", "state", "order_id", "mongo_id"].to_vec();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(told("mongo_id")[1..], [Value::Null, Value::Null]);

    // What is told is what is there.
    let image = word(&images[0]["img_id"]);
    assert_eq!(image.len(), 19);
    let annotation = server.get(&format!("/training/images/{image}/annotation")).expect_fine();
    assert_eq!(annotation["mongo_id"], images[0]["mongo_id"]);
    assert_eq!(word(&images[0]["mongo_id"]).len(), 24);
    assert_eq!(annotation["annotation"], json!({"objects": [{"class": "狗", "bbox": [1, 2, 3, 4], "more": 1.50}]}));
    let task = server.task(NEW);
    assert_eq!(task["lab_class_list"], body["lab_class_list"]);
    assert_eq!(task["copied_from"], json!([old]));
    assert_eq!(task["counts"]["states"], json!({"0": 1, "1": 1, "2": 1, "3": 0, "4": 0, "5": 0}));
    let class = &body["lab_class_list"][1];
    assert_eq!((&class["name"], &class["color"], &class["order_id"]), (&json!("狗"), &json!("#112233"), &json!(2)));
    let source = &server.task(&old)["lab_class_list"][1]["id"];
    assert!(class["id"].is_u64() && class["id"] != *source, "{class} is a class of its own");
}

fn ids_come_in_every_form(db: Db) {
    let server = Server::start(db);
    let old: i64 = server.new_task(&[]).parse().unwrap();
    duplicate(&server, &json!(old), &json!(7)).expect_fine();
    duplicate(&server, &json!(old.to_string()), &json!("8")).expect_fine();
    duplicate(&server, &json!("7"), &json!(9)).expect_fine();
    for bad in [json!(null), json!(1.5), json!("x"), json!([7]), json!(-1)] {
        duplicate(&server, &bad, &json!(11)).expect_code(400, 1001);
        duplicate(&server, &json!(old), &bad).expect_code(400, 1001);
    }
    server.send_json("POST", "/training/tasks/duplication", &json!([])).expect_code(400, 1001);
    assert_eq!(server.json("/training/tasks")["items"].as_array().unwrap().len(), 4);
}

fn set_codes_go_by_the_configuration(db: Db) {
    let settings = Settings::default().set("ROCKET_TRAINING", r#"{set_codes="one_based"}"#);
    let server = Server::start_with(db, settings);
    let old = filled(&server);
    let place = |order: u32, set: u32| format!("UPDATE task_images SET set_id = {set} WHERE order_id = {order}");
    server.direct().run(&[place(3, 1), place(4, 2)]);
    let body = duplicate(&server, &json!(old), &json!(NEW)).expect_fine();
    let codes: Vec<&Value> = body["image_list"].as_array().unwrap().iter().map(|image| &image["set_type"]).collect();
    assert_eq!(codes, [1, 3, 2], "1 training, 2 verifying, 3 testing");
}

fn no_byte_is_copied_and_the_folder_is_the_copys_own(db: Db) {
    let server = Server::start(db);
    let old = filled(&server);
    let before = server.blobs();
    let body = duplicate(&server, &json!(old), &json!(NEW)).expect_fine();
    let folder = server.data_dir().join("tasks").join(NEW);
    assert!(folder.is_dir(), "it exists at the answer");
    assert_eq!(server.blobs(), before);
    let image = word(&body["image_list"][0]["img_id"]);
    let file = folder.join(format!("{image}.png"));
    crate::support::wait::until_true("the image in the folder of the copy", || file.exists());
    assert_eq!(std::fs::read(&file).unwrap(), pictures::png(20, 10, 1));
    let bytes = server.get(&format!("/training/files/{image}")).expect(200);
    assert_eq!(bytes.body, pictures::png(20, 10, 1));
    // An image that was uploading still is.
    let late = word(&body["image_list"][2]["img_id"]);
    server.get(&format!("/training/files/{late}")).expect_code(404, 1003);
}

fn an_empty_task_takes_the_copy_and_keeps_its_name(db: Db) {
    let server = Server::start(db);
    let old = filled(&server);
    let body = json!({"task_name": "mine", "task_type": 3, "task_id": NEW,
                      "lab_class_list": [{"name": "cat", "color": "#000000"}, {"name": "other", "color": "#000000"}]});
    server.send_json("POST", "/training/tasks", &body).expect_fine();
    let answer = duplicate(&server, &json!(old), &json!(NEW)).expect_fine();
    assert_eq!(answer["task_type"], 1);
    let task = server.task(NEW);
    assert_eq!((&task["task_name"], &task["task_type"]), (&json!("mine"), &json!(1)));
    let names: Vec<&Value> = task["lab_class_list"].as_array().unwrap().iter().map(|class| &class["name"]).collect();
    assert_eq!(names, ["cat", "狗"], "the old one's take the place of its own");
    // New images and classes go on behind.
    server.ready_png(NEW, "four.png", (5, 5), &pictures::png(5, 5, 1));
    let class = json!({"name": "bird", "color": "#ffffff"});
    server.send_json("POST", &format!("/training/tasks/{NEW}/classes"), &class).expect_fine();
    assert_eq!(server.task(NEW)["counts"]["sets"]["training"], 4);
}

fn what_cannot_be_copied_changes_nothing(db: Db) {
    let server = Server::start(db);
    let old = filled(&server);
    duplicate(&server, &json!("404"), &json!(NEW)).expect_code(404, 1002);
    duplicate(&server, &json!("404"), &json!("404")).expect_code(404, 1002);
    duplicate(&server, &json!(old), &json!(old)).expect_code(409, 1005);
    // An image that is deleted was there all the same.
    let used = server.new_task(&["own"]);
    let image = server.ready_png(&used, "a.png", (5, 5), &pictures::png(5, 5, 1));
    let list = json!({"task_id": used, "img_id_list": [image]});
    server.send_json("PUT", "/training/files/files", &list).expect_fine();
    let before = server.task(&used);
    let msg = duplicate(&server, &json!(old), &json!(used)).expect_code(409, 1005);
    assert!(msg.contains(&used), "{msg}");
    assert_eq!(server.task(&used), before);
    let deleted = server.new_task(&[]);
    server.delete(&format!("/training/tasks/{deleted}")).expect_fine();
    duplicate(&server, &json!(old), &json!(deleted)).expect_code(409, 1005);
    duplicate(&server, &json!(deleted), &json!(NEW)).expect_code(404, 1002);
    server.get(&format!("/training/tasks/{NEW}")).expect_code(404, 1002);
    assert!(!server.data_dir().join("tasks").join(NEW).exists());
}

fn a_copy_of_a_copy_knows_both(db: Db) {
    let server = Server::start(db);
    let first = filled(&server);
    duplicate(&server, &json!(first), &json!("20")).expect_fine();
    let body = duplicate(&server, &json!("20"), &json!("30")).expect_fine();
    assert_eq!(server.task("30")["copied_from"], json!(["20", first]));
    assert_eq!(body["image_list"].as_array().unwrap().len(), 3);
    // Also where one between them is deleted.
    server.delete("/training/tasks/20").expect_fine();
    assert_eq!(server.task("30")["copied_from"], json!(["20", first]));
}
