//! Whether a request's body is a form, and what stands between its parts.
//!
//! Rocket reads no type whose boundary is written without quotes and holds `=` or `:`, as JavaMail and older Apache
//! clients write it. Such a form would be taken for a file; hence the header is read here, as it was sent.

use std::convert::Infallible;

use rocket::http::HeaderMap;
use rocket::request::{FromRequest, Outcome, Request};

use super::parameters::{find, parameters};
use crate::platform::error::{Error, Result};

/// Longest boundary in bytes; RFC 2046 §5.1.1 allows 70.
const LONGEST: usize = 200;

/// What `Content-Type` says of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormType {
    /// The body is none.
    Other,
    /// It is one, with this boundary.
    Form(Option<String>),
}

impl FormType {
    /// Reads the header.
    #[must_use]
    pub fn of(headers: &HeaderMap<'_>) -> Self {
        headers.get_one("Content-Type").map_or(Self::Other, Self::parse)
    }

    /// Reads the header's value.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let kind =
            value.split(|c: char| matches!(c, ';' | ',') || c.is_ascii_whitespace()).find(|word| !word.is_empty());
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data")) {
            return Self::Other;
        }
        let boundary = find(&parameters(value), "boundary").map(str::to_owned);
        Self::Form(boundary.filter(|boundary| (1..=LONGEST).contains(&boundary.len())))
    }

    /// Whether the body is a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        *self != Self::Other
    }

    /// What stands between the parts.
    ///
    /// # Errors
    /// `Unsupported` when the body is no form, `Invalid` when the boundary is missing or too long.
    pub fn boundary(&self) -> Result<&str> {
        match self {
            Self::Other => {
                let message = ("The body must be multipart/form-data.", "请求正文必须是 multipart/form-data");
                Err(Error::Unsupported(message.into()))
            }
            Self::Form(Some(boundary)) => Ok(boundary),
            Self::Form(None) => {
                let message = (
                    "multipart/form-data must name its boundary, of at most 200 bytes; leave this header to the \
                     program that writes the form",
                    "multipart/form-data 缺少 boundary（不超过 200 字节）；请让生成表单的程序自行设置此请求头",
                );
                Err(Error::invalid("Content-Type", message))
            }
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FormType {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request.headers()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_read_as_clients_write_them() {
        for (value, boundary) in [
            ("multipart/form-data; boundary=XB", "XB"),
            ("Multipart/Form-Data;BOUNDARY=XB;", "XB"),
            ("multipart/form-data; boundary=----=_Part_5_123.456", "----=_Part_5_123.456"),
            ("multipart/form-data; boundary=gc0p4Jq0M:2Yt;charset=UTF-8", "gc0p4Jq0M:2Yt"),
            ("multipart/form-data; charset=utf-8; boundary=\"a b;c\"", "a b;c"),
            ("multipart/form-data ; boundary = \"XB\" ", "XB"),
            ("multipart/form-data; boundary='XB'", "'XB'"),
            ("multipart/form-data boundary=XB", "XB"),
            ("multipart/form-data; boundary==(x)?,/[y]@", "=(x)?,/[y]@"),
        ] {
            assert_eq!(FormType::parse(value), FormType::Form(Some(boundary.to_owned())), "{value}");
        }
    }

    #[test]
    fn a_form_without_a_boundary_says_so() {
        let long = format!("multipart/form-data; boundary={}", "x".repeat(201));
        for value in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary", &long] {
            let error = FormType::parse(value).boundary().unwrap_err();
            assert!(error.status() == 400 && error.to_string().contains("boundary"), "{value}: {error}");
        }
    }

    #[test]
    fn other_types_are_no_form() {
        for value in ["", "image/jpeg", "multipart/mixed; boundary=x", "multipart/form-datax", "application/json"] {
            assert_eq!(FormType::parse(value), FormType::Other, "{value}");
        }
        assert_eq!(FormType::Other.boundary().unwrap_err().status(), 415);
    }
}
