//! granary: a self-hosted hub for collecting and curating training images.
//!
//! [`build`] is the table of contents: the platform first, then one `stage()` per room. See
//! `docs/ARCHITECTURE.md` for the map and a walk of one upload to its zip.

pub mod accounts;
pub mod collect;
pub mod duplication;
pub mod faces;
pub mod ingest;
pub mod keeper;
pub mod platform;
pub mod split;
pub mod training;

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::{Build, Rocket};
use rocket_db_pools::Database;

use platform::blobs::Blobs;
use platform::clock::Clock;
use platform::config::{Config, Durability};
use platform::db::GranaryDb;
use platform::ids::Ids;
use platform::web;

/// Assembles the server: `figment` as [`platform::config::figment`] makes it, `config` extracted from
/// it, `blobs` opened, and the clock that everything asks.
#[must_use]
pub fn build(figment: Figment, config: Config, blobs: Blobs, clock: Clock) -> Rocket<Build> {
    rocket::custom(figment)
        .manage(config)
        .manage(blobs)
        .manage(clock)
        .manage(web::about::Parts::default())
        .manage(platform::server::Background::default())
        .attach(web::fairings::SafeHeaders)
        .attach(web::fairings::Cors)
        .attach(GranaryDb::init())
        .attach(shared())
        .mount("/", web::health::routes())
        .mount("/", web::assets::routes())
        .mount("/", web::lang::routes())
        .mount("/", web::theme::routes())
        .mount("/", web::fairings::preflight())
        .register("/", web::catchers::catchers())
        .attach(accounts::stage())
        .attach(collect::stage())
        .attach(training::stage())
        .attach(split::stage())
        .attach(duplication::stage())
        .attach(faces::stage())
        .attach(ingest::stage())
        .attach(keeper::stage())
}

/// Whether success waits for the disk.
#[must_use]
pub fn is_durable(config: &Config) -> bool {
    config.durability == Durability::Full
}

/// Hands the pool on to the rooms.
fn shared() -> AdHoc {
    AdHoc::try_on_ignite("shared state", |rocket| async {
        let Some(db) = GranaryDb::fetch(&rocket).map(|pool| (**pool).clone()) else {
            return Err(rocket);
        };
        let Some(clock) = rocket.state::<Clock>().cloned() else {
            return Err(rocket);
        };
        let ids = Ids::new(db.clone(), clock);
        Ok(rocket.manage(db).manage(ids))
    })
}
