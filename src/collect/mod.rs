//! Seed 004: devices push files by tag, collectors browse them and take a whole tag home as one zip.

mod address;
mod api;
mod form;
pub mod model;
pub mod pages;
pub mod service;
pub mod store;
mod worker;

use rocket::fairing::AdHoc;

use crate::platform::blobs::Blobs;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::ids::Ids;
use service::Collect;

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("collect", |rocket| async {
        let state = (
            rocket.state::<Db>(),
            rocket.state::<Blobs>(),
            rocket.state::<Ids>(),
            rocket.state::<Clock>(),
            rocket.state::<Config>(),
        );
        let (Some(db), Some(blobs), Some(ids), Some(clock), Some(config)) = state else {
            tracing::error!("the platform must be ignited before the rooms");
            return Err(rocket);
        };
        let collect = Collect::new(db.clone(), blobs.clone(), ids.clone(), clock.clone(), config.clone());
        if let Err(error) = collect.rename_in_archives().await {
            tracing::error!(%error, "names in archives were not brought up to date");
            return Err(rocket);
        }
        let routes = [api::routes(), pages::routes()].concat();
        Ok(rocket.manage(collect).mount("/", routes).attach(worker::stage()))
    })
}
