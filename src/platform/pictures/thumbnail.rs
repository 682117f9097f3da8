//! Thumbnails: one small JPEG for every picture, whatever it came as.
//!
//! What always holds: a thumbnail fits in [`EDGE`]×[`EDGE`], stands upright, has no transparency and is never larger
//! than its picture; nothing is decoded before its header was found to be within the limits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits};

use super::header::{self, Header};
use super::jpeg::{self, Colour, Scaled};
use super::look::look;
use super::pixels::png_lacks_its_end;
use super::resize::resized;
use super::window::Window;
use super::{MAX_PIXELS, colour, helpers, sniff, tiff};

/// The longest side of a thumbnail in pixels: rows of 240 CSS pixels on a screen with two device pixels each.
pub const EDGE: u32 = 480;

/// Of 100; at thumbnail size the difference to more can't be seen.
const QUALITY: u8 = 80;

/// Memory that a decoder may take: 100 megapixels of RGBA, and some. Deeper pictures must have fewer pixels.
pub(super) const MAX_MEMORY: u64 = 448 << 20;

/// Bytes of a JPEG that are read; 100 megapixels at best quality have fewer. A film behind a picture may be cut off.
const MAX_JPEG: u64 = 192 << 20;

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum ThumbnailError {
    /// Nothing that could be shown, or its helper isn't installed: show the type's icon.
    #[error("not a picture")]
    NotAPicture,
    /// More than [`MAX_PIXELS`], or more memory than a decoder is given.
    #[error("{width}×{height} pixels are too many")]
    TooLarge {
        /// Pixels across as stored.
        width: u32,
        /// Pixels down as stored.
        height: u32,
    },
    /// It claims to be a picture but can't be decoded: show the broken picture. The text is for the log.
    #[error("broken picture: {0}")]
    Broken(String),
    /// The file can't be read, or a helper not be run: worth another try later.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is made of a picture in one decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Small {
    /// The thumbnail: the bytes of a JPEG.
    pub jpeg: Vec<u8>,
    /// How the picture looks: a number below 2^63 of which near-identical pictures differ in few bits. `None` for a
    /// picture too plain to tell apart.
    pub look: Option<u64>,
}

/// Makes the thumbnail of the file at `path`, whose type was sniffed to be `content_type`, and its fingerprint.
///
/// # Errors
/// See [`ThumbnailError`]; only `Io` is worth another try.
pub fn thumbnail(path: &Path, content_type: &str) -> Result<Small, ThumbnailError> {
    if is_decodable(content_type) {
        return own(path, content_type, Turn::AsStored);
    }
    if sniff::is_raw_tiff(content_type) {
        // Of a raw picture, its small preview is shown; where that is of a kind that we don't read, nothing is broken.
        return own(path, "image/tiff", Turn::AsStored).map_err(|error| match error {
            ThumbnailError::Io(error) => ThumbnailError::Io(error),
            _ => ThumbnailError::NotAPicture,
        });
    }
    if !helpers::can(content_type) {
        return Err(ThumbnailError::NotAPicture);
    }
    // A HEIF's size is known beforehand; a film's isn't, but its helper makes it small and has its own limits.
    if let Some(header) = header::read(&mut Window::new(File::open(path)?)?, content_type)? {
        within_limits(header)?;
    }
    let still = helpers::still(path, content_type)?;
    own(&still.path(), still.content_type(), Turn::Done)
}

/// Is the type one that needs no helper?
pub(super) fn is_decodable(content_type: &str) -> bool {
    content_type == "image/jpeg" || format(content_type).is_some()
}

/// What `image` calls the formats that it decodes for us.
pub(super) fn format(content_type: &str) -> Option<ImageFormat> {
    match content_type {
        "image/png" => Some(ImageFormat::Png),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        "image/bmp" => Some(ImageFormat::Bmp),
        "image/tiff" => Some(ImageFormat::Tiff),
        _ => None,
    }
}

