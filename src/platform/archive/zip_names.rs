//! Names inside archives (contract §1.1): safe to unpack on Windows, and unique on every file system.
//!
//! The name that a file has in its tag never changes; only its entry is mended. The entry's name is
//! decided once, when the file is stored, so that an archive keeps its layout when files come and go.

use ring::digest::{SHA256, digest};
use unicode_normalization::UnicodeNormalization;

use crate::platform::names::{MAX_BYTES, split_extension};

/// Raised when [`mend`] or [`key`] come to give something else: it stands in every archive's entity tag, and tags whose
/// files were named by an earlier one are gone through at the start.
pub const VERSION: i64 = 3;

/// Device names that Windows gives a meaning of their own, whatever the extension (`CLOCK$` up to Windows NT 4).
const RESERVED: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

/// The same with one digit behind them; small raised digits count as digits there.
const NUMBERED: [&str; 2] = ["COM", "LPT"];

/// An extension that is longer isn't kept when a name is cut.
const MAX_EXTENSION: usize = 200;

/// `name` as it can be unpacked on Windows, at most 255 bytes of it: what is forbidden there becomes `_`, a dot or
/// space at the end gets a `_` behind it, and a device's name one before it.
#[must_use]
pub fn mend(name: &str) -> String {
    let mut mended: String = name.chars().map(|c| if is_forbidden(c) { '_' } else { c }).collect();
    if mended.ends_with(['.', ' ']) {
        mended.push('_');
    }
    if is_reserved(&mended) {
        mended.insert(0, '_');
    }
    if mended.len() > MAX_BYTES { cut(&mended) } else { mended }
}

/// Separators, what Windows forbids, and the characters that turn the direction of writing (Unicode TR 9: embeddings,
/// overrides, isolates), by which a program looks like a picture; 7-Zip puts `_` in their place, too.
fn is_forbidden(c: char) -> bool {
    c.is_control() || "<>:\"/\\|?*".contains(c) || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is_numbered = |device: &str| {
        let head = stem.get(..device.len()).filter(|head| head.eq_ignore_ascii_case(device));
        let mut rest = head.map_or("", |_| &stem[device.len()..]).chars();
        let digit = rest.next().is_some_and(|c| c.is_ascii_digit() || "⁰¹²³⁴⁵⁶⁷⁸⁹".contains(c));
        digit && rest.next().is_none()
    };
    RESERVED.iter().any(|device| stem.eq_ignore_ascii_case(device)) || NUMBERED.into_iter().any(is_numbered)
}

/// At most 255 bytes of a name, with its extension.
fn cut(name: &str) -> String {
    let (stem, extension) = split_extension(name);
    let (stem, extension) = if extension.len() > MAX_EXTENSION { (name, "") } else { (stem, extension) };
    let stem = &stem[..stem.floor_char_boundary(MAX_BYTES - extension.len())];
    let mut cut = format!("{stem}{extension}");
    if cut.ends_with(['.', ' ']) {
        cut.pop();
        cut.push('_');
    }
    cut
}

/// A key that two names share when any file system takes them for one: they differ in nothing but letter case (by full
/// case folding, Unicode 3.13, so that `ß`, `ẞ` and `ss` are equal), in their normal form, or in characters that aren't
/// seen.
#[must_use]
pub fn key(zip_name: &str) -> Vec<u8> {
    let seen = zip_name.nfd().filter(|c| !is_ignorable(*c)).collect::<String>();
    // Upper case brings together what lower case keeps apart ("ß" and "ss", "ſ" and "s"), and lower case before it what
    // has no upper case of its own ("ẞ"). What is equal by case folding, by lower or by upper case is equal by this.
    let folded = seen.to_lowercase().to_uppercase().to_lowercase();
    // Upper case makes a letter of the iota below one ("ᾳ"), and other marks then stand behind it or before it, as the name
    // was in one normal form or the other. As a mark again, it takes its own place among them.
    let folded = folded.nfd().map(|c| if c == 'ι' { '\u{345}' } else { c }).nfc().collect::<String>();
    digest(&SHA256, folded.as_bytes()).as_ref()[..16].to_vec()
}

