//! The use cases of face groups. Ingest tasks put faces in: they [look](Faces::look) at a picture,
//! [prepare](Faces::prepare) the face, and [insert](Faces::insert) many in the transaction that counts their rows.
//!
//! What always holds: a face is in its group once, by its task and row; `face_count` is the number of its faces; a
//! crop is in its place before a row names it.

mod delete;
mod insert;
pub mod keeping;
mod list;
mod look;
mod prepare;

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, Semaphore};

pub use super::engine::{Unanswered, Unreadable};
pub use look::{LookError, Sighting};
pub use prepare::{PrepareError, PreparedFace};

use super::engine::Engine;
use super::model::Ability;
use super::store;
use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::platform::ids::Ids;

/// Face groups; cheap to clone.
#[derive(Clone)]
pub struct Faces {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    ids: Ids,
    clock: Clock,
    collect: Collect,
    engine: Arc<dyn Engine>,
    /// Shared with all who decode pictures.
    cpu: Arc<Semaphore>,
}

impl Faces {
    /// Over the bytes of `collect`, with faces found by `engine`.
    #[must_use]
    pub fn new(db: Db, ids: Ids, clock: Clock, collect: Collect, engine: Arc<dyn Engine>) -> Self {
        let cpu = collect.cpu();
        Self { inner: Arc::new(Inner { db, ids, clock, collect, engine, cpu }) }
    }

    /// What the engine is and can measure.
    #[must_use]
    pub fn ability(&self) -> Ability {
        self.inner.engine.ability()
    }

    /// Keeps everybody from removing bytes while it is held. Take it *before* the transaction that [inserts](Self::insert),
    /// once, and drop it after the commit; never hold it while waiting for anything else.
    pub async fn hold(&self) -> OwnedRwLockReadGuard<()> {
        self.inner.collect.hold_bytes().await
    }
}
