//! Errors of `/v1` (contract §0): `{"error": "<text>", "code": "<stable_name>"}`, Chinese by default.

use std::io::Cursor;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::serde::json::json;

use super::envelope::MsgLang;
use super::problem;
use crate::platform::error::Error;

/// Renders an [`Error`] with its name.
#[derive(Debug)]
pub struct Named(pub Error);

/// What handlers of this family return.
pub type Result<T> = std::result::Result<T, Named>;

impl<E: Into<Error>> From<E> for Named {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The name of an error; it never changes.
#[must_use]
pub fn name(status: Status, error: &Error) -> &'static str {
    match error {
        _ if status.code == 405 => "method_not_allowed",
        Error::Invalid { .. } => "invalid",
        Error::Unprocessable(_) => "unprocessable",
        Error::NotFound(_) => "not_found",
        Error::Gone(_) => "gone",
        Error::Conflict(_) => "wrong_state",
        Error::PreconditionFailed(_) => "changed_meanwhile",
        Error::TooLarge { .. } => "too_large",
        Error::Unsupported(_) => "unsupported_type",
        Error::Range { .. } => "range",
        Error::Unauthorized(_) => "unauthorized",
        Error::Forbidden(_) => "forbidden",
        Error::TooOften { .. } => "too_often",
        Error::Incomplete(_) => "incomplete",
        Error::Unavailable(_) => "unavailable",
        Error::Full(_) => "disk_full",
        Error::OverQuota(_) => "over_quota",
        Error::TooSlow(_) => "timeout",
        Error::Internal(_) => "internal",
    }
}

/// The answer for an error, under this status.
#[must_use]
pub fn response_as(status: Status, error: &Error, MsgLang(lang): MsgLang) -> Response<'static> {
    problem::log(error);
    let text = json!({ "error": error.text(lang), "code": name(status, error) }).to_string();
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::JSON);
    response.set_raw_header("Cache-Control", "no-store");
    problem::add_headers(&mut response, error);
    response.set_sized_body(text.len(), Cursor::new(text));
    response
}

impl<'r> Responder<'r, 'static> for Named {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Ok(response_as(Status::new(self.0.status()), &self.0, MsgLang::of(request)))
    }
}
