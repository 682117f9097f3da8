//! Exports of a task: laid out from the rows once, then streamed by ranges (contract §2.7).
//!
//! Everything that is made (tables, labels, notes) is made twice: once to learn its length and
//! checksum, once to send it; so memory is one stretch, whatever the size of the task. What always
//! holds: bytes are sent only while the task stands at the revision that was laid out; otherwise the
//! transfer breaks off before its announced end.

mod pages;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{Context, SHA256};

use super::{Training, store};
use crate::platform::archive::{self, Entry, Item, Layout};
use crate::platform::blobs::{BlobKey, SegmentBody};
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::training::model::export::{self, Chapter, Facts, Format, Tally};
use crate::training::model::{Result, Set, Task};
use pages::{Pages, Written, entries_of};

/// How often an export is laid out anew because its task changed meanwhile.
const TRIES: u32 = 4;

/// How many layouts are kept.
const KEPT: usize = 16;

/// An export, laid out.
#[derive(Debug)]
pub struct Export {
    book: Arc<Book>,
    /// The entries of the chapters that are made in stretches.
    made: Vec<Option<Entry>>,
    layout: Arc<Layout<Place>>,
    etag: String,
    /// UTC milliseconds.
    laid_out_at: i64,
}

/// What is known before any image is read.
#[derive(Debug)]
struct Book {
    facts: Facts,
    revision: i64,
    chapters: Vec<Chapter>,
}

/// Where a stretch begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    chapter: usize,
    pass: usize,
    /// The images of this stretch come behind this one.
    after: i64,
    /// Whether the pass has written an element already.
    has_before: bool,
}

/// The layouts of late.
#[derive(Default)]
pub(super) struct Kept(Mutex<VecDeque<Arc<Export>>>);

impl Export {
    /// Bytes in all.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.layout.total()
    }

    /// Whether there is not a byte. (There always is one.)
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The strong entity tag, in its quotes.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// When this state was first laid out, in UTC milliseconds: no change of the task is later.
    #[must_use]
    pub fn laid_out_at(&self) -> i64 {
        self.laid_out_at
    }

    /// The name to save it under.
    #[must_use]
    pub fn download_name(&self) -> String {
        self.book.facts.format.download_name(&self.book.facts.task_name)
    }

    fn is_of(&self, task: Id, revision: i64, format: Format) -> bool {
        let Book { facts, revision: own, .. } = &*self.book;
        (facts.task_id, *own, facts.format) == (task, revision, format)
    }
}

impl Kept {
    fn find(&self, task: &Task, format: Format) -> Option<Arc<Export>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|export| export.is_of(task.id, task.revision, format)).cloned()
    }

    fn keep(&self, export: Arc<Export>) {
        let Book { facts, revision, .. } = &*export.book;
        let (task, revision) = (facts.task_id, *revision);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.book.facts.task_id != task || other.book.revision == revision);
        kept.push_front(export);
        kept.truncate(KEPT);
    }
}

impl Training {
    /// Lays an export out.
    ///
    /// # Errors
    /// 1002; `Unavailable` while the task changes again and again.
    pub async fn export(&self, task: Id, format: Format) -> Result<Arc<Export>> {
        for _ in 0..TRIES {
            let task = self.find_task(task).await?;
            if let Some(export) = self.inner.exports.find(&task, format) {
                return Ok(export);
            }
            let export = Arc::new(self.lay_out(&task, format).await?);
            // What changed while the rows were read belongs to a later revision.
            if store::export::revision(&self.inner.db, task.id).await? == Some(task.revision) {
                self.inner.exports.keep(export.clone());
                return Ok(export);
            }
        }
        let message = ("The task is being changed; try again.", "任务正在变更，请稍后重试");
        Err(Error::Unavailable(message.into()).into())
    }

    /// The bytes `range` of an export.
    #[must_use]
    pub fn read_export(&self, export: Arc<Export>, range: Range<u64>) -> SegmentBody {
        let layout = export.layout.clone();
        archive::read(self.blobs().clone(), Pages { training: self.clone(), export }, layout, range)
    }

