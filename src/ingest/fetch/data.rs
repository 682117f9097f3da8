//! `data:` URIs: the bytes stand in the row itself.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use data_url::DataUrl;
use data_url::forgiving_base64::DecodeError;

use super::Refusal;

/// From this length on, decoding leaves the async threads alone.
pub const LONG: usize = 256 * 1024;

/// Characters that are decoded at a time: a multiple of four.
const PIECE: usize = 16 * 1024;

/// Padded or not, and whatever the last bits are, as the Fetch Standard has it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a `data:` URI, at most `max`. They take the place of the text.
///
/// # Errors
/// When it isn't one, or holds more.
pub fn decode(uri: String, max: u64) -> Result<Vec<u8>, Refusal> {
    let Some((head, body)) = uri.split_once(',') else {
        return Err(Refusal::new(
            "there is no comma in the data: URI; it holds one, so it must stand in double quotes in a CSV",
            "data: URI 中没有逗号；它含有逗号，在 CSV 里必须用双引号括起来",
        ));
    };
    // Four characters stand for three bytes; a percent escape of each would make it twelve. A text that is longer by white
    // space alone isn't worth reading either.
    let least = (body.len() as u64 / 4).saturating_sub(4);
    if least > max {
        return Err(Refusal::too_large(None, max));
    }
    let is = |part: Option<&str>, word: &str| part.is_some_and(|part| part.eq_ignore_ascii_case(word));
    let end = head.len().checked_sub(7).and_then(|at| head.get(at..));
    // Behind `#` nothing counts.
    if is(head.get(..5), "data:") && is(end, ";base64") && !head.contains('#') && is_plain(body) {
        let size = body.trim_end_matches('=').len() as u64 * 3 / 4;
        if size > max {
            return Err(Refusal::too_large(Some(size), max));
        }
        let from = head.len() + 1;
        return in_place(uri.into_bytes(), from);
    }
    slowly(&uri, max)
}

/// Whether base64 has nothing in it that is to be read in another way first. Nearly all is so.
fn is_plain(body: &str) -> bool {
    let letters = body.trim_end_matches('=');
    let is_padded_rightly = match body.len() - letters.len() {
        0 => true,
        padding => padding <= 2 && body.len().is_multiple_of(4),
    };
    is_padded_rightly && letters.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

/// Decodes base64 that begins at `from`, in the same memory: what is written never reaches what is still to be read.
fn in_place(mut text: Vec<u8>, from: usize) -> Result<Vec<u8>, Refusal> {
    let mut piece = [0; PIECE];
    let (mut read, mut written) = (from, 0);
    while read < text.len() {
        let end = (read + PIECE).min(text.len());
        let count = BASE64.decode_slice(&text[read..end], &mut piece).map_err(|_| malformed())?;
        text[written..written + count].copy_from_slice(&piece[..count]);
        (read, written) = (end, written + count);
    }
    text.truncate(written);
    Ok(text)
}

fn malformed() -> Refusal {
    Refusal::new("the base64 of the data: URI is malformed", "data: URI 的 base64 内容不正确")
}

/// Percent escapes, white space, fragments: all that the Fetch Standard allows.
fn slowly(uri: &str, max: u64) -> Result<Vec<u8>, Refusal> {
    let url =
        DataUrl::process(uri).map_err(|_| Refusal::new("the data: URI is malformed", "data: URI 的格式不正确"))?;
    let mut bytes = Vec::with_capacity(uri.len() / 4 * 3);
    let decoded = url.decode(|part| {
        bytes.extend_from_slice(part);
        if bytes.len() as u64 > max { Err(()) } else { Ok(()) }
    });
    match decoded {
        Ok(_) => Ok(bytes),
        Err(DecodeError::WriteError(())) => Err(Refusal::too_large(None, max)),
        Err(DecodeError::InvalidBase64(_)) => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(uri: &str, max: u64) -> Result<Vec<u8>, Refusal> {
        super::decode(uri.to_owned(), max)
    }

    #[test]
    fn base64_and_percent_escapes_are_read() {
        for (uri, bytes) in [
            ("data:image/png;base64,aGVsbG8=", &b"hello"[..]),
            ("data:image/png;base64,aGVsbG8", b"hello"),
            ("data:image/png;base64,aGVsbG9=", b"hello"),
            ("data:;base64,", b""),
            ("DATA:image/png;BASE64,aGVs\n bG8=", b"hello"),
            ("data:;base64,aGVs%62G8%3D", b"hello"),
            ("data:image/png;base64,aGVsbG8=#part", b"hello"),
            ("data:,hello%20%ff", b"hello \xff"),
            ("data:text/plain;charset=utf-8,a,b", b"a,b"),
            ("data:,", b""),
        ] {
            assert_eq!(decode(uri, 1000).unwrap(), bytes, "{uri}");
        }
    }

    #[test]
    fn bytes_take_the_place_of_their_text() {
        for size in [0, 1, 2, 3, PIECE / 4 * 3 - 1, PIECE / 4 * 3, PIECE / 4 * 3 + 1, 5 * PIECE + 2] {
            let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
            let uri = format!("data:image/png;base64,{}", BASE64.encode(&bytes));
            let place = uri.as_ptr();
            let decoded = super::decode(uri, 1 << 20).unwrap();
            assert!(decoded == bytes && decoded.as_ptr() == place, "{size}");
        }
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        for (uri, part) in [
            ("data:image/png;base64", "双引号"),
            ("data:image/png;base64,a", "base64"),
            ("data:image/png;base64,图片==", "base64"),
            ("dta:;BASE64,", "格式"),
            ("data:image/png#;base64,aGVsbG8=", "格式"),
        ] {
            let refusal = decode(uri, 1000).unwrap_err();
            assert!(refusal.0.zh.contains(part), "{uri}: {refusal}");
        }
    }

    #[test]
    fn padding_is_read_as_the_standard_reads_it() {
        for letters in 0..9 {
            for padding in 0..4 {
                let uri = format!("data:;base64,{}{}", &"aGVsbG8gdA"[..letters], "=".repeat(padding));
                let standard = DataUrl::process(&uri).unwrap().decode_to_vec().ok().map(|(bytes, _)| bytes);
                assert_eq!(decode(&uri, 1000).ok(), standard, "{uri}");
            }
        }
    }

    #[test]
    fn no_more_than_the_limit_comes_out() {
        let hundred = BASE64.encode([7; 100]);
        let uri = |body: &str| format!("data:;base64,{body}");
        assert_eq!(decode(&uri(&hundred), 100).unwrap().len(), 100);
        let escaped = hundred.replace('B', "%42").replace('w', "%77");
        assert_eq!(decode(&uri(&escaped), 100).unwrap().len(), 100);
        for uri in [uri(&hundred), uri(&escaped), format!("data:,{}", "x".repeat(100)), uri(&"A".repeat(100_000))] {
            let refusal = decode(&uri, 99).unwrap_err();
            assert!(refusal.0.zh.contains("上限 99 字节"), "{refusal}");
        }
    }
}
