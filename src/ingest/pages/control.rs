//! Start, stop and delete from a task's page.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::response::Responder;

use crate::ingest::service::Ingest;
use crate::platform::error::Error;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Subject, Writer};
use crate::platform::web::page::{Frame, Html, Section, SeeOther};

use super::news::News;
use super::words::{self, Words};
use super::{Answer, View};

/// `POST /ingest/{id}/start`
#[rocket::post("/ingest/<id>/start")]
pub(super) async fn start(_writer: Writer, subject: Subject, ingest: &State<Ingest>, id: &str) -> Answer<SeeOther> {
    subject.is(&ingest.task(id).await?.group);
    told(id, ingest.start(id).await, News::Started)
}

/// `POST /ingest/{id}/stop`: answers when no row is in flight any more.
#[rocket::post("/ingest/<id>/stop")]
pub(super) async fn stop(_writer: Writer, subject: Subject, ingest: &State<Ingest>, id: &str) -> Answer<SeeOther> {
    subject.is(&ingest.task(id).await?.group);
    told(id, ingest.stop(id).await, News::Stopped)
}

/// Back to the task, which may have moved on while somebody looked at its page.
fn told(id: &str, done: Result<(), Error>, news: News) -> Answer<SeeOther> {
    let news = match done {
        Ok(()) => news,
        Err(Error::Conflict(_)) => News::TooLate,
        Err(error) => return Err(error.into()),
    };
    Ok(SeeOther::to(format!("/ingest/{id}")).noting(news.to_string()))
}

#[derive(Template)]
#[template(path = "ingest/delete.html")]
pub(super) struct DeletePage {
    frame: Frame,
    w: &'static Words,
    id: String,
    group: String,
    question: String,
    typed: String,
    wrong: bool,
}

/// The confirmation.
#[derive(Debug, FromForm)]
pub(super) struct Typed<'r> {
    /// The name of the group, to be typed.
    typed: Option<&'r str>,
}

/// The question, or the way back when it has been answered.
#[derive(Responder)]
pub(super) enum Deletion {
    Ask(Box<(Status, Html<DeletePage>)>),
    Done(SeeOther),
}

/// `POST /ingest/{id}/delete`: asks first; only the typed name of the group deletes.
#[rocket::post("/ingest/<id>/delete", data = "<form>")]
pub(super) async fn delete(
    _writer: Writer,
    subject: Subject,
    view: View,
    ingest: &State<Ingest>,
    id: &str,
    form: Form<Typed<'_>>,
) -> Answer<Deletion> {
    let task = ingest.task(id).await?;
    subject.is(&task.group);
    let typed = form.typed.map(str::trim);
    if typed == Some(task.group.trim()) {
        ingest.delete(id).await?;
        return Ok(Deletion::Done(SeeOther::to("/ingest").noting(News::Deleted.to_string())));
    }
    let page = DeletePage {
        question: words::delete_question(&task.group, task.total, view.frame.lang),
        frame: view.frame,
        w: view.w,
        id: task.id.to_string(),
        group: task.group,
        typed: typed.unwrap_or_default().to_owned(),
        wrong: typed.is_some(),
    };
    let status = if page.wrong { Status::BadRequest } else { Status::Ok };
    Ok(Deletion::Ask(Box::new((status, Html(page)))))
}
