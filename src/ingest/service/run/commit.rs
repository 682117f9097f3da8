//! Outcomes into the database, many in one transaction.
//!
//! What always holds: a batch's faces, log lines, counts and progress are committed together or not at all; a batch whose
//! commit was answered by a fault is looked for before it is tried again, so it never counts twice; and what the
//! database refuses for ever ends the run at the row that it refuses, with everything before it committed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::LEASE_MS;
use super::registry::Running;
use super::row::of_uri;
use crate::faces::service::PreparedFace;
use crate::ingest::model::{Bad, Code, LogLine, Mark, State, Task, Track};
use crate::ingest::service::{Ingest, store};
use crate::platform::db::may_pass;
use crate::platform::error::{Error, Message, Result};
use store::runs::Step;

/// Outcomes that are committed together, at most.
const BATCH: usize = 512;

/// Bytes of their texts, at most: MariaDB takes statements of 16 MiB.
const WEIGHT: usize = 2 * 1024 * 1024;

/// How long an outcome waits for others.
const WAIT: Duration = Duration::from_millis(100);

/// How often a run looks whether it is still wanted.
const BEAT: Duration = Duration::from_secs(1);

/// How long a run is silent before it gives a sign of life: a third of its lease.
const SIGN: Duration = Duration::from_millis(LEASE_MS.unsigned_abs() / 3);

/// How long a batch is tried again while the database is away or busy. Then the run ends, and the next one begins
/// where this one stands.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often the database may refuse the same rows, before they are tried in halves.
const REFUSALS: u32 = 4;

/// The pause before a second try; it doubles, up to a second.
const PAUSE: Duration = Duration::from_millis(50);

/// What became of a row.
pub enum Event {
    /// Its face is to be inserted.
    Good { row: i64, next: i64, face: Box<PreparedFace> },
    /// It came out badly and is to be logged.
    Bad { next: i64, line: LogLine },
    /// It had its outcome before this run.
    Skipped { row: i64, next: i64 },
    /// It came out badly, and the task is to stop at it: no outcome.
    Halt { row: i64, error: Message },
}

impl Event {
    fn row(&self) -> i64 {
        match self {
            Self::Good { row, .. } | Self::Skipped { row, .. } | Self::Halt { row, .. } => *row,
            Self::Bad { line, .. } => line.row,
        }
    }

    fn uri(&self) -> &str {
        match self {
            Self::Good { face, .. } => &face.details().uri,
            Self::Bad { line, .. } => &line.uri,
            Self::Skipped { .. } | Self::Halt { .. } => "",
        }
    }

    /// What it is counted under, 0 for a face in the group; `None` where it isn't counted.
    fn code(&self) -> Option<i64> {
        match self {
            Self::Good { .. } => Some(0),
            Self::Bad { line, .. } => Some(line.code),
            Self::Skipped { .. } | Self::Halt { .. } => None,
        }
    }

    /// Bytes of its texts in a statement, about.
    fn weight(&self) -> usize {
        match self {
            // The tag and the description are kept once more, folded.
            Self::Good { face, .. } => {
                let details = face.details();
                2 * (details.tag.len() + details.description.len()) + details.uri.len()
            }
            Self::Bad { line, .. } => {
                line.uri.len() + line.message.len() + line.english.as_ref().map_or(0, String::len)
            }
            Self::Skipped { .. } | Self::Halt { .. } => 0,
        }
    }
}

/// What a run has come to.
pub struct Committed {
    pub handled: i64,
    /// The first row that the task is to stop at.
    pub failure: Option<Message>,
}

/// What became of some outcomes.
enum Written {
    Done,
    /// Somebody else has the task.
    Lost,
    /// The database says no, again and again.
    Refused(Error),
}

/// Commits the outcomes of one run.
pub struct Committer {
    ingest: Ingest,
    task: Task,
    running: Arc<Running>,
    /// Where the task stands once all that waits is committed.
    track: Track,
    /// Where it stands now.
    mark: Mark,
    handled: i64,
    /// All rows that came out so, by code; 0 is a face in the group.
    counts: BTreeMap<i64, i64>,
    waiting: Vec<Event>,
    /// Bytes of what waits.
    weight: usize,
    failure: Option<(i64, Message)>,
    last_sign: Instant,
}

impl Committer {
    /// Goes on where the task stands.
    pub async fn new(ingest: Ingest, task: Task, running: Arc<Running>) -> Result<Self> {
        let known = store::tasks::counts(&ingest.inner.db, &task.id).await?;
        let bad = known.bad.iter().map(|(code, rows)| (code.number(), *rows));
        let counts = bad.chain([(0, known.good)]).collect();
        let (track, mark, handled) = (Track::from(task.mark), task.mark, task.handled);
        let (waiting, weight, failure, last_sign) = (Vec::new(), 0, None, Instant::now());
        Ok(Self { ingest, task, running, track, mark, handled, counts, waiting, weight, failure, last_sign })
    }

    /// Commits until nobody sends any more, or the database refuses a row. `None` when somebody else has the task now.
    pub async fn run(mut self, outcomes: mpsc::Receiver<Event>) -> Result<Option<Committed>> {
        let written = self.commit_all(outcomes).await;
        // Where nothing can be committed nothing is to be begun.
        if !matches!(written, Ok(Written::Done)) {
            self.running.quit();
        }
        let failure = self.failure.map(|(_, error)| error);
        Ok(match written? {
            Written::Lost => None,
            Written::Done | Written::Refused(_) => Some(Committed { handled: self.handled, failure }),
        })
    }

