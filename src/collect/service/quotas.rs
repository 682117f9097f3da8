//! Settings of a tag, and refusing early what no quota has room for.

use super::{Collect, store};
use crate::collect::model::quota::{NewSettings, Settings, Use};
use crate::collect::model::{Name, Tag};
use crate::platform::error::Result;

/// Smaller uploads are not worth the question: their commit decides.
const LARGE: u64 = 1 << 20;

impl Collect {
    /// Changes what an owner has set for a tag.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a number that is out of range.
    pub async fn change_settings(&self, tag: &str, new: NewSettings) -> Result<Tag> {
        let found = self.tag(tag).await?;
        let mut tx = self.inner.db.begin().await?;
        let old: Settings = store::quotas::lock_settings(&mut tx, found.id).await?;
        let settings = new.over(old)?;
        store::quotas::set(&mut tx, found.id, settings).await?;
        tx.commit().await?;
        Ok(Tag { settings, ..found })
    }

    /// Most bytes of the living files of all tags, where that is bounded.
    #[must_use]
    pub fn total_quota(&self) -> Option<i64> {
        let quota = self.inner.config.storage.quota;
        quota.map(|bytes| i64::try_from(bytes.as_u64()).unwrap_or(i64::MAX))
    }

    /// The bytes of all tags against their quota.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn total_use(&self) -> Result<Use> {
        Ok(Use { used: store::quotas::used(&self.inner.db).await?, allowed: self.total_quota() })
    }

    /// Refuses a large upload before its bytes arrive when it is clear already that a quota has no room. It isn't
    /// while the name is known there: the upload may be a retry, or replace what stands there. What counts in the end
    /// is the commit.
    ///
    /// # Errors
    /// `OverQuota`.
    pub async fn foresee(&self, tag: &Name, name: &Name, announced: Option<u64>) -> Result<()> {
        match announced.filter(|size| *size >= LARGE) {
            // On the heap: thousands of uploads that only trickle in needn't have room for it.
            Some(size) => Box::pin(self.foresee_large(tag, name, size)).await,
            None => Ok(()),
        }
    }

    async fn foresee_large(&self, tag: &Name, name: &Name, size: u64) -> Result<()> {
        let outlook = store::quotas::outlook(&self.inner.db, tag.as_str(), name.as_str()).await?;
        if outlook.is_known {
            return Ok(());
        }
        let growth = i64::try_from(size).unwrap_or(i64::MAX);
        Use { used: outlook.tag, allowed: outlook.quota }.admit(growth, Some(tag.as_str()))?;
        Use { used: outlook.total, allowed: self.total_quota() }.admit(growth, None)
    }
}
