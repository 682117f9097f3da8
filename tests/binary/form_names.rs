//! Names in forms as clients write them, in every room that takes a form (contract §1), and boundaries.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::form::{BOUNDARY, Form, content_type};
use crate::support::http::Answer;
use crate::support::ingest::settings;
use crate::support::tools::{curl, file_with};
use crate::support::upload::word;
use crate::support::{Db, Server, pictures};

on_both_databases!(
    a_file_has_the_name_that_its_client_meant,
    no_part_that_was_meant_as_a_file_is_lost,
    boundaries_are_read_as_clients_write_them,
    curl_sends_odd_names,
    the_training_form_reads_names_and_fields_alike,
    the_ingest_form_reads_names_and_fields_alike,
    the_page_without_scripts_takes_the_same_names,
);

fn post(server: &Server, path: &str, body: &[u8]) -> Answer {
    let (name, value) = content_type();
    server.send("POST", path, &[(name, &value)], body)
}

/// The names of the files, and of the errors, that an answer tells.
fn told(answer: &Value) -> (Vec<String>, Vec<String>) {
    let names = |list: &str| answer[list].as_array().unwrap().iter().map(|one| word(&one["name"])).collect();
    (names("files"), names("errors"))
}

/// Ways to write a name, and the name that is meant.
fn ways() -> Vec<(Vec<u8>, &'static str)> {
    let written = |bytes: &[u8]| [b"filename=\"", bytes, b"\""].concat();
    vec![
        (b"filename*=utf-8''%E6%B5%8B%E8%AF%95.jpg".to_vec(), "测试.jpg"),
        (b"filename*=utf-8''\"%E6%B5%8B%E8%AF%95.jpg\"".to_vec(), "测试.jpg"),
        (b"filename=\"x.jpg\"; filename*=UTF-8'zh'%E6%B5%8B.jpg".to_vec(), "测.jpg"),
        (b"filename*=gb18030''%B2%E2.jpg; filename=x.jpg".to_vec(), "测.jpg"),
        (b"filename*0*=utf-8''%E6%B5%8B; filename*1=\"two.jpg\"".to_vec(), "测two.jpg"),
        (b"filename=\"=?utf-8?B?5rWL6K+VLmpwZw==?=\"; filename*=utf-8''%E6%B5%8B.jpg".to_vec(), "测.jpg"),
        (written(b"=?UTF-8?B?5rWL6K+VLmpwZw==?="), "测试.jpg"),
        (written(b"=?GB18030?B?suLK1C5qcGc=?="), "测试.jpg"),
        (written(b"=?ISO-8859-1?Q?caf=E9_1.jpg?="), "café 1.jpg"),
        (written(b"=?utf-8?B?5rWL6A==?=\r\n =?utf-8?B?r5UuanBn?="), "测试.jpg"),
        // GB18030, one with a character whose second byte is that of a backslash.
        (written(b"\xd5\xd5\xc6\xac.jpg"), "照片.jpg"),
        (written(b"\x81\x5c.jpg"), "乗.jpg"),
        (written(b"say %22hi%22.txt"), "say \"hi\".txt"),
        (written(b"tell \\\"ho\\\".txt"), "tell \"ho\".txt"),
        (written(b"ask \"who\".txt"), "ask \"who\".txt"),
        (written(b"100% of a%20b.jpg"), "100% of a%20b.jpg"),
        (written("it's; a=b, c — 25%折.jpg".as_bytes()), "it's; a=b, c — 25%折.jpg"),
        (b"FileName=bare name.jpg".to_vec(), "bare name.jpg"),
    ]
}

fn a_file_has_the_name_that_its_client_meant(db: Db) {
    let server = Server::start(db);
    for (at, (written, name)) in ways().into_iter().enumerate() {
        let (tag, shown) = (format!("t{at}"), String::from_utf8_lossy(&written).into_owned());
        let head = [b"Content-Disposition: form-data; name=\"f\"; ", written.as_slice()].concat();
        let body = Form::default().raw(&head, shown.as_bytes()).body();
        let answer = post(&server, &format!("/upload/{tag}"), &body).expect(201).json();
        assert_eq!(told(&answer), (vec![name.to_owned()], vec![]), "{shown}");
        assert_eq!(server.names(&tag), [name], "{shown}");
    }
}

