//! Files that are written in `staging/` and then, where they are to stay, take a place of their own.
//!
//! What always holds: a scratch file that isn't settled is gone when it is dropped; one that is, is there
//! whole and, unless the operator chose otherwise, survives a power cut.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Blobs;

/// A file in the making.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    file: Option<File>,
    is_durable: bool,
}

impl Blobs {
    /// Begins a file. Blocks on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn scratch(&self) -> io::Result<Scratch> {
        let path = self.stage_path();
        let file = File::options().create_new(true).read(true).write(true).open(&path)?;
        Ok(Scratch { path, file: Some(file), is_durable: self.is_durable() })
    }
}

impl Scratch {
    /// The file, for reading and writing.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn file(&self) -> io::Result<File> {
        self.file.as_ref().ok_or(io::ErrorKind::NotFound)?.try_clone()
    }

    /// Gives the file its place: synced, renamed, and its folder, which is made where it is missing, synced. Blocks on the disk.
    ///
    /// # Errors
    /// Whatever the disk says; then the file is gone.
    pub fn settle(mut self, path: &Path) -> io::Result<()> {
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        if let Some(file) = self.file.as_ref().filter(|_| self.is_durable) {
            file.sync_all()?;
        }
        fs::rename(&self.path, path)?;
        self.file = None;
        if self.is_durable {
            File::open(folder)?.sync_all()?;
            if let Some(above) = folder.parent() {
                File::open(above)?.sync_all()?;
            }
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_settled_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path(), true).unwrap();
        let staged = || fs::read_dir(folder.path().join("staging")).unwrap().count();
        drop(blobs.scratch().unwrap());
        assert_eq!(staged(), 0);
        let scratch = blobs.scratch().unwrap();
        scratch.file().unwrap().write_all(b"rows").unwrap();
        let path = blobs.layout().table("task");
        scratch.settle(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), staged()), (b"rows".to_vec(), 0));
    }
}
