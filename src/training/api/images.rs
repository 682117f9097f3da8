//! `/training/images/{img_id}`: annotation, state and group (contract §2.4, §2.5).

use rocket::data::Data;
use rocket::{Route, State, get, put, routes};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answers::Answer;
use super::bodies;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Nothing, Success};
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::json;
use crate::platform::web::receive::BodyHead;
use crate::training::model::annotation;
use crate::training::service::Training;

/// An image's document.
#[derive(Debug, Serialize)]
struct Annotation {
    mongo_id: String,
    annotation: Box<RawValue>,
}

/// `PUT …/annotation`
#[put("/training/images/<img_id>/annotation", data = "<data>")]
async fn annotate(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let image = Id::read("img_id", img_id)?;
    training.find_image(image).await?;
    let (sent, _room) = json::whole(data, head, annotation::MAX_BYTES).await?;
    training.annotate(image, json::unmarked(sent)?).await?;
    Ok(Success::new(lang, ("Annotation stored.", "标注保存成功"), Nothing {}))
}

/// `GET …/annotation`
#[get("/training/images/<img_id>/annotation")]
async fn annotation_of(_reader: Reader, training: &State<Training>, lang: MsgLang, img_id: &str) -> Answer<Annotation> {
    let (mongo_id, text) = training.annotation(Id::read("img_id", img_id)?).await?;
    let annotation = RawValue::from_string(text).map_err(Error::internal)?;
    Ok(Success::new(lang, ("Annotation found.", "标注查询成功"), Annotation { mongo_id, annotation }))
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
