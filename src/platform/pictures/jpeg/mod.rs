//! A JPEG decoder for thumbnails: it only makes pictures of 1/8, 1/4, 1/2 or the full size.
//!
//! Why our own: a general decoder, even one that scales, makes every coefficient of the picture; here those that a
//! small picture doesn't show are passed over (`huffman.rs`), and of a large progressive picture only the scans that
//! hold the mean of each block are read. docs/performance.md has the figures. It is safe Rust from end to end.
//!
//! What always holds: memory goes with the size of the *scaled* picture, work with the length of the file (and
//! [`MAX_SCANS`]); a picture that lacks samples, or that breaks the format, is an error, never half a picture. One
//! that lacks nothing but its end marker is whole; bytes between segments that are no marker are passed over, as by
//! libjpeg (and by `walk.rs`).
//!
//! Baseline, extended and progressive Huffman JPEGs of 8 bits; grey, `YCbCr`, RGB, CMYK and YCCK; any sampling.
//! Source: ITU-T T.81; Adobe Technical Note 5116 for the APP14 segment.

mod bits;
mod huffman;
mod progressive;
mod samples;
mod scan;
#[cfg(test)]
mod tests;

use bits::find_marker;
use huffman::Table;
pub(super) use samples::{inks_to_rgb, to_rgb};

/// Progressive pictures may repeat scans at no cost in bytes; honest ones have about 10.
const MAX_SCANS: usize = 64;

/// Bytes that the coefficients of a picture may take which are kept for nothing but to see whether they are all there.
const MAX_KEPT: usize = 256 << 20;

/// All scans are there but no end marker, and some of them were passed over: are they whole?
const UNSEEN: Broken = Broken("no end marker");

/// Why a JPEG can't be shown, in a few words for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

fn broken(why: &'static str) -> Broken {
    Broken(why)
}

/// What the bytes of [`Scaled::samples`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// One byte a pixel.
    Grey,
    /// Three bytes a pixel, full-range BT.601 as JFIF has it.
    YCbCr,
    /// Three bytes a pixel.
    Rgb,
    /// Four bytes a pixel: how much cyan, magenta, yellow and black, 255 is all.
    Inks,
}

impl Colour {
    /// Bytes a pixel.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::YCbCr | Self::Rgb => 3,
            Self::Inks => 4,
        }
    }
}

/// A decoded picture, rows from the top, no padding.
pub(super) struct Scaled {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) colour: Colour,
    pub(super) samples: Vec<u8>,
}

/// One component (colour plane) as the frame header has it, and where its samples or coefficients go.
struct Component {
    id: u8,
    h: usize,
    v: usize,
    quant: usize,
    /// Blocks a row and rows of blocks, whole MCUs.
    blocks: (usize, usize),
    /// The same without the padding to whole MCUs: what a scan of this component alone holds.
    own_blocks: (usize, usize),
    /// Samples made of each block, across and down.
    cell: (usize, usize),
    plane: samples::Plane,
    /// Progressive only: `kept` coefficients of each block, in zigzag order.
    coefficients: Vec<i16>,
    /// Progressive only: the lowest bit that scans have brought of each coefficient.
    brought: [u8; 64],
    seen: bool,
}

struct Decoder<'a> {
    data: &'a [u8],
    quant: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart: usize,
    adobe: Option<u8>,
    jfif: bool,
    progressive: bool,
    width: usize,
    height: usize,
    /// Samples made of a block of the component with most samples: 1, 2, 4 or 8.
    scale: usize,
    /// Coefficients kept of each block of a progressive picture: 64, or 1 where only the means are wanted.
    kept: usize,
    /// All coefficients are kept, to see whether they are there.
    keeps_all: bool,
    mcus: (usize, usize),
    max: (usize, usize),
    components: Vec<Component>,
}

/// Decodes `data`, scaled down by a power of two so far that the longer side is still at least `wanted` pixels
/// (or not at all where it is shorter than that).
pub(super) fn decode(data: &[u8], wanted: u32) -> Result<Scaled, Broken> {
    let mut decoder = Decoder::new(data)?;
    match decoder.run(wanted as usize) {
        Ok(()) => {}
        Err(UNSEEN) => {
            decoder = Decoder { keeps_all: true, ..Decoder::new(data)? };
            decoder.run(wanted as usize)?;
        }
        Err(error) => return Err(error),
    }
    decoder.finish(false)
}

