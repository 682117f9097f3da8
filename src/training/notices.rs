//! What has just been done with a task, carried over a redirect in the cookie `notice`. The rooms above
//! tell theirs here too, since a task's page shows it.
//!
//! It is read strictly: a cookie that isn't exactly of this form shows nothing, so nobody's text can be
//! put before a reader.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::collect::model::Name;
use crate::platform::ids::Id;
use crate::platform::web::format::{count, escaped};
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Notice, Undo};
use crate::training::model::Registered;

/// Longest list of deleted images that a cookie carries, in bytes.
const MAX_PACKED: usize = 3000;

/// Most images that an undo brings back.
const MAX_UNDO: usize = 10_000;

/// A thing done that the next page tells about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A task was made.
    Created,
    /// Images came from a tag; the task had `known` files already, `skipped` ones are no images.
    Imported {
        images: u64,
        known: u64,
        skipped: u64,
        tag: String,
    },
    /// Images were deleted; they can come back by one click.
    Deleted {
        task: Id,
        ids: Vec<Id>,
    },
    /// So many that the cookie doesn't hold them.
    DeletedMany {
        images: u64,
    },
    Restored {
        images: u64,
    },
    TaskDeleted,
    ClassAdded,
    ClassChanged,
    ClassDeleted,
    /// Images in training, verifying and testing; groups that are torn all the same.
    Split {
        counts: [i64; 3],
        torn: u64,
    },
    /// This task is a copy of `from`.
    Copied {
        from: Id,
        images: i64,
    },
    /// A form came without a selection.
    NothingSelected,
}

impl News {
    /// Of images that were deleted.
    #[must_use]
    pub fn deleted(task: Id, mut ids: Vec<Id>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MAX_UNDO || pack(&ids).len() > MAX_PACKED {
            return Self::DeletedMany { images: ids.len() as u64 };
        }
        Self::Deleted { task, ids }
    }

    /// Of files of a tag that became images.
    #[must_use]
    pub fn imported(done: &Registered, tag: String) -> Self {
        Self::Imported { images: done.images.len() as u64, known: done.known, skipped: done.skipped, tag }
    }

