//! Where things stand, for the API and the pages alike.

use crate::platform::ids::Id;
use crate::platform::web::serve::path_segment;

/// Where the bytes of a file are; the name is there for those who save it, any other would do.
#[must_use]
pub fn of_bytes(id: Id, name: &str) -> String {
    // `/files/{id}/thumb` is the thumbnail.
    let shown = if name == "thumb" { "thumb.bin" } else { name };
    format!("/files/{id}/{}", path_segment(shown))
}
