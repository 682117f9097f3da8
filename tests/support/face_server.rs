//! Face servers that people run, as far as granary talks to them, and their bad days: CompreFace's REST API of version
//! 1 and InsightFace Server's below `/v1`, on 127.0.0.1, with their faces in memory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};

/// What kind of day the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Day {
    #[default]
    Good,
    /// It closes each connection without an answer.
    Down,
    /// It answers 500 to adds, and keeps nothing.
    AddsFail,
    /// It keeps each second face that is added, and closes the connection instead of saying so.
    Forgets,
    /// It answers 503 to each second request for detection.
    Stumbles,
}

/// A running face server; it ends with its test.
pub struct FaceServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    day: Day,
    requests: usize,
    detections: usize,
    additions: usize,
    /// How often each face was added, by its subject or person.
    faces: BTreeMap<String, usize>,
    collections: Vec<String>,
    has_ended: bool,
}

/// A request, as far as it matters here.
struct Request {
    method: String,
    path: String,
    query: String,
    body: Vec<u8>,
}

/// An answer; `None` is a cut connection.
type Reply = Option<(u16, Value)>;

impl FaceServer {
    /// One on a good day.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let state = Arc::<Mutex<State>>::default();
        let serving = state.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if lock(&serving).has_ended {
                    return;
                }
                let serving = serving.clone();
                thread::spawn(move || serve(&serving, connection));
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn set_day(&self, day: Day) {
        lock(&self.state).day = day;
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        lock(&self.state).requests
    }

    /// How often each of its faces was added.
    pub fn faces(&self) -> Vec<usize> {
        lock(&self.state).faces.values().copied().collect()
    }
}

impl Drop for FaceServer {
    fn drop(&mut self) {
        lock(&self.state).has_ended = true;
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(state: &Mutex<State>, connection: TcpStream) {
    let mut reader = BufReader::new(connection);
    let Some(request) = read(&mut reader) else { return };
    let Some((status, json)) = lock(state).answer(&request) else { return };
    let body = if json.is_null() { String::new() } else { json.to_string() };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = reader.get_mut().write_all((head + &body).as_bytes());
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).ok()? <= 2 {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), body })
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        self.requests += 1;
        if self.day == Day::Down {
            return None;
        }
        let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), path.as_slice()) {
            ("POST", ["api", "v1", "detection", "detect"]) => Some(self.detect(json!({"result": [
                {"box": {"probability": 0.99, "x_min": 5, "y_min": 4, "x_max": 25, "y_max": 28}}
            ]}))),
            ("POST", ["v1", "detect"]) => Some(self.detect(json!({"faces": [
                {"bbox": {"pixels": {"x": 5, "y": 4, "width": 20, "height": 24}}, "landmarks": [], "detection_score": 0.8}
            ]}))),
            ("GET", ["api", "v1", "recognition", "faces"]) => {
                let subject = subject(request);
                let is_there = self.faces.contains_key(&subject);
                let found = is_there.then(|| json!({"image_id": "7", "subject": decoded(&subject)}));
                Some((200, json!({"faces": found.into_iter().collect::<Vec<_>>()})))
            }
            ("POST", ["api", "v1", "recognition", "faces"]) => {
                let subject = subject(request);
                let reply = json!({"image_id": "7", "subject": subject});
                self.add(subject, reply)
            }
            ("POST", ["v1", "collections"]) => {
                let body: Value = serde_json::from_slice(&request.body).ok()?;
                self.collections.push(body["id"].as_str()?.to_owned());
                Some((201, json!({"collection": body})))
            }
            (_, ["v1", "collections", name, ..]) if !self.collections.iter().any(|known| known == name) => Some(missing()),
            ("POST", ["v1", "collections", _, "persons"]) => {
                let id = part(&request.body, "id")?;
                if self.faces.contains_key(&id) {
                    return Some((409, json!({"error": {"code": "person_exists", "message": "there is one"}})));
                }
                let reply = json!({"person": {"id": id}});
                self.add(id, reply)
            }
            ("GET", ["v1", "collections", _, "persons", id]) if self.faces.contains_key(*id) => {
                Some((200, json!({"person": {"id": id}})))
            }
            _ => Some(missing()),
        }
    }

    fn detect(&mut self, faces: Value) -> (u16, Value) {
        self.detections += 1;
        let stumbles = self.day == Day::Stumbles && self.detections % 2 == 1;
        if stumbles { (503, json!({"message": "starting"})) } else { (200, faces) }
    }

    fn add(&mut self, face: String, reply: Value) -> Reply {
        self.additions += 1;
        if self.day == Day::AddsFail {
            return Some((500, json!({"message": "the index is broken"})));
        }
        *self.faces.entry(face).or_default() += 1;
        if self.day == Day::Forgets && self.additions % 2 == 1 { None } else { Some((201, reply)) }
    }
}

fn missing() -> (u16, Value) {
    (404, json!({"error": {"code": "resource_not_found", "message": "there is none"}}))
}

/// The `subject` of a query, as it was sent.
fn subject(request: &Request) -> String {
    let mut pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == "subject").map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// Group, task and row need no more than this.
fn decoded(subject: &str) -> String {
    subject.replace("%3A", ":")
}

/// A text field of a multipart form.
fn part(body: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let rest = text.split_once(&format!("name=\"{name}\""))?.1;
    Some(rest.split_once("\r\n\r\n")?.1.split_once("\r\n")?.0.to_owned())
}
