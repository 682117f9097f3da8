//! What parts the fields of a client's table: comma, TAB, semicolon or bar.
//!
//! Spreadsheets write what their country is used to, and some say so in a first line `sep=;` (Excel). Else the header tells,
//! and where there is none the rows do. URIs hold commas and semicolons themselves, `data:` both of them, so a semicolon
//! counts only where what follows it can't be a part of an address. In doubt it is the comma, as the document has it.
//!
//! What always holds: the answer depends on the text alone, not on how it is cut into pieces, and on no more of it than
//! [`LOOKED`] bytes and one row.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::columns::{Columns, NAME};
use crate::ingest::model::is_data;

/// Bytes of text that are looked at.
pub const LOOKED: usize = 64 * 1024;

/// Rows that are looked at, at most.
const ROWS: usize = 50;

/// Fields of a row that are looked at, and bytes of each.
const FIELDS: usize = 16;
const FIELD: usize = 4 * NAME;

/// Longest first line that may be `sep=…`, in bytes.
const TOLD: usize = 32;

/// The separators that are found out, the surest first: of two that fit equally well the first is taken.
const SEPARATORS: [u8; 4] = [b'\t', b',', b';', b'|'];

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub separator: u8,
    /// Bytes of text before the first row: marks, and a line that tells the separator.
    pub skip: usize,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { separator: b',', skip: 0 }
    }
}

impl Dialect {
    /// The separator as it is shown among other words; `None` for the comma, which needs no mention.
    #[must_use]
    pub fn mention(self) -> Option<String> {
        match self.separator {
            b',' => None,
            b'\t' => Some("TAB".to_owned()),
            other => Some(char::from(other).to_string()),
        }
    }
}

/// Finds out a table's dialect from its text as it comes.
pub struct Prober {
    /// The first bytes: marks, and perhaps `sep=…`.
    head: String,
    begin: Option<Dialect>,
    candidates: Vec<Candidate>,
}

impl Default for Prober {
    fn default() -> Self {
        Self { head: String::new(), begin: None, candidates: SEPARATORS.map(Candidate::new).into() }
    }
}

impl Prober {
    /// Looks at the next text. True when more of it makes no difference.
    pub fn feed(&mut self, text: &str) -> bool {
        if self.begin.is_none() {
            self.head.push_str(text);
            if self.head.len() < TOLD {
                return false;
            }
            return self.begin();
        }
        self.look(text)
    }

    fn begin(&mut self) -> bool {
        let head = std::mem::take(&mut self.head);
        let skip = head.len() - head.trim_start_matches('\u{feff}').len();
        let told = told(&head[skip..]);
        self.begin = Some(Dialect { separator: b',', skip });
        if let Some((separator, line)) = told {
            self.candidates.clear();
            self.begin = Some(Dialect { separator, skip: skip + line });
            return true;
        }
        self.look(&head[skip..])
    }

    fn look(&mut self, text: &str) -> bool {
        for candidate in &mut self.candidates {
            candidate.feed(text.as_bytes());
        }
        self.candidates.iter().all(|candidate| candidate.is_done)
    }

    /// What was found. `is_whole`: the table ended with the last text.
    #[must_use]
    pub fn finish(mut self, is_whole: bool) -> Dialect {
        if self.begin.is_none() {
            self.begin();
        }
        let begin = self.begin.unwrap_or_default();
        for candidate in &mut self.candidates {
            if is_whole {
                candidate.end();
            }
        }
        if let Some(named) = self.candidates.iter().find(|candidate| candidate.header > 1) {
            return Dialect { separator: named.separator, ..begin };
        }
        let (mut widest, mut separator) = (1, begin.separator);
        // A header of one name alone says that there is nothing to part.
        for candidate in self.candidates.iter().filter(|candidate| candidate.header == 0) {
            if candidate.width() > widest {
                (widest, separator) = (candidate.width(), candidate.separator);
            }
        }
        Dialect { separator, ..begin }
    }
}

