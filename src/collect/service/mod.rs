//! The use cases of collecting by tag. They begin and commit; pages and API only parse and render.

mod archive;
mod bytes;
mod commit;
mod ends;
mod files;
pub mod keeping;
mod locks;
mod naming;
mod quotas;
mod renaming;
mod restore;
mod retention;
mod thumbnails;
mod trash;
mod turns;
mod unpack;
mod upload;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, RwLock, Semaphore, mpsc};

pub use archive::Archive;
pub use thumbnails::Picture;
pub use unpack::{MAX_ENTRIES, Outcome, Unpacked};
pub use upload::Upload;

use super::model::About;
use super::store;
use crate::platform::blobs::{BlobKey, Blobs};
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::gate::Gate;
use crate::platform::ids::Ids;
use crate::platform::pictures;

/// Uploads that are written and synced at the same time, and those that may wait for it: thousands of slow ones
/// may end in the same moment.
const FINISHING: (usize, usize) = (32, 4096);

/// Archives that are sent at the same time, and those that may wait: each has some hundred KiB on its way, for as
/// long as its reader takes.
const ARCHIVES: (usize, usize) = (128, 128);

/// Thumbnails that may wait to be made while somebody looks: those of many pages.
const THUMBNAILS: usize = 1024;

/// Largest selection of files by id.
pub const MAX_IDS: usize = 10_000;

/// Collecting by tag; cheap to clone.
#[derive(Clone)]
pub struct Collect {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    config: Config,
    /// To the task that commits uploads in groups.
    commits: mpsc::Sender<commit::Pending>,
    /// Uploads hold it shared from the moment their bytes are in place until their row is committed;
    /// whoever removes bytes holds it alone. So no bytes vanish under a row that is being written.
    placing: Arc<RwLock<()>>,
    /// One permit for each upload that may be written and synced at the same time: enough to keep a disk
    /// busy, few enough that thousands that end together don't take a thread each.
    finishing: Gate,
    archives: Gate,
    /// For thumbnails that somebody waits for.
    showing: Gate,
    /// One permit for each picture that may be decoded at the same time.
    cpu: Arc<Semaphore>,
    /// One picture is made once, however many ask for it.
    making: locks::Locks,
    /// Blobs whose thumbnails are missing and whose bytes can't be read.
    unreadable: Mutex<HashSet<BlobKey>>,
    /// Wakes the worker that makes thumbnails; carries no data.
    wake: Arc<Notify>,
    plans: archive::Plans,
}

impl Collect {
    /// Starts the task that commits uploads; call it inside the async runtime.
    #[must_use]
    pub fn new(db: Db, blobs: Blobs, ids: Ids, clock: Clock, config: Config) -> Self {
        let (commits, pending) = mpsc::channel(commit::QUEUE);
        let quota = config.storage.quota.map(|bytes| i64::try_from(bytes.as_u64()).unwrap_or(i64::MAX));
        let committer = commit::Committer::new(db.clone(), ids, clock.clone(), quota);
        tokio::spawn(committer.run(pending));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            inner: Arc::new(Inner {
                db,
                blobs,
                clock,
                config,
                commits,
                placing: Arc::default(),
                finishing: Gate::new(FINISHING.0, FINISHING.1),
                archives: Gate::new(ARCHIVES.0, ARCHIVES.1),
                showing: Gate::new(cores, THUMBNAILS),
                // One more, so that no processor waits while one of them waits for its next step.
                cpu: Arc::new(Semaphore::new(cores + 1)),
                making: locks::Locks::default(),
                unreadable: Mutex::default(),
                wake: Arc::default(),
                plans: archive::Plans::default(),
            }),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// One permit for each core: hold one while decoding pictures or looking at them, and in no place
    /// where the network is waited for.
    #[must_use]
    pub fn cpu(&self) -> Arc<Semaphore> {
        self.inner.cpu.clone()
    }

    /// Where whoever wants an archive waits for a turn.
    #[must_use]
    pub fn archives(&self) -> &Gate {
        &self.inner.archives
    }

    /// Facts about this server.
    ///
    /// # Errors
    /// When database or disk don't answer.
    pub async fn about(&self) -> Result<About> {
        let Inner { db, blobs, config, .. } = &*self.inner;
        let (tags, files, bytes) = store::tags::totals(db).await?;
        Ok(About {
            version: env!("CARGO_PKG_VERSION"),
            database: db.version().await?,
            data_dir: blobs.layout().root().display().to_string(),
            tags,
            files,
            bytes,
            blobs_bytes: store::trash::blob_bytes(db).await?,
            trash_bytes: store::trash::totals(db).await?.bytes,
            free_bytes: blobs.free_bytes()?,
            durability: config.durability.as_str(),
            trash_keep_days: self.trash_keep_days(),
            helpers: pictures::installed_helpers(),
        })
    }
}
