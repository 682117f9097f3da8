//! The rule for the names of tags and files (contract §1).
//!
//! What always holds: a [`Name`] is NFC, 1–255 bytes of UTF-8, not `.` or `..`, and free of `/`, `\`
//! and control characters. Code that takes a `Name` need not check it again.

use std::fmt;

use percent_encoding::percent_decode;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::platform::error::Error;

/// Longest name in bytes of UTF-8, after NFC.
pub const MAX_BYTES: usize = 255;

/// A checked name of a tag or file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("must not be empty")]
    Empty,
    #[error("must not be \".\" or \"..\"")]
    Dots,
    #[error("must not contain \"/\" or \"\\\"")]
    Separator,
    #[error("must not contain control characters")]
    Control,
    #[error("must be at most 255 bytes of UTF-8")]
    TooLong,
    #[error("must be valid UTF-8")]
    NotUtf8,
}

impl NameError {
    /// The error of a request whose `field` this name was.
    #[must_use]
    pub fn of(self, field: &'static str) -> Error {
        let zh = match self {
            Self::Empty => "不能为空",
            Self::Dots => "不能是 “.” 或 “..”",
            Self::Separator => "不能含有 “/” 或 “\\”",
            Self::Control => "不能含有控制字符",
            Self::TooLong => "UTF-8 编码不能超过 255 字节",
            Self::NotUtf8 => "必须是有效的 UTF-8",
        };
        Error::invalid(field, (self.to_string(), zh))
    }
}

impl Name {
    /// Checks `text` and brings it to NFC.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let name = if is_nfc(text) { text.to_owned() } else { text.nfc().collect() };
        match name.as_str() {
            "" => return Err(NameError::Empty),
            "." | ".." => return Err(NameError::Dots),
            _ => {}
        }
        if name.contains(['/', '\\']) {
            return Err(NameError::Separator);
        }
        if name.contains(char::is_control) {
            return Err(NameError::Control);
        }
        if name.len() > MAX_BYTES {
            return Err(NameError::TooLong);
        }
        Ok(Self(name))
    }

    /// Decodes percent escapes once (RFC 3986 §2.1; `+` stands for itself), then checks.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn from_percent_encoded(raw: &str) -> Result<Self, NameError> {
        let text = percent_decode(raw.as_bytes()).decode_utf8().map_err(|_| NameError::NotUtf8)?;
        Self::new(&text)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The form of a name in which letter case makes no difference: NFC, lower case.
#[must_use]
pub fn fold(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

/// Splits a name before its last dot: `("photo", ".jpg")`. A leading dot is part of the stem.
#[must_use]
pub fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// `name (n).ext`, its stem cut so that the whole stays within [`MAX_BYTES`].
#[must_use]
pub fn numbered(name: &str, n: u32) -> String {
    let (stem, extension) = split_extension(name);
    // An "extension" that is nearly the whole name can't be kept; then the number goes to the end.
    let (stem, extension) = if extension.len() > 200 { (name, "") } else { (stem, extension) };
    let suffix = format!(" ({n}){extension}");
    let mut end = stem.len().min(MAX_BYTES.saturating_sub(suffix.len()));
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_refused() {
        for (text, error) in [
            ("", NameError::Empty),
            (".", NameError::Dots),
            ("..", NameError::Dots),
            ("a/b", NameError::Separator),
            ("a\\b", NameError::Separator),
            ("a\0b", NameError::Control),
            ("a\nb", NameError::Control),
            ("a\u{85}b", NameError::Control),
        ] {
            assert_eq!(Name::new(text), Err(error), "{text:?}");
        }
        assert_eq!(Name::new(&"x".repeat(256)), Err(NameError::TooLong));
        assert!(Name::new(&"x".repeat(255)).is_ok());
        assert!(Name::new(&"图".repeat(85)).is_ok());
        assert_eq!(Name::new(&"图".repeat(86)), Err(NameError::TooLong));
    }

    #[test]
    fn names_become_nfc() {
        assert_eq!(Name::new("e\u{301}.jpg").unwrap().as_str(), "é.jpg");
    }

    #[test]
    fn percent_escapes_are_decoded_once() {
        assert_eq!(Name::from_percent_encoded("a%20b%2B+.jpg").unwrap().as_str(), "a b++.jpg");
        assert_eq!(Name::from_percent_encoded("a%2541").unwrap().as_str(), "a%41");
        assert_eq!(Name::from_percent_encoded("%ff"), Err(NameError::NotUtf8));
        assert_eq!(Name::from_percent_encoded("a%2Fb"), Err(NameError::Separator));
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered("a.jpg", 2), "a (2).jpg");
        assert_eq!(numbered("a", 3), "a (3)");
        assert_eq!(numbered(".env", 2), ".env (2)");
        assert_eq!(numbered("a.tar.gz", 2), "a.tar (2).gz");
        let long = numbered(&format!("{}.jpg", "图".repeat(83)), 12);
        assert!(long.len() <= MAX_BYTES && long.ends_with(" (12).jpg"), "{long}");
        assert!(numbered(&format!("a.{}", "b".repeat(250)), 2).len() <= MAX_BYTES);
    }
}
