//! The plain types and rules of training tasks (seeds 000, 001, 002; contract §2).
//!
//! A task holds images; each stands in one set. Nothing here touches the disk, the database or the
//! clock. What always holds: inside, sets and states have names; their numbers exist only in the
//! database and on the wire.

use serde_json::Value;

use crate::platform::config::SetCodes;
use crate::platform::ids::Id;

pub mod annotation;
pub mod export;
pub mod fault;
pub mod shelf;

pub use fault::{Code, Fault, Result};
pub use shelf::{Relatives, Shelf};

/// Most images in one registration.
pub const MAX_IMAGES: usize = 10_000;

/// Longest name of a task, class, image or group, in bytes of UTF-8.
pub const MAX_NAME: usize = 255;

/// Widest and highest picture, in pixels.
pub const MAX_SIDE: i64 = i32::MAX as i64;

/// Which images a model learns from, is chosen by, and is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Set {
    Training,
    Verifying,
    Testing,
}

impl Set {
    /// All of them, in the order of answers.
    pub const ALL: [Self; 3] = [Self::Training, Self::Verifying, Self::Testing];

    /// The number in the database: seed 001's.
    #[must_use]
    pub fn stored(self) -> i64 {
        self.code(SetCodes::ZeroBased)
    }

    /// Reads the number in the database.
    #[must_use]
    pub fn of_stored(number: i64) -> Self {
        Self::of_code(number, SetCodes::ZeroBased).unwrap_or(Self::Training)
    }

    /// The number on the wire (contract §2.4).
    #[must_use]
    pub fn code(self, codes: SetCodes) -> i64 {
        match (self, codes) {
            (Self::Training, SetCodes::ZeroBased) => 0,
            (Self::Testing, SetCodes::ZeroBased) | (Self::Training, SetCodes::OneBased) => 1,
            (Self::Verifying, _) => 2,
            (Self::Testing, SetCodes::OneBased) => 3,
        }
    }

    /// Reads the number on the wire.
    #[must_use]
    pub fn of_code(number: i64, codes: SetCodes) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.code(codes) == number)
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Verifying => "verifying",
            Self::Testing => "testing",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Its bit in `tasks.locked_sets`.
    #[must_use]
    pub fn bit(self) -> i64 {
        1 << self.stored()
    }

    /// The sets whose bits are set.
    #[must_use]
    pub fn of_bits(bits: i64) -> Vec<Self> {
        Self::ALL.into_iter().filter(|set| bits & set.bit() != 0).collect()
    }
}

/// How far an image has come (seed 000 §3.4); the numbers stand in the database and on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Its bytes are not in yet.
    Uploading = 0,
    Ready = 1,
    Annotated = 2,
    Trained = 3,
    Tested = 4,
    Verified = 5,
}

impl State {
    /// All of them, by number.
    pub const ALL: [Self; 6] =
        [Self::Uploading, Self::Ready, Self::Annotated, Self::Trained, Self::Tested, Self::Verified];

    /// The number in the database and on the wire.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Reads the number.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }

    /// Seed 002's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Uploading => "上传中",
            Self::Ready => "就绪",
            Self::Annotated => "已标注",
            Self::Trained => "已训练",
            Self::Tested => "已测试",
            Self::Verified => "已验证",
        }
    }
}

/// The formats that training images may have (seed 000 §2.3); the numbers stand in the database and
/// on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageType {
    Png = 1,
    Jpeg = 2,
    Bmp = 3,
}

impl ImageType {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Bmp];

    /// The number in the database and on the wire.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Reads the number.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// What the bytes of such a picture are called.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Bmp => "image/bmp",
        }
    }

    /// The format of bytes by their type; `None` for what is none of the three.
    #[must_use]
    pub fn of_content(content_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.content_type() == content_type)
    }

    /// The ending of its name in the image folder.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Bmp => "bmp",
        }
    }
}

/// A task, as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub id: Id,
    pub name: String,
    /// 1, 2 or 3.
    pub task_type: i64,
    /// The last `order_id` given; images count from 1.
    pub last_order_id: i64,
    /// The last `class_no` given.
    pub last_class_no: i64,
    /// Counts the changes of its images.
    pub revision: i64,
    /// [`Set::bit`]s of the sets that splits leave alone.
    pub locked_sets: i64,
    /// The last split as it is told, or `None`.
    pub split: Option<Value>,
    pub copied_from: Option<Id>,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// A task with all that is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    pub task: Task,
    pub counts: Counts,
    pub classes: Vec<LabelClass>,
    /// What it was copied from, the nearest first.
    pub copied_from: Vec<Id>,
}

