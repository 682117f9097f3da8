//! One blob on its way in: hashed, summed and measured while its bytes stream past.
//!
//! Bytes up to [`SPILL`] wait in memory and are hashed, written and synced in one go on the blocking
//! pool: most pictures of a phone cost one hop. Larger ones go to a staging file piece by piece; one
//! piece is hashed and another written while the next arrives, so memory stays at a few pieces
//! whatever the size. What always holds: an `Incoming` that is dropped leaves nothing in staging.

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

/// Smallest room for the next bytes.
const ROOM: usize = 8 * 1024;

/// How much is written between two syncs of a large file, so that the last one is short.
const SYNC_EVERY: u64 = 64 * 1024 * 1024;

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
    size: u64,
    spilled: Option<Spilled>,
    /// While all of it is still in memory.
    under_way: Option<UnderWay>,
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
        let under_way = Some(blobs.inner.digester.announce());
        Self { blobs, buffer: Vec::new(), size: 0, spilled: None, under_way }
    }

    /// Bytes received so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size + self.buffer.len() as u64
    }

    /// Makes room for the first bytes of a body of announced size. The rest is made as it arrives:
    /// clients that announce much and send little are to cost little.
    pub fn expect(&mut self, size: u64) {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.buffer.reserve_exact(size.min(2 * ROOM));
    }

    /// Where the next bytes go, with room for some. Call [`Self::drain`] after adding to it.
    ///
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        let (length, capacity) = (self.buffer.len(), self.buffer.capacity());
        if capacity == length {
            self.buffer.reserve_exact((capacity.max(ROOM) * 2).min(SPILL + ROOM) - length);
        }
        &mut self.buffer
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

    /// Hands a full buffer on to the disk and the digests; waits while they are behind.
    ///
    /// # Errors
    /// When the disk refuses an earlier piece.
    pub async fn drain(&mut self) -> io::Result<()> {
        if self.buffer.len() < SPILL {
            return Ok(());
        }
        let piece = mem::replace(&mut self.buffer, Vec::with_capacity(SPILL));
        self.spill(piece).await
    }

    async fn spill(&mut self, piece: Vec<u8>) -> io::Result<()> {
        self.under_way = None;
        let length = piece.len() as u64;
        let before = self.size;
        self.size += length;
        let sync = self.blobs.is_durable() && before / SYNC_EVERY != self.size / SYNC_EVERY;
        let piece = Arc::new(piece);
        let spilled = match self.spilled.take() {
            None => {
                let path = self.blobs.stage_path();
                let staged = Staged(path.clone());
                let write = spawn_blocking(move || File::create_new(path));
                Spilled { staged, sums: spawn_blocking(Sums::new), write }
            }
            Some(spilled) => spilled,
        };
        let Spilled { staged, sums, write } = spilled;
        let mut file = write.await.map_err(io::Error::other)??;
        let bytes = piece.clone();
        let write = spawn_blocking(move || {
            file.write_all(&bytes)?;
            if sync {
                file.sync_data()?;
            }
            Ok(file)
        });
        let mut sums = sums.await.map_err(io::Error::other)?;
        let sums = spawn_blocking(move || {
            sums.update(&piece);
            sums
        });
        self.spilled = Some(Spilled { staged, sums, write });
        Ok(())
    }

    /// The whole has arrived: puts it in its place, durably.
    ///
    /// # Errors
    /// When the disk refuses it, or (`InvalidData`) its digest is not the `expected` one; then nothing
    /// is left of it.
    pub async fn finish(mut self, expected: Option<BlobKey>) -> io::Result<Received> {
        if self.spilled.is_some() {
            let rest = mem::take(&mut self.buffer);
            self.spill(rest).await?;
        }
        let blobs = self.blobs;
        let size = self.size;
        match self.spilled {
            None => {
                let bytes = Arc::new(self.buffer);
                let key = BlobKey::from_digest(&blobs.inner.digester.sha256(bytes.clone()).await?);
                drop(self.under_way.take());
                check(&key, expected.as_ref())?;
                spawn_blocking(move || store_small(&blobs, key, &bytes)).await.map_err(io::Error::other)?
            }
            Some(Spilled { staged, sums, write }) => {
                let sums = sums.await.map_err(io::Error::other)?;
                let file = write.await.map_err(io::Error::other)??;
                let store = move || store_large(&blobs, staged, &file, sums, size, expected.as_ref());
                spawn_blocking(store).await.map_err(io::Error::other)?
            }
        }
    }
}

fn store_small(blobs: &Blobs, key: BlobKey, bytes: &[u8]) -> io::Result<Received> {
    let crc32 = crc32fast::hash(bytes);
    let facts = pictures::probe(Cursor::new(bytes))?;
    let received = Received { key, size: bytes.len() as u64, crc32, facts };
    if blobs.has_already(&received.key, bytes)? {
        return Ok(received);
    }
    let staged = Staged(blobs.stage_path());
    let mut file = File::create_new(&staged.0)?;
    file.write_all(bytes)?;
    if blobs.is_durable() {
        file.sync_data()?;
    }
    blobs.settle(&staged.0, &received.key)?;
    staged.renamed_away();
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
    if blobs.is_durable() {
        file.sync_data()?;
    }
    let facts = pictures::probe(BufReader::new(File::open(&staged.0)?))?;
    blobs.settle(&staged.0, &key)?;
    staged.renamed_away();
    Ok(Received { key, size, crc32, facts })
}

fn check(key: &BlobKey, expected: Option<&BlobKey>) -> io::Result<()> {
    match expected {
        Some(expected) if expected != key => Err(io::Error::new(io::ErrorKind::InvalidData, key.to_string())),
        _ => Ok(()),
    }
}
