//! A database that refuses, that cuts its connections, and that takes statements of a certain size only.

use crate::on_both_databases;
use crate::support::ingest::settings;
use crate::support::source::Source;
use crate::support::{Db, Server, pictures};

on_both_databases!(what_the_database_refuses_for_ever_stops_the_task_at_its_row, rows_with_long_texts_are_committed);

/// Makes the database refuse the log line of one row.
fn refuse(server: &Server, db: Db, row: i64) {
    let (before, after) = match db {
        Db::Sqlite => ("WHEN", "BEGIN SELECT RAISE(ABORT, 'no such line'); END"),
        Db::MariaDb => ("FOR EACH ROW IF", "THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such line'; END IF"),
    };
    let text = format!("CREATE TRIGGER refusing BEFORE INSERT ON ingest_log {before} NEW.row_no = {row} {after}");
    server.direct().run(&[text]);
}

fn what_the_database_refuses_for_ever_stops_the_task_at_its_row(db: Db) {
    let source = Source::start(pictures::png(40, 30, 7));
    let server = Server::start_with(db, settings());
    let kind = |n: usize| if n.is_multiple_of(5) { "gone" } else { "good" };
    let csv: String = (0..400).map(|n| format!("{},t,{n}\n", source.url(&format!("/{}/{n}", kind(n))))).collect();
    let id = server.create(&[("thread_num", "4")], &csv);
    refuse(&server, db, 200);
    for _ in 0..2 {
        server.ask(&id, "start").expect(200);
        let detail = server.until_state(&id, 3);
        let error = detail["last_error"].as_str().unwrap();
        assert!(error.starts_with(&format!("{}: ", source.url("/gone/200"))), "{error}");
        assert!(error.contains("no such line"), "{error}");
        let handled = detail["handled_num"].as_i64().unwrap();
        assert!((196..400).contains(&handled), "what comes before it is committed: {handled}");
        assert_eq!(server.direct().number("SELECT COUNT(*) FROM ingest_log WHERE row_no = 200"), 0);
    }
    server.direct().run(&["DROP TRIGGER refusing".to_owned()]);
    server.ask(&id, "start").expect(200);
    let detail = server.until_state(&id, 4);
    assert_eq!((&detail["handled_num"], &detail["last_error"]), (&400.into(), &"".into()));
    let log: Vec<_> = server.log(&id).into_iter().map(|(uri, code, _)| (uri, code)).collect();
    let bad: Vec<_> = (0..400).step_by(5).map(|n| (source.url(&format!("/gone/{n}")), 101)).collect();
    assert_eq!(log, bad);
    assert_eq!(server.direct().number("SELECT COUNT(DISTINCT row_no) FROM faces"), 320);
    assert_eq!(server.direct().number("SELECT face_count FROM face_groups"), 320);
    assert_eq!(server.direct().number("SELECT COUNT(*) FROM ingest_done"), 0);
}

/// All together are many times what MariaDB takes in a statement.
fn rows_with_long_texts_are_committed(db: Db) {
    let server = Server::start_with(db, settings());
    let description = "Wort ".repeat(12_000);
    let csv = format!("\"data:,x\",t,{description}\n").repeat(400);
    let id = server.create(&[("thread_num", "64")], &csv);
    server.ask(&id, "start").expect(200);
    let detail = server.until_state(&id, 4);
    assert_eq!(detail["handled_num"], 400);
    assert!(!server.printed().contains("wasn't committed"), "each batch at the first try");
    assert_eq!(server.direct().number("SELECT COUNT(*) FROM faces"), 400);
}

/// Connections that somebody ends in the middle of everything change nothing.
#[test]
fn cut_connections_are_opened_again() {
    let source = Source::start(pictures::png(40, 30, 7));
    let server = Server::start_with(Db::MariaDb, settings());
    let csv: String = (0..1500).map(|n| format!("{}\n", source.url(&format!("/slow/10/{n}")))).collect();
    let id = server.create(&[("thread_num", "8")], &csv);
    server.ask(&id, "start").expect(200);
    let mut cut = 0;
    for handled in (100..1400).step_by(100) {
        server.until_handled(&id, handled);
        cut += server.direct().cut_connections();
    }
    assert!(cut > 10, "{cut} connections were cut");
    assert_eq!(server.until_state(&id, 4)["handled_num"], 1500);
    assert_eq!(server.direct().number("SELECT COUNT(DISTINCT row_no) FROM faces"), 1500);
    assert_eq!(server.direct().number("SELECT face_count FROM face_groups"), 1500);
    assert!(server.log(&id).is_empty());
}
