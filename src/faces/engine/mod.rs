//! What finds faces: one trait, several engines. The room's service is its only caller.

use std::sync::Arc;

use super::model::{Ability, Detected, FaceBox};

/// A picture that was opened.
pub struct Picture {
    /// As it came.
    pub bytes: Arc<Vec<u8>>,
    /// As displayed: 8 bits of red, green, blue, row by row; `None` for engines that don't look at it themselves.
    pub pixels: Option<image::RgbImage>,
    pub width: u32,
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

/// An engine. Blocking work is its own to put on the blocking pool.
#[rocket::async_trait]
pub trait Engine: Send + Sync + 'static {
    /// What it is and can measure.
    fn ability(&self) -> Ability;

    /// All faces of a picture, the largest first.
    ///
    /// # Errors
    /// When an outside server doesn't answer (code 301).
    async fn detect(&self, picture: Arc<Picture>) -> Result<Vec<Detected>, Unanswered>;

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
