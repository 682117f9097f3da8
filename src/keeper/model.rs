//! What can be wrong in a store, and what is done about it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What is younger than this may belong to a request that is under way, or be left by a crash that the server clears up
/// by itself: nothing is said of it, and nothing done. Milliseconds.
pub const YOUNG: i64 = 3_600_000;

/// Files in `staging/` that are older than this belong to no request any more. Milliseconds.
pub const ABANDONED: i64 = 24 * YOUNG;

/// How many names are told of those who need one blob.
pub const NAMES: u32 = 5;

/// What sort of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    DamagedBlob,
    MissingBlob,
    UnreadableBlob,
    Orphan,
    StrayFile,
    Counter,
    FileRow,
    ImageMissing,
    ImageOther,
    ImageExtra,
    FolderExtra,
    TableMissing,
    TableExtra,
    ThumbnailExtra,
    Leftover,
}

impl Kind {
    /// The words at the beginning of a finding's line.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::DamagedBlob => "damaged blob",
            Self::MissingBlob => "missing blob",
            Self::UnreadableBlob => "unreadable blob",
            Self::Orphan => "orphan",
            Self::StrayFile => "stray file",
            Self::Counter => "counter",
            Self::FileRow => "file row",
            Self::ImageMissing => "image folder, name missing",
            Self::ImageOther => "image folder, other bytes",
            Self::ImageExtra => "image folder, name too many",
            Self::FolderExtra => "image folder too many",
            Self::TableMissing => "CSV missing",
            Self::TableExtra => "CSV too many",
            Self::ThumbnailExtra => "thumbnail of nothing",
            Self::Leftover => "leftover",
        }
    }

    /// What `--repair` does about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::DamagedBlob => {
                "moves it to quarantine/; then the same bytes can be uploaded again, or come from a backup"
            }
            Self::MissingBlob => "can't bring it back: upload the same bytes again, or take it from a backup",
            Self::UnreadableBlob => "does nothing: see to the disk",
            Self::Orphan
            | Self::StrayFile
            | Self::ImageExtra
            | Self::FolderExtra
            | Self::TableExtra
            | Self::ThumbnailExtra
            | Self::Leftover => "moves it to quarantine/",
            Self::Counter => "sets it right",
            Self::FileRow => "writes what the blob's row says",
            Self::ImageMissing => "links the blob there",
            Self::ImageOther => "moves it to quarantine/ and links the blob there",
            Self::TableMissing => "can't bring it back: take it from a backup, or delete the task",
        }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// Where: a path below the data folder, or a row as a person knows it.
    pub place: String,
    pub what: String,
}

impl fmt::Display for Finding {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, what } = self;
        let line = format!("{}: {place}: {what}; --repair {}", kind.words(), kind.remedy());
        f.write_str(&one_line(&line))
    }
}

/// Control characters that a name may smuggle into a terminal become `?`.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// What a look at everything came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub blobs: u64,
    pub bytes: u64,
    pub findings: u64,
    pub mended: u64,
    /// Orphans that are young: a crash may have left them, and the server clears them up.
    pub young: u64,
}

/// What a backup says of itself: `backup.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the layout of the folder.
    pub format: u32,
    /// The version that made it.
    pub granary: String,
    /// RFC 3339.
    pub made_at: String,
    /// The name of the SQLite file in the folder.
    #[serde(default = "early_name")]
    pub database: String,
    /// Its SHA-256, in hex.
    pub database_sha256: String,
    /// By ingest task of this data folder: the SHA-256 of its CSV in hex, null where there was none to copy.
    #[serde(default)]
    pub tables: Option<BTreeMap<String, Option<String>>>,
    pub blobs: u64,
    pub bytes: u64,
    /// Blobs and CSVs that were missing, damaged or unreadable where the backup was made.
    pub missing: u64,
}

/// The layout that this version writes. It reads those before as well: the first one had a database of one name, and no
/// sums of CSVs.
pub const FORMAT: u32 = 2;

fn early_name() -> String {
    "granary.db".to_owned()
}

/// `0.3 GiB` and the like.
#[must_use]
pub fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut whole, mut rest, mut unit) = (bytes, 0, 0);
    while whole >= 1024 && unit + 1 < units.len() {
        rest = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit += 1;
    }
    if unit == 0 { format!("{whole} {}", units[0]) } else { format!("{whole}.{rest} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_whatever_the_name() {
        let finding = Finding { kind: Kind::Orphan, place: "a\nb".to_owned(), what: "\u{1b}[2J".to_owned() };
        assert_eq!(finding.to_string(), "orphan: a?b: ?[2J; --repair moves it to quarantine/");
    }

    #[test]
    fn sizes_are_told_with_one_digit() {
        assert_eq!([size(0), size(1023), size(1536), size(5 << 30)], ["0 bytes", "1023 bytes", "1.5 KiB", "5.0 GiB"]);
    }
}