/// The separator of a first line `sep=;`, in quotes or not, and the bytes of that line.
fn told(head: &str) -> Option<(u8, usize)> {
    let end = head.find(['\r', '\n'])?;
    let line = head[..end].strip_prefix('"').unwrap_or(&head[..end]);
    let rest = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let (separator, behind) = rest.as_bytes().split_first()?;
    let can_part = separator.is_ascii_punctuation() || *separator == b'\t';
    // Programs that took the line for a row have put separators and quotes behind it.
    let is_alone = behind.iter().all(|b| b == separator || b"\", ;\t".contains(b));
    let skip = end + if head[end..].starts_with("\r\n") { 2 } else { 1 };
    (can_part && *separator != b'"' && is_alone).then_some((*separator, skip))
}

/// The table as it would be read with one of the separators.
struct Candidate {
    separator: u8,
    reader: Reader,
    /// Bytes so far.
    read: usize,
    fields: Vec<Vec<u8>>,
    /// Fields of the row that is being read.
    place: usize,
    rows: usize,
    /// Rows of two fields, and of more.
    two: usize,
    more: usize,
    /// Names in the header; 0 where the first row is none.
    header: usize,
    is_done: bool,
    scratch: Vec<u8>,
}

impl Candidate {
    fn new(separator: u8) -> Self {
        Self {
            separator,
            reader: ReaderBuilder::new().delimiter(separator).build(),
            read: 0,
            fields: vec![Vec::new(); FIELDS],
            place: 0,
            rows: 0,
            two: 0,
            more: 0,
            header: 0,
            is_done: false,
            scratch: vec![0; 4096],
        }
    }

    fn feed(&mut self, mut input: &[u8]) {
        while !input.is_empty() && !self.is_done {
            let (result, read, wrote) = self.reader.read_field(input, &mut self.scratch);
            input = &input[read..];
            self.read += read;
            self.take(result, wrote);
        }
    }

    /// The last row may have no line end.
    fn end(&mut self) {
        while !self.is_done {
            let (result, _, wrote) = self.reader.read_field(&[], &mut self.scratch);
            self.is_done = matches!(result, ReadFieldResult::End);
            self.take(result, wrote);
        }
    }

    fn take(&mut self, result: ReadFieldResult, wrote: usize) {
        if let Some(field) = self.fields.get_mut(self.place) {
            let room = FIELD.saturating_sub(field.len());
            field.extend_from_slice(&self.scratch[..wrote.min(room)]);
        }
        if let ReadFieldResult::Field { record_end } = result {
            self.place += 1;
            if record_end {
                self.end_row();
            }
        }
    }

    fn end_row(&mut self) {
        let count = std::mem::take(&mut self.place);
        if self.read > LOOKED && self.rows > 0 {
            self.is_done = true;
            return;
        }
        let fields = &self.fields[..count.min(FIELDS)];
        let is_header = self.rows == 0 && Columns::of_header(fields).is_some();
        if is_header {
            self.header = count;
        }
        match count {
            _ if self.parts_an_address(fields) => {}
            0 | 1 => {}
            2 => self.two += 1,
            _ => self.more += 1,
        }
        self.rows += 1;
        self.is_done |= self.rows == ROWS || self.header > 0;
        self.fields.iter_mut().for_each(Vec::clear);
    }

    /// Whether what stands before and behind the first separator looks like one address.
    fn parts_an_address(&self, fields: &[Vec<u8>]) -> bool {
        let Some((first, rest)) = fields.split_first().filter(|(_, rest)| !rest.is_empty()) else {
            return false;
        };
        let first = String::from_utf8_lossy(first);
        if is_data(first.trim()) && !first.contains(',') {
            return true;
        }
        if !b";|".contains(&self.separator) {
            return false;
        }
        let rest = rest.join(&self.separator);
        let is_address = rest.iter().all(u8::is_ascii_graphic);
        let is_word = rest.iter().all(|b| b.is_ascii_alphabetic() || b"-_;|".contains(b));
        let ends = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"];
        let lower = rest.to_ascii_lowercase();
        let has_end = ends.iter().any(|end| lower.ends_with(end.as_bytes()));
        is_address && (has_end || rest.iter().any(|b| b"=?&".contains(b)) || fields.len() == 2 && !is_word)
    }

