//! `multipart/form-data` with the bytes of images.
//!
//! What always holds: nothing of a form is stored before all of it has arrived.

use futures_util::StreamExt;
use rocket::data::Data;

use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::multipart::{FormType, Part, Parts, no_file, only_file};
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
    kind: &FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Registered, Fault> {
    let body = Body::open(data, head, u64::MAX)?;
    let mut form = Form::default();
    match read(training, Parts::new(kind, body)?, &mut form).await {
        Ok((task, oper)) => training.register_placed(task, oper, form.placed).await,
        Err(fault) => {
            training.discard(&form.placed).await;
            Err(fault)
        }
    }
}

async fn read(training: &Training, mut parts: Parts<'_>, form: &mut Form) -> Result<(Id, Id), Fault> {
    while let Some(part) = parts.next().await? {
        match part.name.as_str() {
            "task_id" if !part.is_file() => form.task_id = Some(number("task_id", &parts.text(&part).await?)?),
            "create_oper" if !part.is_file() => {
                form.create_oper = Some(number("create_oper", &parts.text(&part).await?)?);
            }
            _ if !part.is_meant_as_file() => {}
            _ if form.placed.len() == MAX_IMAGES => return Err(too_many(MAX_IMAGES)),
            _ => form.placed.push(place(training, &part, &mut parts).await?),
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

async fn place(training: &Training, part: &Part, parts: &mut Parts<'_>) -> Result<Placed, Fault> {
    part.check()?;
    let name = part.named()?.to_owned();
    if !(1..=MAX_NAME).contains(&name.len()) {
        let message = ("must be 1 to 255 bytes of UTF-8", "必须是 1 到 255 字节的 UTF-8 文本");
        return Err(Fault::invalid("img_name", message));
    }
    let mut incoming = training.begin(None)?;
    while let Some(bytes) = parts.chunk().await? {
        write(training, &mut incoming, &bytes).await?;
    }
    Ok(Placed { name, received: training.place(incoming).await? })
}

async fn write(training: &Training, incoming: &mut Incoming, bytes: &[u8]) -> Result<(), Error> {
    let limit = training.max_size();
    if incoming.size() + bytes.len() as u64 > limit {
        return Err(Error::TooLarge { limit });
    }
    Ok(incoming.write(bytes).await?)
}

/// The bytes of one picture: a body as it is, or the one file of a form, which many programs send to every address.
pub async fn picture(training: &Training, kind: &FormType, head: BodyHead, data: Data<'_>) -> Result<Incoming, Fault> {
    if !kind.is_form() {
        let mut incoming = training.begin(head.length)?;
        Body::open(data, head, training.max_size())?.read_into(&mut incoming).await?;
        return Ok(incoming);
    }
    let mut pieces = only_file(kind, Body::open(data, head, u64::MAX)?)?;
    let mut incoming = training.begin(None)?;
    while let Some(piece) = pieces.next().await {
        write(training, &mut incoming, &piece?).await?;
    }
    Ok(incoming)
}
