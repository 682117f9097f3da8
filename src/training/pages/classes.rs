//! What forms do to label classes.

use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;

use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::guards::Writer;
use crate::training::model::{Code, Fault, NewClass, is_color};
use crate::training::notices::News;
use crate::training::service::Training;

use super::create::is_name;
use super::images::Changed;
use super::task::Slips;
use super::words::Words;
use super::{Answer, View};

/// Name and colour.
#[derive(Debug, FromForm)]
pub(super) struct Class<'r> {
    name: &'r str,
    color: &'r str,
}

impl Class<'_> {
    /// What is wrong with it, whatever the task.
    fn wrong(&self, w: &Words) -> Option<&'static str> {
        let wrong_color = (!is_color(self.color)).then_some(w.color_rule);
        (!is_name(self.name.trim())).then_some(w.name_rule).or(wrong_color)
    }
}

/// What stands beside a class that a rule protects; other faults go on.
fn told(fault: Fault, view: &View) -> Result<(Status, String), Fault> {
    match fault.code() {
        Some(Code::Exists) => Ok((Status::Conflict, view.w.class_taken.to_owned())),
        Some(Code::WrongState) => Ok((Status::Conflict, fault.text(view.frame.lang))),
        _ => Err(fault),
    }
}

/// `POST /tasks/{id}/classes`
#[rocket::post("/tasks/<id>/classes", data = "<form>")]
pub(super) async fn add(
    _writer: Writer,
    view: View,
    training: &State<Training>,
    id: Id,
    form: Form<Class<'_>>,
) -> Answer<Changed> {
    let (status, wrong) = if let Some(wrong) = form.wrong(view.w) {
        (Status::BadRequest, wrong.to_owned())
    } else {
        let new = NewClass { name: form.name.trim().to_owned(), color: form.color.to_owned() };
        match training.add_class(id, new).await {
            Ok(_) => return Ok(Changed::done(id, &News::ClassAdded)),
            Err(fault) => told(fault, &view)?,
        }
    };
    let (class_name, class_color) = (form.name.to_owned(), form.color.to_owned());
    let slips = Slips { class_name, class_color, wrong_new_class: Some(wrong), ..Slips::default() };
    Ok(Changed::slip(view, training, id, status, slips).await?)
}

/// `POST /tasks/{id}/classes/{class}`: name and colour.
#[rocket::post("/tasks/<id>/classes/<class>", data = "<form>")]
pub(super) async fn change(
    _writer: Writer,
    view: View,
    training: &State<Training>,
    id: Id,
    class: Id,
    form: Form<Class<'_>>,
) -> Answer<Changed> {
    let (status, wrong) = match form.wrong(view.w) {
        Some(wrong) => (Status::BadRequest, wrong.to_owned()),
        None => match training.change_class(id, class.0, Some(form.name.trim()), Some(form.color)).await {
            Ok(()) => return Ok(Changed::done(id, &News::ClassChanged)),
            Err(fault) => told(fault, &view)?,
        },
    };
    let sent = (class.0, form.name.to_owned(), form.color.to_owned(), wrong);
    let slips = Slips { class: Some(sent), ..Slips::default() };
    Ok(Changed::slip(view, training, id, status, slips).await?)
}

/// `POST /tasks/{id}/classes/{class}/delete`
#[rocket::post("/tasks/<id>/classes/<class>/delete")]
pub(super) async fn delete(
    _writer: Writer,
    view: View,
    training: &State<Training>,
    id: Id,
    class: Id,
) -> Answer<Changed> {
    let fault = match training.delete_class(id, class.0).await {
        Ok(()) => return Ok(Changed::done(id, &News::ClassDeleted)),
        Err(fault) => fault,
    };
    let (status, wrong) = told(fault, &view)?;
    let slips = Slips { class: Some((class.0, String::new(), String::new(), wrong)), ..Slips::default() };
    Ok(Changed::slip(view, training, id, status, slips).await?)
}
