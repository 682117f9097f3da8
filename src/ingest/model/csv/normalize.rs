//! From a client's CSV to rows that are all alike, piece by piece.

use std::io::{self, Write};

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::Dialect;
use super::columns::{Column, Columns, NAME};
use super::row::{Fault, write_row};
use crate::ingest::model::{KEPT_URI, is_data, kept_uri};

/// Bytes of a tag and of a description that are kept.
const MAX_TAG: usize = 1024;
const MAX_DESCRIPTION: usize = 65_535;

/// Most bytes of a URI that isn't `data:`.
pub(super) const ADDRESS: usize = 8192;

/// Fields of a first row that are looked at.
const HEADER: usize = 256;

/// Bytes that are collected before they are written.
const PIECE: usize = 256 * 1024;

/// Reads a client's CSV and writes rows to `out`. No more of a row is kept than the longest row that can come out well.
pub struct Normalizer<W> {
    reader: Reader,
    /// Bytes before the first row that are still to be passed over.
    skip: usize,
    has_nul: bool,
    out: W,
    rows: Vec<u8>,
    count: i64,
    /// Most bytes of a URI.
    longest: usize,
    /// `None` until the first row was seen.
    columns: Option<Columns>,
    /// The fields of the row that is being read; in the first row all, then those that have a column.
    fields: Vec<Vec<u8>>,
    /// Place of the field that is being read.
    place: usize,
    scratch: Vec<u8>,
}

/// What became of a whole table.
#[derive(Debug)]
pub struct Normalized<W> {
    /// How many there are.
    pub rows: i64,
    /// There was a NUL in the text: it is no table.
    pub has_nul: bool,
    pub out: W,
}

impl<W: Write> Normalizer<W> {
    /// `longest`: most bytes of a URI, as text.
    pub fn new(out: W, longest: usize, dialect: Dialect) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(dialect.separator).build(),
            skip: dialect.skip,
            has_nul: false,
            out,
            rows: Vec::with_capacity(PIECE),
            count: 0,
            longest: longest.max(ADDRESS),
            columns: None,
            fields: vec![Vec::new(); 3],
            place: 0,
            scratch: vec![0; 64 * 1024],
        }
    }

    /// Reads the next piece of text.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn feed(&mut self, text: &str) -> io::Result<()> {
        self.has_nul |= memchr::memchr(0, text.as_bytes()).is_some();
        let skipped = self.skip.min(text.len());
        self.skip -= skipped;
        let mut input = &text.as_bytes()[skipped..];
        // An empty piece would be the end.
        while !input.is_empty() {
            let (result, read, wrote) = self.reader.read_field(input, &mut self.scratch);
            input = &input[read..];
            self.keep(wrote);
            if let ReadFieldResult::Field { record_end } = result {
                self.end_field(record_end)?;
            }
        }
        Ok(())
    }

    /// Ends the last row.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn finish(mut self) -> io::Result<Normalized<W>> {
        loop {
            let (result, _, wrote) = self.reader.read_field(&[], &mut self.scratch);
            self.keep(wrote);
            match result {
                ReadFieldResult::Field { record_end } => self.end_field(record_end)?,
                ReadFieldResult::End => break,
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            }
        }
        self.out.write_all(&self.rows)?;
        Ok(Normalized { rows: self.count, has_nul: self.has_nul, out: self.out })
    }

    /// Keeps a part of a field; one byte more than may be, so that it shows.
    fn keep(&mut self, count: usize) {
        let (slot, most) = match &self.columns {
            Some(columns) => match columns.at(self.place) {
                Column::Uri => (0, self.longest.max(KEPT_URI)),
                Column::Tag => (1, MAX_TAG),
                Column::Description => (2, MAX_DESCRIPTION),
                Column::Other => return,
            },
            None if self.place >= HEADER => return,
            None => {
                let most = [self.longest.max(KEPT_URI), MAX_TAG, MAX_DESCRIPTION];
                (self.place, most.get(self.place).copied().unwrap_or(NAME))
            }
        };
        if slot >= self.fields.len() {
            self.fields.resize(slot + 1, Vec::new());
        }
        let field = &mut self.fields[slot];
        let room = (most + 1).saturating_sub(field.len());
        field.extend_from_slice(&self.scratch[..count.min(room)]);
    }

    fn end_field(&mut self, is_row_end: bool) -> io::Result<()> {
        // An empty field has a place, too.
        self.keep(0);
        self.place += 1;
        if !is_row_end {
            return Ok(());
        }
        let seen = std::mem::take(&mut self.place);
        if self.columns.is_none() {
            let header = Columns::of_header(&self.fields[..seen.min(self.fields.len())]);
            let is_header = header.is_some();
            self.columns = Some(header.unwrap_or_default());
            self.fields.resize(3, Vec::new());
            if is_header {
                self.clear();
                return Ok(());
            }
        }
        if seen > 1 || !is_blank(&self.fields[0]) {
            self.end_row();
        }
        self.clear();
        if self.rows.len() >= PIECE {
            self.out.write_all(&self.rows)?;
            self.rows.clear();
        }
        Ok(())
    }

    fn end_row(&mut self) {
        let [uri, tag, description] = [0, 1, 2].map(|at| whole_characters(&self.fields[at]));
        let uri = uri.trim_matches(is_margin);
        // Exactly, or a large row would take twice its room.
        self.rows.reserve_exact(uri.len() + 64);
        let (most, fault) = if is_data(uri) { (self.longest, Fault::TooLarge) } else { (ADDRESS, Fault::TooLong) };
        if uri.len() > most {
            write_row(&mut self.rows, &kept_uri(uri), "", "", Some(fault));
        } else if is_data(uri) && !uri.contains(',') {
            // Unquoted: what stands in the next column is a part of it, and no tag.
            write_row(&mut self.rows, uri, "", "", None);
        } else {
            let (tag, description) = (clipped(tag, MAX_TAG), clipped(description, MAX_DESCRIPTION));
            write_row(&mut self.rows, uri, tag, description, None);
        }
        self.count += 1;
    }

    /// Empties the fields; the room of a huge one is given back.
    fn clear(&mut self) {
        for field in &mut self.fields {
            field.clear();
            field.shrink_to(PIECE);
        }
        if self.rows.capacity() > 4 * PIECE && self.rows.len() < PIECE {
            self.rows.shrink_to(PIECE);
        }
    }
}

