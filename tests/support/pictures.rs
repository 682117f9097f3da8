//! Test pictures: small, true to their format, and different for each seed.

use std::io::Cursor;

use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};

/// A picture in one of the formats the `image` crate writes.
pub fn picture(format: ImageFormat, width: u32, height: u32, seed: u8) -> Vec<u8> {
    let shade = |x: u32, y: u32| {
        let byte = |value: u32| u8::try_from(value % 256).expect("below 256");
        Rgb([byte(x * 3 + u32::from(seed)), byte(y * 5), byte(x + y + u32::from(seed) * 7)])
    };
    encode(RgbImage::from_fn(width, height, shade), format)
}

pub fn jpeg(width: u32, height: u32, seed: u8) -> Vec<u8> {
    picture(ImageFormat::Jpeg, width, height, seed)
}

pub fn png(width: u32, height: u32, seed: u8) -> Vec<u8> {
    picture(ImageFormat::Png, width, height, seed)
}

/// A JPEG whose left half is red and whose right half is blue, with an EXIF orientation.
pub fn jpeg_with_orientation(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let halves = |x, _| {
        if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }
    };
    let plain = encode(RgbImage::from_fn(width, height, halves), ImageFormat::Jpeg);
    // APP1 with a TIFF block of one entry: tag 0x0112, SHORT, count 1, the value.
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).expect("a short block");
    let mut bytes = plain[..2].to_vec();
    bytes.extend_from_slice(&[0xFF, 0xE1]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&exif);
    bytes.extend_from_slice(&plain[2..]);
    bytes
}

/// A JPEG of one colour, with a colour profile.
pub fn plain_jpeg(width: u32, height: u32, colour: [u8; 3], profile: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
    plain(encoder, width, height, colour, profile);
    bytes
}

/// The same as a PNG.
pub fn plain_png(width: u32, height: u32, colour: [u8; 3], profile: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    plain(image::codecs::png::PngEncoder::new(&mut bytes), width, height, colour, profile);
    bytes
}

fn plain(mut encoder: impl ImageEncoder, width: u32, height: u32, colour: [u8; 3], profile: Option<Vec<u8>>) {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).expect("an encoder that writes profiles");
    }
    let pixels = RgbImage::from_pixel(width, height, Rgb(colour));
    encoder.write_image(pixels.as_raw(), width, height, image::ExtendedColorType::Rgb8).expect("a picture");
}

/// A PNG that claims to be enormous: right header and checksums, next to no data.
pub fn png_bomb(side: u32) -> Vec<u8> {
    let mut header = side.to_be_bytes().to_vec();
    header.extend_from_slice(&side.to_be_bytes());
    header.extend_from_slice(&[8, 6, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header.as_slice()), (b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01"), (b"IEND", b"")] {
        let mut chunk = kind.to_vec();
        chunk.extend_from_slice(data);
        bytes.extend_from_slice(&u32::try_from(data.len()).expect("short").to_be_bytes());
        bytes.extend_from_slice(&chunk);
        bytes.extend_from_slice(&crc32fast::hash(&chunk).to_be_bytes());
    }
    bytes
}

/// Opens an answer's picture.
pub fn open(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).expect("a picture")
}

fn encode(pixels: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgb8(pixels);
    image.write_to(&mut bytes, format).expect("an encoder for this format");
    bytes.into_inner()
}
