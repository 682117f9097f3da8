//! Finds what a file says about its colours.
//!
//! What always holds: profiles larger than [`MAX_PROFILE`] are passed over unread, and so is a profile of which a part
//! is missing.

use std::io::{self, Read, Seek};

use flate2::read::ZlibDecoder;

use super::Told;
use crate::platform::pictures::header::STEPS;
use crate::platform::pictures::tiff::Directory;
use crate::platform::pictures::walk;
use crate::platform::pictures::window::Window;

/// Bytes of a profile. Those of printers have up to some 3 MiB.
const MAX_PROFILE: usize = 4 << 20;

/// What stands in front of each part of a profile in a JPEG; its number and the count of all follow. Source: ICC.1,
/// B.4.
const INTRODUCTION: &[u8; 12] = b"ICC_PROFILE\0";

/// What the file says about its colours, whose type was sniffed.
///
/// # Errors
/// Only where the source can't be read. What is damaged says nothing.
pub(in crate::platform::pictures) fn told<R: Read + Seek>(
    window: &mut Window<R>,
    content_type: &str,
) -> io::Result<Told> {
    let profile = match content_type {
        "image/jpeg" => jpeg(window)?,
        "image/png" => return png(window),
        "image/webp" => webp(window)?,
        "image/bmp" => bmp(window)?,
        "image/tiff" => match Directory::first(window, 0)? {
            Some(directory) => directory.profile(window, MAX_PROFILE)?,
            None => None,
        },
        _ => None,
    };
    Ok(profile.filter(|profile| !profile.is_empty()).map_or(Told::Srgb, Told::Profile))
}

/// A profile is cut into parts of a segment each, which may stand in any order.
fn jpeg<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Option<Vec<u8>>> {
    let mut parts: Vec<(u8, u64, u64)> = Vec::new();
    let (mut at, mut announced) = (2, 0);
    for _ in 0..STEPS {
        let Some(segment) = walk::segment(window, at)?.filter(|segment| segment.name != 0xDA) else {
            break;
        };
        at = segment.end();
        if segment.name != 0xE2 || segment.length < 14 {
            continue;
        }
        if let Some([head @ .., number, count]) = window.bytes::<14>(segment.at)?
            && &head == INTRODUCTION
            // The second picture of a file with several would bring a profile of its own.
            && !parts.iter().any(|(other, ..)| *other == number)
        {
            parts.push((number, segment.at + 14, segment.length - 14));
            announced = announced.max(usize::from(count));
        }
    }
    parts.sort_unstable();
    let is_whole = parts.len() == announced && parts.iter().zip(1..).all(|(part, number)| part.0 == number);
    let size = parts.iter().map(|part| part.2).sum::<u64>();
    if !is_whole || size > MAX_PROFILE as u64 {
        return Ok(None);
    }
    let mut profile = Vec::new();
    for (_, at, length) in parts {
        match bytes(window, at, length)? {
            Some(part) => profile.extend(part),
            None => return Ok(None),
        }
    }
    Ok(Some(profile))
}

fn png<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Told> {
    let (mut at, mut gamma, mut primaries) = (8, None, None);
    let (mut is_srgb, mut profile) = (false, None);
    for _ in 0..STEPS {
        let Some(chunk) = walk::png_chunk(window, at)?.filter(|chunk| !matches!(&chunk.name, b"IDAT" | b"IEND")) else {
            break;
        };
        match &chunk.name {
            b"cICP" => match window.bytes(chunk.at)? {
                // The last two: no matrix, full range; nothing else is right in a PNG.
                Some([primaries, curve, 0, 1]) if !matches!(curve, 16 | 18) => {
                    return Ok(Told::CodePoints { primaries, curve });
                }
                _ => {}
            },
            b"iCCP" if profile.is_none() => profile = inflated(bytes(window, chunk.at, chunk.length)?),
            b"sRGB" => is_srgb = true,
            b"gAMA" => gamma = window.bytes(chunk.at)?.map(u32::from_be_bytes),
            b"cHRM" => {
                let numbers = window.bytes::<32>(chunk.at)?;
                primaries = numbers.map(|bytes| {
                    let mut places = [0; 8];
                    for (place, number) in places.iter_mut().zip(bytes.as_chunks().0) {
                        *place = u32::from_be_bytes(*number);
                    }
                    places
                });
            }
            _ => {}
        }
        at = chunk.end() + 4;
    }
    Ok(match (profile, gamma) {
        (Some(profile), _) => Told::Profile(profile),
        (None, Some(gamma)) if !is_srgb => Told::Measured { gamma, primaries },
        _ => Told::Srgb,
    })
}

/// The profile within an `iCCP` chunk: a name, a zero, the method (always 0), and a zlib stream.
fn inflated(chunk: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let chunk = chunk?;
    let name = memchr::memchr(0, &chunk)?;
    let packed = chunk.get(name + 2..)?;
    let mut profile = Vec::new();
    ZlibDecoder::new(packed).take(MAX_PROFILE as u64 + 1).read_to_end(&mut profile).ok()?;
    (profile.len() <= MAX_PROFILE && !profile.is_empty()).then_some(profile)
}

fn webp<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Option<Vec<u8>>> {
    // Only the extended form has chunks beside the picture.
    if window.bytes(12)? != Some(*b"VP8X") {
        return Ok(None);
    }
    let mut at = 12;
    for _ in 0..STEPS {
        let Some(chunk) = walk::riff_chunk(window, at)? else {
            break;
        };
        if &chunk.name == b"ICCP" {
            return bytes(window, chunk.at, chunk.length);
        }
        at = chunk.end().next_multiple_of(2);
    }
    Ok(None)
}

/// Only the longest header (124 bytes) can say where a profile stands, from its own beginning on.
fn bmp<R: Read + Seek>(window: &mut Window<R>) -> io::Result<Option<Vec<u8>>> {
    let number = |bytes: Option<[u8; 4]>| bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(bytes)));
    if number(window.bytes(14)?) != 124 || window.bytes(70)? != Some(*b"DEBM") {
        return Ok(None);
    }
    let (at, length) = (number(window.bytes(126)?), number(window.bytes(130)?));
    bytes(window, 14 + at, length)
}

/// So many bytes, unless they are more than a profile has.
fn bytes<R: Read + Seek>(window: &mut Window<R>, at: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(length) = usize::try_from(length).ok().filter(|length| *length <= MAX_PROFILE) else {
        return Ok(None);
    };
    let mut bytes = vec![0; length];
    Ok(window.read(at, &mut bytes)?.map(|()| bytes))
}
