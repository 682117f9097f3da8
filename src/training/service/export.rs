//! Exports of a task: laid out from the rows once, then streamed by ranges (contract §2.7).
//!
//! Everything that is made (tables, labels, notes) is made twice: once to learn its length and
//! checksum, once to send it; so memory is one stretch, whatever the size of the task. What always
//! holds: bytes are sent only while the task stands at the revision that was laid out; otherwise the
//! transfer breaks off before its announced end.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use ring::digest::{Context, SHA256};

use super::{Training, store};
use crate::platform::archive::{self, Entry, Item, Layout, Source};
use crate::platform::blobs::{BlobKey, SegmentBody};
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::training::model::export::{self, Chapter, Facts, Format, Picture, Stretch};
use crate::training::model::{Result, Set, Task, annotation};
use crate::training::store::annotations::Place as Document;
use crate::training::store::export::{ExportRow, Window};

/// Images of a stretch, at most.
const STEP: u32 = 512;

/// The same where their annotations are read with them.
const STEP_WITH_DOCUMENTS: u32 = 128;

/// A stretch ends behind the image with which its annotations reach this many bytes.
const MAX_DOCUMENTS: u64 = 8 << 20;

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
        let (mut counts, mut left_out) = ([0; 3], 0);
        for (set, with, without) in store::export::counts(&self.inner.db, task.id).await? {
            for (count, known) in counts.iter_mut().zip(Set::ALL) {
                *count += if known == set { with } else { 0 };
            }
            left_out += without;
        }
        let (task_id, task_name, created_at) = (task.id, task.name.clone(), task.created_at);
        let facts = Facts { task_id, task_name, created_at, format, classes, counts, left_out };
        let chapters = format.chapters(&facts.sets());
        Ok(Book { facts, revision: task.revision, chapters })
    }

    async fn lay_out(&self, task: &Task, format: Format) -> Result<Export> {
        let book = Arc::new(self.book(task, format).await?);
        let mut digest = Context::new(&SHA256);
        let mut layout = Layout::new(format.form());
        let mut made = Vec::new();
        for (chapter, kind) in book.chapters.iter().enumerate() {
            let mut next = Some(Place { chapter, ..Place::default() });
            let mut draft = Draft::default();
            while let Some(place) = next {
                let (items, behind) = self.stretch(&book, place).await?;
                match kind {
                    Chapter::Made { .. } => draft.add(place, &items),
                    Chapter::Notes | Chapter::Images => {
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
                Chapter::Notes | Chapter::Images => None,
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
        Ok(Export { book, made, layout: Arc::new(layout), etag })
    }

    /// The items of a stretch (without the entry of a chapter that is made), and where the chapter's
    /// next one begins.
    async fn stretch(&self, book: &Arc<Book>, place: Place) -> Result<(Vec<Item>, Option<Place>)> {
        let facts = &book.facts;
        match &book.chapters[place.chapter] {
            Chapter::Notes => {
                let notes = export::notes(facts).into_iter();
                Ok((notes.flat_map(|made| made_items(made, facts.created_at)).collect(), None))
            }
            Chapter::Images => {
                let (pictures, behind) = self.page(book, None, facts.format.images_need_boxes(), place).await?;
                let mut items = Vec::with_capacity(4 * pictures.len());
                for picture in &pictures {
                    items.extend(image_items(facts, picture)?);
                }
                Ok((items, behind.map(|after| Place { after, ..place })))
            }
            Chapter::Made { passes, .. } => {
                let pass = passes[place.pass];
                let (pictures, behind) = self.page(book, pass.set, pass.kind.needs_boxes(), place).await?;
                let at = Stretch {
                    is_first: place.after == 0,
                    is_last: behind.is_none(),
                    has_before: place.has_before,
                };
                let mut text = String::new();
                let has_before = export::write(facts, pass, at, &pictures, &mut text);
                let next = match behind {
                    Some(after) => Some(Place { after, has_before, ..place }),
                    None if place.pass + 1 < passes.len() => {
                        Some(Place { pass: place.pass + 1, after: 0, has_before: false, ..place })
                    }
                    None => None,
                };
                Ok((vec![Item::Bytes(text.into_bytes())], next))
            }
        }
    }

    /// The images of a stretch, and behind which one the next begins, unless they are the last.
    async fn page(
        &self,
        book: &Arc<Book>,
        set: Option<Set>,
        with_documents: bool,
        place: Place,
    ) -> Result<(Vec<Picture>, Option<i64>)> {
        let window = Window { task: book.facts.task_id, set, with_documents };
        let step = if with_documents { STEP_WITH_DOCUMENTS } else { STEP };
        let mut rows = store::export::rows(&self.inner.db, window, place.after, step).await?;
        let mut bytes = 0;
        let reaches = |row: &ExportRow| {
            bytes += row.document.as_ref().map_or(0, |(_, size)| *size);
            bytes >= MAX_DOCUMENTS
        };
        let mut is_last = rows.len() < step as usize;
        if let Some(cut) = rows.iter().position(reaches).filter(|cut| cut + 1 < rows.len()) {
            rows.truncate(cut + 1);
            is_last = false;
        }
        let behind = rows.last().map(|row| row.picture.order_id).filter(|_| !is_last);
        if !with_documents {
            return Ok((rows.into_iter().map(|row| row.picture).collect(), behind));
        }
        let (blobs, book) = (self.blobs().clone(), book.clone());
        let read = move || -> Result<Vec<Picture>> {
            let document = |key: &BlobKey| io::read_to_string(blobs.open_blob(key)?);
            rows.into_iter().map(|row| complete(&book.facts, row, document)).collect()
        };
        Ok((tokio::task::spawn_blocking(read).await.map_err(Error::internal)??, behind))
    }
}

/// Fills in what an image's annotation says.
fn complete(
    facts: &Facts,
    row: ExportRow,
    read: impl Fn(&BlobKey) -> io::Result<String>,
) -> Result<Picture> {
    let ExportRow { mut picture, document } = row;
    let text = match document {
        None => return Ok(picture),
        Some((Document::Row(text), _)) => text,
        Some((Document::Blob(sha256), _)) => {
            let key = BlobKey::parse(&sha256).ok_or_else(|| Error::internal("an annotation names no blob"))?;
            read(&key).map_err(Error::from)?
        }
    };
    if facts.format == Format::WebDataset {
        picture.document = Some(annotation::render_by_name(&text, facts.classes.list())?);
    } else {
        picture.boxes = annotation::objects(&text)?;
    }
    Ok(picture)
}

fn image_items(facts: &Facts, picture: &Picture) -> Result<Vec<Item>> {
    let Picture { size, crc32, create_time, .. } = *picture;
    let key = BlobKey::parse(&picture.sha256).ok_or_else(|| Error::internal("an image names no blob"))?;
    let entry = Entry { name: export::image_entry(facts, picture), size, crc32, modified_at: create_time };
    let mut items = vec![Item::Entry(entry), Item::Blob { key, size }];
    items.extend(export::beside(facts, picture).into_iter().flat_map(|made| made_items(made, create_time)));
    Ok(items)
}

fn made_items(made: export::Made, modified_at: i64) -> [Item; 2] {
    let (size, crc32) = (made.bytes.len() as u64, crc32fast::hash(&made.bytes));
    [Item::Entry(Entry { name: made.name, size, crc32, modified_at }), Item::Bytes(made.bytes)]
}

fn entries_of(items: Vec<Item>) -> impl Iterator<Item = Entry> {
    items.into_iter().filter_map(|item| match item {
        Item::Entry(entry) => Some(entry),
        Item::Bytes(_) | Item::Blob { .. } => None,
    })
}

fn note(digest: &mut Context, entry: &Entry) {
    digest.update(entry.name.as_bytes());
    digest.update(&entry.size.to_le_bytes());
    digest.update(&entry.crc32.to_le_bytes());
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

/// The stretches of an export, made again while it is sent.
struct Pages {
    training: Training,
    export: Arc<Export>,
}

impl Pages {
    async fn items(&self, place: Place) -> io::Result<Vec<Item>> {
        let Export { book, .. } = &*self.export;
        let (mut items, _) = self.training.stretch(book, place).await.map_err(io::Error::other)?;
        // Asked behind the rows: while it is the same, they were the same, too.
        let revision = store::export::revision(&self.training.inner.db, book.facts.task_id).await;
        if revision.map_err(io::Error::other)? != Some(book.revision) {
            tracing::warn!(task = %book.facts.task_id, "the task changed under a transfer of its export; it is broken off");
            return Err(io::Error::other("the task changed"));
        }
        if let Some(entry) = self.begun(place) {
            items.insert(0, Item::Entry(entry));
        }
        Ok(items)
    }

    /// The entry of a chapter that is made, where its first stretch is this.
    fn begun(&self, place: Place) -> Option<Entry> {
        let is_first = (place.pass, place.after) == (0, 0);
        self.export.made[place.chapter].clone().filter(|_| is_first)
    }
}

impl Source for Pages {
    type Place = Place;

    fn items<'a>(&'a self, place: &'a Place) -> BoxFuture<'a, io::Result<Vec<Item>>> {
        self.items(*place).boxed()
    }

    fn entries<'a>(&'a self, place: &'a Place) -> BoxFuture<'a, io::Result<Vec<Entry>>> {
        async {
            if self.export.made[place.chapter].is_some() {
                return Ok(self.begun(*place).into_iter().collect());
            }
            Ok(entries_of(self.items(*place).await?).collect())
        }
        .boxed()
    }
}
