//! Commands beside the server. Each family has a file of its own; all say what is wrong in one line.

pub mod accounts;
pub mod keeper;

use std::process::ExitCode;

use granary::platform::clock::Clock;
use granary::platform::config::{self, Config};
use granary::platform::db::{Db, Options};
use granary::platform::ids::Ids;

/// What a command works on: the same configuration and database as the server's.
pub struct Ground {
    pub db: Db,
    pub ids: Ids,
    pub clock: Clock,
}

impl Ground {
    /// Opens the database that the configuration names; a server may be running.
    ///
    /// # Errors
    /// One line that names what can't be used.
    pub async fn open() -> Result<Self, String> {
        let figment = config::figment();
        let config = Config::extract(&figment)?;
        let folder = &config.data_dir;
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("data_dir {} can't be used: {error}", folder.display()))?;
        let url: String = figment.extract_inner("databases.granary.url").map_err(|error| error.to_string())?;
        let opened = Db::connect(&Options { url, durable: granary::is_durable(&config) }).await;
        let db = opened.map_err(|error| format!("databases.granary.url: the database can't be used: {error}"))?;
        let clock = Clock::System;
        Ok(Self { ids: Ids::new(db.clone(), clock.clone()), db, clock })
    }
}

/// Runs a command to its end. What went wrong is one line, and exit code 2.
pub fn run(work: impl Future<Output = Result<(), String>> + Send) -> ExitCode {
    let done = rocket::execute(work);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => crate::fail(&line),
    }
}
