//! What happens to every request and answer.
//!
//! What always holds: every answer says that its type is not to be guessed. (That the bytes of an upload never change
//! its method follows from `platform::server`: Rocket, which would look for `_method=DELETE` in a form, sees no body.)

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method, Status};
use rocket::request::Request;
use rocket::response::Response;

use super::guards::is_allowed;
use super::page::{error_response, is_page};
use super::preconditions::{Current, Preconditions};
use crate::platform::config::Config;

/// CORS for the origins that `cors.allow_origins` names, preflights included.
pub struct Cors;

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS for allowed origins", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let origin = request.headers().get_one("Origin");
        let is_used = request.rocket().state::<Config>().is_some_and(|config| !config.cors.allow_origins.is_empty());
        if is_used || origin.is_some() {
            // Also where no origin was told: a cache must not hand that answer to one that is allowed.
            response.adjoin_header(Header::new("Vary", "Origin"));
        }
        let Some(origin) = origin else {
            return;
        };
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

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if is_page(request) {
            compare_page(request, response);
        }
        let media = response.content_type();
        if media.as_ref().is_some_and(|media| media.is_event_stream()) {
            // Rocket lets shared caches keep it.
            response.remove_header("Cache-Control");
            response.remove_header("Expires");
        }
        let is_json = media.is_some_and(|media| media.is_json() || media.sub() == "problem+json");
        if is_json && !response.headers().contains("Vary") {
            // Most have a sentence in them.
            response.set_raw_header("Vary", "Accept-Language, Cookie");
        }
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Content-Security-Policy", PAGE_POLICY),
            // What doesn't say how long it is true is never kept.
            ("Cache-Control", "no-store"),
        ] {
            if !response.headers().contains(name) {
                response.set_raw_header(name, value);
            }
        }
    }
}

/// A page that the browser has already isn't sent again; what went wrong, and what answers a form, isn't kept.
fn compare_page(request: &Request<'_>, response: &mut Response<'_>) {
    let is_kept = response.status() == Status::Ok && matches!(request.method(), Method::Get | Method::Head);
    let etag = response.headers().get_one("ETag").map(str::to_owned);
    let Some(etag) = etag.filter(|_| is_kept) else {
        response.remove_header("ETag");
        response.set_raw_header("Cache-Control", "no-store");
        return;
    };
    match Preconditions::of(request).is_unchanged(Current { etag: &etag, modified_at: None }) {
        Ok(false) => {}
        Ok(true) => {
            response.set_status(Status::NotModified);
            response.remove_header("Content-Type");
            drop(response.body_mut().take());
        }
        Err(error) => {
            *response = error_response(request, Status::PreconditionFailed, &error);
            response.remove_header("ETag");
            response.set_raw_header("Cache-Control", "no-store");
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
