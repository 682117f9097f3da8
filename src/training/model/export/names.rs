//! Names of files and folders in exports.

use std::collections::HashSet;

use crate::platform::archive::zip_names;
use crate::platform::names::numbered;
use crate::training::model::{ImageType, LabelClass};

/// The folder of images without a class.
pub const UNLABELLED: &str = "_unlabelled";

/// Longest name that file systems take, in bytes.
const MAX_BYTES: usize = 255;

/// Endings by which readers of data sets know a picture of this kind.
fn endings(kind: ImageType) -> &'static [&'static str] {
    match kind {
        ImageType::Png => &["png"],
        ImageType::Jpeg => &["jpg", "jpeg"],
        ImageType::Bmp => &["bmp"],
    }
}

/// `<order_id, 8 digits>-<img_name>`: safe to unpack, with the ending of its kind, at most 255 bytes.
#[must_use]
pub fn file_name(order_id: i64, img_name: &str, kind: ImageType) -> String {
    let known = |ending: &str| endings(kind).iter().any(|known| known.eq_ignore_ascii_case(ending));
    let (stem, ending) = match img_name.rsplit_once('.') {
        Some((stem, ending)) if known(ending) => (stem, ending),
        _ => (img_name, kind.extension()),
    };
    let stem = zip_names::mend(&format!("{order_id:08}-{stem}"));
    format!("{}.{ending}", shortened(&stem, MAX_BYTES - 1 - ending.len()))
}

/// A folder for each class: safe to unpack, found by readers, and no two equal when letter case is ignored.
#[must_use]
pub fn class_folders(classes: &[LabelClass]) -> Vec<String> {
    // What stands in the folder of a set beside those of its classes.
    let mut taken: HashSet<Vec<u8>> = [UNLABELLED, super::METADATA].map(zip_names::key).into();
    let mut folder = |class: &LabelClass| {
        // Room for a number behind it.
        let wanted = zip_names::mend(shortened(&findable(&zip_names::mend(&class.name)), MAX_BYTES - 16));
        let mut name = wanted.clone();
        let mut number = 2;
        while !taken.insert(zip_names::key(&name)) {
            name = numbered(&wanted, number);
            number += 1;
        }
        name
    };
    classes.iter().map(&mut folder).collect()
}

/// What `datasets` takes for the name of a set where it stands between [`BORDERS`], or at an end.
const SET_WORDS: [&str; 10] =
    ["train", "training", "validation", "valid", "dev", "val", "test", "testing", "eval", "evaluation"];

/// What parts words there.
const BORDERS: &str = "-._ 0123456789";

/// A name of a folder that readers of data sets neither pass over (a dot or two underscores at the start) nor take for
/// that of a set.
fn findable(name: &str) -> String {
    let mut out = if name.starts_with('.') { format!("_{name}") } else { name.to_owned() };
    while out.starts_with("__") {
        out.remove(0);
    }
    for word in SET_WORDS {
        let mut from = 0;
        while let Some(at) = out[from..].find(word).map(|at| at + from) {
            let end = at + word.len();
            let is_border = |c: char| BORDERS.contains(c);
            let is_word =
                out[..at].chars().next_back().is_none_or(is_border) && out[end..].chars().next().is_none_or(is_border);
            if is_word {
                out.insert(at, '+');
            }
            from = end;
        }
    }
    out
}

/// The longest beginning of at most `most` bytes.
fn shortened(name: &str, most: usize) -> &str {
    &name[..name.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_begin_with_their_place() {
        for (name, kind, expected) in [
            ("a.jpg", ImageType::Jpeg, "00000007-a.jpg"),
            ("a.PNG", ImageType::Png, "00000007-a.PNG"),
            ("a.jpg", ImageType::Png, "00000007-a.jpg.png"),
            ("a.tif", ImageType::Bmp, "00000007-a.tif.bmp"),
            ("兰博基尼", ImageType::Png, "00000007-兰博基尼.png"),
            ("v1.2", ImageType::Bmp, "00000007-v1.2.bmp"),
            ("a:b?.jpeg", ImageType::Jpeg, "00000007-a_b_.jpeg"),
            ("a .jpg", ImageType::Jpeg, "00000007-a _.jpg"),
            ("..", ImageType::Jpeg, "00000007-.._.jpg"),
            ("../x\n.jpg", ImageType::Jpeg, "00000007-.._x_.jpg"),
        ] {
            assert_eq!(file_name(7, name, kind), expected);
        }
        assert_eq!(file_name(123_456_789, "a.jpg", ImageType::Jpeg), "123456789-a.jpg");
    }

    #[test]
    fn file_names_fit_file_systems() {
        for name in ["图".repeat(85), "a".repeat(255), format!("{}.jpeg", "é".repeat(125))] {
            let file = file_name(1, &name, ImageType::Jpeg);
            assert!((250..=255).contains(&file.len()), "{file}");
            assert!(matches!(file.rsplit_once('.'), Some((_, "jpg" | "jpeg"))), "{file}");
        }
    }

    #[test]
    fn no_class_passes_for_a_set() {
        for (name, folder) in [
            ("test", "+test"),
            ("hot test 2", "hot +test 2"),
            ("val-train", "+val-+train"),
            ("eval", "+eval"),
            ("Test", "Test"),
            ("contest", "contest"),
            ("testing", "+testing"),
            ("图test", "图test"),
        ] {
            assert_eq!(findable(name), folder);
        }
    }

    #[test]
    fn class_folders_are_safe_and_distinct() {
        let names =
            ["cat", "CAT", "a/b", "a\\b", "..", "con", "_Unlabelled", "metadata.jsonl", "end.", "猫", ".x", "__x"];
        let class = |(place, name): (usize, &&str)| LabelClass {
            id: 1,
            class_no: i64::try_from(place).unwrap(),
            name: (*name).to_owned(),
            color: "#223344".to_owned(),
            order_id: 1,
        };
        let classes: Vec<LabelClass> = names.iter().enumerate().map(class).collect();
        let expected = [
            "cat",
            "CAT (2)",
            "a_b",
            "a_b (2)",
            "_.._",
            "_con",
            "_Unlabelled (2)",
            "metadata (2).jsonl",
            "end._",
            "猫",
            "_.x",
            "_x",
        ];
        assert_eq!(class_folders(&classes), expected);
        let long = LabelClass { name: "图".repeat(85), ..classes[0].clone() };
        assert!(class_folders(&[long.clone(), long]).iter().all(|folder| folder.len() <= 255));
    }
}
