//! `POST /tags/{tag}/upload`: the form of the page without scripts. Back to the tag with a notice.

use rocket::State;
use rocket::data::Data;

use super::forms::page_of;
use super::notices::News;
use crate::collect::form;
use crate::collect::model::{Name, OnConflict};
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::web::format::escaped;
use crate::platform::web::guards::Uploader;
use crate::platform::web::multipart::FormType;
use crate::platform::web::page::{PageError, SeeOther};
use crate::platform::web::receive::BodyHead;

/// `POST /tags/{tag}/upload`
#[rocket::post("/tags/<tag>/upload", data = "<data>")]
pub(super) async fn upload(
    _uploader: Uploader,
    collect: &State<Collect>,
    tag: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<SeeOther, PageError> {
    let tag = Name::new(tag).map_err(|error| error.of("tag"))?;
    let news = receive(collect, &tag, &kind, head, data).await?;
    Ok(SeeOther::to(page_of(tag.as_str())).noting(news.to_string()))
}

/// `POST /upload/{tag}/link/files`: the same for those who came by an upload link, whose cookie goes no further than
/// below `/upload/{tag}`.
#[rocket::post("/upload/<tag>/link/files", data = "<data>")]
pub(super) async fn by_link(
    _uploader: Uploader,
    collect: &State<Collect>,
    tag: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<SeeOther, PageError> {
    let tag = Name::new(tag).map_err(|error| error.of("tag"))?;
    let news = receive(collect, &tag, &kind, head, data).await?;
    Ok(SeeOther::to(format!("/upload/{}", escaped(tag.as_str()))).noting(news.to_string()))
}

/// Stores the files of a form.
async fn receive(
    collect: &Collect,
    tag: &Name,
    kind: &FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<News, Error> {
    let outcomes = form::receive(collect, tag, OnConflict::Rename, kind, head, data).await?;
    let (mut stored, mut same, mut refused) = (0, 0, 0);
    for outcome in &outcomes {
        match &outcome.result {
            Ok(uploaded) if uploaded.duplicate => same += 1,
            Ok(_) => stored += 1,
            Err(_) => refused += 1,
        }
    }
    Ok(News::Uploaded { stored, same, refused })
}
