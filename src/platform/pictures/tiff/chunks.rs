//! The strips and tiles of a TIFF as rows of bytes.
//!
//! What always holds: memory goes with one row (of a fax or a JPEG, with one chunk), rows are as long as the layout
//! says, and a chunk that has fewer is an error.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::bufread::ZlibDecoder;
use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::fax::Fax;
use super::layout::{Layout, Meaning, Packing, broken, unreadable};
use crate::platform::pictures::jpeg::{self, Colour};
use crate::platform::pictures::thumbnail::{MAX_MEMORY, ThumbnailError};

/// Gives the rows of one chunk, from the top.
pub(super) enum Rows<'s> {
    Bytes(Box<dyn Read + 's>),
    Fax(Fax),
    Jpeg { samples: Vec<u8>, stride: usize, at: usize },
}

impl<'s> Rows<'s> {
    /// Opens chunk `index`.
    pub(super) fn open<R: BufRead + Seek>(
        source: &'s mut R,
        layout: &Layout,
        index: usize,
    ) -> Result<Self, ThumbnailError> {
        let offset = layout.offsets.get(index).copied().ok_or_else(|| broken("chunks are missing"))?;
        // Some writers put down 0 where they mean the rest.
        let length = layout.lengths.get(index).copied().filter(|length| *length > 0).unwrap_or(u64::MAX);
        source.seek(SeekFrom::Start(offset))?;
        let bytes = source.take(length);
        let bytes: Box<dyn BufRead + 's> =
            if layout.reversed { Box::new(BufReader::new(Reversed(bytes))) } else { Box::new(bytes) };
        Ok(match layout.packing {
            Packing::Plain => Self::Bytes(bytes),
            Packing::Lzw => {
                Self::Bytes(Box::new(Lzw { source: bytes, decoder: Decoder::with_tiff_size_switch(BitOrder::Msb, 8) }))
            }
            Packing::Deflate => Self::Bytes(Box::new(ZlibDecoder::new(bytes))),
            Packing::PackBits => Self::Bytes(Box::new(PackBits { source: bytes, left: 0, repeated: None })),
            Packing::Jpeg => jpeg_rows(&whole(bytes)?, layout)?,
            Packing::Huffman | Packing::Group3 { .. } | Packing::Group4 => {
                Self::Fax(Fax::new(whole(bytes)?, layout.chunk.0, layout.packing))
            }
        })
    }

    /// Fills `row` with the next one.
    pub(super) fn next(&mut self, row: &mut [u8]) -> Result<(), ThumbnailError> {
        match self {
            Self::Bytes(bytes) => bytes.read_exact(row).map_err(unreadable),
            Self::Fax(fax) => fax.row(row).map_err(unreadable),
            Self::Jpeg { samples, stride, at } => {
                let bytes = samples.get(*at..*at + *stride).ok_or_else(|| broken("a JPEG with too few rows"))?;
                *at += *stride;
                let filled = bytes.len().min(row.len());
                row[..filled].copy_from_slice(&bytes[..filled]);
                Ok(())
            }
        }
    }
}

/// All bytes of a chunk. Those of a fax are few, and a JPEG is read from memory.
fn whole(bytes: impl Read) -> Result<Vec<u8>, ThumbnailError> {
    let mut data = Vec::new();
    bytes.take(MAX_MEMORY / 4).read_to_end(&mut data).map_err(unreadable)?;
    Ok(data)
}

/// A chunk that is a JPEG, whose tables may stand in the directory (TIFF Technical Note 2).
fn jpeg_rows<'s>(data: &[u8], layout: &Layout) -> Result<Rows<'s>, ThumbnailError> {
    let tables = layout.tables.strip_suffix(b"\xFF\xD9").unwrap_or(&layout.tables);
    let body = if tables.is_empty() { data } else { data.strip_prefix(b"\xFF\xD8").unwrap_or(data) };
    let whole = [tables, body].concat();
    let is_light_and_colour = matches!(layout.meaning, Meaning::YCbCr { .. });
    let picture = jpeg::decode_chunk(&whole, is_light_and_colour);
    let picture = picture.map_err(|jpeg::Broken(why)| ThumbnailError::Broken(why.to_owned()))?;
    let samples = picture.colour.channels();
    let fits = samples == layout.samples && (picture.width as usize) >= layout.chunk.0.min(layout.width);
    if !fits || picture.colour == Colour::YCbCr {
        return Err(broken("a JPEG of another kind in it"));
    }
    Ok(Rows::Jpeg { samples: picture.samples, stride: picture.width as usize * samples, at: 0 })
}

/// Each byte with its bits the other way round.
struct Reversed<R>(R);

impl<R: Read> Read for Reversed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        buffer[..count].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        Ok(count)
    }
}

struct Lzw<R> {
    source: R,
    decoder: Decoder,
}

impl<R: BufRead> Read for Lzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let input = self.source.fill_buf()?;
            let is_empty = input.is_empty();
            let done = self.decoder.decode_bytes(input, buffer);
            self.source.consume(done.consumed_in);
            if done.consumed_out > 0 {
                return Ok(done.consumed_out);
            }
            match done.status {
                Ok(LzwStatus::Done) => return Ok(0),
                Ok(_) if is_empty || done.consumed_in == 0 => return Ok(0),
                Ok(_) => {}
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
    }
}

/// Runs of bytes. Source: TIFF 6.0, section 9.
struct PackBits<R> {
    source: R,
    /// Bytes left of the run at hand.
    left: usize,
    /// The byte that the run repeats; `None` where they stand one by one.
    repeated: Option<u8>,
}

impl<R: BufRead> Read for PackBits<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let mut head = [0];
            if self.source.read(&mut head)? == 0 {
                return Ok(0);
            }
            match head[0] {
                128 => {}
                count @ 0..128 => (self.left, self.repeated) = (usize::from(count) + 1, None),
                count => {
                    let mut byte = [0];
                    self.source.read_exact(&mut byte)?;
                    (self.left, self.repeated) = (257 - usize::from(count), Some(byte[0]));
                }
            }
        }
        let wanted = self.left.min(buffer.len());
        let count = match self.repeated {
            Some(byte) => {
                buffer[..wanted].fill(byte);
                wanted
            }
            None => self.source.read(&mut buffer[..wanted])?,
        };
        self.left -= count;
        Ok(count)
    }
}
