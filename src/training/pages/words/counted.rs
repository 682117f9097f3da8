//! Texts with numbers and names in them.

use super::Words;
use crate::platform::web::format::{count, size};
use crate::platform::web::lang::Lang;
use crate::training::notices::images;

/// The types of a task with their names.
#[must_use]
pub fn types(w: &Words) -> [(i64, &'static str); 3] {
    [1, 2, 3].map(|number| (number, type_label(number, w)))
}

/// What a type is called.
#[must_use]
pub fn type_label(task_type: i64, w: &Words) -> &'static str {
    match task_type {
        1 => w.type_classification,
        2 => w.type_detection,
        _ => w.type_segmentation,
    }
}

/// How many tasks a search has found on this page.
#[must_use]
pub fn found(n: usize, more: bool, q: &str, lang: Lang) -> String {
    let (plus, n) = (if more { "+" } else { "" }, i64::try_from(n).unwrap_or(i64::MAX));
    match (lang, n) {
        (Lang::En, 1) => format!("1{plus} task with “{q}”."),
        (Lang::En, _) => format!("{}{plus} tasks with “{q}”.", count(n)),
        (Lang::Zh, _) => format!("{}{plus} 个包含“{q}”的任务。", count(n)),
    }
}

/// `12 files · 3.4 MB`.
#[must_use]
pub fn files_and_bytes(n: i64, bytes: i64, lang: Lang) -> String {
    let (figure, bytes) = (count(n), size(bytes));
    match (lang, n) {
        (Lang::En, 1) => format!("1 file · {bytes}"),
        (Lang::En, _) => format!("{figure} files · {bytes}"),
        (Lang::Zh, _) => format!("{figure} 个文件 · {bytes}"),
    }
}

/// The question before a task is deleted.
#[must_use]
pub fn delete_question(name: &str, n: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("The task “{name}” will be deleted, with {}. Tags keep their files.", images(n, lang)),
        Lang::Zh => format!("将删除任务“{name}”及其 {}。标签中的文件不受影响。", images(n, lang)),
    }
}
