//! Reads at places in a source, the first few kilobytes from memory.
//!
//! Headers are read by jumping: most jumps land in what was read to sniff the type, the rest seek. What always holds:
//! the number of seeks is bounded ([`Window::JUMPS`]), so a file made of endless headers costs no more than an honest
//! one.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes read at first: enough for every magic number and the headers of most pictures.
pub(super) const HEAD: usize = 4096;

/// A source and its first bytes.
pub(super) struct Window<R> {
    source: R,
    head: [u8; HEAD],
    filled: usize,
    jumps: u32,
}

impl<R: Read + Seek> Window<R> {
    const JUMPS: u32 = 2000;

    /// Reads the first bytes; the source must stand at its start.
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let mut head = [0; HEAD];
        let mut filled = 0;
        while filled < HEAD {
            match source.read(&mut head[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { source, head, filled, jumps: Self::JUMPS })
    }

    /// The first bytes, at most [`HEAD`].
    pub(super) fn head(&self) -> &[u8] {
        &self.head[..self.filled]
    }

    /// Fills `buffer` from byte `at` on. `None` where the source is shorter or the jumps are used up.
    pub(super) fn read(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<Option<()>> {
        if let Some(bytes) = usize::try_from(at).ok().and_then(|at| self.head().get(at..at.checked_add(buffer.len())?))
        {
            buffer.copy_from_slice(bytes);
            return Ok(Some(()));
        }
        if self.filled < HEAD || self.jumps == 0 {
            return Ok(None);
        }
        self.jumps -= 1;
        self.source.seek(SeekFrom::Start(at))?;
        match self.source.read_exact(buffer) {
            Ok(()) => Ok(Some(())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fills as much of `buffer` as there is from byte `at` on; answers how much. 0 at the end, or where the jumps are
    /// used up.
    pub(super) fn some(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(bytes) =
            usize::try_from(at).ok().and_then(|at| self.head().get(at..)).filter(|rest| !rest.is_empty())
        {
            let count = bytes.len().min(buffer.len());
            buffer[..count].copy_from_slice(&bytes[..count]);
            return Ok(count);
        }
        if self.filled < HEAD || self.jumps == 0 {
            return Ok(0);
        }
        self.jumps -= 1;
        self.source.seek(SeekFrom::Start(at))?;
        let mut filled = 0;
        while filled < buffer.len() {
            match self.source.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// The `N` bytes at `at`.
    pub(super) fn bytes<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        Ok(self.read(at, &mut bytes)?.map(|()| bytes))
    }
}
