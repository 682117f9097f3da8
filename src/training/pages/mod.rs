//! The HTML pages of training tasks: twins of the JSON handlers over the same service.
//!
//! What always holds: every journey works with forms and links alone; a form that fails comes back
//! filled in, with the reason beside its field; what can't be undone asks first.

mod classes;
mod create;
mod images;
mod items;
mod list;
mod removal;
mod send;
mod single;
mod task;
mod words;

use rocket::request::{FromRequest, Outcome, Request};

use crate::platform::web::page::{Frame, PageError, take_notice};

use super::notices::News;
use words::Words;

/// What a page handler answers.
type Answer<T> = Result<T, PageError>;

/// Tags that are offered to import from.
const KNOWN_TAGS: u32 = 100;

/// The frame of a page of this room, with its words and the notice that waits for it.
pub struct View {
    pub frame: Frame,
    pub w: &'static Words,
    /// The notice tells about label classes: people go on with them.
    pub is_about_classes: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for View {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut frame = Frame::of(request);
        let news = take_notice(request).and_then(|words| News::parse(&words));
        let is_about_classes = matches!(news, Some(News::ClassAdded | News::ClassChanged | News::ClassDeleted));
        frame.notice = news.map(|news| news.told(frame.lang));
        let w = Words::of(frame.lang);
        Outcome::Success(Self { frame, w, is_about_classes })
    }
}

/// The routes of this room's pages.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![
        list::index,
        create::create,
        task::show,
        images::thumbnail,
        single::show,
        images::delete,
        images::restore,
        images::import,
        classes::add,
        classes::change,
        classes::delete,
        removal::delete,
        send::choose,
        send::send,
    ]
}
