//! `POST /tasks`: makes a task, with the images of a tag where one is named.

use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::response::Responder;

use crate::collect::model::Filter;
use crate::platform::error::Error;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Subject, Writer};
use crate::platform::web::page::{Html, SeeOther};
use crate::training::model::{Fault, MAX_NAME, NewTask, Result, Target};
use crate::training::notices::News;
use crate::training::service::Training;

use super::list::{Draft, TasksPage, page};
use super::words::Words;
use super::{Answer, View};

/// The form.
#[derive(Debug, FromForm)]
pub(super) struct Wish<'r> {
    name: &'r str,
    #[field(name = "type")]
    task_type: &'r str,
    tag: Option<&'r str>,
}

/// The form once more, or the way to the new task.
#[derive(Responder)]
pub(super) enum Created {
    Form(Box<(Status, Html<TasksPage>)>),
    Go(SeeOther),
}

/// `POST /tasks`
#[rocket::post("/tasks", data = "<form>")]
pub(super) async fn create(
    _writer: Writer,
    subject: Subject,
    view: View,
    training: &State<Training>,
    form: Form<Wish<'_>>,
) -> Answer<Created> {
    subject.is(form.name.trim());
    let draft = check(training, &form, view.w).await?;
    if draft.open {
        return Ok(Created::Form(Box::new((Status::BadRequest, Html(page(view, training, None, None, draft).await?)))));
    }
    let new = NewTask { id: None, name: draft.name, task_type: draft.task_type, classes: Vec::new() };
    let (task, news) = if draft.tag.is_empty() {
        (training.create_task(new).await?, News::Created)
    } else {
        let (task, done) = training.send(Target::New(new), &draft.tag, &Filter::default()).await?;
        (task, News::imported(&done, draft.tag))
    };
    Ok(Created::Go(SeeOther::to(format!("/tasks/{task}")).noting(news.to_string())))
}

/// What was sent, checked before anything is made. It stands open where something is wrong.
async fn check(training: &Training, form: &Wish<'_>, w: &Words) -> Result<Draft> {
    let (name, tag) = (form.name.trim(), form.tag.unwrap_or_default().trim());
    let task_type = form.task_type.parse().ok().filter(|number| (1..=3).contains(number));
    let mut draft = Draft {
        name: name.to_owned(),
        task_type: task_type.unwrap_or(1),
        tag: tag.to_owned(),
        wrong_name: (!is_name(name)).then(|| w.name_rule.to_owned()),
        wrong_type: task_type.is_none().then(|| w.type_rule.to_owned()),
        ..Draft::default()
    };
    if !tag.is_empty() {
        match training.find_tag(tag).await {
            Ok(tag) => draft.tag = tag,
            Err(fault) => draft.wrong_tag = Some(wrong_tag(fault, w)?),
        }
    }
    draft.open = draft.wrong_name.is_some() || draft.wrong_type.is_some() || draft.wrong_tag.is_some();
    Ok(draft)
}

/// What stands beside the field of a tag that isn't there; other faults go on.
pub(super) fn wrong_tag(fault: Fault, w: &Words) -> Result<String> {
    match fault {
        Fault::Other(Error::NotFound(_) | Error::Invalid { .. }) => Ok(w.no_such_tag.to_owned()),
        fault => Err(fault),
    }
}

/// Whether a task or class may be called so.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && !text.contains(char::is_control)
}
