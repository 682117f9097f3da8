//! Answers where no handler had the word: unknown paths, wrong methods, guards that refused.
//!
//! The route decides the shape, not `Accept`: `/upload` (but for its page) and `/api` speak
//! problem+json, `/training` its envelope, `/v1` an error with its name, all else gets a page.

use rocket::http::uri::fmt::Path;
use rocket::http::uri::{Path as RawPath, Segments};
use rocket::http::{Method, Status};
use rocket::request::Request;
use rocket::response::Response;
use rocket::{Catcher, catcher};

use super::envelope::MsgLang;
use super::format::{address, escaped};
use super::guards::{Refusal, check_utf8, is_browser};
use super::lang::Lang;
use super::{envelope, named, page, problem};
use crate::platform::error::{Error, Thing};

/// One catcher for every status.
#[must_use]
pub fn catchers() -> Vec<Catcher> {
    vec![Catcher::new(None, Any)]
}

#[derive(Clone)]
struct Any;

#[rocket::async_trait]
impl catcher::Handler for Any {
    async fn handle<'r>(&self, status: Status, request: &'r Request<'_>) -> catcher::Result<'r> {
        // A path whose segment is no id, say: nothing stands there.
        let is_odd_path = status == Status::UnprocessableEntity && request.method() == Method::Get;
        let status = if is_odd_path { Status::NotFound } else { status };
        let allowed = if status == Status::NotFound { allowed_methods(request) } else { Vec::new() };
        let is_wrong_method = !allowed.is_empty();
        if let (Status::NotFound, Err(error)) = (status, check_utf8(request.uri())) {
            // No guard has seen it: no route stands there.
            return Ok(shaped(Status::BadRequest, &error, request));
        }
        let mut response = render(status, is_wrong_method, request);
        if is_wrong_method {
            response.set_status(Status::MethodNotAllowed);
            response.set_raw_header("Allow", allowed.join(", "));
        }
        Ok(response)
    }
}

fn render<'r>(status: Status, is_wrong_method: bool, request: &'r Request<'_>) -> Response<'r> {
    let refusal = request.local_cache(Refusal::default);
    let fallback = fallback(status, is_wrong_method);
    let error = refusal.0.as_ref().unwrap_or(&fallback);
    let status = if is_wrong_method { Status::MethodNotAllowed } else { status };
    shaped(status, error, request)
}

/// The error in the shape of the path's family.
fn shaped<'r>(status: Status, error: &Error, request: &'r Request<'_>) -> Response<'r> {
    let is_unknown = matches!(error, Error::Unauthorized(_));
    let mut response = match request.uri().path().segments().get(0) {
        Some("training") => enveloped(status, error, request),
        Some("v1") => named::response_as(status, error, MsgLang::of(request)),
        _ if speaks_json(request) => problem::response_as(status, error, Lang::of(request)),
        _ if is_unknown && (!is_bytes(request) || is_navigation(request)) => to_login(request),
        _ if is_unknown => problem::response_as(status, error, Lang::of(request)),
        _ => page::error_response(request, status, error),
    };
    if is_unknown {
        // Browsers would ask for a name and a password in a window of their own.
        let is_script = !is_browser(request.headers());
        let scheme = if is_script { "Basic realm=\"granary\", charset=\"UTF-8\"" } else { "Bearer" };
        response.set_raw_header("WWW-Authenticate", scheme);
        response.set_raw_header("Vary", "Accept-Language, Authorization, Cookie, Sec-Fetch-Mode");
    }
    response
}

