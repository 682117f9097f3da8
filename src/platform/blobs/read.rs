//! Reading blobs without making the server's few async threads wait for a disk.
//!
//! Bytes that are in the page cache are copied at once (`preadv2` with `RWF_NOWAIT`); only those that
//! are not go through the blocking pool.

use std::fs::File;
use std::io;

/// Reads what the page cache has at `offset`; `None` when the disk would have to be asked.
///
/// # Errors
/// Whatever the system says, except that it would have to wait.
#[cfg(target_os = "linux")]
pub fn read_at_once(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
    use rustix::io::{Errno, ReadWriteFlags};

    let mut slices = [io::IoSliceMut::new(buffer)];
    match rustix::io::preadv2(file, &mut slices, offset, ReadWriteFlags::NOWAIT) {
        Ok(count) => Ok(Some(count)),
        // Not in the cache, or a file system that can't tell.
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Other systems can't tell what is cached: always the blocking pool.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn read_at_once(_: &File, _: &mut [u8], _: u64) -> io::Result<Option<usize>> {
    Ok(None)
}
