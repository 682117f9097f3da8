//! The plain types and rules of collecting by tag (seed 004, contract §1).
//!
//! Nothing here touches the disk, the database or the clock: each rule can be checked by calling a
//! function. What always holds: a [`Name`] is NFC, 1–255 bytes of UTF-8 and free of path separators
//! and control characters, so every name that reaches a store has been checked once and for all.

use std::fmt;

use serde::Serialize;

use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;

pub mod conflict;
pub mod cursor;
pub mod numbers;
pub mod quota;
pub mod retention;
pub mod unpacking;
pub mod written;

pub use crate::platform::names::Name;

/// A named pile of files, with counters that the database keeps exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub id: Id,
    pub name: String,
    /// Living files; those in the trash don't count.
    pub file_count: i64,
    /// Bytes of the living files.
    pub bytes: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds of the last upload, delete or restore.
    pub updated_at: i64,
    /// Counts the changes of its files.
    pub revision: i64,
    /// What its owner has set.
    pub settings: quota::Settings,
}

/// One file under one tag. Its bytes are the blob `sha256`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub id: Id,
    pub tag_id: Id,
    pub tag: String,
    pub name: String,
    /// Place in the upload order of its tag, from 1, never given twice.
    pub seq: i64,
    pub size: i64,
    /// Lower-case hex.
    pub sha256: String,
    pub crc32: u32,
    /// What the bytes are, sniffed.
    pub content_type: String,
    /// Pixels as displayed (EXIF applied); `None` for what is no picture.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// UTC milliseconds of the upload.
    pub created_at: i64,
    /// UTC milliseconds; `Some` while the file lies in the trash.
    pub deleted_at: Option<i64>,
}

impl File {
    /// Whether its own page and lists may show a picture of it.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        self.width.is_some()
    }

    /// The strong entity tag of its bytes.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(&self.sha256)
    }

    /// Whether it lies in the trash.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// The strong entity tag of the bytes `sha256`, in its quotes.
#[must_use]
pub fn etag(sha256: &str) -> String {
    format!("\"{sha256}\"")
}

/// What to do when a name is taken by other bytes (`?on_conflict=`, contract §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// Keep both: the new one becomes `name (2).ext`.
    #[default]
    Rename,
    /// Answer 409 and store nothing.
    Reject,
    /// The old one goes to the trash.
    Replace,
}

impl OnConflict {
    /// Reads the query's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "rename" => Some(Self::Rename),
            "reject" => Some(Self::Reject),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }
}

/// The order of a list (`?order=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Order {
    #[default]
    Newest,
    Oldest,
    Name,
    /// Largest first.
    Size,
}

impl Order {
    /// Reads the query's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "newest" => Some(Self::Newest),
            "oldest" => Some(Self::Oldest),
            "name" => Some(Self::Name),
            "size" => Some(Self::Size),
            _ => None,
        }
    }

    /// The word in a query string.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Name => "name",
            Self::Size => "size",
        }
    }
}

/// Which files of a tag are meant: the list's filters, and the zip's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// A part of the name; letter case does not count.
    pub q: Option<String>,
    /// A MIME type (`image/png`) or its first half (`image`).
    pub media: Option<String>,
    /// Uploaded at or after, UTC milliseconds.
    pub since: Option<i64>,
    /// Uploaded before, UTC milliseconds.
    pub until: Option<i64>,
    /// Only these files; sorted, without doubles. `None`: all.
    pub ids: Option<Vec<Id>>,
}

impl Filter {
    /// Whether every file passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A selection as [`Filter::ids`] has it; one id that can't be read is an error, never passed over.
    ///
    /// # Errors
    /// `Invalid` when a text is no id.
    pub fn selection<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Id>> {
        let wrong = || Error::invalid("ids", ("must be ids of files", "应为文件编号"));
        let mut ids = texts.into_iter().map(|text| Id::parse(text).ok_or_else(wrong)).collect::<Result<Vec<_>>>()?;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

/// The order of the list of tags (`?order=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TagOrder {
    /// Last change first.
    #[default]
    Newest,
    /// Last change last.
    Oldest,
    Name,
    /// Most bytes first.
    Size,
    /// Most files first.
    Files,
}

impl TagOrder {
    /// Reads the query's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "newest" => Some(Self::Newest),
            "oldest" => Some(Self::Oldest),
            "name" => Some(Self::Name),
            "size" => Some(Self::Size),
            "files" => Some(Self::Files),
            _ => None,
        }
    }

    /// The word in a query string.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Name => "name",
            Self::Size => "size",
            Self::Files => "files",
        }
    }
}

/// What a list of tags is asked for.
#[derive(Debug, Clone, Default)]
pub struct TagQuery {
    /// `q` is a part of the tag's name, `since` and `until` mean its last change, and `media` asks for
    /// tags that hold such a file.
    pub filter: Filter,
    pub order: TagOrder,
    pub cursor: Option<String>,
    pub limit: u32,
}

/// What went to the trash in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trashed {
    pub count: u64,
    /// Names this go, to undo it: its time in UTC milliseconds.
    pub batch: i64,
}

/// What the page about this server tells.
#[derive(Debug, Clone)]
pub struct About {
    pub version: &'static str,
    pub database: String,
    pub data_dir: String,
    pub tags: i64,
    pub files: i64,
    /// Bytes of the living files; the same content counts each time.
    pub bytes: i64,
    /// Bytes on disk; the same content counts once.
    pub blobs_bytes: i64,
    pub trash_bytes: i64,
    pub free_bytes: u64,
    pub durability: &'static str,
    pub trash_keep_days: i64,
    /// Helper programs by name, and whether they are installed.
    pub helpers: Vec<(String, bool)>,
}

/// How many files and bytes a filter lets through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub file_count: i64,
    pub bytes: i64,
}

/// One page of a keyset-paged list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Opaque; asks for what comes after the last item.
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

/// What an upload came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub file: File,
    /// The very same bytes stood there already (a retry), or came back from the trash.
    pub duplicate: bool,
}

/// A type of content that gets an icon where there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Image,
    Video,
    Audio,
    Text,
    Archive,
    Document,
    Other,
}

impl Kind {
    /// The kind a MIME type belongs to.
    #[must_use]
    pub fn of(content_type: &str) -> Self {
        match content_type.split_once('/').unwrap_or((content_type, "")) {
            ("image", _) => Self::Image,
            ("video", _) => Self::Video,
            ("audio", _) => Self::Audio,
            ("text", _) | ("application", "json" | "xml") => Self::Text,
            ("application", "zip" | "gzip" | "x-tar" | "x-7z-compressed" | "x-xz" | "zstd" | "vnd.rar" | "x-bzip2") => {
                Self::Archive
            }
            ("application", "pdf" | "msword") => Self::Document,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Archive => "archive",
            Self::Document => "document",
            Self::Other => "other",
        })
    }
}
