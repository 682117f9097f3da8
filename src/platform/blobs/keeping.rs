//! Looking after what lies in the data folder: whether bytes are what their name says, moving aside what nothing names,
//! and checked copies.
//!
//! What always holds: nothing here removes bytes that are in their place; it moves them. All of it blocks on the disk.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use rustix::fs::{CWD, RenameFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens, renameat_with};
use rustix::io::Errno;

use super::{BlobKey, Blobs, remove_if_there};

/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// What was found where a blob should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Good,
    Missing,
    /// It has so many bytes instead.
    Size(u64),
    /// Its bytes are others.
    Digest,
    /// The disk doesn't give them.
    Unreadable(String),
}

/// An orphan that was moved aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    pub key: BlobKey,
    /// When it was moved, in UTC milliseconds.
    pub since: i64,
    pub path: PathBuf,
}

/// What became of a checked copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// So many bytes were copied.
    Copied(u64),
    /// It was there already.
    Kept,
    /// There is nothing to copy.
    Missing,
    /// The bytes are not those that the name says; nothing was left at the target.
    Damaged,
    /// The disk that it is on doesn't give the bytes; nothing was left at the target.
    Unreadable,
}

impl Blobs {
    /// Whether the blob in its place has this size and, where `whole` is asked for, these very bytes. `pace` is told how
    /// many bytes were read, and may take its time.
    pub fn examine(&self, key: &BlobKey, size: u64, whole: bool, pace: impl FnMut(usize)) -> State {
        let file = match File::open(self.layout().blob(key)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return State::Missing,
            Err(error) => return State::Unreadable(error.to_string()),
        };
        let seen = || -> io::Result<State> {
            let found = file.metadata()?;
            if !found.is_file() || found.len() != size {
                return Ok(State::Size(found.len()));
            }
            if !whole {
                return Ok(State::Good);
            }
            let (digest, _) = pass(&file, io::sink(), pace)?;
            Ok(if digest == *key { State::Good } else { State::Digest })
        };
        seen().unwrap_or_else(|error| State::Unreadable(error.to_string()))
    }

    /// Moves a blob that no row names to `orphans/`, unless it was written or claimed at or after `before` (UTC
    /// milliseconds). Whether it was moved. Safe beside servers: see [`Blobs::claim`].
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn set_aside(&self, key: &BlobKey, before: i64, now: i64) -> io::Result<bool> {
        let (layout, place) = (self.layout(), self.layout().blob(key));
        if modified_ms(&place)?.is_none_or(|at| at >= before) {
            return Ok(false);
        }
        fs::create_dir_all(layout.orphans())?;
        let aside = layout.orphans().join(format!("{key}.{now}"));
        match fs::rename(&place, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            moved => moved?,
        }
        if modified_ms(&aside)?.is_none_or(|at| at >= before) {
            self.bring_back(key, &aside)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// All that was moved aside.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn aside(&self) -> io::Result<Vec<Aside>> {
        let folder = self.layout().orphans();
        let read = |name: &String| {
            let (key, since) = name.split_once('.')?;
            Some(Aside { key: BlobKey::parse(key)?, since: since.parse().ok()?, path: folder.join(name) })
        };
        Ok(entries(&folder)?.iter().filter_map(read).collect())
    }

    /// Gives an orphan that a row names by now its place again; bytes that stand there already are left alone.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn bring_back(&self, key: &BlobKey, aside: &Path) -> io::Result<()> {
        let place = self.layout().blob(key);
        match renameat_with(CWD, aside, CWD, &place, RenameFlags::NOREPLACE) {
            Ok(()) | Err(Errno::EXIST) => {}
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS) => match fs::hard_link(aside, &place) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            },
            Err(error) => return Err(error.into()),
        }
        self.sync_folder(&self.layout().folder(key.first_byte()))?;
        remove_if_there(aside)
    }
}

/// Sets a file's modified time to now.
pub(super) fn touch(file: &File) -> io::Result<()> {
    let time = |nanoseconds| Timespec { tv_sec: 0, tv_nsec: nanoseconds };
    let times = Timestamps { last_access: time(UTIME_OMIT), last_modification: time(UTIME_NOW) };
    Ok(futimens(file, &times)?)
}