    async fn book(&self, task: &Task, format: Format) -> Result<Book> {
        let classes = store::classes::of_tasks(&self.inner.db, &[task.id]).await?;
        let classes = export::Classes::new(classes.into_iter().map(|(_, class)| class).collect());
        let (mut counts, mut left_out, mut has_unlabelled) = ([0; 3], 0, false);
        for found in store::export::counts(&self.inner.db, task.id).await? {
            for (count, known) in counts.iter_mut().zip(Set::ALL) {
                *count += if known == found.set { found.with_bytes } else { 0 };
            }
            left_out += found.without_bytes;
            has_unlabelled |= found.without_class > 0;
        }
        let kinds = match format {
            Format::WebDataset => store::export::kinds(&self.inner.db, task.id).await?,
            _ => Vec::new(),
        };
        let facts = Facts {
            task_id: task.id,
            task_name: task.name.clone(),
            created_at: task.created_at,
            format,
            classes,
            counts,
            left_out,
            has_unlabelled,
            kinds,
            tally: Tally::default(),
        };
        let chapters = format.chapters(&facts.sets());
        Ok(Book { facts, revision: task.revision, chapters })
    }

    async fn lay_out(&self, task: &Task, format: Format) -> Result<Export> {
        // Read before the rows: should they change meanwhile, the layout is thrown away.
        let laid_out_at = self.inner.clock.now_ms();
        let mut book = Arc::new(self.book(task, format).await?);
        let mut tally = Tally::default();
        let mut digest = Context::new(&SHA256);
        let mut layout = Layout::new(format.form());
        let mut made = Vec::new();
        for (chapter, kind) in book.chapters.clone().iter().enumerate() {
            if *kind == Chapter::Readme {
                let facts = Facts { tally, ..book.facts.clone() };
                book = Arc::new(Book { facts, revision: book.revision, chapters: book.chapters.clone() });
            }
            let mut next = Some(Place { chapter, ..Place::default() });
            let mut draft = Draft::default();
            while let Some(place) = next {
                let Written { items, behind, tally: more } = self.stretch(&book, place).await?;
                tally = tally.with(more);
                match kind {
                    Chapter::Made { .. } => draft.add(place, &items),
                    Chapter::Notes | Chapter::Images | Chapter::Readme => {
                        layout.mark(place);
                        entries_of(items).for_each(|entry| {
                            note(&mut digest, &entry);
                            layout.add(&entry);
                        });
                    }
                }
                next = behind;
            }
            let entry = match kind {
                Chapter::Made { name, .. } => Some(draft.entry(name, &book.facts)),
                Chapter::Notes | Chapter::Images | Chapter::Readme => None,
            };
            if let Some(entry) = &entry {
                note(&mut digest, entry);
                layout.add_in_stretches(entry, draft.stretches);
            }
            made.push(entry);
        }
        let digest = BlobKey::from_digest(digest.finish().as_ref().try_into().unwrap_or(&[0; 32]));
        let (version, revision) = (export::VERSION, book.revision);
        let etag = format!("\"x{version}-{}-{}-{revision}-{}\"", format.name(), task.id, &digest.as_str()[..24]);
        Ok(Export { book, made, layout: Arc::new(layout), etag, laid_out_at })
    }
}

/// A chapter that is made, while its length isn't known.
#[derive(Default)]
struct Draft {
    stretches: Vec<(Place, u64)>,
    size: u64,
    crc32: crc32fast::Hasher,
}

impl Draft {
    fn add(&mut self, place: Place, items: &[Item]) {
        let mut size = 0;
        for item in items {
            if let Item::Bytes(bytes) = item {
                size += bytes.len() as u64;
                self.crc32.update(bytes);
            }
        }
        self.size += size;
        self.stretches.push((place, size));
    }

    fn entry(&self, name: &str, facts: &Facts) -> Entry {
        let (size, crc32) = (self.size, self.crc32.clone().finalize());
        Entry { name: name.to_owned(), size, crc32, modified_at: facts.created_at }
    }
}

fn note(digest: &mut Context, entry: &Entry) {
    digest.update(entry.name.as_bytes());
    digest.update(&entry.size.to_le_bytes());
    digest.update(&entry.crc32.to_le_bytes());
}
