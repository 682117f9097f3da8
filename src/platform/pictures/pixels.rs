//! A picture's pixels at full size, for what looks at pictures itself.
//!
//! A thumbnail may be made of a file that lacks its last bytes; here that is an error. What always holds: nothing is
//! decoded before its header was found to be within the limits, and a picture that lacks samples is
//! [`ThumbnailError::Broken`], however lenient its decoder is; one that lacks nothing but its end marker is whole.

use std::io::Cursor;

use image::RgbImage;

use super::colour;
use super::header::{self, Header};
use super::jpeg::{self, Colour, Scaled};
use super::thumbnail::{ThumbnailError, decoded, format, turned, within_limits};
use super::window::Window;

/// The picture as displayed: upright, 8 bits of red, green and blue as sRGB has them, white behind what is
/// transparent. Of an animation, the first frame.
///
/// # Errors
/// `NotAPicture` for bytes of another type, `TooLarge` above [`super::MAX_PIXELS`], `Broken` for what can't be decoded
/// whole.
pub fn pixels(bytes: &[u8]) -> Result<RgbImage, ThumbnailError> {
    let mut window = Window::new(Cursor::new(bytes))?;
    let content_type = super::sniff::content_type(window.head());
    let format = format(content_type);
    if format.is_none() && content_type != "image/jpeg" {
        return Err(ThumbnailError::NotAPicture);
    }
    let header = header::read(&mut window, content_type)?.ok_or_else(|| broken("no size in its header"))?;
    within_limits(header)?;
    let told = colour::told(&mut window, content_type)?;
    let picture = match format {
        Some(_) if !is_whole(bytes, content_type) => return Err(broken("cut short")),
        Some(format) => decoded(Cursor::new(bytes), format, header)?,
        None => jpeg::decode_whole(bytes).map_err(|jpeg::Broken(why)| broken(why))?,
    };
    upright(colour::in_srgb(picture, &told), header)
}

fn broken(why: &str) -> ThumbnailError {
    ThumbnailError::Broken(why.to_owned())
}

fn upright(picture: Scaled, header: Header) -> Result<RgbImage, ThumbnailError> {
    let picture = turned(picture, header.orientation);
    let mut samples = picture.samples;
    if picture.colour == Colour::Grey {
        samples = samples.iter().flat_map(|&light| [light; 3]).collect();
    }
    RgbImage::from_raw(picture.width, picture.height, samples).ok_or_else(|| broken("fewer samples than pixels"))
}

/// Does the file reach as far as its own structure says? Of the others, decoders notice.
fn is_whole(bytes: &[u8], content_type: &str) -> bool {
    match content_type {
        "image/png" => png_ends(bytes).is_some() || png_lacks_its_end(bytes).is_some(),
        "image/gif" => gif_ends(bytes).is_some(),
        // RFC 9649: the size of all that follows, in bytes 4 to 7.
        "image/webp" => bytes
            .get(4..)
            .and_then(|rest| rest.first_chunk::<4>())
            .is_some_and(|size| bytes.len() as u64 >= u64::from(u32::from_le_bytes(*size)) + 8),
        _ => true,
    }
}

/// The place behind `IEND`.
fn png_ends(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let [a, b, c, d, name @ ..] = *bytes.get(at..)?.first_chunk::<8>()?;
        // Length, name and checksum.
        at = at.checked_add(usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?)?.checked_add(12)?;
        if &name == b"IEND" {
            return (at <= bytes.len()).then_some(at);
        }
    }
}

/// Where `IEND` belongs in a PNG that lacks it (or what comes behind its samples), though none of its data.
pub(super) fn png_lacks_its_end(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut has_data) = (8, false);
    loop {
        let Some([a, b, c, d, name @ ..]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).copied() else {
            return has_data.then_some(at);
        };
        let end = at.checked_add(usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?)?.checked_add(12)?;
        if end > bytes.len() {
            return (has_data && &name != b"IDAT").then_some(at);
        }
        has_data |= &name == b"IDAT";
        at = end;
    }
}

/// The place behind the trailer, or behind the first picture where that is missing. Source: the GIF89a specification.
fn gif_ends(bytes: &[u8]) -> Option<usize> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 6 << (flags & 7) };
    let mut at = 13 + table(*bytes.get(10)?);
    let mut has_picture = false;
    loop {
        at = match bytes.get(at) {
            Some(0x21) => gif_blocks(bytes, at + 2)?,
            Some(0x2C) => {
                let end = gif_blocks(bytes, at + 11 + table(*bytes.get(at + 9)?))?;
                has_picture = true;
                end
            }
            Some(0x3B) => return Some(at + 1),
            None if has_picture => return Some(at),
            _ => return None,
        }
    }
}

