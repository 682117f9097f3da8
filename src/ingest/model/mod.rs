//! The plain types and rules of face ingest tasks (seed 003, contract §3).
//!
//! Nothing here touches the disk, the database or the clock. What always holds: a [`NewTask`] has been
//! checked field by field, and a row has exactly one outcome.

pub mod csv;
pub mod form;
mod id;
pub mod judge;
mod mark;

use serde::Serialize;

use crate::platform::error::Message;

pub use form::{NewTask, Source};
pub use id::TaskId;
pub use mark::{Mark, Track};

/// Characters of a `data:` URI that are kept in the log and with the face.
const DATA_URI: usize = 100;

/// Bytes of any other URI that are kept: all of each that can be fetched, so that it can be tried again as it stands
/// there, and most of those that are too long for that.
pub const KEPT_URI: usize = 65_535;

/// Most characters of a log line's message.
const MESSAGE: usize = 1000;

/// Where a task stands; the numbers are seed 003's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Created,
    Running,
    Stopped,
    Completed,
    /// Nobody sees it any more; its rows are being removed.
    Deleted,
}

impl State {
    /// Those that a client can see, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Created, Self::Running, Self::Stopped, Self::Completed];

    /// The number on the wire and in the database.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Created => 1,
            Self::Running => 2,
            Self::Stopped => 3,
            Self::Completed => 4,
            Self::Deleted => 5,
        }
    }

    /// The state of a number, where it is one.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        [Self::Created, Self::Running, Self::Stopped, Self::Completed, Self::Deleted]
            .into_iter()
            .find(|state| state.number() == number)
    }
}

/// What a face must not exceed, or fall below. 0 means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Degrees, by absolute value.
    pub pitch: i64,
    pub yaw: i64,
    pub roll: i64,
    /// Pixels.
    pub width: i64,
    pub height: i64,
    /// 0 sharp to 100.
    pub blur: i64,
}

/// What happens at a row that comes out badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is logged, and the task goes on (0).
    #[default]
    Skip,
    /// The task stops at it (1).
    Stop,
}

impl Mode {
    /// The number on the wire and in the database.
    #[must_use]
    pub fn number(self) -> i64 {
        i64::from(self == Self::Stop)
    }

    /// The mode of a number.
    #[must_use]
    pub fn of(number: i64) -> Self {
        if number == 1 { Self::Stop } else { Self::Skip }
    }
}

/// A task as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    /// The larger, the newer.
    pub seq: i64,
    pub group: String,
    pub limits: Limits,
    /// Rows in flight at most, 1–64.
    pub thread_num: usize,
    pub mode: Mode,
    pub state: State,
    pub total: i64,
    /// Rows that have an outcome.
    pub handled: i64,
    /// Why the task stopped by itself: `"<uri>: <reason>"`; else empty.
    pub last_error: Message,
    pub mark: Mark,
    pub lease: Lease,
    /// What the CSV was written in, or the tag it was made of.
    pub source: Source,
    /// UTC milliseconds.
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// Who works on a task. The owner is named from the beginning: its CSV lies there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lease {
    pub owner: String,
    /// UTC milliseconds; 0 while nobody works on it.
    pub until: i64,
    /// Counts the times that it was taken up; whoever holds an older one has lost it.
    pub epoch: i64,
}

/// Why a row came out badly, by the codes of seed 003 (and 207, for `blur_degree`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    NoPicture,
    Unreadable,
    NoFace,
    Pitch,
    Yaw,
    Roll,
    Width,
    Height,
    Blur,
    NoInfo,
    NoIngest,
    System,
}

impl Code {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::NoPicture,
        Self::Unreadable,
        Self::NoFace,
        Self::Pitch,
        Self::Yaw,
        Self::Roll,
        Self::Width,
        Self::Height,
        Self::Blur,
        Self::NoInfo,
        Self::NoIngest,
        Self::System,
    ];

    /// The number on the wire and in the database.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::NoPicture => 101,
            Self::Unreadable => 102,
            Self::NoFace => 201,
            Self::Pitch => 202,
            Self::Yaw => 203,
            Self::Roll => 204,
            Self::Width => 205,
            Self::Height => 206,
            Self::Blur => 207,
            Self::NoInfo => 301,
            Self::NoIngest => 302,
            Self::System => 303,
        }
    }

    /// The code of a number, where it is one.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }
}

/// A row that came out badly: its code, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    pub code: Code,
    pub message: Message,
}

impl Bad {
    /// With a message that fits the log.
    #[must_use]
    pub fn new(code: Code, message: impl Into<Message>) -> Self {
        let Message { en, zh } = message.into();
        let (mut en, mut zh) = (en.into_owned(), zh.into_owned());
        cut(&mut en, MESSAGE);
        cut(&mut zh, MESSAGE);
        Self { code, message: (en, zh).into() }
    }

    /// 303, anything else.
    #[must_use]
    pub fn system(why: impl std::fmt::Display) -> Self {
        Self::new(Code::System, (format!("system error: {why}"), format!("系统错误: {why}")))
    }
}

/// One line of a task's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Data rows count from 0.
    #[serde(skip)]
    pub row: i64,
    /// As [`kept_uri`] has it.
    pub uri: String,
    pub code: i64,
    /// In Chinese, as the document has it, whoever asks.
    pub message: String,
    /// For pages in English; `None` in lines of earlier versions.
    #[serde(skip)]
    pub english: Option<String>,
}

/// How many rows came out how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows whose face is in the group.
    pub good: i64,
    /// Rows that came out badly, by code; those with none are left out.
    pub bad: Vec<(Code, i64)>,
}

/// How far a task is, for people who watch it.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub task: Task,
    pub counts: Counts,
    /// Rows per second over the last seconds; `None` while nobody here works on it.
    pub rate: Option<f64>,
    /// Seconds until its end at this rate; `None` where nobody can tell.
    pub left: Option<u64>,
}

/// A URI as it stands in the log and with the face: a `data:` URI has its first 100 characters.
#[must_use]
pub fn kept_uri(uri: &str) -> String {
    if is_data(uri) {
        return uri.chars().take(DATA_URI).collect();
    }
    uri[..uri.floor_char_boundary(KEPT_URI)].to_owned()
}

/// Whether a URI brings its bytes along.
#[must_use]
pub fn is_data(uri: &str) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// Cuts a text to so many characters.
fn cut(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_document() {
        let numbers = State::ALL.map(State::number);
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(Code::ALL.map(Code::number), [101, 102, 201, 202, 203, 204, 205, 206, 207, 301, 302, 303]);
        assert!(Code::ALL.iter().all(|code| Code::of(code.number()) == Some(*code)));
        assert!(State::of(0).is_none() && Code::of(100).is_none());
    }

    #[test]
    fn a_data_uri_is_cut_in_the_log() {
        let long = format!("data:image/png;base64,{}", "A".repeat(500));
        assert_eq!(kept_uri(&long), long[..100]);
        assert_eq!(kept_uri(&long.replace("data:", "DATA:")).len(), 100);
        let address = format!("http://h/{}", "字".repeat(500));
        assert_eq!(kept_uri(&address), address);
        let signed = format!("https://h/a.jpg?signature={}", "x".repeat(8000));
        assert_eq!(kept_uri(&signed), signed);
        assert_eq!(kept_uri(&"字".repeat(30_000)).len(), 65_535);
        assert_eq!(Bad::system("字".repeat(5000)).message.zh.chars().count(), 1000);
    }
}
