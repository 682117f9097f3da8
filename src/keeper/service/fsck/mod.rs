//! Is everything there, and as it should be? Rows against blobs against their digests, both ways; image folders, CSVs,
//! counters, and what lies about.
//!
//! What always holds: memory stays flat, as everything is read by key; while a server runs, what may be its work under
//! way is looked at again before it counts; without `--repair` nothing is changed, and with it no byte is removed.

mod bytes;
mod counters;
mod folders;
mod leftovers;
mod mend;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Keeper;
use crate::keeper::model::{Finding, Kind, Tally, YOUNG};
use crate::platform::blobs::Blobs;
use crate::platform::error::Result;
use mend::Quarantine;

/// How long work under way may take to become visible: between a commit and the removal of bytes, say.
const SETTLE: Duration = Duration::from_secs(2);

/// What is told while it goes on.
#[derive(Debug, Clone)]
pub enum Note {
    Found(Finding),
    /// What was done about the finding before.
    Mended(String),
}

/// How far it has come; to be shown by somebody else.
#[derive(Debug, Default)]
pub struct Progress {
    pub blobs: AtomicU64,
    pub bytes: AtomicU64,
}

/// How to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Sizes only; no byte is read.
    pub quick: bool,
    /// Mend what can be mended; the data folder must be held.
    pub repair: bool,
}

/// One look at everything.
struct Look<'a> {
    keeper: &'a Keeper,
    manner: Manner,
    progress: Arc<Progress>,
    tell: &'a mut (dyn FnMut(Note) + Send + Sync),
    tally: Tally,
    /// A server works in the folder.
    is_served: bool,
    quarantine: Quarantine,
    /// When it began, in UTC milliseconds.
    began: i64,
}

impl Keeper {
    /// Looks at everything, and mends it where asked to. Each finding is told as it is found.
    ///
    /// # Errors
    /// When the database doesn't answer or the disk can't be read; before a repair, when it isn't this folder's
    /// ([`Keeper::bind`]).
    pub async fn fsck(
        &self,
        manner: Manner,
        progress: Arc<Progress>,
        tell: &mut (dyn FnMut(Note) + Send + Sync),
    ) -> Result<Tally> {
        if manner.repair {
            self.bind().await?;
        }
        let is_served = !self.blobs.is_held() && Blobs::is_served(self.blobs.layout().root());
        let began = self.now();
        let quarantine = Quarantine::new(self.blobs.clone(), began);
        let tally = Tally::default();
        let mut look = Look { keeper: self, manner, progress, tell, tally, is_served, quarantine, began };
        look.blobs().await?;
        look.strays().await?;
        look.counters().await?;
        look.folders().await?;
        look.tables().await?;
        look.staged().await?;
        let Look { mut tally, progress, .. } = look;
        tally.blobs = progress.blobs.load(Ordering::Relaxed);
        tally.bytes = progress.bytes.load(Ordering::Relaxed);
        Ok(tally)
    }
}

impl Look<'_> {
    /// Gives work under way time to end, where a server runs.
    async fn settle(&self) {
        if self.is_served {
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// Whether something of this time is too young to say anything of it.
    fn is_young(&self, modified_ms: i64) -> bool {
        modified_ms > self.began - YOUNG
    }

    /// Tells a finding.
    fn found(&mut self, kind: Kind, place: String, what: String) {
        self.tally.findings += 1;
        (self.tell)(Note::Found(Finding { kind, place, what }));
    }

    /// Tells that the last finding was mended, and notes it down.
    async fn mended(&mut self, how: String) -> Result<()> {
        self.tally.mended += 1;
        self.quarantine.note(&how).await?;
        (self.tell)(Note::Mended(how));
        Ok(())
    }

    /// A path as it is told: below the data folder.
    fn shown(&self, path: &std::path::Path) -> String {
        let root = self.keeper.blobs.layout().root();
        path.strip_prefix(root).unwrap_or(path).display().to_string()
    }
}
