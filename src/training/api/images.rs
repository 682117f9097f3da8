//! `/training/images/{img_id}`: annotation, state and group (contract §2.4, §2.5).

use rocket::data::Data;
use rocket::{Route, State, get, put, routes};

use super::answers::{AnnotationResponse, Answer, Tagged};
use super::bodies;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Nothing, Success};
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::json;
use crate::platform::web::preconditions::Preconditions;
use crate::platform::web::receive::BodyHead;
use crate::training::model::{Fault, annotation};
use crate::training::service::Training;

/// `PUT …/annotation`, where its preconditions hold of what stands there (RFC 9110 §13).
#[put("/training/images/<img_id>/annotation", data = "<data>")]
async fn annotate(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    conditions: Preconditions,
    img_id: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Tagged<Nothing>, Fault> {
    let image = Id::read("img_id", img_id)?;
    training.find_image(image).await?;
    let (sent, _room) = json::whole(data, head, annotation::MAX_BYTES).await?;
    Ok(Tagged::stored(lang, training.annotate_if(image, json::unmarked(sent)?, conditions).await?))
}

/// `GET …/annotation`
#[get("/training/images/<img_id>/annotation")]
async fn annotation_of(
    _reader: Reader,
    training: &State<Training>,
    lang: MsgLang,
    conditions: Preconditions,
    img_id: &str,
) -> Result<Tagged<AnnotationResponse>, Fault> {
    let standing = training.annotation(Id::read("img_id", img_id)?).await?;
    Tagged::read(lang, standing, &conditions)
}

/// `PUT …/state`
#[put("/training/images/<img_id>/state", data = "<data>")]
async fn set_state(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let image = Id::read("img_id", img_id)?;
    let state = bodies::state(&json::object(data, head, bodies::SMALL).await?)?;
    training.set_state(image, state).await?;
    Ok(Success::new(lang, ("State changed.", "图像状态修改成功"), Nothing {}))
}

/// `PUT …/group`
#[put("/training/images/<img_id>/group", data = "<data>")]
async fn set_group(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let image = Id::read("img_id", img_id)?;
    let group = bodies::group(&json::object(data, head, bodies::SMALL).await?)?;
    training.set_group(image, group.as_deref()).await?;
    Ok(Success::new(lang, ("Group changed.", "图像分组修改成功"), Nothing {}))
}

pub fn routes() -> Vec<Route> {
    routes![annotate, annotation_of, set_state, set_group]
}
