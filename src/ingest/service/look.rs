//! Looking: lists, one task, its progress.

use super::{Ingest, store};
use crate::collect::model::Page;
use crate::collect::model::cursor::Cursor;
use crate::ingest::model::{Progress, State, Task};
use crate::platform::error::{Error, Result};

/// Largest page of a list.
pub const MAX_LIMIT: u32 = 1000;

/// What a list of tasks is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The very name of a group.
    pub group: Option<String>,
    pub state: Option<State>,
}

impl Ingest {
    /// The ids of a group's tasks, newest first.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn list(&self, group: &str, state: Option<State>) -> Result<Vec<String>> {
        let wanted = store::tasks::Wanted { group: Some(group), state, ..Default::default() };
        store::tasks::ids(&self.inner.db, &wanted).await
    }

    /// Tasks, newest first, a page at a time.
    ///
    /// # Errors
    /// `Invalid` for a limit or cursor that isn't one.
    pub async fn tasks(&self, wanted: &Wanted, cursor: Option<&str>, limit: u32) -> Result<Page<Task>> {
        check_limit(limit)?;
        let before = after(cursor)?;
        let (group, state) = (wanted.group.as_deref(), wanted.state);
        let wanted = store::tasks::Wanted { group, state, before, limit: Some(limit + 1) };
        let mut items = store::tasks::list(&self.inner.db, &wanted).await?;
        let is_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| is_more).map(|task| Cursor::Number { key: task.seq, tie: 0 }.encode());
        Ok(Page { items, next })
    }

    /// How far a task is.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn progress(&self, id: &str) -> Result<Progress> {
        let task = self.task(id).await?;
        let counts = store::tasks::counts(&self.inner.db, &task.id).await?;
        let running = self.inner.running.find(&task.id).filter(|_| task.state == State::Running);
        let rate = running.and_then(|running| running.rate());
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        let left =
            rate.filter(|rate| *rate > 0.0).map(|rate| ((task.total - task.handled) as f64 / rate).ceil() as u64);
        Ok(Progress { task, counts, rate, left })
    }
}

pub(super) fn check_limit(limit: u32) -> Result<()> {
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(());
    }
    Err(Error::invalid("limit", ("must be a whole number from 1 to 1000", "必须是 1 到 1000 的整数")))
}

/// The number that a cursor of this room holds.
pub(super) fn after(cursor: Option<&str>) -> Result<Option<i64>> {
    match cursor.map(Cursor::decode).transpose()? {
        None => Ok(None),
        Some(Cursor::Number { key, tie: 0 }) => Ok(Some(key)),
        Some(_) => Err(Error::invalid("cursor", ("belongs to another list", "该游标属于另一个列表"))),
    }
}
