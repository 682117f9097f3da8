//! From a row's bytes to samples of 8 bits.
//!
//! Whole numbers of up to 16 bits fill their range by definition. Larger ones, signed ones and fractions say nothing
//! about theirs: they are stretched from the least to the greatest that the picture holds, unless all fit in 0…1
//! (fractions) or 0…255.

use super::layout::{Format, Layout};

/// Takes the predictor out of a row of `samples` samples a pixel: each was written as the difference to the pixel
/// before. Source: TIFF 6.0, section 14; TIFF Technical Note 3.
pub(super) fn add_up(row: &mut [u8], layout: &Layout, samples: usize) {
    let size = layout.bits / 8;
    match layout.predictor {
        2 if size > 0 => {
            let step = samples * size;
            for at in (step..row.len().saturating_sub(size - 1)).step_by(size) {
                let sum =
                    read(&row[at - step..], size, layout.little).wrapping_add(read(&row[at..], size, layout.little));
                write(&mut row[at..at + size], sum, layout.little);
            }
        }
        3 if size > 0 => {
            for at in samples..row.len() {
                row[at] = row[at].wrapping_add(row[at - samples]);
            }
            // All first bytes of the samples stand together, then all second ones, …, whatever the file's order.
            let planes = row.to_vec();
            let count = row.len() / size;
            for (at, sample) in row.chunks_exact_mut(size).enumerate() {
                for (byte, out) in sample.iter_mut().enumerate() {
                    let plane = if layout.little { size - 1 - byte } else { byte };
                    *out = planes[plane * count + at];
                }
            }
        }
        _ => {}
    }
}

fn read(bytes: &[u8], size: usize, little: bool) -> u64 {
    super::number(&bytes[..size], little)
}

fn write(bytes: &mut [u8], value: u64, little: bool) {
    let all = if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let from = if little { 0 } else { 8 - bytes.len() };
    bytes.copy_from_slice(&all[from..from + bytes.len()]);
}

/// The sample at place `index` of a row, as it is stored.
pub(super) fn stored(row: &[u8], index: usize, layout: &Layout) -> u64 {
    let bits = layout.bits;
    if bits == 8 {
        return row.get(index).copied().unwrap_or(0).into();
    }
    if bits.is_multiple_of(8) {
        let size = bits / 8;
        return row.get(index * size..(index + 1) * size).map_or(0, |bytes| read(bytes, size, layout.little));
    }
    let (mut value, mut at, end) = (0, index * bits, (index + 1) * bits);
    while at < end {
        let count = (8 - at % 8).min(end - at);
        let byte = u64::from(row.get(at / 8).copied().unwrap_or(0));
        value = value << count | (byte >> (8 - at % 8 - count) & ((1 << count) - 1));
        at += count;
    }
    value
}

/// Do the values have to be looked through before it is known what is dark and what is light?
pub(super) fn needs_range(layout: &Layout) -> bool {
    layout.format != Format::Unsigned || layout.bits > 16
}

/// A stored value as a number.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "thumbnails need 8 bits of it")]
pub(super) fn value(stored: u64, layout: &Layout) -> f64 {
    match (layout.format, layout.bits) {
        (Format::Float, 16) => half(stored),
        (Format::Float, 32) => f64::from(f32::from_bits(stored as u32)),
        (Format::Float, _) => f64::from_bits(stored),
        (Format::Signed, bits) => ((stored << (64 - bits)).cast_signed() >> (64 - bits)) as f64,
        _ => stored as f64,
    }
}

/// A fraction of 16 bits (IEEE 754).
fn half(stored: u64) -> f64 {
    let fraction = f64::from(u16::try_from(stored & 0x3FF).unwrap_or(0)) / 1024.0;
    let exponent = i32::try_from(stored >> 10 & 0x1F).unwrap_or(0);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-14),
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2_f64.powi(exponent - 15),
    };
    if stored >> 15 & 1 == 1 { -size } else { size }
}

/// The values that become 0 and 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// A range that holds nothing yet.
    pub(super) const EMPTY: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    pub(super) fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.low = self.low.min(value);
            self.high = self.high.max(value);
        }
    }

    /// What of all values seen is dark and what is light.
    pub(super) fn settled(self, format: Format) -> Self {
        let fits = |high| self.low >= 0.0 && self.high <= high;
        if format == Format::Float && fits(1.0) {
            Self { low: 0.0, high: 1.0 }
        } else if fits(255.0) {
            Self { low: 0.0, high: 255.0 }
        } else {
            self
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, as wanted")]
    fn light(self, value: f64) -> u8 {
        let span = self.high - self.low;
        if span > 0.0 { ((value - self.low) / span * 255.0 + 0.5) as u8 } else { 0 }
    }
}

/// The sample at place `index` of a row in 8 bits.
pub(super) fn light(row: &[u8], index: usize, layout: &Layout, range: Range) -> u8 {
    if needs_range(layout) {
        return range.light(value(stored(row, index, layout), layout));
    }
    let stored = stored(row, index, layout);
    let light = match layout.bits {
        8 => stored,
        bits @ 1..8 => stored * 255 / ((1 << bits) - 1),
        bits => stored >> (bits - 8),
    };
    u8::try_from(light).unwrap_or(255)
}
