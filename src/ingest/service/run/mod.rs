//! Working on tasks: who does it here, and one run from its lease to its end.
//!
//! What always holds: a task is worked on by one run in this process, and by one process at a time that can write
//! anything (the epoch fences all others); a run ends by letting go of the lease, unless it has lost it; and what it
//! has begun is either committed or done again by the next run, never half.

mod budget;
mod commit;
mod feed;
mod registry;
mod row;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use tokio::sync::mpsc;

pub use budget::Budget;
pub use registry::Registry;
use registry::Running;

use super::{Ingest, store};
use crate::ingest::model::{Bad, State, Task, TaskId};
use crate::platform::error::{Error, Message, Result};
use store::runs::End;

/// How long a lease lasts without a sign of life.
pub(super) const LEASE_MS: i64 = 15_000;

/// CSVs that were written less than this long ago may still get their task.
const YOUNG_MS: i64 = 3_600_000;

/// Outcomes that may wait for their commit.
const QUEUE: usize = 1024;

impl Ingest {
    /// Looks at what the database says is to be done and sees that somebody here does it: tasks that run, deleted ones whose
    /// rows are to go.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn reconcile(&self) -> Result<()> {
        let free = store::runs::free(&self.inner.db, &self.inner.node, self.now()).await?;
        for free in free {
            if !free.is_own(&self.inner.node) && !self.blobs().layout().table(free.id.as_str()).exists() {
                // Its CSV lies at another server.
                continue;
            }
            self.take_up(free.id, free.state);
        }
        Ok(())
    }

    /// Seed 003's older rule (`ingest.on_restart = "stop"`): what was running when this server ended is stopped. Call it
    /// before anything is started.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn stop_left_over(&self) -> Result<u64> {
        let mut tx = self.inner.db.begin().await?;
        let stopped = store::runs::stop_all(&mut tx, &self.inner.node, self.now()).await?;
        tx.commit().await?;
        Ok(stopped)
    }

    /// Ends all runs here: rows in flight finish and are committed, within `grace`; the tasks stay running for whoever
    /// comes next.
    pub async fn close(&self, grace: Duration) {
        self.inner.is_closing.store(true, Ordering::SeqCst);
        let all = self.inner.running.all();
        for running in &all {
            running.quit();
        }
        let ended = futures_util::future::join_all(all.iter().map(|running| running.ended()));
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!("rows that were in flight at the end are done again after the next start");
        }
    }

    /// Works on a task unless somebody here does already.
    fn take_up(&self, id: TaskId, state: State) {
        if self.inner.is_closing.load(Ordering::SeqCst) {
            return;
        }
        let Some(entry) = self.inner.running.enter(id.clone()) else {
            return;
        };
        let ingest = self.clone();
        tokio::spawn(async move {
            let running = entry.running.clone();
            let work = async {
                match state {
                    State::Deleted => ingest.purge(&id).await,
                    _ => ingest.run(&id, &running).await,
                }
            };
            let done = std::panic::AssertUnwindSafe(work).catch_unwind().await;
            let is_good = match done {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(task = %id, %error, "work on an ingest task broke off; it is taken up again");
                    false
                }
                Err(panic) => {
                    ingest.give_up(&id, &reason(&*panic)).await;
                    false
                }
            };
            drop(entry);
            ingest.changed(&id);
            if is_good {
                // It may have been started again while it ended.
                ingest.inner.wake.notify_one();
            }
        });
    }

    /// A run that panicked would do so again: the task stops, and says why.
    async fn give_up(&self, id: &TaskId, why: &str) {
        tracing::error!(task = %id, why, "the run of an ingest task failed");
        let end = End::Failed(Bad::system(why).message);
        let given = async {
            let Some(lease) = store::tasks::lease(&self.inner.db, id).await?.filter(|l| l.owner == self.inner.node)
            else {
                return Ok(());
            };
            self.release(id, lease.epoch, &end).await
        };
        if let Err(error) = given.await {
            tracing::error!(task = %id, %error, "a failed task was not stopped");
        }
    }

    /// Lets go of a task.
    async fn release(&self, id: &TaskId, epoch: i64, end: &End) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        if !store::runs::release(&mut tx, id, epoch, end, self.now()).await? {
            // It was deleted meanwhile, or is somebody else's.
            store::runs::release(&mut tx, id, epoch, &End::Released, self.now()).await?;
        }
        tx.commit().await
    }

    /// One run: from the lease to its end.
    async fn run(&self, id: &TaskId, running: &Arc<Running>) -> Result<()> {
        let Some(task) = self.claim(id).await? else {
            return Ok(());
        };
        let epoch = task.lease.epoch;
        if task.handled >= task.total {
            return self.release(id, epoch, &End::Completed).await;
        }
        let done = store::runs::done(&self.inner.db, id, task.mark.row).await?;
        let table = match feed::Table::open(self, &task, done).await {
            Ok(table) => table,
            Err(error) => {
                tracing::error!(task = %id, %error, "the rows of a task can't be read");
                return self.release(id, epoch, &End::Failed(unreadable(&error))).await;
            }
        };
        let (sender, outcomes) = mpsc::channel(QUEUE);
        let committer = commit::Committer::new(self.clone(), task.clone(), running.clone()).await?;
        running.measure(task.handled);
        let (fed, written) = tokio::join!(feed::feed(self, &task, table, running, sender), committer.run(outcomes));
        let Some(written) = written? else {
            tracing::warn!(task = %id, "another server has taken this task up");
            return Ok(());
        };
        let end = match (fed, written.failure) {
            (_, Some(failure)) => End::Failed(failure),
            _ if written.handled >= task.total => End::Completed,
            (Ok(feed::Fed::Whole), _) => {
                End::Failed(("the CSV of the task isn't whole", "任务的 CSV 文件不完整").into())
            }
            (Ok(feed::Fed::Part), _) => End::Released,
            (Err(error), _) => End::Failed(unreadable(&error)),
        };
        self.release(id, epoch, &end).await
    }

    /// Takes the lease; the task as it is then. `None` when it is nobody's to take.
    async fn claim(&self, id: &TaskId) -> Result<Option<Task>> {
        let now = self.now();
        let mut tx = self.inner.db.begin().await?;
        if !store::runs::claim(&mut tx, id, &self.inner.node, now, now + LEASE_MS).await? {
            return Ok(None);
        }
        let task = store::tasks::lock(&mut tx, id).await?;
        tx.commit().await?;
        Ok(task)
    }

    /// Removes what a deleted task has left: its rows step by step, then its CSV.
    async fn purge(&self, id: &TaskId) -> Result<()> {
        loop {
            let mut tx = self.inner.db.begin().await?;
            let is_gone = store::purge::step(&mut tx, id).await?;
            tx.commit().await?;
            if is_gone {
                break;
            }
            // Others may write in between.
            tokio::task::yield_now().await;
        }
        match tokio::fs::remove_file(self.blobs().layout().table(id.as_str())).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Removes CSVs that no task names: those of a crash, and of deleted tasks. Young ones stay until the next time:
    /// another server that shares the folder may just be making their task.
    ///
    /// # Errors
    /// When database or disk don't answer.
    pub async fn sweep(&self) -> Result<()> {
        let folder = self.blobs().layout().tables();
        let before = self.now() - YOUNG_MS;
        let names = tokio::task::spawn_blocking(move || names_in(&folder, before)).await.map_err(Error::internal)??;
        for ids in names.chunks(256) {
            let known = store::purge::known(&self.inner.db, ids).await?;
            for id in ids.iter().filter(|id| !known.iter().any(|known| known == id.as_str())) {
                tokio::fs::remove_file(self.blobs().layout().table(id.as_str())).await?;
            }
        }
        Ok(())
    }
}

/// The tasks whose CSVs were last written before a time.
fn names_in(folder: &Path, before: i64) -> io::Result<Vec<TaskId>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let written = entry.metadata()?.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let name = entry.file_name().to_string_lossy().strip_suffix(".csv").and_then(TaskId::parse);
        names.extend(name.filter(|_| i64::try_from(written.as_millis()).is_ok_and(|written| written < before)));
    }
    Ok(names)
}

fn unreadable(error: &io::Error) -> Message {
    (format!("the CSV of the task can't be read: {error}"), format!("任务的 CSV 文件无法读取: {error}")).into()
}

/// What a panic says.
fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
