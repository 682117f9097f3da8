//! Pictures for the tests of this folder.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use std::io::Cursor;
use std::path::PathBuf;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};

pub(super) fn encoded(pixels: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A file of real material, where there is any: in the folder that `GRANARY_SHARED_DATA` names, or beside the project.
pub(super) fn shared(name: &str) -> Option<Vec<u8>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("GRANARY_SHARED_DATA").map_or_else(beside, PathBuf::from);
    std::fs::read(folder.join(name)).ok()
}

/// A head from the front as one draws it, `side` pixels square: light from above, dark eyes, brows and mouth.
pub(super) fn drawn_head(side: u32) -> RgbImage {
    let unit = f64::from(side);
    let within = |x: f64, y: f64, [cx, cy, rx, ry]: [f64; 4]| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) <= 1.0;
    let head = RgbImage::from_fn(side, side, |x, y| {
        let (x, y) = (f64::from(x) / unit, f64::from(y) / unit);
        // Both halves are alike.
        let half = (x - 0.5).abs();
        let light = if !within(x, y, [0.5, 0.52, 0.36, 0.46]) {
            205.0
        } else if y < 0.22 + 0.25 * half * half {
            50.0
        } else if within(half, y, [0.15, 0.46, 0.025, 0.03]) {
            20.0
        } else if within(half, y, [0.15, 0.46, 0.07, 0.035]) {
            95.0
        } else if within(half, y, [0.16, 0.37, 0.1, 0.022]) {
            50.0
        } else if within(half, y, [0.035, 0.645, 0.02, 0.014]) {
            75.0
        } else if within(x, y, [0.5, 0.78, 0.12, 0.03]) {
            80.0
        } else {
            let shade = 185.0 - 130.0 * half * half - 25.0 * (y - 0.5).abs();
            let sockets = if within(half, y, [0.15, 0.45, 0.12, 0.09]) { 35.0 } else { 0.0 };
            let nose = if half < 0.045 && (0.45..0.62).contains(&y) { 15.0 } else { 0.0 };
            let below = if within(x, y, [0.5, 0.68, 0.09, 0.025]) { 30.0 } else { 0.0 };
            shade - sockets + nose - below
        };
        Rgb([1.1, 0.95, 0.85].map(|tint| (light * tint).clamp(0.0, 255.0) as u8))
    });
    imageops::blur(&head, side as f32 / 100.0)
}
