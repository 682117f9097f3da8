//! All that slow, greedy and broken clients do at once: two thousand uploads that trickle, a reader of a zip at 1 KiB/s, ten thousand
//! requests of garbage. Honest uploads among them all succeed, memory stays below 300 MiB, and nothing is left behind.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::on_both_databases;
use crate::support::http::head;
use crate::support::raw::Connection;
use crate::support::{Db, Server, Settings, noise, sha256, upload::word, wait};

on_both_databases!(a_siege_leaves_honest_clients_alone);

const TRICKLING: usize = 2000;
const HONEST: u64 = 50;
const GARBAGE: u64 = 10_000;

/// One handle for each connection of this process.
fn make_room_for_handles() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).expect("more handles");
}

/// Something that is no request, or nearly one.
fn garbage(number: u64) -> Vec<u8> {
    let noise = noise(number + 1, usize::try_from(number % 700).unwrap() + 1);
    let lines: [&[u8]; 10] = [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST /upload/t?filename=%FF HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
        b"PUT /upload/t/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /upload/t HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900\r\n\r\n--b\r\n",
        b"POST /training/files/files HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n{\"task_id\":[[[[[[",
        b"GET /tags/t/zip HTTP/1.1\r\nHost: a\r\nRange: bytes=99999999999999999999-,-,5-1\r\n\r\n",
        b"POST /v1/tasks/create HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 5\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    let line = lines[usize::try_from(number % 10).unwrap()];
    [line, &noise].concat()
}

fn send_garbage(port: u16, sent: &AtomicUsize, from: u64) {
    for number in (from..GARBAGE).step_by(4) {
        if let Ok(mut connection) = Connection::try_open(port) {
            connection.send(&garbage(number));
            connection.finish();
            sent.fetch_add(1, Ordering::SeqCst);
            // Some wait for what comes, most go away.
            if number.is_multiple_of(8) {
                let _ = connection.answer();
            }
        }
    }
}

/// Reads a zip a KiB at a time, one each second.
fn read_slowly(port: u16, stop: &AtomicBool) -> usize {
    let mut connection = Connection::open(port);
    connection.send(&head(port, "GET", "/tags/big/zip", &[], None));
    let mut read = 0;
    while !stop.load(Ordering::SeqCst) {
        read += connection.some(1024).len();
        std::thread::sleep(Duration::from_secs(1));
    }
    read
}

fn trickle(port: u16) -> Vec<Connection> {
    (0..TRICKLING)
        .map(|number| {
            let mut connection = Connection::open(port);
            connection.send(&head(port, "PUT", &format!("/upload/slow/{number}"), &[], Some(1_000_000)));
            connection.send(b"a first byte or two");
            connection
        })
        .collect()
}

fn a_siege_leaves_honest_clients_alone(db: Db) {
    make_room_for_handles();
    let server = Server::start_with(db, Settings::default());
    for number in 0..8 {
        server.store("big", &format!("{number}.bin"), &noise(number, 3_000_000));
    }
    let (port, stop, sent) = (server.port(), AtomicBool::new(false), AtomicUsize::new(0));
    let mut trickling = trickle(port);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| read_slowly(port, &stop));
        for from in 0..4 {
            let sent = &sent;
            scope.spawn(move || send_garbage(port, sent, from));
        }
        for number in 0..HONEST {
            trickling.iter_mut().skip(usize::try_from(number % 10).unwrap()).step_by(10).for_each(|connection| {
                connection.send(b".");
            });
            let bytes = noise(number, 100_000);
            let file = server.store("honest", &format!("{number}.bin"), &bytes);
            assert_eq!(word(&file["sha256"]), sha256(&bytes));
        }
        wait::until_true("all garbage", || sent.load(Ordering::SeqCst) + 10 > usize::try_from(GARBAGE).unwrap());
        stop.store(true, Ordering::SeqCst);
        assert!(slow.join().unwrap() >= 1024, "the slow reader is served, too");
    });
    let used = server.peak_memory_kib();
    assert!(used < 300 * 1024, "{used} KiB");
    drop(trickling);
    wait::until_true("nothing is left of them", || server.staged().is_empty());
    assert_eq!(server.names("honest").len(), usize::try_from(HONEST).unwrap());
    assert_eq!(server.names("slow"), Vec::<String>::new());
    server.get("/readyz").expect(200);
}

/// Processor time that the server has used, in the kernel's ticks.
fn ticks(server: &Server) -> u64 {
    let line = std::fs::read_to_string(format!("/proc/{}/stat", server.process())).expect("the state of our child");
    let fields: Vec<&str> = line.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Each of six hundred clients slowly sends nearly all of a picture and then stops: 300 MB, of which little stays in memory.
#[test]
fn many_bodies_that_stop_before_their_end_cost_little_memory() {
    make_room_for_handles();
    let server = Server::start_with(Db::Sqlite, Settings::default());
    let (port, bytes) = (server.port(), noise(1, 500_000));
    let mut stopped = Vec::new();
    for number in 0..600 {
        let mut connection = Connection::open(port);
        connection.send(&head(port, "PUT", &format!("/upload/slow/{number}"), &[], Some(bytes.len() + 1)));
        stopped.push(connection);
    }
    for piece in bytes.chunks(8000) {
        for connection in &mut stopped {
            assert!(connection.send(piece));
        }
        // What has arrived is read before more comes: buffers of sockets and of HTTP are another matter.
        let mut before = None;
        wait::until_true("a server that rests", || {
            std::thread::sleep(Duration::from_millis(20));
            let now = Some(ticks(&server));
            std::mem::replace(&mut before, now) == now
        });
    }
    let file = server.store("honest", "large", &noise(2, 3_000_000));
    assert_eq!(word(&file["sha256"]), sha256(&noise(2, 3_000_000)));
    let used = server.peak_memory_kib();
    assert!(used < 300 * 1024, "{used} KiB");
    // They are taken all the same when their last byte comes.
    for connection in &mut stopped {
        connection.send(b"!");
        assert_eq!(connection.answer().expect("an answer").status / 100, 2);
    }
    assert_eq!(server.names("slow").len(), 600);
    drop(stopped);
    wait::until_true("nothing is left in staging", || server.staged().is_empty());
}
