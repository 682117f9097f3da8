//! The head of one part: its names, and whether its bytes can be taken as they came.

use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};

use super::names;
use super::parameters::{find, parameters};
use crate::platform::error::{Error, Result};

/// Longest name that an answer tells of a part that was refused, in bytes.
const LONGEST_SHOWN: usize = 1024;

/// What the head of a part says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Of the field.
    pub name: String,
    /// As the client meant it, unchecked. Empty where it is written, but is none.
    pub file_name: Option<String>,
    /// In lower case, without parameters.
    kind: String,
    charset: Option<String>,
    has_disposition: bool,
    /// Its content is a form of its own.
    is_nested: bool,
    /// Something other than the bytes themselves: `base64`, `gzip`.
    coding: Option<String>,
}

impl Part {
    /// Reads the lines of a head.
    #[must_use]
    pub fn read(lines: &[Vec<u8>]) -> Self {
        let mut part = Self::default();
        let mut named_by_type = None;
        for line in unfolded(lines) {
            let Some((field, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match field.trim().to_ascii_lowercase().as_str() {
                "content-disposition" if !part.has_disposition => {
                    let parameters = parameters(value);
                    part.has_disposition = true;
                    part.name = names::value(&parameters, "name").unwrap_or_default();
                    part.file_name = names::value(&parameters, "filename");
                }
                "content-type" => {
                    let parameters = parameters(value);
                    part.kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                    part.charset = find(&parameters, "charset").map(str::to_owned);
                    part.is_nested = part.kind.starts_with("multipart/") && find(&parameters, "boundary").is_some();
                    named_by_type = names::value(&parameters, "name");
                }
                "content-transfer-encoding" if !is_one_of(value, &["", "7bit", "8bit", "binary"]) => {
                    part.coding = Some(value.to_ascii_lowercase());
                }
                "content-encoding" if !is_one_of(value, &["", "identity"]) => {
                    part.coding = Some(value.to_ascii_lowercase());
                }
                _ => {}
            }
        }
        // Programs that write mail name a file there (RFC 2045).
        part.file_name = part.file_name.or(named_by_type);
        part
    }

    /// Whether it has a file name, be it empty.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file_name.is_some()
    }

    /// Whether whoever sent it meant it as a file: it has a file name, is of a type that no field of a form has, or
    /// isn't a field at all.
    #[must_use]
    pub fn is_meant_as_file(&self) -> bool {
        self.is_file() || !self.has_disposition || self.is_nested || is_binary(&self.kind)
    }

    /// What to call it in an answer, cut to a length that answers can bear.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = self.file_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.name);
        let mut end = name.len().min(LONGEST_SHOWN);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name[..end].to_owned()
    }

    /// Its file name.
    ///
    /// # Errors
    /// `Invalid` when it has none.
    pub fn named(&self) -> Result<&str> {
        self.file_name.as_deref().ok_or_else(no_name)
    }

    /// Whether its content can be taken as it comes.
    ///
    /// # Errors
    /// `Unsupported` when that is encoded, or a form of its own.
    pub fn check(&self) -> Result<()> {
        if let Some(coding) = &self.coding {
            let coding: String = coding.chars().take(40).collect();
            let en = format!("The part is encoded ({coding}); send its bytes as they are.");
            let zh = format!("该分段经过编码（{coding}），请直接提交原始字节");
            return Err(Error::Unsupported((en, zh).into()));
        }
        if self.is_nested {
            let message = (
                "The part holds parts of its own; send each file as a part.",
                "该分段内含子分段，请将每个文件作为单独分段提交",
            );
            return Err(Error::Unsupported(message.into()));
        }
        Ok(())
    }

    /// The content of a field as text: as its charset says (RFC 7578 §5.1.2), else UTF-8, else GB18030; without a mark
    /// in front.
    #[must_use]
    pub fn decode(&self, bytes: &[u8]) -> Option<String> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let named = self.charset.as_deref().and_then(|label| Encoding::for_label(label.as_bytes()));
        // Some libraries write ISO-8859-1 there whatever they send.
        let named = named.filter(|named| *named != WINDOWS_1252 || std::str::from_utf8(bytes).is_err());
        let mut encodings = named.into_iter().chain([UTF_8, GB18030]);
        let text =
            encodings.find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))?;
        Some(text.strip_prefix('\u{feff}').map_or_else(|| text.to_string(), str::to_owned))
    }
}

/// The lines of a head as text. One that begins with a blank goes on with the one before (RFC 5322 §2.2.3), as does one
/// that can be no header: a line break that stood in a name.
fn unfolded(lines: &[Vec<u8>]) -> Vec<String> {
    let mut joined: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
        match joined.last_mut() {
            Some(before) if is_folded => before.extend_from_slice(line),
            Some(before) if !line.contains(&b':') => {
                before.push(b'\n');
                before.extend_from_slice(line);
            }
            _ => joined.push(line.clone()),
        }
    }
    joined.iter().map(|line| names::text(line)).collect()
}

