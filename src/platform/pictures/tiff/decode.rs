//! The pixels of a TIFF's first picture.
//!
//! Why our own: the usual decoder shows neither palettes, nor faxes other than Group 4, nor planes, nor pixels that
//! begin at a byte's lowest bit, which scanners, microscopes and old cameras write; what is hard about TIFF is not to
//! decode but to put together. Everything that TIFF 6.0 calls baseline is read, and of its extensions LZW, deflate,
//! JPEG, Group 3 and 4, inks, `YCbCr`, tiles, planes, predictors, signed numbers and fractions; BigTIFF too. What
//! always holds: rows are decoded one by one into samples of 8 bits, and nothing is decoded before the size was found
//! to be within the limits.

use std::io::{BufRead, Seek, SeekFrom};

use super::chunks::Rows;
use super::layout::{Layout, Meaning, Packing, broken};
use super::samples::{Range, add_up, light, needs_range, stored, value};
use crate::platform::pictures::jpeg::{self, Colour, Scaled};
use crate::platform::pictures::thumbnail::{MAX_MEMORY, ThumbnailError, over_white};
use crate::platform::pictures::window::Window;

/// Decodes the first picture at its full size, as stored, with white behind what is transparent.
///
/// # Errors
/// `Broken` for kinds that aren't known and for data that end early or break their format; `TooLarge` beyond the
/// memory that a decoder may take.
pub(in crate::platform::pictures) fn decode<R: BufRead + Seek>(mut source: R) -> Result<Scaled, ThumbnailError> {
    source.seek(SeekFrom::Start(0))?;
    let layout = Layout::read(&mut Window::new(&mut source)?)?;
    let channels = channels(&layout);
    let size = layout.width.checked_mul(layout.height).and_then(|pixels| pixels.checked_mul(channels));
    let size = size.filter(|size| *size as u64 <= MAX_MEMORY);
    let (width, height) = (side(layout.width)?, side(layout.height)?);
    let size = size.ok_or(ThumbnailError::TooLarge { width, height })?;
    let range = if needs_range(&layout) { range(&mut source, &layout)? } else { Range::EMPTY };
    let mut samples = vec![0; size];
    each_row(&mut source, &layout, &mut |place, row| write_row(&mut samples, &layout, range, &place, row))?;
    let (colour, samples) = finished(samples, &layout);
    Ok(Scaled { width, height, colour, samples })
}

fn side(pixels: usize) -> Result<u32, ThumbnailError> {
    u32::try_from(pixels).map_err(|_| broken("size"))
}

/// Samples of a pixel that are kept: its colours, and its opacity behind them.
fn channels(layout: &Layout) -> usize {
    match layout.meaning {
        Meaning::Palette => 3,
        _ => layout.colours() + usize::from(layout.opacity.is_some()),
    }
}

/// Where a row of a chunk belongs.
struct Place {
    x: usize,
    y: usize,
    /// Pixels of it that lie within the picture.
    width: usize,
    /// Which sample of the pixels it holds, in a picture of planes.
    plane: Option<usize>,
}

/// Gives each row of each chunk, without its predictor.
fn each_row<R: BufRead + Seek>(
    source: &mut R,
    layout: &Layout,
    give: &mut impl FnMut(Place, &[u8]),
) -> Result<(), ThumbnailError> {
    let (across, down) = layout.chunks();
    let copies = if layout.planar { layout.samples } else { 1 };
    for index in 0..across * down * copies {
        let plane = layout.planar.then_some(index / (across * down));
        let (x, y) = (index % across * layout.chunk.0, index / across % down * layout.chunk.1);
        let row_at = |y| Place { x, y, width: layout.chunk.0.min(layout.width - x), plane };
        let rows = layout.chunk.1.min(layout.height - y);
        let mut source = Rows::open(source, layout, index)?;
        if let Some(sides) = layout.subsampling() {
            units(&mut source, layout.chunk.0, rows, sides, |at, row| give(row_at(y + at), row))?;
        } else {
            let samples = if layout.planar { 1 } else { layout.samples };
            let bits = layout.chunk.0.checked_mul(samples).and_then(|samples| samples.checked_mul(layout.bits));
            let bytes = bits.map(|bits| bits.div_ceil(8)).filter(|bytes| *bytes as u64 <= MAX_MEMORY);
            let mut row = vec![0; bytes.ok_or_else(|| broken("rows that long"))?];
            for at in 0..rows {
                source.next(&mut row)?;
                if layout.packing != Packing::Jpeg {
                    add_up(&mut row, layout, samples);
                }
                give(row_at(y + at), &row);
            }
        }
    }
    Ok(())
}

