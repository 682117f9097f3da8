//! Which tasks are worked on in this process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::ingest::model::TaskId;

/// The rate is that of the last seconds.
const WINDOW: Duration = Duration::from_secs(10);

/// Who is at work.
#[derive(Debug, Default, Clone)]
pub struct Registry {
    by_task: Arc<Mutex<HashMap<TaskId, Arc<Running>>>>,
}

/// A run, as others see it.
#[derive(Debug, Default)]
pub struct Running {
    quit: watch::Sender<bool>,
    ended: watch::Sender<bool>,
    /// Handled rows over the last seconds.
    meter: Mutex<VecDeque<(Instant, i64)>>,
}

/// The place of a run in the registry; the run has ended when it is dropped.
pub struct Entry {
    registry: Registry,
    id: TaskId,
    pub running: Arc<Running>,
}

impl Registry {
    /// Takes the place of a task, unless it is taken.
    pub fn enter(&self, id: TaskId) -> Option<Entry> {
        let mut by_task = self.by_task.lock().unwrap_or_else(PoisonError::into_inner);
        if by_task.contains_key(&id) {
            return None;
        }
        let running = Arc::<Running>::default();
        by_task.insert(id.clone(), running.clone());
        Some(Entry { registry: self.clone(), id, running })
    }

    /// The run of a task.
    pub fn find(&self, id: &TaskId) -> Option<Arc<Running>> {
        self.by_task.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All runs.
    pub fn all(&self) -> Vec<Arc<Running>> {
        self.by_task.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.by_task.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.running.ended.send_replace(true);
    }
}

impl Running {
    /// It is to take no new row.
    pub fn quit(&self) {
        self.quit.send_replace(true);
    }

    /// Whether it is to take no new row.
    pub fn is_quitting(&self) -> bool {
        *self.quit.borrow()
    }

    /// Resolves when it is to take no new row.
    pub async fn quitting(&self) {
        // The sender lives as long as `self`.
        let _ = self.quit.subscribe().wait_for(|quit| *quit).await;
    }

    /// Resolves when it has ended.
    pub async fn ended(&self) {
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// So many rows are handled now.
    pub fn measure(&self, handled: i64) {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        meter.push_back((now, handled));
        while meter.len() > 2 && meter.get(1).is_some_and(|(at, _)| now - *at > WINDOW) {
            meter.pop_front();
        }
    }

    /// Rows per second over the last seconds; `None` before there is anything to tell.
    pub fn rate(&self) -> Option<f64> {
        let meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        let ((start, before), (_, after)) = meter.front().zip(meter.back())?;
        let seconds = start.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "rows of ten seconds")]
        (meter.len() > 1 && seconds > 0.0).then(|| (after - before) as f64 / seconds)
    }
}
