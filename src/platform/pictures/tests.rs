//! What is told of an upload's bytes.

pub(super) mod profiles;

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

/// A segment of a JPEG.
fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    [&[0xFF, marker][..], &u16::try_from(contents.len() + 2).unwrap().to_be_bytes(), contents].concat()
}

#[test]
fn the_size_is_the_pictures_own_and_not_that_of_one_within() {
    let (large, small) = (encoded(image::ImageFormat::Jpeg, 310, 170), encoded(image::ImageFormat::Jpeg, 16, 9));
    let preview = [b"Exif\0\0", &tiff::tests::exif(1, b"2024:05:06 07:08:09")[..], &small].concat();
    let with_preview = [&b"\xFF\xD8"[..], &segment(0xE1, &preview), &large[2..]].concat();
    assert_eq!(facts(&with_preview).1, Some((310, 170)));
    // A second picture behind the first (MPF), and one of another size at that.
    assert_eq!(facts(&[with_preview, small].concat()).1, Some((310, 170)));
}

#[test]
fn fill_bytes_of_any_number_are_passed_over_and_endless_ones_given_up() {
    let jpeg = encoded(image::ImageFormat::Jpeg, 31, 17);
    for count in [1, 4000, 300_000] {
        let padded = [&jpeg[..20], &vec![0xFF; count], &jpeg[20..]].concat();
        assert_eq!(facts(&padded).1, Some((31, 17)), "{count}");
    }
    let endless = [&jpeg[..20], &vec![0; 9 << 20], &jpeg[20..]].concat();
    assert_eq!(facts(&endless), ("image/jpeg".into(), None));
}

#[test]
fn both_kinds_of_tiff_are_measured_and_turned() {
    let big = |little: bool, orientation: u8| {
        let number = |value: u64, size: usize| {
            if little { value.to_le_bytes()[..size].to_vec() } else { value.to_be_bytes()[8 - size..].to_vec() }
        };
        let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend([number(43, 2), number(8, 2), number(0, 2), number(16, 8), number(3, 8)].concat());
        for (tag, value) in [(256, 310_u64), (257, 170), (274, orientation.into())] {
            let mut place = number(value, 2);
            place.resize(8, 0);
            bytes.extend([number(tag, 2), number(3, 2), number(1, 8), place].concat());
        }
        [bytes, number(0, 8)].concat()
    };
    for little in [true, false] {
        assert_eq!(facts(&big(little, 1)), ("image/tiff".into(), Some((310, 170))));
        assert_eq!(facts(&big(little, 6)), ("image/tiff".into(), Some((170, 310))));
        for length in 0..big(little, 1).len() {
            facts(&big(little, 1)[..length]);
        }
    }
}

#[test]
fn bitmaps_of_every_header_and_apples_own_png_are_measured() {
    for (header, width, height) in [(12_u32, 2, 2), (16, 4, 4), (40, 4, 4), (64, 4, 4), (124, 4, 4)] {
        let mut bmp = b"BM\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        bmp.extend(header.to_le_bytes());
        bmp.extend(&31_u32.to_le_bytes()[..width]);
        bmp.extend(&17_u32.to_le_bytes()[..height]);
        bmp.resize(200, 0);
        assert_eq!(facts(&bmp), ("image/bmp".into(), Some((31, 17))), "{header}");
    }
    let mut upside_down = encoded(image::ImageFormat::Bmp, 31, 17);
    upside_down[22..26].copy_from_slice(&(-17_i32).to_le_bytes());
    assert_eq!(facts(&upside_down).1, Some((31, 17)));
    let png = encoded(image::ImageFormat::Png, 31, 17);
    let apples = [&png[..8], b"\0\0\0\x04CgBI\x50\0\x20\x06\x2B\xD5\xB3\x7F", &png[8..]].concat();
    assert_eq!(facts(&apples), ("image/png".into(), Some((31, 17))));
}
