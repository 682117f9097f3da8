//! How pictures look, for images that must not be parted from their likes.

use ring::digest::{SHA256, digest};

use super::Split;
use crate::platform::ids::Id;
use crate::split::model::group::Mark;
use crate::split::store;
use crate::training::model::Result;

/// Pictures that are asked about at a time.
const AT_ONCE: u32 = 256;

impl Split {
    /// Makes the looks of a task's images that are still missing. No more are decoded at a time than there are cores.
    pub(super) async fn make_looks(&self, task: Id) -> Result<()> {
        let mut after = 0;
        while let Some((keys, last)) = store::traits::lookless(&self.inner.db, task, after, AT_ONCE).await? {
            self.inner.collect.make_these(&keys).await?;
            after = last;
        }
        Ok(())
    }
}

/// The first half of a SHA-256 that is written in hex.
pub(super) fn mark_of_hex(hex: &str) -> Option<Mark> {
    let mut mark = Mark::default();
    for (at, byte) in mark.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(mark)
}

/// A mark for a key of any length.
pub(super) fn mark_of_key(key: &str) -> Mark {
    let digest = digest(&SHA256, key.as_bytes());
    let mut mark = Mark::default();
    mark.copy_from_slice(&digest.as_ref()[..16]);
    mark
}
