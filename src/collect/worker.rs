//! Background work of the room: missing thumbnails, files that had the days of their tag, and what has lain in the
//! trash for too long.
//!
//! All are reconcilers: they look at what the database says is to be done and do it. A wake-up
//! carries no data, and after a crash they simply look again. None needs a lease: making a
//! thumbnail, burying or purging twice changes nothing.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::{Orbit, Rocket, Shutdown};

use super::service::Collect;

/// How often to look without being woken.
const EVERY: Duration = Duration::from_secs(60);

/// Starts the work when the server does; ends it when the server does.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_liftoff("background work of collect", |rocket: &Rocket<Orbit>| {
        Box::pin(async move {
            let Some(collect) = rocket.state::<Collect>() else {
                return;
            };
            tokio::spawn(make_thumbnails(collect.clone(), rocket.shutdown()));
            tokio::spawn(sweep(collect.clone(), rocket.shutdown()));
        })
    })
}

async fn make_thumbnails(collect: Collect, mut shutdown: Shutdown) {
    let wake = collect.wake();
    loop {
        match collect.make_wanted().await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "thumbnails were not made; trying again later"),
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = wake.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn sweep(collect: Collect, mut shutdown: Shutdown) {
    loop {
        match collect.sweep_kept().await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "moved to the trash what had its tag's days"),
            Err(error) => tracing::error!(%error, "old files were not moved to the trash; trying again later"),
        }
        match collect.purge_expired().await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "purged what had lain in the trash for longer than trash.keep"),
            Err(error) => tracing::error!(%error, "the trash was not purged; trying again later"),
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
