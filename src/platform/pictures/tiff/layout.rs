//! How a TIFF's pixels are laid out: what its first directory says, checked before anything is decoded.
//!
//! What always holds: a layout that was made is one that can be decoded; of anything else, the error says what it is.

use std::io::{self, Read, Seek};

use super::Directory;
use super::{HEIGHT, WIDTH};
use crate::platform::pictures::thumbnail::ThumbnailError;
use crate::platform::pictures::window::Window;

const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_BYTES: u16 = 279;
const PLANAR: u16 = 284;
const FAX_OPTIONS: u16 = 292;
const PREDICTOR: u16 = 317;
const COLOUR_MAP: u16 = 320;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const JPEG_TABLES: u16 = 347;
const SUBSAMPLING: u16 = 530;

/// More samples a pixel (multispectral pictures) aren't looked through.
const MAX_SAMPLES: usize = 64;

/// Strips or tiles of one picture; honest ones have some thousand.
const MAX_CHUNKS: usize = 1 << 20;

/// What the numbers of a sample are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Unsigned,
    Signed,
    Float,
}

/// What the samples of a pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Grey { white_is_zero: bool },
    Rgb,
    Palette,
    Inks,
    YCbCr { across: usize, down: usize },
}

/// How the bytes of a chunk are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Lzw,
    Deflate,
    PackBits,
    Jpeg,
    /// Modified Huffman: lines of runs, each begun at a byte.
    Huffman,
    Group3 {
        two_dimensional: bool,
    },
    Group4,
}

/// A sample that says how much of a pixel is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opacity {
    /// Which sample of a pixel it is.
    pub(super) sample: usize,
    /// Whether the colours were multiplied by it.
    pub(super) multiplied: bool,
}

pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) little: bool,
    /// Bits of one sample, 1 to 64.
    pub(super) bits: usize,
    /// Samples of one pixel.
    pub(super) samples: usize,
    pub(super) format: Format,
    pub(super) meaning: Meaning,
    pub(super) packing: Packing,
    pub(super) predictor: u32,
    /// Each sample of the pixels in chunks of its own.
    pub(super) planar: bool,
    /// The first pixel is in a byte's lowest bit.
    pub(super) reversed: bool,
    pub(super) opacity: Option<Opacity>,
    /// Pixels of a strip or tile, across and down.
    pub(super) chunk: (usize, usize),
    pub(super) offsets: Vec<u64>,
    /// Bytes of each chunk; missing ones reach as far as the file.
    pub(super) lengths: Vec<u64>,
    pub(super) palette: Vec<[u8; 3]>,
    pub(super) tables: Vec<u8>,
}

