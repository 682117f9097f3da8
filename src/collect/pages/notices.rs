//! What has just been done, carried over a redirect in the cookie `notice`.
//!
//! The form is `word.number…[.tag]`, with the tag percent-encoded and last. It is read strictly: a
//! cookie that isn't exactly of this form shows nothing, so nobody's text can be put before a reader.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::collect::model::Name;
use crate::platform::ids::Id;
use crate::platform::web::format::{count, escaped};
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Notice, Undo};

use super::words::{self, Words};

/// A thing done that the next page tells about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Files of a tag went to the trash; `batch` undoes it.
    Trashed { count: u64, batch: i64, tag: String },
    /// A whole tag went to the trash.
    TagTrashed { count: u64, batch: i64, tag: String },
    /// One file went to the trash.
    FileTrashed { id: Id },
    /// Files came back from the trash.
    Restored { count: u64 },
    /// Files were deleted for ever.
    Purged { count: u64 },
    /// Files of a form were stored, stood there already, or were refused.
    Uploaded { stored: u64, same: u64, refused: u64 },
    /// The settings of a tag were changed.
    Settings,
    /// A form came without a selection.
    NothingSelected,
    /// An undo came too late.
    TooLate,
    /// The code of an upload link opens nothing here; the room of accounts leaves it.
    WrongCode,
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trashed { count, batch, tag } => {
                write!(f, "trashed.{count}.{batch}.{}", escaped(tag))
            }
            Self::TagTrashed { count, batch, tag } => {
                write!(f, "tag.{count}.{batch}.{}", escaped(tag))
            }
            Self::FileTrashed { id } => write!(f, "file.{id}"),
            Self::Restored { count } => write!(f, "restored.{count}"),
            Self::Purged { count } => write!(f, "purged.{count}"),
            Self::Uploaded { stored, same, refused } => write!(f, "uploaded.{stored}.{same}.{refused}"),
            Self::Settings => f.write_str("settings"),
            Self::NothingSelected => f.write_str("none"),
            Self::TooLate => f.write_str("late"),
            Self::WrongCode => f.write_str("code"),
        }
    }
}

impl News {
    /// Reads the cookie; `None` for anything that [`News`] didn't write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let word = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        match (word, rest.as_slice()) {
            ("trashed", [count, batch, tag]) => {
                Some(Self::Trashed { count: number(count)?, batch: batch.parse().ok()?, tag: name(tag)? })
            }
            ("tag", [count, batch, tag]) => {
                Some(Self::TagTrashed { count: number(count)?, batch: batch.parse().ok()?, tag: name(tag)? })
            }
            ("file", [id]) => Id::parse(id).map(|id| Self::FileTrashed { id }),
            ("restored", [count]) => number(count).map(|count| Self::Restored { count }),
            ("purged", [count]) => number(count).map(|count| Self::Purged { count }),
            ("uploaded", [stored, same, refused]) => {
                Some(Self::Uploaded { stored: number(stored)?, same: number(same)?, refused: number(refused)? })
            }
            ("settings", []) => Some(Self::Settings),
            ("none", []) => Some(Self::NothingSelected),
            ("late", []) => Some(Self::TooLate),
            ("code", []) => Some(Self::WrongCode),
            _ => None,
        }
    }

    /// The line that a reader sees.
    #[must_use]
    pub fn told(&self, lang: Lang) -> Notice {
        let w = Words::of(lang);
        let (text, undo) = match self {
            Self::Trashed { count, batch, tag } => (trashed(&files(*count, lang), lang), Some(undo_batch(tag, *batch))),
            Self::TagTrashed { count, batch, tag } => {
                (tag_trashed(tag, &files(*count, lang), lang), Some(undo_batch(tag, *batch)))
            }
            Self::FileTrashed { id } => {
                (trashed(&files(1, lang), lang), Some(Undo { action: format!("/files/{id}/restore"), fields: vec![] }))
            }
            Self::Restored { count } => (restored(&files(*count, lang), lang), None),
            Self::Purged { count } => (purged(&files(*count, lang), lang), None),
            Self::Uploaded { stored, same, refused } => (uploaded(*stored, *same, *refused, lang), None),
            Self::Settings => (w.settings_saved.to_owned(), None),
            Self::NothingSelected => (w.nothing_selected.to_owned(), None),
            Self::TooLate => (w.undo_late.to_owned(), None),
            Self::WrongCode => (w.link_wrong.to_owned(), None),
        };
        let bad = matches!(
            self,
            Self::NothingSelected | Self::TooLate | Self::WrongCode | Self::Uploaded { refused: 1.., .. }
        );
        Notice { text, undo, link: None, bad }
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

fn name(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Name::new(&text).ok().map(Name::into_string)
}

fn files(n: u64, lang: Lang) -> String {
    words::files(i64::try_from(n).unwrap_or(i64::MAX), lang)
}

fn undo_batch(tag: &str, batch: i64) -> Undo {
    Undo { action: format!("/tags/{}/undo", escaped(tag)), fields: vec![("batch", batch.to_string())] }
}

fn trashed(files: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{files} moved to the trash."),
        Lang::Zh => format!("已将 {files}移入回收站。"),
    }
}

fn tag_trashed(tag: &str, files: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("The tag “{tag}” and its {files} moved to the trash."),
        Lang::Zh => format!("标签“{tag}”及其 {files}已移入回收站。"),
    }
}

fn restored(files: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{files} restored."),
        Lang::Zh => format!("已恢复 {files}。"),
    }
}

fn purged(files: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{files} deleted for ever."),
        Lang::Zh => format!("已彻底删除 {files}。"),
    }
}

fn uploaded(stored: u64, same: u64, refused: u64, lang: Lang) -> String {
    let part = |n: u64, en: &str, zh: &str| {
        let figure = count(i64::try_from(n).unwrap_or(i64::MAX));
        match lang {
            _ if n == 0 => String::new(),
            Lang::En => format!(", {figure} {en}"),
            Lang::Zh => format!("，{figure} 个{zh}"),
        }
    };
    let (same, refused) = (part(same, "there already", "已存在"), part(refused, "refused", "被拒绝"));
    match lang {
        Lang::En => format!("{} uploaded{same}{refused}.", files(stored, lang)),
        Lang::Zh => format!("已上传 {}{same}{refused}。", files(stored, lang)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for news in [
            News::Trashed { count: 3, batch: 17, tag: "图.a b".to_owned() },
            News::TagTrashed { count: 0, batch: -1, tag: "x".to_owned() },
            News::FileTrashed { id: Id(7) },
            News::Restored { count: 1 },
            News::Purged { count: 2 },
            News::Uploaded { stored: 1, same: 2, refused: 3 },
            News::Settings,
            News::NothingSelected,
            News::TooLate,
            News::WrongCode,
        ] {
            assert_eq!(News::parse(&news.to_string()), Some(news.clone()), "{news}");
            assert!(!news.told(Lang::Zh).text.is_empty());
        }
        let uploaded = News::Uploaded { stored: 2, same: 0, refused: 1 };
        assert_eq!(uploaded.told(Lang::En).text, "2 files uploaded, 1 refused.");
        assert_eq!(uploaded.told(Lang::Zh).text, "已上传 2 个文件，1 个被拒绝。");
    }

    #[test]
    fn anything_else_says_nothing() {
        for text in [
            "",
            "hello",
            "file.x",
            "trashed.1.2",
            "trashed.1.2.",
            "trashed.+1.2.a",
            "restored.1.2",
            "none.",
            "trashed.1.2.a%2Fb",
        ] {
            assert_eq!(News::parse(text), None, "{text:?}");
        }
    }
}
