//! Face ingest tasks over the wire (seed 003, contract §3): paths, fields, states, texts.

use serde_json::json;

use crate::on_both_databases;
use crate::support::ingest::settings;
use crate::support::source::Source;
use crate::support::{Db, Server, base64, pictures, upload::word, wait};

on_both_databases!(
    a_task_goes_from_created_to_completed,
    a_task_stops_and_goes_on,
    a_task_is_deleted_in_any_state,
    mode_1_stops_at_the_row_and_begins_with_it,
    rows_come_in_every_dialect,
    the_images_of_a_tag_are_rows,
);

fn source() -> Source {
    Source::start(pictures::png(40, 30, 7))
}

fn rows(source: &Source, kind: &str, count: usize) -> String {
    (0..count).map(|n| format!("{},tag {n},description {n}\n", source.url(&format!("/{kind}/{n}")))).collect()
}

fn a_task_goes_from_created_to_completed(db: Db) {
    let (server, source) = (Server::start_with(db, settings()), source());
    let gone = source.url("/gone/1");
    let csv = format!("{}{gone},t,d\nftp://h/x,t,d\n,t,d\n", rows(&source, "good", 3));
    let fields = [("pos_pitch", "0"), ("width", "20"), ("thread_num", "3"), ("height", ""), ("other", "x")];
    let id = server.create(&fields, &csv);
    assert_eq!(id.len(), 12);
    assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{id}");
    let config = json!({"pos_pitch": 0, "pos_yaw": 0, "pos_rol": 0, "width": 20, "height": 0, "blur_degree": 0, "mode": 0,
        "thread_num": 3});
    let created =
        json!({"group_name": "g", "config": config, "total_num": 6, "handled_num": 0, "state": 1, "last_error": ""});
    assert_eq!(server.detail(&id), created);
    server.ask(&id, "stop").expect(409);

    let started = server.ask(&id, "start").expect(200);
    assert!(started.body.is_empty());
    let detail = server.until_state(&id, 4);
    assert_eq!(detail["handled_num"], 6);
    for what in ["start", "stop"] {
        let refused = server.ask(&id, what).expect(409).json();
        assert_eq!(refused["code"], "wrong_state");
    }

    let log = server.log(&id);
    let codes: Vec<_> = log.iter().map(|(uri, code, _)| (uri.as_str(), *code)).collect();
    assert_eq!(codes, [(gone.as_str(), 101), ("ftp://h/x", 101), ("", 101)]);
    let page = server.json(&format!("/v1/tasks/{id}/log?limit=2"));
    assert_eq!(page["logs"].as_array().unwrap().len(), 2);
    let rest = server.json(&format!("/v1/tasks/{id}/log?limit=2&cursor={}", word(&page["next"])));
    assert_eq!((rest["logs"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));

    let file = server.ask(&id, "download_log").expect(200);
    assert_eq!(file.need("content-type"), "application/octet-stream");
    assert!(file.need("content-disposition").starts_with("attachment"));
    let lines: String = log.iter().map(|(uri, code, message)| format!("{uri},{code},{message}\r\n")).collect();
    assert_eq!(file.text(), format!("uri,code,message\r\n{lines}"));

    let faces = server.json("/api/v1/groups/g/faces");
    let tags: Vec<_> = faces["items"].as_array().unwrap().iter().map(|face| word(&face["tag"])).collect();
    assert_eq!(tags.len(), 3, "{faces}");
    let list = |body: &str| server.post("/v1/tasks/list", body.as_bytes()).expect(200).json();
    assert_eq!(list(r#"{"group_name":"g","status":""}"#), json!({"ids": [id]}));
    assert_eq!(list(r#"{"group_name":"g","status":4}"#), json!({"ids": [id]}));
    assert_eq!(list(r#"{"group_name":"g","status":2}"#), json!({"ids": []}));
    assert_eq!(list(r#"{"group_name":"other"}"#), json!({"ids": []}));
}

fn a_task_stops_and_goes_on(db: Db) {
    let (server, source) = (Server::start_with(db, settings()), source());
    let id = server.create(&[("thread_num", "4")], &rows(&source, "slow/20", 100));
    server.send("POST", &format!("/v1/tasks/{id}/start"), &[], b"").expect(200);
    server.ask(&id, "start").expect(200);
    server.until_handled(&id, 5);
    server.ask(&id, "stop").expect(200);
    assert_eq!(source.in_flight(), 0, "stop answers when no row is in flight");
    let stopped = server.detail(&id);
    assert_eq!(stopped["state"], 3);
    let asked = source.asked();
    assert_eq!(stopped["handled_num"], asked, "each row that was begun has its outcome");
    server.ask(&id, "stop").expect(409);
    server.ask(&id, "start").expect(200);
    assert_eq!(server.until_state(&id, 4)["handled_num"], 100);
    assert_eq!(source.asked(), 100, "no row twice, none left out");
    assert_eq!(source.most_in_flight(), 4);
}

fn a_task_is_deleted_in_any_state(db: Db) {
    let (server, source) = (Server::start_with(db, settings()), source());
    let created = server.create(&[], &rows(&source, "good", 1));
    let running = server.create(&[("thread_num", "2")], &(rows(&source, "gone", 10) + &rows(&source, "slow/20", 4000)));
    let completed = server.create(&[], &rows(&source, "good", 2));
    let stopped = server.create(&[], &rows(&source, "slow/50", 4000));
    for id in [&running, &completed, &stopped] {
        server.ask(id, "start").expect(200);
    }
    server.until_state(&completed, 4);
    server.until_handled(&running, 20);
    server.ask(&stopped, "stop").expect(200);
    for id in [&created, &running, &completed, &stopped] {
        server.ask(id, "delete").expect(200);
        for what in ["detail", "log", "download_log", "start", "stop", "delete"] {
            assert_eq!(server.ask(id, what).expect(404).json()["code"], "not_found");
        }
    }
    let asked = source.asked();
    assert_eq!(source.in_flight(), 0);
    let direct = server.direct();
    for table in ["ingest_tasks", "ingest_log", "ingest_done", "ingest_counts"] {
        let count = format!("SELECT COUNT(*) FROM {table}");
        wait::until_true("the rows of deleted tasks are gone", || direct.number(&count) == 0);
    }
    wait::until_true("their CSVs are gone", || {
        std::fs::read_dir(server.data_dir().join("csv")).unwrap().next().is_none()
    });
    assert_eq!(source.asked(), asked, "nothing goes on");
    assert!(server.json("/api/v1/groups")["items"][0]["face_count"].as_i64() >= Some(2), "the faces stay");
}

fn mode_1_stops_at_the_row_and_begins_with_it(db: Db) {
    let (server, source) = (Server::start_with(db, settings()), source());
    let bad = source.url("/gone/x");
    let csv = format!("{}{bad}\n{}", rows(&source, "good", 5), rows(&source, "good", 30));
    let id = server.create(&[("mode", "1"), ("thread_num", "3")], &csv);
    for _ in 0..2 {
        server.ask(&id, "start").expect(200);
        let detail = server.until_state(&id, 3);
        let error = word(&detail["last_error"]);
        assert!(error.starts_with(&format!("{bad}: ")), "{error}");
        let handled = detail["handled_num"].as_i64().unwrap();
        assert!((5..36).contains(&handled), "{handled}");
        assert!(server.log(&id).is_empty(), "the row isn't in the log");
    }
    // 5 before it, itself twice, and those that were in flight beside it, once each.
    assert!(source.asked() <= 5 + 2 + 30, "{}", source.asked());
    let count = server.json("/api/v1/groups")["items"][0]["face_count"].clone();
    assert_eq!(count, server.detail(&id)["handled_num"]);
}

fn rows_come_in_every_dialect(db: Db) {
    let server = Server::start_with(db, settings());
    let png = base64(&pictures::png(40, 30, 7));
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    // 一,张三 in GB18030.
    let gb = [b"\xd2\xbb,".as_slice(), b"\xd5\xc5\xc8\xfd\n"].concat();
    for (csv, total, codes) in [
        (format!("\u{feff}tag,uri\r\n张三,\"data:image/png;base64,{png}\"\r\n\r\n").into_bytes(), 1, vec![]),
        (format!("data:image/png;base64,{png}\n").into_bytes(), 1, vec![101]),
        (utf16(&format!("\"data:image/png;base64,{png}\",\"a\nb\"\n")), 1, vec![]),
        (gb, 1, vec![101]),
        (format!("\"data:image/png;base64,{}\"\n", "A".repeat(30 << 20)).into_bytes(), 1, vec![101]),
    ] {
        let fields = [("group_name", "dialects")];
        let id = word(&server.try_create(&fields, Some(&csv)).expect(200).json()["id"]);
        server.ask(&id, "start").expect(200);
        assert_eq!(server.until_state(&id, 4)["total_num"], total);
        let log = server.log(&id);
        assert_eq!(log.iter().map(|(_, code, _)| *code).collect::<Vec<_>>(), codes, "{log:?}");
        assert!(log.iter().all(|(uri, _, _)| uri.len() <= 100), "{log:?}");
    }
    let faces = server.json("/api/v1/groups/dialects/faces");
    let mut tags: Vec<_> = faces["items"].as_array().unwrap().iter().map(|face| word(&face["tag"])).collect();
    tags.sort();
    assert_eq!(tags, ["a\nb", "张三"]);
}

fn the_images_of_a_tag_are_rows(db: Db) {
    let server = Server::start_with(db, settings());
    for name in ["b 1.png", "a,2.png", "图?.png"] {
        server.store("现场 1", name, &pictures::png(40, 30, u8::try_from(name.len()).unwrap()));
    }
    server.store("现场 1", "notes.txt", b"no picture");
    let made = server.try_create(&[("group_name", "g"), ("from_tag", "现场 1"), ("width", "40")], None).expect(200);
    let id = word(&made.json()["id"]);
    server.ask(&id, "start").expect(200);
    assert_eq!(server.until_state(&id, 4)["total_num"], 3);
    assert!(server.log(&id).is_empty(), "{:?}", server.log(&id));
    let faces = server.json("/api/v1/groups/g/faces");
    let mut names: Vec<_> = faces["items"].as_array().unwrap().iter().map(|face| word(&face["description"])).collect();
    names.sort();
    assert_eq!(names, ["a,2.png", "b 1.png", "图?.png"]);
}

#[test]
fn a_browser_is_not_tricked_into_changing_a_task() {
    let (server, source) = (Server::start_with(Db::Sqlite, settings()), source());
    let id = server.create(&[], &rows(&source, "good", 1));
    for what in ["start", "stop", "delete"] {
        let path = format!("/v1/tasks/{id}/{what}");
        for header in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Purpose", "prefetch;prerender"),
            ("Purpose", "prefetch"),
            ("Origin", "https://evil.example"),
        ] {
            for method in ["GET", "POST"] {
                let refused = server.send(method, &path, &[header], b"").expect(403).json();
                assert_eq!(refused["code"], "forbidden", "{method} {header:?}");
            }
        }
        let head = server.send("HEAD", &path, &[], b"");
        assert_eq!((head.status, head.need("allow")), (405, "GET, POST"));
        let put = server.send("PUT", &path, &[], b"").expect(405).json();
        assert_eq!(put["code"], "method_not_allowed");
    }
    assert_eq!(server.detail(&id)["state"], 1);
    assert_eq!(server.get("/v1/other").expect(404).json()["code"], "not_found");
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let (source, proxy) = (source(), source());
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let settings = names.iter().fold(settings(), |settings, name| settings.set(name, &proxy.url("")));
    let server = Server::start_with(Db::Sqlite, settings);
    let id = server.create(&[], &rows(&source, "good", 5));
    server.ask(&id, "start").expect(200);
    assert_eq!(server.until_state(&id, 4)["handled_num"], 5);
    assert_eq!((source.asked(), proxy.asked()), (5, 0));
    assert!(server.log(&id).is_empty());
}
