//! What the test programs share: a real server on a free port, throw-away databases, a plain
//! HTTP client that can also misbehave, pictures, and the outside tools that read our answers.
//!
//! Nothing here knows how the server is written: it starts the executable and talks HTTP to it.
//! Every wait has a bound, and only processes started here are ever ended.
#![allow(dead_code, reason = "each test program uses its own part of this")]

pub mod database;
pub mod face_server;
pub mod faces;
pub mod form;
pub mod gate;
pub mod http;
pub mod ingest;
pub mod pictures;
pub mod raw;
pub mod server;
pub mod settings;
pub mod source;
pub mod tools;
pub mod training;
pub mod upload;
pub mod wait;
pub mod zip;
pub mod zip_readers;

use ring::digest::{SHA256, digest};

pub use database::Db;
pub use server::Server;
pub use settings::Settings;

/// Makes of each story `fn name(db: Db)` two tests: `name::sqlite` and `name::mariadb`.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        $(
            mod $story {
                #[test]
                fn sqlite() {
                    super::$story($crate::support::Db::Sqlite);
                }

                #[test]
                fn mariadb() {
                    super::$story($crate::support::Db::MariaDb);
                }
            }
        )+
    };
}

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// Lower-case hex, two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// The bytes' SHA-256 as RFC 9530 writes it: `sha-256=:…:`.
pub fn repr_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", base64(digest(&SHA256, bytes).as_ref()))
}

/// Plain base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = (u32::from(chunk[0]) << 16)
            | (u32::from(*chunk.get(1).unwrap_or(&0)) << 8)
            | u32::from(*chunk.get(2).unwrap_or(&0));
        for place in 0..4 {
            if place <= chunk.len() {
                let index = (group >> (18 - 6 * place)) & 63;
                text.push(char::from(LETTERS[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// Bytes that don't compress and never repeat between seeds (xorshift).
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
