//! The log of what was done, and the small chores of this room.

use std::sync::{MutexGuard, PoisonError};

use ring::digest::{SHA256, digest};

use super::{Accounts, store};
use crate::accounts::model::gathered::{Gathered, Several};
use crate::accounts::model::{DAY_MS, Entry, Line, LineFilter};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::paging::{check_limit, cut};

/// How long lines are kept.
const KEPT_MS: i64 = 400 * DAY_MS;

impl Accounts {
    /// Writes down something rare, before its answer leaves.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn record(&self, entry: &Entry) -> Result<()> {
        let id = Id(self.inner.ids.draw(1).await?);
        let tx = self.inner.db.begin().await?;
        tx.commit_with(vec![store::audit::insert(id, self.inner.clock.now_ms(), entry, 1, None)]).await
    }

    /// Counts something frequent; [`Self::write_gathered`] writes it down.
    pub fn gather(&self, entry: Entry) {
        self.gathered().add(entry, self.inner.clock.now_ms());
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.inner.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was gathered, in one commit; nothing is lost where that fails.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn write_gathered(&self) -> Result<()> {
        let lines = self.gathered().take();
        if lines.is_empty() {
            return Ok(());
        }
        let written = self.write_all(&lines).await;
        if written.is_err() {
            self.gathered().put_back(lines);
        }
        written
    }

    async fn write_all(&self, lines: &[Several]) -> Result<()> {
        let first = self.inner.ids.draw(i64::try_from(lines.len()).unwrap_or(1)).await?;
        let mut tx = self.inner.db.begin().await?;
        for (id, line) in (first..).zip(lines) {
            store::audit::count_up(&mut tx, Id(id), line, &key(line)).await?;
        }
        tx.commit().await
    }

    /// The lines that the filter finds, the newest first, and whether there are more.
    ///
    /// # Errors
    /// `Invalid` for a limit out of range.
    pub async fn lines(&self, filter: &LineFilter, limit: u32) -> Result<(Vec<Line>, bool)> {
        check_limit(limit)?;
        self.write_gathered().await?;
        let mut lines = store::audit::list(&self.inner.db, filter, limit + 1).await?;
        let is_more = cut(&mut lines, limit);
        Ok((lines, is_more))
    }

    /// Removes old lines and expired sessions.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn tidy(&self) -> Result<()> {
        let now = self.inner.clock.now_ms();
        let tx = self.inner.db.begin().await?;
        tx.commit_with(vec![store::audit::purge(now - KEPT_MS), store::sessions::purge(now)]).await
    }
}

/// What all times of one line have in common.
fn key(line: &Several) -> Vec<u8> {
    let Several { at, entry, .. } = line;
    let id = entry.who_id.map_or(0, |id| id.0);
    let parts = [&entry.who, &entry.address, &entry.action, &entry.path];
    // Each comes with its length, so that none can pass for the end of another.
    let parts = parts.iter().map(|part| format!("{}:{part}", part.len())).collect::<Vec<_>>().concat();
    let text = format!("{at} {} {id} {} {} {parts}", entry.kind, entry.status, entry.is_refused);
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}
