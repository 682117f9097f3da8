//! One blob on its way in: hashed, summed and measured while its bytes stream past.
//!
//! Bytes up to [`SPILL`] wait in memory and are written and synced in one go on the blocking pool:
//! most pictures of a phone cost one hop. Larger ones go to a staging file piece by piece; one piece is
//! hashed, another written and those before synced while the next arrives, so memory stays at a few
//! pieces whatever the size. What always holds: an `Incoming` that is dropped leaves nothing in staging.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Write};
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use tokio::task::{JoinHandle, spawn_blocking};

use super::digest::UnderWay;
use super::{BlobKey, Blobs};
use crate::platform::pictures::{self, Facts};

/// Largest body that is kept in memory until it is whole.
pub const SPILL: usize = 512 * 1024;

/// Bytes of one write of a large file. Linux gives larger writes larger pages of its cache, and those are seldom at hand: in a
/// virtual machine each costs a fault in the host, and writes of 512 KiB took twice the time of these.
const WRITE: usize = 64 * 1024;

/// Room for the first bytes. Thousands of clients may send little and slowly.
const FIRST_ROOM: usize = 4 * 1024;

/// A body that is announced to be no larger gets its room at once. Of a larger one this much has to come
/// first; then the rest gets its room, or eight times as much.
pub const EARNEST: usize = 12 * 1024;

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

/// The digests of what has passed so far.
struct Sums {
    sha256: Context,
    crc32: crc32fast::Hasher,
}

struct Spilled {
    staged: Staged,
    sums: JoinHandle<Sums>,
    write: JoinHandle<io::Result<File>>,
    sync: Option<JoinHandle<io::Result<()>>>,
    /// Pieces that are hashed or written just now; their memory is used again.
    pieces: Vec<Arc<Vec<u8>>>,
}

/// A path in staging that is removed unless it was renamed away.
struct Staged(PathBuf);

impl Staged {
    /// There is nothing to remove any more.
    fn renamed_away(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.0);
        }
    }
}

impl Sums {
    fn new() -> Self {
        Self { sha256: Context::new(&SHA256), crc32: crc32fast::Hasher::new() }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.crc32.update(bytes);
    }

    fn finish(self) -> (BlobKey, u32) {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.sha256.finish().as_ref());
        (BlobKey::from_digest(&digest), self.crc32.finalize())
    }
}

impl Incoming {
    pub(super) fn new(blobs: Blobs) -> Self {
        let hashing = match blobs.inner.digester.announce() {
            Some(under_way) => Hashing::Together { _under_way: under_way },
            None => Hashing::Here { sums: Box::new(Sums::new()), done: 0 },
        };
        Self { blobs, buffer: Vec::new(), size: 0, announced: None, spilled: None, hashing }
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
        let length = self.buffer.len();
        if self.buffer.capacity() == length {
            let total = match self.announced {
                Some(announced) if announced <= EARNEST => announced,
                _ if length < EARNEST => FIRST_ROOM.max(length * 2),
                announced => announced.unwrap_or(SPILL).min(length * 8).min(SPILL),
            };
            self.make_room(total.max(length + 1));
        }
        &mut self.buffer
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
            let room = SPILL.saturating_sub(self.buffer.len()).max(1);
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(head);
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
        if self.buffer.len() < SPILL {
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
        let mut spilled = match self.spilled.take() {
            None => self.begin_spilling(),
            Some(spilled) => spilled,
        };
        let spare = spilled.spare_piece();
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

    fn begin_spilling(&self) -> Spilled {
        let path = self.blobs.stage_path();
        let staged = Staged(path.clone());
        let write = spawn_blocking(move || File::create_new(path));
        Spilled { staged, sums: spawn_blocking(Sums::new), write, sync: None, pieces: Vec::new() }
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
        let Self { blobs, buffer, size, spilled, hashing, .. } = self;
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

impl Spilled {
    /// Memory of a piece that is done with.
    fn spare_piece(&mut self) -> Vec<u8> {
        let done = self.pieces.iter().position(|piece| Arc::strong_count(piece) == 1);
        let done = done.and_then(|at| Arc::into_inner(self.pieces.swap_remove(at)));
        done.map_or_else(
            || Vec::with_capacity(SPILL),
            |mut piece| {
                piece.clear();
                piece
            },
        )
    }

    /// Begins to write a piece when the one before is written.
    async fn write(&mut self, piece: &Arc<Vec<u8>>) -> io::Result<()> {
        let mut file = (&mut self.write).await.map_err(io::Error::other)??;
        let piece = piece.clone();
        self.write =
            spawn_blocking(move || piece.chunks(WRITE).try_for_each(|part| file.write_all(part)).map(|()| file));
        Ok(())
    }

    /// Begins to hash a piece when the one before is hashed.
    async fn hash(&mut self, piece: &Arc<Vec<u8>>) -> io::Result<JoinHandle<Sums>> {
        let mut sums = (&mut self.sums).await.map_err(io::Error::other)?;
        let piece = piece.clone();
        Ok(spawn_blocking(move || {
            sums.update(&piece);
            sums
        }))
    }

    /// Begins to sync what is written, when the sync before has ended; writing goes on meanwhile.
    async fn sync(&mut self) -> io::Result<()> {
        if let Some(sync) = self.sync.take() {
            sync.await.map_err(io::Error::other)??;
        }
        let path = self.staged.0.clone();
        self.sync = Some(spawn_blocking(move || File::open(path)?.sync_data()));
        Ok(())
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
