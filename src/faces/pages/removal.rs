//! `POST /groups/{name}/delete`: a page that asks for the group's name; only the right one deletes.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::response::Responder;

use crate::faces::service::Faces;
use crate::platform::web::form::Form;
use crate::platform::web::format::escaped;
use crate::platform::web::guards::Writer;
use crate::platform::web::page::{Frame, Html, Section, SeeOther};

use super::news::News;
use super::words::{self, Words};
use super::{Answer, View};

#[derive(Template)]
#[template(path = "faces/delete_group.html")]
pub(super) struct DeleteGroupPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    href: String,
    question: String,
    /// What was typed before, which isn't the name.
    typed: Option<String>,
}

/// The question, or the way back when it has been answered.
#[derive(Responder)]
pub(super) enum Asked {
    Ask(Box<Html<DeleteGroupPage>>),
    Done(SeeOther),
}

#[derive(Debug, FromForm)]
pub(super) struct Confirmation<'r> {
    name: Option<&'r str>,
}

/// `POST /groups/{name}/delete`
#[rocket::post("/groups/<name>/delete", data = "<form>")]
pub(super) async fn delete(
    _writer: Writer,
    view: View,
    faces: &State<Faces>,
    name: &str,
    form: Form<Confirmation<'_>>,
) -> Answer<Asked> {
    let group = faces.group(name).await?;
    if form.name.is_some_and(|typed| typed.trim() == group.name.trim()) {
        let faces = faces.delete_group(name).await?;
        return Ok(Asked::Done(SeeOther::to("/groups").noting(News::GroupDeleted { faces }.to_string())));
    }
    let View { frame, w } = view;
    let typed = form.name.map(str::to_owned);
    let question = words::group_question(name, group.face_count, frame.lang);
    let page =
        DeleteGroupPage { href: format!("/groups/{}", escaped(name)), name: group.name, question, typed, frame, w };
    Ok(Asked::Ask(Box::new(Html(page))))
}
