//! Raw pictures of cameras that are a TIFF within: their first directory is a preview, so they are no TIFF to show or
//! to measure.
//!
//! What always holds: only the first bytes are looked at. A raw picture whose directory stands further behind stays a
//! TIFF.

/// The types told here.
pub(super) const TYPES: [&str; 4] =
    ["image/x-adobe-dng", "image/x-nikon-nef", "image/x-sony-arw", "image/x-pentax-pef"];

const SUBFILE_TYPE: u16 = 254;
const MAKE: u16 = 271;
const SUB_DIRECTORIES: u16 = 330;
const DNG_VERSION: u16 = 0xC612;

/// The type of the raw picture that begins with `head`; `None` for other TIFFs.
pub(super) fn content_type(head: &[u8]) -> Option<&'static str> {
    let directory = Directory::first(head)?;
    if directory.field(DNG_VERSION).is_some() {
        return Some("image/x-adobe-dng");
    }
    // The makers' own: the first directory says that it is a reduced one, and names the others.
    let is_reduced = directory.number(&directory.field(SUBFILE_TYPE)?[8..12]) & 1 == 1;
    directory.field(SUB_DIRECTORIES).filter(|_| is_reduced)?;
    let make = directory.number(&directory.field(MAKE)?[8..12]) as usize;
    let make = head.get(make..)?;
    [(&b"NIKON"[..], TYPES[1]), (b"SONY", TYPES[2]), (b"PENTAX", TYPES[3])]
        .into_iter()
        .find_map(|(name, content_type)| make.starts_with(name).then_some(content_type))
}

struct Directory<'h> {
    little: bool,
    fields: &'h [u8],
}

impl<'h> Directory<'h> {
    fn first(head: &'h [u8]) -> Option<Self> {
        let little = head.starts_with(b"II");
        let mut directory = Self { little, fields: &[] };
        let at = directory.number(head.get(4..8)?) as usize;
        let count = directory.number(head.get(at..at.checked_add(2)?)?) as usize;
        let fields = head.get(at + 2..)?;
        directory.fields = &fields[..fields.len().min(count * 12)];
        Some(directory)
    }

    /// A number of at most four bytes.
    fn number(&self, bytes: &[u8]) -> u32 {
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    }

    fn field(&self, tag: u16) -> Option<&'h [u8]> {
        self.fields.chunks_exact(12).find(|field| self.number(&field[..2]) == u32::from(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF whose first directory has these fields, all LONG, with a maker's name behind them.
    fn tiff(fields: &[(u16, u32)], make: &[u8]) -> Vec<u8> {
        let count = u16::try_from(fields.len()).unwrap();
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(count.to_le_bytes());
        let behind = 10 + 12 * u32::from(count);
        for (tag, value) in fields {
            bytes.extend(tag.to_le_bytes());
            bytes.extend([4, 0, 1, 0, 0, 0]);
            bytes.extend(if *tag == MAKE { behind } else { *value }.to_le_bytes());
        }
        bytes.extend(make);
        bytes
    }

    #[test]
    fn raw_pictures_are_told_from_tiffs() {
        let makers = [(SUBFILE_TYPE, 1), (MAKE, 0), (SUB_DIRECTORIES, 99)];
        assert_eq!(content_type(&tiff(&makers, b"NIKON CORPORATION\0")), Some("image/x-nikon-nef"));
        assert_eq!(content_type(&tiff(&makers, b"SONY\0")), Some("image/x-sony-arw"));
        assert_eq!(content_type(&tiff(&makers, b"Leica\0")), None);
        assert_eq!(content_type(&tiff(&makers[..2], b"NIKON\0")), None);
        assert_eq!(content_type(&tiff(&[(SUBFILE_TYPE, 0), (MAKE, 0), (SUB_DIRECTORIES, 9)], b"NIKON\0")), None);
        assert_eq!(content_type(&tiff(&[(DNG_VERSION, 0x0000_0401)], b"")), Some("image/x-adobe-dng"));
        for length in 0..60 {
            content_type(&tiff(&makers, b"NIKON\0")[..length.min(52)]);
        }
    }
}
