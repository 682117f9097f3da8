//! From coefficients to samples, and from planes to pixels.
//!
//! A block of 8×8 coefficients becomes a cell of 1 to 8 samples each way, by the inverse cosine transform of that
//! size over the low frequencies alone: that is an area average, done where it costs least. What always holds: a
//! plane is as large as its component's whole blocks, so a cell always fits.

use super::scan::ZIGZAG;
use super::{Broken, Colour, Component, Decoder, Scaled, broken};

/// The samples of one component.
#[derive(Default)]
pub(super) struct Plane {
    width: usize,
    samples: Vec<u8>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, samples: vec![0; width * height] }
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.width..(y + 1) * self.width]
    }
}

/// Dequantises and transforms the blocks of one component.
pub(super) struct Transform {
    cell: (usize, usize),
    quant: [f32; 64],
    /// Zigzag index of the last coefficient that a cell of this size shows.
    last: usize,
    /// `basis[k][n]`: what coefficient k adds to sample n.
    across: [[f32; 8]; 8],
    down: [[f32; 8]; 8],
    block: [[f32; 8]; 8],
    /// The last row and the last column of the block with anything in them; most blocks end early.
    ends: (usize, usize),
}

impl Transform {
    pub(super) fn new(cell: (usize, usize), quant: &[u16; 64]) -> Self {
        let shown = |&place: &u8| usize::from(place & 7) < cell.0 && usize::from(place >> 3) < cell.1;
        Self {
            cell,
            quant: quant.map(f32::from),
            last: ZIGZAG.iter().rposition(shown).unwrap_or(0),
            across: basis(cell.0),
            down: basis(cell.1),
            block: [[0.0; 8]; 8],
            ends: (0, 0),
        }
    }

    /// The last coefficient (zigzag) that is worth decoding.
    #[inline]
    pub(super) fn last(&self) -> usize {
        self.last
    }

    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "honest values have 16 bits")]
    pub(super) fn set_mean(&mut self, value: i32) {
        self.block[0][0] = value as f32 * self.quant[0];
    }

    /// Sets coefficient `k` (zigzag; more than 63 is ignored, as is what the cell doesn't show).
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "values have 16 bits")]
    pub(super) fn set(&mut self, k: usize, value: i32) {
        if k <= self.last && value != 0 {
            let place = usize::from(ZIGZAG[k & 63]);
            let (row, column) = (place >> 3 & 7, place & 7);
            self.block[row][column] = value as f32 * self.quant[k & 63];
            self.ends = (self.ends.0.max(row), self.ends.1.max(column));
        }
    }

    /// Writes the block's cell at column `x` and row `y` of cells, and starts the next block.
    #[inline]
    pub(super) fn write(&mut self, plane: &mut Plane, x: usize, y: usize) {
        let (across, down) = self.cell;
        let start = y * down * plane.width + x * across;
        if self.ends == (0, 0) {
            let sample = to_sample(self.block[0][0] * 0.125);
            if let (1, Some(only)) = (across * down, plane.samples.get_mut(start)) {
                *only = sample;
                return;
            }
            for row in plane.samples[start..].chunks_mut(plane.width).take(down) {
                row[..across].fill(sample);
            }
        } else if self.cell == (2, 2) {
            self.write_two(&mut plane.samples[start..], plane.width);
        } else {
            self.write_any(&mut plane.samples[start..], plane.width);
        }
    }

    /// The commonest small cell, where all weights are the same: the chroma of a picture at 1/8.
    #[inline]
    fn write_two(&mut self, samples: &mut [u8], stride: usize) {
        let ([mean, right, ..], [below, both, ..]) = (self.block[0], self.block[1]);
        let cell = [
            mean + right + below + both,
            mean - right + below - both,
            mean + right - below - both,
            mean - right - below + both,
        ];
        let [a, b, c, d] = cell.map(|sum| to_sample(sum * 0.125));
        if let Some([first, second]) = samples.get_mut(..2) {
            (*first, *second) = (a, b);
        }
        if let Some([first, second]) = samples.get_mut(stride..stride + 2) {
            (*first, *second) = (c, d);
        }
        (self.block[0][1], self.block[1][0], self.block[1][1]) = (0.0, 0.0, 0.0);
        self.ends = (0, 0);
    }

    fn write_any(&mut self, samples: &mut [u8], stride: usize) {
        let (across, down) = self.cell;
        let (rows, columns) = (self.ends.0 + 1, self.ends.1 + 1);
        let mut half = [[0.0f32; 8]; 8];
        for (out, row) in half.iter_mut().zip(&self.block).take(rows) {
            for (&value, basis) in row.iter().zip(&self.across).take(columns) {
                add_scaled(out, value, basis);
            }
        }
        for (n, row) in samples.chunks_mut(stride).take(down).enumerate() {
            let mut sums = [0.0f32; 8];
            for (values, basis) in half.iter().zip(&self.down).take(rows) {
                add_scaled(&mut sums, basis[n & 7], values);
            }
            for (sample, sum) in row.iter_mut().zip(sums).take(across) {
                *sample = to_sample(sum);
            }
        }
        self.block[..rows].fill([0.0; 8]);
        self.ends = (0, 0);
    }
}

#[inline]
fn add_scaled(out: &mut [f32; 8], factor: f32, values: &[f32; 8]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += factor * value;
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is what is wanted")]
fn to_sample(value: f32) -> u8 {
    (value + 128.5) as u8
}

/// The orthonormal cosine basis of `n` points, scaled so that the mean of 8×8 coefficients stays the mean.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn basis(n: usize) -> [[f32; 8]; 8] {
    let mut basis = [[0.0; 8]; 8];
    for (k, row) in basis.iter_mut().enumerate().take(n) {
        for (x, value) in row.iter_mut().enumerate().take(n) {
            let angle = (2 * x + 1) as f32 * k as f32 * std::f32::consts::PI / (2 * n) as f32;
            *value = if k == 0 { 0.125f32.sqrt() } else { 0.5 * angle.cos() };
        }
    }
    basis
}

