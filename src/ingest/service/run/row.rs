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
use crate::platform::error::Message;

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
                Event::Halt { row: number, error: of_uri(&uri, &message) }
            }
            Err(Bad { code, message }) => {
                let (code, english) = (code.number(), Some(message.en.into_owned()));
                Event::Bad { next, line: LogLine { row: number, uri, code, message: message.zh.into_owned(), english } }
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
        self.ingest.inner.faces.look(bytes.clone()).await.map_err(of_look)
    }

    async fn prepare(&self, details: Details, sighting: &Sighting) -> Result<PreparedFace, Bad> {
        self.ingest.inner.faces.prepare(details, sighting).await.map_err(of_prepare)
    }
}

fn of_look(error: LookError) -> Bad {
    match error {
        LookError::Unreadable(why) => {
            let zh = format!("图片无法打开: {}", why.zh);
            Bad::new(Code::Unreadable, (format!("the picture can't be opened: {}", why.en), zh))
        }
        LookError::Unanswered(why) => {
            let en = format!("the face information service doesn't answer: {why}");
            Bad::new(Code::NoInfo, (en, format!("人脸信息服务无响应: {why}")))
        }
    }
}

fn of_prepare(error: PrepareError) -> Bad {
    match error {
        PrepareError::System(error) => Bad::system(error),
        PrepareError::Unanswered(why) => {
            let en = format!("the face ingest service doesn't answer: {why}");
            Bad::new(Code::NoIngest, (en, format!("人脸入库服务无响应: {why}")))
        }
    }
}

/// Why a task stops at a row: its URI and the reason.
pub fn of_uri(uri: &str, message: &Message) -> Message {
    (format!("{uri}: {}", message.en), format!("{uri}: {}", message.zh)).into()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::service::{Unanswered, Unreadable};
    use crate::platform::error::Error;

    /// One outcome of each code, as rows come by it.
    fn outcomes() -> Vec<Bad> {
        let face = Measured { pose: Some([31.0, 41.0, 51.0]), width: 48, height: 49, blur: Some(90.0), count: 1 };
        let none = Limits::default();
        let limits = [
            Limits { pitch: 30, ..none },
            Limits { yaw: 40, ..none },
            Limits { roll: 50, ..none },
            Limits { width: 80, ..none },
            Limits { height: 80, ..none },
            Limits { blur: 60, ..none },
        ];
        let unreadable = Unreadable { en: "broken picture".to_owned(), zh: "图片已损坏".to_owned() };
        let silent = || Unanswered("503".to_owned());
        let mut all = vec![Row::default().check().unwrap_err(), of_look(LookError::Unreadable(unreadable)), no_face()];
        all.extend(limits.iter().map(|limits| judge(&face, limits).unwrap_err()));
        all.push(of_look(LookError::Unanswered(silent())));
        all.push(of_prepare(PrepareError::Unanswered(silent())));
        all.push(of_prepare(PrepareError::System(Error::internal("disk"))));
        all
    }

    #[test]
    fn every_code_says_in_both_languages_what_was_found() {
        let words = [
            "uri为空",
            "图片无法打开",
            "图片不包含人脸",
            "人脸俯仰角超过阈值",
            "人脸偏航角超过阈值",
            "人脸翻滚角超过阈值",
            "人脸宽度小于阈值",
            "人脸高度小于阈值",
            "人脸模糊度超过阈值",
            "人脸信息服务无响应",
            "人脸入库服务无响应",
            "系统错误",
        ];
        let all = outcomes();
        assert_eq!(all.iter().map(|bad| bad.code).collect::<Vec<_>>(), Code::ALL);
        for (bad, words) in all.iter().zip(words) {
            assert!(bad.message.zh.contains(words), "{:?}", bad.message);
            assert!(bad.message.en.is_ascii() && bad.message.en.len() > 10, "{:?}", bad.message);
        }
    }
}
