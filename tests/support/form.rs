//! `multipart/form-data` bodies, built byte by byte so that they can also be broken.

/// The boundary of every form here.
pub const BOUNDARY: &str = "----granary-test-boundary";

/// The header that goes with [`Form::body`].
pub fn content_type() -> (&'static str, String) {
    ("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
}

/// A form in the making.
#[derive(Default)]
pub struct Form {
    bytes: Vec<u8>,
}

impl Form {
    /// Adds a file part.
    pub fn file(self, field: &str, name: &str, bytes: &[u8]) -> Self {
        let disposition = format!("form-data; name=\"{field}\"; filename=\"{name}\"");
        self.part(&[("Content-Disposition", &disposition), ("Content-Type", "application/octet-stream")], bytes)
    }

    /// Adds a text field.
    pub fn text(self, field: &str, value: &str) -> Self {
        self.part(&[("Content-Disposition", &format!("form-data; name=\"{field}\""))], value.as_bytes())
    }

    /// Adds a part with these headers.
    pub fn part(mut self, headers: &[(&str, &str)], bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        for (name, value) in headers {
            self.bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(bytes);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// Adds a part with this head, whose lines end with CRLF, or in bytes that are no text.
    pub fn raw(mut self, head: &[u8], bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        self.bytes.extend_from_slice(&[head, b"\r\n\r\n", bytes, b"\r\n"].concat());
        self
    }

    /// The finished body.
    pub fn body(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.bytes
    }

    /// The body without its last boundary.
    pub fn unfinished(self) -> Vec<u8> {
        self.bytes
    }
}
