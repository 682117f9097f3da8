//! Bodies that fall silent or take too long are answered 408 in the shape of their family, and leave nothing behind; a
//! full queue says so and later lets in.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::form::{Form, content_type};
use crate::support::http::{Answer, head};
use crate::support::raw::Connection;
use crate::support::{Db, Server, Settings, noise, wait};

/// A server that waits for `idle`, and for `total` in all.
fn server(idle: &str, total: &str) -> Server {
    let upload = format!(r#"{{idle_timeout="{idle}",total_timeout="{total}"}}"#);
    Server::start_with(Db::Sqlite, Settings::relaxed().set("ROCKET_UPLOAD", &upload))
}

/// Sends the beginning of a body of 10 MB and nothing more.
fn fall_silent(server: &Server, method: &str, path: &str, kind: &str, begin: &[u8]) -> Answer {
    let mut connection = Connection::open(server.port());
    let headers = [("Content-Type", kind), ("Accept-Language", "en")];
    connection.send(&head(server.port(), method, path, &headers, Some(10_000_000)));
    connection.send(begin);
    connection.answer().expect("an answer to a body that fell silent")
}

#[test]
fn a_silent_body_is_408_in_every_family() {
    let server = server("1 second", "1 hour");
    server.store("t", "a", b"one");
    let problem = fall_silent(&server, "PUT", "/upload/t/b", "image/jpeg", &noise(1, 700_000)).expect(408);
    assert_eq!(problem.need("content-type"), "application/problem+json");
    assert!(problem.json()["detail"].as_str().is_some_and(|text| text.contains("1 second")), "{}", problem.text());
    let (_, form) = content_type();
    let parts = Form::default().file("f", "b", &noise(2, 700_000)).unfinished();
    fall_silent(&server, "POST", "/upload/t", &form, &parts).expect_problem(408);
    fall_silent(&server, "POST", "/upload/t?unpack=zip", "application/zip", b"PK\x03\x04 and nothing more")
        .expect_problem(408);
    fall_silent(&server, "PUT", "/api/v1/tags/t/settings", "application/json", b"{\"quota\": 1000000").expect(413);
    let zip = fall_silent(&server, "POST", "/training/tasks", "application/json", b"{\"task_name\": \"never");
    assert!([408, 413].contains(&zip.status), "{}", zip.text());
    let training = fall_silent(&server, "POST", "/training/files/files", "application/json", b"{\"task_id\": 7, \"img")
        .expect(408);
    assert_eq!(training.json()["code"], 1001);
    let csv = Form::default()
        .text("group_name", "g")
        .part(&[("Content-Disposition", "form-data; name=\"file\"; filename=\"a.csv\"")], b"uri\r\nhttp://x");
    let named = fall_silent(&server, "POST", "/v1/tasks/create", &form, &csv.unfinished()).expect(408);
    assert_eq!(named.json()["code"], "timeout");
    assert!(server.staged().is_empty(), "{:?}", server.staged());
    assert_eq!(server.names("t"), ["a"]);
}

#[test]
fn a_silent_form_of_a_page_is_a_page_of_408() {
    let server = server("1 second", "1 hour");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    for path in ["/trash/purge", "/login", "/account/password"] {
        let mut connection = Connection::open(server.port());
        connection.send(&head(server.port(), "POST", path, &kind, Some(500)));
        connection.send(b"scope=selection&ids=");
        let answer = connection.answer().expect("an answer").expect(408);
        assert!(answer.need("content-type").starts_with("text/html"), "{path}: {}", answer.text());
    }
}

#[test]
fn a_body_that_trickles_on_for_too_long_is_408() {
    let server = server("20 seconds", "2 seconds");
    let mut connection = Connection::open(server.port());
    connection.send(&head(server.port(), "PUT", "/upload/t/slow", &[], Some(10_000_000)));
    connection.send(&noise(3, 600_000));
    let stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
    let (mut writer, mut reader) = (stream.try_clone().expect("its other half"), Connection::over(stream));
    writer.write_all(&head(server.port(), "PUT", "/upload/t/trickle", &[], Some(1000))).expect("a head");
    let trickle = thread::spawn(move || {
        // It would go on far beyond the idle time-out; the server hangs up.
        while writer.write_all(b"0123456789abcdef").is_ok() {
            thread::sleep(Duration::from_millis(200));
        }
    });
    reader.answer().expect("an answer to a trickle").expect_problem(408);
    connection.answer().expect("an answer to silence").expect_problem(408);
    drop(reader);
    assert!(server.staged().is_empty(), "{:?}", server.staged());
    assert!(server.files("t").is_empty());
    server.store("t", "quick", b"fits the time");
    drop(server);
    trickle.join().expect("the server hung up");
}

#[test]
fn a_full_queue_is_503_and_later_lets_in() {
    let server = Server::start_with(Db::Sqlite, Settings::relaxed());
    // Two have all the room, 32 wait for it, six are one too many each.
    let begin = vec![b' '; (1 << 20) + 100_000];
    let (told, answers) = mpsc::channel();
    let mut streams = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
        let length = Some(40 << 20);
        stream.write_all(&head(server.port(), "POST", "/training/files/files", &[], length)).expect("a head");
        stream.write_all(&begin).expect("the first MiB");
        let (mut reader, told) = (Connection::over(stream.try_clone().expect("its other half")), told.clone());
        thread::spawn(move || told.send(reader.answer()));
        streams.push(stream);
    }
    for _ in 0..6 {
        let answer = answers.recv_timeout(wait::PATIENCE).expect("a refusal").expect("an answer").expect(503);
        assert_eq!(answer.json()["code"], 1500, "{}", answer.text());
        answer.need("retry-after").parse::<u32>().expect("seconds");
    }
    for stream in streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
    let body = [begin, b"{}".to_vec()].concat();
    let later = || Some(server.send("POST", "/training/files/files", &[], &body)).filter(|answer| answer.status != 503);
    assert_eq!(wait::until("room for an honest one", later).status, 400);
}
