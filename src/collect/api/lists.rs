//! `/api/v1/tags…` and `/api/v1/files/{id}`: lists, facts, trash and restore.

use rocket::http::uri::Origin;
use rocket::serde::json::Json;
use rocket::{Route, State, delete, get, post, routes};

use super::query::{self, Query};
use super::responses::{FileResponse, PageResponse, TagResponse};
use crate::collect::model::Name;
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::problem::Result;
use crate::platform::web::query::NoQuery;
use rocket::response::status::NoContent;

/// `GET /api/v1/tags?limit&cursor&q&order`
#[get("/api/v1/tags")]
async fn tags(_reader: Reader, collect: &State<Collect>, uri: &Origin<'_>) -> Result<Json<PageResponse<TagResponse>>> {
    Ok(Json(collect.tags(&query::tags(&Query::strict(uri, &query::LIST)?)?).await?.into()))
}

/// `GET /api/v1/tags/{tag}`
#[get("/api/v1/tags/<tag>")]
async fn tag(_reader: Reader, _bare: NoQuery, collect: &State<Collect>, tag: &str) -> Result<Json<TagResponse>> {
    Ok(Json(collect.tag(name(tag)?.as_str()).await?.into()))
}

/// `DELETE /api/v1/tags/{tag}`: into the trash with all its files.
#[delete("/api/v1/tags/<tag>")]
async fn delete_tag(_writer: Writer, _bare: NoQuery, collect: &State<Collect>, tag: &str) -> Result<NoContent> {
    collect.delete_tag(name(tag)?.as_str()).await?;
    Ok(NoContent)
}

/// `GET /api/v1/tags/{tag}/files?limit&cursor&q&type&since&until&order`
#[get("/api/v1/tags/<tag>/files")]
async fn files(
    _reader: Reader,
    collect: &State<Collect>,
    tag: &str,
    uri: &Origin<'_>,
) -> Result<Json<PageResponse<FileResponse>>> {
    let query = Query::strict(uri, &query::LIST)?;
    let tag = collect.tag(name(tag)?.as_str()).await?;
    let (filter, order, limit) = (query::filter(&query)?, query::order(&query)?, query.limit()?);
    Ok(Json(collect.files(&tag, &filter, order, query.cursor(), limit).await?.into()))
}

/// `GET /api/v1/files/{id}`, also of a file in the trash.
#[get("/api/v1/files/<id>")]
async fn file(_reader: Reader, _bare: NoQuery, collect: &State<Collect>, id: &str) -> Result<Json<FileResponse>> {
    Ok(Json(collect.file(file_id(id)?).await?.into()))
}

/// `DELETE /api/v1/files/{id}`: into the trash.
#[delete("/api/v1/files/<id>")]
async fn delete_file(
    _writer: Writer,
    _bare: NoQuery,
    collect: &State<Collect>,
    id: &str,
) -> Result<Json<FileResponse>> {
    Ok(Json(collect.delete_file(file_id(id)?).await?.into()))
}

/// `POST /api/v1/files/{id}/restore`
#[post("/api/v1/files/<id>/restore")]
async fn restore_file(
    _writer: Writer,
    _bare: NoQuery,
    collect: &State<Collect>,
    id: &str,
) -> Result<Json<FileResponse>> {
    Ok(Json(collect.restore_file(file_id(id)?).await?.into()))
}

pub(super) fn name(tag: &str) -> std::result::Result<Name, Error> {
    known(tag, "tag")
}

/// A name from a path, brought to the form in which names are kept.
pub(super) fn known(text: &str, field: &'static str) -> std::result::Result<Name, Error> {
    Name::new(text).map_err(|error| error.of(field))
}

pub(super) fn file_id(id: &str) -> std::result::Result<Id, Error> {
    Id::parse(id).ok_or_else(|| Error::invalid("id", ("must be a positive 64-bit id", "必须是正的 64 位 id")))
}

pub fn routes() -> Vec<Route> {
    routes![tags, tag, delete_tag, files, file, delete_file, restore_file]
}
