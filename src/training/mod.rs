//! Seed 000: training tasks, their label classes, images and annotations; logical delete.

mod api;
pub mod model;
pub mod notices;
mod pages;
pub mod service;
mod shown;
pub mod store;
mod worker;

use rocket::fairing::AdHoc;

use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::ids::Ids;
use crate::platform::web::resume::Given;
use service::Training;

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("training", |rocket| async {
        let state = (
            rocket.state::<Db>(),
            rocket.state::<Ids>(),
            rocket.state::<Clock>(),
            rocket.state::<Config>(),
            rocket.state::<Collect>(),
        );
        let (Some(db), Some(ids), Some(clock), Some(config), Some(collect)) = state else {
            tracing::error!("the platform and the room of tags must be ignited before training");
            return Err(rocket);
        };
        let codes = config.training.set_codes;
        let training = Training::new(db.clone(), ids.clone(), clock.clone(), codes, collect.clone());
        Ok(rocket
            .manage(training)
            .manage(Given::default())
            .mount("/", [api::routes(), pages::routes()].concat())
            .attach(worker::stage()))
    })
}
