//! What a CSV is written in, and its text.
//!
//! Excel writes UTF-8 with a mark, UTF-16 with a mark, or, in China, GB18030 without any. Text without a mark that
//! is valid UTF-8 from its first byte to its last is UTF-8; all other is GB18030. So all of it has to be seen once.

/// What a CSV is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8Mark,
    Utf16Le,
    Utf16Be,
    Gb18030,
}

impl Encoding {
    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Mark => "UTF-8 (BOM)",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Gb18030 => "GB18030",
        }
    }

    /// The encoding that a mark at the beginning tells.
    fn marked(head: &[u8]) -> Option<Self> {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Some(Self::Utf8Mark),
            [0xff, 0xfe, ..] => Some(Self::Utf16Le),
            [0xfe, 0xff, ..] => Some(Self::Utf16Be),
            _ => None,
        }
    }
}

/// Looks at the bytes of a file as they arrive.
#[derive(Debug, Clone, Default)]
pub struct Sniffer {
    /// The first three bytes.
    head: Vec<u8>,
    /// The beginning of a character that the next bytes may complete.
    open: Vec<u8>,
    is_broken: bool,
}

impl Sniffer {
    /// Looks at the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.head.len() < 3 {
            self.head.extend(bytes.iter().take(3 - self.head.len()));
        }
        let mut bytes = bytes;
        // A character that lies across two pieces is completed byte by byte.
        while !self.is_broken && !self.open.is_empty() {
            let Some((first, rest)) = bytes.split_first() else {
                return;
            };
            self.open.push(*first);
            bytes = rest;
            match std::str::from_utf8(&self.open) {
                Ok(_) => self.open.clear(),
                Err(error) => self.is_broken = error.error_len().is_some(),
            }
        }
        if self.is_broken {
            return;
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            self.is_broken = error.error_len().is_some();
            self.open.extend_from_slice(&bytes[error.valid_up_to()..]);
        }
    }

    /// The encoding of all that was fed.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        let is_utf8 = !self.is_broken && self.open.is_empty();
        let unmarked = if is_utf8 { Encoding::Utf8 } else { Encoding::Gb18030 };
        Encoding::marked(&self.head).unwrap_or(unmarked)
    }
}

/// Makes UTF-8 of the bytes of a file. What is no character of its encoding becomes U+FFFD.
pub struct Decoder {
    inner: encoding_rs::Decoder,
    text: String,
}

impl Decoder {
    /// A decoder for a whole file, its mark included.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        let inner = match encoding {
            Encoding::Utf8 | Encoding::Utf8Mark => encoding_rs::UTF_8,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Gb18030 => encoding_rs::GB18030,
        };
        Self { inner: inner.new_decoder_with_bom_removal(), text: String::new() }
    }

    /// The text of the next bytes. `is_last`: none follow.
    pub fn decode(&mut self, bytes: &[u8], is_last: bool) -> &str {
        self.text.clear();
        let most = self.inner.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
        self.text.reserve(most);
        let (_, _, _) = self.inner.decode_to_string(bytes, &mut self.text, is_last);
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> (Encoding, String) {
        let mut sniffer = Sniffer::default();
        bytes.chunks(piece).for_each(|piece| sniffer.feed(piece));
        let mut decoder = Decoder::new(sniffer.encoding());
        let mut text = String::new();
        for piece in bytes.chunks(piece) {
            text += decoder.decode(piece, false);
        }
        text += decoder.decode(&[], true);
        (sniffer.encoding(), text)
    }

    #[test]
    fn a_gb18030_text_that_begins_like_utf8_is_found_out() {
        // D2 BB is a character of both.
        let (bytes, _, _) = encoding_rs::GB18030.encode("一,张三,照片");
        for piece in 1..6 {
            assert_eq!(read(&bytes, piece), (Encoding::Gb18030, "一,张三,照片".to_owned()));
        }
    }

    #[test]
    fn a_text_that_ends_within_a_character_is_no_utf8() {
        let text = "一".as_bytes();
        assert_eq!(read(&text[..2], 1).0, Encoding::Gb18030);
        assert_eq!(read(text, 1).0, Encoding::Utf8);
        assert_eq!(read(b"", 1), (Encoding::Utf8, String::new()));
    }

    proptest! {
        #[test]
        fn text_in_every_encoding_is_read(text in "[a-z,\r\n\"一-龥😀]{1,60}", piece in 1..20_usize) {
            let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
            let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
            prop_assert_eq!(read(text.as_bytes(), piece), (Encoding::Utf8, text.clone()));
            prop_assert_eq!(read(&marked, piece), (Encoding::Utf8Mark, text.clone()));
            let little = [&[0xff, 0xfe][..], &utf16(u16::to_le_bytes)].concat();
            prop_assert_eq!(read(&little, piece), (Encoding::Utf16Le, text.clone()));
            let big = [&[0xfe, 0xff][..], &utf16(u16::to_be_bytes)].concat();
            prop_assert_eq!(read(&big, piece), (Encoding::Utf16Be, text.clone()));
            let (gb, _, _) = encoding_rs::GB18030.encode(&text);
            let (found, read) = read(&gb, piece);
            if found == Encoding::Gb18030 {
                prop_assert_eq!(read, text);
            }
        }
    }
}
