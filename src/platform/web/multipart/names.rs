//! What a parameter of a part means as text (contract §1, names in forms).
//!
//! `filename*` (RFC 8187, and the pieces of RFC 2231) goes before `filename`; encoded words (RFC 2047) are decoded;
//! and of percent signs in `filename` only what browsers write is undone (HTML, multipart/form-data encoding).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};
use percent_encoding::percent_decode_str;

use super::parameters::find;

/// Longest encoded word in bytes. RFC 2047 allows 75; .NET puts a whole name into one.
const LONGEST_WORD: usize = 4096;

/// Most pieces of one value (RFC 2231).
const MOST_PIECES: usize = 100;

/// Padding or none, and whatever bits are left over: clients differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes of a part's head as text: UTF-8, or GB18030, or, where they are neither, Windows-1252, in which every byte
/// means something.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    for encoding in [UTF_8, GB18030] {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text.into_owned();
        }
    }
    WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

/// The value under `name`, however it is written. `None` where it isn't there at all.
#[must_use]
pub fn value(parameters: &[(String, String)], name: &str) -> Option<String> {
    let extended = find(parameters, &format!("{name}*")).map(extended);
    let pieces = || pieces(parameters, name);
    let plain = || find(parameters, name).map(plain);
    let is_full = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
    let all = [extended, pieces(), plain()];
    all.iter().find(|value| is_full(value)).or_else(|| all.iter().find(|value| value.is_some())).cloned().flatten()
}

