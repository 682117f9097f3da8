//! Whether somebody really meant to start, stop or delete a task.
//!
//! Seed 003 does that by `GET`, which browsers send for any page that asks them to: links, pictures, prefetches.

use rocket::Request;
use rocket::http::Method;
use rocket::request::{FromRequest, Outcome};

use crate::platform::error::Error;
use crate::platform::web::guards::{Writer, is_cross_site, passed, refuse, tells_its_page};

/// Whoever may pass and meant it. Take it as an argument in every handler that changes something.
#[derive(Debug, Clone, Copy)]
pub struct Deliberate;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Deliberate {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        if let Outcome::Error(refused) = request.guard::<Writer>().await {
            return Outcome::Error(refused);
        }
        if is_tricked(request) {
            let message = ("Another site, or a prefetch, may not change a task.", "禁止跨站或预取请求更改任务");
            return refuse(request, Error::Forbidden(message.into()));
        }
        Outcome::Success(Self)
    }
}

fn is_tricked(request: &Request<'_>) -> bool {
    let headers = request.headers();
    let says = |name: &str, word: &str| {
        headers.get(name).any(|value| value.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    // A cookie comes along with whatever link somebody follows.
    let by_session = passed(request).and_then(|passed| passed.who.as_ref()).is_some_and(|who| who.session.is_some());
    if request.method() == Method::Get && by_session && !tells_its_page(request) {
        return true;
    }
    is_cross_site(request) || ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"].iter().any(|name| says(name, "prefetch"))
}
