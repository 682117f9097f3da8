//! `GET /livez` and `GET /readyz`, for those who watch the server.

use rocket::State;
use rocket::get;
use rocket::http::Status;
use rocket::serde::json::{Json, Value, json};

use super::guards::Caller;
use crate::platform::blobs::Blobs;
use crate::platform::config::Config;
use crate::platform::db::{Db, Sql};

/// The process answers.
#[get("/livez")]
fn livez(_caller: Caller) -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The database answers, the data folder takes writes, and there is room.
#[get("/readyz")]
async fn readyz(
    _caller: Caller,
    db: &State<Db>,
    blobs: &State<Blobs>,
    config: &State<Config>,
) -> (Status, Json<Value>) {
    let database = db.fetch_one(Sql::new("SELECT 1")).await.is_ok();
    let writable = {
        let blobs = blobs.inner().clone();
        tokio::task::spawn_blocking(move || blobs.check_writable().is_ok()).await.unwrap_or(false)
    };
    let free = blobs.free_bytes().unwrap_or(0);
    let space = free >= config.storage.min_free.as_u64();
    let is_ready = database && writable && space;
    let body = json!({
        "status": if is_ready { "ok" } else { "unavailable" },
        "database": database,
        "data_dir_writable": writable,
        "free_bytes": free,
        "free_space": space,
    });
    (if is_ready { Status::Ok } else { Status::ServiceUnavailable }, Json(body))
}

/// The routes of this module.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![livez, readyz]
}
