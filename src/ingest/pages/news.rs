//! What has just been done with an ingest task, carried over a redirect in the cookie `notice`.

use std::fmt;

use crate::platform::web::page::Notice;

use super::words::Words;

/// A thing done that the next page tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Created,
    Started,
    Stopped,
    Deleted,
    /// Start or stop came too late: the task was in another state by then.
    TooLate,
}

impl News {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Created, "ingest.created"),
        (Self::Started, "ingest.started"),
        (Self::Stopped, "ingest.stopped"),
        (Self::Deleted, "ingest.deleted"),
        (Self::TooLate, "ingest.too_late"),
    ];

    /// Reads the cookie; `None` for anything that isn't exactly one of these words.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == text).map(|(news, _)| news)
    }

    /// The line that tells it.
    #[must_use]
    pub fn told(self, w: &Words) -> Notice {
        let text = match self {
            Self::Created => w.was_created,
            Self::Started => w.was_started,
            Self::Stopped => w.was_stopped,
            Self::Deleted => w.was_deleted,
            Self::TooLate => w.was_too_late,
        };
        Notice { text: text.to_owned(), undo: None, link: None, bad: self == Self::TooLate }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(news, _)| news == self).map_or("", |(_, word)| word))
    }
}
