//! Texts with numbers in them.

use serde_json::Value;

use crate::platform::web::format::count;
use crate::platform::web::lang::Lang;
use crate::training::notices::images;

/// How many images there are to divide.
#[must_use]
pub fn total(n: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} to divide", images(n, lang)),
        Lang::Zh => format!("待划分 {}", images(n, lang)),
    }
}

/// What the option for new images does.
#[must_use]
pub fn only_hint(n: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("The numbers then share out only the {} that no split has placed.", images(n, lang)),
        Lang::Zh => format!("此时数量只针对尚未划分的 {}。", images(n, lang)),
    }
}

/// The counts that can be had in place of those asked for.
#[must_use]
pub fn nearest([training, verifying, testing]: [i64; 3], is_proven: bool, lang: Lang) -> String {
    let [a, b, c] = [training, verifying, testing].map(count);
    match (lang, is_proven) {
        (Lang::En, true) => format!("Nearest: {a} training, {b} verifying, {c} testing"),
        (Lang::En, false) => format!("Nearest found: {a} training, {b} verifying, {c} testing"),
        (Lang::Zh, true) => format!("最接近：训练 {a}，验证 {b}，测试 {c}"),
        (Lang::Zh, false) => format!("已找到的最接近：训练 {a}，验证 {b}，测试 {c}"),
    }
}

/// What a split by groups couldn't hold together by looks, from its record; nothing for a record without groups.
#[must_use]
pub fn unheld(record: Option<&Value>, lang: Lang) -> Vec<String> {
    let groups = record.map_or(&Value::Null, |record| &record["groups"]);
    let told = |figure: &Value, en: &str, zh: &str| {
        let n = figure.as_i64().filter(|n| *n > 0)?;
        Some(match lang {
            Lang::En => format!("{}: {en}", images(n, lang)),
            Lang::Zh => format!("{}{zh}", images(n, lang)),
        })
    };
    let lines = [
        told(
            &groups["crowded"]["images"],
            "in chains of likes too long to hold together",
            "因相似链过长，未按外观归组",
        ),
        told(&groups["plain"], "too plain to compare by looks", "内容过于单调，无法按外观比较"),
        told(&groups["busy"], "too much alike to compare with all of them", "彼此过于相似，未与全部图像比较"),
    ];
    lines.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_tells_what_it_could_not_hold_together() {
        let record = |plain| json!({"groups": {"crowded": {"chains": 1, "images": 1200}, "plain": plain, "busy": 0}});
        let lines = unheld(Some(&record(1)), Lang::En);
        assert_eq!(
            lines,
            ["1,200 images: in chains of likes too long to hold together", "1 image: too plain to compare by looks"]
        );
        assert_eq!(unheld(Some(&record(0)), Lang::Zh), ["1,200 张图像因相似链过长，未按外观归组"]);
        // Without groups, of an earlier version, and never split.
        assert!(unheld(Some(&json!({"seed": 1})), Lang::En).is_empty() && unheld(None, Lang::En).is_empty());
    }
}