fn no_part_that_was_meant_as_a_file_is_lost(db: Db) {
    let server = Server::start(db);
    let form = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let body = Form::default()
        .file("f", "good.txt", b"1")
        .text("note", "no file")
        .text("my filename=x", "no file either")
        .raw(b"Content-Disposition: form-data; name=\"empty\"; filename=\"\"", b"")
        .raw(b"Content-Disposition: form-data; name=\"f\"; filename=\"\"", b"with content")
        .raw(format!("{}\r\nContent-Type: image/jpeg", form("nameless")).as_bytes(), b"2")
        .raw(format!("{}\r\nContent-Type: multipart/mixed; boundary=x", form("nested")).as_bytes(), b"--x--")
        .raw(form("piped").as_bytes(), b"\xff\xd8\0\x10")
        .raw(b"Content-Type: image/png", b"3")
        .raw(format!("{}; filename=\"a\x01b\"", form("f")).as_bytes(), b"4")
        .raw(format!("{}; filename=\"a%0D%0Ab\"", form("f")).as_bytes(), b"5")
        .raw(format!("{}; filename=\"coded.jpg\"\r\nContent-Transfer-Encoding: base64", form("f")).as_bytes(), b"/9j/")
        .raw(format!("{}; filename=\"packed.jpg\"\r\nContent-Encoding: gzip", form("f")).as_bytes(), b"x")
        .body();
    let answer = post(&server, "/upload/t", &body).expect(201).json();
    let (files, errors) = told(&answer);
    assert_eq!(files, ["good.txt"]);
    let expected = ["f", "nameless", "nested", "piped", "", "a\u{1}b", "a\r\nb", "coded.jpg", "packed.jpg"];
    assert_eq!(errors, expected);
    let statuses: Vec<&Value> = answer["errors"].as_array().unwrap().iter().map(|error| &error["status"]).collect();
    assert_eq!(statuses, [400, 400, 415, 400, 400, 400, 400, 415, 415].map(|status| json!(status)).each_ref());
    assert_eq!(server.names("t"), ["good.txt"]);
    assert!(server.staged().is_empty());
    // Alone, the first of them speaks.
    let alone = Form::default().raw(format!("{}\r\nContent-Type: image/jpeg", form("x")).as_bytes(), b"2").body();
    let answer = post(&server, "/upload/t", &alone).expect(400).json();
    assert!(word(&answer["errors"][0]["detail"]).contains("filename"), "{answer}");
}

fn boundaries_are_read_as_clients_write_them(db: Db) {
    let server = Server::start(db);
    let send = |kind: &str, boundary: &str| {
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"b.txt\"\r\n\r\n1\r\n--{boundary}--\r\n"
        );
        server.send("POST", "/upload/t", &[("Content-Type", kind)], body.as_bytes())
    };
    for (kind, boundary) in [
        ("multipart/form-data; boundary=----=_Part_5_123.456", "----=_Part_5_123.456"),
        ("multipart/form-data; boundary=gc0p4Jq0M:2Yt", "gc0p4Jq0M:2Yt"),
        ("multipart/form-data; boundary=XB;", "XB"),
        ("multipart/form-data; boundary=\"XB\"; charset=utf-8", "XB"),
        ("Multipart/Form-Data;Charset=gbk;Boundary=XB", "XB"),
        ("multipart/form-data; boundary=\"a b;?=(c)\"", "a b;?=(c)"),
        ("multipart/form-data; boundary=/odd+one,'_x", "/odd+one,'_x"),
        ("multipart/form-data; boundary=-", "-"),
    ] {
        let answer = send(kind, boundary);
        assert!([200, 201].contains(&answer.status), "{kind}: {}", answer.text());
    }
    assert_eq!(server.names("t"), ["b.txt"]);
    // A refusal names its true cause.
    for (kind, boundary) in [
        ("multipart/form-data", "XB"),
        ("multipart/form-data; boundary=", "XB"),
        ("multipart/form-data; boundary=other", "XB"),
        ("multipart/form-data; boundary=--XB", "XB"),
    ] {
        let detail = send(kind, boundary).expect_problem(400);
        assert!(detail.contains("boundary"), "{kind}: {detail}");
    }
}

fn curl_sends_odd_names(db: Db) {
    let server = Server::start(db);
    let (_folder, path) = file_with("x.jpg", &pictures::jpeg(3, 2, 1));
    let url = server.url("/upload/t");
    for (name, meant) in [("a\\\"b\\\".jpg", "a\"b\".jpg"), ("50%off; 图=1.jpg", "50%off; 图=1.jpg")] {
        let form = format!("files=@{};filename=\"{name}\"", path.to_str().unwrap());
        let answer = curl(&["-F", &form, &url]).fine().text();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(told(&answer), (vec![meant.to_owned()], vec![]), "{name}");
    }
}

