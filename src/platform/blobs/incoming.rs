//! One blob on its way in: hashed, summed and measured while its bytes stream past.
//!
//! Bytes up to [`SPILL`] wait in memory and are written and synced in one go on the blocking pool:
//! most pictures of a phone cost one hop. Larger ones, and all where many bodies hold much memory, go to a
//! staging file piece by piece (`spilled.rs`), so memory stays at a few pieces whatever the size. What always
//! holds: an `Incoming` that is dropped leaves nothing in staging.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Write};
use std::mem;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::budget::Share;
use super::digest::UnderWay;
use super::spilled::{Spilled, Staged, Sums};
use super::{BlobKey, Blobs};
use crate::platform::pictures::{self, Facts};

/// Largest body that is kept in memory until it is whole.
pub const SPILL: usize = 512 * 1024;

/// Room for the first bytes. Thousands of clients may send little and slowly.
const FIRST_ROOM: usize = 4 * 1024;

/// A body that is announced to be no larger gets its room at once. Of a larger one this much has to come
/// first; then the rest gets its room, or eight times as much.
pub const EARNEST: usize = 12 * 1024;

/// Bytes of a piece where memory for larger ones is short.
const SHORT: usize = 16 * 1024;

/// Pieces of a spilled body at a time: one that arrives, one that is hashed, one that is written.
const PIECES: usize = 3;

/// How much is written between two syncs of a large file, so that the last one is short.
const SYNC_EVERY: u64 = 32 * 1024 * 1024;

/// A blob that is whole and in its place, but has no row yet.
#[derive(Debug, Clone)]
pub struct Received {
    pub key: BlobKey,
    /// Bytes.
    pub size: u64,
    /// CRC-32 as in zip (IEEE 802.3).
    pub crc32: u32,
    /// What the bytes are.
    pub facts: Facts,
}

/// Receives the bytes of one blob.
pub struct Incoming {
    blobs: Blobs,
    buffer: Vec<u8>,
    /// Of what went to disk.
    size: u64,
    /// What the client announced.
    announced: Option<usize>,
    spilled: Option<Spilled>,
    hashing: Hashing,
    /// Of the memory for all bodies.
    share: Share,
}

/// Who hashes what is still in memory.
enum Hashing {
    /// This task, as the bytes arrive and are in the processor's cache: for machines with SHA
    /// instructions. `done` bytes of the buffer are summed.
    Here { sums: Box<Sums>, done: usize },
    /// The digester, several bodies side by side, once the body is whole.
    Together { _under_way: UnderWay },
    /// The pieces that go to disk are hashed on their way.
    Spilled,
}

impl Incoming {
    pub(super) fn new(blobs: Blobs) -> Self {
        let hashing = match blobs.inner.digester.announce() {
            Some(under_way) => Hashing::Together { _under_way: under_way },
            None => Hashing::Here { sums: Box::new(Sums::new()), done: 0 },
        };
        let share = Share::of(&blobs.inner.budget);
        Self { blobs, buffer: Vec::new(), size: 0, announced: None, spilled: None, hashing, share }
    }

