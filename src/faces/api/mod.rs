//! `/api/v1/groups…`: groups, their faces, and each face cut out (contract §3).

mod responses;

use rocket::http::uri::Origin;
use rocket::response::status::NoContent;
use rocket::serde::json::Json;
use rocket::{Route, State, delete, get, routes};

use super::model::Filter;
use super::service::Faces;
use crate::platform::error::{Error, Thing};
use crate::platform::ids::Id;
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::problem::Result;
use crate::platform::web::query::{NoQuery, Query};
use crate::platform::web::serve::{Bytes, Facts, Headers};
use responses::{FaceResponse, GroupResponse, PageResponse};

/// A face's crop never changes.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// `GET /api/v1/groups?limit&cursor&q`: newest first.
#[get("/api/v1/groups")]
async fn groups(_reader: Reader, faces: &State<Faces>, uri: &Origin<'_>) -> Result<Json<PageResponse<GroupResponse>>> {
    let query = Query::strict(uri, &["q", "limit", "cursor"])?;
    Ok(Json(faces.groups(query.get("q"), query.cursor(), query.limit()?).await?.into()))
}

/// `GET /api/v1/groups/{name}/faces?limit&cursor&tag&q`: newest first.
#[get("/api/v1/groups/<name>/faces")]
async fn list(
    _reader: Reader,
    faces: &State<Faces>,
    name: &str,
    uri: &Origin<'_>,
) -> Result<Json<PageResponse<FaceResponse>>> {
    let query = Query::strict(uri, &["tag", "q", "limit", "cursor"])?;
    let filter = Filter { tag: query.get("tag").map(str::to_owned), q: query.get("q").map(str::to_owned) };
    Ok(Json(faces.faces(name, &filter, query.cursor(), query.limit()?).await?.into()))
}

/// `DELETE /api/v1/groups/{name}/faces/{id}`: for good.
#[delete("/api/v1/groups/<name>/faces/<id>")]
async fn delete_face(_writer: Writer, _bare: NoQuery, faces: &State<Faces>, name: &str, id: &str) -> Result<NoContent> {
    faces.delete_face(name, face_id(id)?).await?;
    Ok(NoContent)
}

/// `DELETE /api/v1/groups/{name}`: with all its faces, for good.
#[delete("/api/v1/groups/<name>")]
async fn delete_group(_writer: Writer, _bare: NoQuery, faces: &State<Faces>, name: &str) -> Result<NoContent> {
    faces.delete_group(name).await?;
    Ok(NoContent)
}

/// `GET /api/v1/groups/{name}/faces/{id}/crop`: the face cut out, a JPEG.
#[get("/api/v1/groups/<name>/faces/<id>/crop")]
async fn crop(
    _reader: Reader,
    _bare: NoQuery,
    faces: &State<Faces>,
    name: &str,
    id: &str,
    headers: Headers<'_>,
) -> Result<Bytes> {
    let crop = faces.crop(name, face_id(id)?).await?;
    let about = Facts {
        content_type: "image/jpeg".to_owned(),
        size: crop.size,
        etag: format!("\"{}\"", crop.sha256()),
        cache: FOR_EVER,
        name: format!("{id}.jpg"),
        is_attachment: false,
    };
    Ok(Bytes::new(headers.0, about, |range| faces.read(&crop, range))?)
}

fn face_id(id: &str) -> std::result::Result<Id, Error> {
    Id::parse(id).ok_or(Error::NotFound(Thing::Face))
}

pub fn routes() -> Vec<Route> {
    routes![groups, list, delete_face, delete_group, crop]
}
