//! What splits do beyond the document: seeds, ratios, locks, groups, pages, the audit (contract §2.4).

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::http::Answer;
use crate::support::settings::Settings;
use crate::support::training::img_info;
use crate::support::{Db, Server};

on_both_databases!(
    seeds_and_ratios,
    a_lock_is_told_and_lifted,
    groups_and_the_audit,
    plain_pictures_are_told,
    pages_of_a_set
);

const SETS: &str = "/training/tasks/sets";

fn registered(server: &Server, task: &str, images: usize) -> Vec<String> {
    let infos: Vec<Value> = (0..images)
        .map(|at| {
            let mut info = img_info(&format!("{at}.png"), 1, 9, 3, 3);
            info["group"] = json!(format!("session {}", at / 2));
            info
        })
        .collect();
    let answer =
        server.send_json("POST", "/training/files/files", &json!({"task_id": task, "img_info": infos})).expect_fine();
    (0..images).map(|at| answer["img_datas"][format!("{at}.png")].as_str().expect("an id").to_owned()).collect()
}

fn split(server: &Server, task: &str, counts: [i64; 3], more: &Value) -> Answer {
    let mut body =
        json!({"task_id": task, "training_count": counts[0], "verifying_count": counts[1], "testing_count": counts[2]});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    server.send_json("PUT", SETS, &body)
}

fn orders(server: &Server, task: &str, set: u8) -> Vec<i64> {
    let body = server.get(&format!("{SETS}?task_id={task}&set_type_id={set}")).expect_fine();
    body["img_info_list"].as_array().expect("a list").iter().map(|image| image["order_id"].as_i64().unwrap()).collect()
}

fn seeds_and_ratios(db: Db) {
    let server = Server::start(db);
    let (one, two) = (server.new_task(&[]), server.new_task(&[]));
    registered(&server, &one, 30);
    registered(&server, &two, 30);
    let seed = (1_u64 << 53) - 1;
    split(&server, &one, [20, 6, 4], &json!({"seed": seed})).expect_fine();
    let ratios = json!({"task_id": two, "ratios": {"training": 20, "verifying": 6, "testing": 4}, "seed": seed});
    let body = server.send_json("PUT", SETS, &ratios).expect_fine();
    assert_eq!(body["seed"], seed);
    // The golden vector of the generator.
    assert_eq!(orders(&server, &one, 1), [6, 16, 19, 21]);
    assert_eq!(orders(&server, &one, 2), [1, 8, 13, 18, 23, 24]);
    for set in 0..3 {
        assert_eq!(orders(&server, &one, set), orders(&server, &two, set));
    }
    let told = server.task(&two)["split"].clone();
    assert_eq!(told, body["split"]);
    assert_eq!(told["algorithm"], "granary-split-1 (chacha20, fisher-yates)");
    assert_eq!(told["requested"]["ratios"], json!({"training": 20.0, "verifying": 6.0, "testing": 4.0}));
    assert_eq!(told["got"], json!({"training": 20, "verifying": 6, "testing": 4}));
    assert_eq!(told["digest"].as_str().map(str::len), Some(64));
    for bad in [
        json!({"seed": 1_u64 << 53}),
        json!({"seed": -1}),
        json!({"seed": 1.5}),
        json!({"seed": "1"}),
        json!({"ratios": {"training": 1, "verifying": 0, "testing": 0}}),
        json!({"lock": "testing"}),
        json!({"lock": ["tests"]}),
        json!({"stratify": 1}),
        json!({"training_count": "7"}),
        json!({"testing_count": null}),
    ] {
        split(&server, &one, [20, 6, 4], &bad).expect_code(400, 1001);
    }
    for bad in
        [json!({}), json!({"training": 1, "verifying": 1}), json!({"training": -1, "verifying": 1, "testing": 1})]
    {
        server.send_json("PUT", SETS, &json!({"task_id": one, "ratios": bad})).expect_code(400, 1001);
    }
    server.send_json("PUT", SETS, &json!({"task_id": one, "training_count": 30})).expect_code(400, 1001);
}

fn a_lock_is_told_and_lifted(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    registered(&server, &task, 10);
    split(&server, &task, [6, 2, 2], &json!({"lock": ["testing"]})).expect_fine();
    let locked = orders(&server, &task, 1);
    assert_eq!(server.task(&task)["lock"], json!(["testing"]));
    for seed in 0..5 {
        let body = split(&server, &task, [5, 3, 2], &json!({"seed": seed})).expect_fine();
        assert_eq!(body["split"]["requested"]["lock"], json!(["testing"]));
        assert_eq!(orders(&server, &task, 1), locked);
    }
    let refused = split(&server, &task, [8, 1, 1], &json!({})).expect(422).json();
    assert_eq!(refused["code"], 1007);
    assert_eq!(refused["nearest"], json!({"training": 8, "verifying": 0, "testing": 2}));
    split(&server, &task, [8, 1, 1], &json!({"lock": []})).expect_fine();
    assert_eq!(server.task(&task)["lock"], json!([]));
}

