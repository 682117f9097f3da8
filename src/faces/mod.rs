//! Face groups, and the engines that find faces behind one trait.

mod about;
mod api;
pub mod engine;
pub mod model;
mod pages;
pub mod service;
pub mod store;

use rocket::fairing::AdHoc;

use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::config::{self, Config};
use crate::platform::db::Db;
use crate::platform::ids::Ids;
use crate::platform::web::about::{Part, Parts};
use service::Faces;

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("faces", |rocket| async {
        let state = (
            rocket.state::<Db>(),
            rocket.state::<Ids>(),
            rocket.state::<Clock>(),
            rocket.state::<Config>(),
            rocket.state::<Collect>(),
            rocket.state::<Parts>(),
        );
        let (Some(db), Some(ids), Some(clock), Some(config), Some(collect), Some(parts)) = state else {
            tracing::error!("the platform and the room of tags must be ignited before faces");
            return Err(rocket);
        };
        let engine = match engine::build(&config.faces) {
            Ok(engine) => engine,
            Err(line) => {
                tracing::error!("{line}");
                return Err(rocket);
            }
        };
        parts.tell(about::part(&engine.ability()));
        let faces = Faces::new(db.clone(), ids.clone(), clock.clone(), collect.clone(), engine);
        Ok(rocket.manage(faces).mount("/", [api::routes(), pages::routes()].concat()))
    })
}

/// Which engine the configuration names and what it can measure, as the page that describes this server tells it.
///
/// # Errors
/// One line that names the key.
pub fn describe(config: &config::Faces) -> Result<Part, String> {
    Ok(about::part(&engine::build(config)?.ability()))
}

/// Whether the engine that the configuration names can work.
///
/// # Errors
/// One line that names the key.
pub fn check(config: &config::Faces) -> Result<(), String> {
    engine::build(config).map(drop)
}
