//! Looking: lists, one task, its progress.

use super::{Ingest, store};
use crate::collect::model::Page;
use crate::collect::model::cursor::Cursor;
use crate::ingest::model::{Progress, State, Task};
use crate::platform::error::Result;
use crate::platform::paging::{check_limit, cut};

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
        let before = Cursor::key(cursor)?;
        let (group, state) = (wanted.group.as_deref(), wanted.state);
        let wanted = store::tasks::Wanted { group, state, before, limit: Some(limit + 1) };
        let mut items = store::tasks::list(&self.inner.db, &wanted).await?;
        let is_more = cut(&mut items, limit);
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
