//! The digest that a request announces for its body (RFC 9530, and RFC 3230 before it).

use rocket::http::HeaderMap;

use crate::platform::error::{Error, Result};

/// What `Repr-Digest`, `Content-Digest` and the older `Digest` say of the SHA-256; other algorithms are passed over.
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
    /// Reads the headers (RFC 9530 §2 and §3, RFC 3230 §4.3.2).
    #[must_use]
    pub fn of(headers: &HeaderMap<'_>) -> Self {
        let mut found = Self::Nothing;
        let lines = ["Repr-Digest", "Content-Digest", "Digest"].map(|name| (name, headers.get(name)));
        let members = lines.into_iter().flat_map(|(name, lines)| {
            lines.flat_map(|line| line.split(',')).map(move |member| (name == "Digest", member.trim()))
        });
        for (is_older, member) in members {
            let Some((_, value)) = member.split_once('=').filter(|(name, _)| names_sha256(name, is_older)) else {
                continue;
            };
            let Some(digest) = (if is_older { decoded(value) } else { digest(value) }) else {
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

/// Whether this is the algorithm's name, which has no letter case in the older header alone.
fn names_sha256(name: &str, is_older: bool) -> bool {
    name == "sha-256" || is_older && name.eq_ignore_ascii_case("sha-256")
}

/// `:<base64>:`, maybe with parameters behind it.
fn digest(value: &str) -> Option<[u8; 32]> {
    decoded(value.split(';').next()?.trim().strip_prefix(':')?.strip_suffix(':')?)
}

fn decoded(encoded: &str) -> Option<[u8; 32]> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(encoded).ok()?.try_into().ok()
}
