//! One row as it is kept.

use csv::ByteRecord;

use super::normalize::ADDRESS;
use crate::ingest::model::{Bad, Code};

/// One row of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    pub uri: String,
    pub tag: String,
    pub description: String,
    /// Why it can't come out well, whatever its URI answers.
    pub fault: Option<Fault>,
}

/// What was wrong with a row when it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A `data:` URI of more bytes than a picture may have.
    TooLarge,
    /// An address of more bytes than any may have.
    TooLong,
}

impl Fault {
    fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooLong => "too_long",
        }
    }

    fn of_word(word: &[u8]) -> Option<Self> {
        [Self::TooLarge, Self::TooLong].into_iter().find(|fault| fault.word().as_bytes() == word)
    }
}

impl Row {
    /// Reads a row that [`write_row`] wrote.
    #[must_use]
    pub fn of_record(record: &ByteRecord) -> Self {
        let text = |at: usize| String::from_utf8_lossy(record.get(at).unwrap_or_default()).into_owned();
        Self { uri: text(0), tag: text(1), description: text(2), fault: record.get(3).and_then(Fault::of_word) }
    }

    /// What can be said of a row without fetching anything.
    ///
    /// # Errors
    /// The outcome of a row that can't come out well.
    pub fn check(&self) -> Result<(), Bad> {
        let no_picture = |en: &str, zh: &str| Err(Bad::new(Code::NoPicture, (en.to_owned(), zh.to_owned())));
        match self.fault {
            Some(Fault::TooLarge) => no_picture(
                "the picture is too large: its data: URI is longer than ingest.max_image allows",
                "图片太大：data: URI 超过了允许的长度（ingest.max_image）",
            ),
            Some(Fault::TooLong) => no_picture(
                &format!("the uri is too long: more than {ADDRESS} bytes"),
                &format!("uri 太长：超过 {ADDRESS} 字节"),
            ),
            None if self.uri.is_empty() => no_picture("the uri is empty", "图片uri为空"),
            None if super::super::is_data(&self.uri) && !self.uri.contains(',') => no_picture(
                "a data: URI holds a comma and a semicolon: in a CSV it must stand in double quotes",
                "data: URI 中含有逗号和分号，在 CSV 中必须用双引号括起来",
            ),
            None => Ok(()),
        }
    }
}

/// Writes a row as all are kept.
pub fn write_row(out: &mut Vec<u8>, uri: &str, tag: &str, description: &str, fault: Option<Fault>) {
    for (at, field) in [uri, tag, description].into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_field(out, field.as_bytes());
    }
    if let Some(fault) = fault {
        out.push(b',');
        out.extend_from_slice(fault.word().as_bytes());
    }
    out.push(b'\n');
}

fn write_field(out: &mut Vec<u8>, field: &[u8]) {
    let first = memchr::memchr3(b',', b'"', b'\n', field).or_else(|| memchr::memchr(b'\r', field));
    if first.is_none() {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    let mut from = 0;
    for at in memchr::memchr_iter(b'"', field) {
        out.extend_from_slice(&field[from..=at]);
        out.push(b'"');
        from = at + 1;
    }
    out.extend_from_slice(&field[from..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_back_as_they_were(rows in prop::collection::vec(("\\PC*|[\",\r\n a]*", "[\",\r\n\u{feff}字]*", ".*"), 1..5)) {
            let mut text = Vec::new();
            let mut ends = Vec::new();
            for (uri, tag, description) in &rows {
                write_row(&mut text, uri, tag, description, None);
                ends.push(text.len() as u64);
            }
            // The first three bytes of a file may be taken for a mark of its encoding.
            prop_assume!(!text.starts_with("\u{feff}".as_bytes()));
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&text[..]);
            let mut record = ByteRecord::new();
            for (at, (uri, tag, description)) in rows.into_iter().enumerate() {
                prop_assert!(reader.read_byte_record(&mut record).unwrap());
                prop_assert_eq!(Row::of_record(&record), Row { uri, tag, description, fault: None });
                prop_assert_eq!(reader.position().byte(), ends[at]);
            }
            prop_assert!(!reader.read_byte_record(&mut record).unwrap());
        }
    }

    #[test]
    fn a_fault_is_kept_with_its_row() {
        let mut text = Vec::new();
        write_row(&mut text, "data:image/png;base64,AA", "", "", Some(Fault::TooLarge));
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&text[..]);
        let record = reader.byte_records().next().unwrap().unwrap();
        let bad = Row::of_record(&record).check().unwrap_err();
        assert_eq!(bad.code, Code::NoPicture);
        assert!(bad.message.zh.contains("太大"), "{}", bad.message);
    }

    #[test]
    fn rows_that_need_no_fetching_are_told_apart() {
        let code = |uri: &str| Row { uri: uri.into(), ..Row::default() }.check().err().map(|bad| bad.code);
        assert_eq!(code(""), Some(Code::NoPicture));
        assert_eq!(code("data:image/png;base64"), Some(Code::NoPicture));
        assert_eq!(code("data:,x"), None);
        assert_eq!(code("http://h/x"), None);
    }
}
