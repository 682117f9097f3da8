//! Bytes of single files, and their thumbnails.

use rocket::{Route, State, get, routes};

use super::lists::{file_id, known};
use crate::collect::model::{File, Kind};
use crate::collect::service::{Collect, Picture};
use crate::platform::error::{Error, Thing};
use crate::platform::web::guards::Reader;
use crate::platform::web::problem::Result;
use crate::platform::web::serve::{Bytes, Facts, Headers};
use crate::platform::web::thumbnail::Thumbnail;

/// The bytes under an id never change.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// The bytes under a name may: ask each time.
const ASK: &str = "private, no-cache";

/// `GET /files/{id}/{name}`: the bytes, for ever the same; the name is for those who save it.
#[get("/files/<id>/<_name>", rank = 2)]
async fn by_id(
    _reader: Reader,
    collect: &State<Collect>,
    id: &str,
    _name: &str,
    headers: Headers<'_>,
) -> Result<Bytes> {
    let file = collect.file(file_id(id)?).await?;
    bytes(collect, &file, FOR_EVER, &headers)
}

/// `GET /tags/{tag}/files/{name}`: the same by name, for scripts.
#[get("/tags/<tag>/files/<name>")]
async fn by_name(
    _reader: Reader,
    collect: &State<Collect>,
    tag: &str,
    name: &str,
    headers: Headers<'_>,
) -> Result<Bytes> {
    let (tag, name) = (known(tag, "tag")?, known(name, "filename")?);
    let file = collect.file_by_name(tag.as_str(), name.as_str()).await?;
    bytes(collect, &file, ASK, &headers)
}

fn bytes(collect: &Collect, file: &File, cache: &'static str, headers: &Headers<'_>) -> Result<Bytes> {
    if file.is_deleted() {
        return Err(Error::Gone(Thing::File).into());
    }
    let facts = Facts {
        content_type: served_type(&file.content_type),
        size: u64::try_from(file.size).map_err(Error::internal)?,
        etag: file.etag(),
        modified_at: Some(file.created_at),
        cache,
        name: file.name.clone(),
        is_attachment: !is_shown(&file.content_type),
    };
    Ok(Bytes::new(headers, facts, |range| collect.read(file, range))?)
}

/// Raster images, audio, video and plain text are shown; everything else is saved (design §6).
fn is_shown(content_type: &str) -> bool {
    match Kind::of(content_type) {
        Kind::Image => content_type != "image/svg+xml",
        Kind::Video | Kind::Audio => true,
        _ => content_type == "text/plain",
    }
}

fn served_type(content_type: &str) -> String {
    if content_type == "text/plain" { "text/plain; charset=utf-8".to_owned() } else { content_type.to_owned() }
}

/// `GET /files/{id}/thumb`: always a picture.
#[get("/files/<id>/thumb", rank = 1)]
async fn thumbnail(_reader: Reader, collect: &State<Collect>, id: &str) -> Result<Thumbnail> {
    let file = collect.file(file_id(id)?).await?;
    Ok(match collect.picture(&file).await? {
        Picture::Jpeg(path) => Thumbnail::jpeg(&path, &file.sha256).await?,
        Picture::Icon(kind) => Thumbnail::icon(&kind.to_string()),
        Picture::Broken => Thumbnail::icon("broken"),
    })
}

pub fn routes() -> Vec<Route> {
    routes![by_id, by_name, thumbnail]
}
