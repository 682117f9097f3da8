//! `/v1/tasks/list`, `…/detail`, `…/log`, `…/download_log`.

use rocket::data::Data;
use rocket::http::uri::Origin;
use rocket::serde::json::Json;
use rocket::{Route, State, get, post, routes};
use serde_json::{Map, Value};

use super::answers::{Detail, Ids, LogFile};
use crate::ingest::model;
use crate::ingest::model::form::{group_name, whole};
use crate::ingest::service::Ingest;
use crate::platform::error::{Error, Result};
use crate::platform::web::guards::Reader;
use crate::platform::web::query::Query;
use crate::platform::web::receive::BodyHead;
use crate::platform::web::stream::JsonStream;
use crate::platform::web::{json, named};

/// Largest body of a request for a list.
const SMALL: u64 = 64 * 1024;

#[post("/v1/tasks/list", data = "<data>")]
async fn list(_reader: Reader, ingest: &State<Ingest>, head: BodyHead, data: Data<'_>) -> named::Result<Json<Ids>> {
    let body = json::object(data, head, SMALL).await?;
    let group = match body.get("group_name") {
        None | Some(Value::Null) => group_name(None)?,
        Some(Value::String(name)) => group_name(Some(name))?,
        Some(_) => return Err(Error::invalid("group_name", ("must be a text", "必须是字符串")).into()),
    };
    let ids = ingest.list(&group, status(&body)?).await?;
    Ok(Json(Ids { ids }))
}

/// `status`: a number, or its digits; absent, empty and 0 mean all.
fn status(body: &Map<String, Value>) -> Result<Option<model::State>> {
    let number = match body.get("status") {
        None | Some(Value::Null) => Some(0),
        Some(Value::String(text)) if text.is_empty() => Some(0),
        Some(Value::String(text)) => whole(text),
        Some(value) => value.as_i64(),
    };
    match number {
        Some(0) => Ok(None),
        Some(number @ 1..=4) => Ok(model::State::of(number)),
        _ => Err(Error::invalid("status", ("must be a whole number from 0 to 4", "必须是 0 到 4 之间的整数"))),
    }
}

#[get("/v1/tasks/<id>/detail")]
async fn detail(_reader: Reader, ingest: &State<Ingest>, id: &str) -> named::Result<Json<Detail>> {
    Ok(Json(ingest.task(id).await?.into()))
}

#[get("/v1/tasks/<id>/log")]
async fn log(_reader: Reader, ingest: &State<Ingest>, id: &str, uri: &Origin<'_>) -> named::Result<JsonStream> {
    let query = Query::of(uri);
    if query.get("limit").is_none() && query.cursor().is_none() {
        let listing = ingest.log(id).await?;
        return Ok(JsonStream::of(listing.body, listing.length));
    }
    let text = ingest.log_page_json(id, query.cursor(), query.limit()?).await?;
    Ok(JsonStream::whole(text))
}

#[get("/v1/tasks/<id>/download_log")]
async fn download_log(_reader: Reader, ingest: &State<Ingest>, id: &str) -> named::Result<LogFile> {
    let listing = ingest.download_log(id).await?;
    Ok(LogFile { listing, name: format!("{id}.csv") })
}

pub fn routes() -> Vec<Route> {
    routes![list, detail, log, download_log]
}
