//! `cargo bench --bench training [-- split|copy]`: what tasks of a million images cost, on this machine, as one table.
//!
//! Always on SQLite; on MariaDB too where `GRANARY_TEST_MYSQL` names a server, as the tests have it. Rows are made by SQL, then
//! the real server is started over them and asked by HTTP. Beside each figure stands what it is measured by: the plain statement
//! that does the least of the same work, on the same rows, in the same run.
#![allow(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a measurement, not the server"
)]

mod copy;
mod fill;
mod server;
mod split;

use std::path::{Path, PathBuf};

use granary::platform::db::{Db, Options};
use sqlx::migrate::MigrateDatabase as _;

/// A database of its own, and the folder of the server over it.
pub struct Place {
    pub engine: &'static str,
    pub folder: PathBuf,
    /// `None` is the server's own SQLite file in its folder.
    pub mysql: Option<String>,
}

impl Place {
    /// Opens the database, as durable as the server has it, with the schema of today.
    pub async fn open(&self) -> Db {
        std::fs::create_dir_all(&self.folder).unwrap();
        let sqlite = || format!("sqlite:{}", self.folder.join("granary.db").display());
        let url = self.mysql.clone().unwrap_or_else(sqlite);
        Db::connect(&Options { url, durable: true }).await.unwrap()
    }
}

/// The databases to measure on.
async fn places(root: &Path) -> Vec<Place> {
    let mut places = vec![Place { engine: "SQLite", folder: root.join("sqlite"), mysql: None }];
    if let Ok(base) = std::env::var("GRANARY_TEST_MYSQL") {
        let url = base.replace("/granary_test", &format!("/granary_bench_{}", std::process::id()));
        sqlx::MySql::create_database(&url).await.unwrap();
        places.push(Place { engine: "MariaDB", folder: root.join("mariadb"), mysql: Some(url) });
    }
    places
}

/// One line of the table. `peak`: resident memory of the server in MiB.
pub fn row(engine: &str, work: &str, figure: &str, peak: Option<u64>) {
    let peak = peak.map_or_else(String::new, |peak| format!("{peak} MiB"));
    println!("{engine:<8} {work:<56} {figure:>34} {peak:>8}");
}

#[tokio::main]
async fn main() {
    let root = std::env::temp_dir().join(format!("granary-bench-{}", std::process::id()));
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wants = |part: &str| asked.as_deref().is_none_or(|asked| asked == part);
    row("", "work", "figure", None);
    if wants("split") {
        split::near_groups();
    }
    for place in places(&root).await {
        if wants("split") {
            split::measure(&place).await;
        }
        if wants("copy") {
            copy::measure(&place).await;
        }
        if let Some(url) = &place.mysql {
            sqlx::MySql::drop_database(url).await.unwrap();
        }
    }
    std::fs::remove_dir_all(&root).unwrap();
}