impl Decoder<'_> {
    /// Turns what was read into pixels: as they are stored, or in RGB (grey stays grey, and inks stay inks).
    pub(super) fn finish(mut self, in_rgb: bool) -> Result<Scaled, Broken> {
        let mut components = std::mem::take(&mut self.components);
        if self.progressive {
            for component in &mut components {
                self.transform(component)?;
            }
        }
        let width = (self.width * self.scale).div_ceil(8);
        let height = (self.height * self.scale).div_ceil(8);
        let stored = self.colour(&components);
        let (colour, converts) = if in_rgb && stored == Colour::YCbCr { (Colour::Rgb, true) } else { (stored, false) };
        let mut samples = Vec::with_capacity(width * height * colour.channels());
        let mut spare = vec![vec![0u8; width]; components.len()];
        for y in 0..height {
            let rows: Vec<_> = spare.iter_mut().zip(&components).map(|(row, c)| self.row(row, c, y)).collect();
            match rows.as_slice() {
                [grey] => samples.extend_from_slice(grey),
                [a, b, c] => {
                    let start = samples.len();
                    samples.resize(start + 3 * width, 0);
                    let pixels = samples[start..].as_chunks_mut().0.iter_mut().zip(a.iter().zip(*b).zip(*c));
                    if converts {
                        pixels.for_each(|(pixel, ((&a, &b), &c))| *pixel = to_rgb([a, b, c]));
                    } else {
                        pixels.for_each(|(pixel, ((&a, &b), &c))| *pixel = [a, b, c]);
                    }
                }
                [c, m, y, k] => {
                    let inks = c.iter().zip(*m).zip(*y).zip(*k);
                    samples.extend(inks.flat_map(|(((&c, &m), &y), &k)| self.inks([c, m, y, k])));
                }
                _ => return Err(broken("number of components")),
            }
        }
        let size = |n| u32::try_from(n).map_err(|_| broken("size"));
        Ok(Scaled { width: size(width)?, height: size(height)?, colour, samples })
    }

    fn transform(&self, component: &mut Component) -> Result<(), Broken> {
        let quant = self.quant.get(component.quant).copied().flatten();
        let mut transform = Transform::new(component.cell, &quant.ok_or_else(|| broken("missing quantisation table"))?);
        for (at, block) in component.coefficients.chunks_exact(self.kept).enumerate() {
            transform.set_mean(block[0].into());
            for (k, &value) in block.iter().enumerate().take(transform.last() + 1).skip(1) {
                transform.set(k, value.into());
            }
            transform.write(&mut component.plane, at % component.blocks.0, at / component.blocks.0);
        }
        component.coefficients = Vec::new();
        Ok(())
    }

    /// Row `y` of the picture; where the plane has fewer samples, spread out in `spare`.
    fn row<'r>(&self, spare: &'r mut [u8], component: &'r Component, y: usize) -> &'r [u8] {
        let ratio = |cell: usize, factor: usize, max: usize| (cell * factor, self.scale * max);
        let (across, full_across) = ratio(component.cell.0, component.h, self.max.0);
        let (down, full_down) = ratio(component.cell.1, component.v, self.max.1);
        let source = component.plane.row(y * down / full_down);
        if across == full_across {
            return &source[..spare.len()];
        }
        if 2 * across == full_across {
            for (pair, &sample) in spare.chunks_mut(2).zip(source) {
                pair.fill(sample);
            }
        } else {
            for (x, sample) in spare.iter_mut().enumerate() {
                *sample = source[x * across / full_across];
            }
        }
        spare
    }

    fn colour(&self, components: &[Component]) -> Colour {
        let ids = components.iter().map(|c| c.id);
        match (components.len(), self.adobe) {
            (1, _) => Colour::Grey,
            (3, Some(0)) => Colour::Rgb,
            (3, None) if !self.jfif && ids.eq(*b"RGB") => Colour::Rgb,
            (3, _) => Colour::YCbCr,
            _ => Colour::Inks,
        }
    }

    /// CMYK or YCCK as amounts of ink. Adobe's files (nearly all) store them inverted.
    fn inks(&self, stored: [u8; 4]) -> [u8; 4] {
        let [c, m, y, k] = stored;
        match self.adobe {
            None => stored,
            Some(2) => {
                let [c, m, y] = to_rgb([c, m, y]);
                [c, m, y, 255 - k]
            }
            Some(_) => stored.map(|light| 255 - light),
        }
    }
}

/// Inks as colours, where no profile says what they look like.
#[inline]
pub(in super::super) fn inks_to_rgb([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u16::from(255 - ink) * u16::from(255 - k);
        u8::try_from((product + 127) / 255).unwrap_or(255)
    })
}

/// Full-range BT.601, as JFIF has it; in whole numbers of 65,536ths, which costs half of what fractions do.
#[inline]
#[expect(clippy::cast_sign_loss, reason = "within 0 to 255 by then")]
pub(in super::super) fn to_rgb([luma, blue, red]: [u8; 3]) -> [u8; 3] {
    let (luma, blue, red) = ((i32::from(luma) << 16) + 0x8000, i32::from(blue) - 128, i32::from(red) - 128);
    [luma + 91_881 * red, luma - 22_554 * blue - 46_802 * red, luma + 116_130 * blue]
        .map(|value| (value >> 16).clamp(0, 255) as u8)
}
