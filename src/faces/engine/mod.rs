//! What finds faces: one trait, several engines. The room's service is its only caller.

use std::sync::Arc;

mod null;

use crate::platform::config;

use super::model::{Ability, Detected, FaceBox};

pub use null::Null;

/// Why a picture can't be opened (code 102), in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct Unreadable {
    pub en: String,
    pub zh: String,
}

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

    /// Opens a picture as this engine needs it. Blocks: call it on the blocking pool.
    ///
    /// # Errors
    /// When the bytes aren't a whole picture of a known format (code 102).
    fn open(&self, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable>;

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

/// The engine that the configuration names, ready to work.
///
/// # Errors
/// One line that says which key is wrong or missing, and what is allowed.
pub fn build(_config: &config::Faces) -> Result<Arc<dyn Engine>, String> {
    Ok(Arc::new(Null))
}
