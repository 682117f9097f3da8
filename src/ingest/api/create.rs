//! `POST /v1/tasks/create` (contract §3).

use rocket::data::Data;
use rocket::http::ContentType;
use rocket::serde::json::Json;
use rocket::{Route, State, post, routes};

use super::answers::Made;
use super::guard::Deliberate;
use crate::ingest::model::form::Form;
use crate::ingest::service::{Ingest, Intake};
use crate::platform::error::{Error, Result};
use crate::platform::web::guards::Subject;
use crate::platform::web::multipart::{Part, Parts};
use crate::platform::web::named;
use crate::platform::web::receive::{Body, BodyHead};

/// The form of a new task: text fields, and the CSV as a file.
#[post("/v1/tasks/create", data = "<data>")]
async fn create(
    _meant: Deliberate,
    subject: Subject,
    ingest: &State<Ingest>,
    media: Option<&ContentType>,
    head: BodyHead,
    data: Data<'_>,
) -> named::Result<Json<Made>> {
    let (form, intake) = read_form(ingest, media, head, data).await?;
    subject.is(form.get("group_name").unwrap_or_default());
    let id = ingest.create(&form, intake).await?;
    Ok(Json(Made { id }))
}

/// Reads a form to its end; the CSV goes to the disk as it arrives.
///
/// # Errors
/// `Unsupported` for another type of body; `Invalid` for one that isn't such a form; `Incomplete` when it breaks off.
pub async fn read_form(
    ingest: &Ingest,
    media: Option<&ContentType>,
    head: BodyHead,
    data: Data<'_>,
) -> Result<(Form, Option<Intake>)> {
    let Some(media) = media.filter(|media| media.is_form_data()) else {
        let message = ("The body must be multipart/form-data.", "请求正文必须是 multipart/form-data");
        return Err(Error::Unsupported(message.into()));
    };
    let body = Body::open(data, head, ingest.max_size())?;
    let mut parts = Parts::new(media, body)?;
    let (mut form, mut intake) = (Form::default(), None);
    while let Some(part) = parts.next_part().await? {
        match part {
            Part::File(_) if intake.is_some() => {
                return Err(Error::invalid("file", ("is there more than once", "只能提交一个文件")));
            }
            Part::File(mut part) => {
                let mut file = ingest.begin(head.length).await?;
                while let Some(bytes) = part.chunk().await? {
                    file.write(&bytes).await?;
                }
                intake = Some(file);
            }
            // A file that was sent as a text field, as `curl -F 'file=<rows.csv'` does.
            Part::Text { name, value } if name == "file" && intake.is_none() && !value.is_empty() => {
                let mut file = ingest.begin(head.length).await?;
                file.write(value.as_bytes()).await?;
                intake = Some(file);
            }
            Part::Text { name, value } => form.set(name, value),
        }
    }
    Ok((form, intake))
}

pub fn routes() -> Vec<Route> {
    routes![create]
}
