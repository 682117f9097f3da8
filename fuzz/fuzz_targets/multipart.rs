//! Multipart bodies: wherever the pieces are cut, the same parts come out, and a good form is read whole.
#![no_main]

use arbitrary::Arbitrary;
use futures_util::{StreamExt as _, stream};
use granary::platform::error::Result;
use granary::platform::web::multipart::Parts;
use libfuzzer_sys::fuzz_target;
use rocket::http::hyper::body::Bytes;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// A body as it comes, or the content of a part of a good one.
    bytes: &'a [u8],
    is_content: bool,
    piece: u8,
}

/// Name and content of each part, and whether the form ended properly.
type Read = (Vec<(String, Vec<u8>)>, bool);

fn read(body: &[u8], piece: usize) -> Read {
    let pieces: Vec<Result<Bytes>> = body.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut parts = Parts::of("b", stream::iter(pieces).boxed());
    let mut found = Vec::new();
    let all = async {
        loop {
            match parts.next().await {
                Ok(None) => return true,
                Err(_) => return false,
                Ok(Some(part)) => found.push((part.file_name.unwrap_or(part.name), Vec::new())),
            }
            loop {
                match (parts.chunk().await, found.last_mut()) {
                    (Ok(Some(bytes)), Some((_, content))) => content.extend_from_slice(&bytes),
                    (Err(_), _) => return false,
                    _ => break,
                }
            }
        }
    };
    let is_good = rocket::tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(all);
    (found, is_good)
}

fuzz_target!(|input: Input<'_>| {
    let piece = usize::from(input.piece).max(1);
    if input.is_content && !input.bytes.windows(3).any(|three| three == b"--b") {
        let head = b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n";
        let body = [&head[..], input.bytes, b"\r\n--b--\r\n"].concat();
        assert_eq!(read(&body, piece), (vec![("a".to_owned(), input.bytes.to_vec())], true));
        return;
    }
    let (whole, cut) = (read(input.bytes, input.bytes.len().max(1)), read(input.bytes, piece));
    assert_eq!(whole.1, cut.1);
    if whole.1 {
        assert_eq!(whole, cut);
    }
    assert!(whole.0.iter().map(|(_, content)| content.len()).sum::<usize>() <= input.bytes.len());
});
