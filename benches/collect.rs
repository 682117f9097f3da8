//! `cargo bench --bench collect` (`-- lists`: only the pages of large tags): what collecting by tag costs, on this machine, as one table.
//!
//! Starts the real server on throw-away folders and talks HTTP to it from this process, so the two
//! share the cores. Compare rows of one run with each other, not with another machine's. The peers
//! are measured by the side-by-side harness; see `docs/performance.md`.
#![allow(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement, not the server"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A server on a folder of its own.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path, durability: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_granary"))
            .arg("serve")
            .env("ROCKET_PORT", port.to_string())
            .env("ROCKET_DATA_DIR", folder)
            .env("ROCKET_DURABILITY", durability)
            .env("ROCKET_LOG_LEVEL", "critical")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the server doesn't start");
    }

    fn connect(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        BufReader::with_capacity(256 * 1024, stream)
    }

    /// Peak resident memory in MiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request and reads the answer to its end; its status and length.
fn exchange(connection: &mut BufReader<TcpStream>, head: &str, body: &[u8]) -> (u16, u64) {
    connection.get_mut().write_all(head.as_bytes()).unwrap();
    connection.get_mut().write_all(body).unwrap();
    answer(connection)
}

fn answer(connection: &mut BufReader<TcpStream>) -> (u16, u64) {
    let (mut status, mut length) = (0, 0);
    let mut line = String::new();
    loop {
        line.clear();
        assert!(connection.read_line(&mut line).unwrap() > 0, "the server hung up");
        if line == "\r\n" {
            break;
        }
        if status == 0 {
            status = line.split(' ').nth(1).unwrap().parse().unwrap();
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut left = length;
    while left > 0 {
        let count = connection.fill_buf().unwrap().len().min(usize::try_from(left).unwrap());
        assert!(count > 0, "the answer broke off");
        connection.consume(count);
        left -= count as u64;
    }
    (status, length)
}

fn row(work: &str, figure: String, peak: u64) {
    println!("{work:<58} {figure:>22} {peak:>6} MiB");
}

/// Bytes that no compressor and no digest cache can shorten.
fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// `count` uploads of `size` bytes over 16 connections; files per second.
fn uploads(server: &Server, tag: &str, count: usize, size: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let shared = noise(size, 7);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut connection = server.connect();
                let mut body = shared.clone();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    body[..8].copy_from_slice(&number.to_le_bytes());
                    let head = format!(
                        "POST /upload/{tag}/f{number:06}.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
                    );
                    assert_eq!(exchange(&mut connection, &head, &body).0, 201);
                }
            });
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}

/// One upload of `mib` MiB; MiB per second.
fn large_upload(server: &Server, mib: usize) -> f64 {
    let piece = noise(1 << 20, 3);
    let mut connection = server.connect();
    let start = Instant::now();
    let head =
        format!("POST /upload/large/large.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n", mib << 20);
    connection.get_mut().write_all(head.as_bytes()).unwrap();
    for _ in 0..mib {
        connection.get_mut().write_all(&piece).unwrap();
    }
    assert_eq!(answer(&mut connection).0, 201);
    mib as f64 / start.elapsed().as_secs_f64()
}

fn get(server: &Server, path: &str) -> (u64, Duration) {
    let mut connection = server.connect();
    let start = Instant::now();
    let (status, length) = exchange(&mut connection, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), b"");
    assert_eq!(status, 200, "{path}");
    (length, start.elapsed())
}

/// `path` asked for over `connections` connections for two seconds; requests per second and p99.
fn load(server: &Server, path: &str, connections: usize) -> (f64, Duration) {
    let end = Instant::now() + Duration::from_secs(2);
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = server.connect();
                    let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
                    let mut times = Vec::new();
                    while Instant::now() < end {
                        let start = Instant::now();
                        assert_eq!(exchange(&mut connection, &head, b"").0, 200);
                        times.push(start.elapsed());
                    }
                    times
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    times.sort_unstable();
    (times.len() as f64 / 2.0, times[times.len() * 99 / 100])
}

