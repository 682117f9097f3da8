//! Large JSON bodies take memory by their own size, whatever they hold and however many come at once.

use std::fmt::Write as _;
use std::thread;

use crate::support::{Db, Server, Settings};

/// What one body of 40 MiB may add to the server's memory: itself, and once more while it is put together.
const ALLOWED_KIB: u64 = 112 * 1024;

/// What any number of them may add.
const ALLOWED_TOGETHER_KIB: u64 = 280 * 1024;

/// `{"task_id":7,"<list>":[<element>,…]}` of very nearly `bytes` bytes.
fn body_of(list: &str, element: &str, bytes: usize) -> Vec<u8> {
    let mut body = format!("{{\"task_id\":7,\"{list}\":[").into_bytes();
    let next = format!("{element},");
    let count = (bytes - body.len() - element.len() - 2) / next.len();
    body.extend(next.repeat(count).bytes());
    body.extend(format!("{element}]}}").bytes());
    body
}

fn server() -> Server {
    let server = Server::start_with(Db::Sqlite, Settings::relaxed());
    server.store("t", "warm", b"up");
    server
}

#[track_caller]
fn refuses(method: &str, body: &[u8], status: u16, code: u16) {
    let server = server();
    let before = server.peak_memory_kib();
    server.send(method, "/training/files/files", &[], body).expect_code(status, code);
    let grown = server.peak_memory_kib() - before;
    assert!(grown < ALLOWED_KIB, "a body of {} bytes added {grown} KiB", body.len());
}

#[test]
fn a_registration_of_far_too_many_images_takes_little_more_than_its_text() {
    refuses("POST", &body_of("img_info", "0", 40 << 20), 413, 1015);
}

#[test]
fn so_does_one_huge_image() {
    let image = format!("[{}0]", "0,".repeat(20 << 19));
    refuses("POST", &body_of("img_info", &image, 40 << 20), 400, 1001);
}

#[test]
fn so_do_members_that_nobody_asked_for() {
    let mut many = String::new();
    (0..3 << 20).for_each(|at| write!(many, "\"{at:07}\":0,").expect("a string takes it"));
    refuses("POST", format!("{{{many}\"task_id\":7}}").as_bytes(), 400, 1001);
    let list = body_of("other", "0", 40 << 20);
    refuses("POST", &list, 400, 1001);
}

#[test]
fn so_does_a_list_of_far_too_many_ids() {
    refuses("PUT", &body_of("img_id_list", "1", 16 << 20), 413, 1015);
    let id = format!("[{}0]", "0,".repeat(6 << 20));
    refuses("PUT", &body_of("img_id_list", &id, 16 << 20), 400, 1001);
}

#[test]
fn many_large_bodies_take_turns() {
    let server = server();
    let before = server.peak_memory_kib();
    let body = body_of("img_info", "0", 40 << 20);
    let post = || server.send("POST", "/training/files/files", &[], &body).status;
    let statuses: Vec<u16> = thread::scope(|scope| {
        let sending: Vec<_> = (0..6).map(|_| scope.spawn(post)).collect();
        sending.into_iter().map(|sender| sender.join().expect("an answer")).collect()
    });
    // A slow machine may tell some of them to come again later.
    assert!(statuses.contains(&413) && statuses.iter().all(|status| [413, 503].contains(status)), "{statuses:?}");
    let grown = server.peak_memory_kib() - before;
    assert!(grown < ALLOWED_TOGETHER_KIB, "six bodies of 40 MiB added {grown} KiB");
}
