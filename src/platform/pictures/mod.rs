//! Pictures: what an upload's bytes are, how large it is shown, a small JPEG of it, and its pixels.
//!
//! What users upload is hostile until shown otherwise, so what always holds: types are sniffed and never believed,
//! sizes are read from headers before anything is decoded, more than [`MAX_PIXELS`] are refused, and everything that
//! parses foreign bytes within this process is safe Rust. What needs C (films, HEIC) runs in a helper process with
//! limits, where one is installed.
//!
//! Everything here blocks: call it inside `spawn_blocking`.

mod colour;
mod cut_out;
mod header;
mod heif;
mod helpers;
mod jpeg;
mod look;
mod pixels;
mod resize;
mod sniff;
mod thumbnail;
mod tiff;
mod walk;
mod window;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

pub use cut_out::{Area, cut_out};
pub use pixels::pixels;
pub use thumbnail::{EDGE, Small, ThumbnailError, thumbnail};
use window::Window;

/// Pictures with more pixels than this get no thumbnail (100 megapixels).
pub const MAX_PIXELS: u64 = 100_000_000;

/// What an upload's first bytes tell about it: `content_type`, `width` and `height` of docs/api.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// MIME type by content, without parameters; `application/octet-stream` where nothing is known.
    pub content_type: String,
    /// Pixels across as displayed (EXIF orientation applied); `None` where it's no picture.
    pub width: Option<u32>,
    /// Pixels down as displayed; `None` exactly where `width` is.
    pub height: Option<u32>,
}

/// Reads the facts from the headers. The source must stand at its start; where it stands afterwards is not defined.
///
/// Reads 4 KiB, then only what picture headers point at: never the whole file, never a decoder.
///
/// # Errors
/// Only where the source can't be read or sought. Damaged headers are no error: the size is `None`.
pub fn probe<R: Read + Seek>(source: R) -> io::Result<Facts> {
    let mut window = Window::new(source)?;
    let content_type = sniff::content_type(window.head());
    let size = header::read(&mut window, content_type)?.map(header::Header::displayed);
    Ok(Facts { content_type: content_type.to_owned(), width: size.map(|size| size.0), height: size.map(|size| size.1) })
}

/// When a picture was taken, by its EXIF `DateTimeOriginal`: `YYYY-MM-DD HH:MM:SS` in the camera's local time.
#[must_use]
pub fn taken_at(path: &Path) -> Option<String> {
    let mut window = Window::new(File::open(path).ok()?).ok()?;
    let content_type = sniff::content_type(window.head());
    header::taken(&mut window, content_type).ok()?
}

/// Can a thumbnail be made of this type here? For films and HEIC that depends on the helpers installed.
#[must_use]
pub fn can_picture(content_type: &str) -> bool {
    thumbnail::is_decodable(content_type) || sniff::is_raw_tiff(content_type) || helpers::can(content_type)
}

/// The optional helper programs, and whether each is installed: for the page that describes this server.
#[must_use]
pub fn installed_helpers() -> Vec<(String, bool)> {
    helpers::installed()
}

#[cfg(test)]
mod tests;
