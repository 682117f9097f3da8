//! Walks the parts of picture files: segments of JPEG, chunks of PNG and of WebP.
//!
//! The header, the colours and the size are read by the same steps, so they can't disagree about where a part begins.
//! What always holds: nothing is decoded, and the work is bounded by the window's jumps, whatever lengths the parts
//! claim. Source: ITU-T T.81 (B.1.1), PNG (5.3), RFC 9649.

use std::io::{self, Read, Seek};

use super::window::Window;

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<N> {
    /// What it is: a marker, or a chunk's four letters.
    pub(super) name: N,
    /// Where its contents begin.
    pub(super) at: u64,
    /// Bytes of its contents.
    pub(super) length: u64,
}

impl<N> Part<N> {
    /// The place behind a JPEG segment's contents.
    pub(super) fn end(&self) -> u64 {
        self.at.saturating_add(self.length)
    }
}

/// The JPEG segment at or behind `at`; `None` at the end of the picture or of the file.
///
/// Bytes between segments that are no marker, and fill bytes of any number, are passed over, as by our decoder and by
/// libjpeg.
pub(super) fn segment<R: Read + Seek>(window: &mut Window<R>, mut at: u64) -> io::Result<Option<Part<u8>>> {
    while let Some((name, behind)) = marker(window, at)? {
        match name {
            // Markers without a segment.
            0x01 | 0xD0..=0xD8 => at = behind,
            0xD9 => return Ok(None),
            _ => {
                let length = window.bytes::<2>(behind)?.map_or(0, u16::from_be_bytes);
                let length = length.checked_sub(2).map(u64::from);
                return Ok(length.map(|length| Part { name, at: behind + 2, length }));
            }
        }
    }
    Ok(None)
}

/// The first marker at or behind `at`, and the place behind it.
fn marker<R: Read + Seek>(window: &mut Window<R>, mut at: u64) -> io::Result<Option<(u8, u64)>> {
    let mut buffer = [0; 4096];
    // Nearly always it stands right here; only where it doesn't is more read at a time.
    let mut wanted = 8;
    let mut follows = false;
    loop {
        let filled = window.some(at, &mut buffer[..wanted])?;
        if filled == 0 {
            return Ok(None);
        }
        for (behind, &byte) in (at + 1..).zip(&buffer[..filled]) {
            match byte {
                0xFF => follows = true,
                0 => follows = false,
                code if follows => return Ok(Some((code, behind))),
                _ => {}
            }
        }
        at += filled as u64;
        wanted = buffer.len();
    }
}

/// The PNG chunk whose length stands at `at`; the next one's stands 4 bytes (its checksum) behind its end.
pub(super) fn png_chunk<R: Read + Seek>(window: &mut Window<R>, at: u64) -> io::Result<Option<Part<[u8; 4]>>> {
    Ok(window.bytes::<8>(at)?.map(|[a, b, c, d, name @ ..]| Part {
        name,
        at: at + 8,
        length: u32::from_be_bytes([a, b, c, d]).into(),
    }))
}

/// The chunk of a RIFF file whose name stands at `at`; the next one's stands behind its end, at an even place.
pub(super) fn riff_chunk<R: Read + Seek>(window: &mut Window<R>, at: u64) -> io::Result<Option<Part<[u8; 4]>>> {
    Ok(window.bytes::<8>(at)?.map(|[name @ .., a, b, c, d]| Part {
        name,
        at: at + 8,
        length: u32::from_le_bytes([a, b, c, d]).into(),
    }))
}
