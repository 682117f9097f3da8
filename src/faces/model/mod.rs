//! Faces as they are found and kept. Places are in whole pixels of the displayed picture (EXIF orientation applied).

pub mod pose;

use crate::platform::ids::Id;

/// Where a face is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceBox {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

/// How a head is turned, in degrees; 0 looks into the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    pub pitch: f64,
    pub yaw: f64,
    pub roll: f64,
}

/// One face in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected {
    pub place: FaceBox,
    /// `None` where the engine can't tell.
    pub pose: Option<Pose>,
    /// 0 sharp to 100; `None` where it wasn't measured.
    pub blur: Option<f64>,
    /// How sure the engine is; its own scale.
    pub score: f64,
}

/// What an engine is and can measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ability {
    /// As in `faces.engine`.
    pub name: &'static str,
    pub pose: bool,
    pub blur: bool,
    /// Whether it runs in this process, and granary itself keeps the faces.
    pub embedded: bool,
}

/// A named pile of faces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: Id,
    /// 1 to 64 characters of any kind.
    pub name: String,
    pub face_count: i64,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// What an ingest task knows of a row whose face goes into a group. `(task, row)` is the face's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    pub group: String,
    pub task: String,
    /// Data rows count from 0.
    pub row: i64,
    /// Cut to [`MAX_TAG`] bytes where it is kept.
    pub tag: String,
    /// Cut to [`MAX_DESCRIPTION`] bytes where it is kept.
    pub description: String,
    /// A `data:` URI already cut to its first 100 characters; cut to [`MAX_URI`] bytes where it is kept.
    pub uri: String,
    /// Of the whole picture's bytes, in lower-case hex.
    pub sha256: String,
}

/// Bytes of a face's tag that are kept.
pub const MAX_TAG: usize = 1024;
/// Bytes of a face's description that are kept.
pub const MAX_DESCRIPTION: usize = 65_535;
/// Bytes of a face's URI that are kept.
pub const MAX_URI: usize = 8192;

/// One face in a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    pub id: Id,
    pub details: Details,
    pub detected: Detected,
    /// How many faces the picture had.
    pub faces_found: i64,
    /// SHA-256 of the face cut out, a JPEG; `None` where an outside server keeps the face.
    pub crop: Option<String>,
    /// The face's id at an outside server.
    pub remote_id: Option<String>,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// Which faces of a group are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Exactly this tag.
    pub tag: Option<String>,
    /// A part of the tag or the description; letter case doesn't count.
    pub q: Option<String>,
}

/// The first `most` bytes of `text`, no character cut apart.
#[must_use]
pub fn clipped(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The face with a fifth of its size around it, as far as a picture of `width`×`height` reaches: `(x, y, width, height)`.
/// `None` when nothing of it lies within.
#[must_use]
pub fn with_margin(place: FaceBox, width: u32, height: u32) -> Option<(u32, u32, u32, u32)> {
    let (x, across) = stretched(place.x, place.width, width)?;
    let (y, down) = stretched(place.y, place.height, height)?;
    Some((x, y, across, down))
}

/// Start and length of a stretch with its margins, within `0..end`.
fn stretched(start: i64, length: i64, end: u32) -> Option<(u32, u32)> {
    let margin = length.max(0) / 5;
    let first = start.saturating_sub(margin).clamp(0, i64::from(end));
    let last = start.saturating_add(length).saturating_add(margin).clamp(first, i64::from(end));
    let (first, length) = (u32::try_from(first).ok()?, u32::try_from(last - first).ok()?);
    (length > 0).then_some((first, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_stay_within_the_picture() {
        let place = |x, y, width, height| FaceBox { x, y, width, height };
        assert_eq!(with_margin(place(100, 100, 50, 100), 640, 480), Some((90, 80, 70, 140)));
        assert_eq!(with_margin(place(-10, 2, 50, 50), 640, 480), Some((0, 0, 50, 62)));
        assert_eq!(with_margin(place(600, 470, 100, 100), 640, 480), Some((580, 450, 60, 30)));
        for outside in [place(700, 10, 50, 50), place(10, -80, 50, 50), place(10, 10, 0, 5), place(i64::MAX, 0, 9, 9)] {
            assert_eq!(with_margin(outside, 640, 480), None, "{outside:?}");
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(clipped("人脸库", 7), "人脸");
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("", 3), "");
    }
}
