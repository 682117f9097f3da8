//! Telling those who watch a task that something about it has changed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::Ingest;
use crate::ingest::model::TaskId;

/// Who watches what. A task that nobody watches has no entry for longer than until its next change.
#[derive(Debug, Default)]
pub struct Watchers {
    by_task: Mutex<HashMap<TaskId, watch::Sender<u64>>>,
}

impl Ingest {
    /// Changes whenever the task does: its state, its counts, its log. What changed is for [`Ingest::progress`] to say.
    /// Work of another server on the same database isn't noticed; look again now and then.
    #[must_use]
    pub fn watch(&self, id: &TaskId) -> watch::Receiver<u64> {
        let mut by_task = self.inner.watchers.by_task.lock().unwrap_or_else(PoisonError::into_inner);
        by_task.entry(id.clone()).or_default().subscribe()
    }

    /// Something about the task has changed.
    pub(super) fn changed(&self, id: &TaskId) {
        let mut by_task = self.inner.watchers.by_task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = by_task.get(id) {
            sender.send_modify(|count| *count = count.wrapping_add(1));
            if sender.receiver_count() == 0 {
                by_task.remove(id);
            }
        }
    }
}
