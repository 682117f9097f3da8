//! Parts cut out of pictures.

use image::RgbImage;

use super::jpeg::{Colour, Scaled};
use super::resize::resized;
use super::thumbnail::{ThumbnailError, encoded, fitted_in};

/// Of 100: the part is what remains of its picture.
const QUALITY: u8 = 90;

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// The JPEG of a part of a picture, at most `edge` pixels on its longer side, never larger than it is. What lies outside of
/// the picture is left out.
///
/// # Errors
/// `Broken` when nothing of it lies within the picture.
pub fn cut_out(picture: &RgbImage, area: Area, edge: u32) -> Result<Vec<u8>, ThumbnailError> {
    let width = area.width.min(picture.width().saturating_sub(area.x));
    let height = area.height.min(picture.height().saturating_sub(area.y));
    if width == 0 || height == 0 {
        return Err(ThumbnailError::Broken("the part lies outside of the picture".into()));
    }
    let (stride, left, across) = (picture.width() as usize * 3, area.x as usize * 3, width as usize * 3);
    let mut samples = Vec::with_capacity(across * height as usize);
    for row in picture.as_raw().chunks_exact(stride).skip(area.y as usize).take(height as usize) {
        samples.extend_from_slice(&row[left..left + across]);
    }
    let (small_width, small_height) = fitted_in(width, height, edge);
    let part = Scaled { width, height, colour: Colour::Rgb, samples };
    encoded(&resized(part, small_width, small_height), QUALITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// Red above, blue below.
    fn flag() -> RgbImage {
        RgbImage::from_fn(64, 48, |_, y| if y < 24 { Rgb([220, 30, 40]) } else { Rgb([20, 60, 200]) })
    }

    fn part(x: u32, y: u32, width: u32, height: u32) -> RgbImage {
        let jpeg = cut_out(&flag(), Area { x, y, width, height }, 16).unwrap();
        image::load_from_memory(&jpeg).unwrap().into_rgb8()
    }

    #[test]
    fn parts_keep_their_colours_and_proportions_and_never_grow() {
        let small = part(0, 24, 64, 900);
        assert_eq!(small.dimensions(), (16, 6));
        assert!(small.get_pixel(8, 3).0.iter().zip([20_u8, 60, 200]).all(|(one, other)| one.abs_diff(other) < 8));
        assert_eq!(part(60, 40, 4, 8).dimensions(), (4, 8));
        assert_eq!(part(63, 47, 9, 9).dimensions(), (1, 1));
    }

    #[test]
    fn what_lies_outside_is_refused() {
        for (x, y, width, height) in [(64, 0, 5, 5), (0, 48, 5, 5), (0, 0, 0, 5), (u32::MAX, 0, 5, 5)] {
            assert!(cut_out(&flag(), Area { x, y, width, height }, 16).is_err());
        }
    }
}
