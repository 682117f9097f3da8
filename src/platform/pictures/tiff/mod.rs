//! TIFF: the fields of its directories (this file), and its pixels ([`decode`](self::decode)).
//!
//! EXIF is a TIFF within other formats, so the fields serve both. What always holds: at most two directories of at
//! most 256 fields are read, whatever their offsets say. Source: TIFF 6.0; the BigTIFF design (8 bytes where TIFF has
//! 4); EXIF 2.32 (CIPA DC-008).

mod chunks;
mod decode;
mod fax;
mod layout;
#[cfg(test)]
mod pixel_tests;
mod samples;

use std::io::{self, Read, Seek};

pub(super) use decode::decode;

use super::window::Window;

const WIDTH: u16 = 0x100;
const HEIGHT: u16 = 0x101;
const ORIENTATION: u16 = 0x112;
const ICC_PROFILE: u16 = 0x8773;
const EXIF: u16 = 0x8769;
const TAKEN: u16 = 0x9003;

/// A directory: its fields, and how to read them.
pub(super) struct Directory {
    base: u64,
    little: bool,
    big: bool,
    /// 12 bytes each, 20 in a BigTIFF.
    fields: Vec<u8>,
}

/// One field: its type, how many values it has, and the bytes where a few of them, or the offset of more, stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    kind: u16,
    count: u64,
    place: [u8; 8],
}

impl Directory {
    /// The first directory of the TIFF that begins at byte `base`.
    pub(super) fn first<R: Read + Seek>(window: &mut Window<R>, base: u64) -> io::Result<Option<Self>> {
        let Some(head) = window.bytes::<8>(base)? else {
            return Ok(None);
        };
        let (little, big) = match head {
            [b'I', b'I', 42, 0, ..] => (true, false),
            [b'M', b'M', 0, 42, ..] => (false, false),
            [b'I', b'I', 43, 0, 8, 0, 0, 0] => (true, true),
            [b'M', b'M', 0, 43, 0, 8, 0, 0] => (false, true),
            _ => return Ok(None),
        };
        if big {
            let offset = window.bytes::<8>(base.saturating_add(8))?;
            return offset.map_or(Ok(None), |offset| Self::at(window, base, (little, big), number(&offset, little)));
        }
        Self::at(window, base, (little, big), number(&head[4..], little))
    }

    fn at<R: Read + Seek>(
        window: &mut Window<R>,
        base: u64,
        (little, big): (bool, bool),
        offset: u64,
    ) -> io::Result<Option<Self>> {
        let at = base.saturating_add(offset);
        let mut count = [0; 8];
        let count = if big { &mut count[..] } else { &mut count[..2] };
        if window.read(at, count)?.is_none() {
            return Ok(None);
        }
        let entries = usize::try_from(number(count, little)).unwrap_or(256).min(256);
        let mut fields = vec![0; entries * if big { 20 } else { 12 }];
        let read = window.read(at.saturating_add(count.len() as u64), &mut fields)?;
        Ok(read.map(|()| Self { base, little, big, fields }))
    }

    fn field(&self, tag: u16) -> Option<Field> {
        let size = if self.big { 20 } else { 12 };
        let found = self.fields.chunks_exact(size).find(|field| number(&field[..2], self.little) == u64::from(tag))?;
        let (count, place) = found[4..].split_at((size - 4) / 2);
        let mut padded = [0; 8];
        padded[..place.len()].copy_from_slice(place);
        let kind = u16::try_from(number(&found[2..4], self.little)).ok()?;
        Some(Field { kind, count: number(count, self.little), place: padded })
    }

