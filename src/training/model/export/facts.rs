//! What an export knows of its task: the whole, its classes, its images.

use std::collections::BTreeMap;

use super::{Format, Tally, file_name, names};
use crate::platform::ids::Id;
use crate::training::model::annotation::Object;
use crate::training::model::{ImageType, LabelClass, Set};

/// What an export tells of its task as a whole.
#[derive(Debug, Clone)]
pub struct Facts {
    pub task_id: Id,
    pub task_name: String,
    /// UTC milliseconds; the modified time of what is made.
    pub created_at: i64,
    pub format: Format,
    /// By `order_id`.
    pub classes: Classes,
    /// Images with bytes, in the order of [`Set::ALL`].
    pub counts: [i64; 3],
    /// Images that are left out because their bytes aren't in.
    pub left_out: i64,
    /// Whether an image with bytes has no class.
    pub has_unlabelled: bool,
    /// The kinds of its images, where the names of files depend on them.
    pub kinds: Vec<ImageType>,
    /// What isn't in it of the annotations; known when all else is laid out.
    pub tally: Tally,
}

impl Facts {
    /// The sets that have images.
    #[must_use]
    pub fn sets(&self) -> Vec<Set> {
        Set::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0).map(|(set, _)| set).collect()
    }
}

impl Facts {
    /// The one ending of all pictures, for readers that want the same in each sample. They look at the bytes, so a
    /// mixture may say `jpg`.
    pub(super) fn extension_for_all(&self) -> &'static str {
        match self.kinds.as_slice() {
            [kind] => kind.extension(),
            _ => ImageType::Jpeg.extension(),
        }
    }
}

/// The label classes of a task, found by their `class_no`.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    list: Vec<LabelClass>,
    /// Their folders, in the same order.
    folders: Vec<String>,
    places: BTreeMap<i64, usize>,
}

impl Classes {
    /// Of label classes by `order_id`.
    #[must_use]
    pub fn new(list: Vec<LabelClass>) -> Self {
        let folders = names::class_folders(&list);
        let places = list.iter().enumerate().map(|(place, class)| (class.class_no, place)).collect();
        Self { list, folders, places }
    }

    /// The place of a class, from 0 by `order_id`.
    pub(super) fn place(&self, class_no: i64) -> Option<usize> {
        self.places.get(&class_no).copied()
    }

    /// The name of a class; none for an image without one.
    pub(super) fn name(&self, class_no: Option<i64>) -> &str {
        class_no.and_then(|no| self.place(no)).map_or("", |place| &self.list[place].name)
    }

    pub(super) fn folder(&self, class_no: Option<i64>) -> &str {
        class_no.and_then(|no| self.place(no)).map_or(names::UNLABELLED, |place| &self.folders[place])
    }

    /// The folders of all of them, by `order_id`.
    pub(super) fn folders(&self) -> &[String] {
        &self.folders
    }

    /// All of them by `order_id`.
    #[must_use]
    pub fn list(&self) -> &[LabelClass] {
        &self.list
    }
}

/// An image with its bytes, as an export sees it.
#[derive(Debug, Clone)]
pub struct Picture {
    pub order_id: i64,
    pub img_id: Id,
    pub name: String,
    pub kind: ImageType,
    pub set: Set,
    /// Pixels as displayed.
    pub width: i64,
    pub height: i64,
    /// UTC milliseconds.
    pub create_time: i64,
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    pub crc32: u32,
    /// `class_no` of its largest box.
    pub top_class: Option<i64>,
    /// Its boxes, where they are needed.
    pub boxes: Vec<Object>,
    /// Its annotation document as it is given back, where it is needed.
    pub document: Option<String>,
}

impl Picture {
    /// Its file name.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(self.order_id, &self.name, self.kind)
    }
}
