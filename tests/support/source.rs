//! A web server that pictures come from: small, on 127.0.0.1, and it counts.
//!
//! `/good/<n>` has a picture, `/slow/<ms>/<n>` has it later, `/gzip/<n>` has it coded whatever is asked for, `/strange/<n>` in a
//! coding that nobody knows, `/gone/<n>` is 404, anything else too.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A running source; it ends with its test.
pub struct Source {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    picture: Vec<u8>,
    in_flight: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
    /// Connections are closed without an answer.
    is_down: AtomicBool,
    has_ended: AtomicBool,
}

impl Source {
    /// Serves `picture` under every good address.
    pub fn start(picture: Vec<u8>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared { picture, ..Shared::default() });
        let serving = shared.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if serving.has_ended.load(Ordering::SeqCst) {
                    return;
                }
                let serving = serving.clone();
                thread::spawn(move || serve(&serving, connection));
            }
        });
        Self { port, shared }
    }

    /// A full address.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Most requests that were in flight at once.
    pub fn most_in_flight(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// Requests in flight now.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Requests so far.
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Takes it down or brings it back.
    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::SeqCst);
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(shared: &Shared, connection: TcpStream) {
    let _ = connection.set_nodelay(true);
    let mut reader = BufReader::new(connection);
    while let Some(path) = read_request(&mut reader) {
        if shared.is_down.load(Ordering::SeqCst) {
            return;
        }
        let now = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(now, Ordering::SeqCst);
        shared.asked.fetch_add(1, Ordering::SeqCst);
        let parts: Vec<&str> = path.split('/').collect();
        let kind = parts.get(1).copied().unwrap_or_default();
        let is_good = ["good", "slow", "gzip", "strange"].contains(&kind);
        if let (Some(&"slow"), Some(ms)) = (parts.get(1), parts.get(2)) {
            thread::sleep(Duration::from_millis(ms.parse().unwrap_or(0)));
        }
        // Before the answer: the next request may come as soon as it is out.
        shared.in_flight.fetch_sub(1, Ordering::SeqCst);
        let body = match kind {
            "gzip" => gzip(&shared.picture),
            _ if is_good => shared.picture.clone(),
            _ => b"nothing here".to_vec(),
        };
        let coding = match kind {
            "gzip" => "Content-Encoding: gzip\r\n",
            "strange" => "Content-Encoding: sdch\r\n",
            _ => "",
        };
        let status = if is_good { "200 OK" } else { "404 Not Found" };
        let head = format!("HTTP/1.1 {status}\r\n{coding}Content-Length: {}\r\n\r\n", body.len());
        let answer = [head.as_bytes(), &body].concat();
        if reader.get_mut().write_all(&answer).is_err() {
            return;
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// The path of the next request.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    Some(first.split(' ').nth(1)?.to_owned())
}
