//! Background work of the room: image folders that may differ from the rows.
//!
//! A reconciler: it looks at what the database says and makes folders that. A wake-up carries no data,
//! and after a crash it simply looks again. It needs no lease: making a name twice changes nothing.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::{Orbit, Rocket, Shutdown};

use super::service::Training;

/// How often to look without being woken.
const EVERY: Duration = Duration::from_secs(60);

/// Starts the work when the server does; ends it when the server does.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_liftoff("background work of training", |rocket: &Rocket<Orbit>| {
        Box::pin(async move {
            let Some(training) = rocket.state::<Training>() else {
                return;
            };
            tokio::spawn(mend_folders(training.clone(), rocket.shutdown()));
        })
    })
}

async fn mend_folders(training: Training, mut shutdown: Shutdown) {
    let wake = training.wake();
    loop {
        // It may be left at any point: the next start looks again.
        let mended = tokio::select! {
            () = &mut shutdown => return,
            mended = training.mend_folders() => mended,
        };
        match mended {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "image folders were not mended; trying again later"),
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = wake.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
