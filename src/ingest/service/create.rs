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
use crate::ingest::model::csv::{
    Decoder, Dialect, Encoding, Glimpse, Normalized, Normalizer, Prober, Sniffer, foreign,
};
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
    /// Its first bytes, up to [`Glimpse::HEAD`].
    head: Vec<u8>,
}

/// Rows as they are kept, not yet in their place.
pub(super) struct Table {
    pub scratch: Scratch,
    /// How many there are.
    pub rows: i64,
    pub source: Source,
}

impl Intake {
    /// Its first rows as they will be read.
    ///
    /// # Errors
    /// `Invalid` that names `file` when it is no table.
    pub fn glimpse(&self) -> Result<Glimpse> {
        let encoding = self.check_kind()?;
        let (glimpse, has_nul) = Glimpse::of(&self.head, encoding);
        if has_nul {
            return Err(Error::invalid("file", foreign::holds_nul()));
        }
        Ok(glimpse)
    }

    /// The encoding of a file that may be a table.
    fn check_kind(&self) -> Result<Encoding> {
        let encoding = self.sniffer.encoding();
        foreign::check(&self.head, encoding).map_or(Ok(encoding), |advice| Err(Error::invalid("file", advice)))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sniffer.feed(bytes);
        let room = Glimpse::HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
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
        Ok(Intake { scratch, file, sniffer: Sniffer::default(), head: Vec::new() })
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
        let encoding = intake.check_kind()?;
        let blobs = self.blobs().clone();
        // As base64, with room for what stands before it.
        let longest = self.inner.config.max_image.as_u64().div_ceil(3) * 4 + 1024;
        let longest = usize::try_from(longest).map_err(Error::internal)?;
        let work = move || -> Result<Table> {
            let (scratch, mut file) = (blobs.scratch()?, intake.scratch.file()?);
            let dialect = probe(&mut file, encoding)?;
            let mut normalizer = Normalizer::new(scratch.file()?, longest, dialect);
            read(&mut file, encoding, |text, _| normalizer.feed(text).map(|()| true))?;
            let Normalized { rows, has_nul, .. } = normalizer.finish()?;
            if has_nul {
                return Err(Error::invalid("file", foreign::holds_nul()));
            }
            Ok(Table { scratch, rows, source: Source::Csv(told(encoding, dialect)) })
        };
        spawn_blocking(work).await.map_err(Error::internal)?
    }
}

/// How a table was written, for people.
fn told(encoding: Encoding, dialect: Dialect) -> String {
    let mention = dialect.mention().map_or_else(String::new, |separator| format!(", {separator}"));
    format!("{}{mention}", encoding.name())
}

/// Finds out what parts the fields, from no more of the file than that takes.
fn probe(file: &mut File, encoding: Encoding) -> Result<Dialect> {
    let (mut prober, mut is_whole) = (Prober::default(), false);
    read(file, encoding, |text, is_last| {
        is_whole = is_last;
        Ok(!prober.feed(text))
    })?;
    Ok(prober.finish(is_whole))
}

/// Reads a file's text from its beginning, as long as `take` wants more of it; the last piece is told.
fn read(file: &mut File, encoding: Encoding, mut take: impl FnMut(&str, bool) -> std::io::Result<bool>) -> Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let mut decoder = Decoder::new(encoding);
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece)?;
        if !take(decoder.decode(&piece[..count], count == 0), count == 0)? || count == 0 {
            return Ok(());
        }
    }
}
