//! The pages of accounts: coming in, one's own account, upload links, the log of what was done.
//!
//! What always holds: a secret stands on a page once, when it is made, and never in an address of ours but behind a `#`,
//! which no browser sends.

mod account;
mod audit;
mod links;
mod login;
mod news;
pub mod said;
mod tokens;
mod words;

use rocket::http::{Cookie, SameSite};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::time::Duration;

use crate::platform::config::Secret;
use crate::platform::web::page::{Frame, Html, PageError, is_secure, take_notice};

use news::News;
use words::Words;

/// What a page handler answers.
type Answer<T> = Result<Html<T>, PageError>;

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

/// Whether the browser may send a cookie over TLS alone.
#[derive(Debug, Clone, Copy)]
struct Secure(bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Secure {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self(is_secure(request)))
    }
}

/// A cookie that no script reads.
fn cookie(name: &'static str, secret: &Secret, path: String, Secure(secure): Secure, ms: i64) -> Cookie<'static> {
    Cookie::build((name, secret.0.clone()))
        .path(path)
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(Duration::milliseconds(ms))
        .build()
}

/// The routes of this room's pages.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![
        login::show,
        login::enter,
        login::leave,
        account::show,
        account::password,
        account::end_session,
        tokens::create,
        tokens::revoke,
        links::create,
        links::enter,
        audit::show,
    ]
}
