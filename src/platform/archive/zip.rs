//! The layout of a stored zip, computed from facts alone (contract §1.1; PKWARE APPNOTE 6.3.10).
//!
//! Every entry is stored, its size and CRC-32 are known beforehand, and nothing is written behind its
//! data, so the place of each byte follows from the entries before it. Hence an exact
//! `Content-Length`, ranges, and an archive that only grows at its end. Zip64 records appear exactly
//! where a 16- or 32-bit field would overflow.

/// The largest value of a 32-bit field that is not the mark of zip64.
const MAX_32: u64 = 0xFFFF_FFFE;

/// The largest number of entries without zip64.
const MAX_ENTRIES: u64 = 0xFFFE;

const LOCAL_HEADER: u64 = 30;
const CENTRAL_HEADER: u64 = 46;
const END: u64 = 22;
const ZIP64_END_AND_LOCATOR: u64 = 56 + 20;

/// The extra field "UT": the modified time in seconds, the same size in both headers.
const TIME_EXTRA: u64 = 9;

/// Made on Unix (3), by version 4.5 of the format (APPNOTE 4.4.2).
const MADE_BY: u16 = 0x032D;

/// UTF-8 names (APPNOTE 4.4.4, bit 11).
const FLAGS: u16 = 1 << 11;

/// What an archive has to know of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A folder's ends with `/`; it has no bytes.
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub crc32: u32,
    /// UTC milliseconds.
    pub modified_at: i64,
}

impl Entry {
    fn is_large(&self) -> bool {
        self.size > MAX_32
    }

    /// Bytes of the local header.
    #[must_use]
    pub fn local_header_len(&self) -> u64 {
        LOCAL_HEADER + self.name.len() as u64 + TIME_EXTRA + if self.is_large() { 20 } else { 0 }
    }

    /// Bytes in the central directory, for an entry that begins at `offset`.
    #[must_use]
    pub fn central_len(&self, offset: u64) -> u64 {
        let large = if self.is_large() { 16 } else { 0 };
        let far = if offset > MAX_32 { 8 } else { 0 };
        let extra = if large + far > 0 { 4 + large + far } else { 0 };
        CENTRAL_HEADER + self.name.len() as u64 + TIME_EXTRA + extra
    }

    /// Writes the local header.
    pub fn write_local_header(&self, out: &mut Vec<u8>) {
        put32(out, 0x0403_4b50);
        put16(out, if self.is_large() { 45 } else { 20 });
        self.write_facts(self.local_header_len() - LOCAL_HEADER, out);
        self.write_name_and_time(out);
        if self.is_large() {
            put16(out, 1);
            put16(out, 16);
            put64(out, self.size);
            put64(out, self.size);
        }
    }

    /// Writes the central header of an entry that begins at `offset`.
    pub fn write_central_header(&self, offset: u64, out: &mut Vec<u8>) {
        let far = offset > MAX_32;
        put32(out, 0x0201_4b50);
        put16(out, MADE_BY);
        put16(out, if self.is_large() || far { 45 } else { 20 });
        self.write_facts(self.central_len(offset) - CENTRAL_HEADER, out);
        put16(out, 0); // no comment
        put16(out, 0); // disk
        put16(out, 0); // internal attributes
        // By Unix in the upper half, by MS-DOS in the lower (APPNOTE 4.4.15).
        put32(out, if self.name.ends_with('/') { 0o040_755 << 16 | 0x10 } else { 0o100_644 << 16 });
        put32(out, low32(offset));
        self.write_name_and_time(out);
        if self.is_large() || far {
            put16(out, 1);
            put16(out, if self.is_large() { 16 } else { 0 } + if far { 8 } else { 0 });
            if self.is_large() {
                put64(out, self.size);
                put64(out, self.size);
            }
            if far {
                put64(out, offset);
            }
        }
    }

    /// The fields from the flags to the length of the extra fields, which both headers share.
    /// `variable` is the length of name and extra fields together.
    fn write_facts(&self, variable: u64, out: &mut Vec<u8>) {
        let (time, date) = dos_time(self.modified_at);
        let size = low32(self.size);
        put16(out, FLAGS);
        put16(out, 0); // stored
        put16(out, time);
        put16(out, date);
        put32(out, self.crc32);
        put32(out, size);
        put32(out, size);
        put16(out, low16(self.name.len() as u64));
        put16(out, low16(variable - self.name.len() as u64));
    }

    fn write_name_and_time(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name.as_bytes());
        put16(out, 0x5455);
        put16(out, 5);
        out.push(1);
        put32(out, u32::try_from(self.modified_at / 1000).unwrap_or(0));
    }
}

/// The sums of an archive's entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub entries: u64,
    /// Bytes of all headers and data; where the central directory begins.
    pub local: u64,
    /// Bytes of the central headers.
    pub central: u64,
}

/// What some entries more, or fewer, make of an archive's sums. Exact as far as no zip64 field comes in by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Shift {
    entries: i64,
    local: i64,
    central: i64,
}

impl Shift {
    /// With one entry more, or one fewer.
    #[must_use]
    pub fn with(self, entry: &Entry, is_more: bool) -> Self {
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX / 4) * if is_more { 1 } else { -1 };
        Self {
            entries: self.entries + signed(1),
            local: self.local.saturating_add(signed(entry.local_header_len() + entry.size)),
            central: self.central.saturating_add(signed(entry.central_len(0))),
        }
    }
}

