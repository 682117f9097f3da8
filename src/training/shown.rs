//! How a picture of an image goes over the wire, for the JSON doors and the pages alike.

use crate::collect::service::Picture;
use crate::platform::error::{Error, Result};
use crate::platform::web::thumbnail::Thumbnail;

/// The answer that shows `picture`, made from the blob `sha256`.
///
/// # Errors
/// When the thumbnail can't be read.
pub async fn shown((picture, sha256): (Picture, String)) -> Result<Thumbnail> {
    Ok(match picture {
        Picture::Jpeg(path) => Thumbnail::jpeg(&path, &sha256).await.map_err(Error::from)?,
        Picture::Icon(kind) => Thumbnail::icon(&kind.to_string()),
        Picture::Broken => Thumbnail::icon("broken"),
    })
}
