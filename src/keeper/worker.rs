//! The keeper's work in a running server: clearing up once an hour, and the slow look at all bytes.
//!
//! Both look at what is there and go on from it; after a crash they simply look again.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::{Orbit, Rocket, Shutdown};

use super::service::Keeper;
use super::service::gc::Manner;
use super::service::scrub::Health;
use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::web::about::Parts;

/// The first clearing up waits until the start is over.
const FIRST: Duration = Duration::from_secs(300);

/// How often it is done.
const EVERY: Duration = Duration::from_secs(3600);

/// How long the slow look rests when it has seen everything, or can't go on.
const REST: Duration = Duration::from_secs(3600);

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("keeper", |rocket| async {
        let health = Health::default();
        if let Some(parts) = rocket.state::<Parts>() {
            let told = health.clone();
            parts.tell_live(move || told.part());
        }
        rocket
            .manage(health)
            .attach(AdHoc::on_liftoff("background work of the keeper", |rocket| Box::pin(start(rocket))))
    })
}

async fn start(rocket: &Rocket<Orbit>) {
    let state = (
        rocket.state::<Db>(),
        rocket.state::<Clock>(),
        rocket.state::<Collect>(),
        rocket.state::<Health>(),
        rocket.state::<Config>(),
    );
    let (Some(db), Some(clock), Some(collect), Some(health), Some(config)) = state else {
        return;
    };
    let keeper = Keeper { db: db.clone(), blobs: collect.blobs().clone(), clock: clock.clone() };
    // A new folder is bound to its database before the first byte arrives.
    if let Err(error) = keeper.bind().await {
        tracing::error!(%error, "nothing will be cleared up");
    }
    tokio::spawn(clear_up(keeper.clone(), collect.clone(), rocket.shutdown()));
    tokio::spawn(scrub(keeper, config.scrub.rate.as_u64(), health.clone(), rocket.shutdown()));
}

async fn clear_up(keeper: Keeper, collect: Collect, mut shutdown: Shutdown) {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = EVERY;
        // It may be left at any point.
        let cleared = tokio::select! {
            () = &mut shutdown => return,
            cleared = keeper.gc(Some(&collect), Manner::ByItself) => cleared,
        };
        match cleared {
            Ok(cleared) if cleared.is_nothing() => {}
            Ok(cleared) => tracing::info!(?cleared, "cleared up"),
            Err(error) => tracing::error!(%error, "not everything was cleared up; trying again later"),
        }
    }
}

async fn scrub(keeper: Keeper, rate: u64, health: Health, mut shutdown: Shutdown) {
    if let Err(error) = keeper.tell(&health).await {
        tracing::warn!(%error, "it is not known which bytes are damaged");
    }
    if rate == 0 {
        return;
    }
    // What was mended while nobody looked needn't wait for its turn.
    let mended = async { keeper.look_at_list(rate).await.and(keeper.tell(&health).await) };
    tokio::select! {
        () = &mut shutdown => return,
        looked = mended => if let Err(error) = looked {
            tracing::warn!(%error, "damaged bytes were not looked at again");
        },
    }
    loop {
        let step = tokio::select! {
            () = &mut shutdown => return,
            step = keeper.scrub_step(rate, &health) => step,
        };
        let pause = match step {
            Ok(false) => Duration::from_millis(100),
            Ok(true) => REST,
            Err(error) => {
                tracing::error!(%error, "the slow look at all bytes was interrupted; going on later");
                REST
            }
        };
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
