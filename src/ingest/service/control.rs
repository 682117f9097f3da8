//! Start, stop, delete.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{Ingest, store};
use crate::ingest::model::{Lease, State, Task, TaskId};
use crate::platform::db::Tx;
use crate::platform::error::{Error, Result, Thing};

/// How long a request waits for the rows in flight.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often the database is asked whether another server has let go of a task.
const LOOK: Duration = Duration::from_millis(100);

impl Ingest {
    /// Starts a task, or goes on with it. One that runs already is left alone.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is completed.
    pub async fn start(&self, id: &str) -> Result<()> {
        let (mut tx, task) = self.open(id).await?;
        match task.state {
            State::Completed => {
                let message = ("The task is completed; it can't be started again.", "任务已完成，不能再次启动");
                return Err(Error::Conflict(message.into()));
            }
            State::Running => return Ok(()),
            _ => store::tasks::set_running(&mut tx, &task.id, self.now()).await?,
        }
        tx.commit().await?;
        self.changed(&task.id);
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Stops a task. Answers when no row of it is in flight any more.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it doesn't run; `Unavailable` when rows are in flight still after three minutes.
    pub async fn stop(&self, id: &str) -> Result<()> {
        let (mut tx, task) = self.open(id).await?;
        if task.state != State::Running {
            let message = ("The task isn't running.", "任务不处于启动状态");
            return Err(Error::Conflict(message.into()));
        }
        store::tasks::set_stopped(&mut tx, &task.id, self.now()).await?;
        tx.commit().await?;
        self.changed(&task.id);
        self.ended(&task).await
    }

    /// Deletes a task, whatever its state; nobody sees it any more. Answers when no row of it is in flight. Its faces stay.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` as [`Self::stop`]: it is deleted all the same.
    pub async fn delete(&self, id: &str) -> Result<()> {
        let (mut tx, task) = self.open(id).await?;
        store::tasks::set_deleted(&mut tx, &task.id, self.now()).await?;
        tx.commit().await?;
        self.changed(&task.id);
        let ended = self.ended(&task).await;
        self.inner.wake.notify_one();
        ended
    }

    /// Begins a change of a task: its row is locked.
    async fn open(&self, id: &str) -> Result<(Tx, Task)> {
        let id = TaskId::parse(id).ok_or(Error::NotFound(Thing::Task))?;
        let mut tx = self.inner.db.begin().await?;
        let task = store::tasks::lock(&mut tx, &id).await?.ok_or(Error::NotFound(Thing::Task))?;
        Ok((tx, task))
    }

    /// Waits until nobody works on the task any more, as it was when `task` was read.
    async fn ended(&self, task: &Task) -> Result<()> {
        if let Some(running) = self.inner.running.find(&task.id) {
            running.quit();
            return timeout(PATIENCE, running.ended()).await.map_err(|_| still_in_flight());
        }
        let end = Instant::now() + PATIENCE;
        while let Some(lease) = store::tasks::lease(&self.inner.db, &task.id).await? {
            if !self.is_held(&task.lease, &lease) {
                break;
            }
            if Instant::now() > end {
                return Err(still_in_flight());
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Whether another server still works under the lease that was seen. One of this server's that it doesn't know of is
    /// from an earlier life.
    fn is_held(&self, seen: &Lease, now: &Lease) -> bool {
        now.epoch == seen.epoch && now.until > self.now() && now.owner != self.inner.node
    }
}

fn still_in_flight() -> Error {
    let message = ("Rows of the task are still in flight; ask again.", "仍有数据行正在处理，请稍后再试");
    Error::Unavailable(message.into())
}
