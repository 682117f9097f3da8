//! Annotations, ROI, mask and DL pictures, and states of images.

use serde_json::json;

use crate::on_both_databases;
use crate::support::raw::Connection;
use crate::support::upload::word;
use crate::support::{Db, Server, http, pictures};

on_both_databases!(
    an_annotation_comes_back_as_it_was_sent,
    a_wrong_annotation_changes_nothing,
    large_documents_are_blobs,
    a_document_of_fifty_megabytes_is_refused,
    parts_are_kept_and_replaced,
    a_state_follows_the_bytes,
    the_rounding_of_other_formats_is_taken,
    what_changed_meanwhile_is_not_overwritten,
    conditions_are_read_as_http_has_them,
);

fn an_annotation_comes_back_as_it_was_sent(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["猫", "狗"]);
    let image = server.register_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    let id = server.task(&task)["lab_class_list"][1]["id"].clone();
    let sent = format!(
        r#"{{"by":"小王","version":1.50,"objects":[{{"class":"猫","bbox":[0,0,10.5,5],"note":[1]}},{{"class":{id},"bbox":[1,1,29,19]}}]}}"#
    );
    server.get(&path).expect_code(404, 1003);
    server.send("PUT", &path, &[], sent.as_bytes()).expect_code(409, 1016);
    server.send("PUT", &format!("/training/files/{image}"), &[], &pictures::png(30, 20, 1)).expect_fine();
    server.send("PUT", &path, &[], sent.as_bytes()).expect_fine();
    assert_eq!(server.task(&task)["counts"]["states"]["2"], 1);
    let answer = server.get(&path).expect(200);
    assert!(answer.text().contains(&sent), "to the letter: {}", answer.text());
    let body = answer.expect_fine();
    let mongo_id = word(&body["mongo_id"]);
    let number: i64 = image.parse().expect("digits");
    assert!(mongo_id.len() == 24 && mongo_id.ends_with(&format!("{number:016x}")), "{mongo_id}");
    // A class that gets another name is told by the new one.
    let first = server.task(&task)["lab_class_list"][0]["id"].clone();
    server.send_json("PUT", &format!("/training/tasks/{task}/classes/{first}"), &json!({"name": "cat"})).expect_fine();
    let body = server.get(&path).expect_fine();
    assert_eq!(body["annotation"]["objects"][0]["class"], "cat");
    assert_eq!(body["annotation"]["objects"][1]["class"], id);
    assert_eq!(body["mongo_id"], mongo_id);
}

