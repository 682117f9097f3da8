//! One row, from its URI to its outcome: fetch, look, judge, prepare.
//!
//! What always holds: whatever becomes of a row is an outcome, a panic included (303). Face servers that don't answer
//! are asked again by their engine, not here.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{Semaphore, mpsc};

use super::budget::Guess;
use super::commit::Event;
use super::registry::Running;
use crate::faces::model::{Details, Detected};
use crate::faces::service::{LookError, PrepareError, PreparedFace, Sighting};
use crate::ingest::model::csv::Row;
use crate::ingest::model::judge::{Measured, judge, no_face};
use crate::ingest::model::{Bad, Code, Limits, LogLine, Mode, Task, TaskId, kept_uri};
use crate::ingest::service::Ingest;
use crate::platform::blobs::BlobKey;

/// Above so many bytes a digest isn't for the threads that serve requests.
const LARGE: usize = 1024 * 1024;

/// Works on the rows of one run.
pub struct Worker {
    ingest: Ingest,
    id: TaskId,
    group: String,
    limits: Limits,
    mode: Mode,
    pub running: Arc<Running>,
    outcomes: mpsc::Sender<Event>,
    /// Rows of this task that may wait for the processor, where the engine runs in this process. So tasks have it in turns,
    /// however many rows each has in flight.
    turns: Option<Arc<Semaphore>>,
    guess: Mutex<Guess>,
}

impl Worker {
    /// For the rows of a task.
    pub fn new(ingest: Ingest, task: &Task, running: Arc<Running>, outcomes: mpsc::Sender<Event>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // One on the processor and one right behind it, for each.
        let turns = ingest.ability().embedded.then(|| Arc::new(Semaphore::new(2 * cores)));
        let Task { id, group, limits, mode, .. } = task.clone();
        Self { ingest, id, group, limits, mode, running, outcomes, turns, guess: Mutex::default() }
    }

    /// Bytes that the next picture may take.
    pub fn guess(&self) -> usize {
        self.guess.lock().unwrap_or_else(PoisonError::into_inner).bytes()
    }

    /// Tells that a row has an outcome from an earlier run.
    pub async fn skip(&self, row: i64, next: i64) {
        let _ = self.outcomes.send(Event::Skipped { row, next }).await;
    }

    /// Works on a row and tells its outcome.
    pub async fn work(&self, number: i64, next: i64, row: Row) {
        let uri = kept_uri(&row.uri);
        let outcome = AssertUnwindSafe(self.outcome(number, row, &uri)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Bad::system(super::reason(&*panic))));
        let event = match outcome {
            Ok(face) => Event::Good { row: number, next, face: Box::new(face) },
            Err(Bad { code: _, message }) if self.mode == Mode::Stop => {
                self.running.quit();
                Event::Halt { row: number, error: format!("{uri}: {message}") }
            }
            Err(Bad { code, message }) => {
                Event::Bad { next, line: LogLine { row: number, uri, code: code.number(), message } }
            }
        };
        // Nobody listens any more when the run has lost its task.
        let _ = self.outcomes.send(event).await;
    }

    async fn outcome(&self, number: i64, row: Row, uri: &str) -> Result<PreparedFace, Bad> {
        row.check()?;
        let Row { uri: text, tag, description, .. } = row;
        let fetched = self.ingest.inner.fetcher.fetch(text).await;
        let bytes = fetched.map_err(|refusal| Bad::new(Code::NoPicture, refusal.0))?.bytes;
        self.guess.lock().unwrap_or_else(PoisonError::into_inner).learn(bytes.len());
        let sighting = self.look(&bytes).await?;
        let face = sighting.faces.first().ok_or_else(no_face)?;
        judge(&measured(face, sighting.faces.len()), &self.limits)?;
        let details = Details {
            group: self.group.clone(),
            task: self.id.to_string(),
            row: number,
            tag,
            description,
            uri: uri.to_owned(),
            sha256: digest(bytes).await?,
        };
        self.prepare(details, &sighting).await
    }

    async fn look(&self, bytes: &Arc<Vec<u8>>) -> Result<Sighting, Bad> {
        let _turn = match &self.turns {
            Some(turns) => turns.clone().acquire_owned().await.ok(),
            None => None,
        };
        self.ingest.inner.faces.look(bytes.clone()).await.map_err(|error| match error {
            LookError::Unreadable(why) => Bad::new(Code::Unreadable, format!("图片无法打开: {}", why.zh)),
            LookError::Unanswered(why) => Bad::new(Code::NoInfo, format!("人脸信息服务无响应: {why}")),
        })
    }

    async fn prepare(&self, details: Details, sighting: &Sighting) -> Result<PreparedFace, Bad> {
        self.ingest.inner.faces.prepare(details, sighting).await.map_err(|error| match error {
            PrepareError::System(error) => Bad::system(error),
            PrepareError::Unanswered(why) => Bad::new(Code::NoIngest, format!("人脸入库服务无响应: {why}")),
        })
    }
}

/// What the limits are about.
fn measured(face: &Detected, count: usize) -> Measured {
    let pose = face.pose.map(|pose| [pose.pitch, pose.yaw, pose.roll]);
    Measured { pose, width: face.place.width, height: face.place.height, blur: face.blur, count }
}

/// The SHA-256 of a picture in lower-case hex.
async fn digest(bytes: Arc<Vec<u8>>) -> Result<String, Bad> {
    let hex = |bytes: &[u8]| {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let digest: [u8; 32] = digest.as_ref().try_into().unwrap_or_default();
        BlobKey::from_digest(&digest).as_str().to_owned()
    };
    if bytes.len() < LARGE {
        return Ok(hex(&bytes));
    }
    tokio::task::spawn_blocking(move || hex(&bytes)).await.map_err(Bad::system)
}
