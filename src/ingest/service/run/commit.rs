//! Outcomes into the database, many in one transaction.
//!
//! What always holds: a batch's faces, log lines, counts and progress are committed together or not at all; a batch whose
//! commit was answered by a fault is looked for before it is tried again, so it never counts twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::LEASE_MS;
use super::registry::Running;
use crate::faces::service::PreparedFace;
use crate::ingest::model::{LogLine, State, Task, Track};
use crate::ingest::service::{Ingest, store};
use crate::platform::error::Result;
use store::runs::Step;

/// Outcomes that are committed together, at most.
const BATCH: usize = 512;

/// How long an outcome waits for others.
const WAIT: Duration = Duration::from_millis(100);

/// How often a run looks whether it is still wanted.
const BEAT: Duration = Duration::from_secs(1);

/// How long a run is silent before it gives a sign of life: a third of its lease.
const SIGN: Duration = Duration::from_millis(LEASE_MS.unsigned_abs() / 3);

/// How long a batch is tried again while the database doesn't take it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of a row.
pub enum Event {
    /// Its face is to be inserted.
    Good { row: i64, next: i64, face: Box<PreparedFace> },
    /// It came out badly and is to be logged.
    Bad { next: i64, line: LogLine },
    /// It had its outcome before this run.
    Skipped { row: i64, next: i64 },
    /// It came out badly, and the task is to stop at it: no outcome.
    Halt { row: i64, error: String },
}

/// What a run has come to.
pub struct Committed {
    pub handled: i64,
    /// The first row that the task is to stop at.
    pub failure: Option<String>,
}

/// Outcomes that wait for their commit.
#[derive(Default)]
struct Batch {
    rows: Vec<i64>,
    faces: Vec<PreparedFace>,
    lines: Vec<LogLine>,
    /// Rows passed over; they only move the mark.
    skipped: usize,
}

impl Batch {
    fn len(&self) -> usize {
        self.rows.len() + self.skipped
    }
}

/// Commits the outcomes of one run.
pub struct Committer {
    ingest: Ingest,
    task: Task,
    running: Arc<Running>,
    track: Track,
    handled: i64,
    /// All rows that came out so, by code; 0 is a face in the group.
    counts: BTreeMap<i64, i64>,
    batch: Batch,
    failure: Option<(i64, String)>,
    last_sign: Instant,
}

impl Committer {
    /// Goes on where the task stands.
    pub async fn new(ingest: Ingest, task: Task, running: Arc<Running>) -> Result<Self> {
        let known = store::tasks::counts(&ingest.inner.db, &task.id).await?;
        let bad = known.bad.iter().map(|(code, rows)| (code.number(), *rows));
        let counts = bad.chain([(0, known.good)]).collect();
        let (track, handled) = (Track::from(task.mark), task.handled);
        let last_sign = Instant::now();
        let (batch, failure) = (Batch::default(), None);
        Ok(Self { ingest, task, running, track, handled, counts, batch, failure, last_sign })
    }

    /// Commits until nobody sends any more. `None` when somebody else has the task now.
    pub async fn run(mut self, outcomes: mpsc::Receiver<Event>) -> Result<Option<Committed>> {
        let is_ours = self.commit_all(outcomes).await;
        // Where nothing can be committed nothing is to be begun.
        if !matches!(is_ours, Ok(true)) {
            self.running.quit();
        }
        let failure = self.failure.map(|(_, error)| error);
        Ok(is_ours?.then_some(Committed { handled: self.handled, failure }))
    }

    async fn commit_all(&mut self, mut outcomes: mpsc::Receiver<Event>) -> Result<bool> {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut due = Instant::now();
        let mut is_ours = true;
        while is_ours {
            tokio::select! {
                event = outcomes.recv() => {
                    let Some(event) = event else { break };
                    if self.batch.len() == 0 {
                        due = Instant::now() + WAIT;
                    }
                    self.add(event);
                    if self.batch.len() >= BATCH {
                        is_ours = self.commit().await?;
                    }
                }
                () = sleep_until(due), if self.batch.len() > 0 => is_ours = self.commit().await?,
                _ = beat.tick() => is_ours = self.beat().await,
            }
        }
        if is_ours && self.batch.len() > 0 {
            is_ours = self.commit().await?;
        }
        Ok(is_ours)
    }

