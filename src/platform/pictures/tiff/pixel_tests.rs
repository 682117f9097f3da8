//! Every kind of TIFF that is read, made by hand, and what is missing or wrong in one.

mod fax;

use std::io::{Cursor, Write};

use super::decode;
use crate::platform::pictures::jpeg::{Colour, Scaled};
use crate::platform::pictures::thumbnail::ThumbnailError;

/// A TIFF in the making: fields of SHORTs and LONGs, and its chunks.
#[derive(Clone)]
struct Tiff {
    little: bool,
    big: bool,
    tiled: bool,
    fields: Vec<(u16, Vec<u32>)>,
    chunks: Vec<Vec<u8>>,
}

/// A picture of this size, bits of each sample, compression and meaning of colours.
fn tiff(width: u32, height: u32, bits: &[u32], compression: u32, photometric: u32, chunks: &[&[u8]]) -> Tiff {
    let samples = u32::try_from(bits.len()).unwrap();
    Tiff {
        little: true,
        big: false,
        tiled: false,
        fields: vec![
            (256, vec![width]),
            (257, vec![height]),
            (258, bits.to_vec()),
            (259, vec![compression]),
            (262, vec![photometric]),
            (277, vec![samples]),
            (278, vec![height.div_ceil(u32::try_from(chunks.len()).unwrap().max(1))]),
        ],
        chunks: chunks.iter().map(|chunk| chunk.to_vec()).collect(),
    }
}

impl Tiff {
    fn with(mut self, tag: u16, values: &[u32]) -> Self {
        self.fields.retain(|(other, _)| *other != tag);
        self.fields.push((tag, values.to_vec()));
        self
    }

