//! `seetaface`: the engine that is built in, the frontal detector of SeetaFace 1 as ported to Rust.
//!
//! It tells where faces are, and nothing of how they are turned. Its boxes are its own: square and generous, from the forehead to
//! below the chin; only the picture's edge cuts them. The score is its own too: hits that were merged add up, so it has no upper bound,
//! and nothing below 3.85 comes out.

use std::sync::OnceLock;

use image::GrayImage;
use rustface::{FaceInfo, ImageData, Model};

use crate::faces::model::{Ability, Detected, FaceBox};

use super::{Addition, Engine, Picture, Unanswered, blur, clipped, largest_first, scale};

/// Where it comes from and under which licence: `models/README.md`.
const MODEL: &[u8] = include_bytes!("../../../models/seeta_fd_frontal_v1.0.bin");

/// The longer side of the picture when it is looked at. The detector's window is 40 pixels, whatever `set_min_face_size` says,
/// so this decides what the smallest face is: a sixteenth of the picture.
const SIDE: u32 = 640;

/// The engine. Its model is read when the first picture is looked at: most servers look at none, and it takes 5 MiB.
#[derive(Default)]
pub struct Seetaface {
    model: OnceLock<Result<Model, String>>,
}

impl Seetaface {
    /// All faces of a picture, the largest first. Blocks for some tens of milliseconds.
    ///
    /// # Errors
    /// When the embedded model is damaged: never in a binary that was built whole.
    pub fn look(&self, pixels: &image::RgbImage) -> Result<Vec<Detected>, String> {
        let read = || rustface::read_model(MODEL).map_err(|error| format!("the built-in face model: {error}"));
        let model = self.model.get_or_init(read).as_ref()?;
        let grey = scale::grey(pixels);
        let first = SIDE.min(grey.width().max(grey.height()));
        let (width, height) = scale::fitted(grey.width(), grey.height(), first);
        let mut faces = faces_in(model, &scale::scaled(grey.clone(), width, height));
        let mut seen_at = (width, height);
        if faces.is_empty() {
            // Smaller faces cost four times as much: only where there are no larger ones.
            seen_at = scale::fitted(grey.width(), grey.height(), 2 * first);
            faces = faces_in(model, &scale::scaled(grey, seen_at.0, seen_at.1));
        }
        let found = faces.iter().filter_map(|face| {
            let place = placed(face, seen_at, pixels.dimensions())?;
            Some(Detected { place, pose: None, blur: Some(blur::blur(pixels, place)), score: face.score() })
        });
        Ok(largest_first(found.collect()))
    }
}

/// The detector can't be shared nor sent, and is cheap beside its work.
fn faces_in(model: &Model, grey: &GrayImage) -> Vec<FaceInfo> {
    let mut detector = rustface::create_detector_with_model(model.clone());
    detector.detect(&ImageData::new(grey.as_raw(), grey.width(), grey.height()))
}

/// Where a face is in the picture, of which a copy of another size was looked at.
fn placed(face: &FaceInfo, (seen_width, seen_height): (u32, u32), size: (u32, u32)) -> Option<FaceBox> {
    let across = f64::from(size.0) / f64::from(seen_width);
    let down = f64::from(size.1) / f64::from(seen_height);
    let place = face.bbox();
    let (left, top) = (f64::from(place.x()), f64::from(place.y()));
    let (right, bottom) = (left + f64::from(place.width()), top + f64::from(place.height()));
    clipped([left * across, top * down, right * across, bottom * down], size)
}

#[rocket::async_trait]
impl Engine for Seetaface {
    fn ability(&self) -> Ability {
        Ability { name: "seetaface", pose: false, blur: true, embedded: true }
    }

    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered> {
        picture.pixels.as_ref().map_or(Ok(Vec::new()), |pixels| self.look(pixels)).map_err(Unanswered)
    }

    async fn add(&self, _: &Addition) -> Result<Option<String>, Unanswered> {
        Ok(None)
    }

    async fn remove(&self, _: &str, _: &str) -> Result<(), Unanswered> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
