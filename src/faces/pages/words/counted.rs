//! Texts with numbers and names in them.

use crate::platform::web::format::count;
use crate::platform::web::lang::Lang;

/// A number of faces.
#[must_use]
pub fn faces(n: i64, lang: Lang) -> String {
    match (lang, n) {
        (Lang::En, 1) => "1 face".to_owned(),
        (Lang::En, _) => format!("{} faces", count(n)),
        (Lang::Zh, _) => format!("{} 张人脸", count(n)),
    }
}

/// How many groups a search has found on this page.
#[must_use]
pub fn groups_found(n: usize, more: bool, q: &str, lang: Lang) -> String {
    let (plus, n) = (if more { "+" } else { "" }, i64::try_from(n).unwrap_or(i64::MAX));
    match (lang, n) {
        (Lang::En, 1) => format!("1{plus} group with “{q}”."),
        (Lang::En, _) => format!("{}{plus} groups with “{q}”.", count(n)),
        (Lang::Zh, _) => format!("{}{plus} 个包含“{q}”的人脸库。", count(n)),
    }
}

/// How many faces a search has found.
#[must_use]
pub fn faces_found(n: i64, q: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} with “{q}”.", faces(n, lang)),
        Lang::Zh => format!("包含“{q}”的有 {}。", faces(n, lang)),
    }
}

/// The question before a group is deleted.
#[must_use]
pub fn group_question(name: &str, n: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("The group “{name}” will be deleted, with {}. Its ingest tasks stay.", faces(n, lang)),
        Lang::Zh => format!("将删除人脸库“{name}”及其 {}。相关入库任务不受影响。", faces(n, lang)),
    }
}

/// The question before a face is deleted.
#[must_use]
pub fn face_question(group: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("This face will be deleted from the group “{group}”."),
        Lang::Zh => format!("将从人脸库“{group}”中删除这张人脸。"),
    }
}

/// How many faces its picture had, where there were more.
#[must_use]
pub fn of_several(n: i64, lang: Lang) -> Option<String> {
    let more = n > 1;
    more.then(|| match lang {
        Lang::En => format!("largest of {}", count(n)),
        Lang::Zh => format!("{} 张中最大的一张", count(n)),
    })
}
