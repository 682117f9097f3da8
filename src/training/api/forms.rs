//! `multipart/form-data` with the bytes of images.
//!
//! What always holds: nothing of a form is stored before all of it has arrived.

use rocket::data::Data;
use rocket::http::ContentType;

use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::multipart::{FilePart, Part, Parts};
use crate::platform::web::receive::{Body, BodyHead};
use crate::training::model::{Fault, MAX_IMAGES, MAX_NAME, Registered};
use crate::training::service::{Incoming, Placed, Training, too_many};

/// What a form of images says.
#[derive(Default)]
struct Form {
    task_id: Option<Id>,
    create_oper: Option<Id>,
    placed: Vec<Placed>,
}

/// Registers the files of a form and stores their bytes, all or nothing.
pub async fn register(
    training: &Training,
    media: &ContentType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Registered, Fault> {
    let body = Body::open(data, head, u64::MAX)?;
    let mut form = Form::default();
    match read(training, Parts::new(media, body)?, &mut form).await {
        Ok((task, oper)) => training.register_placed(task, oper, form.placed).await,
        Err(fault) => {
            training.discard(&form.placed).await;
            Err(fault)
        }
    }
}

async fn read(training: &Training, mut parts: Parts<'_>, form: &mut Form) -> Result<(Id, Id), Fault> {
    while let Some(part) = parts.next_part().await? {
        match part {
            Part::Text { name, value } if name == "task_id" => form.task_id = Some(number("task_id", &value)?),
            Part::Text { name, value } if name == "create_oper" => {
                form.create_oper = Some(number("create_oper", &value)?);
            }
            Part::Text { .. } => {}
            Part::File(_) if form.placed.len() == MAX_IMAGES => return Err(too_many(MAX_IMAGES)),
            Part::File(part) => form.placed.push(place(training, *part).await?),
        }
    }
    let missing = |field| Error::invalid(field, ("is missing", "缺少"));
    let task = form.task_id.ok_or_else(|| missing("task_id"))?;
    let oper = form.create_oper.ok_or_else(|| missing("create_oper"))?;
    if form.placed.is_empty() {
        return Err(no_file().into());
    }
    Ok((task, oper))
}

fn number(field: &'static str, value: &str) -> Result<Id, Error> {
    Id::read(field, value.trim())
}

async fn place(training: &Training, part: FilePart<'_>) -> Result<Placed, Fault> {
    let name = part.file_name.clone();
    if name.len() > MAX_NAME {
        let message = ("must be at most 255 bytes of UTF-8", "UTF-8 编码不能超过 255 字节");
        return Err(Fault::invalid("img_name", message));
    }
    let received = training.place(receive(training, part).await?).await?;
    Ok(Placed { name, received })
}

async fn receive(training: &Training, mut part: FilePart<'_>) -> Result<Incoming, Fault> {
    let limit = training.max_size();
    let mut incoming = training.begin(None)?;
    while let Some(bytes) = part.chunk().await? {
        if incoming.size() + bytes.len() as u64 > limit {
            return Err(Error::TooLarge { limit }.into());
        }
        incoming.write(&bytes).await.map_err(Error::from)?;
    }
    Ok(incoming)
}

/// The one file of a form.
pub async fn one_file(
    training: &Training,
    media: Option<&ContentType>,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Incoming, Fault> {
    let body = Body::open(data, head, u64::MAX)?;
    let form = ("must be multipart/form-data; send raw bytes by PUT", "必须是 multipart/form-data；原始内容请用 PUT");
    let media = media.filter(|media| media.is_form_data()).ok_or_else(|| Fault::invalid("Content-Type", form))?;
    let mut parts = Parts::new(media, body)?;
    let mut file = None;
    while let Some(part) = parts.next_file().await? {
        if file.is_some() {
            return Err(Fault::invalid("body", ("holds more than one file", "包含多个文件")));
        }
        file = Some(receive(training, part).await?);
    }
    Ok(file.ok_or_else(no_file)?)
}

fn no_file() -> Error {
    Error::invalid("body", ("holds no file: send parts with a file name", "没有文件：请提交带文件名的分段"))
}
