//! Seed 001: images are shuffled into training, verifying and testing sets that people can trust.

mod api;
pub mod model;
mod pages;
pub mod service;
pub mod store;

use rocket::fairing::AdHoc;

use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::training::service::Training;
use service::Split;

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("split", |rocket| async {
        let state =
            (rocket.state::<Db>(), rocket.state::<Clock>(), rocket.state::<Collect>(), rocket.state::<Training>());
        let (Some(db), Some(clock), Some(collect), Some(training)) = state else {
            tracing::error!("the platform and the rooms below must be ignited before splitting");
            return Err(rocket);
        };
        let split = Split::new(db.clone(), clock.clone(), collect.clone(), training.clone());
        Ok(rocket.manage(split).mount("/", [api::routes(), pages::routes()].concat()))
    })
}
