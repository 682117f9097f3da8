//! The data of one entry.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;

use super::directory::Member;
use super::{Source, peek, u16_at};

const LOCAL_HEADER: usize = 30;

/// Bytes read from the archive at a time.
const ROOM: usize = 64 * 1024;

/// Places of the archive that entries have taken: where two of them share one, a small archive unpacks to any size.
#[derive(Debug, Default)]
pub struct Extents(BTreeMap<u64, u64>);

impl Extents {
    /// Takes `start..end`, unless some of it is taken.
    fn take(&mut self, start: u64, end: u64) -> bool {
        let before = self.0.range(..end).next_back();
        let is_free = before.is_none_or(|(_, taken_until)| *taken_until <= start);
        if is_free {
            self.0.insert(start, end);
        }
        is_free
    }
}

/// A part of the archive.
#[derive(Debug)]
pub(super) struct Section<S> {
    pub source: S,
    pub at: u64,
    pub end: u64,
}

impl<S: Source> Source for &S {
    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }

    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_some(buffer, offset)
    }
}

impl<S: Source> Source for Arc<S> {
    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }

    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_some(buffer, offset)
    }
}

impl<S: Source> Read for Section<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let room = left.min(buffer.len());
        let count = self.source.read_some(&mut buffer[..room], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// An entry's bytes as they are unpacked. They may be more or others than the directory says.
pub struct Data<S>(Inner<S>);

enum Inner<S> {
    Stored(Section<Arc<S>>),
    Deflated(Box<DeflateDecoder<BufReader<Section<Arc<S>>>>>),
}

impl<S: Source> Data<S> {
    pub(super) fn open(
        source: &Arc<S>,
        limit: u64,
        member: &Member,
        extents: &mut Extents,
    ) -> io::Result<Option<Self>> {
        let start = member.header_at;
        let Some(header) = peek::<LOCAL_HEADER>(source, start)?.filter(|h| h.starts_with(b"PK\x03\x04")) else {
            return Ok(None);
        };
        // Of a local header, only the lengths of its own fields count.
        let at = start + LOCAL_HEADER as u64 + u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        let end = at.checked_add(member.packed).filter(|end| *end <= limit);
        let Some(end) = end.filter(|end| extents.take(start, *end)) else {
            return Ok(None);
        };
        let section = Section { source: source.clone(), at, end };
        Ok(match member.method {
            0 => Some(Self(Inner::Stored(section))),
            8 => Some(Self(Inner::Deflated(Box::new(DeflateDecoder::new(BufReader::with_capacity(ROOM, section)))))),
            _ => None,
        })
    }
}

impl<S: Source> Read for Data<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Stored(section) => section.read(buffer),
            Inner::Deflated(decoder) => decoder.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once() {
        let mut extents = Extents::default();
        assert!(extents.take(100, 200) && extents.take(0, 100) && extents.take(300, 310));
        for (start, end) in [(150, 160), (50, 150), (199, 300), (0, 400), (305, 306)] {
            assert!(!extents.take(start, end), "{start}..{end}");
        }
        assert!(extents.take(200, 300));
    }
}
