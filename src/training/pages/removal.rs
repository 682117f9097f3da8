//! `POST /tasks/{id}/delete`: a page that asks; only its answer deletes, since nothing brings a task back.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::response::Responder;

use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Subject, Writer};
use crate::platform::web::page::{Frame, Html, Section, SeeOther};
use crate::training::notices::News;
use crate::training::service::Training;

use super::words::{self, Words};
use super::{Answer, View};

#[derive(Template)]
#[template(path = "training/delete.html")]
pub(super) struct DeletePage {
    frame: Frame,
    w: &'static Words,
    id: Id,
    name: String,
    question: String,
}

/// The question, or the way back when it has been answered.
#[derive(Responder)]
pub(super) enum Asked {
    Ask(Box<Html<DeletePage>>),
    Done(SeeOther),
}

#[derive(Debug, FromForm)]
pub(super) struct Confirmation<'r> {
    confirmed: Option<&'r str>,
}

/// `POST /tasks/{id}/delete`
#[rocket::post("/tasks/<id>/delete", data = "<form>")]
pub(super) async fn delete(
    _writer: Writer,
    subject: Subject,
    view: View,
    training: &State<Training>,
    id: Id,
    form: Form<Confirmation<'_>>,
) -> Answer<Asked> {
    if form.confirmed == Some("yes") {
        subject.is(&training.find_task(id).await?.name);
        training.delete_task(id).await?;
        return Ok(Asked::Done(SeeOther::to("/tasks").noting(News::TaskDeleted.to_string())));
    }
    let task = training.task(id).await?;
    let View { frame, w, .. } = view;
    let question = words::delete_question(&task.task.name, task.counts.sets.iter().sum(), frame.lang);
    Ok(Asked::Ask(Box::new(Html(DeletePage { id, name: task.task.name, question, frame, w }))))
}
