//! Zips put together by hand, field by field, as makers all over the world write them.

use std::io::Read;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;

use super::*;

/// An entry to be written.
#[derive(Debug, Clone)]
struct Made {
    name: &'static str,
    data: Vec<u8>,
    method: u16,
    /// With bit 3: what stands behind the data; sizes are in the local header as well where it is said so.
    descriptor: Option<Descriptor>,
    /// What the local header says in place of the name.
    local_name: &'static str,
    is_listed: bool,
    attributes: u32,
}

#[derive(Debug, Clone, Copy)]
struct Descriptor {
    has_signature: bool,
    is_wide: bool,
    is_local_told: bool,
}

fn made(name: &'static str, data: &[u8]) -> Made {
    let data = data.to_vec();
    Made { name, data, method: 0, descriptor: None, local_name: name, is_listed: true, attributes: 0 }
}

fn packed(entry: &Made) -> Vec<u8> {
    if entry.method != 8 {
        return entry.data.clone();
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, &entry.data).unwrap();
    encoder.finish().unwrap()
}

struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

fn short(out: &mut Vec<u8>, values: &[u16]) {
    for value in values {
        out.extend(value.to_le_bytes());
    }
}

fn long(out: &mut Vec<u8>, values: &[u32]) {
    for value in values {
        out.extend(value.to_le_bytes());
    }
}

fn size(value: usize) -> u32 {
    u32::try_from(value).unwrap()
}

fn body(entries: &[Made]) -> Zip {
    let mut zip = Zip { bytes: Vec::new(), directory: Vec::new(), entries: 0 };
    for entry in entries {
        let (data, crc32, offset) = (packed(entry), crc32fast::hash(&entry.data), size(zip.bytes.len()));
        let facts = [crc32, size(data.len()), size(entry.data.len())];
        let flags = if entry.descriptor.is_some() { 8 } else { 0 };
        let is_told = entry.descriptor.is_none_or(|descriptor| descriptor.is_local_told);
        let out = &mut zip.bytes;
        long(out, &[0x0403_4b50]);
        short(out, &[20, flags, entry.method, 0, 33]);
        long(out, &if is_told { facts } else { [0; 3] });
        short(out, &[u16::try_from(entry.local_name.len()).unwrap(), 0]);
        out.extend(entry.local_name.as_bytes());
        out.extend(data);
        if let Some(descriptor) = entry.descriptor {
            if descriptor.has_signature {
                long(out, &[0x0807_4b50]);
            }
            long(out, &[crc32]);
            for value in &facts[1..] {
                long(out, &[*value]);
                if descriptor.is_wide {
                    long(out, &[0]);
                }
            }
        }
        if !entry.is_listed {
            continue;
        }
        zip.entries += 1;
        let out = &mut zip.directory;
        long(out, &[0x0201_4b50]);
        short(out, &[0x0314, 20, flags, entry.method, 0, 33]);
        long(out, &facts);
        short(out, &[u16::try_from(entry.name.len()).unwrap(), 0, 0, 0, 0]);
        long(out, &[entry.attributes, offset]);
        out.extend(entry.name.as_bytes());
    }
    zip
}

/// The end record, with what it says of the directory's place.
fn end(zip: &Zip, offset: usize, comment: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    long(&mut out, &[0x0605_4b50]);
    short(&mut out, &[0, 0, zip.entries, zip.entries]);
    long(&mut out, &[size(zip.directory.len()), size(offset)]);
    short(&mut out, &[u16::try_from(comment.len()).unwrap()]);
    out.extend(comment);
    out
}

fn whole(entries: &[Made]) -> Vec<u8> {
    let zip = body(entries);
    [zip.bytes.clone(), zip.directory.clone(), end(&zip, zip.bytes.len(), b"")].concat()
}

/// Paths and contents; `None` where the data isn't where it should be.
#[expect(clippy::type_complexity, reason = "names, and what is behind them")]
fn read(bytes: Vec<u8>) -> Result<Vec<(String, Option<Vec<u8>>)>, Fault> {
    let mut archive = Unzip::open(bytes)?;
    let mut extents = Extents::default();
    let members = archive.take_members().into_iter();
    Ok(members
        .map(|member| {
            let mut content = Vec::new();
            let data = archive.data(&member, &mut extents).unwrap();
            let is_read = data.is_some_and(|mut data| data.read_to_end(&mut content).is_ok());
            let is_whole = is_read && content.len() as u64 == member.size && crc32fast::hash(&content) == member.crc32;
            (member.path, is_whole.then_some(content))
        })
        .collect())
}

