//! A small, strict reader of stored zip archives, written from the format's description alone.

/// One entry as the central directory has it, and where its bytes lie.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub size: u64,
    pub header_at: u64,
    pub data_at: usize,
    pub version_needed: u16,
}

/// An archive in memory.
pub struct Archive<'a> {
    pub bytes: &'a [u8],
    pub entries: Vec<Entry>,
    pub directory_at: usize,
    /// Whether it ends with zip64's records.
    pub zip64: bool,
}

impl<'a> Archive<'a> {
    /// Reads the directory and checks every entry against its local header and its CRC.
    ///
    /// # Panics
    /// Where anything disagrees.
    #[track_caller]
    pub fn read(bytes: &'a [u8]) -> Self {
        let mut archive = Self::directory_only(bytes);
        let mut expected = 0;
        for entry in &mut archive.entries {
            assert_eq!(entry.header_at, expected, "{}: a gap or an overlap", entry.name);
            entry.data_at = check_local_header(bytes, entry);
            let size = usize::try_from(entry.size).expect("fits memory");
            let data = &bytes[entry.data_at..entry.data_at + size];
            assert_eq!(crc32fast::hash(data), entry.crc32, "{}: CRC", entry.name);
            expected = (entry.data_at + size) as u64;
        }
        assert_eq!(expected, archive.directory_at as u64, "bytes before the directory");
        archive
    }

    fn directory_only(bytes: &'a [u8]) -> Self {
        let end = End::read(bytes, 0);
        let directory_at = usize::try_from(end.start).expect("an offset");
        let entries = read_directory(&bytes[directory_at..end.limit]);
        assert_eq!(entries.len() as u64, end.count, "the number of entries");
        Self { bytes, entries, directory_at, zip64: end.zip64 }
    }

    pub fn names(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.name.clone()).collect()
    }

    /// The bytes of one entry.
    pub fn data(&self, entry: &Entry) -> &'a [u8] {
        let size = usize::try_from(entry.size).expect("fits memory");
        &self.bytes[entry.data_at..entry.data_at + size]
    }

    /// Name and SHA-256 of each entry, in order.
    pub fn digests(&self) -> Vec<(String, String)> {
        let digest = |entry: &Entry| (entry.name.clone(), super::sha256(self.data(entry)));
        self.entries.iter().map(digest).collect()
    }
}

/// The entries, and where the directory begins, read from an archive's last bytes, which begin
/// at `offset` in the archive.
#[track_caller]
pub fn directory(tail: &[u8], offset: u64) -> (Vec<Entry>, u64) {
    let end = End::read(tail, offset);
    let start = usize::try_from(end.start - offset).expect("a directory within the tail");
    let entries = read_directory(&tail[start..end.limit]);
    assert_eq!(entries.len() as u64, end.count, "the number of entries");
    (entries, end.start)
}

/// The records at the very end.
struct End {
    count: u64,
    start: u64,
    /// Where the directory ends in the bytes at hand.
    limit: usize,
    zip64: bool,
}

impl End {
    /// From bytes that begin at `offset` in the archive.
    fn read(bytes: &[u8], offset: u64) -> Self {
        let end = bytes.len().checked_sub(22).expect("an end record");
        assert_eq!(u32_at(bytes, end), 0x0605_4b50, "no end record at the very end");
        let mut count = u64::from(u16_at(bytes, end + 10));
        let mut size = u64::from(u32_at(bytes, end + 12));
        let mut start = u64::from(u32_at(bytes, end + 16));
        let zip64 = end >= 20 && u32_at(bytes, end - 20) == 0x0706_4b50;
        let mut limit = end;
        if zip64 {
            let record = usize::try_from(u64_at(bytes, end - 20 + 8) - offset).expect("an offset");
            assert_eq!(u32_at(bytes, record), 0x0606_4b50, "no zip64 end record");
            count = u64_at(bytes, record + 32);
            size = u64_at(bytes, record + 40);
            start = u64_at(bytes, record + 48);
            limit = record;
        }
        assert_eq!(start + size, offset + limit as u64, "the directory's size");
        Self { count, start, limit, zip64 }
    }
}

fn read_directory(bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        assert_eq!(u32_at(bytes, at), 0x0201_4b50, "no directory entry at {at}");
        let name_len = usize::from(u16_at(bytes, at + 28));
        let extra_len = usize::from(u16_at(bytes, at + 30));
        let comment_len = usize::from(u16_at(bytes, at + 32));
        let name = bytes[at + 46..at + 46 + name_len].to_vec();
        let extra = &bytes[at + 46 + name_len..at + 46 + name_len + extra_len];
        let mut wide = zip64_fields(extra).into_iter();
        let mut widen = |short: u32| match short {
            u32::MAX => wide.next().expect("a zip64 field"),
            short => u64::from(short),
        };
        let size = widen(u32_at(bytes, at + 24));
        let stored = widen(u32_at(bytes, at + 20));
        assert_eq!(size, stored, "a stored entry has one size");
        entries.push(Entry {
            name: String::from_utf8(name).expect("UTF-8 names"),
            version_needed: u16_at(bytes, at + 6),
            flags: u16_at(bytes, at + 8),
            method: u16_at(bytes, at + 10),
            crc32: u32_at(bytes, at + 16),
            size,
            header_at: widen(u32_at(bytes, at + 42)),
            data_at: 0,
        });
        at += 46 + name_len + extra_len + comment_len;
    }
    entries
}

fn check_local_header(bytes: &[u8], entry: &Entry) -> usize {
    let at = usize::try_from(entry.header_at).expect("an offset");
    assert_eq!(u32_at(bytes, at), 0x0403_4b50, "{}: no local header", entry.name);
    assert_eq!(entry.method, 0, "{}: stored", entry.name);
    assert_eq!(u16_at(bytes, at + 8), 0, "{}: stored", entry.name);
    assert_eq!(entry.flags & 0x0009, 0, "{}: no data descriptor, no encryption", entry.name);
    if !entry.name.is_ascii() {
        assert_ne!(entry.flags & 0x0800, 0, "{}: the UTF-8 flag", entry.name);
    }
    assert_eq!(u32_at(bytes, at + 14), entry.crc32, "{}: CRC in the local header", entry.name);
    if u32_at(bytes, at + 22) != u32::MAX {
        assert_eq!(u64::from(u32_at(bytes, at + 22)), entry.size, "{}: size", entry.name);
    }
    let name_len = usize::from(u16_at(bytes, at + 26));
    assert_eq!(&bytes[at + 30..at + 30 + name_len], entry.name.as_bytes());
    at + 30 + name_len + usize::from(u16_at(bytes, at + 28))
}

fn zip64_fields(mut extra: &[u8]) -> Vec<u64> {
    while extra.len() >= 4 {
        let size = usize::from(u16_at(extra, 2));
        if u16_at(extra, 0) == 1 {
            return (0..size / 8).map(|field| u64_at(extra, 4 + field * 8)).collect();
        }
        extra = &extra[4 + size..];
    }
    Vec::new()
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
