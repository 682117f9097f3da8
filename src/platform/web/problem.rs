//! Errors of `/upload`, `/api/v1` and the bare doors: RFC 9457 `application/problem+json`.

use std::io::Cursor;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::serde::json::json;

use super::lang::Lang;
use crate::platform::error::Error;

/// Renders an [`Error`] as a problem, in the language of the request.
#[derive(Debug)]
pub struct Problem(pub Error);

/// What handlers of this family return.
pub type Result<T> = std::result::Result<T, Problem>;

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The answer for `error`: title by the status, detail by the error.
#[must_use]
pub fn response(error: &Error, lang: Lang) -> Response<'static> {
    response_as(Status::new(error.status()), error, lang)
}

/// The same under another status, such as 405.
#[must_use]
pub fn response_as(status: Status, error: &Error, lang: Lang) -> Response<'static> {
    log(error);
    let title = status.reason().unwrap_or("Error");
    let mut body = json!({
        "type": "about:blank",
        "title": title,
        "status": status.code,
        "detail": error.text(lang),
    });
    if let (Error::Invalid { field, .. }, Some(members)) = (error, body.as_object_mut()) {
        members.insert("field".to_owned(), json!(field));
    }
    if let (Error::OverQuota(over), Some(members)) = (error, body.as_object_mut()) {
        let whose = if over.tag.is_some() { "tag" } else { "total" };
        members.insert("quota".to_owned(), json!(whose));
        for (name, bytes) in [("used", over.used), ("wanted", over.wanted), ("allowed", over.allowed)] {
            members.insert(name.to_owned(), json!(bytes));
        }
    }
    let text = body.to_string();
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::new("application", "problem+json"));
    response.set_raw_header("Content-Language", lang.tag());
    response.set_raw_header("Cache-Control", "no-store");
    add_headers(&mut response, error);
    response.set_sized_body(text.len(), Cursor::new(text));
    response
}

/// What an error says in headers, in every family.
pub fn add_headers(response: &mut Response<'_>, error: &Error) {
    if matches!(error, Error::Encoded(_)) {
        response.set_raw_header("Accept-Encoding", "identity");
    }
    if let Error::Range { size } = error {
        response.set_raw_header("Accept-Ranges", "bytes");
        response.set_raw_header("Content-Range", format!("bytes */{size}"));
    }
    if matches!(error, Error::Unavailable(_)) {
        response.set_raw_header("Retry-After", "1");
    }
    if let Error::TooOften { seconds } = error {
        response.set_raw_header("Retry-After", seconds.to_string());
    }
}

/// Writes what is not the client's fault to the log; it is never sent.
pub fn log(error: &Error) {
    if let Error::Internal(source) = error {
        tracing::error!(error = %source, "internal error");
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Ok(response(&self.0, Lang::of(request)))
    }
}