fn names(bytes: Vec<u8>) -> Vec<String> {
    let shown = |(name, data): (String, Option<Vec<u8>>)| if data.is_some() { name } else { format!("{name}!") };
    read(bytes).unwrap().into_iter().map(shown).collect()
}

#[test]
fn streamed_entries_are_read_whatever_stands_behind_them() {
    for method in [0, 8] {
        for bits in 0..8 {
            let descriptor =
                Descriptor { has_signature: bits & 1 > 0, is_wide: bits & 2 > 0, is_local_told: bits & 4 > 0 };
            let entry = |name, data: &[u8]| Made { method, descriptor: Some(descriptor), ..made(name, data) };
            // Data that looks like headers misleads nobody.
            let entries = [entry("a", b"PK\x07\x08PK\x03\x04PK\x01\x02"), entry("b", b""), entry("c", &[7; 5000])];
            let read = read(whole(&entries)).unwrap();
            let expected: Vec<_> =
                entries.iter().map(|entry| (entry.name.to_owned(), Some(entry.data.clone()))).collect();
            assert_eq!(read, expected, "{method} {descriptor:?}");
        }
    }
}

#[test]
fn the_directory_alone_says_what_there_is() {
    let deleted = Made { is_listed: false, ..made("deleted", b"gone") };
    let renamed = Made { local_name: "another name", ..made("renamed", b"x") };
    assert_eq!(names(whole(&[deleted.clone(), made("a", b"1"), deleted, renamed])), ["a", "renamed"]);
    assert!(names(whole(&[])).is_empty());
    assert_eq!(names(whole(&[made("twice", b"1"), made("twice", b"2")])), ["twice", "twice"]);
}

#[test]
fn something_else_may_stand_before_between_and_behind() {
    let zip = body(&[made("a", b"1"), made("b", b"2")]);
    let at = zip.bytes.len();
    let join = |parts: &[&[u8]]| parts.concat();
    let tail = end(&zip, at, b"");
    let script = b"#!/bin/sh\nexec unzip $0\n";
    // Offsets that count from the archive's first byte, and from the file's.
    assert_eq!(names(join(&[script, &zip.bytes, &zip.directory, &tail])), ["a", "b"]);
    let shifted = end(&zip, at + 100, b"");
    let gap = [0; 100];
    assert_eq!(names(join(&[&zip.bytes, &gap, &zip.directory, &shifted])), ["a", "b"]);
    assert_eq!(names(join(&[&zip.bytes, &zip.directory, &gap, &tail])), ["a", "b"]);
    assert_eq!(names(join(&[&zip.bytes, &zip.directory, &tail, &gap])), ["a", "b"]);
    for comment in [&b"a comment"[..], b"PK\x05\x06", &vec![b'x'; 65_535], &join(&[b"PK\x05\x06", &[0; 18]])] {
        assert_eq!(names(join(&[&zip.bytes, &zip.directory, &end(&zip, at, comment)])), ["a", "b"]);
    }
}

/// Zip64 records in front of an end record that holds marks or values.
fn zip64(zip: &Zip, is_marked: bool) -> Vec<u8> {
    let at = zip.bytes.len();
    let mut out = [zip.bytes.clone(), zip.directory.clone()].concat();
    let record_at = out.len();
    long(&mut out, &[0x0606_4b50, 44, 0]);
    short(&mut out, &[45, 45]);
    long(&mut out, &[0, 0, u32::from(zip.entries), 0, u32::from(zip.entries), 0]);
    long(&mut out, &[size(zip.directory.len()), 0, size(at), 0]);
    long(&mut out, &[0x0706_4b50, 0, size(record_at), 0, 1]);
    let mut tail = end(zip, at, b"");
    if is_marked {
        tail[8..20].fill(0xFF);
    }
    out.extend(tail);
    out
}