/// Living images by set and by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the order of [`Set::ALL`].
    pub sets: [i64; 3],
    /// By [`State::number`].
    pub states: [i64; 6],
}

/// What a new task is to be.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Chosen by the caller, or `None`.
    pub id: Option<Id>,
    pub name: String,
    pub task_type: i64,
    pub classes: Vec<NewClass>,
}

/// The task that files of a tag go to.
#[derive(Debug, Clone)]
pub enum Target {
    Task(Id),
    /// One that is made for them.
    New(NewTask),
}

/// A label class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelClass {
    /// Below 2^53, a JSON number.
    pub id: i64,
    /// What annotations name; the same in copies of a task.
    pub class_no: i64,
    pub name: String,
    /// `#rrggbb`
    pub color: String,
    /// From 1 without gaps.
    pub order_id: i64,
}

/// What a new label class is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClass {
    /// 1–255 bytes, unique in its task.
    pub name: String,
    /// `#rrggbb`
    pub color: String,
}

/// Whether a text is a colour such as `#22aaFF`.
#[must_use]
pub fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// An image that is to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImage {
    /// 1–255 bytes.
    pub name: String,
    pub kind: ImageType,
    /// Bytes, above 0.
    pub size: i64,
    /// Pixels as displayed.
    pub width: i64,
    pub height: i64,
    /// Who registers it.
    pub create_oper: Id,
    pub group: Option<String>,
    /// Its bytes (SHA-256), where they are in already.
    pub sha256: Option<String>,
    /// The file of a tag that it comes from.
    pub source_file: Option<Id>,
}

/// An image in its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: Id,
    pub task_id: Id,
    pub order_id: i64,
    pub name: String,
    pub kind: ImageType,
    /// Bytes.
    pub size: i64,
    /// Pixels as displayed.
    pub width: i64,
    pub height: i64,
    /// UTC milliseconds.
    pub create_time: i64,
    /// `None` while its bytes are not in.
    pub sha256: Option<String>,
    pub set: Set,
    pub state: State,
    pub is_deleted: bool,
}

/// A picture that belongs to an image (seed 000 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Roi,
    Mask,
    Dl,
}

impl Part {
    /// The member that tells its id.
    #[must_use]
    pub fn id_name(self) -> &'static str {
        match self {
            Self::Roi => "img_roi_id",
            Self::Mask => "img_mask_id",
            Self::Dl => "img_dl_id",
        }
    }
}

/// What a registration came to: names and ids in the request's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registered {
    pub images: Vec<(String, Id)>,
    /// Files of a tag that are no PNG, JPEG or BMP.
    pub skipped: u64,
    /// Files of a tag that the task had images of already.
    pub known: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_the_documents_numbers() {
        let codes = |codes| Set::ALL.map(|set| set.code(codes));
        assert_eq!(codes(SetCodes::ZeroBased), [0, 2, 1], "seed 001: 0 training, 1 testing, 2 verifying");
        assert_eq!(codes(SetCodes::OneBased), [1, 2, 3], "seed 000: 1 training, 2 verifying, 3 testing");
        for set in Set::ALL {
            for codes in [SetCodes::ZeroBased, SetCodes::OneBased] {
                assert_eq!(Set::of_code(set.code(codes), codes), Some(set));
            }
            assert_eq!(Set::of_stored(set.stored()), set);
            assert_eq!(Set::parse(set.name()), Some(set));
        }
        assert_eq!(Set::of_code(3, SetCodes::ZeroBased), None);
        assert_eq!(Set::of_code(0, SetCodes::OneBased), None);
        assert_eq!(Set::of_bits(1 + 2), [Set::Training, Set::Testing]);
        assert_eq!(Set::Verifying.bit(), 4);
    }

    #[test]
    fn states_and_types_have_the_documents_numbers() {
        let texts = State::ALL.map(State::text);
        assert_eq!(texts, ["上传中", "就绪", "已标注", "已训练", "已测试", "已验证"]);
        assert_eq!(State::of(2), Some(State::Annotated));
        assert_eq!((State::of(6), State::of(-1)), (None, None));
        assert_eq!(ImageType::ALL.map(ImageType::number), [1, 2, 3]);
        assert_eq!(ImageType::of_content("image/bmp"), Some(ImageType::Bmp));
        assert_eq!(ImageType::of_content("image/gif"), None);
    }

    #[test]
    fn colours_are_six_hex_digits() {
        assert!(is_color("#223344") && is_color("#aAfF09"));
        for bad in ["", "223344", "#22334", "#2233445", "#22334g", "#图44", "red"] {
            assert!(!is_color(bad), "{bad}");
        }
    }
}
