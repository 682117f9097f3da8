//! `/tasks/{id}/split`: the form that divides a task's images.
//!
//! What always holds: a form that fails changes nothing and comes back as it was sent, with the reason
//! beside the field that it is about.

mod form;
mod words;

use askama::Template;
use rocket::http::Status;
use rocket::response::Responder;
use rocket::{Route, State, get, post, routes};

use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Reader, Subject, Writer};
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};
use crate::split::model::record::Named;
use crate::split::service::{Done, Split};
use crate::training::model::shelf::shares;
use crate::training::model::{Fault, Result, Set, Task};
use crate::training::notices::News;
use crate::training::service::Training;

use form::{Draft, Sent};
use words::Words;

#[derive(Template)]
#[template(path = "split/form.html")]
struct SplitPage {
    frame: Frame,
    w: &'static Words,
    id: Id,
    name: String,
    /// Living images, and those of them that no split has placed.
    total: i64,
    unplaced: i64,
    total_text: String,
    only_hint: String,
    /// Some images are placed and some aren't.
    is_mixed: bool,
    /// Begin and width of each set in thousandths, in the order of [`Set::ALL`].
    bar: [(&'static str, i64, i64); 3],
    draft: Draft,
    /// What the last split by groups couldn't hold together by looks.
    unheld: Vec<String>,
}

/// The form once more, or the way to the task.
#[derive(Responder)]
enum Answered {
    Form(Box<(Status, Html<SplitPage>)>),
    Go(SeeOther),
}

/// `GET /tasks/{id}/split`
#[get("/tasks/<id>/split")]
async fn show(
    _reader: Reader,
    frame: Frame,
    training: &State<Training>,
    split: &State<Split>,
    id: Id,
) -> Result<Html<SplitPage>, PageError> {
    let task = training.find_task(id).await?;
    let draft = Draft::of(&task, training.counts(&task).await?.sets);
    Ok(Html(page(frame, training, split, &task, draft).await?))
}

/// `POST /tasks/{id}/split`
#[post("/tasks/<id>/split", data = "<sent>")]
async fn divide(
    _writer: Writer,
    subject: Subject,
    frame: Frame,
    training: &State<Training>,
    split: &State<Split>,
    id: Id,
    sent: Form<Sent<'_>>,
) -> Result<Answered, PageError> {
    let task = training.find_task(id).await?;
    subject.is(&task.name);
    let mut draft = Draft::sent(&sent);
    let status = match draft.wish(&task, Words::of(frame.lang)) {
        None => Status::BadRequest,
        Some(wish) => match split.split(wish).await {
            Ok(done) => return Ok(Answered::Go(told(id, &done))),
            Err(fault) => draft.refuse(fault, frame.lang)?,
        },
    };
    Ok(Answered::Form(Box::new((status, Html(page(frame, training, split, &task, draft).await?)))))
}

/// Back to the task, with what came of it.
fn told(id: Id, done: &Done) -> SeeOther {
    let Named { training, verifying, testing } = done.record.got;
    let counts = [training, verifying, testing].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let torn = done.record.groups.map_or(0, |groups| groups.torn);
    SeeOther::to(format!("/tasks/{id}")).noting(News::Split { counts, torn }.to_string())
}

async fn page(frame: Frame, training: &Training, split: &Split, task: &Task, draft: Draft) -> Result<SplitPage, Fault> {
    let counts = training.counts(task).await?.sets;
    let (total, unplaced) = (counts.iter().sum(), split.unplaced(task.id).await?);
    let [a, b, c] = shares(draft.counts().unwrap_or(counts));
    let parts = Set::ALL.map(Set::name);
    Ok(SplitPage {
        w: Words::of(frame.lang),
        id: task.id,
        name: task.name.clone(),
        total_text: words::total(total, frame.lang),
        only_hint: words::only_hint(unplaced, frame.lang),
        is_mixed: unplaced > 0 && unplaced < total,
        bar: [(parts[0], a.0, a.1), (parts[1], b.0, b.1), (parts[2], c.0, c.1)],
        unheld: words::unheld(task.split.as_ref(), frame.lang),
        total,
        unplaced,
        draft,
        frame,
    })
}

/// The routes of this room's pages.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![show, divide]
}
