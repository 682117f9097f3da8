//! A task's images as thumbnails, and the bar that shows how its sets share them.

use crate::platform::ids::Id;
use crate::platform::web::format::count;
use crate::platform::web::ratios::ratio_class;
use crate::training::model::shelf::shares;
use crate::training::model::{Image, Set, State};

use super::words::Words;

/// One thumbnail.
pub struct Item {
    pub id: Id,
    pub name: String,
    pub ratio: &'static str,
    pub width: i64,
    pub height: i64,
    pub size: i64,
    /// Its bytes are in.
    pub has_bytes: bool,
    pub set: &'static str,
    pub set_label: &'static str,
    pub state: i64,
    pub state_label: &'static str,
}

impl Item {
    pub fn of(image: Image, w: &Words) -> Self {
        let pixels = |side: i64| u32::try_from(side).unwrap_or(u32::MAX);
        Self {
            id: image.id,
            ratio: ratio_class(pixels(image.width), pixels(image.height)),
            width: image.width,
            height: image.height,
            size: image.size,
            has_bytes: image.sha256.is_some(),
            set: image.set.name(),
            set_label: set_label(image.set, w),
            state: image.state.number(),
            state_label: state_label(image.state, w),
            name: image.name,
        }
    }
}

/// A set's part of the bar.
pub struct Share {
    pub set: &'static str,
    pub label: &'static str,
    pub count: String,
    /// Thousandths of the bar.
    pub begin: i64,
    pub width: i64,
}

/// The bar of these counts, which are in the order of [`Set::ALL`].
pub fn bar(counts: [i64; 3], w: &Words) -> Vec<Share> {
    let parts = Set::ALL.into_iter().zip(counts).zip(shares(counts));
    parts
        .map(|((set, n), (begin, width))| {
            let label = set_label(set, w);
            Share { set: set.name(), label, count: count(n), begin, width }
        })
        .collect()
}

pub fn set_label(set: Set, w: &Words) -> &'static str {
    match set {
        Set::Training => w.training,
        Set::Verifying => w.verifying,
        Set::Testing => w.testing,
    }
}

pub fn state_label(state: State, w: &Words) -> &'static str {
    match state {
        State::Uploading => w.uploading,
        State::Ready => w.ready,
        State::Annotated => w.annotated,
        State::Trained => w.trained,
        State::Tested => w.tested,
        State::Verified => w.verified,
    }
}
