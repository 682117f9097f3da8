//! The first rows of a CSV, for people who want to see whether it is read as they mean it.

use csv::{ByteRecord, ReaderBuilder};

use super::dialect::LOOKED;
use super::{Decoder, Dialect, Encoding, Normalized, Normalizer, Prober, Row};

/// The first rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// What it is written in.
    pub encoding: &'static str,
    pub dialect: Dialect,
    /// At most [`Glimpse::ROWS`].
    pub rows: Vec<Row>,
}

impl Glimpse {
    /// Bytes at the beginning that are looked at: in UTF-16 twice as many as of ASCII.
    pub const HEAD: usize = 2 * LOOKED + 16;

    /// Rows that are shown.
    pub const ROWS: usize = 5;

    /// Of the beginning of a file in this encoding, and whether there is a NUL in it.
    #[must_use]
    pub fn of(head: &[u8], encoding: Encoding) -> (Self, bool) {
        let is_whole = head.len() < Self::HEAD;
        let mut decoder = Decoder::new(encoding);
        let text = decoder.decode(head, is_whole);
        let mut prober = Prober::default();
        prober.feed(text);
        let dialect = prober.finish(is_whole);
        let mut kept = Normalizer::new(Vec::new(), Self::HEAD, dialect);
        // What is written to is memory, which doesn't fail.
        let fed = kept.feed(text);
        let Ok(Normalized { has_nul, out, .. }) = fed.and_then(|()| kept.finish()) else {
            return (Self { encoding: encoding.name(), dialect, rows: Vec::new() }, false);
        };
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&out[..]);
        let mut rows = Vec::new();
        let mut record = ByteRecord::new();
        while rows.len() < Self::ROWS && reader.read_byte_record(&mut record).unwrap_or(false) {
            rows.push(Row::of_record(&record));
        }
        (Self { encoding: encoding.name(), dialect, rows }, has_nul)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_shown_as_they_will_be_read() {
        let (glimpse, has_nul) = Glimpse::of("tag;uri\n人;http://h/1\n\n;http://h/2\n".as_bytes(), Encoding::Utf8);
        assert_eq!((glimpse.dialect.separator, has_nul), (b';', false));
        assert_eq!(glimpse.encoding, "UTF-8");
        let rows: Vec<_> = glimpse.rows.iter().map(|row| (row.uri.as_str(), row.tag.as_str())).collect();
        assert_eq!(rows, [("http://h/1", "人"), ("http://h/2", "")]);
        assert_eq!(Glimpse::of(b"", Encoding::Utf8).0.rows, []);
        assert!(Glimpse::of(b"a\0", Encoding::Utf8).1);
    }

    #[test]
    fn no_more_than_a_few_are_shown() {
        let text = "http://h/1,a,b\n".repeat(20_000);
        let (glimpse, _) = Glimpse::of(&text.as_bytes()[..Glimpse::HEAD], Encoding::Utf8);
        assert_eq!(glimpse.rows.len(), Glimpse::ROWS);
    }
}
