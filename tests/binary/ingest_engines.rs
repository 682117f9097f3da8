//! Tasks whose faces a server outside finds and keeps, on its good days and on its bad ones.

use crate::support::face_server::{Day, FaceServer};
use crate::support::{Db, Server, Settings, base64, pictures};

/// Of each server, what the configuration needs.
const COMPREFACE: (&str, &str) = ("compreface", r#"{detection="d",recognition="r"}"#);
const INSIGHTFACE: (&str, &str) = ("insightface", r#"{api="a"}"#);

fn started((engine, keys): (&str, &str)) -> (Server, FaceServer) {
    let faces = FaceServer::start();
    let table = format!(r#"{{engine="{engine}",url="{}",keys={keys}}}"#, faces.url());
    // Nobody listens there: the proxy of the environment is of no concern.
    let settings = Settings::default().set("ROCKET_FACES", &table).set("http_proxy", "http://127.0.0.1:9");
    (Server::start_with(Db::Sqlite, settings), faces)
}

/// Runs a task of so many rows to its end; the codes in its log.
fn codes(server: &Server, rows: usize, threads: &str) -> Vec<i64> {
    let row = format!("\"data:image/png;base64,{}\"\n", base64(&pictures::png(40, 30, 7)));
    let id = server.create(&[("thread_num", threads)], &row.repeat(rows));
    server.ask(&id, "start").expect(200);
    assert_eq!(server.until_state(&id, 4)["handled_num"], rows);
    server.log(&id).iter().map(|(_, code, _)| *code).collect()
}

fn an_unclear_add_is_asked_about(engine: (&str, &str)) {
    let (server, faces) = started(engine);
    faces.set_day(Day::Forgets);
    assert_eq!(codes(&server, 20, "3"), [] as [i64; 0]);
    assert_eq!(faces.faces(), [1; 20], "each face was added once");
    faces.set_day(Day::Stumbles);
    assert!(codes(&server, 5, "1").is_empty(), "detection is tried again");
    assert_eq!(faces.faces(), [1; 25]);
    assert_eq!(server.direct().number("SELECT COUNT(*) FROM faces"), 25);
}

/// Without a breaker 8 rows would ask 32 times.
fn a_server_that_is_down_is_left_alone(engine: (&str, &str)) {
    let (server, faces) = started(engine);
    faces.set_day(Day::Down);
    assert_eq!(codes(&server, 8, "8"), [301; 8]);
    let asked = faces.requests();
    assert!((5..=16).contains(&asked), "asked {asked} times");
    faces.set_day(Day::Good);
    assert!(codes(&server, 4, "4").is_empty(), "it is asked again when it has rested");
    assert_eq!(faces.faces(), [1; 4]);
    let before = faces.requests();
    faces.set_day(Day::AddsFail);
    assert_eq!(codes(&server, 1, "1"), [302]);
    assert!(faces.requests() - before >= 5, "an add is tried again");
    assert_eq!(faces.faces(), [1; 4]);
    assert_eq!(server.direct().number("SELECT COUNT(*) FROM faces"), 4);
}

#[test]
fn compreface_is_asked_about_an_unclear_add() {
    an_unclear_add_is_asked_about(COMPREFACE);
}

#[test]
fn insightface_is_asked_about_an_unclear_add() {
    an_unclear_add_is_asked_about(INSIGHTFACE);
}

#[test]
fn compreface_is_left_alone_while_it_is_down() {
    a_server_that_is_down_is_left_alone(COMPREFACE);
}

#[test]
fn insightface_is_left_alone_while_it_is_down() {
    a_server_that_is_down_is_left_alone(INSIGHTFACE);
}
