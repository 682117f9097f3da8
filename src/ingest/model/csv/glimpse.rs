//! The first rows of a CSV, for people who want to see whether it is read as they mean it.

use csv::{ByteRecord, ReaderBuilder};

use super::{Decoder, Encoding, Normalizer, Row};

/// The first rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// What it is written in.
    pub encoding: &'static str,
    /// At most [`Glimpse::ROWS`].
    pub rows: Vec<Row>,
}

impl Glimpse {
    /// Bytes at the beginning that are looked at.
    pub const HEAD: usize = 64 * 1024;

    /// Rows that are shown.
    pub const ROWS: usize = 5;

    /// Of the beginning of a file in this encoding.
    #[must_use]
    pub fn of(head: &[u8], encoding: Encoding) -> Self {
        let mut kept = Normalizer::new(Vec::new(), Self::HEAD);
        let mut decoder = Decoder::new(encoding);
        let whole = head.len() < Self::HEAD;
        // What is written to is memory, which doesn't fail.
        let fed = kept.feed(decoder.decode(head, whole));
        let text = fed.and_then(|()| kept.finish()).map(|(_, text)| text).unwrap_or_default();
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&text[..]);
        let mut rows = Vec::new();
        let mut record = ByteRecord::new();
        while rows.len() < Self::ROWS && reader.read_byte_record(&mut record).unwrap_or(false) {
            rows.push(Row::of_record(&record));
        }
        Self { encoding: encoding.name(), rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_shown_as_they_will_be_read() {
        let glimpse = Glimpse::of("tag,uri\n人,http://h/1\n\n,http://h/2\n".as_bytes(), Encoding::Utf8);
        assert_eq!(glimpse.encoding, "UTF-8");
        let rows: Vec<_> = glimpse.rows.iter().map(|row| (row.uri.as_str(), row.tag.as_str())).collect();
        assert_eq!(rows, [("http://h/1", "人"), ("http://h/2", "")]);
        assert_eq!(Glimpse::of(b"", Encoding::Utf8).rows, []);
    }

    #[test]
    fn no_more_than_a_few_are_shown() {
        let text = "http://h/1,a,b\n".repeat(20_000);
        let glimpse = Glimpse::of(&text.as_bytes()[..Glimpse::HEAD], Encoding::Utf8);
        assert_eq!(glimpse.rows.len(), Glimpse::ROWS);
    }
}
