//! The displayed size of a HEIF or AVIF picture, from its `meta` box.
//!
//! What always holds: only the first [`META`] bytes of the box are looked at, and boxes nest exactly as deep as the code does.
//! Source: ISO/IEC 14496-12 (boxes), 23008-12 (`pitm`, `ipma`, `ispe`, `irot`).

use std::io::{self, Read, Seek};

use super::header::{Header, STEPS};
use super::window::Window;

/// Bytes of the `meta` box that are read. Phones write about 4 KiB; grids of many tiles some more.
const META: usize = 64 * 1024;

/// Width and height as stored, and 1, 3, 6 or 8 as orientation for the box's own rotation.
pub(super) fn read<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Option<Header>> {
    let mut at = 0;
    for _ in 0..STEPS.min(16) {
        let Some([a, b, c, d, name @ ..]) = window.bytes::<8>(at)? else {
            break;
        };
        let size = u64::from(u32::from_be_bytes([a, b, c, d]));
        if &name == b"meta" {
            let mut meta = vec![0; usize::try_from(size).unwrap_or(META).clamp(8, META) - 8];
            return Ok(window.read(at + 8, &mut meta)?.and_then(|()| primary(&meta)));
        }
        if size < 8 {
            break;
        }
        at += size;
    }
    Ok(None)
}

/// The boxes within `data`: name and contents.
fn boxes(mut data: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let head = data.first_chunk::<8>()?;
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let (this, rest) = data.split_at_checked(size.max(8))?;
        data = rest;
        Some(([head[4], head[5], head[6], head[7]], &this[8..]))
    })
}

fn child(data: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    boxes(data).find(|&(found, _)| found == name).map(|(_, contents)| contents)
}

fn primary(meta: &[u8]) -> Option<Header> {
    let meta = meta.get(4..)?;
    let pitm = child(meta, *b"pitm")?;
    let item = if *pitm.first()? == 0 { number(pitm, 4, 2)? } else { number(pitm, 4, 4)? };
    let properties = child(meta, *b"iprp")?;
    let all: Vec<_> = boxes(child(properties, *b"ipco")?).collect();
    let mut header = None;
    let mut turns = 0;
    for index in associated(child(properties, *b"ipma")?, item)? {
        match all.get(index.wrapping_sub(1)).map(|(name, contents)| (name, *contents)) {
            Some((b"ispe", contents)) => {
                header = Some((number(contents, 4, 4)?, number(contents, 8, 4)?));
            }
            Some((b"irot", contents)) => turns = contents.first()? & 3,
            _ => {}
        }
    }
    let (width, height) = header.filter(|&(width, height)| width > 0 && height > 0)?;
    // The box counts quarter turns to the left.
    let orientation = [1, 8, 3, 6][usize::from(turns)];
    Some(Header { width, height, orientation })
}

/// The indices (from 1) of an item's properties.
fn associated(ipma: &[u8], item: u32) -> Option<Vec<usize>> {
    let (version, wide) = (*ipma.first()?, ipma.get(3)? & 1 != 0);
    let id_size = if version == 0 { 2 } else { 4 };
    let mut at = 8;
    for _ in 0..number(ipma, 4, 4)?.min(10_000) {
        let id = number(ipma, at, id_size)?;
        let count = usize::from(*ipma.get(at + id_size)?);
        at += id_size + 1;
        let size = if wide { 2 } else { 1 };
        let entries = ipma.get(at..at + count * size)?;
        if id == item {
            let index = |entry: &[u8]| match *entry {
                [high, low] => usize::from(u16::from_be_bytes([high & 0x7F, low])),
                [one] => usize::from(one & 0x7F),
                _ => 0,
            };
            return Some(entries.chunks_exact(size).map(index).collect());
        }
        at += count * size;
    }
    None
}

/// A big-endian number of `size` (at most 4) bytes.
fn number(data: &[u8], at: usize, size: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
}
