//! Face groups, and the engines that find faces behind one trait.

pub mod engine;
pub mod model;
pub mod service;
pub mod store;

use rocket::fairing::AdHoc;

use crate::collect::service::Collect;
use crate::platform::clock::Clock;
use crate::platform::config::{self, Config};
use crate::platform::db::Db;
use crate::platform::ids::Ids;
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
        );
        let (Some(db), Some(ids), Some(clock), Some(config), Some(collect)) = state else {
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
        let faces = Faces::new(db.clone(), ids.clone(), clock.clone(), collect.clone(), engine);
        Ok(rocket.manage(faces))
    })
}

/// Whether the engine that the configuration names can work.
///
/// # Errors
/// One line that names the key.
pub fn check(config: &config::Faces) -> Result<(), String> {
    engine::build(config).map(drop)
}