/// Characters that file systems pass over when they compare names (Unicode's `Default_Ignorable_Code_Point`).
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use unicode_normalization::char::canonical_combining_class;

    use super::*;
    use crate::platform::names::{Name, numbered};

    #[test]
    fn names_are_mended_for_windows() {
        for (name, mended) in [
            ("photo.jpg", "photo.jpg"),
            ("图片 1.jpg", "图片 1.jpg"),
            ("a:b?.jpg", "a_b_.jpg"),
            ("con.jpg", "_con.jpg"),
            ("COM1", "_COM1"),
            ("com².txt", "_com².txt"),
            ("COM⁰", "_COM⁰"),
            ("lpt0.x", "_lpt0.x"),
            ("CONIN$", "_CONIN$"),
            ("conout$.txt", "_conout$.txt"),
            ("Clock$", "_Clock$"),
            ("CON .txt", "_CON .txt"),
            ("AUX.", "_AUX._"),
            ("console.jpg", "console.jpg"),
            ("COM10", "COM10"),
            ("com", "com"),
            ("CON1", "CON1"),
            ("end.", "end._"),
            ("end ", "end _"),
            ("nul .txt", "_nul .txt"),
            ("photo\u{202E}gpj.exe", "photo_gpj.exe"),
            ("a\u{200F}b", "a\u{200F}b"),
        ] {
            assert_eq!(mend(name), mended);
        }
    }

    #[test]
    fn mended_names_are_no_longer_than_file_systems_take() {
        let long = |stem: &str, end: &str| format!("{stem}{}{end}", "x".repeat(255 - stem.len() - end.len()));
        for (name, end) in [
            (long("CON.", ".jpg"), "x.jpg"),
            (long("nul .", ""), "x"),
            (long("", "."), "x._"),
            (long("", " "), "x_"),
            (long("aux.", " "), "x"),
            (format!("CON.{}", "图".repeat(83)), "图"),
            (format!("con .{}.jpeg", "é".repeat(122)), "é.jpeg"),
        ] {
            let mended = mend(&name);
            assert!(mended.len() <= 255 && mended.len() > 250 && mended.ends_with(end), "{name} became {mended}");
            assert_eq!(mend(&mended), mended);
        }
    }

    #[test]
    fn letter_case_makes_no_difference() {
        for (one, other) in [
            ("IMG.JPG", "img.jpg"),
            ("Ä.jpg", "ä.jpg"),
            ("straße", "STRAẞE"),
            ("straße", "STRASSE"),
            ("ﬁsh", "FISH"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ"),
            ("ς", "σ"),
            ("İ", "i\u{307}"),
            ("ᾳ", "ΑΙ"),
            ("ᾳ\u{316}", "ΑΙ\u{316}"),
            ("ᾀ\u{304}", "ἈΙ\u{304}"),
            ("ŉ", "ʼN"),
            ("\u{212A}", "k"),
            ("ſ", "S"),
            ("é", "E\u{301}"),
            ("가", "\u{1100}\u{1161}"),
            ("a\u{200D}b", "AB"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("a.jpg"), key("b.jpg"));
        assert_ne!(key("a"), key("á"));
    }

    /// Every letter that is more than one in upper or lower case, with a mark of each combining class behind it.
    #[test]
    fn marks_behind_letters_of_many_cases_keep_the_key() {
        let all = || '\0'..=char::MAX;
        let marks: BTreeMap<u8, char> = all().map(|c| (canonical_combining_class(c), c)).collect();
        assert!(marks.len() > 50);
        let letters: Vec<char> = all().filter(|c| c.to_uppercase().len() > 1 || c.to_lowercase().len() > 1).collect();
        assert!(letters.len() > 100);
        for letter in letters {
            for mark in marks.values() {
                let name: String = [letter, *mark].into_iter().nfc().collect();
                for other in [name.to_lowercase(), name.to_uppercase(), name.nfd().collect()] {
                    assert_eq!(key(&other), key(&name), "{}", name.escape_unicode());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_mended_is_a_safe_name(
            name in "(?i)(con|com¹|nul|aux|lpt9|x)?[ .]{0,2}\\PC{0,90}[ .]{0,2}(\\.\\PC{1,70})?",
            number in 2_u32..,
        ) {
            let Ok(name) = Name::new(&name) else { return Ok(()) };
            let mended = mend(name.as_str());
            for text in [mended.clone(), numbered(&mended, number)] {
                prop_assert!((1..=255).contains(&text.len()));
                prop_assert!(!text.ends_with(['.', ' ']) && !text.chars().any(is_forbidden) && !is_reserved(&text));
                prop_assert_eq!(&mend(&text), &text);
                prop_assert!(Name::new(&text).is_ok());
            }
        }

        #[test]
        fn case_and_normal_form_keep_the_key(name in "\\PC{1,20}") {
            let name: String = name.nfc().collect();
            let known = key(&name);
            let others = [name.to_lowercase(), name.to_uppercase(), name.nfc().collect(), name.nfd().collect()];
            for other in others {
                prop_assert_eq!(&key(&other), &known, "{}", other);
            }
        }
    }
}
