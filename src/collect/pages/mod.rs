//! The HTML pages of collecting by tag: twins of the JSON handlers over the same service.
//!
//! What always holds: every journey works with forms and links alone; scripts only make it pleasant.
//! A handler parses, makes one or a few service calls, and renders.

mod about;
mod file;
mod filter;
mod forms;
mod items;
pub mod notices;
mod phone;
mod settings;
mod tag;
mod tags;
mod trash;
mod upload;
mod words;

use rocket::request::{FromRequest, Outcome, Request};

use crate::platform::web::page::{Frame, PageError, take_notice};

use notices::News;
use words::Words;

/// What a page handler answers.
type Answer<T> = Result<crate::platform::web::page::Html<T>, PageError>;

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
    rocket::routes![
        tags::index,
        tags::new,
        tag::show,
        tag::qr_code,
        settings::save,
        file::show,
        phone::show,
        trash::show,
        about::show,
        forms::trash_files,
        forms::undo,
        forms::delete_tag,
        forms::trash_file,
        forms::restore_file,
        upload::upload,
        upload::by_link,
        trash::restore,
        trash::purge,
    ]
}