    /// Bytes received so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size + self.buffer.len() as u64
    }

    /// Notes the announced size of the body. Room is made as the bytes arrive: clients that announce
    /// much and send little are to cost little.
    pub fn expect(&mut self, size: u64) {
        self.announced = usize::try_from(size).ok();
    }

    /// Where the next bytes go, with room for some. Call [`Self::drain`] after adding to it.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        if self.buffer.capacity() == self.buffer.len() {
            self.make_room(self.next_room());
        }
        &mut self.buffer
    }

    /// How much room a full buffer is to have next.
    fn next_room(&self) -> usize {
        let length = self.buffer.len();
        let total = match self.announced {
            Some(announced) if announced <= EARNEST => announced,
            _ if length < EARNEST => FIRST_ROOM.max(length * 2),
            announced => announced.unwrap_or(SPILL).min(length * 8).min(SPILL),
        };
        total.max(length + 1)
    }

    /// Whether what is there must go to the disk before more can come.
    fn is_full(&mut self) -> bool {
        let (length, room) = (self.buffer.len(), self.buffer.capacity());
        if length >= SPILL || (self.spilled.is_some() && length == room) {
            return true;
        }
        length == room && length >= EARNEST && !self.share.grow_to(self.next_room())
    }

    /// Room for `total` bytes; that of an earlier body where there is some.
    fn make_room(&mut self, total: usize) {
        let length = self.buffer.len();
        let used_before = if total > EARNEST { self.blobs.inner.rooms.take(total) } else { None };
        match used_before {
            Some(mut room) => {
                room.extend_from_slice(&self.buffer);
                self.buffer = room;
            }
            None => self.buffer.reserve_exact(total - length),
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When the disk refuses them (`StorageFull`, …).
    pub async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let buffer = self.buffer();
            let room = buffer.capacity() - buffer.len();
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            buffer.extend_from_slice(head);
            self.drain().await?;
            bytes = tail;
        }
        Ok(())
    }

    /// Sums up what was added; hands a full buffer on to the disk and waits while that is behind.
    ///
    /// # Errors
    /// When the disk refuses an earlier piece.
    pub async fn drain(&mut self) -> io::Result<()> {
        self.sum_up();
        if !self.is_full() {
            return Ok(());
        }
        // On the heap: thousands of small bodies needn't have room for it.
        Box::pin(self.spill()).await
    }

    fn sum_up(&mut self) {
        if let Hashing::Here { sums, done } = &mut self.hashing {
            sums.update(&self.buffer[*done..]);
            *done = self.buffer.len();
        }
    }

    /// Sends the buffer on its way to the disk.
    async fn spill(&mut self) -> io::Result<()> {
        let hashing = mem::replace(&mut self.hashing, Hashing::Spilled);
        let mut spilled = self.spilled.take().unwrap_or_else(|| Spilled::begin(&self.blobs));
        let spare = spilled.spare_piece(if self.share.grow_to(PIECES * SPILL) { SPILL } else { SHORT });
        let piece = Arc::new(mem::replace(&mut self.buffer, spare));
        let before = self.size;
        self.size += piece.len() as u64;
        spilled.write(&piece).await?;
        spilled.sums = match hashing {
            Hashing::Here { sums, .. } => spawn_blocking(|| *sums),
            _ => spilled.hash(&piece).await?,
        };
        if self.blobs.is_durable() && before / SYNC_EVERY != self.size / SYNC_EVERY {
            spilled.sync().await?;
        }
        spilled.pieces.push(piece);
        self.spilled = Some(spilled);
        Ok(())
    }

    /// The whole has arrived: puts it in its place, durably.
    ///
    /// # Errors
    /// When the disk refuses it, or (`InvalidData`) its digest is not the `expected` one; then nothing
    /// is left of it.
    pub async fn finish(mut self, expected: Option<BlobKey>) -> io::Result<Received> {
        self.sum_up();
        if self.spilled.is_some() {
            self.spill().await?;
        }
        let Self { blobs, buffer, size, spilled, hashing, share: _share, .. } = self;
        if let Some(Spilled { staged, sums, write, sync, .. }) = spilled {
            let sums = sums.await.map_err(io::Error::other)?;
            let file = write.await.map_err(io::Error::other)??;
            if let Some(sync) = sync {
                sync.await.map_err(io::Error::other)??;
            }
            let store = move || store_large(&blobs, staged, &file, sums, size, expected.as_ref());
            return spawn_blocking(store).await.map_err(io::Error::other)?;
        }
        let bytes = Arc::new(buffer);
        let (key, crc32) = match hashing {
            Hashing::Here { sums, .. } => sums.finish(),
            Hashing::Together { .. } | Hashing::Spilled => {
                let digest = blobs.inner.digester.sha256(bytes.clone()).await?;
                drop(hashing);
                (BlobKey::from_digest(&digest), crc32fast::hash(&bytes))
            }
        };
        check(&key, expected.as_ref())?;
        if !blobs.is_durable() {
            // Into the page cache, which takes less than a hop to another thread and back.
            return store_small(&blobs, key, crc32, bytes);
        }
        spawn_blocking(move || store_small(&blobs, key, crc32, bytes)).await.map_err(io::Error::other)?
    }
}

