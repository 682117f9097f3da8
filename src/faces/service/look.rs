//! Looking at a picture: opened, its faces found, the largest cut out.
//!
//! What always holds: where this server finds the faces, pixels exist only while a permit of the one CPU semaphore is
//! held, however many rows are under way. An outside server is asked without one, since it works elsewhere.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::Faces;
use crate::faces::engine::{Engine, Picture, Unanswered, Unreadable};
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
        if !self.ability().embedded {
            let picture = Arc::new(on_the_pool(move || (open(&*engine, bytes), permit)).await?.0?);
            let faces = self.inner.engine.detect(&picture).await?;
            return Ok(Sighting { faces, picture, crop: None });
        }
        // In one go: each change of threads would leave a processor idle for a moment.
        on_the_pool(move || (look_here(&*engine, bytes), permit)).await?.0
    }
}

/// Blocking work. A panic in it goes on here: it is no fault of the picture, nor silence of a server.
async fn on_the_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unanswered> {
    match spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(error) => Err(unanswered(error)),
    }
}

/// Opens a picture. A decoder that panics over hostile bytes has shown that the picture is broken.
fn open(engine: &dyn Engine, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
    catch_unwind(AssertUnwindSafe(|| engine.open(bytes))).unwrap_or_else(|_| {
        tracing::error!("a decoder panicked");
        Err(Unreadable { en: "broken picture".to_owned(), zh: "图片已损坏".to_owned() })
    })
}

/// All of a look by an engine that works in this process. Blocks.
fn look_here(engine: &dyn Engine, bytes: Arc<Vec<u8>>) -> Result<Sighting, LookError> {
    let mut picture = open(engine, bytes)?;
    let faces = Handle::current().block_on(engine.detect(&picture))?;
    let crop = faces.first().and_then(|largest| crop(&picture, largest));
    picture.pixels = None;
    Ok(Sighting { faces, picture: Arc::new(picture), crop })
}

/// The face with its margin; `None` where it lies outside of the picture.
fn crop(picture: &Picture, face: &Detected) -> Option<Vec<u8>> {
    let pixels = picture.pixels.as_ref()?;
    let (x, y, width, height) = with_margin(face.place, pixels.width(), pixels.height())?;
    let jpeg = cut_out(pixels, Area { x, y, width, height }, EDGE);
    jpeg.inspect_err(|error| tracing::warn!(%error, "a face was not cut out")).ok()
}

fn unanswered(error: impl std::fmt::Display) -> Unanswered {
    Unanswered(error.to_string())
}
