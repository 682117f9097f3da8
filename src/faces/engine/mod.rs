//! What finds faces: one trait, several engines. The room's service is its only caller.
//!
//! What always holds: a picture was opened, whole, before an engine or a server behind one sees it; boxes lie within the picture;
//! the largest face comes first.

mod blur;
mod compreface;
mod insightface;
mod null;
mod open;
mod scale;
mod seetaface;
mod server;
mod yunet;

use std::cmp::Reverse;
use std::sync::Arc;

use crate::platform::config;

use super::model::{Ability, Detected, FaceBox};

pub use compreface::Compreface;
pub use insightface::Insightface;
pub use null::Null;
pub use open::{Unreadable, open};
pub use seetaface::Seetaface;
pub use yunet::Yunet;

/// A picture that was opened.
pub struct Picture {
    /// As it came; of engines that ask a server, the upright JPEG that is sent.
    pub bytes: Arc<Vec<u8>>,
    /// As displayed: 8 bits of red, green, blue, row by row; `None` for engines that don't look at it themselves.
    pub pixels: Option<image::RgbImage>,
    /// Pixels across as displayed.
    pub width: u32,
    /// Pixels down as displayed.
    pub height: u32,
}

/// A face on its way into a group. `(task, row)` is its identity: adding it twice is adding it once.
pub struct Addition {
    pub group: String,
    pub task: String,
    pub row: i64,
    pub place: FaceBox,
    pub picture: Arc<Picture>,
}

/// The service behind an engine didn't answer, or said nothing that can be used. What it said, for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub String);

/// An engine.
#[rocket::async_trait]
pub trait Engine: Send + Sync + 'static {
    /// What it is and can measure.
    fn ability(&self) -> Ability;

    /// Opens a picture as this engine needs it. Blocks: call it on the blocking pool.
    ///
    /// # Errors
    /// When the bytes aren't a whole picture of a known format (code 102).
    fn open(&self, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
        open(bytes)
    }

    /// All faces of a picture, the largest first. Embedded engines find them at once, which blocks: wait for those on the
    /// blocking pool.
    ///
    /// # Errors
    /// When an outside server doesn't answer (code 301).
    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered>;

    /// Puts a face into an outside server's group; its id there. Embedded engines have nothing to do: the row is the face.
    ///
    /// # Errors
    /// When an outside server doesn't answer (code 302).
    async fn add(&self, addition: &Addition) -> Result<Option<String>, Unanswered>;

    /// Removes a face from an outside server; one that is gone is no error.
    ///
    /// # Errors
    /// When an outside server doesn't answer.
    async fn remove(&self, group: &str, remote_id: &str) -> Result<(), Unanswered>;
}

/// The engine that the configuration names, ready to work.
///
/// # Errors
/// One line that says which key is wrong or missing, and what is allowed.
pub fn build(config: &config::Faces) -> Result<Arc<dyn Engine>, String> {
    Ok(match config.engine {
        config::EngineName::Null => Arc::new(Null),
        config::EngineName::Seetaface => Arc::new(Seetaface::default()),
        config::EngineName::Yunet => {
            let missing = "faces.engine = \"yunet\" needs faces.model, the path of a YuNet .onnx file (2023mar)";
            Arc::new(Yunet::new(config.model.as_deref().ok_or(missing)?)?)
        }
        config::EngineName::Compreface => Arc::new(Compreface::new(config)?),
        config::EngineName::Insightface => Arc::new(Insightface::new(config)?),
    })
}

/// The box between left, top, right and bottom in whole pixels, as far as it lies within the picture; `None` where nothing is left.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and the picture's size bounds it")]
fn clipped([left, top, right, bottom]: [f64; 4], (width, height): (u32, u32)) -> Option<FaceBox> {
    let within = |value: f64, side: u32| (value.round() as i64).clamp(0, side.into());
    let (x, y) = (within(left, width), within(top, height));
    let place = FaceBox { x, y, width: within(right, width) - x, height: within(bottom, height) - y };
    (place.width > 0 && place.height > 0).then_some(place)
}

fn largest_first(mut faces: Vec<Detected>) -> Vec<Detected> {
    faces.sort_by_key(|face| Reverse(face.place.width * face.place.height));
    faces
}

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_cut_off_at_the_edge() {
        let place = |x, y, width, height| Some(FaceBox { x, y, width, height });
        assert_eq!(clipped([-3.0, 2.4, 7.6, 20.0], (10, 10)), place(0, 2, 8, 8));
        assert_eq!(clipped([1.0, 1.0, 3.0, 4.0], (10, 10)), place(1, 1, 2, 3));
        for outside in [[12.0, 1.0, 14.0, 3.0], [-9.0, 1.0, -2.0, 3.0], [3.0, 3.0, 3.2, 8.0], [f64::NAN; 4]] {
            assert_eq!(clipped(outside, (10, 10)), None, "{outside:?}");
        }
    }

    #[test]
    fn the_engine_of_the_configuration_is_built() {
        let named = |engine| {
            let config = config::Faces { engine, model: None, url: None, keys: std::collections::BTreeMap::default() };
            build(&config).map(|engine| engine.ability().name)
        };
        assert_eq!(named(config::EngineName::Seetaface).as_deref(), Ok("seetaface"));
        assert_eq!(named(config::EngineName::Null).as_deref(), Ok("null"));
    }
}
