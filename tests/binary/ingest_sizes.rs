//! Many threads, many rows, large rows.

use std::fmt::Write as _;

use crate::on_both_databases;
use crate::support::ingest::settings;
use crate::support::source::Source;
use crate::support::{Db, Server, base64, noise, pictures, wait};

on_both_databases!(
    a_million_rows_are_made_and_resumed,
    so_many_rows_are_in_flight_as_the_task_has_threads,
    large_data_rows_never_fill_the_memory,
);

fn so_many_rows_are_in_flight_as_the_task_has_threads(db: Db) {
    let source = Source::start(pictures::png(40, 30, 7));
    let server = Server::start_with(db, settings());
    let csv: String = (0..640).map(|n| format!("{}\n", source.url(&format!("/slow/300/{n}")))).collect();
    let id = server.create(&[("thread_num", "64")], &csv);
    server.ask(&id, "start").expect(200);
    server.until_state(&id, 4);
    assert_eq!(source.most_in_flight(), 64);
    assert_eq!(source.asked(), 640);
}

fn a_million_rows_are_made_and_resumed(db: Db) {
    const ROWS: i64 = 1_000_000;
    const DONE: i64 = 900_000;
    let mut server = Server::start_with(db, settings());
    let mut csv = String::with_capacity(64 << 20);
    let mut offset = 0;
    for n in 0..ROWS {
        if n == DONE {
            offset = csv.len();
        }
        writeln!(csv, "ftp://host/{n},tag {n},description {n}").unwrap();
    }
    let id = server.create(&[("thread_num", "2")], &csv);
    drop(csv);
    assert!(server.peak_memory_kib() < 150 * 1024, "{} KiB", server.peak_memory_kib());
    assert_eq!(server.detail(&id)["total_num"], ROWS);
    server.kill();
    let done = format!(
        "UPDATE ingest_tasks SET state = 2, handled_num = {DONE}, mark_row = {DONE}, mark_offset = {offset} WHERE id = '{id}'"
    );
    server.direct().run(&[done]);
    server.restart();
    wait::until_true("the first row", || server.detail(&id)["handled_num"].as_i64() > Some(DONE));
    server.ask(&id, "stop").expect(200);
    let first = &server.json(&format!("/v1/tasks/{id}/log?limit=1"))["logs"][0];
    assert_eq!(first["uri"], format!("ftp://host/{DONE}"));
}

fn large_data_rows_never_fill_the_memory(db: Db) {
    let server = Server::start_with(db, settings());
    let picture = base64(&noise(1, 15 << 20));
    let csv = format!("\"data:image/png;base64,{picture}\",t,d\n").repeat(12);
    let id = server.create(&[("thread_num", "12")], &csv);
    assert!(server.peak_memory_kib() < 200 * 1024, "{} KiB", server.peak_memory_kib());
    server.ask(&id, "start").expect(200);
    server.until_state(&id, 4);
    assert!(server.log(&id).is_empty());
    // 64 MiB of rows in flight, two on their way there, and what the allocator keeps of the CSV's arrival; all twelve at
    // once would take 240 MiB more.
    assert!(server.peak_memory_kib() < 290 * 1024, "{} KiB", server.peak_memory_kib());
}

/// A task that is started beside a huge one has its turn as often, however many rows the huge one has in flight.
#[test]
fn a_small_task_isnt_held_up_by_a_huge_one() {
    const SMALL: i64 = 16;
    let source = Source::start(pictures::png(640, 480, 7));
    let settings = settings().set("ROCKET_FACES", r#"{engine="seetaface"}"#);
    let server = Server::start_with(Db::Sqlite, settings);
    let csv = |rows: i64| -> String { (0..rows).map(|n| format!("{}\n", source.url(&format!("/good/{n}")))).collect() };
    let huge = server.create(&[("thread_num", "64")], &csv(3000));
    let small = server.create(&[("thread_num", "4")], &csv(SMALL));
    server.ask(&huge, "start").expect(200);
    server.until_handled(&huge, 1);
    server.ask(&small, "start").expect(200);
    let handled = || server.detail(&huge)["handled_num"].as_i64().unwrap();
    let before = handled();
    assert_eq!(server.until_state(&small, 4)["handled_num"], SMALL);
    let meanwhile = handled() - before;
    assert!((SMALL / 4..=SMALL * 4).contains(&meanwhile), "{meanwhile} rows of the huge one beside {SMALL}");
    server.ask(&huge, "delete").expect(200);
}

#[test]
fn tasks_side_by_side_have_their_own_threads() {
    let server = Server::start_with(Db::Sqlite, settings());
    let tasks: Vec<_> = [3, 7, 1].map(|threads| (threads, Source::start(pictures::png(40, 30, 7)))).into();
    let start = |(threads, source): &(usize, Source)| {
        let csv: String = (0..threads * 12).map(|n| format!("{}\n", source.url(&format!("/slow/60/{n}")))).collect();
        let id = server.create(&[("thread_num", &threads.to_string())], &csv);
        server.ask(&id, "start").expect(200);
        id
    };
    let ids: Vec<_> = tasks.iter().map(start).collect();
    for (id, (threads, source)) in ids.iter().zip(&tasks) {
        server.until_state(id, 4);
        assert_eq!((source.most_in_flight(), source.asked()), (*threads, threads * 12));
    }
}
