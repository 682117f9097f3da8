//! Makes pictures smaller: a whole-number area average first, then Lanczos for the rest.
//!
//! Why our own: a general resizer is generic over pixels and processors, and instantiating one took the larger part of
//! a release build's time, for a millisecond of each thumbnail. What always holds: pictures never grow, and memory
//! beside the two pictures is one row.

use super::jpeg::{Colour, Scaled};

/// Lobes of the Lanczos window on each side.
const LOBES: f32 = 3.0;

/// The picture at `width`×`height`, both at least 1 and at most its own.
pub(super) fn resized(picture: Scaled, width: u32, height: u32) -> Scaled {
    if (width, height) == (picture.width, picture.height) {
        return picture;
    }
    let target = (width as usize, height as usize);
    let samples = match picture.colour {
        Colour::Grey => shrink::<1>(&picture, target),
        Colour::YCbCr | Colour::Rgb => shrink::<3>(&picture, target),
        Colour::Inks => shrink::<4>(&picture, target),
    };
    Scaled { width, height, colour: picture.colour, samples }
}

fn shrink<const N: usize>(picture: &Scaled, (width, height): (usize, usize)) -> Vec<u8> {
    let size = (picture.width as usize, picture.height as usize);
    // Two samples for each that is wanted leave Lanczos enough to choose from.
    let factor = (size.0 / (2 * width)).min(size.1 / (2 * height));
    if factor > 1 {
        let averaged = averages::<N>(&picture.samples, size.0, factor);
        lanczos::<N>(&averaged, (size.0.div_ceil(factor), size.1.div_ceil(factor)), (width, height), size, factor)
    } else {
        lanczos::<N>(&picture.samples, size, (width, height), size, 1)
    }
}

/// The means of cells of `factor`×`factor` pixels; those at the right and lower edge may be smaller.
fn averages<const N: usize>(samples: &[u8], width: usize, factor: usize) -> Vec<u8> {
    let columns = width.div_ceil(factor);
    let mut averages = Vec::with_capacity(samples.len() / (factor * factor) + columns * N);
    let mut sums = vec![[0u32; N]; columns];
    for rows in samples.chunks(width * N * factor) {
        sums.fill([0; N]);
        for row in rows.chunks_exact(width * N) {
            for (sum, cell) in sums.iter_mut().zip(row.chunks(factor * N)) {
                for pixel in cell.as_chunks::<N>().0 {
                    for (sum, &sample) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(sample);
                    }
                }
            }
        }
        let down = rows.len() / (width * N);
        for (column, sum) in sums.iter().enumerate() {
            let count = u32::try_from(down * factor.min(width - column * factor)).unwrap_or(1).max(1);
            averages.extend(sum.map(|sum| u8::try_from((sum + count / 2) / count).unwrap_or(255)));
        }
    }
    averages
}

/// Resamples from `size` to `target`. `original` and `factor` say how large the picture was before it was averaged,
/// since its last column and row may stand for less than a cell.
fn lanczos<const N: usize>(
    samples: &[u8],
    size: (usize, usize),
    target: (usize, usize),
    original: (usize, usize),
    factor: usize,
) -> Vec<u8> {
    let across = weights(size.0, target.0, original.0, factor);
    let down = weights(size.1, target.1, original.1, factor);
    let mut resampled = Vec::with_capacity(target.0 * target.1 * N);
    let mut sums = vec![0.0f32; size.0 * N];
    for taps in &down {
        sums.fill(0.0);
        for (weight, row) in taps.weights.iter().zip(samples.chunks_exact(size.0 * N).skip(taps.start)) {
            for (sum, &sample) in sums.iter_mut().zip(row) {
                *sum += weight * f32::from(sample);
            }
        }
        let pixels = sums.as_chunks::<N>().0;
        for taps in &across {
            let mut pixel = [0.5f32; N];
            for (weight, source) in taps.weights.iter().zip(pixels.iter().skip(taps.start)) {
                for (sum, sample) in pixel.iter_mut().zip(source) {
                    *sum += weight * sample;
                }
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, as wanted")]
            resampled.extend(pixel.map(|sum| sum as u8));
        }
    }
    resampled
}

/// What one sample is made of: weights, which sum up to 1, of the source's samples from `start` on.
struct Taps {
    start: usize,
    weights: Vec<f32>,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides < 2^24"
)]
fn weights(from: usize, to: usize, original: usize, factor: usize) -> Vec<Taps> {
    let step = original as f32 / factor as f32 / to as f32;
    let stretch = step.max(1.0);
    let taps = |n: usize| {
        let centre = (n as f32 + 0.5) * step;
        let start = (centre - LOBES * stretch).max(0.0) as usize;
        let end = ((centre + LOBES * stretch).ceil() as usize).min(from).max(start + 1);
        let mut weights: Vec<f32> = (start..end).map(|x| window((x as f32 + 0.5 - centre) / stretch)).collect();
        let sum: f32 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= sum;
        }
        Taps { start: start.min(from - 1), weights }
    };
    (0..to).map(taps).collect()
}

fn window(x: f32) -> f32 {
    let sinc =
        |x: f32| if x.abs() < 1e-4 { 1.0 } else { (x * std::f32::consts::PI).sin() / (x * std::f32::consts::PI) };
    if x.abs() < LOBES { sinc(x) * sinc(x / LOBES) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32, light: impl Fn(u32, u32) -> u8) -> Scaled {
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| light(x, y)).collect();
        Scaled { width, height, colour: Colour::Grey, samples }
    }

    #[test]
    fn even_areas_stay_even_at_every_size() {
        for (width, height, to_width, to_height) in
            [(999, 13, 480, 6), (5000, 1, 480, 1), (3001, 2003, 480, 320), (2, 2, 1, 1)]
        {
            let small = resized(grey(width, height, |_, _| 77), to_width, to_height);
            assert_eq!(small.samples.len(), (to_width * to_height) as usize);
            assert!(small.samples.iter().all(|&light| light == 77), "{width}×{height}");
        }
    }

    #[test]
    fn ramps_stay_in_place() {
        // Not a multiple of the cells, so a shift would show.
        let ramp = |x: u32| u8::try_from(x * 255 / 2999).unwrap_or(255);
        let small = resized(grey(3000, 100, |x, _| ramp(x)), 480, 16);
        for x in 4..476u32 {
            let wanted = ramp((2 * x + 1) * 3000 / 960);
            assert!(small.samples[x as usize].abs_diff(wanted) <= 1, "at {x}");
        }
    }

    #[test]
    fn fine_patterns_turn_grey_and_do_not_alias() {
        let small = resized(grey(2000, 2000, |x, y| if (x ^ y) & 1 == 0 { 255 } else { 0 }), 480, 480);
        assert!(small.samples.iter().all(|light| light.abs_diff(127) < 6));
    }
}
