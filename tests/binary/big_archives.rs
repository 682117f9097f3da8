//! Archives past the old format's limits: more than 65,534 entries, more than 4 GiB. Both are made
//! cheaply: of empty files, and of one blob under several names.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::path::Path;

use crate::big_uploads::upload_blocks;
use crate::support::form::{Form, content_type};
use crate::support::http::head;
use crate::support::raw::find;
use crate::support::tools::{java, program, python, run};
use crate::support::zip::{Archive, directory};
use crate::support::{Db, Server, Settings, noise};

/// The first number of entries that the old end record can't hold.
const ZIP64_FROM: usize = 65_535;

#[test]
fn zip64_begins_at_65535_entries() {
    let server = Server::start_with(Db::Sqlite, Settings::relaxed());
    std::thread::scope(|scope| {
        for (first, last) in [(0, 16_000), (16_000, 32_000), (32_000, 48_000), (48_000, ZIP64_FROM - 1)] {
            let server = &server;
            scope.spawn(move || upload_empty_files(server, first, last));
        }
    });
    let before = server.peak_memory_kib();
    let below = server.get("/tags/many/zip").expect(200).body;
    let archive = Archive::read(&below);
    assert_eq!((archive.entries.len(), archive.zip64), (ZIP64_FROM - 1, false));

    server.store("many", "the last straw", b"");
    let answer = server.get("/tags/many/zip").expect(200);
    assert_eq!(answer.need("content-length"), answer.body.len().to_string());
    let archive = Archive::read(&answer.body);
    assert_eq!((archive.entries.len(), archive.zip64), (ZIP64_FROM, true));
    let prefix = Archive::read(&below).directory_at;
    assert!(answer.body[..prefix] == below[..prefix], "append-stable over the limit too");
    let grown = server.peak_memory_kib() - before;
    assert!(grown < 64 * 1024, "two archives added {grown} KiB");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.zip");
    std::fs::write(&path, &answer.body).unwrap();
    assert_eq!(count_everywhere(&path), [ZIP64_FROM; 5], "unzip, 7z, bsdtar, python, java");
}

/// Uploads `first..last` in forms of a thousand empty files each.
fn upload_empty_files(server: &Server, first: usize, last: usize) {
    let (header, value) = content_type();
    for start in (first..last).step_by(1000) {
        let mut form = Form::default();
        for number in start..last.min(start + 1000) {
            form = form.file("f", &format!("{number}.txt"), b"");
        }
        server.send("POST", "/upload/many", &[(header, &value)], &form.body()).expect(201);
    }
}

/// How many entries each reader finds.
fn count_everywhere(path: &Path) -> [usize; 5] {
    let lines = |text: String| text.lines().count();
    let seven = run(program("7z").args(["l", "-ba", "-slt"]).arg(path)).fine().text();
    [
        lines(run(program("unzip").arg("-Z1").arg(path)).fine().text()),
        seven.lines().filter(|line| line.starts_with("Path = ")).count(),
        lines(run(program("bsdtar").arg("-tf").arg(path)).fine().text()),
        lines(python("read_zip.py", &[path]).fine().text()),
        lines(java("ReadZip.java", &[path]).fine().text()),
    ]
}

#[test]
fn an_archive_past_4_gib_is_whole_and_needs_no_memory() {
    let server = Server::start_with(Db::Sqlite, Settings::relaxed());
    let (mib, block) = (460, noise(11, 1 << 20));
    upload_blocks(&server, "/upload/large/0.bin", mib, &block);
    for number in 1..10 {
        upload_blocks(&server, &format!("/upload/large/{number}.bin"), mib, &block);
    }
    assert_eq!(server.blobs().len(), 1);
    let before = server.peak_memory_kib();
    let total: u64 = server.send("HEAD", "/tags/large/zip", &[], b"").need("content-length").parse().unwrap();
    assert!(total > 4 << 30);

    // The end first, as a reader would: it says where everything lies.
    let from = total - 4096;
    let range = format!("bytes={from}-");
    let tail = server.get_with("/tags/large/zip", &[("Range", &range)]).expect(206);
    assert_eq!(tail.need("content-range"), format!("bytes {from}-{}/{total}", total - 1));
    let (entries, start) = directory(&tail.body, from);
    assert_eq!(entries.len(), 10);
    assert!(entries[9].header_at > u64::from(u32::MAX), "the last one begins past 4 GiB");
    let expected = crc_of_blocks(mib, &block);
    for pair in entries.windows(2) {
        assert_eq!((pair[0].crc32, pair[0].size), (expected, (mib << 20) as u64));
        assert!(pair[1].header_at > pair[0].header_at + pair[0].size);
    }

    let headers: Vec<u64> = entries.iter().map(|entry| entry.header_at).collect();
    // Then all of it, front to back, checking every byte by its entry's CRC.
    let sums = stream_crcs(&server, &headers, mib, total);
    assert_eq!(sums, [expected; 10]);
    let grown = server.peak_memory_kib() - before;
    assert!(grown < 64 * 1024, "the download added {grown} KiB");
    headers_open_in_readers(&server, &headers, start, total);
}

