//! JSON that is made while it is sent.

use std::io::Cursor;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};

use crate::platform::blobs::{CHUNK, SegmentBody};

/// An answer of JSON text.
pub struct JsonStream(Body);

enum Body {
    Whole(Vec<u8>),
    Stream { body: SegmentBody, length: Option<u64> },
}

impl JsonStream {
    /// Of pieces that follow; `length` in bytes where it is known, which lets a fault in the middle show in the transfer.
    #[must_use]
    pub fn of(body: SegmentBody, length: Option<u64>) -> Self {
        Self(Body::Stream { body, length })
    }

    /// Of text that is there already.
    #[must_use]
    pub fn whole(text: Vec<u8>) -> Self {
        Self(Body::Whole(text))
    }
}

impl<'r> Responder<'r, 'r> for JsonStream {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'r> {
        let mut response = Response::new();
        response.set_header(ContentType::JSON);
        response.set_raw_header("Cache-Control", "no-store");
        match self.0 {
            Body::Whole(text) => response.set_sized_body(text.len(), Cursor::new(text)),
            Body::Stream { body, length: None } => response.set_streamed_body(body),
            Body::Stream { body, length: Some(length) } => {
                let length = usize::try_from(length).map_err(|_| Status::InternalServerError)?;
                response.set_sized_body(length, body);
            }
        }
        response.set_max_chunk_size(CHUNK);
        Ok(response)
    }
}
