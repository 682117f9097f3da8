//! The room's JSON and its bytes. Handlers parse, call one use case, and render.

mod answers;
mod bodies;
mod classes;
mod export;
mod files;
mod forms;
mod images;
mod parts;
mod tasks;

use rocket::Route;

/// The routes of this room.
#[must_use]
pub fn routes() -> Vec<Route> {
    [tasks::routes(), classes::routes(), export::routes(), files::routes(), images::routes(), parts::routes()].concat()
}
