//! The digest that a request announces for its body (RFC 9530).

use rocket::http::HeaderMap;

use crate::platform::error::{Error, Result};

/// What `Repr-Digest` and `Content-Digest` say of the SHA-256; other algorithms are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    Nothing,
    Sha256([u8; 32]),
    /// It is no SHA-256.
    Malformed,
    /// There are several, and they differ.
    Contradictory,
}

impl Announced {
    /// Reads the headers (RFC 9530 §2 and §3).
    #[must_use]
    pub fn of(headers: &HeaderMap<'_>) -> Self {
        let mut found = Self::Nothing;
        let values = headers.get("Repr-Digest").chain(headers.get("Content-Digest"));
        for member in values.flat_map(|value| value.split(',')).map(str::trim) {
            let Some(value) = member.strip_prefix("sha-256=") else {
                continue;
            };
            let Some(digest) = digest(value) else {
                return Self::Malformed;
            };
            match found {
                Self::Sha256(other) if other != digest => return Self::Contradictory,
                _ => found = Self::Sha256(digest),
            }
        }
        found
    }

    /// The digest, where one is announced.
    ///
    /// # Errors
    /// `Invalid` when it is none, `Unprocessable` when several differ.
    pub fn sha256(self) -> Result<Option<[u8; 32]>> {
        match self {
            Self::Nothing => Ok(None),
            Self::Sha256(digest) => Ok(Some(digest)),
            Self::Malformed => {
                let shape = ("must be sha-256=:<base64 of 32 bytes>:", "必须是 sha-256=:<32 字节的 base64>:");
                Err(Error::invalid("Repr-Digest", shape))
            }
            Self::Contradictory => {
                let message = ("The announced digests differ from each other.", "声明的多个摘要互相矛盾");
                Err(Error::Unprocessable(message.into()))
            }
        }
    }
}

/// `:<base64>:`, maybe with parameters behind it.
fn digest(value: &str) -> Option<[u8; 32]> {
    use base64::Engine;
    let encoded = value.split(';').next()?.trim().strip_prefix(':')?.strip_suffix(':')?;
    base64::engine::general_purpose::STANDARD.decode(encoded).ok()?.try_into().ok()
}
