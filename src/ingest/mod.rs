//! Seed 003: tasks that fetch pictures, find the face in each, and put it into a group.

mod api;
pub mod fetch;
mod form;
pub mod model;
mod pages;
pub mod service;
pub mod store;
mod supervisor;

use rocket::fairing::AdHoc;

use crate::collect::service::Collect;
use crate::faces::service::Faces;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::ids::Ids;
use service::{Ground, Ingest};

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("ingest", |rocket| async {
        let state = (
            rocket.state::<Db>(),
            rocket.state::<Ids>(),
            rocket.state::<Clock>(),
            rocket.state::<Config>(),
            rocket.state::<Collect>(),
            rocket.state::<Faces>(),
        );
        let (Some(db), Some(ids), Some(clock), Some(config), Some(collect), Some(faces)) = state else {
            tracing::error!("the platform, the room of tags and that of faces must be ignited before ingest");
            return Err(rocket);
        };
        let ingest = Ingest::new(Ground {
            db: db.clone(),
            ids: ids.clone(),
            clock: clock.clone(),
            collect: collect.clone(),
            faces: faces.clone(),
            config: config.ingest.clone(),
        });
        match ingest {
            Ok(ingest) => Ok(rocket
                .manage(ingest)
                .mount("/", [api::routes(), pages::routes()].concat())
                .attach(supervisor::stage())),
            Err(error) => {
                tracing::error!(%error, "ingest can't start");
                Err(rocket)
            }
        }
    })
}
