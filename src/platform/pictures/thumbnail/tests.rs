//! Thumbnails of every format, upright, flat, and none of what is broken or too large.

use super::*;
use crate::platform::pictures::{helpers, probe, tiff};
use image::{GenericImageView, Rgba, RgbaImage};

/// Four quarters: red, green / blue, white.
fn quarters(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgba([255, 0, 0, 255]),
        (false, true) => Rgba([0, 255, 0, 255]),
        (true, false) => Rgba([0, 0, 255, 255]),
        (false, false) => Rgba([255, 255, 255, 255]),
    })
}

fn bytes_of(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The thumbnail of a file with these bytes.
fn made(bytes: &[u8]) -> Result<DynamicImage, ThumbnailError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let content_type = probe(File::open(file.path()).unwrap()).unwrap().content_type;
    let jpeg = thumbnail(file.path(), &content_type)?.jpeg;
    Ok(image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap())
}

/// The colours of the four quarters, as letters.
fn letters(picture: &DynamicImage) -> String {
    let (width, height) = picture.dimensions();
    let at = |x: u32, y: u32| match picture.get_pixel(width * x / 4, height * y / 4).0.map(|v| v > 128) {
        [true, false, false, _] => 'r',
        [false, true, false, _] => 'g',
        [false, false, true, _] => 'b',
        [true, true, true, _] => 'w',
        _ => '?',
    };
    [at(1, 1), at(3, 1), at(1, 3), at(3, 3)].into_iter().collect()
}

#[test]
fn every_format_becomes_a_small_jpeg() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let rgba = DynamicImage::ImageRgba8(quarters(1200, 800));
    let rgb = DynamicImage::ImageRgb8(rgba.to_rgb8());
    for (format, picture) in [(Jpeg, &rgb), (Png, &rgba), (Gif, &rgba), (WebP, &rgba), (Bmp, &rgb), (Tiff, &rgba)] {
        let small = made(&bytes_of(picture, format)).unwrap();
        assert_eq!(small.dimensions(), (480, 320), "{format:?}");
        assert_eq!(letters(&small), "rgbw", "{format:?}");
    }
    for deep in [DynamicImage::ImageRgb16(rgba.to_rgb16()), DynamicImage::ImageRgba16(rgba.to_rgba16())] {
        assert_eq!(letters(&made(&bytes_of(&deep, Png)).unwrap()), "rgbw");
    }
    for grey in [DynamicImage::ImageLuma8(rgba.to_luma8()), DynamicImage::ImageLuma16(rgba.to_luma16())] {
        let small = made(&bytes_of(&grey, Png)).unwrap();
        assert_eq!((small.dimensions(), small.color()), ((480, 320), image::ColorType::L8));
    }
}

#[test]
fn nothing_is_made_larger_and_nothing_vanishes() {
    let small = |w, h| made(&bytes_of(&DynamicImage::new_rgb8(w, h), ImageFormat::Png)).unwrap().dimensions();
    assert_eq!(small(31, 17), (31, 17));
    assert_eq!(small(480, 480), (480, 480));
    assert_eq!(small(5000, 1), (480, 1));
    assert_eq!(fitted(4000, 6000), (320, 480));
}

#[test]
fn transparency_becomes_white() {
    for alpha in [0, 128] {
        let clear = RgbaImage::from_pixel(600, 600, Rgba([0, 0, 0, alpha]));
        for picture in
            [DynamicImage::ImageRgba8(clear.clone()), DynamicImage::ImageRgba16(DynamicImage::from(clear).to_rgba16())]
        {
            let light = made(&bytes_of(&picture, ImageFormat::Png)).unwrap().get_pixel(100, 100).0[0];
            assert!(light.abs_diff(255 - alpha) < 4, "{light}");
        }
    }
}