    /// Reads the cookie; `None` for anything that [`News`] didn't write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("task.")?.split('.');
        let word = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        Some(match (word, rest.as_slice()) {
            ("created", []) => Self::Created,
            ("imported", [images, known, skipped, tag @ ..]) => {
                let (images, known, skipped) = (number(images)?, number(known)?, number(skipped)?);
                Self::Imported { images, known, skipped, tag: name(&tag.join("."))? }
            }
            ("deleted", [task, packed]) => Self::Deleted { task: Id::parse(task)?, ids: unpack(packed)? },
            ("many", [images]) => Self::DeletedMany { images: number(images)? },
            ("restored", [images]) => Self::Restored { images: number(images)? },
            ("gone", []) => Self::TaskDeleted,
            ("class-added", []) => Self::ClassAdded,
            ("class-changed", []) => Self::ClassChanged,
            ("class-deleted", []) => Self::ClassDeleted,
            ("split", [a, b, c, torn]) => {
                Self::Split { counts: [signed(a)?, signed(b)?, signed(c)?], torn: number(torn)? }
            }
            ("copied", [from, images]) => Self::Copied { from: Id::parse(from)?, images: signed(images)? },
            ("nothing", []) => Self::NothingSelected,
            _ => return None,
        })
    }

    /// The line that a reader sees.
    #[must_use]
    pub fn told(&self, lang: Lang) -> Notice {
        let bad = matches!(self, Self::NothingSelected);
        Notice { text: self.line(lang), undo: self.undo(), link: self.link(lang), bad }
    }

    fn link(&self, lang: Lang) -> Option<(String, String)> {
        let Self::Imported { tag, .. } = self else {
            return None;
        };
        let label = match lang {
            Lang::En => format!("Back to the tag “{tag}”"),
            Lang::Zh => format!("回到标签“{tag}”"),
        };
        Some((format!("/tags/{}", escaped(tag)), label))
    }

    fn undo(&self) -> Option<Undo> {
        let Self::Deleted { task, ids } = self else {
            return None;
        };
        let fields = ids.iter().map(|id| ("ids", id.to_string())).collect();
        Some(Undo { action: format!("/tasks/{task}/images/restore"), fields })
    }

    fn line(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        let of = |n: u64| images(i64::try_from(n).unwrap_or(i64::MAX), lang);
        let fixed = |en: &str, zh_text: &str| if zh { zh_text.to_owned() } else { en.to_owned() };
        match self {
            Self::Created => fixed("The task is made.", "任务已创建。"),
            Self::Imported { images, known, skipped, .. } => imported(*images, *known, *skipped, lang),
            Self::Deleted { ids, .. } if zh => format!("已删除 {}。", of(ids.len() as u64)),
            Self::Deleted { ids, .. } => format!("{} deleted.", of(ids.len() as u64)),
            Self::DeletedMany { images } if zh => format!("已删除 {}，可在“已删除”中恢复。", of(*images)),
            Self::DeletedMany { images } => format!("{} deleted; they wait under “Deleted”.", of(*images)),
            Self::Restored { images } if zh => format!("已恢复 {}。", of(*images)),
            Self::Restored { images } => format!("{} restored.", of(*images)),
            Self::TaskDeleted => fixed("The task is deleted.", "任务已删除。"),
            Self::ClassAdded => fixed("Label class added.", "标签类已添加。"),
            Self::ClassChanged => fixed("Label class changed.", "标签类已修改。"),
            Self::ClassDeleted => fixed("Label class deleted.", "标签类已删除。"),
            Self::Split { counts, torn } => split(*counts, *torn, lang),
            Self::Copied { from, images: n } if zh => format!("已从任务 {from} 复制 {}。", images(*n, lang)),
            Self::Copied { from, images: n } => format!("This is a copy of task {from}: {}.", images(*n, lang)),
            Self::NothingSelected => fixed("Nothing is selected.", "尚未选择任何图像。"),
        }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task.")?;
        match self {
            Self::Created => f.write_str("created"),
            Self::Imported { images, known, skipped, tag } => {
                write!(f, "imported.{images}.{known}.{skipped}.{}", escaped(tag))
            }
            Self::Deleted { task, ids } => write!(f, "deleted.{task}.{}", pack(ids)),
            Self::DeletedMany { images } => write!(f, "many.{images}"),
            Self::Restored { images } => write!(f, "restored.{images}"),
            Self::TaskDeleted => f.write_str("gone"),
            Self::ClassAdded => f.write_str("class-added"),
            Self::ClassChanged => f.write_str("class-changed"),
            Self::ClassDeleted => f.write_str("class-deleted"),
            Self::Split { counts: [a, b, c], torn } => write!(f, "split.{a}.{b}.{c}.{torn}"),
            Self::Copied { from, images } => write!(f, "copied.{from}.{images}"),
            Self::NothingSelected => f.write_str("nothing"),
        }
    }
}

/// `1 image` · `1,234 images` · `1,234 张图像`.
#[must_use]
pub fn images(n: i64, lang: Lang) -> String {
    match (lang, n) {
        (Lang::En, 1) => "1 image".to_owned(),
        (Lang::En, _) => format!("{} images", count(n)),
        (Lang::Zh, _) => format!("{} 张图像", count(n)),
    }
}

fn imported(new: u64, known: u64, skipped: u64, lang: Lang) -> String {
    let figure = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut parts = Vec::new();
    if known > 0 {
        parts.push(match lang {
            Lang::En => format!("{} here already", count(figure(known))),
            Lang::Zh => format!("{} 张已在此任务中", count(figure(known))),
        });
    }
    if skipped > 0 {
        let others = count(figure(skipped));
        parts.push(match (lang, skipped) {
            (Lang::En, 1) => "1 file is no PNG, JPEG or BMP".to_owned(),
            (Lang::En, _) => format!("{others} files are no PNG, JPEG or BMP"),
            (Lang::Zh, _) => format!("{others} 个文件不是 PNG、JPEG 或 BMP"),
        });
    }
    let new = images(figure(new), lang);
    match lang {
        Lang::En => format!("{new} imported{}{}.", if parts.is_empty() { "" } else { "; " }, parts.join("; ")),
        Lang::Zh => format!("已导入 {new}{}{}。", if parts.is_empty() { "" } else { "；" }, parts.join("；")),
    }
}

fn split([training, verifying, testing]: [i64; 3], torn: u64, lang: Lang) -> String {
    let [a, b, c] = [training, verifying, testing].map(count);
    match (lang, torn) {
        (Lang::En, 0) => format!("Split: {a} training, {b} verifying, {c} testing."),
        (Lang::En, _) => format!(
            "Split: {a} training, {b} verifying, {c} testing. {torn} groups stand in several sets, \
             because some of their images stay where they are."
        ),
        (Lang::Zh, 0) => format!("已划分：训练 {a}，验证 {b}，测试 {c}。"),
        (Lang::Zh, _) => {
            format!("已划分：训练 {a}，验证 {b}，测试 {c}。因部分图像保持不动，有 {torn} 组分属多个集合。")
        }
    }
}

