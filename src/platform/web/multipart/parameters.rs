//! Parameters of `Content-Disposition` and `Content-Type` as clients write them, which is seldom what RFC 9110 has.
//!
//! What always holds: the cost grows with the length of the text, and no text is refused.

/// The parameters behind a header's value, names in lower case, in their order.
#[must_use]
pub fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // Some leave the type out and begin with a parameter.
    let mut rest = match value.find([';', '=']) {
        Some(at) if value[at..].starts_with(';') => &value[at..],
        Some(_) => value,
        None => "",
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c == ';' || c.is_ascii_whitespace());
        let Some(at) = rest.find([';', '=']) else {
            return found;
        };
        let (name, behind) = rest.split_at(at);
        let Some(behind) = behind.strip_prefix('=') else {
            rest = behind;
            continue;
        };
        // Where the `;` before it was left out, the name is the last word.
        let name = name.split_ascii_whitespace().next_back().unwrap_or_default().to_ascii_lowercase();
        let behind = behind.trim_ascii_start();
        let (value, after) = if let Some(text) = behind.strip_prefix('"') {
            quoted(text)
        } else {
            let end = behind.find(';').unwrap_or(behind.len());
            (behind[..end].trim_ascii_end().to_owned(), &behind[end..])
        };
        found.push((name, value));
        rest = after;
    }
}

/// The first parameter of this name.
#[must_use]
pub fn find<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Reads a text up to its closing quote; what stands behind that.
///
/// curl and Java write `\"` for a quote within, browsers `%22` (undone elsewhere), and programs that know of neither
/// the quote itself: it closes only where a parameter can follow, or nothing.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    let mut is_escaped = false;
    while let Some((at, c)) = chars.next() {
        is_escaped = c == '\\' && chars.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\'));
        match c {
            '\\' if is_escaped => value.extend(chars.next().map(|(_, next)| next)),
            '"' if closes(&text[at + 1..]) => return (value, &text[at + 1..]),
            c => value.push(c),
        }
    }
    // A name that ends with a backslash, from a browser, which escapes none: its quote did close.
    if is_escaped && value.ends_with('"') {
        value.pop();
        value.push('\\');
    }
    (value, "")
}

/// Whether a quote with `rest` behind it is the closing one.
fn closes(rest: &str) -> bool {
    let next = rest.trim_ascii_start();
    if next.is_empty() || next.starts_with(';') {
        return true;
    }
    // The `;` was forgotten: `name="a" filename="b"`.
    let word = next.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '*' | '-' | '_')));
    let word = word.unwrap_or(next.len());
    rest.starts_with([' ', '\t']) && word > 0 && next[word..].starts_with("=\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Vec<(String, String)> {
        parameters(value)
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_are_read_as_clients_write_them() {
        for (value, expected) in [
            (r#"form-data; name="f"; filename="a.jpg""#, &[("name", "f"), ("filename", "a.jpg")][..]),
            (r#"form-data;Name=f ; FileName = "a;b=c.jpg" ;"#, &[("name", "f"), ("filename", "a;b=c.jpg")]),
            (r#"form-data; name="my filename=x""#, &[("name", "my filename=x")]),
            (r#"form-data; filename=my photo 1.jpg; name=f"#, &[("filename", "my photo 1.jpg"), ("name", "f")]),
            (r#"name="f"; filename="a""#, &[("name", "f"), ("filename", "a")]),
            (r#"form-data name="f""#, &[("name", "f")]),
            (r#"form-data; name="f" filename="a""#, &[("name", "f"), ("filename", "a")]),
            (r#"form-data; flag; name="""#, &[("name", "")]),
            (r#"multipart/form-data; boundary=----=_Part_5:1;"#, &[("boundary", "----=_Part_5:1")]),
            (r#"multipart/form-data; charset=utf-8; boundary="a b=;""#, &[("charset", "utf-8"), ("boundary", "a b=;")]),
            ("multipart/form-data", &[]),
            ("", &[]),
        ] {
            assert_eq!(read(value), pairs(expected), "{value}");
        }
    }

    #[test]
    fn quotes_within_a_name_do_not_end_it() {
        for (written, name) in [
            (r#""say \"hi\".txt""#, r#"say "hi".txt"#),
            (r#""say "hi".txt""#, r#"say "hi".txt"#),
            (r#""12" disk.jpg""#, r#"12" disk.jpg"#),
            (r#""it's; a=b, c.jpg""#, "it's; a=b, c.jpg"),
            (r#""a\\b""#, r"a\b"),
            (r#""C:\new\a.jpg""#, r"C:\new\a.jpg"),
            (r#""a\""#, r"a\"),
            (r#""never closed"#, "never closed"),
        ] {
            assert_eq!(read(&format!("form-data; filename={written}")), pairs(&[("filename", name)]), "{written}");
        }
    }
}
