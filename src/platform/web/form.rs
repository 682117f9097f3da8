//! Forms of our pages, read as every body is: to their true end, within their time, and no further than their limit.

use std::ops::Deref;

use rocket::data::{Data, FromData, Outcome};
use rocket::form::{Errors, FromForm, ValueField};
use rocket::http::Status;
use rocket::outcome::Outcome as Guarded;
use rocket::request::{FromRequest, Request};
use url::form_urlencoded;

use super::guards::Refusal;
use super::json::bytes;
use super::receive::BodyHead;
use crate::platform::error::{Error, Result};

/// Largest form in bytes: it may name some ten thousand files.
const LIMIT: u64 = 1 << 20;

/// The fields of an `application/x-www-form-urlencoded` body. No `Debug`: they may be secrets.
pub struct Form<T>(T);

impl<T> Form<T> {
    /// The fields themselves.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Form<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r, T: FromForm<'r>> FromData<'r> for Form<T> {
    type Error = Errors<'r>;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        if !request.content_type().is_some_and(|media| media.is_form()) {
            return Outcome::Forward((data, Status::UnsupportedMediaType));
        }
        let fields = match read(request, data).await {
            Ok(fields) => &request.local_cache(|| Fields(fields)).0,
            Err(error) => {
                let status = Status::new(error.status());
                request.local_cache(|| Refusal(Some(error)));
                return Outcome::Error((status, Errors::new()));
            }
        };
        let fields = fields.iter().map(|(name, value)| ValueField::from((name.as_str(), value.as_str())));
        match rocket::form::Form::<T>::parse_iter(fields) {
            Ok(form) => Outcome::Success(Self(form)),
            Err(errors) => Outcome::Error((errors.status(), errors)),
        }
    }
}

/// The fields of a request's form, kept as long as it: those of `T` borrow from them.
struct Fields(Vec<(String, String)>);

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Vec<(String, String)>> {
    let Guarded::Success(head) = BodyHead::from_request(request).await else {
        return Err(Error::internal("a body without a head"));
    };
    let body = bytes(data, head, LIMIT).await?;
    Ok(form_urlencoded::parse(&body).into_owned().collect())
}
