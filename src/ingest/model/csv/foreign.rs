//! Files that people send in place of a CSV: told by their first bytes, and refused with what to do.
//!
//! A workbook or a web page taken for a table would make a task of thousands of rows that are all 101.

use super::{Decoder, Encoding};

const SAVE: &str = "save it as \"CSV UTF-8\" and send that file";
const SAVE_ZH: &str = "请另存为“CSV UTF-8”后再提交";

/// Why a file that begins with `head` is no table; `None` where it may be one.
#[must_use]
pub fn check(head: &[u8], encoding: Encoding) -> Option<(String, String)> {
    let (en, zh) = of_bytes(head).or_else(|| of_text(head, encoding))?;
    Some((format!("is {en}"), format!("这是{zh}")))
}

/// What to say of a text that holds NUL.
#[must_use]
pub fn holds_nul() -> (String, String) {
    let en = format!("holds NUL bytes, so it is no CSV, or UTF-16 without its byte order mark: {SAVE}");
    let zh = format!("文件中含有 NUL 字节：它不是 CSV，或者是没有 BOM 的 UTF-16，{SAVE_ZH}");
    (en, zh)
}

fn of_bytes(head: &[u8]) -> Option<(String, String)> {
    let (en, zh) = match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Some(zipped(head)),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => {
            return Some(to_save("an Excel workbook (.xls)", "Excel 工作簿（.xls）"));
        }
        [0x1f, 0x8b, ..] => ("a gzip file: unpack it and send the CSV inside", "gzip 压缩文件，请解压后提交其中的 CSV"),
        [b'7', b'z', 0xbc, 0xaf, ..] | [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => {
            ("an archive: unpack it and send the CSV inside", "压缩包，请解压后提交其中的 CSV")
        }
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..]
        | [0xfd, b'7', b'z', b'X', b'Z', 0, ..]
        | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            ("a compressed file: unpack it and send the CSV inside", "压缩文件，请解压后提交其中的 CSV")
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => {
            ("a PDF: send a CSV of uri,tag,description", "PDF 文件，请提交包含 uri,tag,description 的 CSV")
        }
        _ if is_picture(head) => (
            "a picture: upload pictures to a tag and name that in from_tag, or send a CSV of their addresses",
            "图片文件，请把图片上传到标签后用 from_tag 指定该标签，或提交列出图片地址的 CSV",
        ),
        _ => return None,
    };
    Some((en.to_owned(), zh.to_owned()))
}

fn is_picture(head: &[u8]) -> bool {
    match head {
        [0xff, 0xd8, 0xff, ..]
        | [0x89, b'P', b'N', b'G', b'\r', b'\n', ..]
        | [b'I', b'I', 42 | 43, 0, ..]
        | [b'M', b'M', 0, 42 | 43, ..] => true,
        // What begins like these may be text; then there is no byte below a blank right behind.
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => is_binary(head, 6),
        [b'R', b'I', b'F', b'F', ..] => head.get(8..12) == Some(b"WEBP") && is_binary(head, 4),
        [b'B', b'M', ..] => is_binary(head, 2),
        _ => head.get(4..8) == Some(b"ftyp"),
    }
}

/// Whether there is a NUL among the bytes right behind so many.
fn is_binary(head: &[u8], behind: usize) -> bool {
    head.iter().skip(behind).take(16).any(|byte| *byte == 0)
}

/// What a zip is, by the names of its first entries.
fn zipped(head: &[u8]) -> (String, String) {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    if has(b"opendocument.spreadsheet") {
        to_save("an OpenDocument spreadsheet (.ods)", "OpenDocument 电子表格（.ods）")
    } else if has(b"xl/") || has(b"[Content_Types].xml") && !has(b"word/") && !has(b"ppt/") {
        to_save("an Excel workbook (.xlsx)", "Excel 工作簿（.xlsx）")
    } else {
        ("a zip: unpack it and send the CSV inside".to_owned(), "zip 压缩包，请解压后提交其中的 CSV".to_owned())
    }
}