    /// Fields of most rows, up to three; 1 where most have no more.
    fn width(&self) -> usize {
        match (self.two, self.more) {
            (two, more) if (two + more) * 2 <= self.rows => 1,
            (two, more) if more >= two => 3,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Dialect {
        let mut known = None;
        for piece in [1, 3, 50, 100_000] {
            let mut prober = Prober::default();
            let mut from = 0;
            while from < text.len() {
                let to = (from + piece..=text.len()).find(|to| text.is_char_boundary(*to)).unwrap_or(text.len());
                if prober.feed(&text[from..to]) {
                    break;
                }
                from = to;
            }
            let dialect = prober.finish(true);
            assert_eq!(*known.get_or_insert(dialect), dialect, "in pieces of {piece}: {text}");
        }
        known.unwrap()
    }

    fn separator(text: &str) -> char {
        char::from(found(text).separator)
    }

    #[test]
    fn a_line_that_tells_the_separator_goes_before_everything() {
        for (text, separator, skip) in [
            ("sep=;\r\nuri,x;tag\r\n", ';', 7),
            ("\"sep=;\"\nhttp://h/1,2\n", ';', 8),
            ("SEP=\t\nuri\n", '\t', 6),
            ("\u{feff}sep=|\nuri\n", '|', 9),
            ("sep=;;;\rhttp://h/1\r", ';', 8),
            ("sep=,\n", ',', 6),
            ("sep=^\nuri^tag\n", '^', 6),
        ] {
            assert_eq!(found(text), Dialect { separator: separator as u8, skip }, "{text}");
        }
        for text in ["sep=\nhttp://h/1,a\n", "sep=x\nhttp://h/1,a\n", "separator\nhttp://h/1,a\n", "sep=;"] {
            assert_eq!(found(text).skip, 0, "{text}");
        }
    }

    #[test]
    fn a_header_tells_the_separator() {
        for (text, expected) in [
            ("uri,tag,description\nhttp://h/1;a;b\n", ','),
            ("uri;tag;description\nhttp://h/1,2,3;a,b;c,d\n", ';'),
            ("Tag\tURI\nx\thttp://h/1;2,3\n", '\t'),
            ("\n\n\"uri\"|\"tag\"\nhttp://h/1|x\n", '|'),
            ("\u{feff}\"uri\";\"tag\"\n", ';'),
            ("uri\nhttp://h/a;b;c\nhttp://h/a;b;c\n", ','),
        ] {
            assert_eq!(separator(text), expected, "{text}");
        }
    }

    #[test]
    fn rows_tell_it_where_there_is_no_header() {
        for (text, expected) in [
            ("http://h/1;张三;x\nhttp://h/2;李四;y\n", ';'),
            ("http://h/1;张三;1,5\nhttp://h/2;李四;2,5\n", ';'),
            ("http://h/1;;\nhttp://h/2;a b;\n", ';'),
            ("http://h/1\tx\nhttp://h/2,3\ty\n", '\t'),
            ("http://h/1|staff|x\n", '|'),
            ("http://h/1;alice\nhttp://h/2;bob\n", ';'),
            ("\"data:image/png;base64,AAAA\";a;b\n", ';'),
            ("data:image/png;base64,AAAA\ta\tb\n", '\t'),
            ("granary:tag/a/1.jpg;人\n", ';'),
        ] {
            assert_eq!(separator(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_not_taken_apart() {
        for text in [
            "http://h/1,a;b,c\nhttp://h/2,d;e,f\n",
            "http://h/a;v=1\nhttp://h/b;v=2\n",
            "http://h/a;x=1;y=2;z=3\n",
            "http://h/a;1.jpg\nhttp://h/b;2.JPG\n",
            "http://h/pic;1\nhttp://h/pic;2\n",
            "http://h/a|b.png\n",
            "data:image/png;base64,AAAA\ndata:image/png;base64,BBBB\n",
            "data:image/png;charset=x;base64,AAAA\n",
            "\"data:image/png;base64,AAAA\",a,b\n\"data:image/png;base64,AAAA\",a,b\n",
            "\"data:image/png;base64,AAAA\"\n",
            "http://h/1\nhttp://h/2\n",
            "http://h/1",
            "",
            "\n\n",
        ] {
            assert_eq!(separator(text), ',', "{text}");
        }
    }

    #[test]
    fn a_first_row_of_megabytes_is_looked_at_to_its_end() {
        let row = format!("\"data:image/png;base64,{}\";张三;x\n", "A".repeat(300_000));
        assert_eq!(separator(&row), ';');
        assert_eq!(separator(&row.repeat(3)), ';');
    }
}
