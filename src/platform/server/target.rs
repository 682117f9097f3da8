//! The characters of a request target: browsers and scripts send some as they are that RFC 3986 wants percent-encoded.

use std::fmt::Write;

/// What no target may hold as it is (RFC 3986 §2), in ASCII and visible.
const ODD: &[u8] = br#""<>\^`{|}"#;

/// Whether `byte` may not stand in a target as it is, and some clients send it all the same.
pub(super) fn is_odd(byte: u8) -> bool {
    !byte.is_ascii() || ODD.contains(&byte)
}

/// `bytes` with those that `is_odd` percent-encoded, or `None` where there are none. What isn't ASCII has to be odd.
pub(super) fn encoded(bytes: &[u8], is_odd: impl Fn(u8) -> bool) -> Option<String> {
    if !bytes.iter().copied().any(&is_odd) {
        return None;
    }
    let mut encoded = String::with_capacity(bytes.len() + 64);
    for byte in bytes {
        if is_odd(*byte) {
            let _ = write!(encoded, "%{byte:02X}");
        } else {
            encoded.push(char::from(*byte));
        }
    }
    Some(encoded)
}
