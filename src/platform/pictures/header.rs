//! Size and orientation of a picture, from its headers alone.
//!
//! On the way of every upload: nothing is decoded and nothing allocated but one EXIF directory. What always holds: the
//! work is bounded by the number of headers looked at ([`STEPS`]), whatever sizes they claim; a damaged header is "no
//! size", not an error.

use std::io::{self, Read, Seek};

use super::heif;
use super::tiff::Directory;
use super::walk::{self, Part};
use super::window::Window;

/// Segments, chunks or boxes looked at in one file. Phones write up to some 200 (depth maps, previews).
pub(super) const STEPS: usize = 500;

/// What the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// As stored, in pixels.
    pub(super) width: u32,
    /// As stored, in pixels.
    pub(super) height: u32,
    /// How it is to be turned for display, 1 to 8 as in EXIF.
    pub(super) orientation: u8,
}

impl Header {
    /// Width and height as displayed.
    pub(super) fn displayed(self) -> (u32, u32) {
        if self.orientation >= 5 { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// Width times height.
    pub(super) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// What was found: the size, and where the EXIF (or the TIFF itself) begins.
#[derive(Default)]
struct Found {
    size: Option<(u32, u32)>,
    exif: Option<u64>,
}

/// Reads the header of a picture whose type was sniffed; `None` for other types and for headers that can't be
/// understood.
pub(super) fn read<R: Read + Seek>(window: &mut Window<R>, content_type: &str) -> io::Result<Option<Header>> {
    if matches!(content_type, "image/heic" | "image/heif" | "image/avif") {
        return heif::read(window);
    }
    let found = find(window, content_type)?;
    let mut header = found.size.map(|(width, height)| Header { width, height, orientation: 1 });
    if let Some(exif) = found.exif
        && let Some(directory) = Directory::first(window, exif)?
    {
        if content_type == "image/tiff" {
            header = directory.size().map(|(width, height)| Header { width, height, orientation: 1 });
        }
        if let Some(header) = &mut header {
            header.orientation = directory.orientation();
        }
    }
    Ok(header.filter(|header| header.width > 0 && header.height > 0))
}

/// When the picture was taken, by its EXIF.
pub(super) fn taken<R: Read + Seek>(window: &mut Window<R>, content_type: &str) -> io::Result<Option<String>> {
    let Some(exif) = find(window, content_type)?.exif else {
        return Ok(None);
    };
    match Directory::first(window, exif)? {
        Some(directory) => directory.taken(window),
        None => Ok(None),
    }
}

fn find<R: Read + Seek>(window: &mut Window<R>, content_type: &str) -> io::Result<Found> {
    match content_type {
        "image/jpeg" => jpeg(window),
        "image/png" => png(window),
        "image/webp" => webp(window),
        "image/tiff" => Ok(Found { size: None, exif: Some(0) }),
        "image/gif" => Ok(Found { size: gif(window.head()), exif: None }),
        "image/bmp" => Ok(Found { size: bmp(window.head()), exif: None }),
        _ => Ok(Found::default()),
    }
}

/// Walks the segments up to the frame header.
fn jpeg<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Found> {
    let mut found = Found::default();
    let mut at = 2;
    for _ in 0..STEPS {
        let Some(segment) = walk::segment(window, at)? else {
            break;
        };
        match segment.name {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let frame = window.bytes::<5>(segment.at)?;
                found.size =
                    frame.map(|[_, a, b, c, d]| (u16::from_be_bytes([c, d]).into(), u16::from_be_bytes([a, b]).into()));
                break;
            }
            0xDA => break,
            0xE1 if found.exif.is_none() && window.bytes::<6>(segment.at)? == Some(*b"Exif\0\0") => {
                found.exif = Some(segment.at + 6);
            }
            _ => {}
        }
        at = segment.end();
    }
    Ok(found)
}

/// The first chunk has the size (Apple's own kind has one before it); `eXIf` may stand before or behind the data.
fn png<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Found> {
    let mut found = Found::default();
    let mut at = if window.bytes(12)? == Some(*b"CgBI") { 24 } else { 8 };
    let Some(Part { name: [b'I', b'H', b'D', b'R'], at: first, length }) = walk::png_chunk(window, at)? else {
        return Ok(found);
    };
    let (Some(width), Some(height)) = (window.bytes(first)?, window.bytes(first + 4)?) else {
        return Ok(found);
    };
    found.size = Some((u32::from_be_bytes(width), u32::from_be_bytes(height)));
    at = first + length + 4;
    for _ in 0..STEPS {
        let Some(chunk) = walk::png_chunk(window, at)? else {
            break;
        };
        match &chunk.name {
            b"eXIf" => {
                found.exif = Some(chunk.at);
                break;
            }
            // Behind the data it is as rare as the walk there is long.
            b"IDAT" | b"IEND" => break,
            _ => at = chunk.end() + 4,
        }
    }
    Ok(found)
}

/// Source: RFC 9649.
fn webp<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Found> {
    let mut found = Found::default();
    let (Some(name), Some(head)) = (window.bytes::<4>(12)?, window.bytes::<10>(20)?) else {
        return Ok(found);
    };
    match &name {
        b"VP8 " if head[3..6] == [0x9D, 0x01, 0x2A] => {
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
            found.size = Some((side(head[6], head[7]), side(head[8], head[9])));
        }
        b"VP8L" if head[0] == 0x2F => {
            let bits = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
            found.size = Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1));
        }
        b"VP8X" => {
            let side = |a, b, c| u32::from_le_bytes([a, b, c, 0]) + 1;
            found.size = Some((side(head[4], head[5], head[6]), side(head[7], head[8], head[9])));
            if head[0] & 8 != 0 {
                found.exif = webp_exif(window)?;
            }
        }
        _ => {}
    }
    Ok(found)
}

fn webp_exif<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Option<u64>> {
    let mut at = 30;
    for _ in 0..STEPS {
        let Some(chunk) = walk::riff_chunk(window, at)? else {
            break;
        };
        if &chunk.name == b"EXIF" {
            // Some writers leave JPEG's introduction in front.
            let introduced = window.bytes::<6>(chunk.at)? == Some(*b"Exif\0\0");
            return Ok(Some(chunk.at + if introduced { 6 } else { 0 }));
        }
        at = chunk.end().next_multiple_of(2);
    }
    Ok(None)
}

fn gif(head: &[u8]) -> Option<(u32, u32)> {
    let &[a, b, c, d] = head.get(6..)?.first_chunk::<4>()?;
    Some((u16::from_le_bytes([a, b]).into(), u16::from_le_bytes([c, d]).into()))
}

fn bmp(head: &[u8]) -> Option<(u32, u32)> {
    if head.get(14) == Some(&12) {
        let &[a, b, c, d] = head.get(18..)?.first_chunk::<4>()?;
        return Some((u16::from_le_bytes([a, b]).into(), u16::from_le_bytes([c, d]).into()));
    }
    let side = |at: usize| Some(i32::from_le_bytes(*head.get(at..)?.first_chunk::<4>()?).unsigned_abs());
    // A negative height means rows from the top.
    Some((side(18)?, side(22)?))
}
