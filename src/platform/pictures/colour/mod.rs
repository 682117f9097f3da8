//! Colours: what a file says that its numbers mean, and their change to sRGB, in which thumbnails, crops and engines
//! work.
//!
//! A photo of an iPhone is in Display P3, cameras write Adobe RGB, printers' files have inks: without their profile,
//! colours are dull or tinted. What always holds: files that say nothing, or that they are sRGB, cost a few
//! comparisons; a profile that is broken, hostile, too large or of another kind of picture is passed over, and the
//! picture is shown without it; what is changed are the pixels of the thumbnail, not those of the file.
//!
//! As a browser does, a profile in the file goes before what its name or its EXIF say. Of PNG's chunks, in the order
//! of its third edition: `cICP`, `iCCP`, `sRGB`, `gAMA` with `cHRM`. Curves for brighter screens (PQ, HLG) are passed
//! over: without a rule how to darken them, a wrong colour would only become another one.

mod change;
#[cfg(test)]
mod tests;
mod told;

pub(super) use told::told;

use super::jpeg::{Colour, Scaled, inks_to_rgb, to_rgb};
use change::{Change, change};

/// What a file says about its colours.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// Nothing, or that they are sRGB.
    Srgb,
    /// The bytes of an ICC profile.
    Profile(Vec<u8>),
    /// Code points of ITU-T H.273: which primaries, which curve.
    CodePoints { primaries: u8, curve: u8 },
    /// PNG's own: the curve's exponent and the places of white, red, green and blue (x and y each), all in units of
    /// 1/100,000.
    Measured { gamma: u32, primaries: Option<[u32; 8]> },
}

/// Pixels that are changed at a time.
const PIECE: usize = 4096;

/// The picture in sRGB; one that is told to be sRGB is left as it is. Inks become colours whatever is told.
pub(super) fn in_srgb(mut picture: Scaled, told: &Told) -> Scaled {
    let change = if *told == Told::Srgb { None } else { change(told, picture.colour.channels()) };
    match (picture.colour, change.as_deref()) {
        (Colour::Grey, Some(Change::Lights(table))) => {
            picture.samples.iter_mut().for_each(|light| *light = table[usize::from(*light)]);
        }
        (Colour::YCbCr, Some(change)) => {
            picture.samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = to_rgb(*pixel));
            apply::<3>(&mut picture.samples, Some(change));
            picture.colour = Colour::Rgb;
        }
        (Colour::Rgb, Some(change)) => apply::<3>(&mut picture.samples, Some(change)),
        (Colour::Inks, change) => {
            apply::<4>(&mut picture.samples, change);
            picture.colour = Colour::Rgb;
        }
        _ => {}
    }
    picture
}

/// Changes pixels of `N` samples to red, green and blue. In place, since a second copy of a large picture would double
/// the memory.
fn apply<const N: usize>(samples: &mut Vec<u8>, change: Option<&Change>) {
    let mut piece = [[0; N]; PIECE];
    let (mut from, mut to) = (0, 0);
    while let Some(pixels) = samples.get(from..).map(|rest| rest.as_chunks::<N>().0).filter(|pixels| !pixels.is_empty())
    {
        let count = pixels.len().min(PIECE);
        piece[..count].copy_from_slice(&pixels[..count]);
        let source = &piece[..count];
        let Some(target) = samples.get_mut(to..to + count * 3) else {
            break;
        };
        if !change.is_some_and(|change| change.pixels(source.as_flattened(), target)) {
            for (pixel, out) in source.iter().zip(target.as_chunks_mut::<3>().0) {
                *out = plain(pixel);
            }
        }
        from += count * N;
        to += count * 3;
    }
    samples.truncate(to);
}

/// A pixel without a profile.
fn plain(pixel: &[u8]) -> [u8; 3] {
    match *pixel {
        [red, green, blue] => [red, green, blue],
        [c, m, y, k] => inks_to_rgb([c, m, y, k]),
        _ => [0; 3],
    }
}
