//! Names of entries as their makers meant them.

use super::{u16_at, u32_at};

/// The characters of code page 437 from 0x80 on, which MS-DOS and the format itself (APPNOTE, appendix D) write names
/// in.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                     └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

/// UTF-8 (APPNOTE 4.4.4, bit 11).
const UTF8: u16 = 1 << 11;

/// The name: that of Info-ZIP's Unicode Path field (0x7075, APPNOTE 4.6.9) where it belongs to this very one, else
/// UTF-8, else what Chinese Windows writes, else code page 437.
pub(super) fn decode(name: &[u8], extra: &[u8], flags: u16) -> String {
    if let Some(path) = unicode_path(name, extra) {
        return path.to_owned();
    }
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) if flags & UTF8 != 0 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(name)
            .map_or_else(|| code_page_437(name), std::borrow::Cow::into_owned),
    }
}

/// The path in the field, if it was made for this name: its checksum fits.
fn unicode_path<'a>(name: &[u8], extra: &'a [u8]) -> Option<&'a str> {
    let field = field(extra, 0x7075)?;
    let (head, path) = field.split_at_checked(5)?;
    let is_ours = head[0] == 1 && u32_at(head, 1) == crc32fast::hash(name);
    std::str::from_utf8(path).ok().filter(|path| is_ours && !path.is_empty())
}

/// The extra field of that kind (APPNOTE 4.5.1).
pub(super) fn field(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let (field, behind) = rest.split_at_checked(usize::from(u16_at(head, 2)))?;
        if u16_at(head, 0) == id {
            return Some(field);
        }
        extra = behind;
    }
    None
}

fn code_page_437(name: &[u8]) -> String {
    let upper: Vec<char> = CP437.chars().collect();
    let of = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { upper[usize::from(*byte) - 128] };
    name.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_field(of: &[u8], path: &str) -> Vec<u8> {
        let mut field = vec![0x55, 0x54, 1, 0, 7, 0x75, 0x70];
        field.extend(u16::try_from(path.len() + 5).unwrap().to_le_bytes());
        field.push(1);
        field.extend(crc32fast::hash(of).to_le_bytes());
        field.extend(path.as_bytes());
        field
    }

    #[test]
    fn names_are_read_as_they_were_meant() {
        let (gbk, _, _) = encoding_rs::GB18030.encode("测试.jpg");
        for (name, extra, flags, meant) in [
            (&b"a.jpg"[..], vec![], 0, "a.jpg"),
            ("é.jpg".as_bytes(), vec![], UTF8, "é.jpg"),
            ("é.jpg".as_bytes(), vec![], 0, "é.jpg"),
            (&gbk, vec![], 0, "测试.jpg"),
            (b"caf\x82.jpg", vec![], 0, "café.jpg"),
            (b"\xE1\xFF", vec![], 0, "ß\u{A0}"),
            (b"#U6d4b.jpg", path_field(b"#U6d4b.jpg", "测.jpg"), 0, "测.jpg"),
            (b"renamed.jpg", path_field(b"#U6d4b.jpg", "测.jpg"), 0, "renamed.jpg"),
            (b"x", vec![0x75, 0x70, 200, 0, 1], 0, "x"),
        ] {
            assert_eq!(decode(name, &extra, flags), meant);
        }
        assert_eq!(CP437.chars().count(), 128);
    }
}