impl Sums {
    /// With the shift counted in; `None` where there is less than it takes away.
    #[must_use]
    pub fn shifted(&self, shift: Shift) -> Option<Self> {
        Some(Self {
            entries: self.entries.checked_add_signed(shift.entries)?,
            local: self.local.checked_add_signed(shift.local)?,
            central: self.central.checked_add_signed(shift.central)?,
        })
    }

    /// Begins an entry at the end, up to its data; where it begins.
    pub fn begin(&mut self, entry: &Entry) -> u64 {
        let offset = self.local;
        self.entries += 1;
        self.local += entry.local_header_len();
        self.central += entry.central_len(offset);
        offset
    }

    /// Adds an entry at the end with its data; where it begins.
    pub fn add(&mut self, entry: &Entry) -> u64 {
        let offset = self.begin(entry);
        self.local += entry.size;
        offset
    }

    fn needs_zip64(&self) -> bool {
        self.entries > MAX_ENTRIES || self.local > MAX_32 || self.central > MAX_32
    }

    /// Bytes of the whole archive.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.local + self.central + END + if self.needs_zip64() { ZIP64_END_AND_LOCATOR } else { 0 }
    }

    /// Writes what stands behind the central directory.
    pub fn write_end(&self, out: &mut Vec<u8>) {
        if self.needs_zip64() {
            put32(out, 0x0606_4b50);
            put64(out, 44);
            put16(out, MADE_BY);
            put16(out, 45);
            put32(out, 0);
            put32(out, 0);
            put64(out, self.entries);
            put64(out, self.entries);
            put64(out, self.central);
            put64(out, self.local);
            put32(out, 0x0706_4b50);
            put32(out, 0);
            put64(out, self.local + self.central);
            put32(out, 1);
        }
        let entries = if self.entries > MAX_ENTRIES { 0xFFFF } else { low16(self.entries) };
        put32(out, 0x0605_4b50);
        put16(out, 0);
        put16(out, 0);
        put16(out, entries);
        put16(out, entries);
        put32(out, low32(self.central));
        put32(out, low32(self.local));
        put16(out, 0);
    }
}

/// The value, or the mark that it stands in a zip64 field.
fn low32(value: u64) -> u32 {
    if value > MAX_32 { u32::MAX } else { u32::try_from(value).unwrap_or(u32::MAX) }
}

fn low16(value: u64) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// MS-DOS time and date in UTC (APPNOTE 4.4.6): two-second steps, 1980 to 2107.
fn dos_time(ms: i64) -> (u16, u16) {
    let at = jiff::Timestamp::from_millisecond(ms)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .datetime();
    let year = at.year().clamp(1980, 2107) - 1980;
    let field = |value: i8| u16::try_from(value).unwrap_or(0);
    let time = (field(at.hour()) << 11) | (field(at.minute()) << 5) | (field(at.second()) / 2);
    let date = (u16::try_from(year).unwrap_or(0) << 9) | (field(at.month()) << 5) | field(at.day());
    (time, date)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(name: &str, size: u64) -> Entry {
        Entry { name: name.into(), size, crc32: 7, modified_at: 1_700_000_000_000 }
    }

    proptest! {
        #[test]
        fn headers_are_as_long_as_announced(name in "\\PC{1,80}", size in any::<u64>().prop_map(|s| s >> 20), offset in any::<u64>().prop_map(|s| s >> 20)) {
            let entry = entry(&name, size);
            let mut local = Vec::new();
            entry.write_local_header(&mut local);
            prop_assert_eq!(local.len() as u64, entry.local_header_len());
            let mut central = Vec::new();
            entry.write_central_header(offset, &mut central);
            prop_assert_eq!(central.len() as u64, entry.central_len(offset));
        }

        #[test]
        fn the_end_is_as_long_as_announced(entries in 0_u64..70_000, local in any::<u64>().prop_map(|s| s >> 28), central in any::<u64>().prop_map(|s| s >> 28)) {
            let sums = Sums { entries, local, central };
            let mut end = Vec::new();
            sums.write_end(&mut end);
            prop_assert_eq!(end.len() as u64, sums.total() - local - central);
        }

        #[test]
        fn a_later_entry_moves_no_earlier_one(sizes in proptest::collection::vec(0_u64..1 << 33, 1..50)) {
            let entries: Vec<_> = sizes.iter().map(|size| entry("a", *size)).collect();
            let offsets = |count: usize| {
                let mut sums = Sums::default();
                entries[..count].iter().map(|entry| sums.add(entry)).collect::<Vec<_>>()
            };
            let all = offsets(entries.len());
            for count in 0..entries.len() {
                prop_assert_eq!(&offsets(count)[..], &all[..count]);
            }
        }
    }

    #[test]
    fn zip64_appears_exactly_at_the_edges() {
        let end = |sums: Sums| sums.total() - sums.local - sums.central;
        assert_eq!(end(Sums { entries: 65_534, local: 0, central: 0 }), 22);
        assert_eq!(end(Sums { entries: 65_535, local: 0, central: 0 }), 98);
        assert_eq!(end(Sums { entries: 1, local: 0xFFFF_FFFE, central: 0 }), 22);
        assert_eq!(end(Sums { entries: 1, local: 0xFFFF_FFFF, central: 0 }), 98);
        assert_eq!(entry("a", 0xFFFF_FFFE).local_header_len(), 40);
        assert_eq!(entry("a", 0xFFFF_FFFF).local_header_len(), 60);
        assert_eq!(entry("a", 1).central_len(0xFFFF_FFFF), entry("a", 1).central_len(0) + 12);
    }

    #[test]
    fn times_are_dos_times() {
        assert_eq!(dos_time(1_700_000_000_000), (0xB1AA, 0x576E));
        assert_eq!(dos_time(0).1, 0x0021);
    }
}
