//! A face server that does as a test says, on a free port of this machine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Patience;
use crate::platform::config::{self, EngineName, Secret};

/// A request as it came.
#[derive(Clone, Debug)]
pub(in crate::faces::engine) struct Request {
    /// `GET /path?query`.
    pub line: String,
    headers: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The headers and bytes of a part of a multipart form.
    pub fn part(&self, name: &str) -> Option<(String, Vec<u8>)> {
        let boundary = self.header("content-type")?.split_once("boundary=")?.1;
        let mark = format!("--{boundary}").into_bytes();
        let mut rest = self.body.as_slice();
        while let Some(at) = memchr::memmem::find(rest, &mark) {
            rest = &rest[at + mark.len()..];
            let end = memchr::memmem::find(rest, &mark)?;
            let middle = memchr::memmem::find(rest, b"\r\n\r\n")?;
            let head = String::from_utf8_lossy(&rest[..middle]).into_owned();
            if head.contains(&format!("name=\"{name}\"")) {
                return Some((head, rest[middle + 4..end - 2].to_vec()));
            }
        }
        None
    }
}

/// What the server does with a request.
pub(in crate::faces::engine) enum Act {
    Answer(u16, Value),
    /// Reads the request and closes.
    Cut,
    /// Closes in the middle of the answer.
    CutInside,
    /// Says nothing for longer than anybody waits.
    Silence,
}

/// The server; it ends with the test's runtime.
pub(in crate::faces::engine) struct Double {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Double {
    /// Starts one. `act` is told the request and how many came before it.
    pub async fn start(act: impl Fn(&Request, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, act) = (requests.clone(), Arc::new(act));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, log.clone(), act.clone()));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }

    /// A configuration for this server with these keys.
    pub fn config(&self, engine: EngineName, keys: &[(&str, &str)]) -> config::Faces {
        let keys = keys.iter().map(|(name, key)| ((*name).to_owned(), Secret((*key).to_owned()))).collect();
        config::Faces { engine, model: None, url: Some(self.url.clone()), keys }
    }
}

/// All of it shorter than a test's patience.
pub(in crate::faces::engine) fn hasty() -> Patience {
    let ms = Duration::from_millis;
    Patience { answer: ms(1500), pause: ms(2), tries: 4, failures: 50, rest: ms(40) }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Request>>>,
    act: Arc<impl Fn(&Request, usize) -> Act + Send + Sync + 'static>,
) {
    let Some(request) = receive(&mut stream).await else { return };
    let before = {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        log.len() - 1
    };
    let (status, json) = match act(&request, before) {
        Act::Answer(status, json) => (status, json),
        Act::Cut => return,
        Act::CutInside => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"result\":").await;
            return;
        }
        Act::Silence => return tokio::time::sleep(Duration::from_secs(3600)).await,
    };
    let body = if json.is_null() { String::new() } else { json.to_string() };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + &body).as_bytes()).await;
}

async fn receive(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        if let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let (line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
            let line = line.trim_end_matches(" HTTP/1.1").to_owned();
            let request = Request { line, headers: headers.to_owned(), body: bytes[end + 4..].to_vec() };
            let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
            if request.body.len() >= length {
                return Some(request);
            }
        }
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}
