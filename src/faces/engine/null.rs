//! `null`: no engine at all, to measure what all the rest costs.

use std::io::Cursor;
use std::sync::Arc;

use crate::faces::model::{Ability, Detected, FaceBox};
use crate::platform::pictures;

use super::{Addition, Engine, Picture, Unanswered, Unreadable};

/// Takes every picture, and everything else too, for one face as large as the picture.
pub struct Null;

#[rocket::async_trait]
impl Engine for Null {
    fn ability(&self) -> Ability {
        Ability { name: "null", pose: false, blur: false, embedded: true }
    }

    /// Reads the size off the header and decodes nothing; 1×1 where there is none.
    fn open(&self, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
        let facts = pictures::probe(Cursor::new(bytes.as_slice())).ok();
        let size = facts.and_then(|facts| facts.width.zip(facts.height));
        let (width, height) = size.unwrap_or((1, 1));
        Ok(Picture { bytes, pixels: None, width, height })
    }

    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered> {
        let place = FaceBox { x: 0, y: 0, width: picture.width.into(), height: picture.height.into() };
        Ok(vec![Detected { place, pose: None, blur: None, score: 1.0 }])
    }

    async fn add(&self, _: &Addition) -> Result<Option<String>, Unanswered> {
        Ok(None)
    }

    async fn remove(&self, _: &str, _: &str) -> Result<(), Unanswered> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rocket::async_test]
    async fn everything_is_a_face() {
        for (bytes, size) in [(&b"no picture"[..], (1, 1)), (b"GIF89a\x1F\0\x11\0\0\0\0;", (31, 17))] {
            let picture = Arc::new(Null.open(Arc::new(bytes.to_vec())).unwrap());
            assert_eq!((picture.width, picture.height), size);
            let faces = Null.detect(&picture).await.unwrap();
            assert_eq!(faces.len(), 1);
            assert_eq!(faces[0].place, FaceBox { x: 0, y: 0, width: size.0.into(), height: size.1.into() });
        }
    }
}