impl Layout {
    pub(super) fn read<R: Read + Seek>(window: &mut Window<R>) -> Result<Self, ThumbnailError> {
        let directory = Directory::first(window, 0)?.ok_or_else(|| broken("no directory"))?;
        let number = |tag, or: u32| directory.number(tag).unwrap_or(or);
        let (width, height) = (number(WIDTH, 0) as usize, number(HEIGHT, 0) as usize);
        if width == 0 || height == 0 {
            return Err(broken("no size"));
        }
        let samples = number(SAMPLES, 1) as usize;
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(broken("number of samples"));
        }
        let bits = same(directory.numbers(window, BITS, samples)?, 1, "samples of different depths")?;
        let format = match same(directory.numbers(window, SAMPLE_FORMAT, samples)?, 1, "samples of different formats")?
        {
            2 => Format::Signed,
            3 => Format::Float,
            1 | 4 => Format::Unsigned,
            _ => return Err(broken("complex samples")),
        };
        let packing = packing(number(COMPRESSION, 1), number(FAX_OPTIONS, 0))?;
        let subsampling = directory.numbers(window, SUBSAMPLING, 2)?;
        let meaning = meaning(number(PHOTOMETRIC, u32::MAX), packing, subsampling.as_deref())?;
        let extra = directory.numbers(window, EXTRA_SAMPLES, MAX_SAMPLES)?;
        let mut layout = Self {
            width,
            height,
            little: directory.little,
            bits: usize::try_from(bits).unwrap_or(usize::MAX),
            samples,
            format,
            meaning,
            packing,
            predictor: number(PREDICTOR, 1),
            planar: number(PLANAR, 1) == 2 && samples > 1,
            reversed: number(FILL_ORDER, 1) == 2 && packing != Packing::Jpeg,
            opacity: opacity(meaning, samples, extra.as_deref()),
            chunk: (width, height),
            offsets: Vec::new(),
            lengths: Vec::new(),
            palette: Vec::new(),
            tables: Vec::new(),
        };
        layout.check()?;
        layout.read_chunks(&directory, window)?;
        if meaning == Meaning::Palette {
            layout.palette = palette(&directory, window, bits)?;
        }
        if let Some(field) = directory.field(JPEG_TABLES).filter(|_| packing == Packing::Jpeg) {
            let length = usize::try_from(field.count).unwrap_or(usize::MAX).min(1 << 16);
            layout.tables = directory.bytes(window, &field, length)?.ok_or_else(|| broken("no JPEG tables"))?;
        }
        Ok(layout)
    }

    /// Samples of a pixel that tell its colour.
    pub(super) fn colours(&self) -> usize {
        match self.meaning {
            Meaning::Grey { .. } | Meaning::Palette => 1,
            Meaning::Rgb | Meaning::YCbCr { .. } => 3,
            Meaning::Inks => 4,
        }
    }

    /// Is it a `YCbCr` picture with fewer samples of colour than of light?
    pub(super) fn subsampling(&self) -> Option<(usize, usize)> {
        match self.meaning {
            Meaning::YCbCr { across, down } if (across, down) != (1, 1) && self.packing != Packing::Jpeg => {
                Some((across, down))
            }
            _ => None,
        }
    }

    fn check(&self) -> Result<(), ThumbnailError> {
        let is_depth_known = match (self.format, self.meaning) {
            (Format::Float, Meaning::Palette | Meaning::YCbCr { .. }) => false,
            (Format::Float, _) => matches!(self.bits, 16 | 32 | 64),
            (_, Meaning::Palette) => (1..=16).contains(&self.bits),
            (_, Meaning::YCbCr { .. }) => self.bits == 8,
            _ => (1..=32).contains(&self.bits) || self.bits == 64,
        };
        let is_bilevel = self.bits == 1 && self.samples == 1;
        let fits_packing = match self.packing {
            Packing::Huffman | Packing::Group3 { .. } | Packing::Group4 => is_bilevel,
            Packing::Jpeg => self.bits == 8 && self.format == Format::Unsigned && self.meaning != Meaning::Palette,
            _ => true,
        };
        let is_predictor_known = match self.predictor {
            0 | 1 => true,
            2 => matches!(self.bits, 8 | 16 | 32 | 64),
            3 => self.format == Format::Float,
            _ => false,
        };
        if !is_depth_known || !fits_packing || !is_predictor_known || self.samples < self.colours() {
            return Err(broken("a kind of TIFF that isn't known"));
        }
        if self.planar && (self.subsampling().is_some() || self.packing == Packing::Jpeg) {
            return Err(broken("planes of a kind that isn't known"));
        }
        Ok(())
    }

    fn read_chunks<R: Read + Seek>(
        &mut self,
        directory: &Directory,
        window: &mut Window<R>,
    ) -> Result<(), ThumbnailError> {
        let is_tiled = directory.field(TILE_OFFSETS).is_some();
        let (offsets, lengths) = if is_tiled { (TILE_OFFSETS, TILE_BYTES) } else { (STRIP_OFFSETS, STRIP_BYTES) };
        let side = |tag, most: usize| (directory.number(tag).unwrap_or(u32::MAX) as usize).min(most);
        self.chunk = if is_tiled {
            // A tile may reach over the picture's edge, but hardly further than its own side.
            (side(TILE_WIDTH, self.width + (1 << 16)), side(TILE_HEIGHT, self.height + (1 << 16)))
        } else {
            (self.width, side(ROWS_PER_STRIP, self.height))
        };
        if self.chunk.0 == 0 || self.chunk.1 == 0 {
            return Err(broken("size of its chunks"));
        }
        let planes = if self.planar { self.samples } else { 1 };
        let (across, down) = self.chunks();
        let wanted = across.saturating_mul(down).saturating_mul(planes);
        if wanted > MAX_CHUNKS {
            return Err(broken("too many chunks"));
        }
        self.offsets = directory.numbers(window, offsets, wanted)?.unwrap_or_default();
        self.lengths = directory.numbers(window, lengths, wanted)?.unwrap_or_default();
        if self.offsets.len() < wanted {
            return Err(broken("chunks are missing"));
        }
        Ok(())
    }

    /// Chunks of one plane, across and down.
    pub(super) fn chunks(&self) -> (usize, usize) {
        (self.width.div_ceil(self.chunk.0), self.height.div_ceil(self.chunk.1))
    }
}

