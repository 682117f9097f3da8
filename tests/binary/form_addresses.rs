//! A form that is sent to an address of its own for one file (contract §1): `curl -F`, FormData and upload libraries do.

use crate::on_both_databases;
use crate::support::form::{BOUNDARY, Form, content_type};
use crate::support::http::{Answer, head};
use crate::support::raw::Connection;
use crate::support::tools::{curl, file_with, python};
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, noise, pictures, repr_digest, sha256};

on_both_databases!(
    the_one_file_of_a_form_is_stored_under_the_name_of_the_address,
    none_or_several_files_store_nothing,
    a_form_is_held_to_the_same_rules_as_a_raw_body,
    a_form_may_hold_the_archive_that_is_to_be_unpacked,
    pictures_of_training_may_come_in_a_form,
    json_is_not_taken_out_of_a_form,
);

fn send(server: &Server, method: &str, path: &str, body: &[u8]) -> Answer {
    let (name, value) = content_type();
    server.send(method, path, &[(name, &value)], body)
}

fn the_one_file_of_a_form_is_stored_under_the_name_of_the_address(db: Db) {
    let server = Server::start(db);
    let bytes = pictures::jpeg(30, 20, 3);
    let body = Form::default().text("note", "x").file("file", "other.jpg", &bytes).text("more", "y").body();
    for (at, (method, path)) in
        [("POST", "/upload/t/a.jpg"), ("PUT", "/upload/t/a.jpg"), ("POST", "/upload/t?filename=a.jpg")]
            .iter()
            .enumerate()
    {
        let file = send(&server, method, path, &body).expect(if at == 0 { 201 } else { 200 }).json();
        assert_eq!(
            (word(&file["name"]), word(&file["sha256"])),
            ("a.jpg".to_owned(), sha256(&bytes)),
            "{method} {path}"
        );
        assert_eq!(
            (&file["content_type"], &file["width"], &file["duplicate"]),
            (&"image/jpeg".into(), &30.into(), &(at > 0).into())
        );
    }
    assert_eq!(server.names("t"), ["a.jpg"]);
    assert_eq!(server.get("/tags/t/files/a.jpg").body, bytes);
    // The part's own name doesn't matter, nor that it has none: React Native sends a type alone.
    for (at, head) in [
        "name=\"f\"; filename=\"a/b\\c\"",
        "name=\"f\"; filename=\"\"",
        "name=\"f\"\r\nContent-Type: image/jpeg",
        "name=\"f\"; filename=\"blob\"\r\nContent-Type: application/octet-stream",
    ]
    .iter()
    .enumerate()
    {
        let body = Form::default().raw(format!("Content-Disposition: form-data; {head}").as_bytes(), &[b'x'; 9]).body();
        let file = send(&server, "PUT", &format!("/upload/u/{at}"), &body).expect_success().json();
        assert_eq!(file["size"], 9, "{head}: {file}");
    }
    let empty = Form::default().file("f", "empty", b"").body();
    assert_eq!(send(&server, "PUT", "/upload/t/empty", &empty).expect(201).json()["size"], 0);
    // As the program itself sends it, of known and of unknown length.
    let (_folder, path) = file_with("shot.jpg", &bytes);
    let form = format!("file=@{}", path.to_str().unwrap());
    for (name, more) in [("one.jpg", "Expect: 100-continue"), ("two.jpg", "Transfer-Encoding: chunked")] {
        curl(&["-f", "-F", &form, "-H", more, &server.url(&format!("/upload/c/{name}"))]).fine();
        assert_eq!(server.get(&format!("/tags/c/files/{name}")).body, bytes);
    }
}

fn none_or_several_files_store_nothing(db: Db) {
    let server = Server::start(db);
    let one = || Form::default().file("f", "1.jpg", &noise(1, 300_000));
    let cases = [
        (Form::default().text("a", "b").body(), "no file"),
        (Form::default().body(), "no file"),
        (Form::default().raw(b"Content-Disposition: form-data; name=\"f\"; filename=\"\"", b"").body(), "no file"),
        (one().file("f", "2.jpg", b"2").body(), "more than one"),
        (
            one().raw(b"Content-Disposition: form-data; name=\"f\"\r\nContent-Type: image/png", b"2").body(),
            "more than one",
        ),
        (one().unfinished(), "broke off"),
        (b"no form".to_vec(), "boundary"),
        (Vec::new(), "empty"),
    ];
    for (body, said) in &cases {
        for (method, path) in
            [("POST", "/upload/t/a.jpg"), ("PUT", "/upload/t/a.jpg"), ("POST", "/upload/t?filename=a.jpg")]
        {
            let detail = send(&server, method, path, body).expect_problem(400);
            assert!(detail.contains(said), "{method} {path}: {detail}");
        }
    }
    let coded = b"Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\nContent-Transfer-Encoding: base64";
    send(&server, "PUT", "/upload/t/a.jpg", &Form::default().raw(coded, b"/9j/").body()).expect_problem(415);
    let kind = [("Content-Type", "multipart/form-data")];
    let detail = server.send("PUT", "/upload/t/a.jpg", &kind, &one().body()).expect_problem(400);
    assert!(detail.contains("boundary"), "{detail}");
    // Cut off within the form, after the file.
    let (name, value) = content_type();
    let whole = one().body();
    let mut connection = Connection::open(server.port());
    connection.send(&head(server.port(), "PUT", "/upload/t/a.jpg", &[(name, &value)], Some(whole.len())));
    connection.send(&whole[..whole.len() - 3]);
    connection.finish();
    connection.answer();
    assert_eq!(server.json("/api/v1/tags")["items"], serde_json::json!([]));
    crate::support::wait::until_true("nothing is left", || server.staged().is_empty() && server.blobs().is_empty());
}

