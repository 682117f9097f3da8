//! Digests that a request announces (RFC 9530): never a panic, and a good one is always found.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use granary::platform::web::announced::Announced;
use libfuzzer_sys::fuzz_target;
use rocket::http::{Header, HeaderMap};

fuzz_target!(|input: (&str, &str, [u8; 32])| {
    let (first, second, digest) = input;
    let mut headers = HeaderMap::new();
    headers.add(Header::new("Repr-Digest", first.to_owned()));
    headers.add(Header::new("Content-Digest", second.to_owned()));
    let found = Announced::of(&headers);
    assert_eq!(found.sha256().is_err(), matches!(found, Announced::Malformed | Announced::Contradictory));
    let good = format!("sha-256=:{}:", STANDARD.encode(digest));
    let mut headers = HeaderMap::new();
    headers.add(Header::new("Content-Digest", format!("md5=:AAAA:, {good}")));
    assert_eq!(Announced::of(&headers), Announced::Sha256(digest));
    headers.add(Header::new("Repr-Digest", good));
    assert_eq!(Announced::of(&headers), Announced::Sha256(digest));
});
