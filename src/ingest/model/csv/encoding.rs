//! What a CSV is written in, and its text.
//!
//! Excel writes UTF-8 with a mark, UTF-16 with a mark, or, in China, GB18030 without any. Text without a mark that
//! is UTF-8, but for a few broken places, is UTF-8; all other is GB18030. So all of it has to be seen once.

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

/// Looks at the bytes of a file as they arrive, wherever they are cut into pieces.
#[derive(Default)]
pub struct Sniffer {
    /// The first three bytes.
    head: Vec<u8>,
    /// The beginning of a character that the next bytes may complete.
    open: Vec<u8>,
    seen: Seen,
    /// From the first sequence on that is no UTF-8.
    gb: Option<Gb>,
}

/// Characters beyond ASCII by their length in UTF-8, and what is none.
#[derive(Default)]
struct Seen {
    two: u64,
    /// Of three and four bytes.
    more: u64,
    broken: u64,
}

/// Counts what would be no GB18030 either.
struct Gb {
    decoder: encoding_rs::Decoder,
    text: String,
    broken: u64,
}

impl Gb {
    fn new() -> Self {
        Self { decoder: encoding_rs::GB18030.new_decoder_without_bom_handling(), text: String::new(), broken: 0 }
    }

    fn feed(&mut self, bytes: &[u8]) {
        decode(&mut self.decoder, &mut self.text, bytes, false);
        self.broken += self.text.matches(char::REPLACEMENT_CHARACTER).count() as u64;
    }
}

impl Sniffer {
    /// Looks at the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.head.len() < 3 {
            self.head.extend(bytes.iter().take(3 - self.head.len()));
        }
        if let Some(gb) = &mut self.gb {
            gb.feed(bytes);
        }
        if self.open.is_empty() {
            if !bytes.is_ascii() {
                self.count(bytes);
            }
            return;
        }
        let mut joined = std::mem::take(&mut self.open);
        joined.extend_from_slice(bytes);
        self.count(&joined);
    }

    fn count(&mut self, bytes: &[u8]) {
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars().filter(|character| !character.is_ascii()) {
                let slot = if character.len_utf8() == 2 { &mut self.seen.two } else { &mut self.seen.more };
                *slot += 1;
            }
            at += chunk.valid().len();
            let wrong = chunk.invalid();
            let is_cut = at + wrong.len() == bytes.len()
                && std::str::from_utf8(wrong).is_err_and(|error| error.error_len().is_none());
            if is_cut {
                self.open = wrong.to_vec();
            } else if !wrong.is_empty() {
                self.seen.broken += 1;
                if self.gb.is_none() {
                    let mut gb = Gb::new();
                    gb.feed(&bytes[at..]);
                    self.gb = Some(gb);
                }
            }
            at += wrong.len();
        }
    }

    /// The encoding of all that was fed.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        Encoding::marked(&self.head).unwrap_or(if self.is_utf8() { Encoding::Utf8 } else { Encoding::Gb18030 })
    }

    /// In a text of GB18030 hardly a character in fifty looks like three bytes of UTF-8, one in five like two, and all
    /// others are broken. What GB18030 explains no better is UTF-8 with a few broken places.
    fn is_utf8(&self) -> bool {
        let Seen { two, more, broken } = self.seen;
        let broken = broken + u64::from(!self.open.is_empty());
        let unread = self.gb.as_ref().map_or(0, |gb| gb.broken);
        broken == 0 || more + two / 4 >= broken || unread >= broken
    }
}

/// Decodes into `text`, whose earlier content goes.
fn decode(decoder: &mut encoding_rs::Decoder, text: &mut String, bytes: &[u8], is_last: bool) {
    text.clear();
    text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
    let (_, _, _) = decoder.decode_to_string(bytes, text, is_last);
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
        decode(&mut self.inner, &mut self.text, bytes, is_last);
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

    #[test]
    fn a_few_broken_places_make_no_other_encoding() {
        let cut = "http://h/1,张三,".as_bytes();
        for (bytes, encoding) in [
            (&[cut, b"\xe5\xbc\nhttp://h/2,a,b\n"].concat()[..], Encoding::Utf8),
            (&[cut, b"\xff\xfe\n"].concat(), Encoding::Utf8),
            (&["http://h/1,人,".as_bytes(), b"\xff\xfe\n"].concat(), Encoding::Utf8),
            (b"http://h/1,caf\xe9,x\n", Encoding::Utf8),
            (&[cut, b"x\nhttp://h/2,a,\xe5\xbc"].concat(), Encoding::Utf8),
            // A name in GB18030 behind ASCII alone.
            (b"http://h/1,\xd5\xc5\xc8\xfd,x\n", Encoding::Gb18030),
            (b"\xc4\xe3\xba\xc3,x\n", Encoding::Gb18030),
        ] {
            for piece in 1..7 {
                assert_eq!(read(bytes, piece).0, encoding, "{}", String::from_utf8_lossy(bytes));
            }
        }
        let (_, text) = read(&[cut, b"\xe5\xbc\nhttp://h/2,a,b\n"].concat(), 3);
        assert_eq!(text, "http://h/1,张三,\u{fffd}\nhttp://h/2,a,b\n");
    }

    proptest! {
        /// Names in GB18030, as long as a class list has them.
        #[test]
        fn names_in_gb18030_are_no_utf8(names in prop::collection::vec("[\u{4e00}-\u{9fa5}]{2,3}", 20..60)) {
            let text = names.join(",x\n");
            let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
            prop_assert_eq!(read(&bytes, 4096).0, Encoding::Gb18030);
        }

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