fn crc_of_blocks(mib: usize, block: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    (0..mib).for_each(|_| crc.update(block));
    crc.finalize()
}

/// Streams the archive and gives the CRC of each entry's bytes as they really came.
fn stream_crcs(server: &Server, headers: &[u64], mib: usize, total: u64) -> Vec<u32> {
    let mut stream = TcpStream::connect(server.host()).expect("a connection");
    stream.set_read_timeout(Some(std::time::Duration::from_mins(1))).unwrap();
    stream.write_all(&head(server.port(), "GET", "/tags/large/zip", &[], None)).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let mut first = Vec::new();
    while find(&first, b"\r\n\r\n").is_none() {
        let count = stream.read(&mut buffer).expect("a head");
        first.extend_from_slice(&buffer[..count]);
    }
    let body_at = find(&first, b"\r\n\r\n").expect("just found") + 4;
    let mut body = std::io::Cursor::new(first[body_at..].to_vec()).chain(stream);
    let mut place = 0;
    let mut sums = Vec::new();
    for header_at in headers {
        place += skip(&mut body, header_at - place, &mut buffer);
        let mut fixed = [0; 30];
        body.read_exact(&mut fixed).expect("a local header");
        let variable = u64::from(u16::from_le_bytes([fixed[26], fixed[27]]))
            + u64::from(u16::from_le_bytes([fixed[28], fixed[29]]));
        place += 30 + skip(&mut body, variable, &mut buffer);
        let mut crc = crc32fast::Hasher::new();
        for _ in 0..mib {
            body.read_exact(&mut buffer).expect("the whole entry");
            crc.update(&buffer);
        }
        place += (mib << 20) as u64;
        sums.push(crc.finalize());
    }
    assert_eq!(place + skip(&mut body, u64::MAX, &mut buffer), total, "exactly the promised length");
    sums
}

/// Reads and drops so many bytes, or all there are.
fn skip(body: &mut impl std::io::Read, count: u64, buffer: &mut [u8]) -> u64 {
    let mut skipped = 0;
    while skipped < count {
        let wanted = usize::try_from(count - skipped).unwrap_or(usize::MAX).min(buffer.len());
        match body.read(&mut buffer[..wanted]).expect("more of the archive") {
            0 => break,
            got => skipped += got as u64,
        }
    }
    skipped
}

/// A sparse copy with the true headers and directory: enough for readers to list it.
fn headers_open_in_readers(server: &Server, headers: &[u64], directory_at: u64, total: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.zip");
    let mut file = std::fs::File::create(&path).unwrap();
    file.set_len(total).unwrap();
    for (from, to) in headers.iter().map(|at| (*at, at + 200)).chain([(directory_at, total - 1)]) {
        let range = format!("bytes={from}-{to}");
        let part = server.get_with("/tags/large/zip", &[("Range", &range)]).expect(206);
        file.seek(SeekFrom::Start(from)).unwrap();
        file.write_all(&part.body).unwrap();
    }
    let list = |tool: &str, arguments: &[&str]| {
        let text = run(program(tool).args(arguments).arg(&path)).fine().text();
        (0..10).filter(|number| text.contains(&format!("{number}.bin"))).count()
    };
    assert_eq!(list("unzip", &["-Z1"]), 10);
    assert_eq!(list("7z", &["l"]), 10);
    assert_eq!(list("bsdtar", &["-tf"]), 10);
    assert_eq!(list("python3", &["-m", "zipfile", "-l"]), 10);
}