/// To the page where one signs in, and from there back to here. Who came by an upload link is asked for its code.
fn to_login(request: &Request<'_>) -> Response<'static> {
    let path = request.uri().path();
    let tag = path.segments().get(1).filter(|_| is_link(path) && path.ends_with("/link/files"));
    let location = match tag {
        Some(tag) => format!("/upload/{}", escaped(tag)),
        None => address("/login", &[("next", &page::here(request))]),
    };
    let mut response = Response::new();
    response.set_status(Status::SeeOther);
    response.set_raw_header("Location", location);
    response.set_raw_header("Cache-Control", "no-store");
    response
}

/// Whether a browser asks for this in order to show it as a page.
fn is_navigation(request: &Request<'_>) -> bool {
    request.headers().get_one("Sec-Fetch-Mode") == Some("navigate")
}

/// Whether something other than a page stands at this path of the pages: archives, files, pictures, events.
fn is_bytes(request: &Request<'_>) -> bool {
    let segments: Vec<&str> = request.uri().path().segments().collect();
    match segments.as_slice() {
        ["tags", _, "zip" | "qr.svg"]
        | ["tags", _, "files", _]
        | ["ingest", _, "events"]
        | ["tasks", _, "images", _, "thumb"] => true,
        ["files", _, _] => request.method() != Method::Post,
        _ => false,
    }
}

/// An error of the `/training` family. Nothing stands at an unknown path, whatever it names.
fn enveloped(status: Status, error: &Error, request: &Request<'_>) -> Response<'static> {
    let code = match status.code {
        404 | 405 => 1001,
        413 => 1015,
        _ => envelope::code(error),
    };
    envelope::of_error_as(status, code, error, MsgLang::of(request))
}

/// Whether this path belongs to a family that answers in JSON.
fn speaks_json(request: &Request<'_>) -> bool {
    let path = request.uri().path();
    let is_read = matches!(request.method(), Method::Get | Method::Head);
    // The page of a tag, and the forms of those who came by its link.
    let family = path.segments().get(0).unwrap_or_default();
    let is_page = family == "upload" && (is_read && path.segments().len() == 2 || is_link(path));
    !is_page && ["upload", "api", "livez", "readyz"].contains(&family)
}

/// Whether this is `/upload/<tag>/link/…`.
fn is_link(path: RawPath<'_>) -> bool {
    path.segments().len() == 4 && path.segments().get(2) == Some("link")
}

fn fallback(status: Status, is_wrong_method: bool) -> Error {
    let message = |en: &'static str, zh: &'static str| (en, zh).into();
    if is_wrong_method {
        return Error::Conflict(message("This address does not take that method.", "该地址不支持此请求方法"));
    }
    match status.code {
        404 => Error::NotFound(Thing::Page),
        401 => Error::Unauthorized(message("Sign in first.", "请先登录")),
        403 => Error::Forbidden(message("You may not do this.", "没有权限")),
        413 => Error::Unprocessable(message("The body is too large.", "请求正文过大")),
        415 => Error::Unsupported(message("This type of body is not understood here.", "不支持该类型的请求正文")),
        400 | 422 => Error::Unprocessable(message("The request is malformed.", "请求格式错误")),
        503 => Error::Unavailable(message("The server is busy; try again.", "服务器繁忙，请稍后重试")),
        _ => Error::internal(format!("answered {status}")),
    }
}

/// The methods of the routes that the request's path fits.
pub(super) fn methods_at(request: &Request<'_>) -> Vec<&'static str> {
    let mut methods: Vec<&'static str> = Vec::new();
    for route in request.rocket().routes() {
        if fits(route.uri.path(), request.uri().path().segments()) {
            methods.push(route.method.as_str());
            if route.method == Method::Get {
                methods.push("HEAD");
            }
        }
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// The same, when none of them is the request's own.
fn allowed_methods(request: &Request<'_>) -> Vec<&'static str> {
    let mut methods = methods_at(request);
    // A route of this very method had its turn and passed: there is no such thing.
    if methods.contains(&request.method().as_str()) {
        return Vec::new();
    }
    // OPTIONS fits every path; alone it says nothing.
    methods.retain(|method| *method != "OPTIONS");
    methods
}

/// Whether a path fits a route such as `/tags/<tag>/zip`.
fn fits(route: &str, path: Segments<'_, Path>) -> bool {
    let mut wanted = route.split('/').filter(|segment| !segment.is_empty());
    for segment in path {
        match wanted.next() {
            Some(pattern) if pattern.starts_with('<') && pattern.ends_with("..>") => return true,
            Some(pattern) if pattern.starts_with('<') || pattern == segment => {}
            _ => return false,
        }
    }
    wanted.next().is_none_or(|pattern| pattern.ends_with("..>"))
}
