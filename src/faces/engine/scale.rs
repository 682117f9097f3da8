//! Pictures at the sizes that engines want them.

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, RgbImage, imageops};

/// The sizes of a picture whose longer side becomes `longest`, in proportion, at least one pixel.
pub(super) fn fitted(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let (from, to) = (u64::from(width.max(height)).max(1), u64::from(longest));
    let fit = |side: u32| u32::try_from((u64::from(side) * to + from / 2) / from).unwrap_or(longest).max(1);
    (fit(width), fit(height))
}

/// How light each pixel is.
pub(super) fn grey(pixels: &RgbImage) -> GrayImage {
    let light = |[red, green, blue]: &[u8; 3]| {
        let sum = 77 * u32::from(*red) + 150 * u32::from(*green) + 29 * u32::from(*blue);
        u8::try_from((sum + 128) >> 8).unwrap_or(255)
    };
    let samples = pixels.as_raw().as_chunks::<3>().0.iter().map(light).collect();
    // There is one sample for each pixel.
    GrayImage::from_raw(pixels.width(), pixels.height(), samples).unwrap_or_default()
}

/// The picture at another size: averaged when it shrinks, interpolated when it grows.
pub(super) fn scaled(picture: GrayImage, width: u32, height: u32) -> GrayImage {
    if picture.dimensions() == (width, height) {
        return picture;
    }
    let picture = DynamicImage::ImageLuma8(picture);
    let scaled = if width < picture.width() {
        picture.thumbnail_exact(width, height)
    } else {
        picture.resize_exact(width, height, FilterType::Triangle)
    };
    scaled.into_luma8()
}

/// As [`scaled`], in colour.
pub(super) fn scaled_rgb(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    if width < picture.width() {
        imageops::thumbnail(picture, width, height)
    } else {
        imageops::resize(picture, width, height, FilterType::Triangle)
    }
}