fn the_training_form_reads_names_and_fields_alike(db: Db) {
    let server = Server::start(db);
    for (at, (written, name)) in ways().into_iter().enumerate() {
        let task = server.new_task(&[]);
        let png = pictures::png(8, 6, u8::try_from(at).unwrap());
        let head = [b"Content-Disposition: form-data; name=\"f\"; ", written.as_slice()].concat();
        // The file first, then the fields: with a mark, in blanks, of another charset, beside ones that nobody knows.
        let body = Form::default()
            .raw(&head, &png)
            .text("task_id", &format!("\u{feff} {task} \r\n"))
            .text("unknown", &"x".repeat(100_000))
            .raw(b"Content-Disposition: form-data; name*=utf-8''create%5Foper\r\nContent-Type: image/*", b" 7 ")
            .body();
        let made = post(&server, "/training/files/files", &body).expect_fine();
        assert!(made["img_datas"][name].is_string(), "{name}: {made}");
    }
    // All or nothing: one that has no name, or is encoded, is no image.
    let task = server.new_task(&[]);
    for head in [
        &b"Content-Disposition: form-data; name=\"f\"\r\nContent-Type: image/png"[..],
        b"Content-Disposition: form-data; name=\"f\"; filename=\"\"",
        b"Content-Disposition: form-data; name=\"f\"; filename=\"b.png\"\r\nContent-Transfer-Encoding: base64",
    ] {
        let body = Form::default()
            .text("task_id", &task)
            .text("create_oper", "7")
            .file("f", "a.png", &pictures::png(8, 6, 1))
            .raw(head, &pictures::png(8, 6, 2))
            .body();
        let answer = post(&server, "/training/files/files", &body);
        assert!([400, 415].contains(&answer.status), "{}", answer.text());
        assert_eq!(server.task(&task)["counts"]["states"], json!({"0":0,"1":0,"2":0,"3":0,"4":0,"5":0}));
    }
    assert!(server.staged().is_empty());
}

fn the_ingest_form_reads_names_and_fields_alike(db: Db) {
    let server = Server::start_with(db, settings());
    let rows = b"http://127.0.0.1:1/a,t,d\n";
    for (at, (written, _)) in ways().into_iter().enumerate() {
        let head = [b"Content-Disposition: form-data; name=\"table\"; ", written.as_slice()].concat();
        let group = format!("组 {at}");
        let in_gbk = [&b"\xd7\xe9 "[..], at.to_string().as_bytes()].concat();
        let body = Form::default()
            .raw(&head, rows)
            .raw(b"Content-Disposition: form-data; name=\"group_name\"", &in_gbk)
            .text("width", "\u{feff} 20\r\n")
            .raw(b"Content-Disposition: form-data; name*=utf-8''mode\r\nContent-Type: application/octet-stream", b"1")
            .text("unknown", &"x".repeat(100_000))
            .body();
        let id = word(&post(&server, "/v1/tasks/create", &body).expect(200).json()["id"]);
        let detail = server.detail(&id);
        assert_eq!((&detail["group_name"], &detail["total_num"]), (&json!(group), &json!(1)), "{detail}");
        assert_eq!((&detail["config"]["width"], &detail["config"]["mode"]), (&json!(20), &json!(1)), "{detail}");
    }
    // The rows as a field (`curl -F 'file=<rows.csv'`), however many there are.
    let many = "http://127.0.0.1:1/a,t,d\n".repeat(5000);
    let body = Form::default().text("group_name", "g").text("file", &many).body();
    let id = word(&post(&server, "/v1/tasks/create", &body).expect(200).json()["id"]);
    assert_eq!(server.detail(&id)["total_num"], 5000);
    // Encoded rows, and two tables, are refused.
    let group = || Form::default().text("group_name", "g");
    let coded =
        b"Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Transfer-Encoding: base64";
    let refused = post(&server, "/v1/tasks/create", &group().raw(coded, b"aHR0cA==").body()).expect(415).json();
    assert_eq!(refused["code"], "unsupported_type");
    let twice = group().file("file", "a.csv", rows).file("file", "b.csv", rows).body();
    post(&server, "/v1/tasks/create", &twice).expect(400);
}

fn the_page_without_scripts_takes_the_same_names(db: Db) {
    let server = Server::start(db);
    for (at, (written, name)) in ways().into_iter().enumerate() {
        let head = [b"Content-Disposition: form-data; name=\"files\"; ", written.as_slice()].concat();
        let body = Form::default().raw(&head, at.to_string().as_bytes()).body();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}; ");
        server.send("POST", &format!("/tags/t{at}/upload"), &[("Content-Type", &kind)], &body).expect(303);
        assert_eq!(server.names(&format!("t{at}")), [name]);
    }
}
