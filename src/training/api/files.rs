//! `/training/files`: registration, logical delete, and the bytes of images (contract §2.2, §2.3).

use rocket::data::Data;
use rocket::{Route, State, get, post, put, routes};

use super::answers::{Answer, ImgDatas};
use super::{bodies, forms};
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Nothing, Success};
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::json;
use crate::platform::web::multipart::FormType;
use crate::platform::web::receive::BodyHead;
use crate::platform::web::serve::{Bytes, Facts, Headers};
use crate::platform::web::thumbnail::Thumbnail;
use crate::training::model::Fault;
use crate::training::service::{Content, Training};
use crate::training::shown::shown;

/// Seed 000 §1.4.
const REGISTERED: &str = "插入图像信息到 ImgInfo、TaskImgRel 表，成功";

/// Seed 000 §2.2.
const DELETED: &str = "ImgInfo 和 TaskImgRel表数据更新, 成功";

/// The bytes of an image never change, but it may be deleted: ask each time.
const ASK: &str = "private, no-cache";

/// `POST /training/files/files`: registers images; as a form, with their bytes.
#[post("/training/files/files", data = "<data>")]
async fn register(
    _writer: Writer,
    training: &State<Training>,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<ImgDatas> {
    let registered = if kind.is_form() {
        forms::register(training, &kind, head, data).await?
    } else {
        let (task, images) = json::large(data, head, bodies::REGISTRATION, bodies::registration).await?;
        training.register(task, images).await?
    };
    Ok(Success::literal(REGISTERED, ImgDatas::of(registered)))
}

/// `PUT /training/files/files`: deletes images logically.
#[put("/training/files/files", data = "<data>")]
async fn delete(_writer: Writer, training: &State<Training>, head: BodyHead, data: Data<'_>) -> Answer<Nothing> {
    let (task, ids) = json::large(data, head, bodies::IDS, bodies::image_list).await?;
    training.delete_images(task, ids).await?;
    Ok(Success::literal(DELETED, Nothing {}))
}

/// `POST /training/files/restore`: brings them back.
#[post("/training/files/restore", data = "<data>")]
async fn restore(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let (task, ids) = json::large(data, head, bodies::IDS, bodies::image_list).await?;
    training.restore_images(task, ids).await?;
    Ok(Success::new(lang, ("Images restored.", "图像恢复成功"), Nothing {}))
}

/// `PUT /training/files/{img_id}`: the bytes of a registered image, as they are or in a form.
#[put("/training/files/<img_id>", data = "<data>")]
async fn put_bytes(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let image = Id::read("img_id", img_id)?;
    training.find_image(image).await?;
    let incoming = forms::picture(training, &kind, head, data).await?;
    training.fill(image, incoming).await?;
    Ok(stored(lang))
}

/// `POST /training/files/{img_id}`: the same as a form with one file.
#[post("/training/files/<img_id>", data = "<data>")]
async fn post_bytes(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    img_id: &str,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let image: Id = Id::read("img_id", img_id)?;
    training.find_image(image).await?;
    if !kind.is_form() {
        let message =
            ("must be multipart/form-data; send raw bytes by PUT", "必须是 multipart/form-data；原始内容请用 PUT");
        return Err(Fault::invalid("Content-Type", message));
    }
    let incoming = forms::picture(training, &kind, head, data).await?;
    training.fill(image, incoming).await?;
    Ok(stored(lang))
}

fn stored(lang: MsgLang) -> Success<Nothing> {
    Success::new(lang, ("The image is ready.", "图像上传成功"), Nothing {})
}

/// `GET /training/files/{img_id}`: the bytes.
#[get("/training/files/<img_id>")]
async fn get_bytes(
    _reader: Reader,
    training: &State<Training>,
    img_id: &str,
    headers: Headers<'_>,
) -> Result<Bytes, Fault> {
    serve(training, training.content(Id::read("img_id", img_id)?).await?, headers)
}

/// Content as an answer.
pub(super) fn serve(training: &Training, content: Content, headers: Headers<'_>) -> Result<Bytes, Fault> {
    let facts = Facts {
        content_type: content.content_type.clone(),
        size: content.size,
        etag: format!("\"{}\"", content.sha256),
        cache: ASK,
        name: content.name.clone(),
        is_attachment: false,
    };
    let whole = training.read(&content, 0..content.size)?;
    Ok(Bytes::new(headers.0, facts, |range| training.read(&content, range).unwrap_or(whole))?)
}

/// `GET /training/files/{img_id}/thumb`: always a picture.
#[get("/training/files/<img_id>/thumb")]
async fn thumbnail(_reader: Reader, training: &State<Training>, img_id: &str) -> Result<Thumbnail, Fault> {
    Ok(shown(training.thumbnail(Id::read("img_id", img_id)?).await?).await?)
}

pub fn routes() -> Vec<Route> {
    routes![register, delete, restore, put_bytes, post_bytes, get_bytes, thumbnail]
}
