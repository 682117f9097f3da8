//! What an export of a task looks like in each format (contract §2.7).
//!
//! Pure: given a task's facts and a stretch of its images, it says which files there are and what
//! stands in those that are made. What always holds: the same facts and images give the same bytes,
//! wherever the stretches are cut; file names are safe to unpack everywhere, and distinct even when
//! letter case is ignored.

mod coco;
mod facts;
mod names;
mod tables;
mod texts;

use super::Set;
use crate::platform::archive::{Form, zip_names};

pub use facts::{Classes, Facts, Picture};
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
            Self::Yolo => chapters([]),
            // Readers of a tar take each file for a part of a sample.
            Self::WebDataset => vec![Chapter::Images],
            Self::Csv => {
                vec![Chapter::Made { name: MANIFEST.to_owned(), passes: vec![pass(Kind::Manifest, None)] }]
            }
        }
    }
}

/// The one file of a csv export.
const MANIFEST: &str = "manifest.csv";

/// The table in the folder of a set. Not a CSV: its readers guess types, and `1` and `NA` would be no names.
const METADATA: &str = "metadata.jsonl";

/// The names of all classes.
const CLASSES: &str = "classes.txt";

fn chapters(made: impl IntoIterator<Item = Chapter>) -> Vec<Chapter> {
    [Chapter::Notes].into_iter().chain(made).chain([Chapter::Images, Chapter::Readme]).collect()
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
    /// Folders, and small files about the whole.
    Notes,
    /// One file that is made in passes over images.
    Made { name: String, passes: Vec<Pass> },
    /// The images themselves, each with what belongs to it.
    Images,
    /// What is in it and what isn't: counted while all others are laid out, so it comes last.
    Readme,
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

/// A file whose bytes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The folders and small files about the whole. A folder ends with `/` and has no bytes.
#[must_use]
pub fn notes(facts: &Facts) -> Vec<Made> {
    let made = |name: String, text: String| Made { name, bytes: text.into_bytes() };
    let mut notes = vec![made(CLASSES.to_owned(), texts::classes(&facts.classes))];
    let mut folders: Vec<String> = Vec::new();
    for set in Set::ALL.map(folder) {
        match facts.format {
            Format::Csv | Format::WebDataset => return Vec::new(),
            Format::Coco => folders.push(format!("images/{set}/")),
            Format::Yolo => folders.extend([format!("images/{set}/"), format!("labels/{set}/")]),
            // The same classes in each set, or readers number them otherwise from set to set.
            Format::ImageFolder => {
                let unlabelled = facts.has_unlabelled.then_some(names::UNLABELLED);
                let classes = facts.classes.folders().iter().map(String::as_str).chain(unlabelled);
                folders.push(format!("{set}/"));
                folders.extend(classes.map(|class| format!("{set}/{class}/")));
            }
        }
    }
    if facts.format == Format::Yolo {
        notes.push(made("data.yaml".to_owned(), texts::data_yaml(facts)));
    }
    notes.extend(folders.into_iter().map(|name| made(name, String::new())));
    notes
}

/// `README.txt`.
#[must_use]
pub fn readme(facts: &Facts) -> Made {
    Made { name: "README.txt".to_owned(), bytes: texts::readme(facts).into_bytes() }
}

/// What of annotations isn't in an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Boxes without an area in the precision of the format.
    pub flat: u64,
    /// Objects with a segmentation, keypoints, … for which the format has no place.
    pub reduced: u64,
}

impl Tally {
    /// Of the objects of these images, where the format has objects at all.
    #[must_use]
    pub fn of(format: Format, pictures: &[Picture]) -> Self {
        let mut tally = Self::default();
        for picture in pictures {
            for object in &picture.boxes {
                let (is_flat, is_reduced) = match format {
                    Format::Yolo => (texts::yolo_box(object, picture).is_none(), object.is_more_than_a_box()),
                    Format::Coco => (coco::is_flat(object), false),
                    Format::ImageFolder | Format::Csv | Format::WebDataset => (false, false),
                };
                tally.flat += u64::from(is_flat);
                tally.reduced += u64::from(is_reduced && !is_flat);
            }
        }
        tally
    }

    /// Of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { flat: self.flat + other.flat, reduced: self.reduced + other.reduced }
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
        Format::WebDataset => format!("{set}-{}.{}", picture.order_id, facts.extension_for_all()),
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
        Kind::Metadata => tables::metadata(&facts.classes, pictures, out),
        Kind::Manifest => tables::manifest(&facts.classes, at, pictures, out),
        Kind::CocoImages => return coco::images(facts, at, pictures, out),
        Kind::CocoBoxes => return coco::boxes(&facts.classes, at, pictures, out),
    }
    true
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
