//! The literal requests of seed 000, as the front end that it was written for sends them.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Db, Server};

on_both_databases!(the_requests_of_the_document_are_answered_to_the_letter, literal_messages_stay_chinese);

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

fn literal_messages_stay_chinese(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let english = [("Accept-Language", "en")];
    let body = REGISTER.replace("2018062212345678911", &task);
    let answer = server.send("POST", "/training/files/files", &english, body.as_bytes()).expect_fine();
    assert_eq!(answer["msg"], "插入图像信息到 ImgInfo、TaskImgRel 表，成功");
    // What the documents don't say follows the reader; Chinese where nothing is asked for.
    let path = "/training/tasks/7";
    let of = |headers: &[(&str, &str)]| server.get_with(path, headers).expect_code(404, 1002);
    assert_eq!(of(&[]), "任务 7 不存在");
    assert_eq!(of(&[("Accept-Language", "*")]), "任务 7 不存在");
    assert_eq!(of(&english), "There is no task 7.");
}