    fn number(&self, value: u64, size: usize) -> Vec<u8> {
        if self.little { value.to_le_bytes()[..size].to_vec() } else { value.to_be_bytes()[8 - size..].to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let (entry, inline, word) = if self.big { (20, 8, 8) } else { (12, 4, 4) };
        let count = self.fields.len() + 2;
        let mut bytes = if self.little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(self.number(if self.big { 43 } else { 42 }, 2));
        if self.big {
            bytes.extend([self.number(8, 2), self.number(0, 2)].concat());
        }
        bytes.extend(self.number(if self.big { 16 } else { 8 }, word));
        let mut behind = bytes.len() + if self.big { 8 } else { 2 } + count * entry + word;
        let mut values = Vec::new();
        let mut at = behind + 4096;
        let offsets: Vec<u32> = self
            .chunks
            .iter()
            .map(|chunk| {
                at += chunk.len();
                u32::try_from(at - chunk.len()).unwrap()
            })
            .collect();
        let lengths = self.chunks.iter().map(|chunk| u32::try_from(chunk.len()).unwrap()).collect();
        let (offsets_tag, lengths_tag) = if self.tiled { (324, 325) } else { (273, 279) };
        let mut fields = self.fields.clone();
        fields.extend([(offsets_tag, offsets), (lengths_tag, lengths)]);
        fields.sort();
        bytes.extend(self.number(count as u64, if self.big { 8 } else { 2 }));
        for (tag, numbers) in fields {
            let is_short = !matches!(tag, 273 | 279 | 324 | 325) && numbers.iter().all(|number| *number < 65_536);
            let (kind, size) = if is_short { (3, 2) } else { (4, 4) };
            bytes.extend(self.number(tag.into(), 2));
            bytes.extend(self.number(kind, 2));
            bytes.extend(self.number(numbers.len() as u64, inline));
            let mut contents: Vec<u8> = numbers.iter().flat_map(|number| self.number((*number).into(), size)).collect();
            if contents.len() > inline {
                bytes.extend(self.number(behind as u64, inline));
                behind += contents.len();
                values.extend(contents);
            } else {
                contents.resize(inline, 0);
                bytes.extend(contents);
            }
        }
        bytes.extend(self.number(0, word));
        values.resize(4096, 0);
        [bytes, values, self.chunks.concat()].concat()
    }

    fn decoded(&self) -> Result<Scaled, ThumbnailError> {
        decode(Cursor::new(self.bytes()))
    }

    fn samples(&self) -> Vec<u8> {
        self.decoded().unwrap().samples
    }
}

/// 4×2 pixels, red, green and blue.
const COLOURS: [u8; 24] = [200, 0, 0, 0, 200, 0, 0, 0, 200, 10, 20, 30, 255, 255, 255, 0, 0, 0, 90, 80, 70, 60, 50, 40];

fn flat(colour: Colour, picture: &Scaled) -> Vec<u8> {
    assert_eq!(picture.colour, colour);
    picture.samples.clone()
}

#[test]
fn bilevel_and_grey_of_every_depth_and_both_senses() {
    // Nine pixels across: the last is in a byte of its own.
    let rows: [&[u8]; 1] = [&[0b1010_0101, 0x80, 0b0000_1111, 0]];
    let light = [255, 0, 255, 0, 0, 255, 0, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0];
    let dark = light.map(|light: u8| 255 - light);
    assert_eq!(tiff(9, 2, &[1], 1, 1, &rows).samples(), light);
    assert_eq!(tiff(9, 2, &[1], 1, 0, &rows).samples(), dark);
    let reversed: Vec<u8> = rows[0].iter().map(|byte| byte.reverse_bits()).collect();
    assert_eq!(tiff(9, 2, &[1], 1, 1, &[&reversed]).with(266, &[2]).samples(), light);
    assert_eq!(tiff(3, 1, &[2], 1, 1, &[&[0b0001_1000]]).samples(), [0, 85, 170]);
    assert_eq!(tiff(3, 1, &[4], 1, 1, &[&[0x0F, 0x80]]).samples(), [0, 255, 136]);
    assert_eq!(tiff(3, 1, &[8], 1, 0, &[&[0, 128, 255]]).samples(), [255, 127, 0]);
    let twelve = tiff(2, 1, &[12], 1, 1, &[&[0x80, 0x0F, 0xFF]]);
    assert_eq!(twelve.samples(), [128, 255]);
    let mut sixteen = tiff(3, 1, &[16], 1, 1, &[&[0, 0, 0xCD, 0x80, 0xFF, 0xFF]]);
    assert_eq!(flat(Colour::Grey, &sixteen.decoded().unwrap()), [0, 128, 255]);
    sixteen.little = false;
    assert_eq!(sixteen.samples(), [0, 0xCD, 255]);
}

#[test]
fn palettes_of_every_depth() {
    let map = |count: u32, scale: u32| -> Vec<u32> {
        (0..3).flat_map(|part| (0..count).map(move |n| (n * 10 + part) * scale)).collect()
    };
    for (bits, chunk) in [(1, &[0b1011_0000][..]), (2, &[0b0100_0101]), (4, &[0x10, 0x11]), (8, &[1, 0, 1, 1])] {
        let expected = [10, 11, 12, 0, 1, 2, 10, 11, 12, 10, 11, 12];
        for scale in [256, 1] {
            let picture = tiff(4, 1, &[bits], 1, 3, &[chunk]).with(320, &map((1 << bits).min(25), scale));
            let picture =
                picture.with(320, &map(1 << bits, scale).iter().map(|value| value % 65_536).collect::<Vec<_>>());
            let made = picture.decoded().unwrap();
            // Where no value is above 255, the map was written in 8 bits.
            if scale == 256 || bits < 8 {
                assert_eq!(flat(Colour::Rgb, &made), expected, "{bits} bits");
            }
        }
    }
    assert!(tiff(4, 1, &[8], 1, 3, &[&[0; 4]]).with(320, &[1, 2, 3]).decoded().is_err());
}

#[test]
fn colours_in_strips_tiles_planes_and_both_orders() {
    let (upper, lower) = COLOURS.split_at(12);
    let strips = tiff(4, 2, &[8, 8, 8], 1, 2, &[upper, lower]);
    assert_eq!(flat(Colour::Rgb, &strips.decoded().unwrap()), COLOURS);
    for (little, big) in [(false, false), (true, true), (false, true)] {
        assert_eq!(Tiff { little, big, ..strips.clone() }.samples(), COLOURS);
    }
    let planes: Vec<Vec<u8>> = (0..3).map(|part| COLOURS.iter().skip(part).step_by(3).copied().collect()).collect();
    let planes: Vec<&[u8]> = planes.iter().map(Vec::as_slice).collect();
    let planar = tiff(4, 2, &[8, 8, 8], 1, 2, &planes).with(278, &[2]).with(284, &[2]);
    assert_eq!(planar.samples(), COLOURS);
    // Tiles of 3×2 reach over the right edge.
    let row =
        |from: usize, pixels: usize| [&COLOURS[from * 3..(from + pixels) * 3], &vec![9; (3 - pixels) * 3]].concat();
    let tiles = [[row(0, 3), row(4, 3)].concat(), [row(3, 1), row(7, 1)].concat()];
    let mut of_tiles = tiff(4, 2, &[8, 8, 8], 1, 2, &[&tiles[0], &tiles[1]]).with(322, &[3]).with(323, &[2]);
    of_tiles.tiled = true;
    assert_eq!(of_tiles.samples(), COLOURS);
    let deep: Vec<u8> = COLOURS.iter().flat_map(|sample| [7, *sample]).collect();
    assert_eq!(tiff(4, 2, &[16, 16, 16], 1, 2, &[&deep]).samples(), COLOURS);
    let inks = tiff(2, 1, &[8; 4], 1, 5, &[&[1, 2, 3, 4, 5, 6, 7, 8]]).decoded().unwrap();
    assert_eq!(flat(Colour::Inks, &inks), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn opacity_lets_white_through() {
    let grey = tiff(2, 1, &[8, 8], 1, 1, &[&[100, 255, 0, 0]]);
    assert_eq!(grey.samples(), [100, 255]);
    assert_eq!(tiff(2, 1, &[8, 8], 1, 0, &[&[100, 255, 0, 0]]).with(338, &[2]).samples(), [155, 255]);
    let colour = tiff(1, 1, &[8; 4], 1, 2, &[&[100, 0, 50, 51]]);
    assert_eq!(colour.clone().with(338, &[2]).samples(), [224, 204, 214]);
    assert_eq!(tiff(1, 1, &[8; 4], 1, 2, &[&[20, 0, 10, 51]]).with(338, &[1]).samples(), [224, 204, 214]);
    // A sample of which nothing is known is none of the picture's.
    assert_eq!(colour.with(338, &[0]).samples(), [100, 0, 50]);
    let two = tiff(1, 1, &[8; 5], 1, 2, &[&[100, 0, 50, 7, 51]]).with(338, &[0, 2]);
    assert_eq!(two.samples(), [224, 204, 214]);
}

#[test]
fn packed_bytes_are_unpacked() {
    let expected = COLOURS.to_vec();
    let runs = [&[23_u8][..], &COLOURS].concat();
    assert_eq!(tiff(4, 2, &[8; 3], 32_773, 2, &[&runs]).samples(), expected);
    assert_eq!(tiff(5, 1, &[8], 32_773, 1, &[&[128, 0xFD, 7, 0, 9]]).samples(), [7, 7, 7, 7, 9]);
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(&COLOURS).unwrap();
    assert_eq!(tiff(4, 2, &[8; 3], 5, 2, &[&lzw]).samples(), expected);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&COLOURS).unwrap();
    let zlib = zlib.finish().unwrap();
    for compression in [8, 32_946] {
        assert_eq!(tiff(4, 2, &[8; 3], compression, 2, &[&zlib]).samples(), expected);
    }
    let mut differences = COLOURS;
    for row in differences.chunks_mut(12) {
        for at in (3..12).rev() {
            row[at] = row[at].wrapping_sub(row[at - 3]);
        }
    }
    assert_eq!(tiff(4, 2, &[8; 3], 1, 2, &[&differences]).with(317, &[2]).samples(), expected);
    let deep = tiff(3, 1, &[16], 1, 1, &[&[0, 0x10, 0xFF, 0x20, 1, 0xF0]]).with(317, &[2]);
    assert_eq!(deep.samples(), [0x10, 0x30, 0x21]);
}

#[test]
fn jpegs_within_are_read_with_their_tables_and_colours() {
    let picture: Vec<u8> = (0..16 * 16).flat_map(|_| [200, 60, 90]).collect();
    let mut ycc = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut ycc, 95);
    encoder.encode(&picture, 16, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    let made = tiff(16, 16, &[8; 3], 7, 6, &[&ycc]).decoded().unwrap();
    let near = |pixel: &[u8], expected: [u8; 3]| pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 8);
    assert!(flat(Colour::Rgb, &made).chunks(3).all(|pixel| near(pixel, [200, 60, 90])));
    // The same numbers, told to be red, green and blue: what they were as light and colour.
    let raw = tiff(16, 16, &[8; 3], 7, 2, &[&ycc]).samples();
    assert!(raw.chunks(3).all(|pixel| near(pixel, [105, 119, 195])), "{:?}", &raw[..3]);
    // Tables apart from the data.
    let start = ycc.windows(2).position(|bytes| bytes == [0xFF, 0xDB]).unwrap();
    let frame = ycc.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).unwrap();
    let (first, last) = if start < frame { (start, frame) } else { (frame, start) };
    let tables = [b"\xFF\xD8", &ycc[first..last], b"\xFF\xD9"].concat();
    let data = [b"\xFF\xD8", &ycc[last..]].concat();
    let apart = tiff(16, 16, &[8; 3], 7, 6, &[&data]);
    let tables: Vec<u32> = tables.iter().map(|byte| (*byte).into()).collect();
    // JPEGTables are bytes; the maker here writes SHORTs, of which only the count would differ.
    let mut bytes = apart.with(347, &tables).bytes();
    let at = bytes.windows(4).position(|field| field == [0x5B, 0x01, 3, 0]).unwrap();
    let count = tables.len();
    let offset = usize::try_from(u32::from_le_bytes(*bytes[at + 8..].first_chunk().unwrap())).unwrap();
    bytes[at + 2] = 7;
    for (place, table) in tables.iter().enumerate() {
        bytes[offset + place] = u8::try_from(*table).unwrap();
    }
    assert_eq!(usize::try_from(u32::from_le_bytes(*bytes[at + 4..].first_chunk().unwrap())).unwrap(), count);
    let made = decode(Cursor::new(bytes)).unwrap();
    assert!(made.samples.chunks(3).all(|pixel| near(pixel, [200, 60, 90])));
}