/// What may stand around a URI without being a part of it: white space, byte order marks, zero-width spaces, and the
/// last byte of files from DOS.
fn is_margin(character: char) -> bool {
    character.is_whitespace() || "\u{feff}\u{200b}\u{1a}".contains(character)
}

/// Whether a row of one field is a line with nothing but white space. `""` in quotes is a URI that is empty.
fn is_blank(field: &[u8]) -> bool {
    !field.is_empty() && whole_characters(field).chars().all(is_margin)
}

/// The first `most` bytes of `text`, no character cut apart.
fn clipped(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The text up to a character that was cut apart.
fn whole_characters(field: &[u8]) -> &str {
    match std::str::from_utf8(field) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&field[..error.valid_up_to()]).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Prober;
    use super::super::row::Row;
    use super::*;

    fn normalize(text: &str, longest: usize, piece: usize) -> Vec<Row> {
        let mut prober = Prober::default();
        prober.feed(text);
        let mut normalizer = Normalizer::new(Vec::new(), longest, prober.finish(true));
        let mut from = 0;
        while from < text.len() {
            let to = (from + piece..=text.len()).find(|to| text.is_char_boundary(*to)).unwrap_or(text.len());
            normalizer.feed(&text[from..to]).unwrap();
            from = to;
        }
        let Normalized { rows: count, out, .. } = normalizer.finish().unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&out[..]);
        let rows: Vec<_> = reader.byte_records().map(|record| Row::of_record(&record.unwrap())).collect();
        assert_eq!(i64::try_from(rows.len()).unwrap(), count);
        rows
    }

    fn row(uri: &str, tag: &str, description: &str) -> Row {
        Row { uri: uri.into(), tag: tag.into(), description: description.into(), fault: None }
    }

    #[test]
    fn columns_may_be_missing_or_too_many() {
        let text =
            "http://h/1\r\nhttp://h/2,t\n\n\r\nhttp://h/3,t,d,more,\"and\nmore\"\nhttp://h/4,,\"a \"\"b\"\"\nc\"";
        let expected = vec![
            row("http://h/1", "", ""),
            row("http://h/2", "t", ""),
            row("http://h/3", "t", "d"),
            row("http://h/4", "", "a \"b\"\nc"),
        ];
        for piece in [1, 2, 7, 1000] {
            assert_eq!(normalize(text, 100, piece), expected);
        }
    }

    #[test]
    fn a_header_names_the_columns_in_any_order() {
        let text = "description,extra,URI,tag\nd,x,http://h/1,t\n,,,\n";
        assert_eq!(normalize(text, 100, 3), [row("http://h/1", "t", "d"), row("", "", "")]);
        assert_eq!(normalize("uri\nhttp://h/1\n", 100, 100), [row("http://h/1", "", "")]);
        assert!(normalize("uri,tag,description\r\n", 100, 100).is_empty());
        assert!(normalize("\n\r\n\n", 100, 100).is_empty());
    }

    #[test]
    fn a_row_that_is_too_large_is_cut_and_its_neighbours_are_not() {
        let large = format!("data:image/png;base64,{}", "A".repeat(20_000));
        let text = format!("http://h/1\n\"{large}\",t,d\nhttp://h/2,{}\nhttp://h/3\n", "字".repeat(2000));
        let rows = normalize(&text, 10_000, 999);
        assert_eq!(rows[0], row("http://h/1", "", ""));
        assert_eq!((rows[1].fault, rows[1].uri.as_str()), (Some(Fault::TooLarge), &large[..100]));
        assert_eq!(rows[2], row("http://h/2", &"字".repeat(341), ""));
        assert_eq!(rows[3], row("http://h/3", "", ""));
        assert_eq!(normalize(&text, 30_000, 999)[1].fault, None);
    }

    #[test]
    fn an_unquoted_data_uri_is_a_row_of_its_own_kind() {
        let rows = normalize("data:image/png;base64,iVBORw0KGgo=,t,d\n", 10_000, 5);
        assert_eq!(rows, [row("data:image/png;base64", "", "")]);
        assert!(rows[0].check().unwrap_err().message.zh.contains("双引号"));
    }

    #[test]
    fn tables_of_every_spreadsheet_are_read() {
        let expected = [row("http://h/1;a,b", "张三", "x\ny"), row("http://h/2", "李四", "")];
        for (separator, told) in [(';', ""), (';', "sep=;\n"), ('\t', ""), ('|', ""), (',', "sep=,\r\n")] {
            for (header, end) in
                [("Uri,TAG , description", "\r\n"), ("\u{feff}\"uri\",tag,description", "\r"), ("", "\n")]
            {
                let header = if header.is_empty() { String::new() } else { format!("{header}{end}") };
                let rows = format!("\"http://h/1;a,b\",张三,\"x\ny\"{end}{end}  {end}http://h/2,李四{end}");
                // The commas of the first address stand in quotes.
                let rows =
                    rows.replace("\",张三,", "\"\0张三\0").replace(",李", "\0李").replace('\0', &separator.to_string());
                let header = header.replace(',', &separator.to_string());
                for piece in [1, 1000] {
                    let text = format!("{told}{header}{rows}");
                    assert_eq!(normalize(&text, 100, piece), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn what_stands_around_an_address_is_no_part_of_it() {
        let rows = normalize("\u{feff}\u{feff} http://h/1 ,a\n\u{feff}http://h/2\u{a0}\n \t \n\"\"\n\u{1a}", 100, 4);
        assert_eq!(rows, [row("http://h/1", "a", ""), row("http://h/2", "", ""), row("", "", "")]);
    }

    #[test]
    fn an_address_that_is_too_long_keeps_its_text() {
        let long = format!("http://h/{}", "x".repeat(9000));
        let rows = normalize(&format!("{long},t\nhttp://h/2\n"), 100, 999);
        assert_eq!((rows[0].fault, &rows[0].uri), (Some(Fault::TooLong), &long));
        let message = rows[0].check().unwrap_err().message.zh;
        assert!(message.contains("8192") && !message.contains("图片"), "{message}");
        assert_eq!(normalize(&long[..8192], 100, 999)[0].fault, None);
    }

    #[test]
    fn nul_is_noticed_wherever_it_stands() {
        for text in ["uri\0\nhttp://h/1\n", "http://h/1,a\0"] {
            let mut normalizer = Normalizer::new(Vec::new(), 100, Dialect::default());
            normalizer.feed(text).unwrap();
            assert!(normalizer.finish().unwrap().has_nul, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_takes_no_memory() {
        let mut normalizer = Normalizer::new(Vec::new(), 10_000, Dialect::default());
        normalizer.feed("\"http://h/1").unwrap();
        for _ in 0..100 {
            normalizer.feed(&"x,\n".repeat(10_000)).unwrap();
        }
        assert!(normalizer.fields.iter().map(Vec::capacity).sum::<usize>() < 300_000);
        assert_eq!(normalizer.finish().unwrap().rows, 1);
    }

    fn field() -> impl Strategy<Value = String> {
        "[a-z:/,\"\r\n 一-三]{0,12}"
    }

    proptest! {
        /// Whatever an ordinary writer of CSV writes is read as it was meant, in pieces of any length.
        #[test]
        fn what_others_write_is_read(fields in prop::collection::vec([field(), field(), field()], 1..8), piece in 1..40_usize) {
            let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
            for row in &fields {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let first: Vec<_> = fields[0].iter().map(|field| field.as_bytes().to_vec()).collect();
            prop_assume!(Columns::of_header(&first).is_none());
            // Few rows of odd fields may look as if something else parted them.
            let rows = normalize(&format!("sep=,\n{text}"), 1000, piece);
            let expected: Vec<_> = fields.iter().map(|[uri, tag, description]| {
                if is_data(uri.trim()) && !uri.contains(',') { row(uri.trim(), "", "") } else { row(uri.trim(), tag, description) }
            }).collect();
            prop_assert_eq!(rows, expected);
        }
    }
}
