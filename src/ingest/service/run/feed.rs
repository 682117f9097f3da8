//! Rows of a task, one after the other, as many in flight as it may have.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::spawn_blocking;

use super::commit::Event;
use super::registry::Running;
use super::row::Worker;
use crate::ingest::model::csv::Row;
use crate::ingest::model::{Task, is_data};
use crate::ingest::service::Ingest;

/// Bytes of rows that are read in one go; the last row may be larger.
const CHUNK: u64 = 256 * 1024;

/// A chunk of more bytes keeps its turn to read until all its rows are in flight.
const LARGE: u64 = 1024 * 1024;

/// A row and where it stands.
pub struct Numbered {
    pub number: i64,
    /// Where the next row begins, in bytes.
    pub next: i64,
    /// Bytes of its text.
    size: usize,
    /// `None`: it has an outcome already.
    row: Option<Row>,
}

/// Whether a run came to the end of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    Whole,
    Part,
}

/// The rows of a task from its mark on.
pub struct Table {
    reader: Reader<File>,
    /// Where the reader began, in bytes.
    base: u64,
    next: i64,
    done: HashSet<i64>,
    record: ByteRecord,
    /// Bytes of the last chunk, where that was large.
    large: usize,
}

impl Table {
    /// Opens the CSV of a task at its mark. `done`: rows behind the mark that have an outcome.
    pub async fn open(ingest: &Ingest, task: &Task, done: Vec<i64>) -> io::Result<Self> {
        let path = ingest.blobs().layout().table(task.id.as_str());
        let base = task.mark.offset.unsigned_abs();
        let open = move || -> io::Result<Reader<File>> {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(base))?;
            let mut builder = ReaderBuilder::new();
            Ok(builder.has_headers(false).flexible(true).buffer_capacity(128 * 1024).from_reader(file))
        };
        let reader = spawn_blocking(open).await.map_err(io::Error::other)??;
        let (done, record) = (done.into_iter().collect(), ByteRecord::new());
        Ok(Self { reader, base, next: task.mark.row, done, record, large: 0 })
    }

    /// The next rows, and their bytes; none at the end. Blocks on the disk.
    fn chunk(&mut self) -> io::Result<(Vec<Numbered>, u64)> {
        if self.large > 0 {
            // Where one row is large the next is, too: a record that grows takes twice its room, and more.
            self.record = ByteRecord::with_capacity(self.large, 4);
        }
        let mut rows = Vec::new();
        let start = self.reader.position().byte();
        let mut size = 0;
        while size < CHUNK && self.reader.read_byte_record(&mut self.record)? {
            let end = self.reader.position().byte();
            let row = (!self.done.remove(&self.next)).then(|| Row::of_record(&self.record));
            let next = i64::try_from(self.base + end).map_err(io::Error::other)?;
            rows.push(Numbered { number: self.next, next, size: self.record.as_slice().len(), row });
            self.next += 1;
            size = end - start;
        }
        self.large = 0;
        if size > LARGE {
            // The room for a large row isn't kept while its bytes are on their way.
            self.record = ByteRecord::new();
            self.large = usize::try_from(size).map_err(io::Error::other)?;
        }
        Ok((rows, size))
    }
}

/// Sends row after row on its way until all are, or the run is to end. All of them are done when it returns.
pub async fn feed(
    ingest: &Ingest,
    task: &Task,
    mut table: Table,
    running: &Arc<Running>,
    outcomes: mpsc::Sender<Event>,
) -> io::Result<Fed> {
    let worker = Arc::new(Worker::new(ingest.clone(), task, running.clone(), outcomes));
    let slots = Arc::new(Semaphore::new(task.thread_num));
    let end = loop {
        let turn = ingest.inner.budget.turn_to_read().await;
        let reading = spawn_blocking(move || {
            let chunk = table.chunk();
            (table, chunk)
        });
        let (back, chunk) = reading.await.map_err(io::Error::other)?;
        table = back;
        let (rows, size) = chunk?;
        let turn = turn.filter(|_| size > LARGE);
        if rows.is_empty() {
            break Fed::Whole;
        }
        if !send(ingest, &worker, &slots, rows).await {
            break Fed::Part;
        }
        drop(turn);
    };
    // All slots free: no row is in flight.
    let _ = slots.acquire_many(u32::try_from(task.thread_num).unwrap_or(u32::MAX)).await;
    Ok(end)
}

/// Sends the rows of a chunk on their way; false when the run is to end.
async fn send(ingest: &Ingest, worker: &Arc<Worker>, slots: &Arc<Semaphore>, rows: Vec<Numbered>) -> bool {
    for Numbered { number, next, size, row } in rows {
        let Some(row) = row else {
            worker.skip(number, next).await;
            continue;
        };
        let reserve = async {
            let slot = slots.clone().acquire_owned().await.ok()?;
            // The bytes of a data: URI take the place of its text.
            let bytes = if is_data(&row.uri) { size } else { worker.guess() };
            Some((slot, ingest.inner.budget.take(bytes).await))
        };
        let taken: Option<(OwnedSemaphorePermit, _)> = tokio::select! {
            biased;
            () = worker.running.quitting() => None,
            taken = reserve => taken,
        };
        let Some((slot, share)) = taken else {
            return false;
        };
        let worker = worker.clone();
        tokio::spawn(async move {
            worker.work(number, next, row).await;
            drop((slot, share));
        });
    }
    !worker.running.is_quitting()
}