fn a_wrong_annotation_changes_nothing(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a"]);
    let other = server.new_task(&["b"]);
    let foreign = server.task(&other)["lab_class_list"][0]["id"].clone();
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    server.send_json("PUT", &path, &json!({"objects": []})).expect_fine();
    let before = (server.task(&task), server.get(&path).expect_fine());
    let object = |class: &serde_json::Value, bbox: serde_json::Value| {
        json!({"objects": [{"class": class, "bbox": bbox}]}).to_string()
    };
    let a = json!("a");
    for bad in [
        "not json".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        json!({"objects": "none"}).to_string(),
        object(&json!("b"), json!([0, 0, 1, 1])),
        object(&foreign, json!([0, 0, 1, 1])),
        object(&a, json!([0, 0, 31, 1])),
        object(&a, json!([0, 0, 1, 20.5])),
        object(&a, json!([-1, 0, 1, 1])),
        object(&a, json!([0, 0, 0, 1])),
        object(&a, json!([0, 0, 1])),
        object(&a, json!([0, 0, "1", 1])),
        format!(r#"{{"objects":[],"x":{}}}"#, "[".repeat(1_000_000)),
        format!(r#"{{"objects":[],"x":{}{}}}"#, "[".repeat(500_000), "]".repeat(500_000)),
    ] {
        server.send("PUT", &path, &[], bad.as_bytes()).expect_code(400, 1001);
    }
    server.send("PUT", &path, &[], b"\xff{}").expect_code(400, 1001);
    assert_eq!((server.task(&task), server.get(&path).expect_fine()), before);
}

fn large_documents_are_blobs(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a"]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    let with_note = |note: &str| json!({"objects": [{"class": "a", "bbox": [0, 0, 5, 5]}], "note": note});
    let large = with_note(&"x".repeat(3 << 20));
    server.send_json("PUT", &path, &large).expect_fine();
    assert_eq!(server.blobs().len(), 2);
    assert_eq!(server.get(&path).expect_fine()["annotation"], large);
    let other = with_note(&"y".repeat(3 << 20));
    server.send_json("PUT", &path, &other).expect_fine();
    assert_eq!(server.blobs().len(), 2, "the one before is gone");
    assert_eq!(server.get(&path).expect_fine()["annotation"], other);
    server.send_json("PUT", &path, &with_note("short")).expect_fine();
    assert_eq!(server.blobs().len(), 1);
    assert_eq!(server.get(&path).expect_fine()["annotation"], with_note("short"));
}

fn a_document_of_fifty_megabytes_is_refused(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a"]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    let before = (server.task(&task), server.peak_memory_kib());
    let body = format!(r#"{{"objects":[],"x":"{}"}}"#, "x".repeat(50_000_000));
    // Announced: refused by the head, with next to nothing of the body read.
    let mut connection = Connection::open(server.port());
    connection.send(&http::head(server.port(), "PUT", &path, &[], Some(body.len())));
    connection.send(&body.as_bytes()[..1000]);
    connection.answer().expect("an answer").expect_code(413, 1015);
    // Not announced: read up to the limit only.
    let mut connection = Connection::open(server.port());
    connection.send(&http::head(server.port(), "PUT", &path, &[("Transfer-Encoding", "chunked")], None));
    for piece in body.as_bytes().chunks(1 << 20) {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        if !connection.send(&chunk) {
            break;
        }
    }
    if let Some(answer) = connection.answer() {
        answer.expect_code(413, 1015);
    }
    assert_eq!(server.task(&task), before.0);
    server.get(&path).expect_code(404, 1003);
    let grown = server.peak_memory_kib() - before.1;
    assert!(grown < 45 * 1024, "{grown} KiB for a body of 50 MB");
}

fn parts_are_kept_and_replaced(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let image = server.register_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let (one, two) = (pictures::png(10, 10, 1), pictures::jpeg(9, 9, 2));
    for (part, member) in [("roi", "img_roi_id"), ("mask", "img_mask_id"), ("dl", "img_dl_id")] {
        let path = format!("/training/images/{image}/{part}");
        server.get(&path).expect_code(404, 1003);
        let msg = server.send("PUT", &path, &[], b"no picture").expect_code(422, 1004);
        assert!(msg.starts_with("请求正文不是可读取的"), "Chinese throughout: {msg}");
        let english = [("Accept-Language", "en")];
        let msg = server.send("PUT", &path, &english, b"no picture").expect_code(422, 1004);
        assert!(msg.starts_with("The body is no PNG, JPEG or BMP"), "{msg}");
        let first = server.send("PUT", &path, &[], &one).expect_fine();
        assert_eq!(word(&first[member]).len(), 19, "{first}");
        assert_eq!(first.as_object().map(serde_json::Map::len), Some(3), "{first}");
        assert_eq!(server.get(&path).expect(200).body, one);
        let second = server.send("PUT", &path, &[], &two).expect_fine();
        assert_ne!(first[member], second[member]);
        let answer = server.get(&path).expect(200);
        assert_eq!((answer.need("content-type"), &answer.body), ("image/jpeg", &two));
    }
    assert_eq!(server.blobs().len(), 1, "what nothing names any more is gone");
}

fn a_state_follows_the_bytes(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let png = pictures::png(30, 20, 1);
    let image = server.register_png(&task, "a.png", (30, 20), &png);
    let path = format!("/training/images/{image}/state");
    server.send_json("PUT", &path, &json!({"state": 3})).expect_code(409, 1016);
    server.send("PUT", &format!("/training/files/{image}"), &[], &png).expect_fine();
    for state in [3, 5, 1, 4, 2] {
        server.send_json("PUT", &path, &json!({"state": state})).expect_fine();
        assert_eq!(server.task(&task)["counts"]["states"][state.to_string()], 1);
    }
    for bad in [json!({}), json!({"state": 0}), json!({"state": 6}), json!({"state": "3"}), json!({"state": 2.5})] {
        server.send_json("PUT", &path, &bad).expect_code(400, 1001);
    }
    assert_eq!(server.task(&task)["counts"]["states"]["2"], 1);
}

fn the_rounding_of_other_formats_is_taken(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a"]);
    let image = server.ready_png(&task, "a.png", (640, 480), &pictures::png(640, 480, 1));
    let path = format!("/training/images/{image}/annotation");
    // Centre and size as shares of the picture, six digits each.
    let yolo = |cx: f64, cy: f64, w: f64, h: f64| {
        json!([(cx - w / 2.0) * 640.0, (cy - h / 2.0) * 480.0, w * 640.0, h * 480.0])
    };
    for bbox in [
        json!([-1e-14, 0, 10, 10]),
        json!([0, -2.842_170_943_040_401e-14, 10, 10]),
        json!([630, 0, 10.000_000_1, 10]),
        json!([0, 470, 10, 10.01]),
        json!([-0.01, -0.01, 640.02, 480.02]),
        yolo(0.014_844, 0.355_208, 0.029_687, 0.710_417),
        yolo(0.985_156, 0.644_792, 0.029_689, 0.710_417),
        json!([5, 5, 0.001, 0.001]),
    ] {
        server.send_json("PUT", &path, &json!({"objects": [{"class": "a", "bbox": bbox}]})).expect_fine();
        let kept = server.get(&path).expect_fine()["annotation"]["objects"][0]["bbox"].clone();
        let [x, y, w, h] = [0, 1, 2, 3].map(|place| kept[place].as_f64().expect("a number"));
        assert!(x >= 0.0 && y >= 0.0 && x + w <= 640.0 && y + h <= 480.0, "{bbox} is kept as {kept}");
    }
    let before = server.get(&path).expect_fine();
    for bbox in [
        "[-0.011,0,9,9]",
        "[0,-0.011,9,9]",
        "[630,0,10.011,9]",
        "[0,470,9,10.011]",
        "[5,5,1e-7,5]",
        "[5,5,5,0.0009]",
        "[5,5,NaN,5]",
        "[5,5,Infinity,5]",
        "[5,5,1e999,5]",
        "[1e300,5,5,5]",
        "[\"5\",5,5,5]",
        "[5,5,5]",
    ] {
        let sent = format!(r#"{{"objects":[{{"class":"a","bbox":{bbox}}}]}}"#);
        let said = server.send("PUT", &path, &[("Accept-Language", "en")], sent.as_bytes()).expect_code(400, 1001);
        assert!(said.is_ascii() || said.contains('×'), "{said}");
    }
    assert_eq!(server.get(&path).expect_fine(), before);
}

fn what_changed_meanwhile_is_not_overwritten(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a", "b"]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    let with = |note: &str| json!({"objects": [{"class": "a", "bbox": [0, 0, 5, 5]}], "note": note}).to_string();
    let put = |headers: &[(&str, &str)], body: &str| server.send("PUT", &path, headers, body.as_bytes());
    // Nothing stands there yet.
    let nothing = put(&[("If-Match", "*")], &with("1")).expect(412).json();
    assert_eq!(
        (&nothing["code"], &nothing["annotation"], &nothing["mongo_id"]),
        (&json!(1017), &json!(null), &json!(null))
    );
    server.get(&path).expect_code(404, 1003);
    put(&[("If-None-Match", "*")], &with("1")).expect_fine();
    let first = server.get(&path).expect(200);
    let etag = first.need("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "strong: {etag}");

    // Another one was faster.
    put(&[("If-Match", &etag)], &with("2")).expect_fine();
    let stale = put(&[("If-Match", &etag)], &with("3")).expect(412);
    let now = server.get(&path).expect(200);
    assert_ne!(now.need("etag"), etag);
    assert_eq!(stale.need("etag"), now.need("etag"), "with it the client may go on");
    let (stale, now) = (stale.json(), now.json());
    assert_eq!((&stale["code"], &stale["annotation"]), (&json!(1017), &now["annotation"]));
    assert_eq!((&stale["mongo_id"], &now["annotation"]["note"]), (&now["mongo_id"], &json!("2")));
    put(&[("If-None-Match", "*")], &with("4")).expect_code(412, 1017);
    assert_eq!(server.get(&path).expect_fine()["annotation"]["note"], "2", "nothing was written");

    // A class that it names is part of what stands there; others aren't.
    let before = server.get(&path).expect(200).need("etag").to_owned();
    let classes = server.task(&task)["lab_class_list"].clone();
    let rename = |place: usize, name: &str| {
        let class = format!("/training/tasks/{task}/classes/{}", classes[place]["id"]);
        server.send_json("PUT", &class, &json!({"name": name})).expect_fine();
    };
    rename(1, "c");
    assert_eq!(server.get(&path).expect(200).need("etag"), before);
    rename(0, "A");
    assert_ne!(server.get(&path).expect(200).need("etag"), before);

    // Without a condition it writes, as ever; large ones are compared just so.
    let large = json!({"objects": [], "note": "x".repeat(600_000)}).to_string();
    let stored = put(&[], &large).expect(200).need("etag").to_owned();
    assert_eq!(server.get(&path).expect(200).need("etag"), stored);
    let blobs = server.blobs().len();
    put(&[("If-Match", &before)], &large.replace('x', "y")).expect_code(412, 1017);
    assert_eq!(server.blobs().len(), blobs, "a refused document leaves nothing behind");
    put(&[("If-Match", &stored)], r#"{"objects":[]}"#).expect_fine();
}

fn conditions_are_read_as_http_has_them(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let path = format!("/training/images/{image}/annotation");
    let body = br#"{"objects":[]}"#;
    server.send("PUT", &path, &[], body).expect_fine();
    let etag = server.get(&path).expect(200).need("etag").to_owned();
    let (weak, list) = (format!("W/{etag}"), format!("\"a,b\", W/\"x\" , {etag}"));
    for (header, value, status) in [
        ("If-Match", "*", 200),
        ("If-Match", etag.as_str(), 200),
        ("If-Match", list.as_str(), 200),
        ("If-Match", weak.as_str(), 412),
        ("If-Match", "\"other\"", 412),
        ("If-Match", etag.trim_matches('"'), 412),
        ("If-None-Match", "*", 412),
        ("If-None-Match", etag.as_str(), 412),
        ("If-None-Match", weak.as_str(), 412),
        ("If-None-Match", list.as_str(), 412),
        ("If-None-Match", "\"other\"", 200),
    ] {
        server.send("PUT", &path, &[(header, value)], body).expect(status);
    }
    let known = server.get_with(&path, &[("If-None-Match", &weak)]).expect(304);
    assert_eq!((known.need("etag"), known.body.len()), (etag.as_str(), 0));
    server.get_with(&path, &[("If-None-Match", "\"other\"")]).expect_fine();
    server.get_with(&path, &[("If-Match", "\"other\"")]).expect_code(412, 1017);
}