/// Ascending ids as the first one and ranges of distances to it: `7_0-2_5`.
fn pack(ids: &[Id]) -> String {
    let Some(first) = ids.first() else {
        return String::new();
    };
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        let at = id.0 - first.0;
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == at => *end = at,
            _ => ranges.push((at, at)),
        }
    }
    let range = |(begin, end): &(i64, i64)| if begin == end { begin.to_string() } else { format!("{begin}-{end}") };
    let ranges: Vec<String> = ranges.iter().map(range).collect();
    format!("{first}_{}", ranges.join("_"))
}

fn unpack(text: &str) -> Option<Vec<Id>> {
    let mut parts = text.split('_');
    let first = Id::parse(parts.next()?)?;
    let mut ids = Vec::new();
    for part in parts {
        let (begin, end) = part.split_once('-').unwrap_or((part, part));
        for at in signed(begin)?..=signed(end)? {
            ids.push(Id(first.0.checked_add(at)?));
            if ids.len() > MAX_UNDO {
                return None;
            }
        }
    }
    (!ids.is_empty()).then_some(ids)
}

fn name(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Name::new(&text).ok().map(Name::into_string)
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

fn signed(text: &str) -> Option<i64> {
    number(text).and_then(|n| i64::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let ids = [7, 8, 9, 12, 20, 21].map(|n| Id(2_026_112_100_000_000_000 + n)).to_vec();
        for news in [
            News::Created,
            News::Imported { images: 3, known: 2, skipped: 1, tag: "图.a b".to_owned() },
            News::deleted(Id(5), ids),
            News::DeletedMany { images: 20_000 },
            News::Restored { images: 1 },
            News::TaskDeleted,
            News::ClassAdded,
            News::ClassChanged,
            News::ClassDeleted,
            News::Split { counts: [7, 2, 1], torn: 0 },
            News::Copied { from: Id(9), images: 4 },
            News::NothingSelected,
        ] {
            assert_eq!(News::parse(&news.to_string()), Some(news.clone()), "{news}");
            assert!(!news.told(Lang::Zh).text.is_empty() && !news.told(Lang::En).text.is_empty());
        }
    }

    #[test]
    fn an_import_tells_what_came_and_what_did_not() {
        let told = |known, skipped, lang| {
            let news = News::Imported { images: 1, known, skipped, tag: "a b".to_owned() };
            (news.told(lang).text, news.told(lang).link.unwrap().0)
        };
        assert_eq!(told(0, 0, Lang::En), ("1 image imported.".to_owned(), "/tags/a%20b".to_owned()));
        assert_eq!(told(2, 1, Lang::En).0, "1 image imported; 2 here already; 1 file is no PNG, JPEG or BMP.");
        assert_eq!(told(2, 3, Lang::Zh).0, "已导入 1 张图像；2 张已在此任务中；3 个文件不是 PNG、JPEG 或 BMP。");
    }

    #[test]
    fn an_undo_names_every_image_and_no_other() {
        let news = News::deleted(Id(5), vec![Id(12), Id(10), Id(11), Id(10), Id(40)]);
        assert_eq!(news.to_string(), "task.deleted.5.10_0-2_30");
        let undo = news.told(Lang::En).undo.unwrap();
        assert_eq!(undo.action, "/tasks/5/images/restore");
        let ids: Vec<&str> = undo.fields.iter().map(|(_, id)| id.as_str()).collect();
        assert_eq!(ids, ["10", "11", "12", "40"]);
        let scattered: Vec<Id> = (1..5000).map(|n| Id(n * 3)).collect();
        assert!(matches!(News::deleted(Id(5), scattered), News::DeletedMany { images: 4999 }));
    }

    #[test]
    fn anything_else_says_nothing() {
        for text in [
            "",
            "created",
            "task.",
            "task.created.1",
            "task.deleted.5.",
            "task.deleted.5.7",
            "task.deleted.x.7_0",
            "task.deleted.5.7_0-999999999",
            "task.restored.-1",
            "task.split.1.2.3",
            "task.imported.1.2.3",
            "task.imported.1.2.3.a%2Fb",
        ] {
            assert_eq!(News::parse(text), None, "{text:?}");
        }
    }
}
