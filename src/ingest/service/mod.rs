//! The use cases of face ingest tasks. They begin and commit; the API only parses and renders.
//!
//! What always holds: requests only change what the database says of a task; those who work on it
//! ([`Ingest::reconcile`]) follow. So a start, a resume after a crash and a second server are one and the same.

mod control;
mod create;
mod download;
mod from_tag;
pub mod keeping;
mod log;
mod look;
mod pictures;
mod run;
mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::Notify;

pub use create::Intake;
pub use log::Listing;
pub use look::Wanted;

use super::fetch::Fetcher;
use super::model::{Task, TaskId};
use super::store;
use crate::collect::service::Collect;
use crate::faces::model::Ability;
use crate::faces::service::Faces;
use crate::platform::blobs::Blobs;
use crate::platform::clock::Clock;
use crate::platform::config;
use crate::platform::db::Db;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Ids;

/// Face ingest tasks; cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    ids: Ids,
    clock: Clock,
    collect: Collect,
    faces: Faces,
    fetcher: Fetcher,
    config: config::Ingest,
    /// What this data folder calls itself: whose leases are its own, whatever process took them.
    node: String,
    running: run::Registry,
    watchers: watch::Watchers,
    /// Memory that rows in flight may take, over all tasks.
    budget: run::Budget,
    /// The server is going down; no task is taken up any more.
    is_closing: AtomicBool,
    /// Wakes those who look for work; carries no data.
    wake: Arc<Notify>,
}

/// The rooms and the platform that ingest stands on.
pub struct Ground {
    pub db: Db,
    pub ids: Ids,
    pub clock: Clock,
    pub collect: Collect,
    pub faces: Faces,
    pub config: config::Ingest,
}

impl Ingest {
    /// Over the bytes of `collect`, into the groups of `faces`. Blocks on the disk for a moment.
    ///
    /// # Errors
    /// When the data folder's own name can't be read or made.
    pub fn new(ground: Ground) -> Result<Self> {
        let Ground { db, ids, clock, collect, faces, config } = ground;
        let node = own_name(collect.blobs())?;
        let fetcher = Fetcher::new(&config, collect.clone());
        let (running, watchers, budget) = Default::default();
        let (is_closing, wake) = Default::default();
        let inner = Inner {
            db,
            ids,
            clock,
            collect,
            faces,
            fetcher,
            config,
            node,
            running,
            watchers,
            budget,
            is_closing,
            wake,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Resolves when there may be work.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.inner.wake.clone()
    }

    /// What the engine is and can measure.
    #[must_use]
    pub fn ability(&self) -> Ability {
        self.inner.faces.ability()
    }

    /// The task of that id, unless it was deleted.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn task(&self, id: &str) -> Result<Task> {
        let id = TaskId::parse(id).ok_or(Error::NotFound(Thing::Task))?;
        store::tasks::find(&self.inner.db, &id).await?.ok_or(Error::NotFound(Thing::Task))
    }

    fn blobs(&self) -> &Blobs {
        self.inner.collect.blobs()
    }

    fn now(&self) -> i64 {
        self.inner.clock.now_ms()
    }
}

/// What this data folder calls itself. It is made once, and moves with the folder.
fn own_name(blobs: &Blobs) -> Result<String> {
    let path = blobs.layout().node();
    if let Ok(name) = std::fs::read_to_string(&path)
        && name.len() == 32
        && name.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return Ok(name);
    }
    let mut bytes = [0; 16];
    let random = ring::rand::SystemRandom::new();
    ring::rand::SecureRandom::fill(&random, &mut bytes).map_err(|_| Error::internal("no randomness"))?;
    let name = format!("{:032x}", u128::from_be_bytes(bytes));
    let scratch = blobs.scratch()?;
    std::io::Write::write_all(&mut scratch.file()?, name.as_bytes())?;
    scratch.settle(&path)?;
    Ok(name)
}
