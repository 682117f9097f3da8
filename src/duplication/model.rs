//! What a copy is made of, and how its ids follow from one block.
//!
//! What always holds: image `n` of a copy (from 0) has the id `first + 4n`, and its ROI, mask and DL
//! pictures the next three, so a million images are copied by a few statements.

use crate::platform::ids::Id;

/// Ids of one image: its own, and one for each of its three parts.
pub const IDS_PER_IMAGE: i64 = 4;

/// A task's row, as far as a copy needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    pub id: Id,
    /// 1, 2 or 3.
    pub task_type: i64,
    /// The last `order_id` ever given; never less than the number of its images.
    pub last_order_id: i64,
    /// The last `class_no` ever given.
    pub last_class_no: i64,
    pub is_deleted: bool,
}

/// The ids that a copy gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    pub first_image: i64,
    /// Images that there are ids for.
    pub images: i64,
    /// The class with `class_no` 1 gets this id, the others follow.
    pub first_class: i64,
    /// Classes that there are ids for.
    pub classes: i64,
}

impl Blocks {
    /// Whether there are ids for everything in `source`.
    #[must_use]
    pub fn suffice(&self, source: &TaskRow) -> bool {
        source.last_order_id <= self.images && source.last_class_no <= self.classes
    }

    /// The first id behind those of images.
    #[must_use]
    pub fn images_end(&self) -> i64 {
        self.first_image + IDS_PER_IMAGE * self.images
    }
}

/// A copy that has been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    pub task_id: Id,
    /// 1, 2 or 3.
    pub task_type: i64,
    /// Its images, numbered from 1.
    pub images: i64,
}

/// An image of a copy as its answer tells it (seed 002 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedImage {
    /// The set's number on the wire.
    pub set_type: i64,
    pub name: String,
    pub id: Id,
    /// Pixels as displayed.
    pub width: i64,
    pub height: i64,
    /// Seed 002's text.
    pub state: &'static str,
    pub order_id: i64,
    /// Of its annotation document, where it has one.
    pub mongo_id: Option<String>,
}

/// A label class of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedClass {
    /// Below 2^53.
    pub id: i64,
    pub name: String,
    /// `#rrggbb`
    pub color: String,
    pub order_id: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_must_hold_all_that_was_ever_numbered() {
        let blocks = Blocks { first_image: 100, images: 5, first_class: 7, classes: 2 };
        let source = |last_order_id, last_class_no| TaskRow {
            id: Id(1),
            task_type: 1,
            last_order_id,
            last_class_no,
            is_deleted: false,
        };
        assert!(blocks.suffice(&source(5, 2)) && blocks.suffice(&source(0, 0)));
        assert!(!blocks.suffice(&source(6, 2)) && !blocks.suffice(&source(5, 3)));
        assert_eq!(blocks.images_end(), 120);
    }
}
