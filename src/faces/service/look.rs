//! Looking at a picture: opened, its faces found, the largest cut out.
//!
//! What always holds: where this server finds the faces, pixels exist only while a permit of the one CPU semaphore is
//! held, however many rows are under way. An outside server is asked without one, since it works elsewhere.

use std::sync::Arc;

use super::Faces;
use crate::faces::engine::{Picture, Unanswered, Unreadable, blocking};
use crate::faces::model::{Detected, with_margin};
use crate::platform::pictures::{Area, cut_out};

/// Pixels on the longer side of a crop.
const EDGE: u32 = 256;

/// What was seen in a picture.
pub struct Sighting {
    /// The largest first.
    pub faces: Vec<Detected>,
    /// As the engine needs it for adding the face: without pixels where this server keeps the face.
    pub picture: Arc<Picture>,
    /// The largest face as a JPEG, where this server keeps it.
    pub(super) crop: Option<Vec<u8>>,
}

/// Why a picture wasn't looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// It can't be opened (code 102).
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The engine doesn't answer (code 301).
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

impl Faces {
    /// Opens a picture and finds its faces.
    ///
    /// # Errors
    /// See [`LookError`].
    pub async fn look(&self, bytes: Arc<Vec<u8>>) -> Result<Sighting, LookError> {
        let permit = self.inner.cpu.clone().acquire_owned().await.map_err(unanswered)?;
        let engine = self.inner.engine.clone();
        let opened = tokio::task::spawn_blocking(move || (engine.open(bytes), permit)).await;
        let (opened, permit) = opened.map_err(|panic| broken(&panic))?;
        let picture = Arc::new(opened?);
        if !self.ability().embedded {
            drop(permit);
            let faces = self.inner.engine.clone().detect(picture.clone()).await?;
            return Ok(Sighting { faces, picture, crop: None });
        }
        let faces = self.inner.engine.clone().detect(picture.clone()).await?;
        let crop = match faces.first().cloned().filter(|_| picture.pixels.is_some()) {
            None => None,
            Some(largest) => {
                let picture = picture.clone();
                blocking(move || crop(&picture, &largest)).await?
            }
        };
        let Picture { ref bytes, width, height, .. } = *picture;
        let without_pixels = Arc::new(Picture { bytes: bytes.clone(), pixels: None, width, height });
        drop((picture, permit));
        Ok(Sighting { faces, picture: without_pixels, crop })
    }
}

/// The face with its margin; `None` where it lies outside of the picture.
fn crop(picture: &Picture, face: &Detected) -> Option<Vec<u8>> {
    let pixels = picture.pixels.as_ref()?;
    let (x, y, width, height) = with_margin(face.place, pixels.width(), pixels.height())?;
    let jpeg = cut_out(pixels, Area { x, y, width, height }, EDGE);
    jpeg.inspect_err(|error| tracing::warn!(%error, "a face was not cut out")).ok()
}

/// A decoder that panics over hostile bytes has shown that the picture is broken.
fn broken(panic: &tokio::task::JoinError) -> Unreadable {
    tracing::error!(%panic, "a decoder failed");
    Unreadable { en: "broken picture".to_owned(), zh: "图片已损坏".to_owned() }
}

fn unanswered(error: impl std::fmt::Display) -> Unanswered {
    Unanswered(error.to_string())
}
