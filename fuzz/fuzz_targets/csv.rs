//! CSV files of ingest tasks: wherever the pieces are cut, the same rows come out, all alike, each of three or four fields.
#![no_main]

use arbitrary::Arbitrary;
use granary::ingest::model::csv::{Decoder, Glimpse, Normalizer, Prober, Row, Sniffer};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    bytes: &'a [u8],
    cuts: [u8; 6],
}

fn rows(pieces: &[&[u8]]) -> (i64, Vec<u8>) {
    let mut sniffer = Sniffer::default();
    pieces.iter().for_each(|piece| sniffer.feed(piece));
    let mut decoder = Decoder::new(sniffer.encoding());
    let mut prober = Prober::default();
    for piece in pieces {
        prober.feed(decoder.decode(piece, false));
    }
    prober.feed(decoder.decode(b"", true));
    let mut decoder = Decoder::new(sniffer.encoding());
    let mut normalizer = Normalizer::new(Vec::new(), 4096, prober.finish(true));
    for piece in pieces {
        normalizer.feed(decoder.decode(piece, false)).unwrap();
    }
    normalizer.feed(decoder.decode(b"", true)).unwrap();
    let normalized = normalizer.finish().unwrap();
    (normalized.rows, normalized.out)
}

fuzz_target!(|input: Input<'_>| {
    let (count, whole) = rows(&[input.bytes]);
    let mut pieces = Vec::new();
    let mut rest = input.bytes;
    for cut in input.cuts {
        let (piece, behind) = rest.split_at(usize::from(cut).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    assert_eq!((count, &whole), (rows(&pieces).0, &rows(&pieces).1));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(whole.as_slice());
    let mut read = 0;
    for record in reader.byte_records() {
        let record = record.unwrap();
        assert!((3..=4).contains(&record.len()), "{record:?}");
        let row = Row::of_record(&record);
        let _ = row.check();
        read += 1;
    }
    assert_eq!(read, count);
    let mut sniffer = Sniffer::default();
    sniffer.feed(input.bytes);
    let _ = Glimpse::of(input.bytes, sniffer.encoding());
});
