//! The layout of a tag's zip: what it announces is what is written, and a reader of zips finds every entry in its place.
#![no_main]

use arbitrary::Arbitrary;
use async_zip::base::read::mem::ZipFileReader;
use granary::platform::archive::{Entry, Form, Layout, Sums, zip_names};
use granary::platform::names::Name;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct File<'a> {
    name: &'a str,
    bytes: &'a [u8],
    modified_at: i64,
    /// Of the very large, the layout alone is looked at.
    size: Option<u64>,
}

fuzz_target!(|files: Vec<File<'_>>| {
    let (mut sums, mut layout) = (Sums::default(), Layout::<()>::new(Form::Zip));
    let (mut out, mut central, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    let is_real = files.iter().all(|file| file.size.is_none());
    for file in &files {
        let Ok(name) = Name::new(file.name) else { continue };
        let size = file.size.map_or(file.bytes.len() as u64, |size| size % (1 << 40));
        let entry = Entry { name: zip_names::mend(name.as_str()), size, crc32: 0, modified_at: file.modified_at };
        layout.add(&entry);
        let before = out.len() as u64;
        let offset = sums.add(&entry);
        entry.write_local_header(&mut out);
        assert_eq!(out.len() as u64 - before, entry.local_header_len());
        let before = central.len() as u64;
        entry.write_central_header(offset, &mut central);
        assert_eq!(central.len() as u64 - before, entry.central_len(offset));
        if is_real {
            assert_eq!(offset + entry.local_header_len(), out.len() as u64);
            out.extend_from_slice(file.bytes);
            entries.push((entry.name, offset, size));
        }
    }
    assert_eq!((layout.total(), layout.entries()), (sums.total(), sums.entries));
    let mut end = Vec::new();
    sums.write_end(&mut end);
    assert_eq!(sums.total(), sums.local + sums.central + end.len() as u64);
    if !is_real || entries.is_empty() {
        return;
    }
    out.extend_from_slice(&central);
    out.extend_from_slice(&end);
    assert_eq!(out.len() as u64, layout.total());
    let runtime = rocket::tokio::runtime::Builder::new_current_thread().build().unwrap();
    let archive = runtime.block_on(ZipFileReader::new(out)).expect("an archive that can be read");
    let read = archive.file().entries().iter().map(|entry| {
        let name = entry.filename().as_str().expect("UTF-8").to_owned();
        (name, entry.header_offset(), entry.uncompressed_size())
    });
    assert!(read.eq(entries));
});
