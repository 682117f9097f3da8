//! A room of its own for each test: fresh database, fresh folder, a clock that stands still.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use granary::collect::model::{Filter, Name, OnConflict, Order, Tag, Uploaded};
use granary::collect::service::{Collect, Upload};
use granary::platform::blobs::Blobs;
use granary::platform::clock::Clock;
use granary::platform::config::{self, Config};
use granary::platform::db::{Db, Options};
use granary::platform::error::Result;
use granary::platform::ids::Ids;
use granary::platform::web::preconditions::Preconditions;
use granary::training::service::Training;
use rocket::figment::Figment;
use tempfile::TempDir;

/// Which database a story runs on.
#[derive(Debug, Clone, Copy)]
pub enum Engine {
    Sqlite,
    MariaDb,
}

/// 2023-11-14 22:13:20 UTC.
pub const START: i64 = 1_700_000_000_000;

pub struct World {
    pub collect: Collect,
    pub training: Training,
    pub db: Db,
    pub now: Arc<AtomicI64>,
    pub ids: Ids,
    pub folder: TempDir,
}

pub fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story);
}

impl World {
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, |figment| figment).await
    }

    /// With settings of its own.
    pub async fn with(engine: Engine, settings: impl FnOnce(Figment) -> Figment) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("granary.db").display()),
            Engine::MariaDb => fresh_mariadb(),
        };
        let db = Db::connect(&Options { url, durable: false }).await.unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let clock = Clock::Fixed(now.clone());
        let blobs = Blobs::open(folder.path(), false).unwrap();
        let ids = Ids::new(db.clone(), clock.clone());
        let figment = settings(config::with_database(config::defaults()).merge(("storage.min_free", 0)));
        let config = Config::extract(&figment).unwrap();
        let codes = config.training.set_codes;
        let collect = Collect::new(db.clone(), blobs, ids.clone(), clock.clone(), config);
        let training = Training::new(db.clone(), ids.clone(), clock, codes, collect.clone());
        Self { collect, training, db, now, ids, folder }
    }

    pub async fn put_as(&self, tag: &str, name: &str, bytes: &[u8], on_conflict: OnConflict) -> Result<Uploaded> {
        let mut incoming = self.collect.begin(Some(bytes.len() as u64))?;
        incoming.write(bytes).await?;
        let (tag, name) = (Name::new(tag).unwrap(), Name::new(name).unwrap());
        self.collect
            .store(Upload { tag, name, on_conflict, expected: None, conditions: Preconditions::default() }, incoming)
            .await
    }

    pub async fn put(&self, tag: &str, name: &str, bytes: &[u8]) -> Uploaded {
        self.put_as(tag, name, bytes, OnConflict::Rename).await.unwrap()
    }

    pub async fn tag(&self, name: &str) -> Tag {
        self.collect.tag(name).await.unwrap()
    }

    /// The living names of a tag in upload order.
    pub async fn names(&self, tag: &str) -> Vec<String> {
        let tag = self.tag(tag).await;
        let page = self.collect.files(&tag, &Filter::default(), Order::Oldest, None, 1000).await.unwrap();
        page.items.into_iter().map(|file| file.name).collect()
    }

    pub fn tick(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    /// Blobs on disk.
    pub fn blob_count(&self) -> usize {
        count_files(&self.folder.path().join("blobs"))
    }

    /// Files that were left in staging.
    pub fn staged_count(&self) -> usize {
        count_files(&self.folder.path().join("staging"))
    }
}

fn count_files(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}

/// Makes a database of its own in the server that `scripts/test` started.
fn fresh_mariadb() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var("GRANARY_TEST_MYSQL").expect("GRANARY_TEST_MYSQL is not set: run ./scripts/test");
    let name = format!("db_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let (before, after) = url.split_once("/granary_test").expect("a database named granary_test");
    let socket = after.split("socket=").nth(1).expect("a socket");
    let made = std::process::Command::new("mariadb")
        .args(["--no-defaults", "-uroot", &format!("--socket={socket}"), "-e", &format!("CREATE DATABASE {name}")])
        .status()
        .unwrap();
    assert!(made.success(), "the database {name} was not made");
    format!("{before}/{name}{after}")
}
