//! The real server over a place, and a client that looks at the clock.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Place;

pub struct Server {
    child: Child,
    port: u16,
}

/// An answer, by the clock.
pub struct Timed {
    pub status: u16,
    /// Until its first byte, and until its last.
    pub first: Duration,
    pub last: Duration,
    pub bytes: u64,
    /// Its beginning, headers included.
    #[allow(dead_code, reason = "not every bench reads it")]
    pub text: String,
}

/// Bytes of an answer that are kept.
const KEPT: usize = 4096;

impl Server {
    pub fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// With more `ROCKET_…` variables.
    pub fn start_with(place: &Place, variables: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Another build can be measured with the same hand.
        let own = || env!("CARGO_BIN_EXE_granary").into();
        let mut command = Command::new(std::env::var_os("GRANARY_BIN").unwrap_or_else(own));
        command.arg("serve").env("ROCKET_PORT", port.to_string()).env("ROCKET_DATA_DIR", &place.folder);
        command
            .env("RUST_LOG", "error")
            .env("ROCKET_LOG_LEVEL", "critical")
            .env("ROCKET_STORAGE", r#"{min_free="1 MiB"}"#)
            // Its pictures are names without bytes.
            .env("ROCKET_SCRUB", "{rate=0}");
        if let Some(url) = &place.mysql {
            command.env("ROCKET_DATABASES", format!("{{granary={{url=\"{url}\"}}}}"));
        }
        command.envs(variables.iter().copied());
        let server = Self { child: command.stdout(Stdio::null()).spawn().unwrap(), port };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the server doesn't start");
    }

    /// One request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Timed {
        self.ask_with(method, path, "", body.as_bytes())
    }

    /// The same with header lines, each ended by `\r\n`.
    pub fn ask_with(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Timed {
        let mut connection =
            BufReader::with_capacity(256 * 1024, TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        let start = Instant::now();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        connection.get_mut().write_all(head.as_bytes()).unwrap();
        connection.get_mut().write_all(body).unwrap();
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        let first = start.elapsed();
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let (mut bytes, mut text) = (0, Vec::new());
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match connection.read(&mut buffer).unwrap() {
                0 => break,
                count => {
                    bytes += count as u64;
                    text.extend_from_slice(&buffer[..count.min(KEPT.saturating_sub(text.len()))]);
                }
            }
        }
        Timed { status, first, last: start.elapsed(), bytes, text: String::from_utf8_lossy(&text).into_owned() }
    }

    /// Peak resident memory in MiB.
    pub fn peak(&self) -> u64 {
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