/// Multiplies a tag's rows in the database to `count`, all with the bytes of its first file.
fn multiply(folder: &Path, tag: &str, count: usize) {
    let sql = format!(
        "BEGIN; CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n; \
         INSERT INTO files SELECT (SELECT MAX(id) FROM files) + i, f.tag_id, i, 'img_' || i || '.jpg', 'img_' || i || '.jpg', NULL, NULL, \
         CAST(printf('%016d', i) AS BLOB), f.sha256, f.size, f.crc32, f.content_type, f.width, f.height, f.created_at + i, NULL, 1 \
         FROM n JOIN files f ON f.tag_id = (SELECT id FROM tags WHERE name = '{tag}') AND f.seq = 1; \
         UPDATE tags SET file_count = {count}, last_seq = {count}, bytes = bytes * {count} WHERE name = '{tag}'; COMMIT;"
    );
    let program = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.close()";
    let done = Command::new("python3").args(["-c", program]).arg(folder.join("granary.db")).arg(sql).status().unwrap();
    assert!(done.success());
}

fn lists(root: &Path) {
    let folder = root.join("lists");
    let server = Server::start(&folder, "relaxed");
    for tag in ["thousand", "million"] {
        let mut connection = server.connect();
        let head = format!("POST /upload/{tag}/img_1.jpg HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(exchange(&mut connection, &head, b"hello").0, 201);
    }
    drop(server);
    multiply(&folder, "thousand", 1_000);
    multiply(&folder, "million", 1_000_000);
    let server = Server::start(&folder, "relaxed");
    for tag in ["thousand", "million"] {
        for path in [format!("/tags/{tag}"), format!("/api/v1/tags/{tag}/files")] {
            load(&server, &path, 8);
            let (rate, p99) = load(&server, &path, 8);
            let figure = format!("{rate:.0}/s, p99 {:.1} ms", p99.as_secs_f64() * 1000.0);
            row(&format!("first page, {path}, 8 connections"), figure, server.peak());
        }
    }
}

fn transfers(root: &Path) {
    let server = Server::start(&root.join("zip"), "relaxed");
    uploads(&server, "zip", 2_000, 512 * 1024);
    get(&server, "/tags/zip/zip");
    let (length, time) = get(&server, "/tags/zip/zip");
    row("zip of 2,000 x 512 KiB", format!("{:.0} MiB/s", mib_per_second(length, time)), server.peak());
    large_upload(&server, 1024);
    get(&server, "/tags/large/files/large.bin");
    let (length, time) = get(&server, "/tags/large/files/large.bin");
    row("one file of 1 GiB", format!("{:.0} MiB/s", mib_per_second(length, time)), server.peak());
    uploads(&server, "small", 1, 100 * 1024);
    let (rate, p99) = load(&server, "/tags/small/files/f000000.bin", 64);
    let figure = format!("{rate:.0}/s, p99 {:.1} ms", p99.as_secs_f64() * 1000.0);
    row("one file of 100 KiB, 64 connections", figure, server.peak());
}

fn mib_per_second(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / f64::from(1 << 20) / time.as_secs_f64()
}

fn main() {
    let only_lists = std::env::args().any(|argument| argument == "lists");
    let root = std::env::temp_dir().join(format!("granary-bench-{}", std::process::id()));
    println!("{:<58} {:>22} {:>10}", "work", "figure", "peak");
    if only_lists {
        lists(&root);
        return fs::remove_dir_all(&root).unwrap();
    }
    for durability in ["full", "relaxed"] {
        let server = Server::start(&root.join(durability), durability);
        let rate = uploads(&server, "small", 5_000, 100 * 1024);
        row(&format!("5,000 x 100 KiB, 16 at a time, {durability}"), format!("{rate:.0} files/s"), server.peak());
        let server = Server::start(&root.join(format!("{durability}-large")), durability);
        let rate = large_upload(&server, 2048);
        row(&format!("one upload of 2 GiB, {durability}"), format!("{rate:.0} MiB/s"), server.peak());
    }
    lists(&root);
    transfers(&root);
    fs::remove_dir_all(&root).unwrap();
}
