//! A backup's wish that no bytes leave the store while it copies: a file lock, so that it ends with whoever held it.
//!
//! Rows go as ever meanwhile. Their bytes stay as orphans, as after a crash, and `granary gc` takes them.

use std::fs::{File, TryLockError};
use std::io;

use super::Layout;

/// While this lives, no blob is removed from the folder.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Hold {
    /// Waits for a removal that is under way. Blocks on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn take(layout: &Layout) -> io::Result<Self> {
        let file = open(layout)?;
        file.lock()?;
        Ok(Self { _file: file })
    }
}

/// The right to remove blobs while it lives; `None` while somebody holds them.
pub(super) fn removing(layout: &Layout) -> io::Result<Option<File>> {
    let file = open(layout)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(layout: &Layout) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(layout.root().join("hold"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_removed_while_somebody_holds_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let first = removing(&layout).unwrap();
        assert!(first.is_some() && removing(&layout).unwrap().is_some(), "many may remove at once");
        drop(first);
        let hold = Hold::take(&layout).unwrap();
        assert!(removing(&layout).unwrap().is_none());
        drop(hold);
        assert!(removing(&layout).unwrap().is_some());
    }
}
