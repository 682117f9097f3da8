//! Faces as they are found and kept. Places are in whole pixels of the displayed picture (EXIF orientation applied).

pub mod pose;

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
