//! Who asks, and whether a browser was tricked into asking.
//!
//! [`Caller`] stands at every door. While there are no accounts it lets everyone in (the server then
//! listens on loopback, or the operator wrote `auth.open = true`), but it refuses writes that another
//! site makes a browser send (contract §0), and paths and queries that are not UTF-8.

use rocket::Request;
use rocket::http::Method;
use rocket::http::Status;
use rocket::http::uri::Origin;
use rocket::request::{FromRequest, Outcome};

use crate::platform::config::Config;
use crate::platform::error::Error;

/// Whoever may pass. Take it as an argument in every handler.
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
            Err(error) => {
                let status = Status::new(error.status());
                request.local_cache(|| Refusal(Some(error)));
                Outcome::Error((status, ()))
            }
        }
    }
}

fn check(request: &Request<'_>) -> Result<(), Error> {
    if !is_utf8(request.uri()) {
        let message = ("The path and the query must be UTF-8.", "路径和查询参数必须是 UTF-8");
        return Err(Error::invalid("uri", message));
    }
    let is_read = matches!(request.method(), Method::Get | Method::Head | Method::Options);
    if !is_read && is_cross_site(request) {
        let message = (
            "Another site may not write here; name it in cors.allow_origins.",
            "禁止跨站写入；可在 cors.allow_origins 中允许该来源",
        );
        return Err(Error::Forbidden(message.into()));
    }
    Ok(())
}

fn is_utf8(uri: &Origin<'_>) -> bool {
    let decodes = |raw: &str| percent_encoding::percent_decode_str(raw).decode_utf8().is_ok();
    decodes(uri.path().as_str()) && uri.query().is_none_or(|query| decodes(query.as_str()))
}

/// Whether a browser sends this for a page of another origin that nobody allowed.
#[must_use]
pub fn is_cross_site(request: &Request<'_>) -> bool {
    let headers = request.headers();
    if let Some(origin) = headers.get_one("Origin") {
        return !is_own(request, origin) && !is_allowed(request, origin);
    }
    headers.get_one("Sec-Fetch-Site").is_some_and(|site| site.eq_ignore_ascii_case("cross-site"))
}

/// Whether the origin is this server under the name that the request itself uses.
fn is_own(request: &Request<'_>, origin: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = request.headers().get_one("Host");
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

/// Whether `cors.allow_origins` names the origin.
#[must_use]
pub fn is_allowed(request: &Request<'_>, origin: &str) -> bool {
    let config = request.rocket().state::<Config>();
    config.is_some_and(|config| config.cors.allow_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
}