#[test]
fn light_and_colour_with_and_without_subsampling() {
    let full = tiff(2, 1, &[8; 3], 1, 6, &[&[128, 128, 128, 255, 128, 128]]).with(530, &[1, 1]);
    assert_eq!(full.samples(), [128, 128, 128, 255, 255, 255]);
    // Units of 2×2: four lights, blue, red; 3×2 pixels need two of them.
    let units = [10, 20, 40, 50, 128, 128, 30, 0, 60, 0, 128, 128];
    let sub = tiff(3, 2, &[8; 3], 1, 6, &[&units]);
    let lights: Vec<u8> = sub.samples().chunks(3).map(|pixel| pixel[1]).collect();
    assert_eq!(lights, [10, 20, 30, 40, 50, 60]);
}

#[test]
fn large_signed_and_fractional_numbers_are_stretched() {
    let long = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    assert_eq!(tiff(3, 1, &[32], 1, 1, &[&long(&[0, 128, 255])]).samples(), [0, 128, 255]);
    assert_eq!(tiff(3, 1, &[32], 1, 1, &[&long(&[1000, 2000, 3000])]).samples(), [0, 128, 255]);
    let signed = tiff(3, 1, &[16], 1, 1, &[&[0, 0x80, 0, 0, 0xFF, 0x7F]]).with(339, &[2]);
    assert_eq!(signed.samples(), [0, 128, 255]);
    let fractions = |values: [f32; 3]| values.map(f32::to_le_bytes).concat();
    for (values, expected) in [
        ([0.0, 0.5, 0.75], [0, 128, 191]),
        ([0.0, 10.0, 200.0], [0, 10, 200]),
        ([-5.0, 0.0, 5.0], [0, 128, 255]),
        ([f32::NAN, 0.0, 1.0], [0, 0, 255]),
    ] {
        let made = tiff(3, 1, &[32], 1, 1, &[&fractions(values)]).with(339, &[3]).samples();
        assert_eq!(made, expected, "{values:?}");
    }
    let half = tiff(2, 1, &[16], 1, 1, &[&[0, 0x38, 0, 0x3C]]).with(339, &[3]);
    assert_eq!(half.samples(), [128, 255]);
    // The predictor of fractions: all first bytes, then all second ones, as differences.
    let planes: Vec<u8> =
        (0..4).rev().flat_map(|byte| [0.0_f32, 0.5, 0.75].map(|value| value.to_le_bytes()[byte])).collect();
    let mut differences = planes.clone();
    for at in (1..planes.len()).rev() {
        differences[at] = planes[at].wrapping_sub(planes[at - 1]);
    }
    let predicted = tiff(3, 1, &[32], 1, 1, &[&differences]).with(339, &[3]).with(317, &[3]);
    assert_eq!(predicted.samples(), [0, 128, 191]);
}