fn is_one_of(value: &str, known: &[&str]) -> bool {
    known.iter().any(|known| value.eq_ignore_ascii_case(known))
}

/// Types of which clients send files. (Fields come as `text/plain`, as JSON or XML, and, from programs that mean no
/// harm, as `multipart/form-data`.)
fn is_binary(kind: &str) -> bool {
    let is_text = ["json", "xml", "javascript", "x-www-form-urlencoded"].iter().any(|end| kind.ends_with(end));
    match kind.split_once('/') {
        Some(("image" | "video" | "audio" | "font" | "model", _)) => true,
        Some(("application", _)) => !is_text,
        _ => false,
    }
}

/// A part that can't be stored, for nobody said how it is called.
#[must_use]
pub fn no_name() -> Error {
    Error::invalid("filename", ("is missing: a file's part must have one", "缺少：文件分段必须带有文件名"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(head: &str) -> Part {
        Part::read(&head.split("\r\n").map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    #[test]
    fn a_file_is_what_has_any_file_name() {
        for (head, name) in [
            ("Content-Disposition: form-data; name=\"f\"; filename=\"a.jpg\"", "a.jpg"),
            ("CONTENT-DISPOSITION:form-data; name=f; FILENAME*=utf-8''a.jpg", "a.jpg"),
            ("Content-Disposition: attachment; filename=a.jpg", "a.jpg"),
            ("Content-Disposition: form-data; name=f\r\nContent-Type: image/jpeg; name=\"a.jpg\"", "a.jpg"),
            ("Content-Disposition: form-data; name=f;\r\n filename=\"=?utf-8?B?5rWL?=\r\n =?utf-8?B?6K+V?=\"", "测试"),
            ("X-Odd: 1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\r\nb\"", "a\nb"),
            ("Content-Disposition: form-data; name=\"f\"; filename=\"\"", ""),
        ] {
            assert_eq!(part(head).file_name.as_deref(), Some(name), "{head}");
        }
        let odd = part("Content-Disposition: form-data; name=\"my filename=x\"");
        assert_eq!((odd.name.as_str(), odd.is_file(), odd.is_meant_as_file()), ("my filename=x", false, false));
    }

    #[test]
    fn what_was_meant_as_a_file_is_known_without_a_name() {
        for (kind, is_meant) in [
            ("image/jpeg", true),
            ("application/octet-stream", true),
            ("application/zip", true),
            ("multipart/mixed; boundary=x", true),
            ("multipart/form-data", false),
            ("text/plain; charset=utf-8", false),
            ("application/json", false),
            ("application/vnd.api+json", false),
            ("application/xml", false),
        ] {
            let part = part(&format!("Content-Disposition: form-data; name=f\r\nContent-Type: {kind}"));
            assert_eq!((part.is_meant_as_file(), part.is_file()), (is_meant, false), "{kind}");
        }
        assert!(part("Content-Type: text/plain").is_meant_as_file() && part("").is_meant_as_file());
    }

    #[test]
    fn encoded_content_is_not_taken() {
        for (line, is_taken) in [
            ("Content-Transfer-Encoding: base64", false),
            ("content-transfer-encoding: Quoted-Printable", false),
            ("Content-Encoding: gzip", false),
            ("Content-Type: multipart/mixed; boundary=x", false),
            ("Content-Transfer-Encoding: BINARY", true),
            ("Content-Transfer-Encoding: 8bit", true),
            ("Content-Encoding: identity", true),
        ] {
            let part = part(&format!("Content-Disposition: form-data; name=f; filename=a\r\n{line}"));
            assert_eq!(part.check().is_ok(), is_taken, "{line}");
            assert!(part.check().err().is_none_or(|error| error.status() == 415), "{line}");
        }
    }

    #[test]
    fn fields_are_text_in_their_charset() {
        let plain = part("Content-Disposition: form-data; name=f");
        let in_charset = |charset: &str| {
            part(&format!("Content-Disposition: form-data; name=f\r\nContent-Type: text/plain; charset={charset}"))
        };
        for (part, bytes, expected) in [
            (&plain, "组".as_bytes(), Some("组")),
            (&plain, b"\xEF\xBB\xBF7", Some("7")),
            (&plain, b"\xd7\xe9", Some("组")),
            (&plain, b"\xff\xfe7\0", None),
            (&in_charset("GBK"), b"\xd7\xe9", Some("组")),
            (&in_charset("ISO-8859-1"), b"caf\xe9", Some("café")),
            (&in_charset("ISO-8859-1"), "组".as_bytes(), Some("组")),
            (&in_charset("utf-16le"), b"\xff\xfe7\0", Some("7")),
            (&in_charset("nonsense"), b"7", Some("7")),
        ] {
            assert_eq!(part.decode(bytes).as_deref(), expected, "{part:?}");
        }
    }
}
