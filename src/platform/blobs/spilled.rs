//! The way of a large body to the disk, piece by piece.
//!
//! One piece is hashed, another written and those before synced while the next arrives. What always holds: pieces are hashed and
//! written in their order, and a staged file goes with what stands for it unless it was renamed away.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{BlobKey, Blobs};

/// Bytes of one write of a large file. Linux gives larger writes larger pages of its cache, and those are seldom at hand: in a
/// virtual machine each costs a fault in the host, and writes of 512 KiB took twice the time of these.
const WRITE: usize = 64 * 1024;

/// The digests of what has passed so far.
pub(super) struct Sums {
    sha256: Context,
    crc32: crc32fast::Hasher,
}

/// A body of which a part went to the disk.
pub(super) struct Spilled {
    pub(super) staged: Staged,
    pub(super) sums: JoinHandle<Sums>,
    pub(super) write: JoinHandle<io::Result<File>>,
    pub(super) sync: Option<JoinHandle<io::Result<()>>>,
    /// Pieces that are hashed or written just now; their memory is used again.
    pub(super) pieces: Vec<Arc<Vec<u8>>>,
}

/// A path in staging that is removed unless it was renamed away.
pub(super) struct Staged(pub(super) PathBuf);

impl Staged {
    /// There is nothing to remove any more.
    pub(super) fn renamed_away(mut self) {
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
    pub(super) fn new() -> Self {
        Self { sha256: Context::new(&SHA256), crc32: crc32fast::Hasher::new() }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.crc32.update(bytes);
    }

    pub(super) fn finish(self) -> (BlobKey, u32) {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.sha256.finish().as_ref());
        (BlobKey::from_digest(&digest), self.crc32.finalize())
    }
}

impl Spilled {
    /// Begins a file in staging.
    pub(super) fn begin(blobs: &Blobs) -> Self {
        let path = blobs.stage_path();
        let staged = Staged(path.clone());
        let write = spawn_blocking(move || File::create_new(path));
        Self { staged, sums: spawn_blocking(Sums::new), write, sync: None, pieces: Vec::new() }
    }

    /// Room for a piece of `size` bytes: memory of one that is done with, where there is some.
    pub(super) fn spare_piece(&mut self, size: usize) -> Vec<u8> {
        let is_done = |piece: &Arc<Vec<u8>>| Arc::strong_count(piece) == 1;
        // Those of a time when memory was short are too small now.
        self.pieces.retain(|piece| !is_done(piece) || piece.capacity() >= size);
        let done = self.pieces.iter().position(is_done);
        let done = done.and_then(|at| Arc::into_inner(self.pieces.swap_remove(at)));
        let mut piece = done.unwrap_or_else(|| Vec::with_capacity(size));
        piece.clear();
        piece
    }

    /// Begins to write a piece when the one before is written.
    pub(super) async fn write(&mut self, piece: &Arc<Vec<u8>>) -> io::Result<()> {
        let mut file = (&mut self.write).await.map_err(io::Error::other)??;
        let piece = piece.clone();
        self.write =
            spawn_blocking(move || piece.chunks(WRITE).try_for_each(|part| file.write_all(part)).map(|()| file));
        Ok(())
    }

    /// Begins to hash a piece when the one before is hashed.
    pub(super) async fn hash(&mut self, piece: &Arc<Vec<u8>>) -> io::Result<JoinHandle<Sums>> {
        let mut sums = (&mut self.sums).await.map_err(io::Error::other)?;
        let piece = piece.clone();
        Ok(spawn_blocking(move || {
            sums.update(&piece);
            sums
        }))
    }

    /// Begins to sync what is written, when the sync before has ended; writing goes on meanwhile.
    pub(super) async fn sync(&mut self) -> io::Result<()> {
        if let Some(sync) = self.sync.take() {
            sync.await.map_err(io::Error::other)??;
        }
        let path = self.staged.0.clone();
        self.sync = Some(spawn_blocking(move || File::open(path)?.sync_data()));
        Ok(())
    }
}
