//! What an export of a task looks like in each format (contract §2.7).
//!
//! Pure: given a task's facts and a stretch of its images, it says which files there are and what
//! stands in those that are made. What always holds: the same facts and images give the same bytes,
//! wherever the stretches are cut; file names are safe to unpack everywhere, and distinct even when
//! letter case is ignored.

mod coco;
mod names;
mod tables;
mod texts;

use std::collections::BTreeMap;

use super::annotation::Object;
use super::{ImageType, LabelClass, Set};
use crate::platform::archive::{Form, zip_names};
use crate::platform::ids::Id;

pub use names::{class_folders, file_name};

/// Raised when the same facts come to give other bytes: it stands in every entity tag.
pub const VERSION: u32 = 2;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    ImageFolder,
    Coco,
    Yolo,
    Csv,
    WebDataset,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::ImageFolder, Self::Coco, Self::Yolo, Self::Csv, Self::WebDataset];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ImageFolder => "imagefolder",
            Self::Coco => "coco",
            Self::Yolo => "yolo",
            Self::Csv => "csv",
            Self::WebDataset => "webdataset",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// How its files are put together.
    #[must_use]
    pub fn form(self) -> Form {
        match self {
            Self::ImageFolder | Self::Coco | Self::Yolo => Form::Zip,
            Self::Csv => Form::Plain,
            Self::WebDataset => Form::Tar,
        }
    }

    /// MIME type of the answer.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self.form() {
            Form::Zip => "application/zip",
            Form::Tar => "application/x-tar",
            Form::Plain => "text/csv; charset=utf-8",
        }
    }

    /// The name to save it under.
    #[must_use]
    pub fn download_name(self, task_name: &str) -> String {
        match self.form() {
            Form::Zip => zip_names::mend(&format!("{task_name}-{}.zip", self.name())),
            Form::Tar => zip_names::mend(&format!("{task_name}.tar")),
            Form::Plain => MANIFEST.to_owned(),
        }
    }

    /// Whether the files of its images need their boxes.
    #[must_use]
    pub fn images_need_boxes(self) -> bool {
        matches!(self, Self::Yolo | Self::WebDataset)
    }

    /// Its chapters in order; `sets` are those with images.
    #[must_use]
    pub fn chapters(self, sets: &[Set]) -> Vec<Chapter> {
        let pass = |kind, set| Pass { kind, set };
        match self {
            Self::ImageFolder => {
                let table = |set: &Set| Chapter::Made {
                    name: format!("{}/{METADATA}", folder(*set)),
                    passes: vec![pass(Kind::Metadata, Some(*set))],
                };
                chapters(sets.iter().map(table))
            }
            Self::Coco => chapters(Set::ALL.iter().map(|set| Chapter::Made {
                name: format!("annotations/instances_{}.json", folder(*set)),
                passes: vec![pass(Kind::CocoImages, Some(*set)), pass(Kind::CocoBoxes, Some(*set))],
            })),
            Self::Yolo | Self::WebDataset => chapters([]),
            Self::Csv => {
                vec![Chapter::Made { name: MANIFEST.to_owned(), passes: vec![pass(Kind::Manifest, None)] }]
            }
        }
    }
}

/// The one file of a csv export.
const MANIFEST: &str = "manifest.csv";

/// The table in the folder of a set.
const METADATA: &str = "metadata.csv";

fn chapters(made: impl IntoIterator<Item = Chapter>) -> Vec<Chapter> {
    [Chapter::Notes].into_iter().chain(made).chain([Chapter::Images]).collect()
}

/// The name of a set in exports.
#[must_use]
pub fn folder(set: Set) -> &'static str {
    match set {
        Set::Training => "train",
        Set::Verifying => "val",
        Set::Testing => "test",
    }
}

/// A part of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chapter {
    /// Small files about the whole.
    Notes,
    /// One file that is made in passes over images.
    Made { name: String, passes: Vec<Pass> },
    /// The images themselves, each with what belongs to it.
    Images,
}

