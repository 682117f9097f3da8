//! Two servers on one MariaDB: each task is one's at a time, and the other goes on where it was left.

use rustix::process::Signal;

use crate::ingest_crash::{ROWS, check, csv};
use crate::support::ingest::settings;
use crate::support::source::Source;
use crate::support::{Db, Server, pictures, wait};

fn source() -> Source {
    Source::start(pictures::png(40, 30, 7))
}

/// Rows that a server commits after `now`.
fn goes_on(server: &Server, id: &str) {
    let now = server.detail(id)["handled_num"].as_i64().unwrap();
    assert_eq!(server.until_handled(id, now + 1)["state"], 2);
}

#[test]
fn the_other_server_takes_over_and_the_stale_one_is_fenced() {
    let source = source();
    let first = Server::start_with(Db::MariaDb, settings());
    let id = first.create(&[("thread_num", "6")], &csv(&source, "slow/16"));
    let mut second = first.beside();
    first.ask(&id, "start").expect(200);
    first.until_handled(&id, 50);
    // It sleeps past its lease, with rows in flight, and doesn't know.
    first.signal(Signal::STOP);
    goes_on(&second, &id);
    first.signal(Signal::CONT);
    wait::until_true("the end of the stale run", || first.printed().contains("another server has taken this task up"));
    goes_on(&second, &id);
    second.kill();
    goes_on(&first, &id);
    check(&first, &source, &id);
    assert!(source.asked() < ROWS + 500, "only what was in flight was done again: {}", source.asked());
    assert_eq!(first.direct().number("SELECT epoch FROM ingest_tasks"), 3, "it changed hands twice");
}

#[test]
fn tasks_are_shared_and_stopped_from_either_server() {
    let sources = [source(), source()];
    let first = Server::start_with(Db::MariaDb, settings());
    let second = first.beside();
    let servers = [&first, &second];
    let rows = |at: usize| -> String {
        (0..4000).map(|n| format!("{}\n", sources[at].url(&format!("/slow/20/{n}")))).collect()
    };
    let ids = [0, 1].map(|at| first.create(&[("thread_num", "4")], &rows(at)));
    for (server, id) in servers.iter().zip(&ids) {
        server.ask(id, "start").expect(200);
    }
    for server in servers {
        for id in &ids {
            goes_on(server, id);
        }
    }
    for (at, id) in [(1, &ids[0]), (0, &ids[1])] {
        servers[at].ask(id, "stop").expect(200);
        assert_eq!(sources[1 - at].in_flight(), 0, "it answers when no row is in flight at the other");
        let (detail, asked) = (servers[at].detail(id), sources[1 - at].asked());
        assert_eq!((&detail["state"], &detail["handled_num"]), (&3.into(), &asked.into()));
    }
    assert!(sources.iter().all(|source| source.most_in_flight() == 4), "nobody worked on the other's");
    first.ask(&ids[1], "delete").expect(200);
    assert_eq!(second.ask(&ids[1], "detail").status, 404);
}
