//! Files that have been kept for the days of their tag go to the trash, a few at a time.

use super::{Collect, store, turns};
use crate::collect::model::quota::Settings;
use crate::collect::model::{Filter, retention};
use crate::collect::store::quotas::Kept;
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Files in one transaction: uploads get their turn in between.
const STEP: u32 = 500;

impl Collect {
    /// Puts what has been kept for the days of its tag in the trash, where it can be restored as ever. How many.
    ///
    /// # Errors
    /// When the database can't be written; what went until then stays in the trash.
    pub async fn sweep_kept(&self) -> Result<u64> {
        let mut swept = 0;
        for kept in store::quotas::kept(&self.inner.db).await? {
            let before = retention::limit(self.inner.clock.now_ms(), kept.days);
            swept += self.sweep_uploaded(kept, before).await?;
            swept += self.sweep_restored(kept, before).await?;
        }
        Ok(swept)
    }

    /// In upload order, from the mark on.
    async fn sweep_uploaded(&self, mut kept: Kept, before: i64) -> Result<u64> {
        let mut swept = 0;
        loop {
            let met = store::quotas::behind(&self.inner.db, kept.tag, kept.swept_seq, STEP).await?;
            let Some((ids, mark)) = retention::ripe(&met, before) else {
                return Ok(swept);
            };
            swept += turns::take(|| self.sweep_step(kept, &ids, before, mark)).await?;
            kept.swept_seq = mark;
        }
    }

    /// What came back from the trash, however long ago it was uploaded.
    async fn sweep_restored(&self, kept: Kept, before: i64) -> Result<u64> {
        let mut swept = 0;
        loop {
            let ids = store::quotas::restored(&self.inner.db, kept.tag, before, STEP).await?;
            let gone = turns::take(|| self.sweep_step(kept, &ids, before, kept.swept_seq)).await?;
            swept += gone;
            if gone == 0 {
                return Ok(swept);
            }
        }
    }

    async fn sweep_step(&self, kept: Kept, ids: &[Id], before: i64, mark: i64) -> Result<u64> {
        let mut tx = self.inner.db.begin().await?;
        let Settings { keep_days, .. } = store::quotas::lock_settings(&mut tx, kept.tag).await?;
        // The owner may have changed it meanwhile, or somebody restored one of them.
        let ids = store::quotas::still_due(&mut tx, ids, before).await?;
        if keep_days != Some(kept.days) {
            return Ok(0);
        }
        let mut count = 0;
        if !ids.is_empty() {
            let filter = Filter { ids: Some(ids), ..Filter::default() };
            count = self.bury_in(&mut tx, kept.tag, &filter).await?.count;
        }
        store::quotas::note_swept(&mut tx, kept.tag, mark).await?;
        tx.commit().await?;
        Ok(count)
    }
}
