//! `POST /ingest`: makes a task of a CSV or a tag, and starts it where that was ticked; or only looks at the CSV.

use rocket::State;
use rocket::data::Data;
use rocket::http::Status;
use rocket::response::Responder;

use crate::ingest::form::receive;
use crate::ingest::model::form::Form;
use crate::ingest::service::{Ingest, Intake};
use crate::platform::error::Result;
use crate::platform::web::guards::{Subject, Writer};
use crate::platform::web::multipart::{FormType, Parts};
use crate::platform::web::page::{Html, SeeOther};
use crate::platform::web::receive::{Body, BodyHead};

use super::draft::Draft;
use super::list::{ListPage, Wish, page};
use super::news::News;
use super::{Answer, View};

/// The form once more, or the way to the new task.
#[derive(Responder)]
pub(super) enum Created {
    Form(Box<(Status, Html<ListPage>)>),
    Go(SeeOther),
}

/// What arrived.
struct Sent {
    form: Form,
    intake: Option<Intake>,
    starts: bool,
    /// It is only to be looked at.
    is_check: bool,
}

/// `POST /ingest`
#[rocket::post("/ingest", data = "<data>")]
pub(super) async fn create(
    _writer: Writer,
    subject: Subject,
    view: View,
    ingest: &State<Ingest>,
    kind: FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Created> {
    let sent = read(ingest, &kind, head, data).await?;
    subject.is(sent.form.get("group_name").unwrap_or_default());
    let mut draft = Draft::new(view.w, &ingest.ability(), view.frame.lang);
    draft.fill(&sent.form, sent.starts);
    draft.has_file = sent.intake.is_some();
    let mut glimpse = None;
    if let Some(intake) = sent.intake.as_ref().filter(|_| sent.is_check) {
        match intake.glimpse() {
            Ok(seen) => glimpse = Some(seen),
            Err(error) => draft.refuse(error, view.w, view.frame.lang)?,
        }
    }
    draft.open |= sent.is_check;
    if !sent.is_check {
        match ingest.create(&sent.form, sent.intake).await {
            Ok(id) => return Ok(Created::Go(made(ingest, id.as_str(), sent.starts).await?)),
            Err(error) => draft.refuse(error, view.w, view.frame.lang)?,
        }
    }
    let status = if sent.is_check { Status::Ok } else { Status::BadRequest };
    let page = page(view, ingest, &Wish::default(), draft, glimpse).await?;
    Ok(Created::Form(Box::new((status, Html(page)))))
}

async fn made(ingest: &Ingest, id: &str, starts: bool) -> Result<SeeOther> {
    if starts {
        ingest.start(id).await?;
    }
    let news = if starts { News::Started } else { News::Created };
    Ok(SeeOther::to(format!("/ingest/{id}")).noting(news.to_string()))
}

/// Reads the form to its end; the CSV goes to the disk as it arrives.
async fn read(ingest: &Ingest, kind: &FormType, head: BodyHead, data: Data<'_>) -> Result<Sent> {
    kind.boundary()?;
    let length = head.length;
    let mut parts = Parts::new(kind, Body::open(data, head, ingest.max_size())?)?;
    let mut sent = Sent { form: Form::default(), intake: None, starts: false, is_check: false };
    while let Some(part) = parts.next().await? {
        match part.name.as_str() {
            name if Form::has(name) && !part.is_file() => {
                let value = parts.text(&part).await?;
                sent.form.set(part.name, value);
            }
            "start" if !part.is_file() => sent.starts = true,
            "check" if !part.is_file() => sent.is_check = true,
            name if part.is_meant_as_file() || name == "file" => {
                receive(ingest, length, &part, &mut parts, &mut sent.intake).await?;
            }
            _ => {}
        }
    }
    Ok(sent)
}
