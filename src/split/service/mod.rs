//! The use cases of splitting: divide a task, list a set, look for leaks.

mod answer;
mod audit;
mod list;
mod looks;
mod split;

use std::sync::Arc;

pub use audit::{Audited, Leak, Side};
pub use list::Listing;
pub use split::{Done, Wish};

use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::training::service::Training;

/// Splitting; cheap to clone.
#[derive(Clone)]
pub struct Split {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Clock,
    collect: Collect,
    training: Training,
    audits: audit::Kept,
}

impl Split {
    /// Of the tasks of `training`, whose bytes `collect` keeps.
    #[must_use]
    pub fn new(db: Db, clock: Clock, collect: Collect, training: Training) -> Self {
        Self { inner: Arc::new(Inner { db, clock, collect, training, audits: audit::Kept::default() }) }
    }
}
