//! The shapes of the room's JSON (contract §1).

use serde::Serialize;

use crate::collect::address;
use crate::collect::model::{File, Page, Tag, Uploaded};
use crate::collect::service::Outcome;
use crate::platform::clock::rfc3339;
use crate::platform::ids::Id;
use crate::platform::web::lang::Lang;
use crate::platform::web::problem;

/// One tag.
#[derive(Debug, Serialize)]
pub struct TagResponse {
    name: String,
    file_count: i64,
    bytes: i64,
    created_at: String,
    updated_at: String,
}

impl From<Tag> for TagResponse {
    fn from(tag: Tag) -> Self {
        Self {
            name: tag.name,
            file_count: tag.file_count,
            bytes: tag.bytes,
            created_at: rfc3339(tag.created_at),
            updated_at: rfc3339(tag.updated_at),
        }
    }
}

/// One file.
#[derive(Debug, Serialize)]
pub struct FileResponse {
    id: Id,
    tag: String,
    name: String,
    size: i64,
    sha256: String,
    content_type: String,
    width: Option<u32>,
    height: Option<u32>,
    created_at: String,
    url: String,
    thumbnail_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
}

impl From<File> for FileResponse {
    fn from(file: File) -> Self {
        Self {
            url: address::of_bytes(file.id, &file.name),
            thumbnail_url: format!("/files/{}/thumb", file.id),
            id: file.id,
            tag: file.tag,
            name: file.name,
            size: file.size,
            sha256: file.sha256,
            content_type: file.content_type,
            width: file.width,
            height: file.height,
            created_at: rfc3339(file.created_at),
            deleted_at: file.deleted_at.map(rfc3339),
        }
    }
}

/// One uploaded file.
#[derive(Debug, Serialize)]
pub struct UploadedResponse {
    #[serde(flatten)]
    file: FileResponse,
    duplicate: bool,
}

impl From<Uploaded> for UploadedResponse {
    fn from(uploaded: Uploaded) -> Self {
        Self { file: uploaded.file.into(), duplicate: uploaded.duplicate }
    }
}

/// What became of several files.
#[derive(Debug, Default, Serialize)]
pub struct SeveralResponse {
    files: Vec<UploadedResponse>,
    errors: Vec<ErrorResponse>,
    /// Files of operating systems in an archive, which aren't taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
}

/// One file that was refused.
#[derive(Debug, Serialize)]
pub struct ErrorResponse {
    name: String,
    status: u16,
    detail: String,
}

impl SeveralResponse {
    /// The same of an archive.
    #[must_use]
    pub fn with_left_out(self, left_out: u64) -> Self {
        Self { left_out: Some(left_out), ..self }
    }

    /// The answer and its status: 201 as soon as one was stored, 200 when all stood there already,
    /// else that of the first error.
    pub fn new(outcomes: Vec<Outcome<Uploaded>>, lang: Lang) -> (u16, Self) {
        let mut response = Self::default();
        let mut is_new = false;
        for Outcome { name, result } in outcomes {
            match result {
                Ok(uploaded) => {
                    is_new |= !uploaded.duplicate;
                    response.files.push(uploaded.into());
                }
                Err(error) => {
                    problem::log(&error);
                    response.errors.push(ErrorResponse { name, status: error.status(), detail: error.text(lang) });
                }
            }
        }
        let refused = response.errors.first().map(|error| error.status).filter(|_| response.files.is_empty());
        (refused.unwrap_or(if is_new { 201 } else { 200 }), response)
    }
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct PageResponse<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<M, T: From<M>> From<Page<M>> for PageResponse<T> {
    fn from(page: Page<M>) -> Self {
        Self { items: page.items.into_iter().map(T::from).collect(), next: page.next }
    }
}
