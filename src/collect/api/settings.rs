//! `/api/v1/tags/{tag}/settings`: the quota of a tag, and the days that its files are kept.

use rocket::data::Data;
use rocket::serde::json::Json;
use rocket::{Route, State, get, put, routes};
use serde::Serialize;

use super::lists::name;
use crate::collect::model::Tag;
use crate::collect::model::quota::{KEEP_RULE, MAX_KEEP_DAYS, MAX_QUOTA, NewSettings, QUOTA_RULE};
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::json::{Fields, object};
use crate::platform::web::problem::Result;
use crate::platform::web::query::NoQuery;
use crate::platform::web::receive::BodyHead;

/// Largest body.
const LIMIT: u64 = 4096;

#[derive(Debug, Serialize)]
struct SettingsResponse {
    tag: String,
    quota: Option<i64>,
    keep_days: Option<i64>,
    /// Bytes that count toward the quota.
    used: i64,
}

impl From<Tag> for SettingsResponse {
    fn from(tag: Tag) -> Self {
        let Tag { name, settings, bytes, .. } = tag;
        Self { tag: name, quota: settings.quota, keep_days: settings.keep_days, used: bytes }
    }
}

/// `GET /api/v1/tags/{tag}/settings`
#[get("/api/v1/tags/<tag>/settings")]
async fn read(_reader: Reader, _bare: NoQuery, collect: &State<Collect>, tag: &str) -> Result<Json<SettingsResponse>> {
    Ok(Json(collect.tag(name(tag)?.as_str()).await?.into()))
}

/// `PUT /api/v1/tags/{tag}/settings` `{"quota": bytes or null, "keep_days": days or null}`; a member that is missing
/// stays as it is.
#[put("/api/v1/tags/<tag>/settings", data = "<data>")]
async fn write(
    _writer: Writer,
    _bare: NoQuery,
    collect: &State<Collect>,
    tag: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Json<SettingsResponse>> {
    let members = object(data, head, LIMIT).await?;
    let new = wanted(Fields::of(&members))?;
    Ok(Json(collect.change_settings(name(tag)?.as_str(), new).await?.into()))
}

fn wanted(fields: Fields<'_>) -> std::result::Result<NewSettings, Error> {
    if !fields.has("quota") && !fields.has("keep_days") {
        let message = ("must give quota, keep_days, or both", "须给出 quota、keep_days 或两者");
        return Err(Error::invalid("body", message));
    }
    fields.only(&["quota", "keep_days"])?;
    let quota = fields.opt_int("quota", 0..=MAX_QUOTA).map_err(|_| Error::invalid("quota", QUOTA_RULE))?;
    let keep_days = fields.opt_int("keep_days", 1..=MAX_KEEP_DAYS);
    let keep_days = keep_days.map_err(|_| Error::invalid("keep_days", KEEP_RULE))?;
    Ok(NewSettings {
        quota: fields.has("quota").then_some(quota),
        keep_days: fields.has("keep_days").then_some(keep_days),
    })
}

pub fn routes() -> Vec<Route> {
    routes![read, write]
}