#[test]
fn what_is_missing_or_impossible_is_refused() {
    let good = tiff(4, 2, &[8, 8, 8], 1, 2, &[&COLOURS]);
    assert!(good.decoded().is_ok());
    let bytes = good.bytes();
    for length in (0..bytes.len()).rev().take(60).chain((0..300).step_by(7)) {
        assert!(decode(Cursor::new(bytes[..length].to_vec())).is_err(), "{length} of {}", bytes.len());
    }
    for (tag, values) in [
        (256, &[0][..]),
        (257, &[0]),
        (258, &[8, 8, 4]),
        (258, &[0, 0, 0]),
        (258, &[65, 65, 65]),
        (259, &[999]),
        (259, &[4]),
        (262, &[32_803]),
        (277, &[0]),
        (277, &[2]),
        (277, &[65_535]),
        (278, &[0]),
        (317, &[7]),
        (339, &[6]),
    ] {
        assert!(matches!(good.clone().with(tag, values).decoded(), Err(ThumbnailError::Broken(_))), "{tag} {values:?}");
    }
    let vast = tiff(60_000, 60_000, &[8; 3], 1, 2, &[&COLOURS]);
    assert!(matches!(vast.decoded(), Err(ThumbnailError::TooLarge { width: 60_000, .. })));
    let narrow = tiff(1, 4_000_000, &[8], 1, 1, &[&[0]]).with(278, &[1]);
    assert!(narrow.decoded().is_err());
}

#[test]
fn damaged_directories_never_panic() {
    let mut seed = 11_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let tiles = tiff(4, 2, &[8, 8, 8], 5, 2, &[&[0x80, 0, 1, 2, 3], &[4, 5, 6]]).with(322, &[3]).with(323, &[2]);
    for whole in [tiff(4, 2, &[8, 8, 8], 1, 2, &[&COLOURS]).bytes(), Tiff { tiled: true, ..tiles }.bytes()] {
        for _ in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                let at = 8 + random(120);
                // Widths and heights stay below 256², or memory alone takes the time.
                if at % 12 != 4 {
                    bytes[at] = u8::try_from(random(256)).unwrap();
                }
            }
            let _ = decode(Cursor::new(bytes));
        }
    }
}
