//! The slow look at all bytes while the server runs: a bit that has flipped is found before somebody misses it.
//!
//! How far it has come is kept in the database, so a restart goes on. What is damaged stays on a list until it is whole
//! again or its row is gone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Keeper, blocking, store};
use crate::collect::service::keeping::{self as collect, Blob};
use crate::platform::blobs::{BlobKey, State};
use crate::platform::clock::rfc3339;
use crate::platform::error::{Error, Message, Result};
use crate::platform::web::about::Part;
use crate::training::service::keeping as training;
use store::Damaged;

/// Blobs that are looked at between two notes of the place.
const STEP: u32 = 256;

/// Where the look is: the last key.
const PLACE: &str = "scrub_place";

/// When the last whole look ended: UTC milliseconds.
const ENDED: &str = "scrub_ended";

/// What the page that describes this server tells; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<Facts>>);

/// What is known of the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// Damaged or missing blobs.
    pub damaged: i64,
    /// When the last whole look ended, in UTC milliseconds.
    pub ended: Option<i64>,
}

impl Health {
    /// As last known.
    #[must_use]
    pub fn facts(&self) -> Facts {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, facts: Facts) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = facts;
    }

    /// The part of the page.
    #[must_use]
    pub fn part(&self) -> Part {
        let Facts { damaged, ended } = self.facts();
        let ended: Message = ended.map_or(("not yet", "尚未完成").into(), |at| (rfc3339(at), rfc3339(at)).into());
        let found: Message = if damaged == 0 {
            ("none found", "未发现").into()
        } else {
            (
                format!("{damaged} — the log names them, and `granary fsck`"),
                format!("{damaged} 个，详见日志或 granary fsck"),
            )
                .into()
        };
        let rows = vec![
            (("Damaged or missing contents", "损坏或缺失的内容").into(), found),
            (("Last look at all bytes ended", "上次全量校验完成于").into(), ended),
        ];
        Part { title: ("Bytes", "数据校验").into(), rows }
    }
}

/// A pause behind each blob that is not whole.
const LULL: Duration = Duration::from_millis(50);

impl Keeper {
    /// What is known of the bytes.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn facts(&self) -> Result<Facts> {
        let ended = store::recall(&self.db, ENDED).await?.and_then(|text| text.parse().ok());
        Ok(Facts { damaged: store::count(&self.db).await?, ended })
    }

    /// Tells what is known.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn tell(&self, health: &Health) -> Result<()> {
        health.set(self.facts().await?);
        Ok(())
    }

    /// Looks at the next blobs, at most `rate` bytes a second; whether that was the end of a whole look.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn scrub_step(&self, rate: u64, health: &Health) -> Result<bool> {
        let place = store::recall(&self.db, PLACE).await?.unwrap_or_default();
        let blobs = collect::blobs(&self.db, &place, "g", STEP).await?;
        let Some(last) = blobs.last().map(|blob| blob.key.as_str().to_owned()) else {
            self.look_at_list(rate).await?;
            store::remember(&self.db, PLACE, "").await?;
            store::remember(&self.db, ENDED, &self.now().to_string()).await?;
            self.tell(health).await?;
            return Ok(true);
        };
        let known = store::damaged(&self.db, &place, STEP).await?;
        for blob in blobs {
            let was_damaged = known.iter().any(|damaged| damaged.sha256 == blob.key.as_str());
            self.scrub_blob(blob, rate, was_damaged).await?;
        }
        store::remember(&self.db, PLACE, &last).await?;
        self.tell(health).await?;
        Ok(false)
    }

    async fn scrub_blob(&self, blob: Blob, rate: u64, was_damaged: bool) -> Result<()> {
        let state = self.read_slowly(&blob, rate).await?;
        if state == State::Good {
            return if was_damaged { self.welcome_back(&blob.key).await } else { Ok(()) };
        }
        // Its row goes before its bytes: if it is still there, something is wrong.
        if collect::blob(&self.db, &blob.key).await?.is_none() {
            return Ok(());
        }
        let what = describe(&state);
        if !was_damaged {
            let names = self.names_of(&blob.key).await?;
            tracing::error!(blob = %blob.key, what, %names, "damaged: upload the same bytes again, or take them from a backup");
        }
        let damaged = Damaged { sha256: blob.key.as_str().to_owned(), what: what.to_owned(), found_at: self.now() };
        store::note(&self.db, &damaged).await?;
        // What is missing takes no reading: a lost disk isn't to fill the log and the writer.
        tokio::time::sleep(LULL).await;
        Ok(())
    }

    /// A blob is whole again: off the list, and the image folders that hold its old bytes are made anew.
    async fn welcome_back(&self, key: &BlobKey) -> Result<()> {
        training::mark_stale_of(&self.db, key).await?;
        store::forget(&self.db, key.as_str()).await
    }

    /// On a thread that may wait; after each piece it pauses for as long as the piece should have taken.
    async fn read_slowly(&self, blob: &Blob, rate: u64) -> Result<State> {
        let (blobs, blob) = (self.blobs.clone(), blob.clone());
        blocking(move || {
            let mut read_at = Instant::now();
            let pace = |count: usize| {
                let due = Duration::from_micros((count as u64).saturating_mul(1_000_000) / rate.max(1));
                std::thread::sleep(due.saturating_sub(read_at.elapsed()));
                read_at = Instant::now();
            };
            Ok(blobs.examine(&blob.key, blob.size, true, pace))
        })
        .await
    }

    /// Takes off the list what has no row any more, and what is whole again.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn look_at_list(&self, rate: u64) -> Result<()> {
        let mut after = String::new();
        loop {
            let page = store::damaged(&self.db, &after, STEP).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after.clone_from(&last.sha256);
            for damaged in &page {
                let key = BlobKey::parse(&damaged.sha256);
                let key = key.ok_or_else(|| Error::internal("a digest that is none"))?;
                let is_well = match collect::blob(&self.db, &key).await? {
                    Some(blob) => self.read_slowly(&blob, rate).await? == State::Good,
                    None => true,
                };
                if is_well {
                    self.welcome_back(&key).await?;
                }
            }
        }
    }
}

/// What is wrong, in a few words.
fn describe(state: &State) -> &'static str {
    match state {
        State::Good => "good",
        State::Missing => "missing",
        State::Size(_) => "another size",
        State::Digest => "another SHA-256",
        State::Unreadable(_) => "unreadable",
    }
}
