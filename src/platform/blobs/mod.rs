//! Bytes on disk, content-addressed.
//!
//! What always holds: a file below `blobs/` whose row is in the database is whole and, unless the
//! operator chose `durability = "relaxed"`, survives a power cut. Bytes arrive in `staging/`, are
//! synced there, renamed into place, and their folder is synced, before any row names them
//! (design §4). What lies below `blobs/` without a row is an orphan of a crash and may be replaced.

mod digest;
mod incoming;
mod key;
mod links;
mod read;
mod rooms;
mod scratch;
mod segments;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

pub use incoming::{Incoming, Received};
pub use key::{BlobKey, Layout};
pub use read::read_at_once;
pub use scratch::Scratch;
pub use segments::{CHUNK, Segment, SegmentBody, Segments};

/// The local disk as a blob store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    layout: Layout,
    durable: bool,
    next_staged: AtomicU64,
    digester: digest::Digester,
    rooms: rooms::Rooms,
    /// By the first byte of the key: the folders that were used.
    folders: [OnceLock<File>; 256],
    /// Held for the life of the process: one server for each data folder.
    _lock: File,
}

impl Blobs {
    /// Opens the data folder `root`, making what is missing, and empties its staging.
    ///
    /// # Errors
    /// When the folder can't be made or written, or (`WouldBlock`) another server has it.
    pub fn open(root: &Path, durable: bool) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(root.join("lock"))?;
        lock.try_lock()?;
        let layout = Layout::new(&root.canonicalize()?);
        fs::create_dir_all(layout.blobs())?;
        fs::create_dir_all(layout.staging())?;
        make_folders(&layout)?;
        for entry in fs::read_dir(layout.staging())? {
            fs::remove_file(entry?.path())?;
        }
        let digester = digest::Digester::start()?;
        let next_staged = AtomicU64::new(0);
        let rooms = rooms::Rooms::default();
        let folders = [const { OnceLock::new() }; 256];
        Ok(Self { inner: Arc::new(Inner { layout, durable, next_staged, digester, rooms, folders, _lock: lock }) })
    }

    /// Where things lie.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// Whether writes wait for the disk.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.inner.durable
    }

    /// Begins to receive bytes.
    #[must_use]
    pub fn receive(&self) -> Incoming {
        Incoming::new(self.clone())
    }

    /// Opens a blob for reading. Blocks on the disk.
    ///
    /// # Errors
    /// `NotFound` when its bytes are gone.
    pub fn open_blob(&self, key: &BlobKey) -> io::Result<File> {
        File::open(self.inner.layout.blob(key))
    }

    /// Removes a blob and its thumbnail for ever. Blocks on the disk. One that is gone is no error.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn remove(&self, key: &BlobKey) -> io::Result<()> {
        remove_if_there(&self.inner.layout.blob(key))?;
        remove_if_there(&self.inner.layout.thumbnail(key))
    }

    /// The same for many, also behind one that can't be removed: nothing names them any more, so what is passed
    /// over here would stay for ever.
    ///
    /// # Errors
    /// The first fault; each is logged.
    pub fn remove_all(&self, keys: &[BlobKey]) -> io::Result<()> {
        let faults = keys.iter().filter_map(|key| self.remove(key).err().map(|error| (key, error)));
        let mut first = Ok(());
        for (key, error) in faults {
            tracing::error!(blob = %key, %error, "a blob could not be removed");
            first = first.and(Err(error));
        }
        first
    }

    /// Puts a small derived file (a thumbnail) in its place, whole or not at all. It can be made
    /// again, so it is not synced. Blocks on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn put_derived(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let staged = self.stage_path();
        let put = || {
            fs::write(&staged, bytes)?;
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::rename(&staged, path)
        };
        put().inspect_err(|_| {
            let _ = fs::remove_file(&staged);
        })
    }

    /// Free bytes on the data folder's disk, for those who are not root.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(self.inner.layout.root())?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Writes and removes a small file, to see that the folder takes writes. Blocks on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn check_writable(&self) -> io::Result<()> {
        let path = self.stage_path();
        let written = File::create_new(&path).and_then(|mut file| file.write_all(b"ready?"));
        let _ = fs::remove_file(&path);
        written
    }

    /// Whether these very bytes, `size` of them, stand in their place already; if so, they are synced (an earlier
    /// upload may have been relaxed, or may be between its rename and its sync right now). Then they must stay
    /// as they are: image folders share them by hard links.
    fn has_already(&self, key: &BlobKey, size: u64, bytes: impl Read) -> io::Result<bool> {
        let path = self.inner.layout.blob(key);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        // Else a damaged blob: the caller puts good bytes in its place.
        if file.metadata()?.len() != size || !are_equal(&file, bytes, size)? {
            return Ok(false);
        }
        if self.inner.durable {
            file.sync_data()?;
            self.folder(key)?.sync_all()?;
        }
        Ok(true)
    }

    fn stage_path(&self) -> PathBuf {
        let number = self.inner.next_staged.fetch_add(1, Ordering::Relaxed);
        self.inner.layout.staging().join(format!("{number}.part"))
    }

    /// Moves a synced staging file to its place and syncs the folder that changed by it.
    fn settle(&self, staged: &Path, key: &BlobKey) -> io::Result<()> {
        let folder = self.folder(key)?;
        fs::rename(staged, self.inner.layout.blob(key))?;
        self.sync(folder)
    }

    /// The folder of a blob, kept open from its first use.
    fn folder(&self, key: &BlobKey) -> io::Result<&File> {
        let known = &self.inner.folders[usize::from(key.first_byte())];
        if let Some(folder) = known.get() {
            return Ok(folder);
        }
        let folder = File::open(self.inner.layout.folder(key.first_byte()))?;
        Ok(known.get_or_init(|| folder))
    }

    fn sync(&self, folder: &File) -> io::Result<()> {
        if self.inner.durable { folder.sync_all() } else { Ok(()) }
    }
}

/// Makes the folders of all prefixes at once: one by one, each would cost the first upload with its prefix
/// a sync of its own.
fn make_folders(layout: &Layout) -> io::Result<()> {
    for first_byte in 0..=u8::MAX {
        match fs::create_dir(layout.folder(first_byte)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    File::open(layout.blobs())?.sync_all()
}

/// Whether both give the same bytes, `size` of them.
fn are_equal(mut one: impl Read, mut other: impl Read, size: u64) -> io::Result<bool> {
    let mut left = size;
    let room = usize::try_from(size).unwrap_or(usize::MAX).min(128 * 1024);
    let (mut here, mut there) = (vec![0; room], vec![0; room]);
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(room);
        one.read_exact(&mut here[..count])?;
        other.read_exact(&mut there[..count])?;
        if here[..count] != there[..count] {
            return Ok(false);
        }
        left -= count as u64;
    }
    Ok(true)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
