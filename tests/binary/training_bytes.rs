//! The bytes of training images: what was registered, and nothing else.

use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use crate::on_both_databases;
use crate::support::form::{self, Form};
use crate::support::training::img_info;
use crate::support::upload::word;
use crate::support::{Db, Server, pictures, sha256, wait};

on_both_databases!(
    bytes_make_an_image_ready,
    other_bytes_are_refused_and_not_kept,
    forms_carry_bytes_too,
    a_form_registers_and_stores_in_one_go,
    a_tag_is_imported_without_a_copy,
    a_tag_is_imported_whatever_unicode_form_it_is_asked_in,
    bytes_survive_purges_and_restarts,
);

fn bytes_make_an_image_ready(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let png = pictures::png(30, 20, 1);
    let image = server.register_png(&task, "a.png", (30, 20), &png);
    let path = format!("/training/files/{image}");
    server.get(&path).expect_code(404, 1003);
    server.send("PUT", &path, &[], &png).expect_fine();
    assert_eq!(server.task(&task)["counts"]["states"]["1"], 1);
    let whole = server.get(&path).expect(200);
    assert_eq!((whole.need("content-type"), &whole.body), ("image/png", &png));
    let etag = whole.need("etag").to_owned();
    let part = server.get_with(&path, &[("Range", "bytes=2-4")]).expect(206);
    assert_eq!(part.body, png[2..5]);
    server.get_with(&path, &[("If-None-Match", &etag)]).expect(304);
    server.get_with(&path, &[("Range", "bytes=999999-")]).expect_code(416, 1001);
    let thumb = server.get(&format!("{path}/thumb")).expect(200);
    assert_eq!(thumb.need("content-type"), "image/jpeg");
    // No byte is kept twice: the folder's file is the blob.
    let blob = server.blob(&sha256(&png)).metadata().expect("the blob");
    let link = server.data_dir().join(format!("tasks/{task}/{image}.png")).metadata().expect("the link");
    assert_eq!(blob.ino(), link.ino());
    // Once more: success, nothing changes. Other bytes: 409.
    server.send("PUT", &path, &[], &png).expect_fine();
    server.send("PUT", &path, &[], &pictures::png(30, 20, 2)).expect_code(409, 1016);
    assert_eq!(server.get(&path).body, png);
    assert_eq!(server.blobs().len(), 1);
}

fn other_bytes_are_refused_and_not_kept(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let png = pictures::png(30, 20, 1);
    let image = server.register_png(&task, "a.png", (30, 20), &png);
    let path = format!("/training/files/{image}");
    let mut longer = png.clone();
    longer.push(0);
    for (bytes, code) in [
        (pictures::jpeg(30, 20, 1), 1004),
        (b"no picture at all".to_vec(), 1004),
        (Vec::new(), 1004),
        (longer, 1014),
        (pictures::png(20, 30, 1), 1014),
    ] {
        server.send("PUT", &path, &[], &bytes).expect_code(422, code);
    }
    assert_eq!(server.task(&task)["counts"]["states"]["0"], 1);
    assert!(server.blobs().is_empty() && server.staged().is_empty());
    let folder = server.data_dir().join(format!("tasks/{task}"));
    assert_eq!(folder.read_dir().expect("the folder").count(), 0);
    // Width and height are those of the picture as displayed.
    let turned = pictures::jpeg_with_orientation(40, 20, 6);
    let body = json!({"task_id": task, "img_info": [img_info("t.jpg", 2, turned.len(), 20, 40)]});
    let made = server.send_json("POST", "/training/files/files", &body).expect_fine();
    let turned_path = format!("/training/files/{}", word(&made["img_datas"]["t.jpg"]));
    server.send("PUT", &turned_path, &[], &turned).expect_fine();
}

fn forms_carry_bytes_too(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let png = pictures::png(30, 20, 1);
    let image = server.register_png(&task, "a.png", (30, 20), &png);
    let path = format!("/training/files/{image}");
    let (name, media) = form::content_type();
    let send = |body: Vec<u8>| server.send("POST", &path, &[(name, &media)], &body);
    send(Form::default().text("a", "b").body()).expect_code(400, 1001);
    send(Form::default().file("f", "a", &png).file("g", "b", &png).body()).expect_code(400, 1001);
    send(Form::default().file("f", "a", &png).unfinished()).expect_code(400, 1001);
    server.post(&path, &png).expect_code(400, 1001);
    assert!(server.blobs().is_empty());
    send(Form::default().text("a", "b").file("f", "a.png", &png).body()).expect_fine();
    assert_eq!(server.get(&path).body, png);
}

