//! Seed 002: a task is copied with all that belongs to it, and each copy knows where it came from.

mod api;
pub mod model;
mod pages;
pub mod service;
pub mod store;

use rocket::fairing::AdHoc;

use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::platform::ids::Ids;
use crate::training::service::Training;
use service::Duplication;

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("duplication", |rocket| async {
        let state = (rocket.state::<Db>(), rocket.state::<Ids>(), rocket.state::<Clock>(), rocket.state::<Training>());
        let (Some(db), Some(ids), Some(clock), Some(training)) = state else {
            tracing::error!("the platform and the room of training must be ignited before duplication");
            return Err(rocket);
        };
        let duplication = Duplication::new(db.clone(), ids.clone(), clock.clone(), training.clone());
        Ok(rocket.manage(duplication).mount("/", [api::routes(), pages::routes()].concat()))
    })
}
