//! Background work of the room: tasks that the database says are running.
//!
//! A reconciler: it looks, and sees that somebody works on what is to be worked on. A wake-up carries no data. The first
//! start of a task, its resume after a crash and a task of a second server are one and the same.

use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Orbit, Rocket, Shutdown};

use super::service::Ingest;
use crate::platform::config::{Config, OnRestart};
use crate::platform::server::Background;

/// How often to look without being woken.
const EVERY: Duration = Duration::from_secs(1);

/// Room for the last commits within Rocket's grace period.
const MARGIN: Duration = Duration::from_secs(1);

/// Starts the work when the server does; ends it, with rows in flight committed, when the server does.
#[must_use]
pub fn stage() -> Supervisor {
    Supervisor
}

pub struct Supervisor;

#[rocket::async_trait]
impl Fairing for Supervisor {
    fn info(&self) -> Info {
        Info { name: "background work of ingest", kind: Kind::Liftoff }
    }

    /// Rocket waits for it before it serves anyone.
    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let (Some(ingest), Some(config)) = (rocket.state::<Ingest>(), rocket.state::<Config>()) else {
            return;
        };
        if let Err(error) = ingest.sweep().await {
            tracing::error!(%error, "CSVs that no task names were not removed");
        }
        if config.ingest.on_restart == OnRestart::Stop {
            match ingest.stop_left_over().await {
                Ok(0) => {}
                Ok(tasks) => tracing::info!(tasks, "ingest tasks that were running come back as stopped"),
                Err(error) => tracing::error!(%error, "ingest tasks that were running were not stopped"),
            }
        }
        let (ingest, shutdown) = (ingest.clone(), rocket.shutdown());
        let grace = Duration::from_secs(rocket.config().shutdown.grace.into());
        let background = rocket.state::<Background>().cloned().unwrap_or_default();
        background.0.spawn(async move {
            supervise(ingest.clone(), shutdown).await;
            ingest.close(grace.saturating_sub(MARGIN)).await;
        });
    }
}

async fn supervise(ingest: Ingest, mut shutdown: Shutdown) {
    let wake = ingest.wake();
    loop {
        if let Err(error) = ingest.reconcile().await {
            tracing::error!(%error, "ingest tasks can't be looked for; trying again");
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = wake.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