/// Whether the picture's own orientation still has to be applied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    AsStored,
    Done,
}

fn own(path: &Path, content_type: &str, turn: Turn) -> Result<Small, ThumbnailError> {
    let mut window = Window::new(File::open(path)?)?;
    let header = header::read(&mut window, content_type)?;
    let header = header.ok_or_else(|| ThumbnailError::Broken("no size in its header".into()))?;
    within_limits(header)?;
    let told = colour::told(&mut window, content_type)?;
    let small = if let Some(format) = format(content_type) { other(path, format, header)? } else { from_jpeg(path)? };
    let small = colour::in_srgb(small, &told);
    let upright = if turn == Turn::AsStored { turned(small, header.orientation) } else { small };
    Ok(Small { jpeg: encoded(&upright, QUALITY)?, look: look(&upright) })
}

/// Has the picture no more than [`MAX_PIXELS`]?
pub(super) fn within_limits(header: Header) -> Result<(), ThumbnailError> {
    let Header { width, height, .. } = header;
    if header.pixels() > MAX_PIXELS { Err(ThumbnailError::TooLarge { width, height }) } else { Ok(()) }
}

fn from_jpeg(path: &Path) -> Result<Scaled, ThumbnailError> {
    let file = File::open(path)?;
    let size = file.metadata()?.len().min(MAX_JPEG);
    let mut data = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(MAX_JPEG).read_to_end(&mut data)?;
    let picture = jpeg::decode(&data, EDGE).map_err(|jpeg::Broken(why)| ThumbnailError::Broken(why.into()))?;
    let (width, height) = fitted(picture.width, picture.height);
    Ok(resized(picture, width, height))
}

fn other(path: &Path, format: ImageFormat, header: Header) -> Result<Scaled, ThumbnailError> {
    let picture = decoded(BufReader::with_capacity(64 * 1024, File::open(path)?), format, header)?;
    let (width, height) = fitted(picture.width, picture.height);
    Ok(resized(picture, width, height))
}

/// A picture of a format that isn't JPEG at its full size, as stored.
pub(super) fn decoded<R: BufRead + Seek>(
    mut source: R,
    format: ImageFormat,
    header: Header,
) -> Result<Scaled, ThumbnailError> {
    if format == ImageFormat::Tiff {
        return tiff::decode(source);
    }
    let picture = match by_image(&mut source, format) {
        Err(error) if format == ImageFormat::Png => with_its_end(source)?.ok_or(error),
        done => done,
    };
    let picture = picture.map_err(|error| undecodable(error, header))?;
    let (width, height) = (picture.width(), picture.height());
    let (colour, samples) = match picture {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => (Colour::Grey, picture.into_luma8().into_raw()),
        DynamicImage::ImageLumaA8(image) => (Colour::Grey, over_white::<2>(image.into_raw(), false)),
        _ if picture.color().has_alpha() => (Colour::Rgb, over_white::<4>(picture.into_rgba8().into_raw(), false)),
        _ => (Colour::Rgb, picture.into_rgb8().into_raw()),
    };
    Ok(Scaled { width, height, colour, samples })
}