/// One pass over the images of a set, or over all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub kind: Kind,
    pub set: Option<Set>,
}

/// What a pass writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Metadata,
    Manifest,
    CocoImages,
    CocoBoxes,
}

impl Kind {
    /// Whether it needs the boxes of its images.
    #[must_use]
    pub fn needs_boxes(self) -> bool {
        matches!(self, Self::Manifest | Self::CocoBoxes)
    }
}

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
}

impl Facts {
    /// The sets that have images.
    #[must_use]
    pub fn sets(&self) -> Vec<Set> {
        Set::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0).map(|(set, _)| set).collect()
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
        let folders = class_folders(&list);
        let places = list.iter().enumerate().map(|(place, class)| (class.class_no, place)).collect();
        Self { list, folders, places }
    }

    /// The place of a class, from 0 by `order_id`.
    fn place(&self, class_no: i64) -> Option<usize> {
        self.places.get(&class_no).copied()
    }

    /// The name of a class; none for an image without one.
    fn name(&self, class_no: Option<i64>) -> &str {
        class_no.and_then(|no| self.place(no)).map_or("", |place| &self.list[place].name)
    }

    fn folder(&self, class_no: Option<i64>) -> &str {
        class_no.and_then(|no| self.place(no)).map_or(names::UNLABELLED, |place| &self.folders[place])
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

/// A file whose bytes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The small files about the whole.
#[must_use]
pub fn notes(facts: &Facts) -> Vec<Made> {
    let made = |name: &str, text: String| Made { name: name.to_owned(), bytes: text.into_bytes() };
    match facts.format {
        Format::Csv => Vec::new(),
        Format::Yolo => vec![made("README.txt", texts::readme(facts)), made("data.yaml", texts::data_yaml(facts))],
        // Readers of a tar take each file for a sample, except in folders such as this one.
        Format::WebDataset => vec![made("__granary__/README.txt", texts::readme(facts))],
        Format::ImageFolder | Format::Coco => vec![made("README.txt", texts::readme(facts))],
    }
}

/// The name of an image's own entry.
#[must_use]
pub fn image_entry(facts: &Facts, picture: &Picture) -> String {
    let set = folder(picture.set);
    match facts.format {
        Format::ImageFolder => {
            format!("{set}/{}/{}", facts.classes.folder(picture.top_class), picture.file_name())
        }
        Format::WebDataset => format!("{set}-{}.{}", picture.order_id, picture.kind.extension()),
        Format::Coco | Format::Yolo | Format::Csv => format!("images/{set}/{}", picture.file_name()),
    }
}

/// What stands beside an image's own entry.
#[must_use]
pub fn beside(facts: &Facts, picture: &Picture) -> Option<Made> {
    let set = folder(picture.set);
    match facts.format {
        Format::Yolo => {
            let file = picture.file_name();
            let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
            let bytes = texts::yolo_labels(&facts.classes, picture).into_bytes();
            Some(Made { name: format!("labels/{set}/{stem}.txt"), bytes })
        }
        Format::WebDataset => {
            let bytes = texts::sample(&facts.classes, picture).into_bytes();
            Some(Made { name: format!("{set}-{}.json", picture.order_id), bytes })
        }
        Format::ImageFolder | Format::Coco | Format::Csv => None,
    }
}

/// Where a stretch of a pass stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stretch {
    pub is_first: bool,
    pub is_last: bool,
    /// Whether this pass has written an element before: the next needs a separator.
    pub has_before: bool,
}

/// Writes a stretch of a pass; whether the pass has written an element by now.
pub fn write(facts: &Facts, pass: Pass, at: Stretch, pictures: &[Picture], out: &mut String) -> bool {
    match pass.kind {
        Kind::Metadata => tables::metadata(&facts.classes, at, pictures, out),
        Kind::Manifest => tables::manifest(&facts.classes, at, pictures, out),
        Kind::CocoImages => return coco::images(facts, at, pictures, out),
        Kind::CocoBoxes => return coco::boxes(&facts.classes, at, pictures, out),
    }
    true
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
