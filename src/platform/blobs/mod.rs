//! Bytes on disk, content-addressed.
//!
//! What always holds: a file below `blobs/` whose row is in the database is whole and, unless the
//! operator chose `durability = "relaxed"`, survives a power cut. Bytes arrive in `staging/`, are
//! synced there, renamed into place, and their folder is synced, before any row names them
//! (design §4). What lies below `blobs/` without a row is an orphan of a crash and may be replaced.

mod budget;
mod digest;
mod hold;
mod incoming;
mod keeping;
mod key;
mod links;
mod read;
mod rooms;
mod scratch;
mod segments;
mod spilled;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use hold::Hold;
pub use incoming::{Incoming, Received};
pub use keeping::{
    Aside, Copied, State, copy_checked, copy_file, copy_readable, entries, give_name, modified_ms, move_to, write_whole,
};
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
    /// Memory of all bodies on their way.
    budget: Arc<budget::Budget>,
    /// By the first byte of the key: the folders that were used.
    folders: [OnceLock<File>; 256],
    /// Before the numbers of staged files: tools that work beside a server have names of their own.
    prefix: String,
    /// Held for the life of the process: one server for each data folder. `None`: it is only looked at.
    lock: Option<File>,
}

/// How often a server tries to get the lock: somebody may be looking whether it is held.
const LOCK_TRIES: u32 = 5;

impl Blobs {
    /// Opens the data folder `root`, making what is missing, and empties its staging.
    ///
    /// # Errors
    /// When the folder can't be made or written, or (`WouldBlock`) another server has it.
    pub fn open(root: &Path, durable: bool) -> io::Result<Self> {
        let blobs = Self::hold(root, durable)?;
        for entry in fs::read_dir(blobs.layout().staging())? {
            fs::remove_file(entry?.path())?;
        }
        Ok(blobs)
    }

    /// The same, but what a crash left in staging stays: for tools that work while no server runs.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn hold(root: &Path, durable: bool) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(root.join("lock"))?;
        take(&lock)?;
        let layout = Layout::new(&root.canonicalize()?);
        fs::create_dir_all(layout.blobs())?;
        fs::create_dir_all(layout.staging())?;
        make_folders(&layout)?;
        Self::new(layout, durable, Some(lock))
    }

    /// Looks at a data folder that a server may be working in. Nothing is made.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn look(root: &Path, durable: bool) -> io::Result<Self> {
        Self::new(Layout::new(&root.canonicalize()?), durable, None)
    }

    fn new(layout: Layout, durable: bool, lock: Option<File>) -> io::Result<Self> {
        let digester = digest::Digester::start()?;
        let next_staged = AtomicU64::new(0);
        let (rooms, budget) = (rooms::Rooms::default(), Arc::default());
        let folders = [const { OnceLock::new() }; 256];
        let prefix = format!("{}-", std::process::id());
        let inner = Inner { layout, durable, next_staged, digester, rooms, budget, folders, prefix, lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether the data folder is this process's own.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.inner.lock.is_some()
    }

    /// Whether a server has the data folder `root` at this moment.
    #[must_use]
    pub fn is_served(root: &Path) -> bool {
        let lock = File::open(root.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
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

    /// Removes a blob and its thumbnail for ever. Blocks on the disk. One that is gone is no error; one that a backup
    /// [holds](Hold) stays as an orphan.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn remove(&self, key: &BlobKey) -> io::Result<()> {
        let Some(_removing) = hold::removing(&self.inner.layout)? else { return Ok(()) };
        self.remove_now(key)
    }

    fn remove_now(&self, key: &BlobKey) -> io::Result<()> {
        remove_if_there(&self.inner.layout.blob(key))?;
        remove_if_there(&self.inner.layout.thumbnail(key))
    }

    /// The same for many, also behind one that can't be removed: nothing names them any more, so what is passed
    /// over here would stay for ever.
    ///
    /// # Errors
    /// The first fault; each is logged.
    pub fn remove_all(&self, keys: &[BlobKey]) -> io::Result<()> {
        let Some(_removing) = hold::removing(&self.inner.layout)? else { return Ok(()) };
        let faults = keys.iter().filter_map(|key| self.remove_now(key).err().map(|error| (key, error)));
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
        is_claimed(&file, &path)
    }

    /// Whether a blob is in its place with all its bytes. If so it counts as new from now on: nobody who looks for
    /// orphans takes it away before a row can name it. Blocks on the disk for a moment.
    ///
    /// # Errors
    /// Whatever the disk says; a blob that is gone is none.
    pub fn claim(&self, key: &BlobKey, size: u64) -> io::Result<bool> {
        let path = self.inner.layout.blob(key);
        match File::open(&path) {
            Ok(file) => Ok(file.metadata()?.len() == size && is_claimed(&file, &path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn stage_path(&self) -> PathBuf {
        let number = self.inner.next_staged.fetch_add(1, Ordering::Relaxed);
        self.inner.layout.staging().join(format!("{}{number}.part", self.inner.prefix))
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

/// Takes the lock; whoever only looks whether it is held lets go of it at once.
fn take(lock: &File) -> io::Result<()> {
    let mut tries = 1;
    loop {
        match lock.try_lock() {
            Err(fs::TryLockError::WouldBlock) if tries < LOCK_TRIES => tries += 1,
            taken => return Ok(taken?),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes a blob new, and says whether it is in its place still: an orphan may be moved aside at any moment, by another
/// process too. Who moves it looks at its time *afterwards* ([`Blobs::set_aside`]), so one of the two sees the other.
fn is_claimed(file: &File, path: &Path) -> io::Result<bool> {
    keeping::touch(file)?;
    let here = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
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