fn a_form_is_held_to_the_same_rules_as_a_raw_body(db: Db) {
    let server = Server::start_with(db, Settings::default().max_size("64 KiB"));
    let form = |bytes: &[u8]| Form::default().file("f", "x", bytes).body();
    send(&server, "PUT", "/upload/t/a", &form(b"1")).expect(201);
    send(&server, "PUT", "/upload/t/a?on_conflict=reject", &form(b"2")).expect_problem(409);
    let renamed = send(&server, "PUT", "/upload/t/a", &form(b"2")).expect(201).json();
    assert_eq!(renamed["name"], "a (2)");
    send(&server, "PUT", "/upload/t/b?on_conflict=nonsense", &form(b"1")).expect_problem(400);
    send(&server, "PUT", "/upload/t/..%2Fb", &form(b"1")).expect_problem(400);
    // A file of the largest size fits, whatever stands around it.
    send(&server, "PUT", "/upload/t/largest", &form(&noise(2, 64 * 1024))).expect(201);
    send(&server, "PUT", "/upload/t/larger", &form(&noise(2, 64 * 1024 + 1))).expect_problem(413);
    // A digest in the request's head is that of the whole body.
    let body = form(b"digest");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let put = |digest: &str| {
        server.send("PUT", "/upload/t/digest", &[("Content-Type", &kind), ("Content-Digest", digest)], &body)
    };
    put(&repr_digest(b"other")).expect_problem(422);
    put(&repr_digest(&body)).expect(201);
    assert!(server.staged().is_empty());
}

fn a_form_may_hold_the_archive_that_is_to_be_unpacked(db: Db) {
    let server = Server::start(db);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.zip");
    python("make_zip.py", &["good".as_ref(), path.as_os_str()]).fine();
    let archive = std::fs::read(path).unwrap();
    let body = Form::default().file("f", "pictures.zip", &archive).body();
    let answer = send(&server, "POST", "/upload/t?unpack=zip", &body).expect(201).json();
    assert_eq!(answer["files"].as_array().unwrap().len(), 6, "{answer}");
    assert!(server.names("t").contains(&"nested.txt".to_owned()));
    let several = Form::default().file("f", "1.zip", &archive).file("f", "2.zip", &archive).body();
    let none = Form::default().text("a", "b").body();
    for (body, said) in [(several, "more than one"), (none, "no file")] {
        let detail = send(&server, "POST", "/upload/u?unpack=zip", &body).expect_problem(400);
        assert!(detail.contains(said), "{detail}");
    }
    assert_eq!(server.json("/api/v1/tags")["items"].as_array().unwrap().len(), 1);
}

fn pictures_of_training_may_come_in_a_form(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    let png = pictures::png(30, 20, 1);
    let form = Form::default().text("a", "b").file("f", "any.png", &png).body();
    let two = Form::default().file("f", "1.png", &png).file("f", "2.png", &png).body();
    for method in ["PUT", "POST"] {
        let image = server.register_png(&task, &format!("{method}.png"), (30, 20), &png);
        let path = format!("/training/files/{image}");
        send(&server, method, &path, &two).expect_code(400, 1001);
        send(&server, method, &path, &Form::default().text("a", "b").body()).expect_code(400, 1001);
        send(&server, method, &path, &form).expect_fine();
        assert_eq!(server.get(&path).expect(200).body, png);
    }
    let image = server.register_png(&task, "raw.png", (30, 20), &png);
    server.send("POST", &format!("/training/files/{image}"), &[], &png).expect_code(400, 1001);
    for part in ["roi", "mask", "dl"] {
        let path = format!("/training/images/{image}/{part}");
        send(&server, "PUT", &path, &two).expect_code(400, 1001);
        server.get(&path).expect_code(404, 1003);
        send(&server, "PUT", &path, &form).expect_fine();
        assert_eq!(server.get(&path).expect(200).body, png);
    }
}

fn json_is_not_taken_out_of_a_form(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["cat"]);
    let image = server.ready_png(&task, "a.png", (30, 20), &pictures::png(30, 20, 1));
    let body = Form::default().file("f", "a.json", br#"{"objects":[]}"#).body();
    let path = format!("/training/images/{image}/annotation");
    for (method, path) in [("PUT", path.as_str()), ("POST", "/training/tasks"), ("PUT", "/training/tasks/sets")] {
        let said = send(&server, method, path, &body).expect_code(400, 1001);
        assert!(said.contains("multipart/form-data"), "{method} {path}: {said}");
    }
    server.get(&path).expect_code(404, 1003);
}
