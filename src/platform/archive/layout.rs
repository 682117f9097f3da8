//! Where each byte of an archive stands.

use super::tar;
use super::zip::{Entry, Shift, Sums};
use crate::platform::blobs::BlobKey;

/// How entries are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A stored zip.
    Zip,
    /// A tar; names have at most 100 bytes.
    Tar,
    /// The data of its one entry, and nothing else.
    Plain,
}

impl Form {
    /// Counts an entry up to its data. Gives where its headers begin, and writes them to `out` if it
    /// is asked for.
    pub(super) fn begin(self, sums: &mut Sums, entry: &Entry, out: Option<&mut Vec<u8>>) -> u64 {
        let start = sums.local;
        match self {
            Self::Zip => {
                sums.begin(entry);
                if let Some(out) = out {
                    entry.write_local_header(out);
                }
            }
            Self::Tar => {
                let padding = tar::padding(start);
                sums.entries += 1;
                sums.local += padding + tar::HEADER;
                if let Some(out) = out {
                    put_zeros(out, padding);
                    tar::write_header(entry, out);
                }
            }
            Self::Plain => sums.entries += 1,
        }
        start
    }

    /// Bytes behind all entries, the zip's central directory left out.
    fn end_len(self, sums: &Sums) -> u64 {
        match self {
            Self::Zip => sums.total() - sums.local - sums.central,
            Self::Tar => tar::padding(sums.local) + tar::END,
            Self::Plain => 0,
        }
    }

    pub(super) fn write_end(self, sums: &Sums, out: &mut Vec<u8>) {
        match self {
            Self::Zip => sums.write_end(out),
            Self::Tar => put_zeros(out, self.end_len(sums)),
            Self::Plain => {}
        }
    }
}

fn put_zeros(out: &mut Vec<u8>, count: u64) {
    out.resize(out.len() + usize::try_from(count).unwrap_or(0), 0);
}

/// What an archive is made of, in order.
#[derive(Debug, Clone)]
pub enum Item {
    /// Begins an entry; items of as many bytes as it is large follow.
    Entry(Entry),
    /// Data made for this archive.
    Bytes(Vec<u8>),
    /// Data that lies in a blob.
    Blob { key: BlobKey, size: u64 },
}

/// Where a stretch begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<P> {
    /// Where its items are found again.
    pub place: P,
    /// All before it.
    pub sums: Sums,
}

/// Where everything stands in an archive of one form. `P` says where a source finds a stretch.
#[derive(Debug)]
pub struct Layout<P> {
    pub(super) form: Form,
    pub(super) marks: Vec<Mark<P>>,
    pub(super) sums: Sums,
}

impl<P> Layout<P> {
    /// An archive with nothing in it yet.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self { form, marks: Vec::new(), sums: Sums::default() }
    }

    /// Begins a stretch, at the border of two entries.
    pub fn mark(&mut self, place: P) {
        self.marks.push(Mark { place, sums: self.sums });
    }

    /// Adds an entry with its data.
    pub fn add(&mut self, entry: &Entry) {
        self.form.begin(&mut self.sums, entry, None);
        self.sums.local += entry.size;
    }

    /// Adds an entry whose data takes several stretches: the places of all, and the bytes of the
    /// entry's data in each.
    pub fn add_in_stretches(&mut self, entry: &Entry, stretches: Vec<(P, u64)>) {
        let mut is_begun = false;
        for (place, size) in stretches {
            self.mark(place);
            if !is_begun {
                self.form.begin(&mut self.sums, entry, None);
                is_begun = true;
            }
            self.sums.local += size;
        }
    }

    /// Entries in all.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.sums.entries
    }

    /// Bytes in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.sums.local + self.sums.central + self.form.end_len(&self.sums)
    }

    /// Where the longest beginning goes on that makes an archive of at most `total` bytes when `shift` is counted in:
    /// the place of the stretch, and the sums of all before it.
    #[must_use]
    pub fn ending(&self, total: u64, shift: Shift) -> Option<(&P, Sums)> {
        let is_short = |mark: &Mark<P>| mark.sums.shifted(shift).is_none_or(|sums| sums.total() <= total);
        let at = self.marks.partition_point(is_short).checked_sub(1)?;
        let mark = &self.marks[at];
        Some((&mark.place, mark.sums))
    }

    /// The stretch in which the byte at `offset` lies, and whether it is in the central directory.
    pub(super) fn find(&self, offset: u64) -> (usize, bool) {
        if offset < self.sums.local {
            return (self.marks.partition_point(|mark| mark.sums.local <= offset).saturating_sub(1), false);
        }
        let central = offset - self.sums.local;
        (self.marks.partition_point(|mark| mark.sums.central <= central).saturating_sub(1), true)
    }

    /// All up to the end of the stretch at `at`.
    pub(super) fn until(&self, at: usize) -> Sums {
        self.marks.get(at + 1).map_or(self.sums, |mark| mark.sums)
    }
}
