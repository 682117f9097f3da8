//! The HTML pages of face groups: twins of the JSON handlers over the same service.
//!
//! What always holds: every journey works with forms and links alone; nothing brings a face back, so deleting asks first,
//! and for a whole group its name must be typed.

mod face;
mod group;
mod groups;
mod news;
mod removal;
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
        let news = take_notice(request).and_then(|words| News::parse(&words));
        frame.notice = news.map(|news| news.told(frame.lang));
        let w = Words::of(frame.lang);
        Outcome::Success(Self { frame, w })
    }
}

/// The routes of this room's pages.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![groups::index, group::show, face::delete, removal::delete]
}
