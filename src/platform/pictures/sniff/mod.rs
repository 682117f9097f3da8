//! What the bytes are, whatever they are called.
//!
//! What always holds: the answer depends on the first bytes alone, costs a microsecond or two; what reads as text is
//! text, whatever letters it begins with; and a text that could run in a browser (HTML, XML, SVG) never gets the type
//! of a picture that is shown as one.

mod raw;
mod text;

/// What bytes are called that nothing is known about.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// The MIME type of the file that begins with `head`.
pub(super) fn content_type(head: &[u8]) -> &'static str {
    if let Some(letters) = text::letters(head) {
        return text::content_type(&letters);
    }
    if let Some(picture) = picture(head) {
        return picture;
    }
    if head.get(4..8) == Some(b"ftyp") {
        return boxed(head);
    }
    if head.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        return matroska(head);
    }
    match infer::get(head).map(|kind| kind.mime_type()) {
        // `infer` takes a few letters for a picture; `picture` looked closer.
        None | Some("image/bmp" | "image/gif" | "image/webp" | "image/tiff" | "image/jpeg" | "image/png") => UNKNOWN,
        Some(known) => known,
    }
}

/// Is it a camera's raw picture that is a TIFF within? Its first directory holds a small preview.
pub(super) fn is_raw_tiff(content_type: &str) -> bool {
    raw::TYPES.contains(&content_type)
}

fn picture(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] if is_gif(head) => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', b'8', b' ' | b'L' | b'X', ..] => {
            Some("image/webp")
        }
        // The header that follows has one of the known sizes.
        [b'B', b'M', ..] if matches!(head.get(14..18), Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])) => {
            Some("image/bmp")
        }
        // Canon's raw pictures are TIFF with two letters more.
        [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', ..] => Some("image/x-canon-cr2"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(raw::content_type(head).unwrap_or("image/tiff")),
        // BigTIFF: offsets of 8 bytes.
        [b'I', b'I', 43, 0, 8, 0, 0, 0, ..] | [b'M', b'M', 0, 43, 0, 8, 0, 0, ..] => Some("image/tiff"),
        [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', b'\r', b'\n', 0x87, b'\n', ..] => Some("image/jxl"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', b'\r', b'\n', 0x87, b'\n', ..] => Some("image/jp2"),
        _ => None,
    }
}

/// Behind the header and its table of colours, a picture or an extension must begin; and a header of letters alone is
/// text in an encoding that we don't know (its last byte, the proportions of pixels, is 0 in nearly all pictures).
fn is_gif(head: &[u8]) -> bool {
    let Some(screen) = head.get(6..13) else {
        return false;
    };
    let table = if screen[4] & 0x80 == 0 { 0 } else { 6 << (screen[4] & 7) };
    let introducer = head.get(13 + table);
    screen.iter().any(|byte| *byte < 0x20) && introducer.is_some_and(|byte| matches!(byte, 0x21 | 0x2C | 0x3B))
}

