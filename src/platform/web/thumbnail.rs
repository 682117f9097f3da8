//! Answers with a thumbnail: always a picture, whatever the file is.

use std::io;
use std::path::Path;

use rocket::fs::NamedFile;
use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};

use super::guards::refused;
use super::icons;
use super::preconditions::{Current, Preconditions};

/// A thumbnail, or the icon that stands for it.
pub enum Thumbnail {
    /// A JPEG, and the SHA-256 of what it shows.
    Jpeg(NamedFile, String),
    /// An SVG.
    Icon(&'static str),
}

impl Thumbnail {
    /// The JPEG at `path`, which shows the blob `sha256`.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub async fn jpeg(path: &Path, sha256: &str) -> io::Result<Self> {
        Ok(Self::Jpeg(NamedFile::open(path).await?, sha256.to_owned()))
    }

    /// The icon of a kind of files.
    #[must_use]
    pub fn icon(kind: &str) -> Self {
        Self::Icon(icons::of(kind))
    }
}

impl<'r> Responder<'r, 'static> for Thumbnail {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        // The picture of these bytes stays; in the place of an icon a picture may stand soon.
        let (etag, cache) = match &self {
            Self::Jpeg(_, sha256) => (format!("\"{sha256}-thumb\""), "private, max-age=604800, immutable"),
            Self::Icon(svg) => (format!("\"{:08x}-icon\"", crc32fast::hash(svg.as_bytes())), "private, no-cache"),
        };
        let current = Current { etag: &etag, modified_at: None };
        let mut response = if refused(request, Preconditions::of(request).is_unchanged(current))? {
            Response::build().status(Status::NotModified).finalize()
        } else {
            match self {
                Self::Jpeg(file, _) => file.respond_to(request)?,
                Self::Icon(svg) => (ContentType::SVG, svg).respond_to(request)?,
            }
        };
        response.set_raw_header("ETag", etag);
        response.set_raw_header("Cache-Control", cache);
        response.set_max_chunk_size(64 * 1024);
        response.set_raw_header("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
        Ok(response)
    }
}