    fn add(&mut self, event: Event) {
        let (row, next) = match event {
            Event::Halt { row, error } => {
                // The earliest counts: the next run begins with it.
                if self.failure.as_ref().is_none_or(|(first, _)| row < *first) {
                    self.failure = Some((row, error));
                }
                return;
            }
            Event::Skipped { row, next } => {
                self.batch.skipped += 1;
                self.track.done(row, next);
                return;
            }
            Event::Good { row, next, face } => {
                self.batch.faces.push(*face);
                *self.counts.entry(0).or_default() += 1;
                (row, next)
            }
            Event::Bad { next, line } => {
                *self.counts.entry(line.code).or_default() += 1;
                let row = line.row;
                self.batch.lines.push(line);
                (row, next)
            }
        };
        self.batch.rows.push(row);
        self.track.done(row, next);
    }

    /// A sign of life, and a look whether the task is still to run. False when somebody else has it.
    async fn beat(&mut self) -> bool {
        let Task { id, lease, .. } = &self.task;
        let db = &self.ingest.inner.db;
        let state = if self.last_sign.elapsed() > SIGN {
            let until = self.ingest.now() + LEASE_MS;
            store::runs::beat(db, id, lease.epoch, until).await.inspect(|_| self.last_sign = Instant::now())
        } else {
            store::runs::state(db, id, lease.epoch).await
        };
        match state {
            Ok(Some(state)) => {
                if state != State::Running.number() {
                    self.running.quit();
                }
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(task = %id, %error, "the database doesn't answer; an ingest task waits for it");
                true
            }
        }
    }

    /// Commits what waits. False when somebody else has the task.
    async fn commit(&mut self) -> Result<bool> {
        let mut batch = std::mem::take(&mut self.batch);
        let after = self.handled + i64::try_from(batch.rows.len()).unwrap_or(i64::MAX);
        let mark = self.track.mark();
        batch.rows.retain(|row| *row > mark.row);
        batch.lines.sort_unstable_by_key(|line| line.row);
        let end = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(50);
        loop {
            let lease_until = self.ingest.now() + LEASE_MS;
            let step = Step { epoch: self.task.lease.epoch, before: self.handled, after, mark, lease_until };
            match self.write(&batch, &step).await {
                Ok(true) => break,
                Ok(false) => match self.is_committed(&step).await {
                    Ok(true) => break,
                    Ok(false) => return Ok(false),
                    Err(error) => self.wait(error, end, &mut pause).await?,
                },
                Err(error) => self.wait(error, end, &mut pause).await?,
            }
        }
        self.handled = after;
        self.last_sign = Instant::now();
        self.running.measure(after);
        self.ingest.changed(&self.task.id);
        Ok(true)
    }

    /// Waits before a batch is tried again.
    async fn wait(&self, error: crate::platform::error::Error, end: Instant, pause: &mut Duration) -> Result<()> {
        if Instant::now() > end {
            return Err(error);
        }
        tracing::warn!(task = %self.task.id, %error, "a batch of an ingest task wasn't committed; trying again");
        sleep(*pause).await;
        *pause = (*pause * 2).min(Duration::from_secs(1));
        Ok(())
    }

    /// Whether an earlier try got through although nobody could say so.
    async fn is_committed(&self, step: &Step) -> Result<bool> {
        let handled = store::runs::handled(&self.ingest.inner.db, &self.task.id, step.epoch).await?;
        Ok(handled == Some(step.after))
    }

    /// One transaction; false when the task isn't as this run left it.
    async fn write(&self, batch: &Batch, step: &Step) -> Result<bool> {
        let (ingest, id) = (&self.ingest, &self.task.id);
        let _held = ingest.inner.faces.hold().await;
        let mut tx = ingest.inner.db.begin().await?;
        if !store::runs::advance(&mut tx, id, step).await? {
            return Ok(false);
        }
        ingest.inner.faces.insert(&mut tx, &self.task.group, &batch.faces).await?;
        store::log::insert(&mut tx, id, &batch.lines).await?;
        store::runs::mark_done(&mut tx, id, &batch.rows, step.mark.row).await?;
        store::runs::set_counts(&mut tx, id, &self.counts).await?;
        tx.commit().await?;
        Ok(true)
    }
}
