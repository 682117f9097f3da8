//! What a request presumes of the state of things is held against it (RFC 9110 §13), for reads and for writes.

use std::thread;

use serde_json::json;

use crate::on_both_databases;
use crate::support::http::{self, encode};
use crate::support::tools::{program, run};
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, noise, pictures};

on_both_databases!(
    every_answer_with_a_tag_holds_the_conditions_of_a_read,
    other_methods_and_families_refuse_in_their_own_words,
    a_file_is_deleted_only_as_it_was_seen,
    a_name_is_taken_once_where_that_is_asked,
    an_upload_replaces_only_what_it_saw,
    several_files_and_lists_have_no_tag,
    pictures_of_a_task_are_written_only_as_they_were_seen,
    wget_fetches_only_what_is_newer,
);

const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const FAR_OFF: &str = "Sunday, 06-Nov-67 08:49:37 GMT";

/// Addresses of every kind that tells an entity tag, and whether it tells a time and takes ranges.
fn addresses(server: &Server) -> Vec<(String, bool, bool)> {
    let picture = pictures::png(40, 30, 1);
    let id = word(&server.store("t", "a, b.png", &picture)["id"]);
    let text = word(&server.store("t", "c.txt", b"no picture")["id"]);
    let task = server.new_task(&["cat"]);
    let image = server.ready_png(&task, "a.png", (40, 30), &picture);
    server.send("PUT", &format!("/training/images/{image}/roi"), &[], &picture).expect_fine();
    let asset = {
        let page = server.get("/").expect(200).text();
        let at = page.find("/static/").expect("an asset");
        page[at..].split(['"', '#']).next().unwrap_or_default().to_owned()
    };
    vec![
        (format!("/files/{id}/a.png"), true, true),
        (format!("/tags/t/files/{}", encode("a, b.png")), true, true),
        ("/tags/t/zip".to_owned(), true, true),
        ("/tags/t/zip?q=a".to_owned(), true, true),
        (format!("/training/tasks/{task}/export?format=coco"), true, true),
        (format!("/training/tasks/{task}/export?format=webdataset"), true, true),
        (format!("/training/files/{image}"), true, true),
        (format!("/training/images/{image}/roi"), true, true),
        (format!("/files/{id}/thumb"), false, false),
        (format!("/files/{text}/thumb"), false, false),
        (format!("/training/files/{image}/thumb"), false, false),
        (asset, false, false),
        ("/static/app.css".to_owned(), false, false),
        ("/favicon.ico".to_owned(), false, false),
    ]
}

/// A part comes only of the very state that is named.
fn check_ranges(server: &Server, path: &str, etag: &str, modified: Option<&str>) {
    let weak = format!("W/{etag}");
    let range = ("Range", "bytes=1-3");
    for (state, status) in [(etag, 206), (weak.as_str(), 200), ("\"x\"", 200), (modified.unwrap_or("-"), 200)] {
        server.get_with(path, &[range, ("If-Range", state)]).expect(status);
    }
    server.get_with(path, &[range, ("If-Match", "\"x\"")]).expect(412);
    server.get_with(path, &[("Range", "bytes=99999999-"), ("If-None-Match", etag)]).expect(304);
}

fn every_answer_with_a_tag_holds_the_conditions_of_a_read(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    for (path, has_time, has_ranges) in addresses(&server) {
        let whole = server.get(&path).expect(200);
        let etag = whole.need("etag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{path}: {etag}");
        let weak = format!("W/{etag}");
        let several = format!("\"x,y\" , {weak},");
        let mut cases = vec![
            ("If-None-Match", etag.as_str(), 304),
            ("If-None-Match", &weak, 304),
            ("If-None-Match", &several, 304),
            ("If-None-Match", "*", 304),
            ("If-None-Match", "\"x\"", 200),
            ("If-Match", &etag, 200),
            ("If-Match", "*", 200),
            ("If-Match", &several, 412),
            ("If-Match", &weak, 412),
            ("If-Match", "\"x\"", 412),
        ];
        let modified = whole.header("last-modified").map(str::to_owned);
        assert_eq!(modified.is_some(), has_time, "{path}");
        if let Some(modified) = &modified {
            cases.extend([
                ("If-Modified-Since", modified.as_str(), 304),
                ("If-Modified-Since", FAR_OFF, 304),
                ("If-Modified-Since", LONG_AGO, 200),
                ("If-Modified-Since", "never", 200),
                ("If-Unmodified-Since", modified, 200),
                ("If-Unmodified-Since", LONG_AGO, 412),
                ("If-Unmodified-Since", "never", 200),
            ]);
        }
        for (name, value, status) in cases {
            for method in ["GET", "HEAD"] {
                let answer = server.send(method, &path, &[(name, value)], b"");
                assert_eq!(answer.status, status, "{method} {path} {name}: {value} {:?}", answer.headers);
                if status == 304 {
                    assert_eq!(answer.need("etag"), etag, "{path}");
                    assert_eq!(answer.need("cache-control"), whole.need("cache-control"), "{path}");
                    assert!(answer.header("content-length").is_none_or(|length| length == "0"), "{path}");
                }
            }
        }
        // A tag speaks before a date, and 412 before 304.
        let both = [("If-None-Match", "\"x\""), ("If-Modified-Since", FAR_OFF)];
        server.get_with(&path, &both).expect(200);
        server.get_with(&path, &[("If-Match", "\"x\""), ("If-None-Match", &etag)]).expect(412);
        if has_ranges {
            check_ranges(&server, &path, &etag, modified.as_deref());
        }
    }
}

