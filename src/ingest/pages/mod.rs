//! The HTML pages of face ingest tasks: twins of the JSON handlers over the same service.
//!
//! What always holds: every change is a `POST`; every journey works with forms and links alone; a form that fails
//! comes back filled in, with the reason beside its field; no page fetches anything from another host.

mod control;
mod create;
mod draft;
mod events;
mod list;
mod log;
mod news;
mod task;
mod words;

use rocket::request::{FromRequest, Outcome, Request};

use crate::platform::web::page::{Frame, PageError, take_notice};

use news::News;
use words::Words;

/// What a page handler answers.
type Answer<T> = Result<T, PageError>;

/// The frame of a page of this room, with its words and the notice that waits for it.
pub struct View {
    pub frame: Frame,
    pub w: &'static Words,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for View {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut frame = Frame::of(request);
        let w = Words::of(frame.lang);
        frame.notice = take_notice(request).and_then(|words| News::parse(&words)).map(|news| news.told(w));
        Outcome::Success(Self { frame, w })
    }
}

/// The routes of this room's pages.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![
        list::index,
        create::create,
        task::show,
        events::events,
        control::start,
        control::stop,
        control::delete,
    ]
}