fn packing(compression: u32, fax_options: u32) -> Result<Packing, ThumbnailError> {
    Ok(match compression {
        1 => Packing::Plain,
        2 => Packing::Huffman,
        3 => Packing::Group3 { two_dimensional: fax_options & 1 == 1 },
        4 => Packing::Group4,
        5 => Packing::Lzw,
        7 => Packing::Jpeg,
        8 | 32_946 => Packing::Deflate,
        32_773 => Packing::PackBits,
        other => return Err(ThumbnailError::Broken(format!("TIFF: compression {other} isn't known"))),
    })
}

fn meaning(photometric: u32, packing: Packing, subsampling: Option<&[u64]>) -> Result<Meaning, ThumbnailError> {
    let ratio = |at: usize| subsampling.and_then(|values| values.get(at)).copied().unwrap_or(2);
    Ok(match photometric {
        0 => Meaning::Grey { white_is_zero: true },
        // A mask (4) is bilevel; faxes whose writers left the field out are white where it is zero.
        1 | 4 => Meaning::Grey { white_is_zero: false },
        u32::MAX => Meaning::Grey {
            white_is_zero: matches!(packing, Packing::Huffman | Packing::Group3 { .. } | Packing::Group4),
        },
        2 => Meaning::Rgb,
        3 => Meaning::Palette,
        5 => Meaning::Inks,
        6 => match (ratio(0), ratio(1)) {
            (1 | 2 | 4, 1 | 2 | 4) => {
                let side = |at| usize::try_from(ratio(at)).unwrap_or(1);
                Meaning::YCbCr { across: side(0), down: side(1) }
            }
            _ => return Err(broken("subsampling")),
        },
        other => return Err(ThumbnailError::Broken(format!("TIFF: colours of kind {other} aren't known"))),
    })
}

/// The opacity among the samples behind the colours. Where nothing is said about exactly one of them, writers mean it.
fn opacity(meaning: Meaning, samples: usize, extra: Option<&[u64]>) -> Option<Opacity> {
    let colours = match meaning {
        Meaning::Grey { .. } => 1,
        Meaning::Rgb => 3,
        Meaning::Palette | Meaning::Inks | Meaning::YCbCr { .. } => return None,
    };
    match extra {
        None => (samples == colours + 1).then_some(Opacity { sample: colours, multiplied: false }),
        Some(kinds) => {
            let at = kinds.iter().position(|kind| matches!(kind, 1 | 2))?;
            let sample = samples.checked_sub(kinds.len())?.max(colours) + at;
            (sample < samples).then_some(Opacity { sample, multiplied: kinds[at] == 1 })
        }
    }
}

/// The colours of a palette: all reds, then all greens, then all blues, of 16 bits. Some writers write 8.
fn palette<R: Read + Seek>(
    directory: &Directory,
    window: &mut Window<R>,
    bits: u64,
) -> Result<Vec<[u8; 3]>, ThumbnailError> {
    let count = 1_usize << bits.min(16);
    let values = directory.numbers(window, COLOUR_MAP, 3 * count)?.unwrap_or_default();
    if values.len() < 3 * count {
        return Err(broken("its palette is missing"));
    }
    let shift = if values.iter().any(|value| *value > 255) { 8 } else { 0 };
    let part = |at: usize| u8::try_from(values[at] >> shift).unwrap_or(255);
    Ok((0..count).map(|at| [part(at), part(count + at), part(2 * count + at)]).collect())
}

/// The one value that all have.
fn same(values: Option<Vec<u64>>, or: u64, why: &str) -> Result<u64, ThumbnailError> {
    let values = values.unwrap_or_default();
    let first = values.first().copied().unwrap_or(or);
    if values.iter().any(|value| *value != first) { Err(broken(why)) } else { Ok(first) }
}

pub(super) fn broken(why: &str) -> ThumbnailError {
    ThumbnailError::Broken(format!("TIFF: {why}"))
}

/// What a chunk's reader came upon: bytes that end early or break their format make the picture broken, a disk that
/// fails doesn't.
pub(super) fn unreadable(error: io::Error) -> ThumbnailError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ThumbnailError::Broken("cut short".to_owned()),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => broken(&error.to_string()),
        _ => ThumbnailError::Io(error),
    }
}
