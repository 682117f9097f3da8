//! Pictures: what an upload's bytes are, how large it is shown, a small JPEG of it, and its pixels.
//!
//! What users upload is hostile until shown otherwise, so what always holds: types are sniffed and never believed, sizes are read from
//! headers before anything is decoded, more than [`MAX_PIXELS`] are refused, and everything that parses foreign bytes within
//! this process is safe Rust. What needs C (films, HEIC) runs in a helper process with limits, where one is installed.
//!
//! Everything here blocks: call it inside `spawn_blocking`.

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
    thumbnail::is_decodable(content_type) || helpers::can(content_type)
}

/// The optional helper programs, and whether each is installed: for the page that describes this server.
#[must_use]
pub fn installed_helpers() -> Vec<(String, bool)> {
    helpers::installed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn facts(bytes: &[u8]) -> (String, Option<(u32, u32)>) {
        let facts = probe(Cursor::new(bytes)).unwrap();
        assert_eq!(facts.width.is_some(), facts.height.is_some());
        (facts.content_type, facts.width.zip(facts.height))
    }

    fn encoded(format: image::ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image::RgbImage::new(width, height).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn sizes_of_all_formats() {
        use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        for format in [Jpeg, Png, Gif, WebP, Bmp, Tiff] {
            let (content_type, size) = facts(&encoded(format, 31, 17));
            assert_eq!((content_type.as_str(), size), (format.to_mime_type(), Some((31, 17))));
        }
    }

    #[test]
    fn orientation_turns_the_size_and_the_date_is_read() {
        let jpeg = encoded(image::ImageFormat::Jpeg, 31, 17);
        let exif = tiff::tests::exif(6, b"2024:05:06 07:08:09");
        let mut turned = b"\xFF\xD8\xFF\xE1\0".to_vec();
        turned.push(u8::try_from(exif.len() + 8).unwrap());
        turned.extend(b"Exif\0\0");
        turned.extend(exif);
        turned.extend(&jpeg[2..]);
        assert_eq!(facts(&turned).1, Some((17, 31)));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &turned).unwrap();
        assert_eq!(taken_at(file.path()).as_deref(), Some("2024-05-06 07:08:09"));
        assert_eq!(probe(std::fs::File::open(file.path()).unwrap()).unwrap().width, Some(17));
    }

    #[test]
    fn headers_far_behind_the_first_bytes_are_found_and_endless_ones_given_up() {
        let jpeg = encoded(image::ImageFormat::Jpeg, 31, 17);
        let padded = |segments: usize, size: u8| {
            let mut bytes = vec![0xFF, 0xD8];
            for _ in 0..segments {
                bytes.extend([0xFF, 0xE2, size, 2]);
                bytes.resize(bytes.len() + usize::from(size) * 256, 0);
            }
            bytes.extend(&jpeg[2..]);
            bytes
        };
        assert_eq!(facts(&padded(20, 200)).1, Some((31, 17)));
        assert_eq!(facts(&padded(100_000, 0)), ("image/jpeg".into(), None));
    }

    #[test]
    fn cut_headers_are_no_error() {
        for format in
            [image::ImageFormat::Png, image::ImageFormat::Jpeg, image::ImageFormat::WebP, image::ImageFormat::Tiff]
        {
            let whole = encoded(format, 31, 17);
            for length in 0..whole.len() {
                facts(&whole[..length]);
            }
        }
        assert_eq!(facts(b"").0, "application/octet-stream");
    }

    #[test]
    fn heif_sizes_follow_the_primary_item_and_its_rotation() {
        let boxed = |name: &[u8], contents: &[u8]| {
            [&u32::try_from(contents.len() + 8).unwrap().to_be_bytes(), name, contents].concat()
        };
        let ispe = |w: u8, h: u8| boxed(b"ispe", &[0, 0, 0, 0, 0, 0, 1, w, 0, 0, 1, h]);
        let ipco = boxed(b"ipco", &[ispe(9, 9), ispe(64, 32), boxed(b"irot", &[3])].concat());
        let ipma = boxed(b"ipma", &[0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 0, 2, 2, 0x82, 3]);
        let iprp = boxed(b"iprp", &[ipco, ipma].concat());
        let meta = boxed(b"meta", &[vec![0; 4], boxed(b"pitm", &[0, 0, 0, 0, 0, 2]), iprp].concat());
        let file = [boxed(b"ftyp", b"heic\0\0\0\0mif1"), meta].concat();
        assert_eq!(facts(&file), ("image/heic".into(), Some((256 + 32, 256 + 64))));
    }

    #[test]
    fn only_pictures_are_pictured() {
        assert!(can_picture("image/jpeg") && can_picture("image/webp"));
        assert!(!can_picture("text/xml") && !can_picture("image/svg+xml") && !can_picture("application/pdf"));
    }
}