/// Rows of a picture with fewer samples of colour than of light: units of some lights, one blue and one red.
fn units(
    source: &mut Rows<'_>,
    width: usize,
    rows: usize,
    (across, down): (usize, usize),
    mut give: impl FnMut(usize, &[u8]),
) -> Result<(), ThumbnailError> {
    let size = across * down + 2;
    let mut unit_row = vec![0; width.div_ceil(across) * size];
    let mut row = vec![0; width.div_ceil(across) * across * 3];
    for top in (0..rows).step_by(down) {
        source.next(&mut unit_row)?;
        for line in 0..down.min(rows - top) {
            for (unit, pixels) in unit_row.chunks_exact(size).zip(row.chunks_exact_mut(across * 3)) {
                for (at, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                    pixel.copy_from_slice(&[unit[line * across + at], unit[size - 2], unit[size - 1]]);
                }
            }
            give(top + line, &row);
        }
    }
    Ok(())
}

/// The values that the colours of the whole picture have.
fn range<R: BufRead + Seek>(source: &mut R, layout: &Layout) -> Result<Range, ThumbnailError> {
    let mut range = Range::EMPTY;
    each_row(source, layout, &mut |place, row| {
        let samples = if layout.planar { 1 } else { layout.samples };
        let colours = if layout.planar { usize::from(place.plane < Some(layout.colours())) } else { layout.colours() };
        for pixel in 0..place.width {
            for sample in 0..colours {
                range.add(value(stored(row, pixel * samples + sample, layout), layout));
            }
        }
    })?;
    Ok(range.settled(layout.format))
}

fn write_row(all: &mut [u8], layout: &Layout, range: Range, place: &Place, row: &[u8]) {
    let kept = channels(layout);
    let start = (place.y * layout.width + place.x) * kept;
    let Some(out) = all.get_mut(start..start + place.width * kept) else {
        return;
    };
    let colours = layout.colours();
    let opacity = layout.opacity.map(|opacity| opacity.sample);
    if layout.meaning == Meaning::Palette {
        let samples = if layout.planar { 1 } else { layout.samples };
        if place.plane.unwrap_or(0) == 0 {
            for (at, pixel) in out.chunks_exact_mut(3).enumerate() {
                let index = usize::try_from(stored(row, at * samples, layout)).unwrap_or(usize::MAX);
                pixel.copy_from_slice(layout.palette.get(index).unwrap_or(&[0; 3]));
            }
        }
        return;
    }
    if let Some(plane) = place.plane {
        let channel = if plane < colours { Some(plane) } else { (opacity == Some(plane)).then_some(colours) };
        if let Some(channel) = channel {
            for (at, pixel) in out.chunks_exact_mut(kept).enumerate() {
                pixel[channel] = light(row, at, layout, range);
            }
        }
        return;
    }
    // Nearly all pictures: nothing to put together.
    if layout.bits == 8 && kept == layout.samples && !needs_range(layout) {
        out.copy_from_slice(&row[..out.len()]);
        return;
    }
    for (at, pixel) in out.chunks_exact_mut(kept).enumerate() {
        for (channel, sample) in pixel.iter_mut().enumerate() {
            let stored_at = if channel < colours { channel } else { opacity.unwrap_or(channel) };
            *sample = light(row, at * layout.samples + stored_at, layout, range);
        }
    }
}

/// The samples as pictures have them: grey, red, green and blue, or inks.
fn finished(mut samples: Vec<u8>, layout: &Layout) -> (Colour, Vec<u8>) {
    if layout.meaning == (Meaning::Grey { white_is_zero: true }) {
        // The opacity behind the grey stays as it is.
        let step = channels(layout);
        samples.iter_mut().step_by(step).for_each(|sample| *sample = 255 - *sample);
    }
    let multiplied = layout.opacity.is_some_and(|opacity| opacity.multiplied);
    match (layout.meaning, layout.opacity) {
        (Meaning::Grey { .. }, None) => (Colour::Grey, samples),
        (Meaning::Grey { .. }, Some(_)) => (Colour::Grey, over_white::<2>(samples, multiplied)),
        (Meaning::Rgb, Some(_)) => (Colour::Rgb, over_white::<4>(samples, multiplied)),
        (Meaning::Rgb | Meaning::Palette, _) => (Colour::Rgb, samples),
        (Meaning::Inks, _) => (Colour::Inks, samples),
        (Meaning::YCbCr { .. }, _) => {
            // A JPEG in it was turned into colours when it was decoded.
            if layout.packing != Packing::Jpeg {
                samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = jpeg::to_rgb(*pixel));
            }
            (Colour::Rgb, samples)
        }
    }
}