fn other_methods_and_families_refuse_in_their_own_words(db: Db) {
    let server = Server::start(db);
    server.store("t", "a", b"one");
    server.store("t", "b", b"two");
    let stale = [("If-Match", "\"x\"")];
    let task = server.new_task(&[]);
    server.get_with(&format!("/training/tasks/{task}/export?format=csv"), &stale).expect_code(412, 1017);
    server.get_with("/tags/t/zip", &stale).expect_problem(412);
    // What isn't there isn't there, whatever is presumed of it.
    server.get_with("/tags/t/files/none", &stale).expect_problem(404);
    let id = word(&server.files("t")[0]["id"]);
    let zip = server.get("/tags/t/zip").need("etag").to_owned();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("ids={id}");
    let chosen = server.send("POST", "/tags/t/zip", &[form], body.as_bytes()).expect(200).need("etag").to_owned();
    assert_ne!(chosen, zip);
    for (name, value, status) in [
        ("If-Match", &chosen, 200),
        ("If-Match", &zip, 412),
        ("If-None-Match", &chosen, 412),
        ("If-None-Match", &zip, 200),
    ] {
        server.send("POST", "/tags/t/zip", &[form, (name, value)], body.as_bytes()).expect(status);
    }
}

fn a_file_is_deleted_only_as_it_was_seen(db: Db) {
    let server = Server::start(db);
    let old = server.store("t", "a", b"old");
    let seen = server.get("/tags/t/files/a").need("etag").to_owned();
    let new = server.upload_with("t", "a", "?on_conflict=replace", &[], b"new").expect(201).json();
    let path = format!("/api/v1/files/{}", word(&new["id"]));
    for (name, value) in [
        ("If-Match", seen.as_str()),
        ("If-Match", "W/\"x\""),
        ("If-Match", "x"),
        ("If-None-Match", "*"),
        ("If-Unmodified-Since", LONG_AGO),
    ] {
        let detail = server.send("DELETE", &path, &[(name, value)], b"").expect_problem(412);
        assert!(detail.contains(name), "{detail}");
    }
    assert_eq!(server.get("/tags/t/files/a").expect(200).body, b"new");
    let now = server.get("/tags/t/files/a").need("etag").to_owned();
    for _ in 0..2 {
        // A repeated request finds its success.
        let gone = server.send("DELETE", &path, &[("If-Match", &now)], b"").expect(200).json();
        assert!(gone["deleted_at"].is_string());
    }
    assert!(server.names("t").is_empty());
    server.send("DELETE", "/api/v1/files/1", &[("If-Match", &now)], b"").expect_problem(404);
    assert_ne!(old["id"], new["id"]);
}

fn a_name_is_taken_once_where_that_is_asked(db: Db) {
    let server = Server::start(db);
    let once = [("If-None-Match", "*")];
    let put = |path: &str, body: &[u8]| http::try_send(server.port(), "PUT", path, &once, body).expect("an answer");
    for round in 0..4_u8 {
        let (path, put) = (&format!("/upload/t/{round}"), &put);
        let statuses: Vec<u16> = thread::scope(|scope| {
            let senders: Vec<_> =
                (0..6_u8).map(|n| scope.spawn(move || put(path, &[n * 4 + round; 9]).status)).collect();
            senders.into_iter().map(|sender| sender.join().expect("a sender")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 412].contains(status)), "{statuses:?}");
    }
    assert_eq!(server.files("t").len(), 4);
    assert!(server.staged().is_empty() && server.blobs().len() == 4, "what was refused is gone");
    // The very same bytes stand there, too.
    let bytes = server.get("/tags/t/files/0").body;
    put("/upload/t/0", &bytes).expect_problem(412);
    server.upload_with("t", "0", "", &once, &bytes).expect_problem(412);
    server.send("POST", "/upload/t?filename=0", &once, &bytes).expect_problem(412);
    // In the trash nothing stands under a name.
    let id = word(&server.files("t")[0]["id"]);
    server.delete(&format!("/api/v1/files/{id}")).expect(200);
    put("/upload/t/0", b"other").expect(201);
    put("/upload/new/a", b"new").expect(201);
}