fn store_small(blobs: &Blobs, key: BlobKey, crc32: u32, bytes: Arc<Vec<u8>>) -> io::Result<Received> {
    let facts = pictures::probe(Cursor::new(bytes.as_slice()))?;
    let received = Received { key, size: bytes.len() as u64, crc32, facts };
    if !blobs.has_already(&received.key, received.size, bytes.as_slice())? {
        let staged = Staged(blobs.stage_path());
        let mut file = File::create_new(&staged.0)?;
        file.write_all(&bytes)?;
        if blobs.is_durable() {
            file.sync_data()?;
        }
        blobs.settle(&staged.0, &received.key)?;
        staged.renamed_away();
    }
    if let Some(room) = Arc::into_inner(bytes) {
        blobs.inner.rooms.give_back(room);
    }
    Ok(received)
}

fn store_large(
    blobs: &Blobs,
    staged: Staged,
    file: &File,
    sums: Sums,
    size: u64,
    expected: Option<&BlobKey>,
) -> io::Result<Received> {
    let (key, crc32) = sums.finish();
    check(&key, expected)?;
    let facts = pictures::probe(BufReader::new(File::open(&staged.0)?))?;
    if !blobs.has_already(&key, size, File::open(&staged.0)?)? {
        if blobs.is_durable() {
            file.sync_data()?;
        }
        blobs.settle(&staged.0, &key)?;
        staged.renamed_away();
    }
    Ok(Received { key, size, crc32, facts })
}

fn check(key: &BlobKey, expected: Option<&BlobKey>) -> io::Result<()> {
    match expected {
        Some(expected) if expected != key => Err(io::Error::new(io::ErrorKind::InvalidData, key.to_string())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(size: usize) -> Vec<u8> {
        (0..size).map(|at| u8::try_from(at * at % 251).unwrap()).collect()
    }

    fn staged(blobs: &Blobs) -> usize {
        std::fs::read_dir(blobs.layout().staging()).unwrap().count()
    }

    /// Receives as bodies arrive: into the buffer that is given, in odd pieces.
    async fn receive(blobs: &Blobs, bytes: &[u8], announced: Option<usize>) -> (Incoming, usize) {
        let mut incoming = blobs.receive();
        if let Some(size) = announced {
            incoming.expect(size as u64);
        }
        let (mut rest, mut most) = (bytes, 0);
        while !rest.is_empty() {
            let buffer = incoming.buffer();
            let room = (buffer.capacity() - buffer.len()).min(rest.len()).min(1777);
            buffer.extend_from_slice(&rest[..room]);
            rest = &rest[room..];
            incoming.drain().await.unwrap();
            most = most.max(incoming.buffer.capacity());
        }
        (incoming, most)
    }

    #[rocket::async_test]
    async fn bodies_go_to_the_disk_in_small_pieces_where_memory_is_short() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), false).unwrap();
        for size in [10_000, 100_000, 2 * SPILL + 77] {
            for announced in [None, Some(size)] {
                let bytes = noise(size + usize::from(announced.is_some()));
                let all = Share::all_of(&blobs.inner.budget);
                let (incoming, most) = receive(&blobs, &bytes, announced).await;
                assert!(most <= SHORT, "{most} bytes for {size}");
                assert_eq!(staged(&blobs) > 0, size > EARNEST, "{size}");
                let received = incoming.finish(None).await.unwrap();
                assert_eq!(std::fs::read(blobs.layout().blob(&received.key)).unwrap(), bytes);
                drop(all);
            }
        }
        assert_eq!(staged(&blobs), 0);
    }

    #[rocket::async_test]
    async fn pieces_grow_again_when_there_is_memory() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), false).unwrap();
        let (first, second) = (noise(200_000), noise(3 * SPILL));
        let all = Share::all_of(&blobs.inner.budget);
        let (mut incoming, most) = receive(&blobs, &first, None).await;
        assert!(most <= SHORT);
        drop(all);
        incoming.write(&second).await.unwrap();
        assert_eq!(incoming.buffer.capacity(), SPILL);
        let received = incoming.finish(None).await.unwrap();
        assert_eq!(std::fs::read(blobs.layout().blob(&received.key)).unwrap(), [first, second].concat());
        // What it held is there for others.
        drop(Share::all_of(&blobs.inner.budget));
    }
}