fn to_save(en: &str, zh: &str) -> (String, String) {
    (format!("{en}, not a CSV: {SAVE}"), format!("{zh}，不是 CSV，{SAVE_ZH}"))
}

/// How web pages and XML begin.
const WEB: [&str; 13] = [
    "<!doctype",
    "<html",
    "<head",
    "<meta",
    "<body",
    "<table",
    "<style",
    "<?xml",
    "<!--",
    "<div",
    "<tr",
    "<Workbook",
    "MIME-Version:",
];

/// What programs call a table, or people send by mistake, that is text.
fn of_text(head: &[u8], encoding: Encoding) -> Option<(String, String)> {
    let mut decoder = Decoder::new(encoding);
    let text = decoder.decode(&head[..head.len().min(4096)], false);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let begins = |word: &str| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    if begins("{\\rtf") {
        Some(to_save("a rich text document (RTF)", "RTF 文档"))
    } else if begins("{") || begins("[") {
        let en = "JSON, not a CSV: write one line uri,tag,description for each picture";
        Some((en.to_owned(), "JSON，不是 CSV，请每张图片写一行 uri,tag,description".to_owned()))
    } else if WEB.iter().any(|word| begins(word)) {
        Some(to_save("a web page or XML, as Excel saves it under \"Web page\"", "网页或 XML（Excel 的“网页”格式）"))
    } else if begins("ID;P") || begins("TABLE\r\n0,1") || begins("TABLE\n0,1") {
        Some(to_save("an SYLK or DIF table", "SYLK 或 DIF 表格"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(head: &[u8]) -> Option<String> {
        check(head, Encoding::Utf8).map(|(en, zh)| {
            assert!(en.is_ascii(), "{en}");
            assert!(!zh.is_ascii(), "{zh}");
            en
        })
    }

    #[test]
    fn what_is_no_table_is_told_with_what_to_do() {
        for (head, what, advice) in [
            (&b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml"[..], ".xlsx", "CSV UTF-8"),
            (b"PK\x03\x04\x14\0\0\0\0\0xl/workbook.xml", ".xlsx", "CSV UTF-8"),
            (b"PK\x03\x04\x14\0mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK", ".ods", "CSV UTF-8"),
            (b"PK\x03\x04\x14\0\0\0\0\0rows.csvuri,tag", "zip", "unpack"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", ".xls", "CSV UTF-8"),
            (b"\x1f\x8b\x08\0\0\0", "gzip", "unpack"),
            (b"%PDF-1.7\n", "PDF", "uri,tag,description"),
            (b"\x89PNG\r\n\x1a\n\0\0", "picture", "from_tag"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture", "from_tag"),
            (b"GIF89a\x01\0\x01\0", "picture", "from_tag"),
            (b"\0\0\0\x18ftypheic", "picture", "from_tag"),
            (b"\n <html><table>", "web page", "CSV UTF-8"),
            (b"<?xml version=\"1.0\"?>", "web page", "CSV UTF-8"),
            (b"mime-version: 1.0\r\n", "web page", "CSV UTF-8"),
            (b"\xef\xbb\xbf[{\"uri\": 1}]", "JSON", "uri,tag,description"),
            (b"{\"uri\": 1}\n", "JSON", "uri,tag,description"),
            (b"{\\rtf1\\ansi", "RTF", "CSV UTF-8"),
            (b"ID;PWXL;N;E\r\n", "SYLK", "CSV UTF-8"),
        ] {
            let said = says(head).unwrap_or_else(|| panic!("{what} is no table"));
            assert!(said.contains(what) && said.contains(advice), "{said}");
        }
    }

    #[test]
    fn tables_are_not_mistaken() {
        for head in [
            &b"uri,tag\nhttp://h/1,x\n"[..],
            b"GIF89a,tag\nRIFF",
            b"BMW,http://h/1\n",
            b"RIFFxxxxWEBP,x\n",
            b"\xef\xbb\xbf\"uri\";\"tag\"\n",
            b"PK,tag\n",
            b"TABLE,x\n",
            b"<script>alert(1)</script>,x\n",
            b"",
        ] {
            assert_eq!(says(head), None, "{}", String::from_utf8_lossy(head));
        }
    }
}
