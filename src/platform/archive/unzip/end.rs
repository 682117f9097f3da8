//! Where the central directory lies (APPNOTE 4.3.14 to 4.3.16).
//!
//! Of a zip that was cut off, the end of a zip *within* it may be what stands last. Hence an end record counts only
//! where the directory that it tells of is in its place, and never where the file begins with another archive's entry.

use super::{Fault, Source, foreign, peek, read_exact, u16_at, u32_at, u64_at};

const END: usize = 22;
const LOCATOR: u64 = 20;
const END64: u64 = 56;

/// The end record with its comment, at most.
const MAX_TAIL: u64 = END as u64 + 65_535;

/// The central directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub start: u64,
    pub end: u64,
    /// Bytes before the archive's own first one: offsets count from there.
    pub base: u64,
    /// As many as the end record tells; older tools wrote the last 16 bits only.
    pub entries: u64,
}

/// What an end record, or both, say.
struct Told {
    /// The number of this part, of that where the directory begins, and whether all of it is in this one.
    is_split: bool,
    entries: u64,
    size: u64,
    offset: u64,
    /// Where the first of the end records begins.
    end: u64,
}

/// Finds the directory.
pub(super) fn find(source: &impl Source) -> Result<Directory, Fault> {
    let total = source.size()?;
    let mut head = vec![0; usize::try_from(total.min(512)).unwrap_or(0)];
    read_exact(source, &mut head, 0)?;
    let tail_at = total - total.min(MAX_TAIL);
    let mut tail = vec![0; usize::try_from(total - tail_at).unwrap_or(0)];
    read_exact(source, &mut tail, tail_at)?;
    let begins_with_entry = head.starts_with(b"PK\x03\x04");
    // First those with nothing behind their comment; then those with something that a download or a tool added.
    let (exact, loose): (Vec<_>, Vec<_>) = memchr::memmem::rfind_iter(&tail, b"PK\x05\x06")
        .filter_map(|at| Some((at, tail.len().checked_sub(at + END + comment_of(&tail[at..]))?)))
        .partition(|(_, behind)| *behind == 0);
    let mut fault = None;
    for (at, behind) in exact.into_iter().chain(loose) {
        fault = Some(match resolve(source, &tail[at..], tail_at + at as u64) {
            Ok(Some(found)) if found.base == 0 || (behind == 0 && !begins_with_entry) => return Ok(found),
            Ok(_) if begins_with_entry => Fault::Cut,
            Ok(_) => Fault::Damaged,
            Err(Fault::Disk(error)) => return Err(error.into()),
            Err(other) => other,
        });
    }
    Err(fault.unwrap_or_else(|| nothing(&head)))
}

/// What is said of a file in which no directory was found.
fn nothing(head: &[u8]) -> Fault {
    match head {
        [b'P', b'K', 7, 8, ..] => Fault::Split,
        [b'P', b'K', 3, 4, ..] => Fault::Cut,
        _ => Fault::NotZip(foreign(head)),
    }
}

fn comment_of(record: &[u8]) -> usize {
    usize::from(u16_at(record, 20))
}

/// The directory of the end record at `at`, if it is where the record says.
fn resolve(source: &impl Source, record: &[u8], at: u64) -> Result<Option<Directory>, Fault> {
    let told = told(source, record, at)?;
    if told.is_split {
        return Err(Fault::Split);
    }
    let Told { entries, size, offset, end, .. } = told;
    let is_there = |start: u64| -> Result<bool, Fault> {
        Ok(if size == 0 { entries == 0 } else { peek(source, start)? == Some(*b"PK\x01\x02") })
    };
    // Right before its end; else where its offset says, with something in between.
    if let Some(start) = end.checked_sub(size)
        && let Some(base) = start.checked_sub(offset)
        && is_there(start)?
    {
        return Ok(Some(Directory { start, end: start + size, base, entries }));
    }
    if offset.checked_add(size).is_some_and(|until| until <= end) && is_there(offset)? {
        return Ok(Some(Directory { start: offset, end: offset + size, base: 0, entries }));
    }
    Ok(None)
}

fn told(source: &impl Source, record: &[u8], at: u64) -> Result<Told, Fault> {
    let (here, all) = (u16_at(record, 8), u16_at(record, 10));
    let plain = Told {
        is_split: u16_at(record, 4) != 0 || u16_at(record, 6) != 0 || here != all,
        entries: u64::from(all),
        size: u64::from(u32_at(record, 12)),
        offset: u64::from(u32_at(record, 16)),
        end: at,
    };
    let Some(locator_at) = at.checked_sub(LOCATOR) else {
        return Ok(plain);
    };
    let Some(locator) = peek::<20>(source, locator_at)?.filter(|locator| locator.starts_with(b"PK\x06\x07")) else {
        return Ok(plain);
    };
    if u32_at(&locator, 16) > 1 || u32_at(&locator, 4) != 0 {
        return Err(Fault::Split);
    }
    // Something may stand before the archive; then the record is right before its locator.
    for place in [u64_at(&locator, 8), locator_at.saturating_sub(END64)] {
        let record = if place < locator_at { peek::<56>(source, place)? } else { None };
        if let Some(record) = record.filter(|record| record.starts_with(b"PK\x06\x06")) {
            let (here, entries) = (u64_at(&record, 24), u64_at(&record, 32));
            return Ok(Told {
                is_split: u32_at(&record, 16) != 0 || u32_at(&record, 20) != 0 || here != entries,
                entries,
                size: u64_at(&record, 40),
                offset: u64_at(&record, 48),
                end: place,
            });
        }
    }
    Ok(plain)
}