    /// The bytes that hold a value or an offset within a field.
    fn place<'f>(&self, field: &'f Field) -> &'f [u8] {
        if self.big { &field.place } else { &field.place[..4] }
    }

    /// Where a field's values begin that don't fit in it.
    fn offset(&self, field: &Field) -> u64 {
        self.base.saturating_add(number(self.place(field), self.little))
    }

    /// The first value of a field of whole numbers.
    fn number(&self, tag: u16) -> Option<u32> {
        let field = self.field(tag)?;
        let value = number(self.place(&field).get(..size_of_kind(field.kind)?)?, self.little);
        u32::try_from(value).ok()
    }

    /// All values of a field of whole numbers, at most `limit` of them.
    fn numbers<R: Read + Seek>(&self, window: &mut Window<R>, tag: u16, limit: usize) -> io::Result<Option<Vec<u64>>> {
        let Some((field, size)) = self.field(tag).and_then(|field| Some((field, size_of_kind(field.kind)?))) else {
            return Ok(None);
        };
        let count = usize::try_from(field.count).unwrap_or(limit).min(limit);
        let bytes = self.bytes(window, &field, count * size)?;
        Ok(bytes.map(|bytes| bytes.chunks_exact(size).map(|value| number(value, self.little)).collect()))
    }

    /// The first `length` bytes of a field's values.
    fn bytes<R: Read + Seek>(
        &self,
        window: &mut Window<R>,
        field: &Field,
        length: usize,
    ) -> io::Result<Option<Vec<u8>>> {
        if let Some(within) = self.place(field).get(..length) {
            return Ok(Some(within.to_vec()));
        }
        let mut bytes = vec![0; length];
        Ok(window.read(self.offset(field), &mut bytes)?.map(|()| bytes))
    }

    /// The ICC profile, where there is one of at most `limit` bytes.
    pub(super) fn profile<R: Read + Seek>(&self, window: &mut Window<R>, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let length = |field: &Field| usize::try_from(field.count).ok().filter(|length| *length <= limit);
        match self.field(ICC_PROFILE).and_then(|field| Some((field, length(&field)?))) {
            Some((field, length)) => self.bytes(window, &field, length),
            None => Ok(None),
        }
    }

    /// Width and height as stored.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        Some((self.number(WIDTH)?, self.number(HEIGHT)?))
    }

    /// How the stored picture is to be turned, 1 to 8; 1 where nothing (sensible) is said.
    pub(super) fn orientation(&self) -> u8 {
        let stored = self.number(ORIENTATION).and_then(|value| u8::try_from(value).ok());
        stored.filter(|value| (1..=8).contains(value)).unwrap_or(1)
    }

    /// `DateTimeOriginal`, as `YYYY-MM-DD HH:MM:SS` in the camera's local time.
    pub(super) fn taken<R: Read + Seek>(&self, window: &mut Window<R>) -> io::Result<Option<String>> {
        let Some(offset) = self.number(EXIF) else {
            return Ok(None);
        };
        let Some(exif) = Self::at(window, self.base, (self.little, self.big), offset.into())? else {
            return Ok(None);
        };
        let Some(taken) = exif.field(TAKEN).filter(|field| field.kind == 2) else {
            return Ok(None);
        };
        let text = window.bytes::<19>(exif.offset(&taken))?;
        Ok(text.and_then(date))
    }
}

/// Bytes of one value of the types that are whole numbers: BYTE, SHORT, LONG, IFD, LONG8, IFD8.
fn size_of_kind(kind: u16) -> Option<usize> {
    match kind {
        1 => Some(1),
        3 => Some(2),
        4 | 13 => Some(4),
        16 | 18 => Some(8),
        _ => None,
    }
}

/// `2024:05:06 07:08:09` with the date's colons made dashes; `None` for anything else (cameras write zeros or blanks).
fn date(mut text: [u8; 19]) -> Option<String> {
    for (at, byte) in text.iter_mut().enumerate() {
        match at {
            4 | 7 if matches!(byte, b':' | b'-') => *byte = b'-',
            10 if *byte == b' ' => {}
            13 | 16 if *byte == b':' => {}
            4 | 7 | 10 | 13 | 16 => return None,
            _ if byte.is_ascii_digit() => {}
            _ => return None,
        }
    }
    let within = |at: usize, low: u8, high: u8| (low..=high).contains(&((text[at] - b'0') * 10 + text[at + 1] - b'0'));
    let sensible = &text[..4] != b"0000" && within(5, 1, 12) && within(8, 1, 31);
    let sensible = sensible && within(11, 0, 23) && within(14, 0, 59) && within(17, 0, 60);
    String::from_utf8(text.to_vec()).ok().filter(|_| sensible)
}

/// A whole number of at most 8 bytes.
fn number(bytes: &[u8], little: bool) -> u64 {
    let add = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
    if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Cursor;

    /// A TIFF header with an orientation and a date, as EXIF has them.
    pub(in super::super) fn exif(orientation: u8, taken: &[u8; 19]) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        tiff.extend([orientation, 0, 0]);
        tiff.extend(b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
        tiff.extend(b"\0\x01\x90\x03\0\x02\0\0\0\x14\0\0\0\x38\0\0\0\0");
        tiff.extend(taken);
        tiff.push(0);
        tiff
    }

    #[test]
    fn orientation_and_date_are_found() {
        let mut window = Window::new(Cursor::new(exif(6, b"2024:05:06 07:08:09"))).unwrap();
        let directory = Directory::first(&mut window, 0).unwrap().unwrap();
        assert_eq!(directory.orientation(), 6);
        assert_eq!(directory.taken(&mut window).unwrap().as_deref(), Some("2024-05-06 07:08:09"));
    }

    #[test]
    fn nonsense_is_nothing() {
        let mut window = Window::new(Cursor::new(exif(9, b"0000:00:00 00:00:00"))).unwrap();
        let directory = Directory::first(&mut window, 0).unwrap().unwrap();
        assert_eq!(directory.orientation(), 1);
        assert_eq!(directory.taken(&mut window).unwrap(), None);
        let mut window = Window::new(Cursor::new(b"II*\0\xFF\xFF\xFF\xFF".to_vec())).unwrap();
        assert!(Directory::first(&mut window, 0).unwrap().is_none());
    }
}