fn by_image(source: impl BufRead + Seek, format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::with_format(source, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    reader.decode()
}

/// A PNG that could not be decoded, once more with its end, where it lacks nothing but that.
fn with_its_end<R: BufRead + Seek>(mut source: R) -> io::Result<Option<DynamicImage>> {
    const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";
    source.rewind()?;
    let mut bytes = Vec::new();
    source.take(MAX_JPEG).read_to_end(&mut bytes)?;
    let Some(end) = png_lacks_its_end(&bytes).filter(|_| (bytes.len() as u64) < MAX_JPEG) else {
        return Ok(None);
    };
    bytes.truncate(end);
    bytes.extend(END);
    Ok(by_image(Cursor::new(bytes), ImageFormat::Png).ok())
}

/// Puts white behind pixels of `N` samples, the last of which is the opacity (by which the others may have been
/// multiplied already), and takes that out. In place: a second copy of a large picture would double the memory.
pub(super) fn over_white<const N: usize>(mut samples: Vec<u8>, multiplied: bool) -> Vec<u8> {
    let mut to = 0;
    for from in (0..samples.len()).step_by(N) {
        let opacity = u16::from(samples[from + N - 1]);
        for channel in 0..N - 1 {
            let colour = u16::from(samples[from + channel]);
            let colour = if multiplied { colour.min(opacity) * 255 } else { colour * opacity };
            let sum = colour + 255 * (255 - opacity);
            samples[to] = u8::try_from((sum + 127) / 255).unwrap_or(255);
            to += 1;
        }
    }
    samples.truncate(to);
    samples
}

fn undecodable(error: ImageError, header: Header) -> ThumbnailError {
    match error {
        ImageError::Limits(_) => ThumbnailError::TooLarge { width: header.width, height: header.height },
        ImageError::IoError(error)
            if !matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) =>
        {
            ThumbnailError::Io(error)
        }
        error => ThumbnailError::Broken(error.to_string()),
    }
}

fn internal(error: impl std::fmt::Display) -> ThumbnailError {
    ThumbnailError::Broken(error.to_string())
}

/// The size within [`EDGE`] that keeps the proportions, at least one pixel, never larger.
fn fitted(width: u32, height: u32) -> (u32, u32) {
    fitted_in(width, height, EDGE)
}

/// The same within `edge`×`edge`.
pub(super) fn fitted_in(width: u32, height: u32, edge: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    if longest <= u64::from(edge) {
        return (width, height);
    }
    let fit =
        |side: u32| u32::try_from((u64::from(side) * u64::from(edge) + longest / 2) / longest).unwrap_or(edge).max(1);
    (fit(width), fit(height))
}

/// The picture upright, by EXIF's numbers: 2 to 4 mirror or turn it, 5 to 8 swap its sides too.
pub(super) fn turned(picture: Scaled, orientation: u8) -> Scaled {
    if orientation == 1 {
        return picture;
    }
    let channels = picture.colour.channels();
    let (old_width, old_height) = (picture.width as usize, picture.height as usize);
    let (width, height) = if orientation >= 5 { (old_height, old_width) } else { (old_width, old_height) };
    let mut samples = Vec::with_capacity(picture.samples.len());
    for y in 0..height {
        for x in 0..width {
            let (from_x, from_y) = match orientation {
                2 => (old_width - 1 - x, y),
                3 => (old_width - 1 - x, old_height - 1 - y),
                4 => (x, old_height - 1 - y),
                5 => (y, x),
                6 => (y, old_height - 1 - x),
                7 => (old_width - 1 - y, old_height - 1 - x),
                8 => (old_width - 1 - y, x),
                _ => (x, y),
            };
            let at = (from_y * old_width + from_x) * channels;
            samples.extend_from_slice(&picture.samples[at..at + channels]);
        }
    }
    let (width, height) =
        if orientation >= 5 { (picture.height, picture.width) } else { (picture.width, picture.height) };
    Scaled { width, height, colour: picture.colour, samples }
}

/// The picture as a JPEG of `quality` (of 100).
pub(super) fn encoded(picture: &Scaled, quality: u8) -> Result<Vec<u8>, ThumbnailError> {
    let colour = match picture.colour {
        Colour::Grey => jpeg_encoder::ColorType::Luma,
        Colour::YCbCr => jpeg_encoder::ColorType::Ycbcr,
        Colour::Rgb => jpeg_encoder::ColorType::Rgb,
        Colour::Inks => jpeg_encoder::ColorType::Cmyk,
    };
    let side = |pixels: u32| u16::try_from(pixels).map_err(internal);
    let mut bytes = Vec::with_capacity(64 * 1024);
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    encoder.encode(&picture.samples, side(picture.width)?, side(picture.height)?, colour).map_err(internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
