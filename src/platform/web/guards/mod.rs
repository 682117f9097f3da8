//! Who asks, what they may do, and whether a browser was tricked into asking.
//!
//! A guard stands at every door, as a handler's first argument: [`Caller`] where anybody may come in,
//! [`Reader`], [`Writer`], [`Uploader`], [`User`] and [`Admin`] where one must be somebody. What always holds: each
//! of them refuses writes that another site makes a browser send (contract §0), paths and queries
//! that are not UTF-8, and headers that change what a body means; and who somebody is is decided anew for each request, by the [`Gatekeeper`].

mod gate;
mod headers;
mod origin;
mod rights;
mod subject;
mod who;

use rocket::Request;
use rocket::http::Status;
use rocket::http::uri::Origin;
use rocket::http::{HeaderMap, Method};
use rocket::request::{FromRequest, Outcome};

use crate::platform::error::Error;

pub use gate::{
    Admin, Credentials, Gate, Gatekeeper, MayRead, MayUpload, Passed, Reader, Uploader, User, Writer, passed,
};
pub use gate::{LINK_COOKIE, SESSION_COOKIE};
pub use origin::{is_allowed, is_cross_site, is_loopback, tells_its_page};
pub use rights::{Grant, Need, Role};
pub use subject::Subject;
pub use who::{Kind, Who};

/// Whoever comes by: only for what everybody may see, and for what makes somebody of one.
#[derive(Debug, Clone, Copy)]
pub struct Caller;

/// Why the door stayed shut; the catcher renders it.
#[derive(Debug, Default)]
pub struct Refusal(pub Option<Error>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match check(request) {
            Ok(()) => Outcome::Success(Self),
            Err(error) => refuse(request, error),
        }
    }
}

/// Leaves the reason for the catcher.
pub fn refuse<T>(request: &Request<'_>, error: Error) -> Outcome<T, ()> {
    let status = Status::new(error.status());
    request.local_cache(|| Refusal(Some(error)));
    Outcome::Error((status, ()))
}

/// The same for a responder, whose error the catcher renders in the shape of the path's family.
///
/// # Errors
/// The status of the error.
pub fn refused<T>(request: &Request<'_>, done: Result<T, Error>) -> Result<T, Status> {
    done.map_err(|error| {
        let status = Status::new(error.status());
        request.local_cache(|| Refusal(Some(error)));
        status
    })
}

/// What is asked of everybody.
fn check(request: &Request<'_>) -> Result<(), Error> {
    check_utf8(request.uri())?;
    let is_read = matches!(request.method(), Method::Get | Method::Head | Method::Options);
    if !is_read && is_cross_site(request) {
        let message = (
            "Another site may not write here; name it in cors.allow_origins.",
            "禁止跨站写入；可在 cors.allow_origins 中允许该来源",
        );
        return Err(Error::Forbidden(message.into()));
    }
    headers::check_headers(request)
}

/// Whether path and query are UTF-8, whatever stands there.
///
/// # Errors
/// `Invalid` when they are not.
pub(super) fn check_utf8(uri: &Origin<'_>) -> Result<(), Error> {
    let decodes = |raw: &str| percent_encoding::percent_decode_str(raw).decode_utf8().is_ok();
    if decodes(uri.path().as_str()) && uri.query().is_none_or(|query| decodes(query.as_str())) {
        return Ok(());
    }
    Err(Error::invalid("uri", ("The path and the query must be UTF-8.", "路径和查询参数必须是 UTF-8")))
}

/// Whether a browser of today sent this: it tells where its requests come from.
#[must_use]
pub fn is_browser(headers: &HeaderMap<'_>) -> bool {
    ["Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"].iter().any(|name| headers.contains(*name))
}
