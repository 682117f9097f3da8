//! Reading zips of any maker by their central directory (PKWARE APPNOTE 6.3.10).
//!
//! The directory at the end alone says which entries there are, what they are called and how long they are: entries
//! that were deleted stay in the body, lengths may stand behind the data, and something else may stand before the
//! first entry or between two. A local header only says where its data begins. Everything here blocks on the disk,
//! and no length is believed before it was held against what is there.

mod data;
mod directory;
mod end;
mod names;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

pub use data::{Data, Extents};
pub use directory::{Kind, Member};

/// Most entries of an archive that is read.
pub const MAX_ENTRIES: usize = 200_000;

/// Bytes that can be read at any place.
pub trait Source {
    /// How many there are.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn size(&self) -> io::Result<u64>;

    /// Reads some at `offset`; 0 at the end.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl Source for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read_at(buffer, offset)
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Why an archive can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is something else; its name, where it is known.
    #[error("not a zip archive")]
    NotZip(Option<&'static str>),
    /// It has no end.
    #[error("the archive breaks off")]
    Cut,
    /// One of several parts.
    #[error("a part of a split archive")]
    Split,
    #[error("the directory is damaged")]
    Damaged,
    #[error("too many entries")]
    TooMany,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// An archive whose directory was read.
#[derive(Debug)]
pub struct Unzip<S> {
    source: Arc<S>,
    /// Where the directory begins: all data stands before it.
    limit: u64,
    members: Vec<Member>,
}

impl<S: Source> Unzip<S> {
    /// Reads the directory.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn open(source: S) -> Result<Self, Fault> {
        let directory = end::find(&source)?;
        let members = directory::read(&source, &directory)?;
        Ok(Self { source: Arc::new(source), limit: directory.start, members })
    }

    /// The entries in the directory's order, once.
    #[must_use]
    pub fn take_members(&mut self) -> Vec<Member> {
        std::mem::take(&mut self.members)
    }

    /// The data of an entry; `None` where the archive has no such place, or another entry has taken it.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn data(&self, member: &Member, extents: &mut Extents) -> io::Result<Option<Data<S>>> {
        Data::open(&self.source, self.limit, member, extents)
    }
}

/// What a file is that is no zip, by its first bytes.
#[must_use]
pub fn foreign(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 10] = [
        (b"Rar!\x1A\x07", "RAR"),
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"\x1F\x8B\x08", "gzip (.gz, .tgz)"),
        (b"BZh", "bzip2"),
        (b"\xFD7zXZ\x00", "xz"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
        (b"MSCF\x00\x00\x00\x00", "CAB"),
        (b"\x04\x22\x4D\x18", "lz4"),
        (b"xar!", "xar"),
        (b"!<arch>\n", "ar"),
    ];
    let known = KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name);
    known.or_else(|| head.get(257..).is_some_and(|rest| rest.starts_with(b"ustar")).then_some("tar"))
}

/// Fills `buffer` from `offset` on.
fn read_exact(source: &impl Source, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < buffer.len() {
        match source.read_some(&mut buffer[done..], offset.saturating_add(done as u64)) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads `N` bytes at `offset`, if they are there.
fn peek<const N: usize>(source: &impl Source, offset: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match read_exact(source, &mut bytes, offset) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
