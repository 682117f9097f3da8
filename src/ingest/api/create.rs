//! `POST /v1/tasks/create` (contract §3).

use rocket::data::Data;
use rocket::serde::json::Json;
use rocket::{Route, State, post, routes};

use super::answers::Made;
use super::guard::Deliberate;
use crate::ingest::form::receive;
use crate::ingest::model::form::Form;
use crate::ingest::service::{Ingest, Intake};
use crate::platform::error::Result;
use crate::platform::web::guards::Subject;
use crate::platform::web::multipart::{FormType, Parts};
use crate::platform::web::named;
use crate::platform::web::receive::{Body, BodyHead};

/// The form of a new task: text fields, and the CSV as a file.
#[post("/v1/tasks/create", data = "<data>")]
async fn create(
    _meant: Deliberate,
    subject: Subject,
    ingest: &State<Ingest>,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> named::Result<Json<Made>> {
    let (form, intake) = read_form(ingest, &kind, head, data).await?;
    subject.is(form.get("group_name").unwrap_or_default());
    let id = ingest.create(&form, intake).await?;
    Ok(Json(Made { id }))
}

/// Reads a form to its end; the CSV goes to the disk as it arrives.
///
/// # Errors
/// `Unsupported` for another type of body; `Invalid` for one that isn't such a form; `Incomplete` when it breaks off.
async fn read_form(ingest: &Ingest, kind: &FormType, head: BodyHead, data: Data<'_>) -> Result<(Form, Option<Intake>)> {
    kind.boundary()?;
    let length = head.length;
    let mut parts = Parts::new(kind, Body::open(data, head, ingest.max_size())?)?;
    let (mut form, mut intake) = (Form::default(), None);
    while let Some(part) = parts.next().await? {
        if Form::has(&part.name) && !part.is_file() {
            let value = parts.text(&part).await?;
            form.set(part.name, value);
        } else if part.is_meant_as_file() || part.name == "file" {
            receive(ingest, length, &part, &mut parts, &mut intake).await?;
        }
    }
    Ok((form, intake))
}

pub fn routes() -> Vec<Route> {
    routes![create]
}
