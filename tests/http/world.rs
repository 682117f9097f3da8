//! A server of its own for each test.

use granary::platform::blobs::Blobs;
use granary::platform::clock::Clock;
use granary::platform::config::{self, Config};
use rocket::local::blocking::Client;
use tempfile::TempDir;

/// 2023-11-14 22:13:20 UTC.
pub const START: i64 = 1_700_000_000_000;

pub struct World {
    pub client: Client,
    pub folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let figment = config::defaults()
            .merge(("data_dir", folder.path()))
            .merge(("durability", "relaxed"))
            .merge(("log_level", "off"))
            .merge(("storage.min_free", 0))
            .merge(("cors.allow_origins", ["https://label.example.org"]));
        let figment = config::with_database(figment);
        let config = Config::extract(&figment).unwrap();
        let blobs = Blobs::open(folder.path(), false).unwrap();
        let client = Client::tracked(granary::build(figment, config, blobs, Clock::fixed(START))).unwrap();
        Self { client, folder }
    }
}