fn groups_and_the_audit(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    registered(&server, &task, 20);
    let refused = split(&server, &task, [13, 4, 3], &json!({"group": true})).expect(422).json();
    assert_eq!(refused["code"], 1007);
    assert_eq!(refused["nearest_proven"], true);
    let nearest = &refused["nearest"];
    assert_eq!(nearest["training"].as_i64().unwrap() % 2, 0, "{refused}");
    let body = split(&server, &task, [12, 4, 4], &json!({"group": true, "seed": 1})).expect_fine();
    let crowded = json!({"chains": 0, "images": 0});
    let groups = json!({"count": 10, "largest": 2, "torn": 0, "crowded": crowded, "plain": 0, "busy": 0});
    assert_eq!((&body["groups"], &body["split"]["groups"]), (&groups, &groups));
    assert_eq!(server.task(&task)["split"]["groups"], groups);
    let audit = format!("/training/tasks/{task}/audit");
    let clean = server.get(&audit).expect_fine();
    assert_eq!((&clean["leaks"], &clean["next"]), (&json!([]), &Value::Null));
    assert_eq!((&clean["plain"], &clean["busy"]), (&json!(0), &json!(0)));
    split(&server, &task, [12, 4, 4], &json!({"seed": 1})).expect_fine();
    let leaky = server.get(&audit).expect_fine();
    let leak = &leaky["leaks"][0];
    assert_eq!((&leak["kind"], &leak["distance"]), (&json!("group"), &Value::Null));
    assert_ne!(leak["a"]["set"], leak["b"]["set"]);
    assert_eq!(leak["a"]["task_id"], task);
    let first = server.get(&format!("{audit}?limit=1")).expect_fine();
    let next = first["next"].as_str().expect("more than one");
    let second = server.get(&format!("{audit}?limit=1&cursor={next}")).expect_fine();
    assert_eq!(second["leaks"][0], leaky["leaks"][1]);
    split(&server, &task, [12, 4, 4], &json!({"seed": 2})).expect_fine();
    server.get(&format!("{audit}?limit=1&cursor={next}")).expect_code(409, 1016);
    // The same sessions in another task, all in training.
    let other = server.new_task(&[]);
    registered(&server, &other, 20);
    let across = server.get(&format!("{audit}?against={other}")).expect_fine();
    let pairs = across["leaks"].as_array().expect("a list");
    assert!(pairs.iter().any(|leak| leak["b"]["task_id"] == other.as_str()), "{across}");
    server.get(&format!("{audit}?against=5")).expect_code(404, 1002);
    server.get(&format!("{audit}?against=x")).expect_code(400, 1001);
    server.get("/training/tasks/5/audit").expect_code(404, 1002);
}

fn plain_pictures_are_told(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    for side in [40, 41] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(side, 40).write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
        server.ready_png(&task, &format!("{side}.png"), (side, 40), &bytes.into_inner());
    }
    let page = |language| {
        let path = format!("/tasks/{task}/split");
        server.get_with(&path, &[("Accept-Language", language)]).expect(200).text()
    };
    assert!(!page("en").contains("too plain"), "nothing was split yet");
    let body = split(&server, &task, [1, 0, 1], &json!({"group": true})).expect_fine();
    assert_eq!((&body["groups"]["plain"], &body["split"]["groups"]["plain"]), (&json!(2), &json!(2)));
    let audit = server.get(&format!("/training/tasks/{task}/audit")).expect_fine();
    assert_eq!((&audit["leaks"], &audit["plain"], &audit["busy"]), (&json!([]), &json!(2), &json!(0)));
    assert!(page("en").contains("2 images: too plain to compare by looks"));
    assert!(page("zh-CN").contains("2 张图像内容过于单调，无法按外观比较"));
}

fn pages_of_a_set(db: Db) {
    let server = Server::start_with(db, Settings::relaxed().set("ROCKET_TRAINING", r#"{set_codes="one_based"}"#));
    let task = server.new_task(&[]);
    registered(&server, &task, 3000);
    split(&server, &task, [2500, 400, 100], &json!({"seed": 3})).expect_fine();
    let whole = orders(&server, &task, 1);
    assert_eq!(whole.len(), 2500, "seed 000's dictionary: 1 is training");
    assert_eq!((orders(&server, &task, 2).len(), orders(&server, &task, 3).len()), (400, 100));
    server.get(&format!("{SETS}?task_id={task}&set_type_id=0")).expect_code(422, 1013);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{SETS}?task_id={task}&set_type_id=1&limit=700{cursor}")).expect_fine();
        let images = page["img_info_list"].as_array().expect("a list");
        paged.extend(images.iter().map(|image| image["order_id"].as_i64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, whole);
    for bad in ["limit=0", "limit=1001", "limit=x", "cursor=x"] {
        server.get(&format!("{SETS}?task_id={task}&set_type_id=1&{bad}")).expect_code(400, 1001);
    }
    server.get(&format!("{SETS}?set_type_id=1")).expect_code(400, 1001);
    server.get(&format!("{SETS}?task_id={task}")).expect_code(400, 1001);
}