#[test]
fn zip64_is_read_needed_or_not() {
    let zip = body(&[made("a", b"1"), made("b", b"2")]);
    for is_marked in [false, true] {
        assert_eq!(names(zip64(&zip, is_marked)), ["a", "b"]);
        assert_eq!(names([&b"MZ and a program"[..], &zip64(&zip, is_marked)].concat()), ["a", "b"]);
    }
    // Lengths and place in the extra field.
    let mut zip = body(&[made("a", b"12345")]);
    let mut wide = Vec::new();
    short(&mut wide, &[1, 24]);
    long(&mut wide, &[5, 0, 5, 0, 0, 0]);
    zip.directory[20..28].fill(0xFF);
    zip.directory[42..46].fill(0xFF);
    zip.directory[30] = 28;
    zip.directory.extend(wide);
    let tail = end(&zip, zip.bytes.len(), b"");
    assert_eq!(names([&zip.bytes[..], &zip.directory, &tail].concat()), ["a"]);
    zip.directory[30] = 4;
    zip.directory.truncate(47 + 4);
    let tail = end(&zip, zip.bytes.len(), b"");
    assert!(matches!(read([&zip.bytes[..], &zip.directory, &tail].concat()), Err(Fault::Damaged)));
}

#[test]
fn a_cut_archive_is_never_taken_for_another() {
    let inner = whole(&[made("inner", b"not to be unpacked")]);
    let bytes = whole(&[made("a", b"1"), made("inner.zip", &inner)]);
    for end in 0..bytes.len() {
        assert!(read(bytes[..end].to_vec()).is_err(), "{end} of {}", bytes.len());
    }
    assert_eq!(names(bytes), ["a", "inner.zip"]);
}

#[test]
fn what_is_no_zip_is_named() {
    let mut tar = vec![b'a'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, kind) in [
        (b"Rar!\x1A\x07\x01\x00 and so on".to_vec(), Some("RAR")),
        (b"7z\xBC\xAF\x27\x1C\0\x04".to_vec(), Some("7z")),
        (b"\x1F\x8B\x08\0\0\0".to_vec(), Some("gzip (.gz, .tgz)")),
        (tar, Some("tar")),
        (b"not a zip".to_vec(), None),
        (Vec::new(), None),
    ] {
        let fault = read(bytes).unwrap_err();
        assert!(matches!(fault, Fault::NotZip(found) if found == kind), "{kind:?} {fault:?}");
    }
}

#[test]
fn split_archives_are_refused() {
    let zip = body(&[made("a", b"1")]);
    let of = |at: usize, value: u8| {
        let mut tail = end(&zip, zip.bytes.len(), b"");
        tail[at] = value;
        read([&zip.bytes[..], &zip.directory, &tail].concat())
    };
    for (at, value) in [(4, 1), (6, 1), (8, 0), (10, 9)] {
        assert!(matches!(of(at, value), Err(Fault::Split)), "{at}");
    }
    assert!(matches!(read(b"PK\x07\x08PK\x03\x04 the first part".to_vec()), Err(Fault::Split)));
}

#[test]
fn entries_that_share_their_data_are_told_apart() {
    let mut zip = body(&[made("a", &[1; 100])]);
    zip.directory = zip.directory.repeat(3);
    zip.entries = 3;
    let tail = end(&zip, zip.bytes.len(), b"");
    assert_eq!(names([&zip.bytes[..], &zip.directory, &tail].concat()), ["a", "a!", "a!"]);
}

#[test]
fn kinds_are_read_from_modes() {
    for (mode, kind) in [
        (0, Kind::File),
        (0o100_644, Kind::File),
        (0o120_777, Kind::Symlink),
        (0o040_755, Kind::Folder),
        (0o010_644, Kind::Special),
        (0o020_644, Kind::Special),
    ] {
        let entry = Made { attributes: mode << 16, ..made("a", b"x") };
        assert_eq!(Unzip::open(whole(&[entry])).unwrap().take_members()[0].kind, kind, "{mode:o}");
    }
    let folders = whole(&[made("d/", b""), made("d\\", b""), Made { attributes: 0x10, ..made("e", b"") }]);
    assert!(Unzip::open(folders).unwrap().take_members().iter().all(|member| member.kind == Kind::Folder));
}

proptest! {
    #[test]
    fn nothing_breaks_the_reader(
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let zip = body(&[made("a", b"12345"), Made { method: 8, ..made("b", &[3; 900]) }]);
        let mut bytes = zip64(&zip, true);
        for (place, value) in places {
            let at = place.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 20);
        let _ = read(bytes);
    }
}