#[test]
fn all_eight_orientations_stand_upright() {
    let upright = quarters(1600, 800);
    // What a camera stores, so that turning it by the orientation gives the upright picture.
    let stored = |orientation| {
        let picture = DynamicImage::ImageRgba8(upright.clone());
        match orientation {
            2 => picture.fliph(),
            3 => picture.rotate180(),
            4 => picture.flipv(),
            5 => picture.rotate90().fliph(),
            6 => picture.rotate270(),
            7 => picture.rotate270().fliph(),
            8 => picture.rotate90(),
            _ => picture,
        }
    };
    for orientation in 1..=8 {
        let jpeg = bytes_of(&DynamicImage::ImageRgb8(stored(orientation).to_rgb8()), ImageFormat::Jpeg);
        let exif = tiff::tests::exif(orientation, b"2024:05:06 07:08:09");
        let length = u8::try_from(exif.len() + 8).unwrap();
        let with_exif = [&[0xFF, 0xD8, 0xFF, 0xE1, 0, length], &b"Exif\0\0"[..], &exif, &jpeg[2..]].concat();
        let small = made(&with_exif).unwrap();
        assert_eq!((small.dimensions(), letters(&small).as_str()), ((480, 240), "rgbw"), "orientation {orientation}");

        let png = bytes_of(&stored(orientation), ImageFormat::Png);
        let mut chunk = b"eXIf".to_vec();
        chunk.extend(&exif);
        let sum = crc32(&chunk);
        let with_exif =
            [&png[..33], &u32::try_from(exif.len()).unwrap().to_be_bytes(), &chunk, &sum.to_be_bytes(), &png[33..]]
                .concat();
        let small = made(&with_exif).unwrap();
        assert_eq!(
            (small.dimensions(), letters(&small).as_str()),
            ((480, 240), "rgbw"),
            "PNG, orientation {orientation}"
        );
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| {
        if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0xEDB8_8320 }
    };
    !bytes.iter().fold(!0, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), step))
}

#[test]
fn bombs_are_refused_unopened_and_broken_pictures_named() {
    let mut png = bytes_of(&DynamicImage::new_rgb8(600, 400), ImageFormat::Png);
    let half = png.len() / 2;
    assert!(matches!(made(&png[..half]), Err(ThumbnailError::Broken(_))));
    png[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
    assert!(matches!(made(&png), Err(ThumbnailError::TooLarge { width: 50_000, height: 50_000 })));
    let jpeg = bytes_of(&DynamicImage::new_rgb8(600, 400), ImageFormat::Jpeg);
    assert!(matches!(made(&jpeg[..jpeg.len() - 40]), Err(ThumbnailError::Broken(_))));
    assert!(matches!(made(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(ThumbnailError::NotAPicture)));
    assert!(matches!(thumbnail(Path::new("/nowhere"), "image/png"), Err(ThumbnailError::Io(_))));
}

#[test]
fn films_and_heif_are_shown_where_their_helpers_are() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let done = std::process::Command::new(program).args(arguments).current_dir(folder.path()).output();
        done.is_ok_and(|output| output.status.success())
    };
    if helpers::can("video/mp4")
        && run("ffmpeg", &["-f", "lavfi", "-i", "testsrc=s=1280x720:d=1", "-c:v", "mpeg4", "film.mp4"])
    {
        assert_eq!(made(&std::fs::read(folder.path().join("film.mp4")).unwrap()).unwrap().dimensions(), (480, 270));
        assert!(matches!(made(b"\0\0\0\x18ftypisom\0\0\0\0isommp41rest"), Err(ThumbnailError::Broken(_))));
    }
    quarters(1200, 800).save_with_format(folder.path().join("quarters.png"), ImageFormat::Png).unwrap();
    if helpers::can("image/heic") && run("heif-enc", &["quarters.png", "-o", "quarters.heic"]) {
        let bytes = std::fs::read(folder.path().join("quarters.heic")).unwrap();
        assert_eq!(probe(Cursor::new(&bytes)).unwrap().width, Some(1200));
        let small = made(&bytes).unwrap();
        assert_eq!((small.dimensions(), letters(&small).as_str()), ((480, 320), "rgbw"));
    }
}