fn a_form_registers_and_stores_in_one_go(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let (name, media) = form::content_type();
    let send = |form: Form| server.send("POST", "/training/files/files", &[(name, &media)], &form.body());
    let (png, jpeg, bmp) =
        (pictures::png(30, 20, 1), pictures::jpeg(20, 10, 2), pictures::picture(image::ImageFormat::Bmp, 9, 8, 3));
    let form = |with_oper: bool| {
        let form = Form::default().text("task_id", &format!("\"{task}\""));
        if with_oper { form.text("create_oper", "2018062310000000001") } else { form }
    };
    send(form(false).file("f", "a.png", &png)).expect_code(400, 1001);
    send(form(true)).expect_code(400, 1001);
    send(form(true).file("f", "a.png", &png).file("f", "a.png", &jpeg)).expect_code(422, 1006);
    send(form(true).file("f", "a.png", &png).file("f", "b.txt", b"text")).expect_code(422, 1004);
    send(Form::default().text("task_id", "77").text("create_oper", "1").file("f", "a.png", &png))
        .expect_code(404, 1002);
    assert!(server.blobs().is_empty() && server.staged().is_empty(), "all or nothing");
    assert_eq!(server.task(&task)["counts"]["sets"]["training"], 0);
    // The fields may stand behind the files.
    let last = Form::default().file("f", "图 a.png", &png).file("f", "b.jpg", &jpeg).file("f", "c.bmp", &bmp);
    let made = send(last.text("create_oper", "7").text("task_id", &task)).expect_fine();
    for (name, bytes) in [("图 a.png", &png), ("b.jpg", &jpeg), ("c.bmp", &bmp)] {
        let id = word(&made["img_datas"][name]);
        assert_eq!(&server.get(&format!("/training/files/{id}")).expect(200).body, bytes, "{name}");
        let linked = ["png", "jpg", "bmp"].iter().any(|end| {
            std::fs::read(server.data_dir().join(format!("tasks/{task}/{id}.{end}"))).is_ok_and(|there| there == *bytes)
        });
        assert!(linked, "{name}");
    }
    assert_eq!(server.task(&task)["counts"]["states"]["1"], 3);
}

fn a_tag_is_imported_without_a_copy(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let import = format!("/training/tasks/{task}/import");
    server.send_json("POST", &import, &json!({"tag": "none"})).expect_code(404, 1003);
    server.store("cars", "b.png", &pictures::png(30, 20, 1));
    server.store("cars", "a.jpg", &pictures::jpeg(30, 20, 2));
    server.store("cars", "notes.txt", b"no picture");
    let blobs = server.blobs().len();
    let first = server.send_json("POST", &import, &json!({"tag": "cars", "type": "image/jpeg"})).expect_fine();
    assert_eq!(first["img_datas"].as_object().map(serde_json::Map::len), Some(1));
    let second = server.send_json("POST", &import, &json!({"tag": "cars"})).expect_fine();
    assert_eq!(second["skipped"], 1);
    let image = word(&second["img_datas"]["b.png"]);
    assert_eq!(second["img_datas"].as_object().map(serde_json::Map::len), Some(1), "the other is there already");
    assert_eq!(server.task(&task)["counts"]["states"]["1"], 2);
    assert_eq!(server.blobs().len(), blobs);
    // A deleted one doesn't come back by importing.
    server.send_json("PUT", "/training/files/files", &json!({"task_id": task, "img_id_list": [image]})).expect_fine();
    let third = server.send_json("POST", &import, &json!({"tag": "cars"})).expect_fine();
    assert_eq!(third["img_datas"], json!({}));
    // The folder follows by itself.
    let folder = server.data_dir().join(format!("tasks/{task}"));
    let names = || folder.read_dir().ok().map(|entries| entries.flatten().map(|entry| entry.file_name()).collect());
    wait::until("the folder with the living image", || {
        names().filter(|names: &Vec<_>| names.len() == 1 && names[0].to_string_lossy().ends_with(".jpg"))
    });
    server
        .send_json("POST", "/training/files/restore", &json!({"task_id": task, "img_id_list": [image]}))
        .expect_fine();
    wait::until("both images in the folder", || names().filter(|names: &Vec<_>| names.len() == 2));
}

fn bytes_survive_purges_and_restarts(db: Db) {
    let mut server = Server::start(db);
    let task = server.new_task(&[]);
    let png = pictures::png(30, 20, 1);
    let file = server.store("cars", "a.png", &png);
    let import = format!("/training/tasks/{task}/import");
    let made = server.send_json("POST", &import, &json!({"tag": "cars"})).expect_fine();
    let image = word(&made["img_datas"]["a.png"]);
    server.delete(&format!("/api/v1/files/{}", word(&file["id"]))).expect_success();
    // Purge at once: what the image needs stays.
    let settings = crate::support::Settings::default().set("ROCKET_TRASH", r#"{keep="0 seconds"}"#);
    server.restart_with(settings);
    wait::until("the purge", || {
        (server.get(&format!("/api/v1/files/{}", word(&file["id"]))).status == 404).then_some(())
    });
    assert_eq!(server.get(&format!("/training/files/{image}")).expect(200).body, png);
    // A folder that was lost comes back when the task is next stale; a deleted task's folder goes.
    server.delete(&format!("/training/tasks/{task}")).expect_fine();
    let folder = server.data_dir().join(format!("tasks/{task}"));
    wait::until("the folder's end", || (!folder.exists()).then_some(()));
    server.get(&format!("/training/files/{image}")).expect_code(404, 1002);
}

fn a_tag_is_imported_whatever_unicode_form_it_is_asked_in(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    server.store("é", "a.png", &pictures::png(30, 20, 1));
    let import = format!("/training/tasks/{task}/import");
    let made = server.send_json("POST", &import, &json!({"tag": "e\u{301}"})).expect_fine();
    assert_eq!(made["img_datas"].as_object().map(serde_json::Map::len), Some(1), "{made}");
}