/// Decodes `data` at its full size, in grey, RGB or inks.
pub(super) fn decode_whole(data: &[u8]) -> Result<Scaled, Broken> {
    let mut decoder = Decoder::new(data)?;
    decoder.run(usize::MAX)?;
    decoder.finish(true)
}

/// The same for a JPEG within another file, which says whether three components are `YCbCr` or RGB.
pub(super) fn decode_chunk(data: &[u8], is_light_and_colour: bool) -> Result<Scaled, Broken> {
    let mut decoder = Decoder::new(data)?;
    decoder.run(usize::MAX)?;
    if decoder.components.len() == 3 {
        decoder.adobe = Some(u8::from(is_light_and_colour));
    }
    decoder.finish(true)
}

impl<'a> Decoder<'a> {
    fn new(data: &'a [u8]) -> Result<Self, Broken> {
        if !data.starts_with(&[0xFF, 0xD8]) {
            return Err(broken("not a JPEG"));
        }
        Ok(Self {
            data,
            quant: [None; 4],
            dc: [None, None, None, None],
            ac: [None, None, None, None],
            restart: 0,
            adobe: None,
            jfif: false,
            progressive: false,
            width: 0,
            height: 0,
            scale: 8,
            kept: 64,
            keeps_all: false,
            mcus: (0, 0),
            max: (1, 1),
            components: Vec::new(),
        })
    }

    /// Reads all scans.
    fn run(&mut self, wanted: usize) -> Result<(), Broken> {
        let (mut pos, mut scans) = (2, 0);
        loop {
            let Some((marker, body)) = find_marker(self.data, pos) else {
                return self.ended();
            };
            if marker == 0xD9 {
                return self.complete();
            }
            pos = body;
            if matches!(marker, 0x01 | 0xD0..=0xD8) {
                continue;
            }
            let segment = self.segment(body)?;
            pos = body + 2 + segment.len();
            match marker {
                0xC0..=0xC2 => self.frame(segment, marker == 0xC2, wanted)?,
                0xC4 => self.huffman_tables(segment)?,
                0xC3 | 0xC5..=0xCF => {
                    return Err(broken("lossless, hierarchical or arithmetic JPEG"));
                }
                0xDA => {
                    scans += 1;
                    if scans > MAX_SCANS {
                        return Err(broken("too many scans"));
                    }
                    pos = self.scan(segment, pos)?;
                    // What comes behind the last sample (a second picture, a film) isn't ours to read.
                    if !self.progressive && self.components.iter().all(|c| c.seen) {
                        return Ok(());
                    }
                }
                0xDB => self.quant_tables(segment)?,
                0xDD => self.restart = usize::from(u16_at(segment, 0)?),
                0xE0 => self.jfif |= segment.starts_with(b"JFIF\0"),
                0xEE if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied(),
                _ => {}
            }
        }
    }

    /// The file ended without an end marker: a progressive picture is whole where its scans have brought every bit
    /// (those of the others are counted as they are read).
    fn ended(&self) -> Result<(), Broken> {
        if self.components.is_empty() {
            return Err(broken("no picture in it"));
        }
        if !self.progressive || self.components.iter().any(|c| c.brought != [0; 64]) {
            return Err(broken("cut short"));
        }
        if self.kept == 1 { Err(UNSEEN) } else { Ok(()) }
    }

    fn complete(&self) -> Result<(), Broken> {
        if self.components.is_empty() || self.components.iter().any(|c| !c.seen) {
            return Err(broken("scans are missing"));
        }
        Ok(())
    }

