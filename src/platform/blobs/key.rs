//! The one place that knows where bytes lie: every path below the data folder is built here.

use std::fmt;
use std::path::{Path, PathBuf};

/// The SHA-256 of some bytes, in lower-case hex. It names a blob.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    /// The key of bytes whose SHA-256 is `digest`.
    #[must_use]
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(64);
        for byte in digest {
            hex.push(char::from(HEX[usize::from(byte >> 4)]));
            hex.push(char::from(HEX[usize::from(byte & 15)]));
        }
        Self(hex)
    }

    /// Reads 64 lower-case hex digits, as the database keeps them.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        let fits = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(hex.to_owned()))
    }

    /// 64 lower-case hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the first two digits say: which folder.
    pub(super) fn first_byte(&self) -> u8 {
        u8::from_str_radix(&self.0[..2], 16).unwrap_or_default()
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folders below the data folder.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The data folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where all blobs lie.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Where bytes lie while they arrive; emptied at each start.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// `blobs/ab`, where blobs lie whose keys begin with this byte.
    #[must_use]
    pub fn folder(&self, first_byte: u8) -> PathBuf {
        self.blobs().join(format!("{first_byte:02x}"))
    }

    /// `blobs/ab/<sha256>`.
    #[must_use]
    pub fn blob(&self, key: &BlobKey) -> PathBuf {
        fan_out(self.blobs(), key).join(key.as_str())
    }

    /// `tasks`: the image folders.
    #[must_use]
    pub fn tasks(&self) -> PathBuf {
        self.root.join("tasks")
    }

    /// `tasks/<task_id>`: the image folder of a training task.
    #[must_use]
    pub fn task(&self, task: i64) -> PathBuf {
        self.tasks().join(task.to_string())
    }

    /// `tasks/<task_id>/<img_id>.<extension>`.
    #[must_use]
    pub fn image(&self, task: i64, image: i64, extension: &str) -> PathBuf {
        self.task(task).join(format!("{image}.{extension}"))
    }

    /// `csv`: the rows of face ingest tasks.
    #[must_use]
    pub fn tables(&self) -> PathBuf {
        self.root.join("csv")
    }

    /// `csv/<task_id>.csv`.
    #[must_use]
    pub fn table(&self, task: &str) -> PathBuf {
        self.tables().join(format!("{task}.csv"))
    }

    /// `node`: what this data folder calls itself where several servers share a database.
    #[must_use]
    pub fn node(&self) -> PathBuf {
        self.root.join("node")
    }

    /// `orphans`: bytes that no row named, until they are removed.
    #[must_use]
    pub fn orphans(&self) -> PathBuf {
        self.root.join("orphans")
    }

    /// `quarantine`: what was wrong and has been moved out of the way.
    #[must_use]
    pub fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    /// `thumbs`.
    #[must_use]
    pub fn thumbnails(&self) -> PathBuf {
        self.root.join("thumbs")
    }

    /// `thumbs/ab/<sha256>.jpg`.
    #[must_use]
    pub fn thumbnail(&self, key: &BlobKey) -> PathBuf {
        fan_out(self.thumbnails(), key).join(format!("{key}.jpg"))
    }
}

fn fan_out(mut folder: PathBuf, key: &BlobKey) -> PathBuf {
    folder.push(&key.0[..2]);
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hex_and_makes_the_path() {
        let key = BlobKey::from_digest(&[0xab; 32]);
        assert_eq!(key.as_str(), "ab".repeat(32));
        assert_eq!(BlobKey::parse(key.as_str()), Some(key.clone()));
        let layout = Layout::new(Path::new("/d"));
        assert_eq!(layout.blob(&key), Path::new("/d/blobs/ab").join("ab".repeat(32)));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in ["", "../../etc/passwd", &"AB".repeat(32), &"ab".repeat(31)] {
            assert_eq!(BlobKey::parse(bad), None);
        }
    }
}
