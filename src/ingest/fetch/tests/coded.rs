//! Bodies that come coded, whatever was asked for.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::server::{Reply, Server};
use super::{assert_says, get, http};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What comes of an answer with these header lines and this body.
async fn fetched(headers: &str, body: &[u8]) -> Result<Vec<u8>, super::Refusal> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let answer = [head.as_bytes(), body].concat();
    let server = Server::start(move |_, _| Reply::Raw(answer.clone())).await;
    let got = get(&http(), &server.url("/")).await;
    assert_eq!(server.requests(), 1, "what is wrong with a coding stays wrong");
    got
}

#[tokio::test]
async fn codings_are_undone() {
    let two = [gzip(b"pic"), gzip(b"ture"), b"behind".to_vec()].concat();
    for (coding, body) in [
        ("gzip", gzip(b"picture")),
        ("x-gzip", gzip(b"picture")),
        ("GZIP", gzip(b"picture")),
        ("gzip", two),
        ("deflate", zlib(b"picture")),
        ("deflate", raw_deflate(b"picture")),
        ("deflate, gzip", gzip(&zlib(b"picture"))),
        ("gzip, identity", gzip(b"picture")),
        ("identity", b"picture".to_vec()),
        ("", b"picture".to_vec()),
        // What stores of objects keep from an upload.
        ("utf-8", b"picture".to_vec()),
        ("aws-chunked,gzip", gzip(b"picture")),
        ("base64", b"picture".to_vec()),
        // A head that says so of plain bytes.
        ("gzip", b"picture".to_vec()),
    ] {
        let got = fetched(&format!("Content-Encoding: {coding}\r\n"), &body).await;
        assert_eq!(got.unwrap(), b"picture", "{coding}");
    }
    let lines = "Content-Encoding: deflate\r\nContent-Encoding: gzip\r\n";
    assert_eq!(fetched(lines, &gzip(&zlib(b"picture"))).await.unwrap(), b"picture");
}

#[tokio::test]
async fn the_limit_counts_what_comes_out() {
    let coded = |size: usize| gzip(&vec![7; size]);
    assert_eq!(fetched("Content-Encoding: gzip\r\n", &coded(1000)).await.unwrap().len(), 1000);
    for (codings, body) in [
        ("gzip", coded(1001)),
        ("gzip", coded(50_000_000)),
        ("gzip, gzip", gzip(&coded(50_000_000))),
        ("gzip", [coded(600), coded(600)].concat()),
    ] {
        assert_says(&fetched(&format!("Content-Encoding: {codings}\r\n"), &body).await, "上限 1000 字节");
    }
    let bomb = zlib(&vec![0; 900_000]);
    assert_says(&fetched("Content-Encoding: deflate\r\n", &bomb).await, "超过上限 1000 字节");
    // Noise grows a little when it is coded.
    let noise: Vec<u8> = (0..1000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    assert_eq!(fetched("Content-Encoding: gzip\r\n", &gzip(&noise)).await.unwrap(), noise);
}

#[tokio::test]
async fn what_is_not_known_is_named() {
    for coding in ["br", "zstd", "compress", "gzip, sdch"] {
        let got = fetched(&format!("Content-Encoding: {coding}\r\n"), b"picture").await;
        let word = coding.rsplit(' ').next().unwrap();
        assert_says(&got, &format!("不支持的内容编码 {word}"));
        assert!(got.unwrap_err().0.en.contains(word));
    }
    let whole = gzip(&[7; 500]);
    assert_says(&fetched("Content-Encoding: gzip\r\n", &whole[..whole.len() - 9]).await, "无法解压");
    assert_says(&fetched("Content-Encoding: deflate\r\n", b"\xff\xff\xff").await, "无法解压");
    assert_says(&fetched(&format!("Content-Encoding: {}\r\n", ["gzip"; 4].join(",")), &whole).await, "内容编码");
}

#[tokio::test]
async fn a_transfer_may_be_coded_too() {
    let body = gzip(b"picture");
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
    let chunks = [head.as_bytes(), format!("{:x}\r\n", body.len()).as_bytes(), &body[..], b"\r\n0\r\n\r\n"].concat();
    let server = Server::start(move |_, _| Reply::Raw(chunks.clone())).await;
    assert_eq!(get(&http(), &server.url("/")).await.unwrap(), b"picture");
    // A length beside a coding that is none, on a connection that stays open.
    let plain = "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 7\r\n\r\npicture";
    let server = Server::start(move |_, _| Reply::Keep(plain.to_owned())).await;
    assert_eq!(get(&http(), &server.url("/")).await.unwrap(), b"picture");
}
