//! `GET` and `POST /tags/{tag}/zip`: the archive of a tag or of a selection (contract §1.1).

use std::sync::Arc;

use rocket::data::Data;
use rocket::http::uri::Origin;
use rocket::http::{ContentType, HeaderMap};
use rocket::{Route, State, get, post, routes};
use serde::Deserialize;
use url::form_urlencoded;

use super::lists::known;
use super::query::{self, Query};
use crate::collect::model::{Filter, Tag};
use crate::collect::service::{Archive, Collect};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::platform::web::guards::Reader;
use crate::platform::web::receive::BodyHead;
use crate::platform::web::serve::{Bytes, Facts, Headers};
use crate::platform::web::{json, problem};

/// Largest list of a selection's ids, in bytes.
const MAX_BODY: u64 = 1 << 20;

/// `GET /tags/{tag}/zip?q&type&since&until`
#[get("/tags/<tag>/zip")]
async fn zip(
    _reader: Reader,
    collect: &State<Collect>,
    tag: &str,
    uri: &Origin<'_>,
    headers: Headers<'_>,
) -> problem::Result<Bytes> {
    let filter = query::filter(&Query::strict(uri, &query::FILTERS)?)?;
    Ok(respond(collect, tag, &filter, headers.0).await?)
}

/// `POST /tags/{tag}/zip`: the same for the files named in the body.
#[post("/tags/<tag>/zip", data = "<data>")]
async fn zip_of_selection(
    _reader: Reader,
    collect: &State<Collect>,
    tag: &str,
    uri: &Origin<'_>,
    head: BodyHead,
    headers: Headers<'_>,
    data: Data<'_>,
) -> problem::Result<Bytes> {
    let mut filter = query::filter(&Query::strict(uri, &query::FILTERS)?)?;
    let body = json::bytes(data, head, MAX_BODY).await?;
    filter.ids = Some(selection(headers.0, json::text(&body)?)?);
    Ok(respond(collect, tag, &filter, headers.0).await?)
}

/// Repeated form fields `ids`, or `{"ids":[…]}`.
fn selection(headers: &HeaderMap<'_>, body: &str) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Selection {
        ids: Vec<serde_json::Value>,
    }
    let media = headers.get_one("Content-Type").and_then(ContentType::parse_flexible);
    if media.as_ref().is_some_and(|media| media.is_json()) {
        let shape = ("must be JSON such as {\"ids\":[\"2018…\"]}", "必须是 JSON，例如 {\"ids\":[\"2018…\"]}");
        let parsed: Selection = serde_json::from_str(body).map_err(|_| Error::invalid("body", shape))?;
        let texts: Vec<String> =
            parsed.ids.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect();
        return query::ids(texts.iter().map(String::as_str));
    }
    if !media.is_some_and(|media| media.is_form()) {
        let types = ("Send form fields ids=… or JSON {\"ids\":[…]}.", "请以表单字段 ids=… 或 JSON {\"ids\":[…]} 提交");
        return Err(Error::Unsupported(types.into()));
    }
    let fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
    query::ids(fields.iter().filter(|(name, _)| name == "ids").map(|(_, id)| id.as_ref()))
}

async fn respond(collect: &Collect, tag: &str, filter: &Filter, headers: &HeaderMap<'_>) -> Result<Bytes> {
    let tag = collect.tag(known(tag, "tag")?.as_str()).await?;
    let turn = collect.archives().enter().await?;
    let archive = state(collect, &tag, filter, headers).await?;
    let facts = Facts {
        content_type: "application/zip".to_owned(),
        size: archive.len(),
        etag: archive.etag().to_owned(),
        cache: "private, no-cache",
        name: format!("{}.zip", tag.name),
        is_attachment: true,
    };
    Bytes::new(headers, facts, |range| collect.read_archive(archive, range).in_turn(turn))
}

/// The archive as it stands, or the earlier state that `If-Range` names while its files are there.
async fn state(collect: &Collect, tag: &Tag, filter: &Filter, headers: &HeaderMap<'_>) -> Result<Arc<Archive>> {
    let has_range = headers.contains("Range");
    if let Some(earlier) = headers.get_one("If-Range").filter(|_| has_range)
        && let Some(archive) = collect.earlier_archive(tag, filter, earlier.trim()).await?
    {
        return Ok(archive);
    }
    collect.archive(tag, filter).await
}

pub fn routes() -> Vec<Route> {
    routes![zip, zip_of_selection]
}