/// A value without a star.
fn plain(value: &str) -> String {
    encoded_words(value).unwrap_or_else(|| value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

/// `charset'language'percent-encoded` (RFC 8187 §3.2); some leave out what stands in front, or quote what stands
/// behind.
fn extended(value: &str) -> String {
    let (charset, encoded) = charset_of(value);
    let encoded = encoded.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(encoded);
    decode(charset, &percent_decode_str(encoded).collect::<Vec<_>>())
}

fn charset_of(value: &str) -> (Option<&'static Encoding>, &str) {
    let mut parts = value.splitn(3, '\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_), Some(encoded)) => (Encoding::for_label(charset.as_bytes()), encoded),
        _ => (None, value),
    }
}

/// `name*0*=…; name*1="…"` (RFC 2231 §4.1), put together.
fn pieces(parameters: &[(String, String)], name: &str) -> Option<String> {
    let (mut bytes, mut charset, mut count) = (Vec::new(), None, 0);
    while count < MOST_PIECES {
        let key = format!("{name}*{count}");
        if let Some(piece) = find(parameters, &format!("{key}*")) {
            let (named, encoded) = if count == 0 { charset_of(piece) } else { (charset, piece) };
            charset = named;
            bytes.extend(percent_decode_str(encoded));
        } else if let Some(piece) = find(parameters, &key) {
            bytes.extend_from_slice(piece.as_bytes());
        } else {
            break;
        }
        count += 1;
    }
    (count > 0).then(|| decode(charset, &bytes))
}

/// The bytes in the encoding that is named, as far as they are in it.
fn decode(encoding: Option<&'static Encoding>, bytes: &[u8]) -> String {
    let named = encoding.and_then(|named| named.decode_without_bom_handling_and_without_replacement(bytes));
    named.map_or_else(|| text(bytes), std::borrow::Cow::into_owned)
}

/// A text with its encoded words decoded; `None` where there is none.
fn encoded_words(whole: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), whole);
    // Neighbours in one encoding are decoded together: some clients cut a character in two.
    let mut waiting: Option<(&'static Encoding, Vec<u8>)> = None;
    let mut is_any = false;
    while let Some(at) = rest.find("=?") {
        let Some((encoding, bytes, length)) = word(&rest[at..]) else {
            flush(&mut waiting, &mut out);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        // Blanks between two words belong to neither (RFC 2047 §6.2).
        let between = &rest[..at];
        if waiting.is_none() || !between.trim().is_empty() {
            flush(&mut waiting, &mut out);
            out.push_str(between);
        }
        match &mut waiting {
            Some((same, all)) if *same == encoding => all.extend_from_slice(&bytes),
            _ => {
                flush(&mut waiting, &mut out);
                waiting = Some((encoding, bytes));
            }
        }
        is_any = true;
        rest = &rest[at + length..];
    }
    flush(&mut waiting, &mut out);
    out.push_str(rest);
    is_any.then_some(out)
}

fn flush(waiting: &mut Option<(&'static Encoding, Vec<u8>)>, out: &mut String) {
    if let Some((encoding, bytes)) = waiting.take() {
        out.push_str(&decode(Some(encoding), &bytes));
    }
}

/// `=?charset?B|Q?data?=` at the start of `text`: encoding, bytes, and its length.
fn word(text: &str) -> Option<(&'static Encoding, Vec<u8>, usize)> {
    let mut end = text.len().min(LONGEST_WORD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let (charset, behind) = text.get(2..)?.split_once('?')?;
    let (kind, behind) = behind.split_once('?')?;
    let data = &behind[..behind.find("?=")?];
    // RFC 2231 §5 lets a language stand behind the charset.
    let encoding = Encoding::for_label(charset.split('*').next()?.as_bytes())?;
    let bytes = match kind {
        "B" | "b" => BASE64.decode(data.split_ascii_whitespace().collect::<String>()).ok()?,
        "Q" | "q" => unquote(data)?,
        _ => return None,
    };
    Some((encoding, bytes, text.len() - behind.len() + data.len() + 2))
}

/// The Q encoding (RFC 2047 §4.2).
fn unquote(data: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    let mut bytes = data.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parameters::parameters;
    use super::*;

    fn name(disposition: &str) -> Option<String> {
        value(&parameters(&format!("form-data; {disposition}")), "filename")
    }

    #[test]
    fn the_extended_name_goes_first() {
        for (disposition, expected) in [
            ("filename*=utf-8''%E6%B5%8B%E8%AF%95.jpg", "测试.jpg"),
            ("filename*=UTF-8'zh-CN'%E6%B5%8B.jpg; filename=\"x.jpg\"", "测.jpg"),
            ("filename=\"x.jpg\"; filename*=utf-8''\"%E6%B5%8B.jpg\"", "测.jpg"),
            ("filename*=\"utf-8''%E6%B5%8B.jpg\"", "测.jpg"),
            ("filename*=%E6%B5%8B.jpg", "测.jpg"),
            ("filename*=gb18030''%B2%E2.jpg", "测.jpg"),
            ("filename*=ISO-8859-1''caf%E9.jpg", "café.jpg"),
            ("filename*=nonsense''%E6%B5%8B.jpg", "测.jpg"),
            ("filename*=utf-8''%B2%E2.jpg", "测.jpg"),
            ("filename*=utf-8''; filename=\"x.jpg\"", "x.jpg"),
            ("filename*=utf-8''100%25%20of%2541.jpg", "100% of%41.jpg"),
            ("filename*0*=utf-8''%E6%B5; filename*1*=%8B%20; filename*2=\"b.jpg\"", "测 b.jpg"),
            ("filename*0=\"long \"; filename*1=\"name.jpg\"", "long name.jpg"),
        ] {
            assert_eq!(name(disposition).as_deref(), Some(expected), "{disposition}");
        }
        assert_eq!(name("name=\"filename*=x\""), None);
        assert_eq!(name("name=f; filename=\"\"").as_deref(), Some(""));
    }

    #[test]
    fn encoded_words_are_decoded() {
        for (written, expected) in [
            ("=?utf-8?B?5rWL6K+VLmpwZw==?=", "测试.jpg"),
            ("=?UTF-8?b?5rWL6K+VLmpwZw?=", "测试.jpg"),
            ("=?UTF-8?Q?=E6=B5=8B=E8=AF=95_1.jpg?=", "测试 1.jpg"),
            ("=?GB18030?B?suLK1C5qcGc=?=", "测试.jpg"),
            ("=?gb2312?Q?=B2=E2=CA=D4.jpg?=", "测试.jpg"),
            ("=?ISO-8859-1?Q?caf=E9.jpg?=", "café.jpg"),
            ("=?utf-8*zh?Q?=E6=B5=8B.jpg?=", "测.jpg"),
            // Two words, the second character cut in two.
            ("=?utf-8?B?5rWL6A==?= =?utf-8?B?r5UuanBn?=", "测试.jpg"),
            ("=?utf-8?Q?=E6=B5=8B?=\r\n =?gbk?Q?=CA=D4?=.jpg", "测试.jpg"),
            ("a =?utf-8?Q?b?= c", "a b c"),
            // None of these is one.
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("=?nonsense?Q?abc?=.jpg", "=?nonsense?Q?abc?=.jpg"),
            ("=?utf-8?Q?abc", "=?utf-8?Q?abc"),
            ("what=?.jpg", "what=?.jpg"),
        ] {
            assert_eq!(plain(written), expected, "{written}");
        }
    }

    #[test]
    fn of_percent_signs_only_those_of_browsers_are_undone() {
        for (written, expected) in [
            ("say %22hi%22.txt", "say \"hi\".txt"),
            ("a%0D%0Ab", "a\r\nb"),
            ("100% of a photo.jpeg", "100% of a photo.jpeg"),
            ("50%off.pdf", "50%off.pdf"),
            ("a%20b%2F%25.jpg", "a%20b%2F%25.jpg"),
            ("5%%.jpg", "5%%.jpg"),
        ] {
            assert_eq!(plain(written), expected);
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_read_as_gb18030() {
        assert_eq!(text(&GB18030.encode("照片.jpg").0), "照片.jpg");
        assert_eq!(text("照片.jpg".as_bytes()), "照片.jpg");
        // The second byte of 乗 is that of a backslash.
        assert_eq!(text(b"\x81\x5c.jpg"), "乗.jpg");
        assert_eq!(text(b"caf\xe9.jpg"), "café.jpg");
    }

    proptest! {
        /// One name, in all the ways in which clients write it.
        #[test]
        fn every_way_of_writing_gives_the_name(name in "[^\\p{C}%\\\\/=?]{1,40}") {
            let percent: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let q: String = name.bytes().map(|byte| format!("={byte:02X}")).collect();
            let b = base64::engine::general_purpose::STANDARD.encode(&name);
            for written in [
                format!("filename*=UTF-8''{percent}"),
                format!("filename=\"=?utf-8?B?{b}?=\""),
                format!("filename=\"=?utf-8?Q?{q}?=\"; name=x"),
                format!("filename=\"{}\"", name.replace('"', "%22")),
                format!("filename=\"{}\"; name=\"f\"", name.replace('"', "\\\"")),
            ] {
                let read = value(&parameters(&format!("form-data; {written}")), "filename");
                prop_assert_eq!(read.as_deref(), Some(name.as_str()), "{}", written);
            }
        }

        #[test]
        fn no_bytes_are_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let read = parameters(&text(&bytes));
            let _ = value(&read, "filename");
        }
    }
}
