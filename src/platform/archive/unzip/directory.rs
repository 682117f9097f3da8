//! The entries of a central directory (APPNOTE 4.3.12).

use std::io::{BufReader, Read};

use super::data::Section;
use super::end::Directory;
use super::{Fault, MAX_ENTRIES, Source, names, u16_at, u32_at, u64_at};

const HEADER: usize = 46;

/// The largest directory that is read, in bytes: its names are held in memory.
const MAX_SIZE: u64 = 96 << 20;

/// What an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    File,
    Folder,
    Symlink,
    /// A device, a pipe or the like.
    Special,
}

/// An entry, as the directory has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Its path, decoded; either separator may stand in it.
    pub path: String,
    pub kind: Kind,
    pub is_encrypted: bool,
    /// Whether its data is in another part of a split archive.
    pub is_elsewhere: bool,
    /// How it is compressed (APPNOTE 4.4.5).
    pub method: u16,
    pub crc32: u32,
    /// Bytes in the archive.
    pub packed: u64,
    /// Bytes of the file.
    pub size: u64,
    /// Where its local header begins.
    pub(super) header_at: u64,
}

/// Reads all entries.
pub(super) fn read<S: Source>(source: &S, directory: &Directory) -> Result<Vec<Member>, Fault> {
    let Directory { start, end, base, entries } = *directory;
    if end - start > MAX_SIZE {
        return Err(Fault::TooMany);
    }
    let mut reader = BufReader::with_capacity(256 * 1024, Section { source, at: start, end });
    let mut members = Vec::new();
    let mut left = end - start;
    let mut raw = Vec::new();
    while left >= HEADER as u64 {
        let mut header = [0; HEADER];
        reader.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x01\x02") {
            break;
        }
        if members.len() == MAX_ENTRIES {
            return Err(Fault::TooMany);
        }
        let (name_len, extra_len, comment_len) = (u16_at(&header, 28), u16_at(&header, 30), u16_at(&header, 32));
        let variable = usize::from(name_len) + usize::from(extra_len) + usize::from(comment_len);
        left = left.checked_sub((HEADER + variable) as u64).ok_or(Fault::Damaged)?;
        raw.resize(variable, 0);
        reader.read_exact(&mut raw)?;
        let (name, rest) = raw.split_at(usize::from(name_len));
        members.push(member(&header, name, &rest[..usize::from(extra_len)], base).ok_or(Fault::Damaged)?);
    }
    // Tools without zip64 counted on from 0.
    let count = members.len() as u64;
    let is_all = count == entries || (u16::try_from(entries).is_ok() && count & 0xFFFF == entries);
    if is_all { Ok(members) } else { Err(Fault::Damaged) }
}

/// `None` where its zip64 field lacks what it must hold.
fn member(header: &[u8; HEADER], name: &[u8], extra: &[u8], base: u64) -> Option<Member> {
    let flags = u16_at(header, 8);
    let mut wide = names::field(extra, 1).unwrap_or_default();
    let mut widened = |short: u32| {
        if short != u32::MAX {
            return Some(u64::from(short));
        }
        let (value, rest) = wide.split_at_checked(8)?;
        wide = rest;
        Some(u64_at(value, 0))
    };
    let size = widened(u32_at(header, 24))?;
    let packed = widened(u32_at(header, 20))?;
    let offset = widened(u32_at(header, 42))?;
    let part = match u16_at(header, 34) {
        u16::MAX => wide.get(..4).map_or(0, |four| u32_at(four, 0)),
        part => u32::from(part),
    };
    let path = names::decode(name, extra, flags);
    Some(Member {
        kind: kind(header, &path, size),
        path,
        is_encrypted: flags & 1 != 0 || u16_at(header, 10) == 99,
        is_elsewhere: part != 0,
        method: u16_at(header, 10),
        crc32: u32_at(header, 16),
        packed,
        size,
        header_at: base.saturating_add(offset),
    })
}

/// By the path's end, the mode of Unix in the upper half of the external attributes, or the bit of MS-DOS.
fn kind(header: &[u8; HEADER], path: &str, size: u64) -> Kind {
    let attributes = u32_at(header, 38);
    match (attributes >> 16) & 0o170_000 {
        _ if path.ends_with(['/', '\\']) => Kind::Folder,
        0o120_000 => Kind::Symlink,
        0o040_000 => Kind::Folder,
        0 if attributes & 0x10 != 0 && size == 0 => Kind::Folder,
        0 | 0o100_000 => Kind::File,
        _ => Kind::Special,
    }
}
