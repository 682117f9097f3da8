//! What is sent to a server, and what its answer means for the picture it was made of.
//!
//! What always holds: a server gets an upright JPEG of at most [`SIDE`] pixels on the longer side, whatever came, so neither its formats, its limits
//! nor its view of EXIF matter; and boxes come back as places in the picture as displayed.

use std::sync::Arc;

use crate::faces::engine::{Picture, Unanswered, Unreadable, blur, clipped, largest_first, open as open_fully};
use crate::faces::model::pose::{Landmarks, pose};
use crate::faces::model::{Detected, FaceBox, Pose, with_margin};
use crate::platform::pictures::{Area, cut_out, pixels};

/// The longer side of what is sent: below the 5 MB that CompreFace takes, and more than it looks at.
const SIDE: u32 = 1920;

/// Opens a picture for sending: its bytes are then what is sent. Blocks.
pub(in crate::faces::engine) fn open(bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
    let Picture { pixels, width, height, .. } = open_fully(bytes)?;
    let pixels = pixels.unwrap_or_default();
    let sent = cut_out(&pixels, Area { x: 0, y: 0, width, height }, SIDE).map_err(|error| Unreadable::from(&error))?;
    Ok(Picture { bytes: Arc::new(sent), pixels: None, width, height })
}

/// A face as a server tells it, in pixels of what was sent.
pub(in crate::faces::engine) struct Found {
    /// Left, top, right, bottom.
    pub(in crate::faces::engine) place: [f64; 4],
    pub(in crate::faces::engine) score: f64,
    pub(in crate::faces::engine) points: Option<Landmarks>,
    /// `None` where the server doesn't tell: then the landmarks do.
    pub(in crate::faces::engine) pose: Option<Pose>,
}

/// The faces, the largest first, with their blur. Blocks.
pub(super) fn measured(sent: &[u8], (width, height): (u32, u32), found: Vec<Found>) -> Vec<Detected> {
    let Ok(pixels) = pixels(sent) else {
        return Vec::new();
    };
    let (across, down) = (f64::from(width) / f64::from(pixels.width()), f64::from(height) / f64::from(pixels.height()));
    let faces = found.into_iter().filter_map(|face| {
        let [left, top, right, bottom] = face.place;
        let place = clipped([left * across, top * down, right * across, bottom * down], (width, height))?;
        let blur = clipped(face.place, pixels.dimensions()).map(|place| blur::blur(&pixels, place));
        let pose = face.pose.or_else(|| face.points.as_ref().and_then(pose));
        Some(Detected { place, pose, blur, score: face.score })
    });
    largest_first(faces.collect())
}

/// What of a picture goes into a group. Servers look for the face again, and may find none in a narrow cut, or two in a wide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faces::engine) enum Cut {
    /// The face and a fifth around it.
    Margin,
    /// The face alone.
    Close,
    Whole,
}

impl Cut {
    /// In the order that they are tried in.
    pub(in crate::faces::engine) const ALL: [Self; 3] = [Self::Margin, Self::Close, Self::Whole];

    /// The JPEG. Blocks.
    pub(in crate::faces::engine) fn of(self, picture: &Picture, place: FaceBox) -> Result<Vec<u8>, Unanswered> {
        if self == Self::Whole {
            return Ok(picture.bytes.to_vec());
        }
        let broken = |error| Unanswered(format!("the face can't be cut out: {error}"));
        let pixels = pixels(&picture.bytes).map_err(|error| broken(error.to_string()))?;
        let (width, height) = pixels.dimensions();
        let (across, down) =
            (f64::from(width) / f64::from(picture.width), f64::from(height) / f64::from(picture.height));
        let sides = [place.x, place.y, place.x + place.width, place.y + place.height];
        #[expect(clippy::cast_precision_loss, reason = "pixels of a picture")]
        let [left, top, right, bottom] = sides.map(|side| side as f64);
        let place = clipped([left * across, top * down, right * across, bottom * down], (width, height));
        let side = |value: i64| u32::try_from(value).unwrap_or(0);
        let close = |place: FaceBox| Some((side(place.x), side(place.y), side(place.width), side(place.height)));
        let area =
            place.and_then(|place| if self == Self::Close { close(place) } else { with_margin(place, width, height) });
        let (x, y, width, height) = area.ok_or_else(|| broken("it lies outside of the picture".to_owned()))?;
        cut_out(&pixels, Area { x, y, width, height }, SIDE).map_err(|error| broken(error.to_string()))
    }
}
