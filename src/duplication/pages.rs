//! `POST /tasks/{id}/copy`: the button that copies a task, and leads to the copy.

use rocket::{Route, State, post, routes};

use crate::duplication::service::Duplication;
use crate::platform::ids::Id;
use crate::platform::web::guards::Writer;
use crate::platform::web::page::{PageError, SeeOther};
use crate::training::notices::News;

/// `POST /tasks/{id}/copy`: the id of the copy is drawn here.
#[post("/tasks/<id>/copy")]
async fn copy(_writer: Writer, duplication: &State<Duplication>, id: Id) -> Result<SeeOther, PageError> {
    let copied = duplication.duplicate_afresh(id).await?;
    let news = News::Copied { from: id, images: copied.images };
    Ok(SeeOther::to(format!("/tasks/{}", copied.task_id)).noting(news.to_string()))
}

/// The routes of this room's pages.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![copy]
}
