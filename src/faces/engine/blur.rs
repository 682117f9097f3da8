//! How blurred a face is.
//!
//! Edges make the Laplacian of a picture swing; a blurred face has none. What always holds: the measure is taken at about the same scale
//! for all faces, so that a large one isn't called blurred for its size.

use image::{GrayImage, RgbImage, imageops};

use crate::faces::model::FaceBox;

use super::scale;

/// The longest side of the face when it is measured; smaller ones are taken as they are.
const SIDE: u32 = 112;

/// 100·exp(−v/100), v the variance of the Laplacian of the grey face: 0 sharp, 100 without any edge.
pub(super) fn blur(pixels: &RgbImage, place: FaceBox) -> f64 {
    let side = |value: i64| u32::try_from(value).unwrap_or(0);
    let face = imageops::crop_imm(pixels, side(place.x), side(place.y), side(place.width), side(place.height));
    let face = scale::grey(&face.to_image());
    let (width, height) = face.dimensions();
    let (width, height) = scale::fitted(width, height, SIDE.min(width.max(height)));
    100.0 * (-variance(&scale::scaled(face, width, height)) / 100.0).exp()
}

/// The variance of what each pixel differs from the mean of its four neighbours by, times four; the outermost pixels have too few.
fn variance(face: &GrayImage) -> f64 {
    let width = face.width() as usize;
    let rows: Vec<&[u8]> = face.as_raw().chunks_exact(width.max(1)).collect();
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for three in rows.windows(3) {
        for x in 1..width.saturating_sub(1) {
            let light = |row: usize, x: usize| f64::from(three[row][x]);
            let edge = light(0, x) + light(2, x) + light(1, x - 1) + light(1, x + 1) - 4.0 * light(1, x);
            count += 1.0;
            sum += edge;
            squares += edge * edge;
        }
    }
    if count == 0.0 { 0.0 } else { squares / count - (sum / count) * (sum / count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn whole(pixels: &RgbImage) -> FaceBox {
        FaceBox { x: 0, y: 0, width: pixels.width().into(), height: pixels.height().into() }
    }

    #[test]
    fn the_formula_on_a_known_picture() {
        // One light pixel in 5×5: of the nine that count, one is −4·d, four are d.
        let mut pixels = RgbImage::new(5, 5);
        pixels.put_pixel(2, 2, Rgb([10; 3]));
        let variance = (1600.0 + 4.0 * 100.0) / 9.0;
        assert!((blur(&pixels, whole(&pixels)) - 100.0 * f64::exp(-variance / 100.0)).abs() < 1e-9);
    }

    #[test]
    fn plain_is_100_and_sharp_is_0() {
        let plain = RgbImage::from_pixel(300, 200, Rgb([90, 80, 70]));
        assert!((blur(&plain, whole(&plain)) - 100.0).abs() < 1e-9);
        let sharp = RgbImage::from_fn(64, 64, |x, y| Rgb([if (x ^ y) & 1 == 0 { 255 } else { 0 }; 3]));
        assert!(blur(&sharp, whole(&sharp)) < 1e-9);
        for tiny in [RgbImage::new(2, 9), RgbImage::new(1, 1)] {
            assert!((blur(&tiny, whole(&tiny)) - 100.0).abs() < 1e-9);
        }
    }

    #[test]
    fn blurring_raises_it_and_only_the_face_counts() {
        let stripes = RgbImage::from_fn(200, 200, |x, y| Rgb([if (x / 9 + y / 7) % 2 == 0 { 160 } else { 90 }; 3]));
        let face = FaceBox { x: 50, y: 50, width: 100, height: 100 };
        let measured: Vec<f64> =
            [0.0, 1.0, 3.0].iter().map(|&radius| blur(&imageops::blur(&stripes, radius), face)).collect();
        assert!(measured[0] < measured[1] && measured[1] < measured[2], "{measured:?}");
        let mut framed = RgbImage::from_fn(200, 200, |x, y| Rgb([if (x ^ y) & 1 == 0 { 255 } else { 0 }; 3]));
        imageops::replace(&mut framed, &RgbImage::new(100, 100), 50, 50);
        assert!((blur(&framed, face) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn large_faces_are_measured_at_112() {
        let small = RgbImage::from_fn(112, 84, |x, y| Rgb([if (x / 4 + y / 4) % 2 == 0 { 140 } else { 110 }; 3]));
        let large = imageops::resize(&small, 448, 336, imageops::FilterType::Nearest);
        assert!((blur(&small, whole(&small)) - blur(&large, whole(&large))).abs() < 0.5);
    }
}
