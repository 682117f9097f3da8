//! `/v1/tasks/{id}/start`, `…/stop`, `…/delete`: by `GET`, as the document has it, or by `POST`.

use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Route, State, get, head, post, routes};

use super::answers::Done;
use super::guard::Deliberate;
use crate::ingest::service::Ingest;
use crate::platform::error::Error;
use crate::platform::web::envelope::MsgLang;
use crate::platform::web::guards::Caller;
use crate::platform::web::named;

#[get("/v1/tasks/<id>/start")]
async fn start(_meant: Deliberate, ingest: &State<Ingest>, id: &str) -> named::Result<Done> {
    ingest.start(id).await?;
    Ok(Done)
}

#[post("/v1/tasks/<id>/start")]
async fn post_start(_meant: Deliberate, ingest: &State<Ingest>, id: &str) -> named::Result<Done> {
    ingest.start(id).await?;
    Ok(Done)
}

#[get("/v1/tasks/<id>/stop")]
async fn stop(_meant: Deliberate, ingest: &State<Ingest>, id: &str) -> named::Result<Done> {
    ingest.stop(id).await?;
    Ok(Done)
}

#[post("/v1/tasks/<id>/stop")]
async fn post_stop(_meant: Deliberate, ingest: &State<Ingest>, id: &str) -> named::Result<Done> {
    ingest.stop(id).await?;
    Ok(Done)
}

#[get("/v1/tasks/<id>/delete")]
async fn delete(_meant: Deliberate, ingest: &State<Ingest>, id: &str) -> named::Result<Done> {
    ingest.delete(id).await?;
    Ok(Done)
}

#[post("/v1/tasks/<id>/delete")]
async fn post_delete(_meant: Deliberate, ingest: &State<Ingest>, id: &str) -> named::Result<Done> {
    ingest.delete(id).await?;
    Ok(Done)
}

/// `HEAD` is for looking; Rocket would call the handler of `GET`.
#[head("/v1/tasks/<_id>/start")]
fn head_start(_caller: Caller, _id: &str) -> NotByHead {
    NotByHead
}

#[head("/v1/tasks/<_id>/stop")]
fn head_stop(_caller: Caller, _id: &str) -> NotByHead {
    NotByHead
}

#[head("/v1/tasks/<_id>/delete")]
fn head_delete(_caller: Caller, _id: &str) -> NotByHead {
    NotByHead
}

/// 405.
struct NotByHead;

impl<'r> Responder<'r, 'static> for NotByHead {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let message = ("This address does not take HEAD.", "该地址不支持 HEAD 请求");
        let error = Error::Conflict(message.into());
        let mut response: Response<'static> =
            named::response_as(Status::MethodNotAllowed, &error, MsgLang::of(request));
        response.set_raw_header("Allow", "GET, POST");
        Ok(response)
    }
}

pub fn routes() -> Vec<Route> {
    routes![start, post_start, stop, post_stop, delete, post_delete, head_start, head_stop, head_delete]
}
