//! Opening what was fetched: only whole pictures within the limits get as far as an engine.

use std::sync::Arc;

use crate::platform::pictures::{self, ThumbnailError};

use super::Picture;

/// Why a picture can't be opened (code 102), in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct Unreadable {
    pub en: String,
    pub zh: String,
}

/// Opens a picture: JPEG, PNG, WebP, BMP, GIF or TIFF, at most [`pictures::MAX_PIXELS`], turned as its EXIF says. Blocks.
///
/// # Errors
/// When the bytes are none of these, too large, damaged, or end early.
pub fn open(bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
    let pixels = pictures::pixels(&bytes).map_err(|error| Unreadable::from(&error))?;
    let (width, height) = pixels.dimensions();
    Ok(Picture { bytes, pixels: Some(pixels), width, height })
}

impl From<&ThumbnailError> for Unreadable {
    fn from(error: &ThumbnailError) -> Self {
        let (en, zh) = match error {
            ThumbnailError::NotAPicture => (
                "not a JPEG, PNG, WebP, BMP, GIF or TIFF".to_owned(),
                "不是JPEG、PNG、WebP、BMP、GIF或TIFF图片".to_owned(),
            ),
            ThumbnailError::TooLarge { width, height } => {
                (format!("{width}×{height} pixels are too many"), format!("图片过大: {width}×{height}像素"))
            }
            ThumbnailError::Broken(why) if why == "cut short" => {
                ("broken picture: cut short".to_owned(), "图片已损坏: 数据不完整".to_owned())
            }
            ThumbnailError::Broken(why) => (format!("broken picture: {why}"), "图片已损坏".to_owned()),
            ThumbnailError::Io(error) => (error.to_string(), format!("无法读取图片: {error}")),
        };
        Self { en, zh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::engine::samples::{encoded, shared};
    use image::{ImageFormat, RgbImage};

    #[test]
    fn pictures_are_opened_and_their_bytes_kept() {
        let bytes = Arc::new(encoded(&RgbImage::new(31, 17), ImageFormat::WebP));
        let picture = open(bytes.clone()).unwrap();
        assert_eq!((picture.width, picture.height), (31, 17));
        assert_eq!(picture.pixels.unwrap().dimensions(), (31, 17));
        assert!(Arc::ptr_eq(&picture.bytes, &bytes));
    }

    #[test]
    fn the_reason_is_told_in_both_languages() {
        let whole = encoded(&RgbImage::new(64, 64), ImageFormat::Jpeg);
        let why = |bytes: &[u8]| open(Arc::new(bytes.to_vec())).err().unwrap();
        assert!(why(&whole[..whole.len() - 9]).zh.contains("图片已损坏"));
        assert!(why(b"hello").to_string().starts_with("not a JPEG"));
        if let Some(truncated) = shared("truncated.jpg") {
            assert!(why(&truncated).en.contains("broken picture"));
        }
    }
}
