//! `/training/images/{img_id}/roi`, `…/mask`, `…/dl` (contract §2.5).

use rocket::data::Data;
use rocket::{Route, State, get, put, routes};
use serde::Serialize;

use super::answers::Answer;
use super::files::serve;
use super::forms;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Success};
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::multipart::FormType;
use crate::platform::web::receive::BodyHead;
use crate::platform::web::serve::{Bytes, Headers};
use crate::training::model::{Fault, Part};
use crate::training::service::Training;

/// The id of a part under its own name.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum PartId {
    Roi { img_roi_id: Id },
    Mask { img_mask_id: Id },
    Dl { img_dl_id: Id },
}

/// `PUT …/roi`: raw bytes, or a form with one file.
#[put("/training/images/<img_id>/roi", data = "<data>")]
async fn put_roi(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<PartId> {
    put_part(training, lang, img_id, Part::Roi, (kind, head), data).await
}

/// `PUT …/mask`
#[put("/training/images/<img_id>/mask", data = "<data>")]
async fn put_mask(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<PartId> {
    put_part(training, lang, img_id, Part::Mask, (kind, head), data).await
}

/// `PUT …/dl`
#[put("/training/images/<img_id>/dl", data = "<data>")]
async fn put_dl(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<PartId> {
    put_part(training, lang, img_id, Part::Dl, (kind, head), data).await
}

async fn put_part(
    training: &Training,
    lang: MsgLang,
    img_id: &str,
    part: Part,
    (kind, head): (FormType, BodyHead),
    data: Data<'_>,
) -> Answer<PartId> {
    let image = Id::read("img_id", img_id)?;
    training.find_image(image).await?;
    let incoming = forms::picture(training, &kind, head, data).await?;
    let id = training.put_part(image, part, incoming).await?;
    let id = match part {
        Part::Roi => PartId::Roi { img_roi_id: id },
        Part::Mask => PartId::Mask { img_mask_id: id },
        Part::Dl => PartId::Dl { img_dl_id: id },
    };
    Ok(Success::new(lang, ("Picture stored.", "图像保存成功"), id))
}

/// `GET …/roi`
#[get("/training/images/<img_id>/roi")]
async fn roi(_reader: Reader, training: &State<Training>, img_id: &str, headers: Headers<'_>) -> Result<Bytes, Fault> {
    get_part(training, img_id, Part::Roi, headers).await
}

/// `GET …/mask`
#[get("/training/images/<img_id>/mask")]
async fn mask(_reader: Reader, training: &State<Training>, img_id: &str, headers: Headers<'_>) -> Result<Bytes, Fault> {
    get_part(training, img_id, Part::Mask, headers).await
}

/// `GET …/dl`
#[get("/training/images/<img_id>/dl")]
async fn dl(_reader: Reader, training: &State<Training>, img_id: &str, headers: Headers<'_>) -> Result<Bytes, Fault> {
    get_part(training, img_id, Part::Dl, headers).await
}

async fn get_part(training: &Training, img_id: &str, part: Part, headers: Headers<'_>) -> Result<Bytes, Fault> {
    let content = training.part(Id::read("img_id", img_id)?, part).await?;
    serve(training, content, headers)
}

pub fn routes() -> Vec<Route> {
    routes![put_roi, put_mask, put_dl, roi, mask, dl]
}
