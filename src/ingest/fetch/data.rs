//! `data:` URIs: the bytes stand in the row itself.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use data_url::DataUrl;
use data_url::forgiving_base64::DecodeError;

use super::Refusal;

/// From this length on, decoding leaves the async threads alone.
pub const LONG: usize = 256 * 1024;

/// Padded or not, as the Fetch Standard has it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of a `data:` URI, at most `max`.
///
/// # Errors
/// When it isn't one, or holds more.
pub fn decode(uri: &str, max: u64) -> Result<Vec<u8>, Refusal> {
    let Some((head, body)) = uri.split_once(',') else {
        return Err(Refusal::new("data: URI 中没有逗号；它含有逗号，在 CSV 里必须用双引号括起来"));
    };
    // Four characters stand for three bytes; a percent escape of each would make it twelve.
    let least = (body.len() as u64 / 4).saturating_sub(4);
    if least > max {
        return Err(Refusal::too_large(None, max));
    }
    let plain = head.len() >= 7 && head.is_char_boundary(head.len() - 7);
    if plain && head[head.len() - 7..].eq_ignore_ascii_case(";base64") {
        if body.len() as u64 / 4 * 3 > max + 3 && !body.contains(['%', ' ', '\n', '\r', '\t', '#']) {
            return Err(Refusal::too_large(Some(body.len() as u64 / 4 * 3), max));
        }
        // Nearly all are plain; what isn't, is read as the standard says, by a slower way.
        if let Ok(bytes) = BASE64.decode(body) {
            return within(bytes, max);
        }
    }
    slowly(uri, max)
}

/// Percent escapes, white space, fragments: all that the Fetch Standard allows.
fn slowly(uri: &str, max: u64) -> Result<Vec<u8>, Refusal> {
    let url = DataUrl::process(uri).map_err(|_| Refusal::new("data: URI 的格式不正确"))?;
    let mut bytes = Vec::new();
    let decoded = url.decode(|part| {
        bytes.extend_from_slice(part);
        if bytes.len() as u64 > max { Err(()) } else { Ok(()) }
    });
    match decoded {
        Ok(_) => Ok(bytes),
        Err(DecodeError::WriteError(())) => Err(Refusal::too_large(None, max)),
        Err(DecodeError::InvalidBase64(_)) => Err(Refusal::new("data: URI 的 base64 内容不正确")),
    }
}

fn within(bytes: Vec<u8>, max: u64) -> Result<Vec<u8>, Refusal> {
    let size = bytes.len() as u64;
    if size > max { Err(Refusal::too_large(Some(size), max)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_percent_escapes_are_read() {
        for (uri, bytes) in [
            ("data:image/png;base64,aGVsbG8=", &b"hello"[..]),
            ("data:image/png;base64,aGVsbG8", b"hello"),
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
    fn what_is_wrong_with_it_is_said() {
        for (uri, part) in [
            ("data:image/png;base64", "双引号"),
            ("data:image/png;base64,a", "base64"),
            ("data:image/png;base64,图片==", "base64"),
        ] {
            let refusal = decode(uri, 1000).unwrap_err();
            assert!(refusal.0.contains(part), "{uri}: {refusal}");
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
            assert!(refusal.0.contains("上限 99 字节"), "{refusal}");
        }
    }
}