/// The place behind a row of blocks, the last of which is empty.
fn gif_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            size => at += usize::from(size) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::pictures::tiff;
    use image::{DynamicImage, ImageFormat, Rgb};

    /// Not plain: what is cut off a plain picture may be nothing.
    fn picture() -> RgbImage {
        RgbImage::from_fn(61, 47, |x, y| {
            Rgb([x * 4, y * 5, (x * 7919 + y * 104_729) % 256].map(|value| u8::try_from(value).unwrap()))
        })
    }

    fn bytes_of(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture()).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn exact_formats_keep_every_pixel() {
        use ImageFormat::{Bmp, Png, Tiff, WebP};
        for format in [Png, Bmp, Tiff, WebP] {
            assert_eq!(pixels(&bytes_of(format)).unwrap(), picture(), "{format:?}");
        }
        assert_eq!(pixels(&bytes_of(ImageFormat::Gif)).unwrap().dimensions(), (61, 47));
    }

    #[test]
    fn jpegs_agree_with_another_decoder() {
        let bytes = bytes_of(ImageFormat::Jpeg);
        let other = image::load_from_memory(&bytes).unwrap().into_rgb8();
        let ours = pixels(&bytes).unwrap();
        assert_eq!(ours.dimensions(), other.dimensions());
        let apart: u64 = ours.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(apart < 2 * ours.len() as u64, "{apart} over {}", ours.len());
    }

    #[test]
    fn samples_that_are_cut_off_are_missed_and_ends_are_not() {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        // What stands behind the samples: JPEG's end marker, PNG's last chunk, GIF's trailer, where TIFF's next
        // picture is.
        for (format, behind) in [(Jpeg, 2), (Png, 12), (Gif, 1), (WebP, 0), (Bmp, 0), (Tiff, 4)] {
            let file = bytes_of(format);
            let whole = &file[..file.len() - behind];
            for length in whole.len()..=file.len() {
                assert!(pixels(&file[..length]).is_ok(), "{format:?}: {length} of {}", file.len());
            }
            for length in (0..whole.len()).rev().take(40).chain((0..whole.len()).step_by(61)) {
                assert!(pixels(&whole[..length]).is_err(), "{format:?}: {length} of {}", whole.len());
            }
            let more = [file.as_slice(), b"something behind it"].concat();
            assert!(pixels(&more).is_ok(), "{format:?}");
        }
    }

    #[test]
    fn profiles_are_applied_and_broken_ones_passed_over() {
        use crate::platform::pictures::tests::profiles;
        use image::ImageEncoder;
        let plain = RgbImage::from_pixel(40, 30, Rgb([200, 90, 80]));
        let png = |profile: Vec<u8>| {
            let mut bytes = Vec::new();
            let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
            encoder.set_icc_profile(profile).unwrap();
            encoder.write_image(plain.as_raw(), 40, 30, image::ExtendedColorType::Rgb8).unwrap();
            pixels(&bytes).unwrap().get_pixel(7, 7).0
        };
        let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(near(png(profiles::display_p3()), [217, 80, 73]));
        assert!(near(png(profiles::adobe_rgb()), [228, 90, 78]));
        assert_eq!(png(b"nonsense".to_vec()), [200, 90, 80]);
        assert_eq!(png(profiles::inks()), [200, 90, 80]);
    }

    #[test]
    fn orientation_is_applied() {
        let jpeg = bytes_of(ImageFormat::Jpeg);
        let exif = tiff::tests::exif(6, b"2024:05:06 07:08:09");
        let length = u8::try_from(exif.len() + 8).unwrap();
        let turned = [&[0xFF, 0xD8, 0xFF, 0xE1, 0, length], &b"Exif\0\0"[..], &exif, &jpeg[2..]].concat();
        let upright = pixels(&turned).unwrap();
        assert_eq!(upright, image::imageops::rotate90(&pixels(&jpeg).unwrap()));
    }

    #[test]
    fn bombs_and_other_things_are_refused_unopened() {
        let mut png = bytes_of(ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
        assert!(matches!(pixels(&png), Err(ThumbnailError::TooLarge { width: 50_000, .. })));
        for other in [&b"%PDF-1.7\n"[..], b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>"] {
            assert!(matches!(pixels(other), Err(ThumbnailError::NotAPicture)));
        }
    }
}
