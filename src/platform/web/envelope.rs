//! Answers of the `/training` family (contract §2): `{"code", "msg", …}`, and a fitting HTTP status.
//!
//! What always holds: `code` is 0 exactly when the request succeeded, and `msg` is Chinese unless the
//! client asks for English.

use std::io::{self, Cursor, Write};

use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::lang::Lang;
use super::problem;
use crate::platform::error::{Error, Message};

/// The language of a `msg`: Chinese by default, as the documents are.
#[derive(Debug, Clone, Copy)]
pub struct MsgLang(pub Lang);

impl MsgLang {
    /// The language of a request of this family.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        Self(Lang::of_or(request, Lang::Zh))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for MsgLang {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self::of(request))
    }
}

/// A success: `code` 0, `msg`, and the members of `T`. Take `()` where there are none.
#[derive(Debug, Serialize)]
pub struct Success<T> {
    code: u16,
    msg: String,
    #[serde(flatten)]
    rest: T,
}

/// No members beside `code` and `msg`.
#[derive(Debug, Serialize)]
pub struct Nothing {}

impl<T: Serialize> Success<T> {
    /// With the documents' own sentence, which stays as it is in every language.
    pub fn literal(msg: impl Into<String>, rest: T) -> Self {
        Self { code: 0, msg: msg.into(), rest }
    }

    /// With a sentence in the language of the request.
    pub fn new(MsgLang(lang): MsgLang, msg: impl Into<Message>, rest: T) -> Self {
        Self::literal(msg.into().text(lang), rest)
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Success<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let failed = |error| {
            problem::log(&Error::internal(error));
            Status::InternalServerError
        };
        // The names and ids of a million images: a buffer that grows would take twice the room.
        let mut length = Length(0);
        serde_json::to_writer(&mut length, &self).map_err(failed)?;
        let mut body = Vec::with_capacity(length.0);
        serde_json::to_writer(&mut body, &self).map_err(failed)?;
        let mut response = Response::new();
        response.set_header(ContentType::JSON);
        response.set_raw_header("Cache-Control", "no-store");
        response.set_max_chunk_size(64 * 1024);
        response.set_sized_body(body.len(), Cursor::new(body));
        Ok(response)
    }
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The code that stands for an error of the platform (contract §2.6).
#[must_use]
pub fn code(error: &Error) -> u16 {
    match error {
        Error::Invalid { .. }
        | Error::Unprocessable(_)
        | Error::Incomplete(_)
        | Error::Unsupported(_)
        | Error::Encoded(_)
        | Error::Unexpected(_)
        | Error::NotDone(_)
        | Error::TooSlow(_)
        | Error::Range { .. } => 1001,
        Error::NotFound(_) | Error::Gone(_) => 1003,
        Error::TooLarge { .. } => 1015,
        Error::Conflict(_) => 1016,
        Error::PreconditionFailed(_) => 1017,
        Error::Unauthorized(_) | Error::Forbidden(_) => 1401,
        Error::TooOften { .. } | Error::Unavailable(_) | Error::Full(_) | Error::OverQuota(_) | Error::Internal(_) => {
            1500
        }
    }
}

/// A refusal with further members.
#[must_use]
pub fn refusal(status: Status, code: u16, msg: &str, mut members: Map<String, Value>) -> Response<'static> {
    members.insert("code".to_owned(), json!(code));
    members.insert("msg".to_owned(), json!(msg));
    let mut response = json(Value::Object(members).to_string());
    response.set_status(status);
    response
}

/// An answer of JSON that is made already.
#[must_use]
pub fn json(text: String) -> Response<'static> {
    let mut response = Response::new();
    response.set_header(ContentType::JSON);
    response.set_raw_header("Cache-Control", "no-store");
    response.set_sized_body(text.len(), Cursor::new(text));
    response
}

/// The answer for an error of the platform.
#[must_use]
pub fn of_error(error: &Error, lang: MsgLang) -> Response<'static> {
    of_error_as(Status::new(error.status()), code(error), error, lang)
}

/// The same under another status and code.
#[must_use]
pub fn of_error_as(status: Status, code: u16, error: &Error, MsgLang(lang): MsgLang) -> Response<'static> {
    problem::log(error);
    let mut response = refusal(status, code, &error.text(lang), Map::new());
    problem::add_headers(&mut response, error);
    response
}