    async fn commit_all(&mut self, mut outcomes: mpsc::Receiver<Event>) -> Result<Written> {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut due = Instant::now();
        let mut written = Written::Done;
        while matches!(written, Written::Done) {
            tokio::select! {
                event = outcomes.recv() => {
                    let Some(event) = event else { return self.commit().await };
                    if self.waiting.is_empty() {
                        due = Instant::now() + WAIT;
                    }
                    self.add(event);
                    if self.waiting.len() >= BATCH || self.weight >= WEIGHT {
                        written = self.commit().await?;
                    }
                }
                () = sleep_until(due), if !self.waiting.is_empty() => written = self.commit().await?,
                _ = beat.tick() => if !self.beat().await {
                    written = Written::Lost;
                },
            }
        }
        Ok(written)
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Halt { row, error } => self.stop_at(row, error),
            Event::Good { row, next, .. } | Event::Skipped { row, next } => {
                self.track.done(row, next);
                self.weight += event.weight();
                self.waiting.push(event);
            }
            Event::Bad { next, ref line } => {
                self.track.done(line.row, next);
                self.weight += event.weight();
                self.waiting.push(event);
            }
        }
    }

    /// The task is to stop at a row. The earliest counts: the next run begins with it.
    fn stop_at(&mut self, row: i64, error: Message) {
        if self.failure.as_ref().is_none_or(|(first, _)| row < *first) {
            self.failure = Some((row, error));
        }
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

    /// Commits what waits, as a whole or, where the database refuses that, in halves of halves.
    async fn commit(&mut self) -> Result<Written> {
        self.weight = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let mut parts = vec![waiting.as_slice()];
        while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
            // With the last part all rows before the track's mark are done.
            let mark = if parts.is_empty() { self.track.mark() } else { self.mark };
            match self.write_surely(part, mark).await? {
                Written::Done => {}
                Written::Lost => return Ok(Written::Lost),
                Written::Refused(error) => {
                    if let [event] = part {
                        let en = format!("system error: the database refuses the outcome of this row: {error}");
                        let zh = format!("系统错误: 数据库拒绝保存这一行的结果: {error}");
                        let why = Bad::new(Code::System, (en, zh)).message;
                        self.stop_at(event.row(), of_uri(event.uri(), &why));
                        return Ok(Written::Refused(error));
                    }
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(Written::Done)
    }

    /// Commits some outcomes, for as long as there is a point in trying.
    async fn write_surely(&mut self, events: &[Event], mark: Mark) -> Result<Written> {
        let mut counts = self.counts.clone();
        let codes: Vec<i64> = events.iter().filter_map(Event::code).collect();
        for code in &codes {
            *counts.entry(*code).or_default() += 1;
        }
        let after = self.handled + i64::try_from(codes.len()).map_err(Error::internal)?;
        let end = Instant::now() + PATIENCE;
        let (mut pause, mut refusals) = (PAUSE, 0);
        loop {
            let lease_until = self.ingest.now() + LEASE_MS;
            let step = Step { epoch: self.task.lease.epoch, before: self.handled, after, mark, lease_until };
            let error = match self.write_once(events, &step, &counts).await {
                Ok(true) => break,
                Ok(false) => return Ok(Written::Lost),
                Err(error) => error,
            };
            if !may_pass(&error) {
                refusals += 1;
                if refusals == REFUSALS {
                    return Ok(Written::Refused(error));
                }
            } else if Instant::now() > end {
                return Err(error);
            }
            tracing::warn!(task = %self.task.id, %error, "a batch of an ingest task wasn't committed; trying again");
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        (self.handled, self.counts, self.mark, self.last_sign) = (after, counts, mark, Instant::now());
        self.running.measure(after);
        self.ingest.changed(&self.task.id);
        Ok(Written::Done)
    }

    /// Commits some outcomes, unless an earlier try got through although nobody could say so. False when somebody else
    /// has the task.
    async fn write_once(&self, events: &[Event], step: &Step, counts: &BTreeMap<i64, i64>) -> Result<bool> {
        if self.write(events, step, counts).await? {
            return Ok(true);
        }
        let handled = store::runs::handled(&self.ingest.inner.db, &self.task.id, step.epoch).await?;
        Ok(handled == Some(step.after))
    }

    /// One transaction; false when the task isn't as this run left it.
    async fn write(&self, events: &[Event], step: &Step, counts: &BTreeMap<i64, i64>) -> Result<bool> {
        let (ingest, id) = (&self.ingest, &self.task.id);
        let (mut faces, mut lines, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::Good { face, .. } => faces.push(face.as_ref()),
                Event::Bad { line, .. } => lines.push(line),
                Event::Skipped { .. } | Event::Halt { .. } => continue,
            }
            rows.extend(Some(event.row()).filter(|row| *row >= step.mark.row));
        }
        lines.sort_unstable_by_key(|line| line.row);
        let _held = ingest.inner.faces.hold().await;
        let mut tx = ingest.inner.db.begin().await?;
        if !store::runs::advance(&mut tx, id, step).await? {
            return Ok(false);
        }
        ingest.inner.faces.insert(&mut tx, &self.task.group, &faces).await?;
        store::log::insert(&mut tx, id, &lines).await?;
        store::runs::mark_done(&mut tx, id, &rows, step.mark.row).await?;
        store::runs::set_counts(&mut tx, id, counts).await?;
        tx.commit().await?;
        Ok(true)
    }
}
