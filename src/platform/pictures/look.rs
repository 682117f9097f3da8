//! A fingerprint of how a picture looks: near-identical pictures differ in few of its 63 bits.
//!
//! The picture as displayed is averaged to 32×32 grey values and taken apart into waves (a discrete cosine transform).
//! Of the waves with at most seven half-turns across and down, each bit says whether one is stronger than the median.
//! Size, compression and light hardly change that order. What always holds: whole numbers alone, so the same pixels
//! give the same fingerprint on every machine.
//!
//! A picture too plain to tell apart has none: blank paper, one even ramp or one straight edge have next to no waves,
//! and noise would decide about the bits. The rule: half of the 63 waves must reach [`FAINTEST`].

use super::jpeg::{Colour, Scaled};

/// Grey values on each side.
const SIDE: usize = 32;

/// Waves on each side that count.
const WAVES: usize = 8;

/// The strength, in grey levels of an orthonormal transform, that half of the waves must reach. Noise and compression
/// leave less than half of one in these averages; photographs have ten and more.
const FAINTEST: i64 = 2;

/// cos(k·π/64) for k = 0…32, in units of 2^-14.
const COSINES: [i64; 33] = [
    16_384, 16_364, 16_305, 16_207, 16_069, 15_893, 15_679, 15_426, 15_137, 14_811, 14_449, 14_053, 13_623, 13_160,
    12_665, 12_140, 11_585, 11_003, 10_394, 9760, 9102, 8423, 7723, 7005, 6270, 5520, 4756, 3981, 3196, 2404, 1606,
    804, 0,
];

/// The fingerprint of a picture that stands upright; `None` for one too plain.
pub(super) fn look(picture: &Scaled) -> Option<u64> {
    // The first is the mean: how light the picture is says nothing.
    let waves = waves(&greys(picture))[1..].to_vec();
    let median = |mut values: Vec<i64>| *values.select_nth_unstable(waves.len() / 2).1;
    if median(waves.iter().map(|wave| wave.abs()).collect()) < FAINTEST * UNIT {
        return None;
    }
    let median = median(waves.clone());
    Some(waves.iter().fold(0, |bits, wave| bits << 1 | u64::from(*wave > median)))
}

/// One grey level of an orthonormal transform, in the units of [`waves`]: greys are in 2^-4, cosines in 2^-14 each way
/// with 14 bits taken off between, and an orthonormal transform of 32×32 divides by 16.
const UNIT: i64 = 16 << (4 + 14);

/// Averages over cells of equal size, in sixteenths of a grey level. A cell's edge may cut through pixels: they count
/// by the part that lies within.
fn greys(picture: &Scaled) -> [[i64; SIDE]; SIDE] {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let channels = picture.colour.channels();
    let mut greys = [[0; SIDE]; SIDE];
    let mut row_sums = vec![[0_i64; SIDE]; height];
    let across = cells(width);
    for (sums, row) in row_sums.iter_mut().zip(picture.samples.chunks_exact(width * channels)) {
        for &(cell, pixel, part) in &across {
            sums[cell] += grey(&row[pixel * channels..], picture.colour) * part;
        }
    }
    for (cell, row, part) in cells(height) {
        for (grey, sum) in greys[cell].iter_mut().zip(row_sums[row]) {
            *grey += sum * part;
        }
    }
    // All parts of a cell add up to width × height.
    let area = i64::from(picture.width) * i64::from(picture.height);
    greys.map(|row| row.map(|sum| sum * 16 / area))
}

/// Which pixels of a line make up which cell, and with what part, in units of 1/32 pixel: `(cell, pixel, part)`.
fn cells(pixels: usize) -> Vec<(usize, usize, i64)> {
    let mut cells = Vec::with_capacity(pixels + SIDE);
    // Cells are `pixels` units wide, pixels are SIDE units wide.
    let (mut at, end) = (0, pixels * SIDE);
    while at < end {
        let next = ((at / pixels + 1) * pixels).min((at / SIDE + 1) * SIDE);
        cells.push((at / pixels, at / SIDE, i64::try_from(next - at).unwrap_or(0)));
        at = next;
    }
    cells
}

fn grey(pixel: &[u8], colour: Colour) -> i64 {
    match (colour, pixel) {
        (Colour::Rgb, [red, green, blue, ..]) => {
            (77 * i64::from(*red) + 150 * i64::from(*green) + 29 * i64::from(*blue)) / 256
        }
        // The first of YCbCr is the light alone.
        _ => pixel.first().map_or(0, |light| i64::from(*light)),
    }
}

/// The strengths of the waves, by rows; the first is the mean.
fn waves(greys: &[[i64; SIDE]; SIDE]) -> [i64; WAVES * WAVES] {
    let mut across = [[0; WAVES]; SIDE];
    for (waves, row) in across.iter_mut().zip(greys) {
        for (turns, wave) in waves.iter_mut().enumerate() {
            *wave = row.iter().enumerate().map(|(x, grey)| grey * cosine((2 * x + 1) * turns)).sum::<i64>() >> 14;
        }
    }
    let mut waves = [0; WAVES * WAVES];
    for (at, wave) in waves.iter_mut().enumerate() {
        let (turns, column) = (at / WAVES, at % WAVES);
        *wave = across.iter().enumerate().map(|(y, row)| row[column] * cosine((2 * y + 1) * turns)).sum();
    }
    waves
}

/// cos(k·π/64) for any k, in units of 2^-14.
fn cosine(k: usize) -> i64 {
    let k = k % 128;
    let k = if k > 64 { 128 - k } else { k };
    if k > 32 { -COSINES[64 - k] } else { COSINES[k] }
}

#[cfg(test)]
mod tests;
