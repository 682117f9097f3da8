//! Which kind of text it is.
//!
//! What always holds: what a browser would run (HTML, SVG, other XML) is recognised by its first element, behind
//! whatever may stand before it: a byte order mark, blanks, declarations, comments, a document type. Source: XML 1.0
//! (2.8), HTML (MIME sniffing, 7.1).

use std::borrow::Cow;

/// Bytes that are looked at to tell text from other things.
const LOOKED_AT: usize = 1024;

/// The beginning of a text, in UTF-8; `None` where it is no text: UTF-8 (a character may be cut off at the end) or
/// marked UTF-16, without control characters.
pub(super) fn letters(head: &[u8]) -> Option<Cow<'_, [u8]>> {
    if let Some(little) = [(&[0xFF, 0xFE], true), (&[0xFE, 0xFF], false)]
        .into_iter()
        .find_map(|(mark, little)| head.starts_with(mark).then_some(little))
    {
        return utf16(head, little).map(|text| Cow::Owned(text.into_bytes()));
    }
    let start = head.get(..LOOKED_AT).unwrap_or(head);
    let is_control = |&byte: &u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B) || byte == 0x7F;
    if start.is_empty() || start.iter().any(is_control) {
        return None;
    }
    match std::str::from_utf8(start) {
        Ok(_) => Some(Cow::Borrowed(head)),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => Some(Cow::Borrowed(head)),
        Err(_) => None,
    }
}

fn utf16(head: &[u8], little: bool) -> Option<String> {
    let is_cut = head.len() >= super::super::window::HEAD;
    let (pairs, rest) = head.as_chunks::<2>();
    if !rest.is_empty() && !is_cut {
        return None;
    }
    let units =
        pairs.iter().skip(1).map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    let mut text = String::with_capacity(pairs.len());
    for letter in char::decode_utf16(units) {
        match letter {
            Ok(letter) if letter.is_control() && !"\t\n\r\u{C}\u{1B}".contains(letter) => return None,
            Ok(letter) => text.push(letter),
            // Half a letter may be cut off at the end.
            Err(_) if is_cut => {}
            Err(_) => return None,
        }
    }
    Some(text)
}

/// The MIME type of the text that begins so.
pub(super) fn content_type(letters: &[u8]) -> &'static str {
    if is_pdf(letters) {
        return "application/pdf";
    }
    if letters.strip_prefix(b"{\\rtf").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit)) {
        return "application/rtf";
    }
    let beginning = beginning(letters.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(letters));
    let named =
        |name: &[u8]| beginning.root.eq_ignore_ascii_case(name) || beginning.document_type.eq_ignore_ascii_case(name);
    if named(b"html") || IN_HTML.iter().any(|name| beginning.root.eq_ignore_ascii_case(name)) {
        "text/html"
    } else if named(b"svg") || beginning.root.to_ascii_lowercase().ends_with(b":svg") {
        "image/svg+xml"
    } else if beginning.is_declared {
        "text/xml"
    } else {
        "text/plain"
    }
}

/// Elements with which a page may begin, for browsers that guess.
const IN_HTML: [&[u8]; 14] = [
    b"head", b"body", b"script", b"iframe", b"h1", b"div", b"font", b"table", b"a", b"style", b"title", b"b", b"br",
    b"p",
];

/// The first line says the version and nothing else.
fn is_pdf(letters: &[u8]) -> bool {
    letters.strip_prefix(b"%PDF-").is_some_and(|rest| {
        let line = rest.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default().trim_ascii_end();
        !line.is_empty() && line.len() <= 4 && line.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    })
}

/// What a document begins with.
#[derive(Default)]
struct Beginning<'t> {
    /// It says that it is XML.
    is_declared: bool,
    document_type: &'t [u8],
    /// The first element's name, with its prefix.
    root: &'t [u8],
}

fn beginning(mut text: &[u8]) -> Beginning<'_> {
    let mut beginning = Beginning::default();
    loop {
        text = text.trim_ascii_start();
        let rest = if text.starts_with(b"<?") {
            beginning.is_declared |= text.get(2..5).is_some_and(|name| name.eq_ignore_ascii_case(b"xml"));
            behind(text, b"?>")
        } else if text.starts_with(b"<!--") {
            behind(text, b"-->")
        } else if text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype")) {
            beginning.document_type = name(text[9..].trim_ascii_start());
            behind_document_type(text)
        } else {
            beginning.root = text.strip_prefix(b"<").map(name).unwrap_or_default();
            return beginning;
        };
        match rest {
            Some(rest) => text = rest,
            None => return beginning,
        }
    }
}

fn name(text: &[u8]) -> &[u8] {
    let end =
        text.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'[' | b'"' | b'\''));
    &text[..end.unwrap_or(text.len())]
}

fn behind<'t>(text: &'t [u8], end: &[u8]) -> Option<&'t [u8]> {
    memchr::memmem::find(text, end).map(|at| &text[at + end.len()..])
}

/// A document type ends at the first `>` that is neither quoted nor within its brackets.
fn behind_document_type(text: &[u8]) -> Option<&[u8]> {
    let (mut quote, mut is_within) = (None, false);
    for (at, &byte) in text.iter().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[') => is_within = true,
            (None, b']') => is_within = false,
            (None, b'>') if !is_within => return Some(&text[at + 1..]),
            _ => {}
        }
    }
    None
}
