//! Whatever happens to the server, its database or the source of the pictures: each row is handled once.

use std::time::{Duration, Instant};

use crate::on_both_databases;
use crate::support::ingest::settings;
use crate::support::source::Source;
use crate::support::{Db, Server, noise, pictures, wait};

on_both_databases!(
    fifty_kills_change_nothing,
    stops_and_starts_change_nothing,
    sigterm_finishes_what_is_in_flight,
    a_locked_database_is_waited_for,
    a_source_that_is_down_for_ten_seconds_changes_nothing,
);

/// Rows of the task that is disturbed; each seventh is bad.
pub const ROWS: usize = 5000;

fn source() -> Source {
    Source::start(pictures::png(40, 30, 7))
}

/// Good rows under `/good`, or another word for it.
pub fn csv(source: &Source, good: &str) -> String {
    let kind = |n: usize| if n.is_multiple_of(7) { "gone" } else { good };
    (0..ROWS).map(|n| format!("{},t,{n}\n", source.url(&format!("/{}/{n}", kind(n))))).collect()
}

/// The same as an undisturbed run: every row has one outcome, and it is its own.
#[track_caller]
pub fn check(server: &Server, source: &Source, id: &str) {
    let detail = server.until_state(id, 4);
    assert_eq!((&detail["handled_num"], &detail["total_num"]), (&ROWS.into(), &ROWS.into()));
    let bad: Vec<_> = (0..ROWS).filter(|n| n.is_multiple_of(7)).collect();
    let log = server.log(id);
    let logged: Vec<_> = log.iter().map(|(uri, code, _)| (uri.clone(), *code)).collect();
    let expected: Vec<_> = bad.iter().map(|n| (source.url(&format!("/gone/{n}")), 101)).collect();
    assert!(logged == expected, "{} lines in the log, not {}", logged.len(), expected.len());
    let direct = server.direct();
    let good = i64::try_from(ROWS - bad.len()).unwrap();
    assert_eq!(direct.number("SELECT COUNT(*) FROM faces"), good);
    assert_eq!(direct.number("SELECT COUNT(DISTINCT row_no) FROM faces WHERE row_no % 7 > 0"), good);
    assert_eq!(direct.number("SELECT face_count FROM face_groups"), good);
    assert_eq!(direct.number("SELECT rows_no FROM ingest_counts WHERE code = 0"), good);
    assert_eq!(direct.number("SELECT CAST(SUM(rows_no) AS SIGNED) FROM ingest_counts"), i64::try_from(ROWS).unwrap());
    assert_eq!(direct.number("SELECT COUNT(*) FROM ingest_done"), 0);
}

/// Good rows that take so long that the task doesn't end before it was disturbed fifty times.
const SLOWER: &str = "slow/16";

/// Pauses of 5 to 100 ms that are the same in each run of the test.
fn pauses(count: usize) -> impl Iterator<Item = Duration> {
    noise(50, count).into_iter().map(|byte| Duration::from_millis(5 + u64::from(byte) * 95 / 255))
}

fn fifty_kills_change_nothing(db: Db) {
    let source = source();
    let mut server = Server::start_with(db, settings());
    let id = server.create(&[("thread_num", "8")], &csv(&source, SLOWER));
    server.ask(&id, "start").expect(200);
    let (mut before, mut hits) = (0, 0);
    for pause in pauses(50) {
        std::thread::sleep(pause);
        server.restart();
        let detail = server.detail(&id);
        let handled = detail["handled_num"].as_i64().unwrap();
        assert!(handled >= before, "{handled} after {before}");
        before = handled;
        hits += usize::from(detail["state"] == 2);
    }
    assert!(hits > 40, "most kills came while it ran: {hits}");
    check(&server, &source, &id);
}

fn stops_and_starts_change_nothing(db: Db) {
    let source = source();
    let server = Server::start_with(db, settings());
    let id = server.create(&[("thread_num", "8")], &csv(&source, SLOWER));
    for pause in pauses(50) {
        server.ask(&id, "start").expect(200);
        std::thread::sleep(pause);
        server.ask(&id, "stop").expect(200);
        assert_eq!(source.in_flight(), 0);
        assert_eq!(server.detail(&id)["handled_num"], source.asked());
    }
    server.ask(&id, "start").expect(200);
    check(&server, &source, &id);
    assert_eq!(source.asked(), ROWS, "no row twice, none left out");
}

fn sigterm_finishes_what_is_in_flight(db: Db) {
    let source = source();
    let mut server = Server::start_with(db, settings());
    let slow: String = (0..200).map(|n| format!("{}\n", source.url(&format!("/slow/30/{n}")))).collect();
    let id = server.create(&[("thread_num", "4")], &slow);
    server.ask(&id, "start").expect(200);
    server.until_handled(&id, 10);
    assert!(server.terminate().success());
    server.restart();
    assert_eq!(server.until_state(&id, 4)["handled_num"], 200);
    assert_eq!(source.asked(), 200, "no row twice, none left out");

    let id = server.create(&[("thread_num", "4")], &slow);
    server.ask(&id, "start").expect(200);
    server.until_handled(&id, 10);
    server.restart_with(settings().set("ROCKET_INGEST", r#"{allow_networks=["127.0.0.0/8"],on_restart="stop"}"#));
    let stopped = server.detail(&id);
    assert_eq!(stopped["state"], 3, "{stopped}");
    server.ask(&id, "start").expect(200);
    assert_eq!(server.until_state(&id, 4)["handled_num"], 200);
}

fn a_locked_database_is_waited_for(db: Db) {
    let source = source();
    let server = Server::start_with(db, settings());
    let id = server.create(&[("thread_num", "8")], &csv(&source, "good"));
    server.ask(&id, "start").expect(200);
    server.until_handled(&id, 100);
    server.direct().locked_for(Duration::from_secs(5), "ingest_tasks");
    check(&server, &source, &id);
}

/// The tries of a row outlast it.
fn a_source_that_is_down_for_ten_seconds_changes_nothing(db: Db) {
    let source = source();
    let server = Server::start_with(db, settings());
    let id = server.create(&[("thread_num", "8")], &csv(&source, "good"));
    server.ask(&id, "start").expect(200);
    server.until_handled(&id, 100);
    source.set_down(true);
    let since = Instant::now();
    wait::until_true("the outcomes of what it answered", || server.detail(&id)["handled_num"] == source.asked());
    std::thread::sleep(Duration::from_secs(10).saturating_sub(since.elapsed()));
    let meanwhile = server.detail(&id);
    assert_eq!((&meanwhile["state"], &meanwhile["handled_num"]), (&2.into(), &source.asked().into()));
    source.set_down(false);
    check(&server, &source, &id);
}
