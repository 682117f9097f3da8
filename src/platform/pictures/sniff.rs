//! What the bytes are, whatever they are called.
//!
//! What always holds: the answer depends on the first bytes alone, costs a microsecond or two, and a text that could run in a browser (HTML,
//! XML, SVG) is never given a picture's type.

/// What bytes are called that nothing is known about.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// The MIME type of the file that begins with `head`.
pub(super) fn content_type(head: &[u8]) -> &'static str {
    if let Some(picture) = picture(head) {
        return picture;
    }
    if head.get(4..8) == Some(b"ftyp") {
        return boxed(head);
    }
    if head.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        return matroska(head);
    }
    if is_text(head) {
        return text(head);
    }
    match infer::get(head).map(|kind| kind.mime_type()) {
        // `infer` takes two letters for a bitmap; `picture` looked closer.
        None | Some("image/bmp") => UNKNOWN,
        Some(known) => known,
    }
}

fn picture(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        // The header that follows has one of the known sizes.
        [b'B', b'M', ..] if matches!(head.get(14..18), Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])) => {
            Some("image/bmp")
        }
        // Canon's raw pictures are TIFF with two letters more.
        [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', ..] => Some("image/x-canon-cr2"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("image/tiff"),
        _ => None,
    }
}

/// ISO base media: the brand says what it is (ISO/IEC 14496-12, 23008-12; the AVIF specification).
fn boxed(head: &[u8]) -> &'static str {
    let size = head.first_chunk::<4>().map_or(0, |size| u32::from_be_bytes(*size) as usize);
    let brands = head.get(8..size.clamp(12, head.len().max(12))).unwrap_or_default();
    let has = |wanted: &[u8]| brands.chunks_exact(4).any(|brand| brand == wanted);
    match brands.first_chunk::<4>() {
        Some(b"avif" | b"avis") => "image/avif",
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx") => "image/heic",
        Some(b"mif1" | b"msf1" | b"miaf") if has(b"avif") || has(b"avis") => "image/avif",
        Some(b"mif1" | b"msf1" | b"miaf") if has(b"heic") || has(b"heix") => "image/heic",
        Some(b"mif1" | b"msf1" | b"miaf") => "image/heif",
        Some(b"qt  ") => "video/quicktime",
        Some(b"M4A " | b"M4B " | b"M4P ") => "audio/mp4",
        Some([b'3', b'g', ..]) => "video/3gpp",
        Some(b"crx ") => "image/x-canon-cr3",
        Some(b"jp2 " | b"jpx " | b"jpm ") => "image/jp2",
        _ => "video/mp4",
    }
}

/// EBML: the document type stands somewhere in its first element, which is short (RFC 8794).
fn matroska(head: &[u8]) -> &'static str {
    let start = head.get(..64).unwrap_or(head);
    if start.windows(4).any(|window| window == b"webm") { "video/webm" } else { "video/x-matroska" }
}

/// Text: UTF-8 (a character may be cut off at the end) or marked UTF-16, without control characters.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        return head.len().is_multiple_of(2) || head.len() == super::window::HEAD;
    }
    let head = head.get(..1024).unwrap_or(head);
    let control = |&byte: &u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B) || byte == 0x7F;
    if head.is_empty() || head.iter().any(control) {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    }
}

fn text(head: &[u8]) -> &'static str {
    if head.starts_with(b"%PDF-") {
        return "application/pdf";
    }
    if head.starts_with(b"{\\rtf") {
        return "application/rtf";
    }
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if start.first() != Some(&b'<') {
        return "text/plain";
    }
    let start = &start[..start.len().min(256)].to_ascii_lowercase();
    let has = |tag: &[u8]| start.windows(tag.len()).any(|window| window == tag);
    if has(b"<!doctype html") || has(b"<html") || has(b"<head") || has(b"<body") || has(b"<script") {
        "text/html"
    } else if has(b"<?xml") || has(b"<svg") || has(b"<!doctype svg") {
        "text/xml"
    } else {
        "text/plain"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_films() {
        assert_eq!(content_type(b"\xFF\xD8\xFF\xE0rest"), "image/jpeg");
        assert_eq!(content_type(b"\x89PNG\r\n\x1A\nrest"), "image/png");
        assert_eq!(content_type(b"GIF89a rest"), "image/gif");
        assert_eq!(content_type(b"RIFF\0\0\0\0WEBPVP8 "), "image/webp");
        assert_eq!(content_type(b"II*\0\x08\0\0\0"), "image/tiff");
        assert_eq!(content_type(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"), "image/avif");
        assert_eq!(content_type(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "image/heic");
        assert_eq!(content_type(b"\0\0\0\x18ftypisom\0\0\0\0isommp41"), "video/mp4");
        assert_eq!(content_type(b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), "video/quicktime");
        assert_eq!(content_type(b"\0\0\0\0ftyp"), "video/mp4");
        assert_eq!(content_type(b"\x1A\x45\xDF\xA3\x01\0\0\0\0\0\0\x1F\x42\x82\x84webm"), "video/webm");
        assert_eq!(content_type(b"\x1A\x45\xDF\xA3\x93\x42\x82\x88matroska"), "video/x-matroska");
    }

    #[test]
    fn texts_are_texts_whatever_they_begin_with() {
        assert_eq!(content_type(b"BM, dear reader, is no bitmap at all"), "text/plain");
        assert_eq!(content_type(b"MZ and PK are letters"), "text/plain");
        assert_eq!(content_type("图片说明".as_bytes()), "text/plain");
        assert_eq!(content_type(&"图片说明".as_bytes()[..8]), "text/plain");
        assert_eq!(content_type(b"  <!DOCTYPE HTML><p>"), "text/html");
        assert_eq!(content_type(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "text/xml");
        assert_eq!(content_type(b"<?xml version='1.0'?><svg/>"), "text/xml");
        assert_eq!(content_type(b"%PDF-1.7\n"), "application/pdf");
    }

    #[test]
    fn the_rest() {
        assert_eq!(content_type(b""), UNKNOWN);
        assert_eq!(content_type(b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0"), UNKNOWN);
        assert_eq!(content_type(b"\0\x01\x02\x03"), UNKNOWN);
        assert_eq!(content_type(b"PK\x03\x04\x14\0\0\0\x08\0rest"), "application/zip");
    }
}
