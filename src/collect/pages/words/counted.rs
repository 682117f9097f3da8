//! Texts with counts, sizes and dates in them.

use crate::platform::web::format::{count, size};
use crate::platform::web::lang::Lang;

/// `1 file` · `1,234 files` · `1,234 个文件`.
#[must_use]
pub fn files(n: i64, lang: Lang) -> String {
    match (lang, n) {
        (Lang::En, 1) => "1 file".to_owned(),
        (Lang::En, _) => format!("{} files", count(n)),
        (Lang::Zh, _) => format!("{} 个文件", count(n)),
    }
}

/// `3 tags` · `3 个标签`.
#[must_use]
pub fn tags(n: i64, lang: Lang) -> String {
    match (lang, n) {
        (Lang::En, 1) => "1 tag".to_owned(),
        (Lang::En, _) => format!("{} tags", count(n)),
        (Lang::Zh, _) => format!("{} 个标签", count(n)),
    }
}

/// `1,234 bytes`, exactly.
#[must_use]
pub fn exact_bytes(n: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} bytes", count(n)),
        Lang::Zh => format!("{} 字节", count(n)),
    }
}

/// `30 days` · `30 天`.
#[must_use]
pub fn days(n: i64, lang: Lang) -> String {
    match (lang, n) {
        (Lang::En, 1) => "1 day".to_owned(),
        (Lang::En, _) => format!("{} days", count(n)),
        (Lang::Zh, _) => format!("{} 天", count(n)),
    }
}

/// `3.2 GB of 5 GB used`.
#[must_use]
pub fn used_of(used: i64, allowed: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} of {} used", size(used), size(allowed)),
        Lang::Zh => format!("已用 {}，共 {}", size(used), size(allowed)),
    }
}

/// What becomes of a tag's old files.
#[must_use]
pub fn kept_days(n: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("Files go to the trash after {}.", days(n, lang)),
        Lang::Zh => format!("文件在 {}后移入回收站。", days(n, lang)),
    }
}

/// The line under a tag's name.
#[must_use]
pub fn tag_meta(n: i64, bytes: i64, last: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} · {} · last change {last}", files(n, lang), size(bytes)),
        Lang::Zh => format!("{} · {} · 最近变动 {last}", files(n, lang), size(bytes)),
    }
}

/// How many tags a search has found on this page.
#[must_use]
pub fn found(n: i64, more: bool, q: &str, lang: Lang) -> String {
    let plus = if more { "+" } else { "" };
    match lang {
        Lang::En => format!("{}{plus} with “{q}”.", tags(n, lang)),
        Lang::Zh => format!("{} 个{plus}包含“{q}”的标签。", count(n)),
    }
}

/// The menu's entry that acts on the whole filter.
#[must_use]
pub fn trash_all(n: i64, filtered: bool, lang: Lang) -> String {
    match (lang, filtered) {
        (Lang::En, true) => format!("Move the {} found to the trash", files(n, lang)),
        (Lang::En, false) => format!("Move all {} to the trash", files(n, lang)),
        (Lang::Zh, true) => format!("把筛选出的 {}移入回收站", files(n, lang)),
        (Lang::Zh, false) => format!("把全部 {}移入回收站", files(n, lang)),
    }
}

/// The menu's entry that sends the whole filter to a training task.
#[must_use]
pub fn send_all(n: i64, filtered: bool, lang: Lang) -> String {
    match (lang, filtered) {
        (Lang::En, true) => format!("Send the {} found to a task…", files(n, lang)),
        (Lang::En, false) => format!("Send all {} to a task…", files(n, lang)),
        (Lang::Zh, true) => format!("把筛选出的 {}送入任务…", files(n, lang)),
        (Lang::Zh, false) => format!("把全部 {}送入任务…", files(n, lang)),
    }
}

/// What the bar says when everything that the filter finds is meant.
#[must_use]
pub fn whole_filter(n: i64, filtered: bool, lang: Lang) -> String {
    match (lang, filtered) {
        (Lang::En, true) => format!("All {} that the filter finds", files(n, lang)),
        (Lang::En, false) => format!("All {} of this tag", files(n, lang)),
        (Lang::Zh, true) => format!("筛选出的全部 {}", files(n, lang)),
        (Lang::Zh, false) => format!("此标签的全部 {}", files(n, lang)),
    }
}

/// The line under the trash's title.
#[must_use]
pub fn trash_meta(n: i64, bytes: i64, keep_days: i64, lang: Lang) -> String {
    format!("{} · {} · {}", files(n, lang), size(bytes), keeps(keep_days, lang))
}

/// How long the trash keeps what is in it.
#[must_use]
pub fn keeps(keep_days: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("What lies here is kept for {}.", days(keep_days, lang)),
        Lang::Zh => format!("回收站中的内容保留 {}。", days(keep_days, lang)),
    }
}

/// The note beside a day's heading in the trash.
#[must_use]
pub fn kept_until(date: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("kept until {date}"),
        Lang::Zh => format!("保留至 {date}"),
    }
}

/// The line on the page of a file that lies in the trash.
#[must_use]
pub fn in_trash(deleted: &str, until: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("In the trash since {deleted}, kept until {until}."),
        Lang::Zh => format!("{deleted} 移入回收站，保留至 {until}。"),
    }
}

/// The question before a purge.
#[must_use]
pub fn purge_question(n: i64, whole: bool, lang: Lang) -> String {
    match (lang, whole) {
        (Lang::En, true) => format!("Everything in the trash ({}) will be deleted.", files(n, lang)),
        (Lang::En, false) => format!("{} will be deleted.", files(n, lang)),
        (Lang::Zh, true) => format!("将删除回收站中的全部内容（{}）。", files(n, lang)),
        (Lang::Zh, false) => format!("将删除 {}。", files(n, lang)),
    }
}

/// `4032 × 3024` with its megapixels, where they are worth a figure.
#[must_use]
pub fn pixels(width: u32, height: u32) -> (String, String) {
    let tenths = (u64::from(width) * u64::from(height) + 50_000) / 100_000;
    let mega = if tenths == 0 { String::new() } else { format!("{}.{} MP", tenths / 10, tenths % 10) };
    (format!("{width} × {height}"), mega)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_counts_in_its_own_way() {
        assert_eq!(files(1, Lang::En), "1 file");
        assert_eq!(files(1234, Lang::En), "1,234 files");
        assert_eq!(files(1, Lang::Zh), "1 个文件");
        assert_eq!(pixels(4032, 3024), ("4032 × 3024".to_owned(), "12.2 MP".to_owned()));
    }
}
