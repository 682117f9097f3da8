//! The built-in engine on drawn heads, on real faces where there are some, and on every odd size.

use std::sync::Arc;

use super::*;
use crate::faces::engine::samples::{drawn_head, shared};
use image::{RgbImage, imageops};

fn engine() -> Seetaface {
    Seetaface::default()
}

#[test]
fn a_drawn_head_is_found_where_it_is() {
    let mut pixels = RgbImage::from_pixel(500, 400, image::Rgb([200, 205, 210]));
    imageops::replace(&mut pixels, &drawn_head(200), 250, 100);
    let faces = engine().look(&pixels).unwrap();
    assert_eq!(faces.len(), 1, "{faces:?}");
    let FaceBox { x, y, width, height } = faces[0].place;
    assert!((250..400).contains(&x) && (90..200).contains(&y), "{faces:?}");
    assert!((80..220).contains(&width) && (80..220).contains(&height), "{faces:?}");
    assert!(faces[0].pose.is_none() && faces[0].blur.is_some() && faces[0].score > 3.8);
}

#[test]
fn what_is_no_face_is_none() {
    let stripes =
        RgbImage::from_fn(300, 200, |x, y| image::Rgb([if (x / 20 + y / 20) % 2 == 0 { 200 } else { 40 }; 3]));
    assert!(engine().look(&stripes).unwrap().is_empty());
}

#[test]
fn odd_sizes_are_no_trouble() {
    let engine = engine();
    for (width, height) in [(1, 1), (1, 500), (39, 40), (41, 40), (40, 3000), (2000, 41), (641, 33), (7, 7)] {
        let noise = RgbImage::from_fn(width, height, |x, y| image::Rgb([((x * 7919 + y * 104_729) % 251) as u8; 3]));
        for face in engine.look(&noise).unwrap() {
            let FaceBox { x, y, width: across, height: down } = face.place;
            assert!(x >= 0 && y >= 0 && x + across <= i64::from(width) && y + down <= i64::from(height));
        }
    }
}

#[rocket::async_test]
async fn real_faces_where_there_are_some() {
    let engine = engine();
    for (name, count, around) in
        [("astronaut.png", 1, (222, 115)), ("portrait.jpg", 1, (488, 241)), ("coffee.png", 0, (0, 0))]
    {
        let Some(bytes) = shared(name) else { continue };
        let picture = Arc::new(engine.open(Arc::new(bytes)).unwrap());
        let faces = engine.detect(&picture).await.unwrap();
        assert_eq!(faces.len(), count, "{name}: {faces:?}");
        if let Some(Detected { place, blur, .. }) = faces.first() {
            assert!((place.x..place.x + place.width).contains(&around.0), "{name}: {place:?}");
            assert!((place.y..place.y + place.height).contains(&around.1), "{name}: {place:?}");
            assert!(blur.is_some_and(|blur| blur < 50.0), "{name}: {blur:?}");
        }
    }
}

#[test]
fn the_model_is_the_one_that_was_reviewed() {
    let digest = ring::digest::digest(&ring::digest::SHA256, MODEL);
    let hex = digest.as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert!(include_str!("../../../../models/README.md").contains(&hex), "{hex}");
}
