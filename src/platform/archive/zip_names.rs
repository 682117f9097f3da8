//! Names inside archives (contract §1.1): safe to unpack on Windows, and unique there.
//!
//! The name that a file has in its tag never changes; only its entry is mended. The entry's name is
//! decided once, when the file is stored, so that an archive keeps its layout when files come and go.

use ring::digest::{SHA256, digest};

/// Device names that Windows gives a meaning of their own, whatever the extension.
/// (The small raised digits count as digits there.)
const RESERVED: [&str; 28] = [
    "COM¹", "COM²", "COM³", "LPT¹", "LPT²", "LPT³", "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5",
    "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// `name` as it can be unpacked on Windows: `<>:"|?*` become `_`, a dot or space at the end gets a
/// `_` behind it, and a device's name one before it.
#[must_use]
pub fn mend(name: &str) -> String {
    let mut mended: String = name.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    if mended.ends_with(['.', ' ']) {
        mended.push('_');
    }
    let stem = mended.split('.').next().unwrap_or_default().trim_end();
    if RESERVED.iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        mended.insert(0, '_');
    }
    mended
}

/// A key that two names share exactly when they differ in nothing but letter case.
#[must_use]
pub fn key(zip_name: &str) -> Vec<u8> {
    // Upper case first: it brings together what lower case keeps apart ("ß" and "ss", "ſ" and "s").
    let folded = zip_name.to_uppercase().to_lowercase();
    digest(&SHA256, folded.as_bytes()).as_ref()[..16].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mended_for_windows() {
        for (name, mended) in [
            ("photo.jpg", "photo.jpg"),
            ("图片 1.jpg", "图片 1.jpg"),
            ("a:b?.jpg", "a_b_.jpg"),
            ("con.jpg", "_con.jpg"),
            ("COM1", "_COM1"),
            ("com².txt", "_com².txt"),
            ("console.jpg", "console.jpg"),
            ("end.", "end._"),
            ("end ", "end _"),
            ("nul .txt", "_nul .txt"),
        ] {
            assert_eq!(mend(name), mended);
        }
    }

    #[test]
    fn letter_case_makes_no_difference() {
        assert_eq!(key("IMG.JPG"), key("img.jpg"));
        assert_eq!(key("Ä.jpg"), key("ä.jpg"));
        assert_ne!(key("a.jpg"), key("b.jpg"));
    }
}
