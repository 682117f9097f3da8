//! Making a task: its CSV as it arrives, then in the one form in which rows are kept, then its row.
//!
//! What always holds: nothing of a CSV is ever whole in memory, and a task's row names a CSV that is in its place,
//! synced. A crash in between leaves a CSV that no task names; the next start removes it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use tokio::io::AsyncWriteExt;
use tokio::task::spawn_blocking;

use super::{Ingest, store};
use crate::faces::model::Ability;
use crate::ingest::model::csv::{Decoder, Encoding, Normalizer, Sniffer};
use crate::ingest::model::form::{Form, Measures};
use crate::ingest::model::{NewTask, Source, TaskId};
use crate::platform::blobs::Scratch;
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;

/// Bytes that are read and decoded at a time.
const PIECE: usize = 256 * 1024;

/// A CSV that is arriving.
pub struct Intake {
    scratch: Scratch,
    file: tokio::fs::File,
    sniffer: Sniffer,
}

/// Rows as they are kept, not yet in their place.
pub(super) struct Table {
    pub scratch: Scratch,
    /// How many there are.
    pub rows: i64,
    pub source: Source,
}

impl Intake {
    /// What it is written in, as far as it has arrived.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.sniffer.encoding()
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sniffer.feed(bytes);
        Ok(self.file.write_all(bytes).await?)
    }
}

impl Ingest {
    /// Begins to receive a CSV; `announced` is the length of the whole request where the client told it.
    ///
    /// # Errors
    /// `TooLarge`; `Full` when the disk would fall below `storage.min_free`.
    pub async fn begin(&self, announced: Option<u64>) -> Result<Intake> {
        self.inner.collect.check_room(announced)?;
        let blobs = self.blobs().clone();
        let scratch = spawn_blocking(move || blobs.scratch()).await.map_err(Error::internal)??;
        let file = tokio::fs::File::from_std(scratch.file()?);
        Ok(Intake { scratch, file, sniffer: Sniffer::default() })
    }

    /// Largest request in bytes.
    #[must_use]
    pub fn max_size(&self) -> u64 {
        self.inner.collect.max_size()
    }

    /// Makes a task of a form and a CSV, or of a form that names a tag. Nothing is changed when it is refused.
    ///
    /// # Errors
    /// `Invalid` that names the field; `Unprocessable` for a limit that the engine can't measure; `NotFound` for a tag.
    pub async fn create(&self, form: &Form, intake: Option<Intake>) -> Result<TaskId> {
        let Ability { name: engine, pose, blur, .. } = self.ability();
        let new = form.read(Measures { engine, pose, blur })?;
        let table = match (intake, form.from_tag()) {
            (Some(_), Some(_)) => {
                let message = ("can't stand beside file: give one of them", "不能与 file 同时提交，请二选一");
                return Err(Error::invalid("from_tag", message));
            }
            (None, None) => {
                let message = (
                    "is missing: send the CSV as a file, or name a tag in from_tag",
                    "缺少：请以文件形式提交 CSV，或用 from_tag 指定标签",
                );
                return Err(Error::invalid("file", message));
            }
            (Some(intake), None) => self.normalize(intake).await?,
            (None, Some(tag)) => self.table_of_tag(tag).await?,
        };
        if table.rows == 0 {
            let field = if form.from_tag().is_some() { "from_tag" } else { "file" };
            return Err(Error::invalid(field, ("holds no row", "没有任何数据行")));
        }
        self.add(&new, table).await
    }

    async fn add(&self, new: &NewTask, table: Table) -> Result<TaskId> {
        let seq = self.inner.ids.draw(2).await?;
        let id = TaskId::of_drawn(seq);
        let path = self.blobs().layout().table(id.as_str());
        let Table { scratch, rows, source } = table;
        let settled = path.clone();
        spawn_blocking(move || scratch.settle(&settled)).await.map_err(Error::internal)??;
        let made =
            store::tasks::Made { id: &id, seq, total: rows, source: &source, owner: &self.inner.node, now: self.now() };
        let inserted = self.insert(new, &made).await;
        if inserted.is_err() {
            let _ = tokio::fs::remove_file(path).await;
        }
        inserted.map(|()| id)
    }

    async fn insert(&self, new: &NewTask, made: &store::tasks::Made<'_>) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        self.inner.faces.make_group(&mut tx, &new.group, Id(made.seq + 1)).await?;
        store::tasks::insert(&mut tx, new, made).await?;
        tx.commit().await
    }

    /// Reads what arrived, in the encoding that it turned out to be in.
    async fn normalize(&self, mut intake: Intake) -> Result<Table> {
        intake.file.flush().await?;
        let encoding = intake.sniffer.encoding();
        let blobs = self.blobs().clone();
        // As base64, with room for what stands before it.
        let longest = self.inner.config.max_image.as_u64().div_ceil(3) * 4 + 1024;
        let longest = usize::try_from(longest).map_err(Error::internal)?;
        let work = move || -> Result<Table> {
            let scratch = blobs.scratch()?;
            let normalizer = Normalizer::new(scratch.file()?, longest);
            let rows = transcode(&intake.scratch.file()?, encoding, normalizer)?;
            Ok(Table { scratch, rows, source: Source::Csv(encoding.name().to_owned()) })
        };
        spawn_blocking(work).await.map_err(Error::internal)?
    }
}

fn transcode(mut from: &File, encoding: Encoding, mut to: Normalizer<File>) -> Result<i64> {
    from.seek(SeekFrom::Start(0))?;
    let mut decoder = Decoder::new(encoding);
    let mut piece = vec![0; PIECE];
    loop {
        let count = from.read(&mut piece)?;
        to.feed(decoder.decode(&piece[..count], count == 0))?;
        if count == 0 {
            let (rows, _) = to.finish()?;
            return Ok(rows);
        }
    }
}
