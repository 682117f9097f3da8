//! The use cases of the keeper. They need a database and a data folder, not a running server; all but repairs and
//! restores work beside one.
//!
//! What always holds: what may be somebody's work under way is looked at again before it counts; bytes that a row may
//! name are moved, never removed.

pub mod backup;
pub mod bond;
pub mod doctor;
pub mod fsck;
pub mod gc;
pub mod restore;
pub mod scrub;
mod tables;

use std::collections::BTreeSet;

use super::model::NAMES;
use super::store;
use crate::collect::service::keeping as collect;
use crate::faces::service::keeping as faces;
use crate::platform::blobs::{BlobKey, Blobs};
use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::platform::error::{Error, Result};
use crate::training::service::keeping as training;

/// Rows and files that are looked at in one go.
const PAGE: u32 = 1000;

/// Looks after one store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Keeper {
    pub db: Db,
    pub blobs: Blobs,
    pub clock: Clock,
}

impl Keeper {
    /// Which of these blobs any room needs.
    async fn needed(&self, keys: &[BlobKey]) -> Result<BTreeSet<String>> {
        let mut needed = BTreeSet::new();
        collect::add_needed(&self.db, keys, &mut needed).await?;
        training::add_needed(&self.db, keys, &mut needed).await?;
        faces::add_needed(&self.db, keys, &mut needed).await?;
        Ok(needed)
    }

    /// Who needs a blob, in names that a person knows.
    async fn names_of(&self, key: &BlobKey) -> Result<String> {
        let (mut names, mut count) = collect::uses(&self.db, key, NAMES).await?;
        let (images, image_count) = training::uses(&self.db, key, NAMES).await?;
        let (crops, crop_count) = faces::uses(&self.db, key, NAMES).await?;
        names.extend(images.into_iter().chain(crops));
        count += image_count + crop_count;
        if names.is_empty() {
            return Ok("nothing needs it".to_owned());
        }
        let more = count - i64::try_from(names.len()).unwrap_or(count);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Ok(format!("needed by {}{more}", names.join(", ")))
    }

    fn now(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// Runs what blocks on the disk where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(Error::internal)??)
}

/// The beginnings of the 256 folders of blobs, each with where it ends: `("ab", "ac")`.
fn prefixes() -> impl Iterator<Item = (u8, String, String)> {
    // Behind "ff" comes no digit of a key.
    (0..=u8::MAX).map(|byte| {
        let end = byte.checked_add(1).map_or("g".to_owned(), |next| format!("{next:02x}"));
        (byte, format!("{byte:02x}"), end)
    })
}
