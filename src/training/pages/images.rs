//! What forms do to the images of a task: into the deleted ones and back, and in from a tag.

use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::response::Responder;

use crate::collect::model::Filter;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Reader, Subject, Writer};
use crate::platform::web::lang::way_back;
use crate::platform::web::page::{Html, SeeOther};
use crate::platform::web::thumbnail::Thumbnail;
use crate::training::model::Shelf;
use crate::training::notices::News;
use crate::training::service::Training;
use crate::training::shown::shown;

use super::create::wrong_tag;
use super::task::{Slips, TaskPage, page};
use super::{Answer, View};

/// The task's page once more with what went wrong, or the way on.
#[derive(Responder)]
pub(super) enum Changed {
    Form(Box<(Status, Html<TaskPage>)>),
    Go(SeeOther),
}

impl Changed {
    /// The page of the task, with what went wrong.
    pub(super) async fn slip(
        view: View,
        training: &Training,
        id: Id,
        status: Status,
        slips: Slips,
    ) -> crate::training::model::Result<Self> {
        let page = page(view, training, id, Shelf::All, None, slips).await?;
        Ok(Self::Form(Box::new((status, Html(page)))))
    }

    /// Back to the task.
    pub(super) fn done(id: Id, news: &News) -> Self {
        Self::Go(SeeOther::to(format!("/tasks/{id}")).noting(news.to_string()))
    }
}

/// Which images are meant, and the page to come back to.
#[derive(Debug, FromForm)]
pub(super) struct Meant<'r> {
    ids: Vec<&'r str>,
    back: Option<&'r str>,
}

impl Meant<'_> {
    /// The ids; one that can't be read is an error, never passed over.
    fn ids(&self) -> Result<Vec<Id>, Error> {
        let wrong = || Error::invalid("ids", ("must be ids of images", "应为图像编号"));
        self.ids.iter().map(|id| Id::parse(id).ok_or_else(wrong)).collect()
    }

    fn back(&self, id: Id) -> String {
        self.back.map_or_else(|| format!("/tasks/{id}"), way_back)
    }
}

/// `GET /tasks/{id}/images/{image}/thumb`: of a deleted image too.
#[rocket::get("/tasks/<id>/images/<image>/thumb")]
pub(super) async fn thumbnail(_reader: Reader, training: &State<Training>, id: Id, image: Id) -> Answer<Thumbnail> {
    Ok(shown(training.thumbnail_in(id, image).await?).await?)
}

/// `POST /tasks/{id}/images/delete`
#[rocket::post("/tasks/<id>/images/delete", data = "<form>")]
pub(super) async fn delete(
    _writer: Writer,
    subject: Subject,
    training: &State<Training>,
    id: Id,
    form: Form<Meant<'_>>,
) -> Answer<SeeOther> {
    let (ids, back) = (form.ids()?, SeeOther::to(form.back(id)));
    if ids.is_empty() {
        return Ok(back.noting(News::NothingSelected.to_string()));
    }
    subject.is(&training.find_task(id).await?.name);
    training.delete_images(id, ids.clone()).await?;
    Ok(back.noting(News::deleted(id, ids).to_string()))
}

/// `POST /tasks/{id}/images/restore`
#[rocket::post("/tasks/<id>/images/restore", data = "<form>")]
pub(super) async fn restore(
    _writer: Writer,
    subject: Subject,
    training: &State<Training>,
    id: Id,
    form: Form<Meant<'_>>,
) -> Answer<SeeOther> {
    let (ids, back) = (form.ids()?, SeeOther::to(form.back(id)));
    if ids.is_empty() {
        return Ok(back.noting(News::NothingSelected.to_string()));
    }
    let images = ids.len() as u64;
    subject.is(&training.find_task(id).await?.name);
    training.restore_images(id, ids).await?;
    Ok(back.noting(News::Restored { images }.to_string()))
}

/// The form of an import.
#[derive(Debug, FromForm)]
pub(super) struct Import<'r> {
    tag: &'r str,
}

/// `POST /tasks/{id}/import`
#[rocket::post("/tasks/<id>/import", data = "<form>")]
pub(super) async fn import(
    _writer: Writer,
    subject: Subject,
    view: View,
    training: &State<Training>,
    id: Id,
    form: Form<Import<'_>>,
) -> Answer<Changed> {
    subject.is(&training.find_task(id).await?.name);
    let tag = form.tag.trim();
    match training.import(id, tag, &Filter::default()).await {
        Ok(done) => Ok(Changed::done(id, &News::imported(&done, tag.to_owned()))),
        Err(fault) => {
            let slips = Slips { tag: tag.to_owned(), wrong_tag: Some(wrong_tag(fault, view.w)?), ..Slips::default() };
            Ok(Changed::slip(view, training, id, Status::BadRequest, slips).await?)
        }
    }
}
