//! Texts with numbers in them.

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
pub fn nearest([training, verifying, testing]: [i64; 3], lang: Lang) -> String {
    let [a, b, c] = [training, verifying, testing].map(count);
    match lang {
        Lang::En => format!("Nearest: {a} training, {b} verifying, {c} testing"),
        Lang::Zh => format!("最接近：训练 {a}，验证 {b}，测试 {c}"),
    }
}
