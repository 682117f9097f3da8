//! What happens to every request and answer.
//!
//! What always holds: every answer says that its type is not to be guessed. (That the bytes of an upload never change
//! its method follows from `platform::server`: Rocket, which would look for `_method=DELETE` in a form, sees no body.)

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method, Status};
use rocket::request::Request;
use rocket::response::Response;

use super::guards::is_allowed;

/// CORS for the origins that `cors.allow_origins` names, preflights included.
pub struct Cors;

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS for allowed origins", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(origin) = request.headers().get_one("Origin") else {
            return;
        };
        response.adjoin_header(Header::new("Vary", "Origin"));
        if !is_allowed(request, origin) {
            return;
        }
        response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned());
        response.set_raw_header(
            "Access-Control-Expose-Headers",
            "Content-Length, Content-Range, Content-Disposition, ETag, Retry-After",
        );
        let asked = request.headers().get_one("Access-Control-Request-Method");
        if let (Method::Options, Some(_)) = (request.method(), asked) {
            response.set_status(Status::NoContent);
            response.set_raw_header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
            let headers = request.headers().get_one("Access-Control-Request-Headers");
            response.set_raw_header("Access-Control-Allow-Headers", headers.unwrap_or("*").to_owned());
            response.set_raw_header("Access-Control-Max-Age", "600");
        }
    }
}

/// Headers that are right on every answer which does not bring its own.
pub struct SafeHeaders;

/// What our own pages may load: nothing from elsewhere, no inline script or style.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'none'";

#[rocket::async_trait]
impl Fairing for SafeHeaders {
    fn info(&self) -> Info {
        Info { name: "Safe headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Content-Security-Policy", PAGE_POLICY),
        ] {
            if !response.headers().contains(name) {
                response.set_raw_header(name, value);
            }
        }
    }
}

/// Answers preflights; [`Cors`] adds what they ask for. Other `OPTIONS` get what the path takes.
#[rocket::options("/<_..>")]
fn options(_caller: super::guards::Caller) -> Status {
    Status::NoContent
}

/// The route of [`Cors`]' preflights.
#[must_use]
pub fn preflight() -> Vec<rocket::Route> {
    rocket::routes![options]
}
