//! The room's JSON (seed 003). Handlers parse, call one use case, and render.

mod answers;
mod control;
mod create;
mod guard;
mod look;

use rocket::Route;

/// The routes of this room.
#[must_use]
pub fn routes() -> Vec<Route> {
    [create::routes(), control::routes(), look::routes()].concat()
}
