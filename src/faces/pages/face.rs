//! `POST /groups/{name}/faces/{id}/delete`: a page that asks; only its answer deletes.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::response::Responder;

use crate::faces::service::Faces;
use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::format::{address, escaped};
use crate::platform::web::guards::Writer;
use crate::platform::web::page::{Frame, Html, Section, SeeOther};

use super::group::Item;
use super::news::News;
use super::words::{self, Words};
use super::{Answer, View};

#[derive(Template)]
#[template(path = "faces/delete_face.html")]
pub(super) struct DeleteFacePage {
    frame: Frame,
    w: &'static Words,
    name: String,
    /// Of the group.
    href: String,
    back: String,
    q: String,
    question: String,
    face: Item,
}

/// The question, or the way back when it has been answered.
#[derive(Responder)]
pub(super) enum Asked {
    Ask(Box<Html<DeleteFacePage>>),
    Done(SeeOther),
}

#[derive(Debug, FromForm)]
pub(super) struct Confirmation<'r> {
    confirmed: Option<&'r str>,
    /// The search that the reader comes from.
    q: Option<&'r str>,
}

/// `POST /groups/{name}/faces/{id}/delete`
#[rocket::post("/groups/<name>/faces/<id>/delete", data = "<form>")]
pub(super) async fn delete(
    _writer: Writer,
    view: View,
    faces: &State<Faces>,
    name: &str,
    id: Id,
    form: Form<Confirmation<'_>>,
) -> Answer<Asked> {
    let href = format!("/groups/{}", escaped(name));
    let q = form.q.unwrap_or_default().to_owned();
    let back = address(&href, &[("q", &q)]);
    if form.confirmed == Some("yes") {
        faces.delete_face(name, id).await?;
        return Ok(Asked::Done(SeeOther::to(back).noting(News::FaceDeleted.to_string())));
    }
    let View { frame, w } = view;
    let face = Item::of(faces.face(name, id).await?, frame.lang);
    let question = words::face_question(name, frame.lang);
    let page = DeleteFacePage { name: name.to_owned(), question, frame, w, href, back, q, face };
    Ok(Asked::Ask(Box::new(Html(page))))
}
