//! The room's JSON and its bytes. Handlers parse, call one use case, and render.

mod files;
mod lists;
mod query;
mod responses;
mod settings;
mod upload;
mod zip;

use rocket::Route;

/// The routes of this room that are no pages.
#[must_use]
pub fn routes() -> Vec<Route> {
    [lists::routes(), settings::routes(), files::routes(), upload::routes(), zip::routes()].concat()
}