/// ISO base media: the brand says what it is (ISO/IEC 14496-12, 23008-12; the AVIF specification).
fn boxed(head: &[u8]) -> &'static str {
    let size = head.first_chunk::<4>().map_or(0, |size| u32::from_be_bytes(*size) as usize);
    let brands = head.get(8..size.clamp(12, head.len().max(12))).unwrap_or_default();
    let has = |wanted: &[u8]| brands.chunks_exact(4).any(|brand| brand == wanted);
    match brands.first_chunk::<4>() {
        Some(b"avif" | b"avis") => "image/avif",
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs") => "image/heic",
        Some(b"mif1" | b"mif2" | b"msf1" | b"miaf") if has(b"avif") || has(b"avis") => "image/avif",
        Some(b"mif1" | b"mif2" | b"msf1" | b"miaf") if has(b"heic") || has(b"heix") => "image/heic",
        Some(b"mif1" | b"mif2" | b"msf1" | b"miaf") => "image/heif",
        Some(b"qt  ") => "video/quicktime",
        Some(b"M4V " | b"M4VH" | b"M4VP") => "video/x-m4v",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_films() {
        assert_eq!(content_type(b"\xFF\xD8\xFF\xE0rest"), "image/jpeg");
        assert_eq!(content_type(b"\x89PNG\r\n\x1A\nrest"), "image/png");
        assert_eq!(content_type(b"GIF89a\x08\0\x08\0\0\0\0,rest"), "image/gif");
        assert_eq!(content_type(b"GIF89a\x08\0"), UNKNOWN);
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
    fn brands_say_what_is_in_boxes() {
        let of = |brand: &[u8; 4]| content_type(&[b"\0\0\0\x14ftyp", &brand[..], b"\0\0\0\0", &brand[..]].concat());
        for (brand, expected) in [
            (b"heix", "image/heic"),
            (b"avis", "image/avif"),
            (b"mif1", "image/heif"),
            (b"crx ", "image/x-canon-cr3"),
            (b"jp2 ", "image/jp2"),
            (b"3gp4", "video/3gpp"),
            (b"M4A ", "audio/mp4"),
            (b"M4V ", "video/x-m4v"),
            (b"isom", "video/mp4"),
        ] {
            assert_eq!(of(brand), expected);
        }
        assert_eq!(content_type(b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14ftypjxl "), "image/jxl");
        assert_eq!(content_type(b"\xFF\x0A\xFA\x1F\0"), "image/jxl");
        assert_eq!(content_type(b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14ftypjp2 "), "image/jp2");
    }

    #[test]
    fn both_kinds_of_tiff_in_both_orders() {
        for head in [&b"II*\0\x08\0\0\0"[..], b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0\x10", b"MM\0+\0\x08\0\0\0"] {
            assert_eq!(content_type(head), "image/tiff");
        }
        assert_eq!(content_type(b"II+\0\x04\0\0\0\x10"), UNKNOWN);
    }

    #[test]
    fn texts_are_texts_whatever_they_begin_with() {
        for text in [
            "BM, dear reader, is no bitmap at all",
            "GIF89a is a format of 1989 that moves.",
            "GIF87a",
            "RIFF1234WEBPVP8 are twelve letters and four more",
            "RIFF and WAVE are words",
            "II* and MM* begin no TIFF here",
            "1234ftypheic is no photo",
            "MZ and PK are letters",
            "%PDF-1.7 is a version, and this no document",
            "{\\rtf would be a document if a figure followed}",
            "图片说明",
            "GIF89a 是一种图片格式",
            "a,b\n1,2\n",
            "{\"a\": 1}",
            "\u{FEFF}GIF89a with a mark",
            "<note>no type of ours</note>",
            "<!-- a comment --> and a text",
        ] {
            assert_eq!(content_type(text.as_bytes()), "text/plain", "{text}");
            let little: Vec<u8> =
                "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            assert_eq!(content_type(&little), "text/plain", "UTF-16: {text}");
        }
        assert_eq!(content_type(&"图片说明".as_bytes()[..8]), "text/plain");
        // Bytes of GB18030, which are no UTF-8: not a text that we know, but no picture either.
        assert_eq!(content_type(b"GIF89a \xCA\xC7\xD2\xBB\xD6\xD6\xCD\xBC\xC6\xAC\xB8\xF1\xCA\xBD"), UNKNOWN);
        assert_eq!(content_type(b"RIFF\x10\0\0\0WEBPnone"), UNKNOWN);
        assert_eq!(content_type(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(content_type(b"%PDF-1.4\r%\xE2\xE3\xCF\xD3\r\n"), "application/pdf");
        assert_eq!(content_type(b"{\\rtf1\\ansi hello}"), "application/rtf");
    }

    #[test]
    fn the_first_element_says_what_a_browser_would_run() {
        const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let long = format!("<!-- {} -->", "words ".repeat(200));
        for before in [
            "",
            "\u{FEFF}",
            " \r\n\t",
            "<?xml version='1.0' encoding='utf-8'?>\n",
            "<!-- <html> is in a comment -->",
            "<?xml version='1.0'?><!-- by hand --><?xml-stylesheet href='a.css'?>",
            "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd' [ <!ENTITY a '>'> ]>\n",
            &long,
        ] {
            let text = format!("{before}{SVG}");
            assert_eq!(content_type(text.as_bytes()), "image/svg+xml", "{before}");
            let big: Vec<u8> =
                "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
            assert_eq!(content_type(&big), "image/svg+xml", "UTF-16: {before}");
        }
        for (text, expected) in [
            ("<SVG onload='alert(1)'>", "image/svg+xml"),
            ("<s:svg xmlns:s='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
            ("  <!DOCTYPE HTML><p>", "text/html"),
            ("<!doctype html SYSTEM 'about:legacy-compat'>", "text/html"),
            ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "text/html"),
            ("<html><svg/></html>", "text/html"),
            ("<!-- a page --><body onload=x>", "text/html"),
            ("<script>alert(1)</script>", "text/html"),
            ("<p>A paragraph", "text/html"),
            ("<?xml version='1.0'?><annotation><folder/></annotation>", "text/xml"),
            ("<svgs>", "text/plain"),
            ("<", "text/plain"),
        ] {
            assert_eq!(content_type(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_rest() {
        assert_eq!(content_type(b""), UNKNOWN);
        assert_eq!(content_type(b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0"), UNKNOWN);
        assert_eq!(content_type(b"\0\x01\x02\x03"), UNKNOWN);
        assert_eq!(content_type(b"PK\x03\x04\x14\0\0\0\x08\0rest"), "application/zip");
    }
}
