//! The room's JSON. Handlers parse, call one use case, and render.

mod answers;
mod audit;
mod forms;
mod sets;

use rocket::Route;

/// The routes of this room.
#[must_use]
pub fn routes() -> Vec<Route> {
    [sets::routes(), audit::routes()].concat()
}