    fn segment(&self, body: usize) -> Result<&'a [u8], Broken> {
        let data: &'a [u8] = self.data;
        let length = usize::from(u16_at(data, body)?);
        if length < 2 {
            return Err(broken("segment length"));
        }
        data.get(body + 2..body + length).ok_or_else(|| broken("cut short"))
    }

    fn quant_tables(&mut self, mut segment: &[u8]) -> Result<(), Broken> {
        while let Some((&head, rest)) = segment.split_first() {
            let slot = self.quant.get_mut(usize::from(head & 15)).ok_or_else(|| broken("quantisation table"))?;
            let wide = head >> 4 != 0;
            let size = if wide { 128 } else { 64 };
            let (values, behind) = rest.split_at_checked(size).ok_or_else(|| broken("short quantisation table"))?;
            let mut table = [0; 64];
            for (k, entry) in table.iter_mut().enumerate() {
                *entry = if wide { u16_at(values, 2 * k)? } else { u16::from(values[k]) };
            }
            *slot = Some(table);
            segment = behind;
        }
        Ok(())
    }

    fn huffman_tables(&mut self, mut segment: &[u8]) -> Result<(), Broken> {
        while let Some((&head, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(|| broken("short Huffman table"))?;
            let total = counts.iter().map(|&n| usize::from(n)).sum();
            let (symbols, behind) = rest.split_at_checked(total).ok_or_else(|| broken("short Huffman table"))?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = tables.get_mut(usize::from(head & 15)).ok_or_else(|| broken("Huffman table"))?;
            *slot = Some(Table::new(counts, symbols)?);
            segment = behind;
        }
        Ok(())
    }

    fn frame(&mut self, segment: &[u8], progressive: bool, wanted: usize) -> Result<(), Broken> {
        if !self.components.is_empty() {
            return Err(broken("two frames"));
        }
        let (height, width) = (usize::from(u16_at(segment, 1)?), usize::from(u16_at(segment, 3)?));
        if segment.first() != Some(&8) {
            return Err(broken("not 8 bits a sample"));
        }
        if width == 0 || height == 0 {
            return Err(broken("no size"));
        }
        let count = usize::from(*segment.get(5).ok_or_else(|| broken("short frame header"))?);
        let specs = segment.get(6..6 + 3 * count).ok_or_else(|| broken("short frame header"))?;
        if !matches!(count, 1 | 3 | 4) {
            return Err(broken("number of components"));
        }
        let factors: Vec<_> = specs.chunks_exact(3).map(|s| (usize::from(s[1] >> 4), usize::from(s[1] & 15))).collect();
        if factors.iter().any(|&(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v)) {
            return Err(broken("sampling factors"));
        }
        (self.width, self.height, self.progressive) = (width, height, progressive);
        self.scale = [1, 2, 4].into_iter().find(|n| width.max(height) * n / 8 >= wanted).unwrap_or(8);
        self.kept = if self.scale == 1 && !self.keeps_all { 1 } else { 64 };
        self.max = factors.iter().fold((1, 1), |max, &(h, v)| (max.0.max(h), max.1.max(v)));
        self.mcus = (width.div_ceil(8 * self.max.0), height.div_ceil(8 * self.max.1));
        let blocks: usize = factors.iter().map(|(h, v)| self.mcus.0 * self.mcus.1 * h * v).sum();
        if self.keeps_all && blocks.saturating_mul(128) > MAX_KEPT {
            return Err(broken("cut short"));
        }
        for (spec, (h, v)) in specs.chunks_exact(3).zip(factors) {
            self.components.push(self.component(spec, h, v));
        }
        Ok(())
    }

    fn component(&self, spec: &[u8], h: usize, v: usize) -> Component {
        let blocks = (self.mcus.0 * h, self.mcus.1 * v);
        // A plane with half the samples gets twice as many made of each block: then no plane is scaled up afterwards.
        let most = if self.progressive && self.kept == 1 { 1 } else { 8 };
        let cell = ((self.scale * self.max.0 / h).min(most), (self.scale * self.max.1 / v).min(most));
        let kept = if self.progressive { self.kept } else { 0 };
        Component {
            id: spec[0],
            h,
            v,
            quant: usize::from(spec[2]),
            blocks,
            own_blocks: ((self.width * h).div_ceil(8 * self.max.0), (self.height * v).div_ceil(8 * self.max.1)),
            cell,
            plane: samples::Plane::new(blocks.0 * cell.0, blocks.1 * cell.1),
            coefficients: vec![0; blocks.0 * blocks.1 * kept],
            brought: [u8::MAX; 64],
            seen: false,
        }
    }
}

fn u16_at(data: &[u8], at: usize) -> Result<u16, Broken> {
    let bytes = data.get(at..).and_then(|rest| rest.first_chunk::<2>());
    bytes.map(|b| u16::from_be_bytes(*b)).ok_or_else(|| broken("cut short"))
}
