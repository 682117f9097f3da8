//! How forms are cut into parts, whatever they hold and wherever their pieces begin.

use futures_util::stream;
use proptest::prelude::*;

use super::*;

/// What came of a form: field, file name and content of each part, and whether it ended properly.
type Read = (Vec<(String, Option<String>, Vec<u8>)>, Result<(), String>);

fn read_as(boundary: &str, body: &[u8], piece: usize) -> Read {
    let pieces: Vec<Result<Bytes>> = body.chunks(piece.max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut parts = Parts::of(boundary, stream::iter(pieces).boxed());
    let mut found = Vec::new();
    let reading = async {
        while let Some(part) = parts.next().await? {
            found.push((part.name, part.file_name, Vec::new()));
            while let Some(bytes) = parts.chunk().await? {
                found.last_mut().unwrap().2.extend_from_slice(&bytes);
            }
        }
        Ok::<(), Error>(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = runtime.block_on(reading).map_err(|error| error.to_string());
    (found, ended)
}

fn read(body: &[u8]) -> Read {
    read_as("XB", body, body.len())
}

fn file(name: &str, content: &[u8]) -> (String, Option<String>, Vec<u8>) {
    ("f".to_owned(), Some(name.to_owned()), content.to_vec())
}

const HEAD: &str = "Content-Disposition: form-data; name=\"f\"; filename=\"a\"";

#[test]
fn only_a_line_that_is_the_boundary_parts_two_parts() {
    for content in ["", "x", "\r\n", "--XBC", "\r\n--X", "\r\n--XBC", "\r\n--XB-\r\n", "\n--XB\r\n", "\r\n--XB--more"] {
        let body = format!("--XB\r\n{HEAD}\r\n\r\n{content}\r\n--XB\r\n{HEAD}\r\n\r\nsecond\r\n--XB--\r\n");
        for piece in [1, 2, 3, 7, 1000] {
            let (parts, ended) = read_as("XB", body.as_bytes(), piece);
            let expected = vec![file("a", content.as_bytes()), file("a", b"second")];
            assert_eq!((parts, ended), (expected, Ok(())), "{content:?} in pieces of {piece}");
        }
    }
}

#[test]
fn forms_that_differ_from_the_letter_are_read() {
    let (one, none) = (vec![file("a", b"1")], vec![]);
    for (body, expected) in [
        (format!("preamble\r\n--XB\r\n{HEAD}\r\n\r\n1\r\n--XB--\r\nepilogue\r\n--XB--"), &one),
        (format!("--XB \t\r\n{HEAD}\r\n\r\n1\r\n--XB-- \r\n"), &one),
        (format!("\r\n--XB\r\n{HEAD}\r\n\r\n1\r\n--XB--"), &one),
        (format!("--XB\n{HEAD}\n\n1\n--XB--\n"), &one),
        // Empty content without a line break of its own.
        (format!("--XB\r\n{HEAD}\r\n\r\n--XB--\r\n"), &vec![file("a", b"")]),
        ("--XB--\r\n".to_owned(), &none),
        // What browsers send for a file input that was left empty.
        ("--XB\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--XB--\r\n".to_owned(), &none),
    ] {
        for piece in [1, 3, 1000] {
            assert_eq!(read_as("XB", body.as_bytes(), piece), (expected.clone(), Ok(())), "{body:?}");
        }
    }
    let full = "--XB\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\nx\r\n--XB--\r\n";
    assert_eq!(read(full.as_bytes()).0, [file("", b"x")], "a file without a name isn't passed over");
}

#[test]
fn a_refusal_names_its_cause() {
    let endless = "x".repeat(100_000);
    for (body, said) in [
        (String::new(), "empty"),
        ("no form".to_owned(), "--XB"),
        (format!("----XB\r\n{HEAD}\r\n\r\n1\r\n----XB--\r\n"), "--XB"),
        (format!("--XB\r\n{HEAD}\r\n\r\n1\r\n--XB"), "broke off"),
        (format!("--XB\r\n{HEAD}\r\n\r\n1\r\n--XB\r\n"), "broke off"),
        (format!("--XB\r\n{HEAD}\r\n\r\n1"), "broke off"),
        (format!("--XB\r\n{HEAD}"), "broke off"),
        (format!("--XB\r\n{HEAD}\r\nX: {endless}"), "64 KiB"),
        (endless.clone(), "64 KiB"),
        (format!("--XB--\r\n{endless}"), "64 KiB"),
        (format!("--XB--\r\n--XB\r\n{HEAD}\r\n\r\n1\r\n--XB--\r\n"), "behind"),
    ] {
        let error = read(body.as_bytes()).1.unwrap_err();
        assert!(error.contains(said), "{:?}: {error}", &body[..body.len().min(80)]);
    }
}

#[test]
fn what_was_not_read_of_a_part_is_passed_over() {
    let body = format!("--XB\r\n{HEAD}\r\n\r\nfirst\r\n--XB\r\n{HEAD}\r\n\r\nsecond\r\n--XB--\r\n");
    let mut parts = Parts::of("XB", stream::iter([Ok(Bytes::from(body))]).boxed());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        assert!(parts.next().await.unwrap().is_some());
        assert!(parts.next().await.unwrap().is_some());
        assert_eq!(parts.chunk().await.unwrap().as_deref(), Some(&b"second"[..]));
        assert!(parts.chunk().await.unwrap().is_none() && parts.next().await.unwrap().is_none());
        assert!(parts.next().await.unwrap().is_none() && parts.chunk().await.unwrap().is_none());
    });
}

proptest! {
    /// Bytes that are made of pieces of boundaries come back as they were sent.
    #[test]
    fn content_is_what_was_sent(
        contents in proptest::collection::vec("(\r|\n|-|X|XB|--XB|a){0,12}", 0..4),
        piece in 1_usize..40,
        breaks in prop_oneof![Just("\r\n"), Just("\n")],
    ) {
        // A line that is the boundary can't be content.
        prop_assume!(contents.iter().all(|content| !content.contains("--XB")));
        let mut body = Vec::new();
        for content in &contents {
            body.extend_from_slice(format!("--XB{breaks}{HEAD}{breaks}{breaks}{content}{breaks}").as_bytes());
        }
        body.extend_from_slice(format!("--XB--{breaks}").as_bytes());
        let expected: Vec<_> = contents.iter().map(|content| file("a", content.as_bytes())).collect();
        prop_assert_eq!(read_as("XB", &body, piece), (expected, Ok(())));
    }

    /// Whatever comes, it is read alike in any pieces.
    #[test]
    fn pieces_make_no_difference(
        middle in proptest::collection::vec(
            proptest::sample::select(vec!["\r\n--XB", "--", "\r\n", "\n", HEAD, "\r\n\r\n", "x"]), 0..12,
        ),
        piece in 1_usize..9,
    ) {
        let body = [b"--XB\r\n", middle.concat().as_bytes()].concat();
        let (whole, cut) = (read(&body), read_as("XB", &body, piece));
        prop_assert_eq!(whole.1.is_ok(), cut.1.is_ok());
        if whole.1.is_ok() {
            prop_assert_eq!(whole, cut);
        }
    }
}
