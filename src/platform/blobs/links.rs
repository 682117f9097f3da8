//! Names for blobs elsewhere in the data folder: the image folders of training tasks.
//!
//! A name is a hard link, so no byte is copied. Where the file system refuses another one (too many,
//! or the blobs lie on a disk of their own) it is a symbolic link. All of it blocks on the disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{BlobKey, Blobs, remove_if_there};

impl Blobs {
    /// Makes `at` a name of the blob; whatever had that name loses it. The folder must be there.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn link(&self, key: &BlobKey, at: &Path) -> io::Result<()> {
        let blob = self.inner.layout.blob(key);
        remove_if_there(at)?;
        match fs::hard_link(&blob, at) {
            Err(error) if matches!(error.kind(), io::ErrorKind::TooManyLinks | io::ErrorKind::CrossesDevices) => {
                std::os::unix::fs::symlink(self.way_from(at, &blob), at)
            }
            linked => linked,
        }
    }

    /// Whether `at` leads to the blob as it stands in its place, be it by a hard or a symbolic link. A name of bytes
    /// that were damaged, and replaced since, doesn't. `None`: the blob is gone.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn is_name_of(&self, key: &BlobKey, at: &Path) -> io::Result<Option<bool>> {
        let blob = match fs::metadata(self.inner.layout.blob(key)) {
            Ok(blob) => blob,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // A name that can't be followed is none.
        let is_same = |found: fs::Metadata| (found.dev(), found.ino()) == (blob.dev(), blob.ino());
        Ok(Some(fs::metadata(at).is_ok_and(is_same)))
    }

    /// Takes the name `at` away. One that is gone is no error.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn unlink(&self, at: &Path) -> io::Result<()> {
        remove_if_there(at)
    }

    /// Removes a folder of names. One that is gone is no error.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes a folder below the data folder.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        folder.parent().map_or(Ok(()), |parent| self.sync_folder(parent))
    }

    /// Waits until the names in a folder are on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.sync(&File::open(folder)?)
    }

    /// `../../blobs/ab/…`: the data folder may be moved as a whole.
    fn way_from(&self, at: &Path, blob: &Path) -> PathBuf {
        let root = self.inner.layout.root();
        let (Ok(at), Ok(blob)) = (at.strip_prefix(root), blob.strip_prefix(root)) else {
            return blob.to_owned();
        };
        let up = at.components().skip(1).map(|_| "..");
        up.collect::<PathBuf>().join(blob)
    }
}
