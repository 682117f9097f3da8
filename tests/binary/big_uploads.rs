//! Memory stays flat whatever arrives: one huge upload, and many that trickle (issue 2).

use std::io::{BufWriter, Write as _};
use std::net::TcpStream;

use ring::digest::{Context, SHA256};

use crate::support::http::head;
use crate::support::raw::Connection;
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, hex, noise};

/// MiB of the huge upload: 1 GiB unless `GRANARY_TEST_BIG_MIB` says otherwise.
fn huge_mib() -> usize {
    let text = std::env::var("GRANARY_TEST_BIG_MIB").unwrap_or_else(|_| "1024".to_owned());
    text.parse().expect("GRANARY_TEST_BIG_MIB is a number of MiB")
}

/// What one upload may add to the server's memory.
const ALLOWED_KIB: u64 = 64 * 1024;

#[test]
fn a_huge_upload_adds_next_to_no_memory() {
    let server = Server::start_with(Db::Sqlite, Settings::relaxed());
    server.store("t", "warm", b"up");
    let before = server.peak_memory_kib();
    let (mib, block) = (huge_mib(), noise(7, 1 << 20));
    let digest = upload_blocks(&server, "/upload/t/huge.bin", mib, &block);
    let grown = server.peak_memory_kib() - before;
    assert!(grown < ALLOWED_KIB, "the upload of {mib} MiB added {grown} KiB");

    let file = server.json("/api/v1/tags/t/files?q=huge")["items"][0].clone();
    assert_eq!(file["size"], mib << 20);
    assert_eq!(word(&file["sha256"]), digest);
    let path = format!("/files/{}/huge.bin", word(&file["id"]));
    let last = format!("bytes={}-", (mib << 20) - 1000);
    let end = server.get_with(&path, &[("Range", &last)]).expect(206);
    assert_eq!(end.body, block[block.len() - 1000..]);
}

/// Sends `mib` blocks as one body that must be stored (201); the digest of what was sent.
pub fn upload_blocks(server: &Server, path: &str, mib: usize, block: &[u8]) -> String {
    let stream = TcpStream::connect(server.host()).expect("a connection");
    let mut writer = BufWriter::with_capacity(1 << 20, &stream);
    writer.write_all(&head(server.port(), "PUT", path, &[], Some(mib << 20))).unwrap();
    let mut digest = Context::new(&SHA256);
    for _ in 0..mib {
        writer.write_all(block).expect("the server takes the body");
        digest.update(block);
    }
    writer.flush().expect("the server takes the body");
    drop(writer);
    let mut connection = Connection::over(stream);
    let file = connection.answer().expect("an answer").expect(201).json();
    let digest = hex(digest.finish().as_ref());
    assert_eq!(file["sha256"], digest);
    digest
}

#[test]
fn many_connections_that_trickle_leave_room_for_others() {
    let server = Server::start_with(Db::Sqlite, Settings::relaxed());
    server.store("t", "warm", b"up");
    let mut trickling: Vec<Connection> = (0..300)
        .map(|number| {
            let mut connection = Connection::open(server.port());
            let path = format!("/upload/slow/{number}");
            connection.send(&head(server.port(), "PUT", &path, &[], Some(1_000_000)));
            connection.send(b"a first byte or two");
            connection
        })
        .collect();
    for round in 0..20 {
        for connection in &mut trickling {
            connection.send(b".");
        }
        server.store("t", &format!("{round}.bin"), &noise(round, 100_000));
    }
    assert_eq!(server.names("t").len(), 21);
    let used = server.peak_memory_kib();
    assert!(used < 200 * 1024, "{used} KiB with {} slow connections", trickling.len());
}
