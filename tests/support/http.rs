//! The ordinary client: one request on a connection of its own, the whole answer in memory.

use serde_json::Value;

use super::raw::Connection;
use super::server::Server;

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the body came to its proper end.
    pub complete: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A header that must be there.
    pub fn need(&self, name: &str) -> &str {
        let missing = || panic!("no {name} in {} {:?}", self.status, self.headers);
        self.header(name).unwrap_or_else(missing)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        let broken = |error| panic!("{} is no JSON ({error}): {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(broken)
    }

    /// Checks the status, showing the body where it differs.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.text());
        assert!(self.complete, "the body was cut off");
        self
    }

    /// Checks that the status is one of the 2xx.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        self
    }

    /// Checks an RFC 9457 answer and gives its `detail`.
    #[track_caller]
    pub fn expect_problem(self, status: u16) -> String {
        let answer = self.expect(status);
        let kind = answer.need("content-type");
        assert!(kind.starts_with("application/problem+json"), "{kind}: {}", answer.text());
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{problem}");
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "no {member} in {problem}");
        }
        problem["detail"].as_str().unwrap_or_default().to_owned()
    }
}

/// One request; `None` where no whole answer came.
pub fn try_send(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut connection = Connection::try_open(port).ok()?;
    connection.send(&head(port, method, path, headers, Some(body.len())));
    connection.send(body);
    connection.answer_to(method)
}

pub fn try_get(port: u16, path: &str) -> Option<Answer> {
    try_send(port, "GET", path, &[], b"")
}

/// The bytes of a request's head. The path goes out as it is.
pub fn head(port: u16, method: &str, path: &str, headers: &[(&str, &str)], length: Option<usize>) -> Vec<u8> {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".to_owned()];
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        lines.push(format!("Host: 127.0.0.1:{port}"));
    }
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if let Some(length) = length
        && (length > 0 || method == "POST" || method == "PUT")
    {
        lines.push(format!("Content-Length: {length}"));
    }
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

/// Percent-encodes one segment of a path or one value of a query.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Server {
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let missing = || panic!("no answer to {method} {path}\n{}", self.printed());
        try_send(self.port(), method, path, headers, body).unwrap_or_else(missing)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &[], body)
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    /// The JSON of a successful `GET`.
    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        self.get(path).expect(200).json()
    }
}