/// When a file was last modified, in UTC milliseconds; `None` when there is none.
///
/// # Errors
/// Whatever the disk says.
pub fn modified_ms(path: &Path) -> io::Result<Option<i64>> {
    let modified = match fs::symlink_metadata(path) {
        Ok(found) => found.modified()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(Some(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// The names in a folder, sorted; none where there is no such folder.
///
/// # Errors
/// Whatever the disk says.
pub fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let found = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let names = found.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Moves a file or folder; the folders above the target are made. A name that is taken gets a number.
///
/// # Errors
/// Whatever the disk says.
pub fn move_to(from: &Path, to: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut target = to.to_owned();
    for number in 2.. {
        if fs::symlink_metadata(&target).is_err() {
            break;
        }
        target = PathBuf::from(format!("{}.{number}", to.display()));
    }
    fs::rename(from, &target)?;
    Ok(target)
}

/// Copies a blob to `to` unless a file of this size is there: hashed on its way, synced, and only then given its name.
///
/// # Errors
/// Whatever the target's disk says.
pub fn copy_checked(key: &BlobKey, size: u64, from: &Path, to: &Path) -> io::Result<Copied> {
    if fs::metadata(to).is_ok_and(|found| found.is_file() && found.len() == size) {
        return Ok(Copied::Kept);
    }
    let part = part_of(to)?;
    match fill(from, &part)? {
        Ok((digest, count)) if digest == *key && count == size => {
            fs::rename(&part, to)?;
            Ok(Copied::Copied(count))
        }
        Ok(_) => {
            remove_if_there(&part)?;
            Ok(Copied::Damaged)
        }
        Err(why) => Ok(why),
    }
}

/// Copies a file of no known digest, whole or not at all, and synced; its SHA-256 in hex, or why it can't be read.
///
/// # Errors
/// Whatever the target's disk says.
pub fn copy_readable(from: &Path, to: &Path) -> io::Result<Result<String, Copied>> {
    let part = part_of(to)?;
    let digest = match fill(from, &part)? {
        Ok((digest, _)) => digest,
        Err(why) => return Ok(Err(why)),
    };
    fs::rename(&part, to)?;
    sync_parent(to)?;
    Ok(Ok(digest.as_str().to_owned()))
}

/// The same of a file that must be readable.
///
/// # Errors
/// Whatever either disk says.
pub fn copy_file(from: &Path, to: &Path) -> io::Result<String> {
    let unread = |_| io::Error::other(format!("{} can't be read", from.display()));
    copy_readable(from, to)?.map_err(unread)
}

/// Writes a file's bytes to `part`, synced: their digest and count, or why they can't be read; then nothing is left.
fn fill(from: &Path, part: &Path) -> io::Result<Result<(BlobKey, u64), Copied>> {
    let source = match File::open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(Copied::Missing)),
        Err(_) => return Ok(Err(Copied::Unreadable)),
    };
    let copied = File::create(part).and_then(|file| {
        let passed = pass(&source, &file, |_| {})?;
        file.sync_all()?;
        Ok(passed)
    });
    let Err(error) = copied else { return copied.map(Ok) };
    remove_if_there(part)?;
    // Which of the two disks was it?
    let again = File::open(from).and_then(|source| pass(&source, io::sink(), |_| {}));
    if again.is_err() { Ok(Err(Copied::Unreadable)) } else { Err(error) }
}

/// Gives a file that is whole the name that its SHA-256 in hex makes, synced; that SHA-256.
///
/// # Errors
/// Whatever the disk says.
pub fn give_name(from: &Path, name: impl FnOnce(&str) -> PathBuf) -> io::Result<String> {
    let file = File::open(from)?;
    let (digest, _) = pass(&file, io::sink(), |_| {})?;
    file.sync_all()?;
    let to = name(digest.as_str());
    fs::rename(from, &to)?;
    sync_parent(&to)?;
    Ok(digest.as_str().to_owned())
}

/// Writes a small file, whole or not at all, and synced.
///
/// # Errors
/// Whatever the disk says.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = part_of(path)?;
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    sync_parent(path)
}

/// Where a file lies until it is whole; its folder is made.
fn part_of(path: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(PathBuf::from(format!("{}.part", path.display())))
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Hands bytes on and sums them up.
fn pass(mut from: impl Read, mut to: impl Write, mut pace: impl FnMut(usize)) -> io::Result<(BlobKey, u64)> {
    let (mut sha256, mut total) = (Context::new(&SHA256), 0);
    let mut piece = vec![0; PIECE];
    loop {
        let count = from.read(&mut piece)?;
        if count == 0 {
            let mut digest = [0; 32];
            digest.copy_from_slice(sha256.finish().as_ref());
            return Ok((BlobKey::from_digest(&digest), total));
        }
        sha256.update(&piece[..count]);
        to.write_all(&piece[..count])?;
        total += count as u64;
        pace(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: i64 = i64::MAX;

    async fn stored(blobs: &Blobs, bytes: &[u8]) -> BlobKey {
        let mut incoming = blobs.receive();
        incoming.write(bytes).await.unwrap();
        incoming.finish(None).await.unwrap().key
    }

    #[tokio::test]
    async fn what_was_claimed_meanwhile_is_not_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), true).unwrap();
        let key = stored(&blobs, b"some bytes").await;
        let written = modified_ms(&blobs.layout().blob(&key)).unwrap().unwrap();
        assert!(!blobs.set_aside(&key, written, 7).unwrap());
        assert_eq!(blobs.examine(&key, 10, true, |_| {}), State::Good);
        assert!(blobs.set_aside(&key, LATER, 7).unwrap());
        assert!(!blobs.claim(&key, 10).unwrap());
        let aside = blobs.aside().unwrap();
        assert_eq!((aside.len(), aside[0].since, &aside[0].key), (1, 7, &key));
        // The same bytes arrive again: they get a place of their own.
        assert_eq!(stored(&blobs, b"some bytes").await, key);
        blobs.bring_back(&key, &aside[0].path).unwrap();
        assert!(blobs.claim(&key, 10).unwrap() && blobs.aside().unwrap().is_empty());
    }

    #[tokio::test]
    async fn bytes_that_are_used_again_count_as_new() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), false).unwrap();
        let key = stored(&blobs, b"bytes").await;
        let path = blobs.layout().blob(&key);
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(modified_ms(&path).unwrap(), Some(0));
        stored(&blobs, b"bytes").await;
        assert_ne!(modified_ms(&path).unwrap(), Some(0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_claims_and_whoever_sets_aside_see_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), false).unwrap();
        let bytes = vec![7; 3000];
        let key = stored(&blobs, &bytes).await;
        let path = blobs.layout().blob(&key);
        let recent = modified_ms(&path).unwrap().unwrap();
        for round in 0..300 {
            File::open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
            let (keeper, orphan) = (blobs.clone(), key.clone());
            let gc = tokio::task::spawn_blocking(move || keeper.set_aside(&orphan, recent, round));
            // An upload of the same bytes, whose row would be committed now.
            stored(&blobs, &bytes).await;
            gc.await.unwrap().unwrap();
            assert_eq!(blobs.examine(&key, 3000, true, |_| {}), State::Good, "round {round}");
            for aside in blobs.aside().unwrap() {
                fs::remove_file(aside.path).unwrap();
            }
        }
    }

    #[test]
    fn a_copy_is_what_its_name_says_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("a/to"));
        fs::write(&from, b"abc").unwrap();
        let key = BlobKey::parse("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").unwrap();
        assert_eq!(copy_checked(&key, 3, &from, &to).unwrap(), Copied::Copied(3));
        assert_eq!(copy_checked(&key, 3, &from, &to).unwrap(), Copied::Kept);
        fs::remove_file(&to).unwrap();
        fs::write(&from, b"abd").unwrap();
        assert_eq!(copy_checked(&key, 3, &from, &to).unwrap(), Copied::Damaged);
        assert_eq!(entries(&folder.path().join("a")).unwrap(), Vec::<String>::new());
        fs::remove_file(&from).unwrap();
        assert_eq!(copy_checked(&key, 3, &from, &to).unwrap(), Copied::Missing);
        fs::create_dir(&from).unwrap();
        assert_eq!(copy_checked(&key, 3, &from, &to).unwrap(), Copied::Unreadable);
        assert_eq!(copy_readable(&from, &to).unwrap(), Err(Copied::Unreadable));
        // Where nothing can be written the fault isn't the blob's.
        fs::remove_dir(&from).unwrap();
        fs::write(&from, b"abc").unwrap();
        fs::create_dir(folder.path().join("a/to.part")).unwrap();
        assert!(copy_checked(&key, 3, &from, &to).is_err());
    }
}
