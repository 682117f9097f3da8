//! The few fields of TIFF directories that are needed: size, orientation, and when a picture was taken.
//!
//! EXIF is a TIFF within other formats, so this serves both. What always holds: at most two directories of at most 256
//! fields are read, whatever their offsets say. Source: TIFF 6.0; EXIF 2.32 (CIPA DC-008).

use std::io::{self, Read, Seek};

use super::window::Window;

const WIDTH: u16 = 0x100;
const HEIGHT: u16 = 0x101;
const ORIENTATION: u16 = 0x112;
const EXIF: u16 = 0x8769;
const TAKEN: u16 = 0x9003;

/// A directory: its fields, 12 bytes each, and how to read them.
pub(super) struct Directory {
    base: u64,
    little: bool,
    fields: Vec<u8>,
}

impl Directory {
    /// The first directory of the TIFF that begins at byte `base`.
    pub(super) fn first<R: Read + Seek>(window: &mut Window<R>, base: u64) -> io::Result<Option<Self>> {
        let Some(head) = window.bytes::<8>(base)? else {
            return Ok(None);
        };
        let little = match head {
            [b'I', b'I', 42, 0, ..] => true,
            [b'M', b'M', 0, 42, ..] => false,
            _ => return Ok(None),
        };
        let [_, _, _, _, offset @ ..] = head;
        Self::at(window, base, little, number32(offset, little))
    }

    fn at<R: Read + Seek>(window: &mut Window<R>, base: u64, little: bool, offset: u32) -> io::Result<Option<Self>> {
        let at = base + u64::from(offset);
        let Some(count) = window.bytes::<2>(at)? else {
            return Ok(None);
        };
        let count = usize::from(number16(count, little)).min(256);
        let mut fields = vec![0; count * 12];
        Ok(window.read(at + 2, &mut fields)?.map(|()| Self { base, little, fields }))
    }

    /// The type and the last four bytes (the value, or its offset) of a field.
    fn field(&self, tag: u16) -> Option<(u16, [u8; 4])> {
        let found = self.fields.chunks_exact(12).find(|field| number16([field[0], field[1]], self.little) == tag)?;
        Some((number16([found[2], found[3]], self.little), *found.last_chunk::<4>()?))
    }

    /// The first value of a SHORT or LONG field.
    fn number(&self, tag: u16) -> Option<u32> {
        match self.field(tag)? {
            (3, [a, b, ..]) => Some(number16([a, b], self.little).into()),
            (4, value) => Some(number32(value, self.little)),
            _ => None,
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
        let Some(exif) = Self::at(window, self.base, self.little, offset)? else {
            return Ok(None);
        };
        let Some((2, place)) = exif.field(TAKEN) else {
            return Ok(None);
        };
        let text = window.bytes::<19>(self.base + u64::from(number32(place, self.little)))?;
        Ok(text.and_then(date))
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

fn number16(bytes: [u8; 2], little: bool) -> u16 {
    if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
}

fn number32(bytes: [u8; 4], little: bool) -> u32 {
    if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
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
