//! Zips of strangers: nothing breaks the reader, no place is read twice, and what our own layout writes is read back.
#![no_main]

use std::io::Read;

use granary::platform::archive::Entry;
use granary::platform::archive::unzip::{Extents, Unzip};
use granary::platform::archive::Sums;
use libfuzzer_sys::fuzz_target;

/// Contents of the entries, by the directory's order, as far as they are there; at most a MiB of each.
fn contents(bytes: &[u8]) -> Option<Vec<(String, Option<Vec<u8>>)>> {
    let mut archive = Unzip::open(bytes.to_vec()).ok()?;
    let (mut extents, mut packed) = (Extents::default(), 0);
    let members = archive.take_members().into_iter();
    let read = members.map(|member| {
        let data = archive.data(&member, &mut extents).expect("memory can be read")?;
        packed += member.packed;
        assert!(packed <= bytes.len() as u64, "a place is read twice");
        let mut content = Vec::new();
        let is_read = data.take(1 << 20).read_to_end(&mut content).is_ok();
        Some((member.path, is_read.then_some(content)))
    });
    Some(read.flatten().collect())
}

fuzz_target!(|input: (&[u8], Vec<(&str, &[u8])>)| {
    let (bytes, files) = input;
    let _ = contents(bytes);
    let (mut sums, mut out, mut central) = (Sums::default(), Vec::new(), Vec::new());
    let mut expected = Vec::new();
    for (name, data) in files.into_iter().filter(|(name, _)| (1..200).contains(&name.len())) {
        let crc32 = 0;
        let entry = Entry { name: name.to_owned(), size: data.len() as u64, crc32, modified_at: 0 };
        let offset = sums.add(&entry);
        entry.write_local_header(&mut out);
        out.extend_from_slice(data);
        entry.write_central_header(offset, &mut central);
        expected.push((entry.name, Some(data[..data.len().min(1 << 20)].to_vec())));
    }
    out.extend_from_slice(&central);
    sums.write_end(&mut out);
    assert_eq!(contents(&out), Some(expected));
    let _ = contents(&[bytes, &out].concat());
});
