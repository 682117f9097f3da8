//! The literal requests of seed 001, as the front end that it was written for sends them.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::training::img_info;
use crate::support::{Db, Server};

on_both_databases!(the_requests_of_the_document_are_answered_to_the_letter, wrong_counts_have_the_documents_codes);

/// The document's own body, §1.1.
const SPLIT: &str = r#"{
    "task_id":"2018062212345678911",
    "training_count":7,
    "verifying_count":2,
    "testing_count":1
}"#;

const SETS: &str = "/training/tasks/sets";

/// The task of the document with ten images; their ids.
fn prepared(server: &Server) -> Vec<String> {
    let task = json!({"task_name": "汽车", "task_type": 1, "task_id": "2018062212345678911"});
    server.send_json("POST", "/training/tasks", &task).expect_fine();
    let name = |at: usize| if at == 0 { "img_拓海_1.png".to_owned() } else { format!("img_{at}.jpg") };
    let images: Vec<Value> = (0..10).map(|at| img_info(&name(at), 1, 1111, 11, 11)).collect();
    let body = json!({"task_id": "2018062212345678911", "img_info": images});
    let answer = server.send_json("POST", "/training/files/files", &body).expect_fine();
    (0..10).map(|at| answer["img_datas"][name(at)].as_str().expect("an id").to_owned()).collect()
}

fn split(server: &Server, body: &str) -> crate::support::http::Answer {
    // Clients of that time send it without a type, or with this one.
    server.send("PUT", SETS, &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes())
}

fn lists(body: &Value) -> [Vec<String>; 3] {
    ["training", "verifying", "testing"].map(|set| {
        let list = body[format!("img_ids_set_{set}")].as_array().expect("a list");
        list.iter().map(|id| id.as_str().expect("ids are strings").to_owned()).collect()
    })
}

fn the_requests_of_the_document_are_answered_to_the_letter(db: Db) {
    let server = Server::start(db);
    let ids = prepared(&server);
    let answer = split(&server, SPLIT).expect(200);
    assert!(answer.need("content-type").starts_with("application/json"));
    assert_eq!(answer.need("content-length"), answer.body.len().to_string());
    let body = answer.json();
    assert_eq!((&body["code"], &body["msg"]), (&json!(0), &json!("TaskImgRel 表 图像集合数据更新， 成功")));
    let sets = lists(&body);
    assert_eq!([sets[0].len(), sets[1].len(), sets[2].len()], [7, 2, 1]);
    let mut all = sets.concat();
    all.sort_unstable();
    let mut known = ids.clone();
    known.sort_unstable();
    assert_eq!(all, known, "each image stands in one set");
    assert!(body["seed"].as_u64().is_some_and(|seed| seed < 1 << 53), "{body}");

    // §2.1: the id in double quotes, as clients encode them, and the address as the document prints it.
    for (query, set) in [
        ("?task_id=%222018062212345678911%22&set_type_id=1", 2),
        ("?task_id=2018062212345678911&amp;amp;amp;amp;amp;amp;amp;amp;amp;set_type_id=2", 1),
        ("?task_id=2018062212345678911&set_type_id=%220%22", 0),
    ] {
        let answer = server.get(&format!("{SETS}{query}")).expect(200);
        let text = answer.text();
        let code = [0, 2, 1][set];
        let begins = format!(
            "{{\"code\":0,\"msg\":\"集合编号id={code}的图像数据查询成功\",\"task_id\":2018062212345678911,\"img_info_list\":[{{\"img_name\":"
        );
        assert!(text.starts_with(&begins), "{text}");
        let listed = answer.json()["img_info_list"].as_array().expect("a list").clone();
        let found: Vec<&str> = listed.iter().map(|image| image["img_id"].as_str().expect("a string")).collect();
        let mut orders: Vec<i64> = listed.iter().map(|image| image["order_id"].as_i64().expect("a number")).collect();
        assert!(orders.is_sorted());
        orders.dedup();
        assert_eq!(orders.len(), found.len());
        assert!(listed.iter().all(|image| image["state"] == 0));
        assert_eq!(found, sets[set]);
    }

    // §1.3: a set without images is an empty list; §2.2: and asking for it is answered so.
    let body = split(&server, &SPLIT.replace(":2", ":0").replace(":7", ":9").replace("9\"", "7\"")).expect_fine();
    assert_eq!(body["img_ids_set_verifying"], json!([]));
    let empty = server.get(&format!("{SETS}?task_id=2018062212345678911&set_type_id=2"));
    let msg = empty.expect_code(404, 1012);
    assert_eq!(msg, "获取 任务id为 2018062212345678911，属于集合 2，的图像的相关数据 失败");
}

fn wrong_counts_have_the_documents_codes(db: Db) {
    let server = Server::start(db);
    prepared(&server);
    let body = |training: i64, verifying: i64, testing: i64| {
        json!({"task_id": 2_018_062_212_345_678_911_i64, "training_count": training, "verifying_count": verifying,
               "testing_count": testing})
        .to_string()
    };
    let answer = split(&server, &body(0, 9, 1)).expect(422);
    assert_eq!(answer.json(), json!({"code": 1009, "msg": "训练集中图像的个数不能小于等于0"}));
    split(&server, &body(-7, 9, 8)).expect_code(422, 1009);
    split(&server, &body(11, -1, 0)).expect_code(422, 1010);
    split(&server, &body(11, 0, -1)).expect_code(422, 1011);
    split(&server, &body(7, 2, 2)).expect_code(422, 1007);
    split(&server, &body(i64::MAX, i64::MAX, i64::MAX)).expect_code(422, 1007);
    split(&server, &body(7, 2, 1).replace("2018062212345678911", "5")).expect_code(404, 1002);
    server.get(&format!("{SETS}?task_id=5&set_type_id=1")).expect_code(404, 1002);
    server.get(&format!("{SETS}?task_id=2018062212345678911&set_type_id=3")).expect_code(422, 1013);
    let sets = server.task("2018062212345678911");
    assert_eq!(sets["counts"]["sets"], json!({"training": 10, "verifying": 0, "testing": 0}), "nothing was changed");
    assert_eq!(sets["split"], Value::Null);
}
