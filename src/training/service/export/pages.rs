//! The stretches of an export: read from the rows, the same each time while the task stands still.

use std::io;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};

use super::{Book, Export, Place};
use crate::platform::archive::{Entry, Item, Source};
use crate::platform::blobs::BlobKey;
use crate::platform::error::Error;
use crate::training::model::annotation::{self, Size};
use crate::training::model::export::{self, Chapter, Facts, Format, Made, Picture, Stretch, Tally};
use crate::training::model::{Result, Set};
use crate::training::service::Training;
use crate::training::store::annotations::Place as Document;
use crate::training::store::export::{self as store, ExportRow, Window};

/// Images of a stretch, at most.
const STEP: u32 = 512;

/// The same where their annotations are read with them.
const STEP_WITH_DOCUMENTS: u32 = 128;

/// A stretch ends behind the image with which its annotations reach this many bytes.
const MAX_DOCUMENTS: u64 = 8 << 20;

/// A stretch.
pub(super) struct Written {
    /// Without the entry of a chapter that is made.
    pub items: Vec<Item>,
    /// Where the chapter's next stretch begins.
    pub behind: Option<Place>,
    pub tally: Tally,
}

impl Training {
    /// Writes a stretch.
    pub(super) async fn stretch(&self, book: &Arc<Book>, place: Place) -> Result<Written> {
        let facts = &book.facts;
        let whole = |notes: Vec<Made>| {
            let items = notes.into_iter().flat_map(|made| made_items(made, facts.created_at)).collect();
            Written { items, behind: None, tally: Tally::default() }
        };
        match &book.chapters[place.chapter] {
            Chapter::Notes => Ok(whole(export::notes(facts))),
            Chapter::Readme => Ok(whole(vec![export::readme(facts)])),
            Chapter::Images => {
                let (pictures, behind) = self.page(book, None, facts.format.images_need_boxes(), place).await?;
                let mut items = Vec::with_capacity(4 * pictures.len());
                for picture in &pictures {
                    items.extend(image_items(facts, picture)?);
                }
                let tally = Tally::of(facts.format, &pictures);
                Ok(Written { items, behind: behind.map(|after| Place { after, ..place }), tally })
            }
            Chapter::Made { passes, .. } => {
                let pass = passes[place.pass];
                let (pictures, behind) = self.page(book, pass.set, pass.kind.needs_boxes(), place).await?;
                let at =
                    Stretch { is_first: place.after == 0, is_last: behind.is_none(), has_before: place.has_before };
                let mut text = String::new();
                let has_before = export::write(facts, pass, at, &pictures, &mut text);
                let next = match behind {
                    Some(after) => Some(Place { after, has_before, ..place }),
                    None if place.pass + 1 < passes.len() => {
                        Some(Place { pass: place.pass + 1, after: 0, has_before: false, ..place })
                    }
                    None => None,
                };
                let tally = Tally::of(facts.format, &pictures);
                Ok(Written { items: vec![Item::Bytes(text.into_bytes())], behind: next, tally })
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
        let mut rows = store::rows(&self.inner.db, window, place.after, step).await?;
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
fn complete(facts: &Facts, row: ExportRow, read: impl Fn(&BlobKey) -> io::Result<String>) -> Result<Picture> {
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
        picture.boxes = annotation::objects(&text, Size::of(picture.width, picture.height))?;
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

pub(super) fn entries_of(items: Vec<Item>) -> impl Iterator<Item = Entry> {
    items.into_iter().filter_map(|item| match item {
        Item::Entry(entry) => Some(entry),
        Item::Bytes(_) | Item::Blob { .. } => None,
    })
}

/// The stretches of an export, made again while it is sent.
pub(super) struct Pages {
    pub training: Training,
    pub export: Arc<Export>,
}

impl Pages {
    async fn items(&self, place: Place) -> io::Result<Vec<Item>> {
        let Export { book, .. } = &*self.export;
        let Written { mut items, .. } = self.training.stretch(book, place).await.map_err(io::Error::other)?;
        // Asked behind the rows: while it is the same, they were the same, too.
        let revision = store::revision(&self.training.inner.db, book.facts.task_id).await;
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