fn an_upload_replaces_only_what_it_saw(db: Db) {
    let server = Server::start(db);
    server.store("t", "a", b"one");
    let seen = server.get("/tags/t/files/a").need("etag").to_owned();
    let replace = |condition: (&str, &str), body: &[u8]| {
        server.send("PUT", "/upload/t/a?on_conflict=replace", &[condition], body)
    };
    replace(("If-Match", "\"x\""), b"two").expect_problem(412);
    replace(("If-Unmodified-Since", LONG_AGO), b"two").expect_problem(412);
    replace(("If-Match", &seen), b"two").expect(201);
    replace(("If-Match", &seen), b"three").expect_problem(412);
    replace(("If-None-Match", &seen), b"three").expect(201);
    assert_eq!(server.get("/tags/t/files/a").body, b"three");
    assert_eq!(server.names("t"), ["a"]);
    // Of many who saw the same, one comes first.
    let seen = server.get("/tags/t/files/a").need("etag").to_owned();
    let won: usize = thread::scope(|scope| {
        let replace = &replace;
        let seen = seen.as_str();
        let senders: Vec<_> =
            (0..6_u8).map(|n| scope.spawn(move || replace(("If-Match", seen), &[n; 7]).status)).collect();
        senders.into_iter().map(|sender| usize::from(sender.join().expect("a sender") == 201)).sum()
    });
    assert_eq!((won, server.files("t").len()), (1, 1));
    // Where nothing stands nothing matches, and no tag is made.
    server.upload_with("none", "a", "", &[("If-Match", "*")], b"x").expect_problem(412);
    server.get("/api/v1/tags/none").expect_problem(404);
}

fn several_files_and_lists_have_no_tag(db: Db) {
    let server = Server::start(db);
    server.store("t", "a", b"one");
    let form = crate::support::form::Form::default().file("f", "b", b"two").body();
    let kind = format!("multipart/form-data; boundary={}", crate::support::form::BOUNDARY);
    let kind = ("Content-Type", kind.as_str());
    for condition in [("If-Match", "\"x\""), ("If-None-Match", "*")] {
        server.send("POST", "/upload/t", &[kind, condition], &form).expect_problem(412);
        server.send("DELETE", "/api/v1/tags/t", &[condition], b"").expect_problem(412);
        server.send("POST", "/upload/t?unpack=zip", &[condition], b"").expect_problem(412);
    }
    assert_eq!(server.names("t"), ["a"]);
    server.send("POST", "/upload/t", &[kind, ("If-None-Match", "\"x\"")], &form).expect(201);
}

fn pictures_of_a_task_are_written_only_as_they_were_seen(db: Db) {
    let server = Server::start(db);
    let (task, one, two) = (server.new_task(&[]), pictures::png(8, 8, 1), pictures::png(8, 8, 2));
    let image = server.register_png(&task, "a.png", (8, 8), &one);
    let bytes = format!("/training/files/{image}");
    server.send("PUT", &bytes, &[("If-Match", "*")], &one).expect_code(412, 1017);
    server.send("PUT", &bytes, &[("If-None-Match", "*")], &one).expect_fine();
    server.send("PUT", &bytes, &[("If-None-Match", "*")], &one).expect_code(412, 1017);
    let mask = format!("/training/images/{image}/mask");
    server.send("PUT", &mask, &[("If-Match", "*")], &one).expect_code(412, 1017);
    server.send("PUT", &mask, &[("If-None-Match", "*")], &one).expect_fine();
    let seen = server.get(&mask).need("etag").to_owned();
    server.send("PUT", &mask, &[("If-Match", &seen)], &two).expect_fine();
    server.send("PUT", &mask, &[("If-Match", &seen)], &one).expect_code(412, 1017);
    assert_eq!(server.get(&mask).body, two);
    let stale = [("If-Match", "\"x\"")];
    let body = json!({"task_id": task, "img_id_list": [image]}).to_string();
    server.send("PUT", "/training/files/files", &stale, body.as_bytes()).expect_code(412, 1017);
    server.get(&bytes).expect(200);
}

fn wget_fetches_only_what_is_newer(db: Db) {
    let server = Server::start(db);
    server.store("t", "a.bin", &noise(1, 5000));
    let folder = tempfile::tempdir().unwrap();
    for (path, name) in [("/tags/t/files/a.bin", "a.bin"), ("/tags/t/zip", "zip")] {
        let fetch = || {
            let into = ["-N", "--no-proxy", "-P", folder.path().to_str().unwrap()];
            let ran = run(program("wget").args(into).arg(server.url(path))).fine();
            (ran.err, std::fs::metadata(folder.path().join(name)).unwrap().modified().unwrap())
        };
        let (_, first) = fetch();
        let told = server.get(path).need("last-modified").to_owned();
        let (log, again) = fetch();
        assert_eq!(first, again, "{log}");
        assert!(log.contains("304") || log.contains("not retrieving") || log.contains("Omitting"), "{log}");
        let seconds = first.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let date = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
        assert_eq!(date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(), told, "the file's time is the upload's");
    }
}
