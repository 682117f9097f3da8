//! Thumbnails: of every picture format, the right way up, and cheap to refuse (issue 2).

use image::{GenericImageView as _, ImageFormat};

use crate::on_both_databases;
use crate::support::http::Answer;
use crate::support::tools::{program, run};
use crate::support::upload::word;
use crate::support::{Db, Server, pictures, wait};

on_both_databases!(
    each_picture_format_gets_one,
    exif_orientation_is_applied,
    broken_pictures_get_an_icon_and_stay_downloadable,
    bombs_cost_nothing,
    the_rest_gets_a_type_icon,
    colours_are_what_the_profile_says,
    scanners_pictures_get_one_and_their_page_says_so,
    pictures_with_bytes_between_their_parts_are_whole,
    types_are_what_the_bytes_are,
    many_at_once_agree,
);

fn thumb(server: &Server, file: &serde_json::Value) -> Answer {
    let path = format!("/files/{}/thumb", word(&file["id"]));
    // Where it says "not yet", it comes.
    wait::until("the thumbnail", || {
        let answer = server.get(&path);
        (![202, 503].contains(&answer.status)).then_some(answer)
    })
}

/// Whether the answer is an icon: a drawing, no thumbnail of the picture.
fn is_icon(answer: &Answer) -> bool {
    answer.header("content-type").is_some_and(|kind| kind.starts_with("image/svg"))
}

fn each_picture_format_gets_one(db: Db) {
    let server = Server::start(db);
    for (format, kind) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Bmp, "image/bmp"),
        (ImageFormat::Tiff, "image/tiff"),
    ] {
        let bytes = pictures::picture(format, 900, 600, 3);
        let file = server.store("t", &format!("{kind:?}").replace(['/', '"'], "-"), &bytes);
        assert_eq!(file["content_type"], kind);
        assert_eq!((&file["width"], &file["height"]), (&900.into(), &600.into()), "{kind}");
        let answer = thumb(&server, &file).expect(200);
        assert!(!is_icon(&answer), "{kind}");
        assert_eq!(answer.need("x-content-type-options"), "nosniff");
        assert!(answer.header("etag").is_some() || answer.header("cache-control").is_some(), "{kind}");
        let (width, height) = pictures::open(&answer.body).dimensions();
        assert!(width < 900 && width > 50, "{kind}: {width}×{height}");
        let ratio = f64::from(width) / f64::from(height);
        assert!((1.45..1.55).contains(&ratio), "{kind}: {width}×{height}");
    }
}

fn exif_orientation_is_applied(db: Db) {
    let server = Server::start(db);
    // (orientation, portrait?, a point in tenths that must be red): red is the left half as stored.
    for (orientation, portrait, (x, y)) in [
        (1, false, (1, 5)),
        (2, false, (9, 5)),
        (3, false, (9, 5)),
        (4, false, (1, 5)),
        (5, true, (5, 1)),
        (6, true, (5, 1)),
        (7, true, (5, 9)),
        (8, true, (5, 9)),
    ] {
        let bytes = pictures::jpeg_with_orientation(800, 400, orientation);
        let file = server.store("t", &format!("{orientation}.jpg"), &bytes);
        let picture = pictures::open(&thumb(&server, &file).expect(200).body);
        let (width, height) = picture.dimensions();
        assert_eq!(height > width, portrait, "{orientation}: {width}×{height}");
        let at = |x: u32, y: u32| picture.get_pixel(width * x / 10, height * y / 10).0;
        let (red, blue) = (at(x, y), at(10 - x, 10 - y));
        assert!(red[0] > 200 && red[2] < 60, "{orientation}: red is where {red:?} is");
        assert!(blue[2] > 200 && blue[0] < 60, "{orientation}: blue is where {blue:?} is");
    }
}

fn broken_pictures_get_an_icon_and_stay_downloadable(db: Db) {
    let server = Server::start(db);
    let good = pictures::png(300, 200, 1);
    let jpeg = pictures::jpeg(300, 200, 1);
    for (name, bytes) in [
        ("cut.png", good[..good.len() / 2].to_vec()),
        ("head.png", good[..40].to_vec()),
        ("magic.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01".to_vec()),
        ("head.jpg", jpeg[..200].to_vec()),
        ("magic.gif", b"GIF89a".to_vec()),
        ("magic.webp", b"RIFF\x10\0\0\0WEBPVP8 ".to_vec()),
    ] {
        let file = server.store("t", name, &bytes);
        let answer = thumb(&server, &file);
        // Pixels that could be saved are welcome; an error of the server is not.
        assert!([200, 404, 415, 422].contains(&answer.status), "{name}: {}", answer.status);
        let path = format!("/files/{}/{name}", word(&file["id"]));
        assert_eq!(server.get(&path).expect(200).body, bytes, "{name}");
    }
    server.get("/tags/t").expect(200);
}

fn bombs_cost_nothing(db: Db) {
    let server = Server::start(db);
    let _warm = thumb(&server, &server.store("t", "warm.png", &pictures::png(100, 100, 1)));
    let before = server.peak_memory_kib();
    for side in [50_000, 20_000, 2_000_000_000] {
        let bytes = pictures::png_bomb(side);
        let file = server.store("t", &format!("bomb-{side}.png"), &bytes);
        let answer = thumb(&server, &file);
        assert!([200, 404, 415, 422].contains(&answer.status), "{}", answer.status);
        assert!(answer.status != 200 || is_icon(&answer) || answer.body.len() < 100_000);
        let path = format!("/files/{}/x.png", word(&file["id"]));
        assert_eq!(server.get(&path).body.len(), bytes.len());
    }
    let grown = server.peak_memory_kib() - before;
    assert!(grown < 32 * 1024, "memory grew by {grown} KiB");
}

fn the_rest_gets_a_type_icon(db: Db) {
    let server = Server::start(db);
    for (name, bytes) in [
        ("a.txt", &b"text"[..]),
        ("b.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("c.bin", b"\0\x01\x02"),
        ("empty", b""),
    ] {
        let file = server.store("t", name, bytes);
        let mut answer = thumb(&server, &file);
        if [302, 303, 307, 308].contains(&answer.status) {
            answer = server.get(answer.need("location"));
        }
        let kind = answer.expect(200).need("content-type").to_owned();
        assert!(kind.starts_with("image/"), "{name}: {kind}");
    }
}

fn many_at_once_agree(db: Db) {
    let server = Server::start(db);
    let file = server.store("t", "a.jpg", &pictures::jpeg(1600, 1200, 7));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(|| thumb(&server, &file).expect(200))).collect();
        waiting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!(pictures::open(&answer.body).dimensions(), pictures::open(&answers[0].body).dimensions());
    }
    assert!(server.staged().is_empty());
}

fn is_near(pixel: [u8; 4], expected: [u8; 3]) -> bool {
    pixel.iter().zip(expected).all(|(one, other)| one.abs_diff(other) <= 10)
}

fn colours_are_what_the_profile_says(db: Db) {
    let server = Server::start(db);
    let display_p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let adobe_rgb = moxcms::ColorProfile::new_adobe_rgb().encode().unwrap();
    // Littlecms makes these of (200, 90, 80).
    for (name, profile, expected) in [
        ("none", None, [200, 90, 80]),
        ("p3", Some(display_p3.clone()), [217, 80, 73]),
        ("adobe", Some(adobe_rgb), [228, 90, 78]),
        ("broken", Some(display_p3[..200].to_vec()), [200, 90, 80]),
    ] {
        for (kind, bytes) in [
            ("jpg", pictures::plain_jpeg(900, 600, [200, 90, 80], profile.clone())),
            ("png", pictures::plain_png(900, 600, [200, 90, 80], profile.clone())),
        ] {
            let file = server.store("t", &format!("{name}.{kind}"), &bytes);
            let answer = thumb(&server, &file).expect(200);
            assert!(!is_icon(&answer), "{name}.{kind}");
            let pixel = pictures::open(&answer.body).get_pixel(200, 100).0;
            assert!(is_near(pixel, expected), "{name}.{kind}: {pixel:?} is not {expected:?}");
        }
    }
}

/// A TIFF with one strip: its fields (tag and value, all LONG), then the strip. A palette has four colours.
fn tiff(fields: &[(u16, u32)], strip: &[u8]) -> Vec<u8> {
    let palette: Vec<u8> = [[220, 40, 50, 230], [40, 200, 70, 220], [40, 60, 220, 60]]
        .concat()
        .iter()
        .flat_map(|part: &u16| (part * 257).to_le_bytes())
        .collect();
    let count = u16::try_from(fields.len() + 2).unwrap();
    let behind = 10 + 12 * u32::from(count);
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend(count.to_le_bytes());
    for (tag, value) in fields {
        bytes.extend(tag.to_le_bytes());
        bytes.extend([4, 0, 1, 0, 0, 0]);
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([&[0x11, 1, 4, 0, 1, 0, 0, 0][..], &(behind + 24).to_le_bytes()].concat());
    bytes.extend([&[0x40, 1, 3, 0, 12, 0, 0, 0][..], &behind.to_le_bytes()].concat());
    [bytes, palette, strip.to_vec()].concat()
}

fn scanners_pictures_get_one_and_their_page_says_so(db: Db) {
    let server = Server::start(db);
    // 600×400 in quarters; one bit a pixel, where the upper left is 0, and two bits of a palette.
    let bits =
        [vec![[vec![0; 37], vec![0x0F], vec![0xFF; 37]].concat(); 200], vec![vec![0xFF; 75]; 200]].concat().concat();
    let indices =
        [vec![[vec![0; 75], vec![0x55; 75]].concat(); 200], vec![[vec![0xAA; 75], vec![0xFF; 75]].concat(); 200]];
    let size = [(256, 600), (257, 400)];
    let kind = |bits: u32, photometric: u32| [&size[..], &[(258, bits), (259, 1), (262, photometric)]].concat();
    let four = [[220, 40, 40], [40, 200, 60], [50, 70, 220], [230, 220, 60]];
    for (name, bytes, corners) in [
        ("dark.tif", tiff(&kind(1, 1), &bits), [[0; 3], [255; 3], [255; 3], [255; 3]]),
        ("light.tif", tiff(&kind(1, 0), &bits), [[255; 3], [0; 3], [0; 3], [0; 3]]),
        ("palette.tif", tiff(&kind(2, 3), &indices.concat().concat()), four),
    ] {
        let file = server.store("t", name, &bytes);
        assert_eq!((&file["content_type"], &file["width"]), (&"image/tiff".into(), &600.into()), "{name}");
        let answer = thumb(&server, &file).expect(200);
        assert!(!is_icon(&answer), "{name}");
        let picture = pictures::open(&answer.body);
        for ((x, y), expected) in [(120, 80), (360, 80), (120, 240), (360, 240)].into_iter().zip(corners) {
            let pixel = picture.get_pixel(x, y).0;
            assert!(is_near(pixel, expected), "{name}: {pixel:?} at {x}, {y}");
        }
        let page = server.get(&format!("/files/{}", word(&file["id"]))).expect(200).text();
        assert!(!page.contains("There is no preview") && !page.contains("无法预览"), "{name}");
    }
    let broken = server.store("t", "broken.tif", &tiff(&kind(2, 3), &[0; 9]));
    assert!(is_icon(&thumb(&server, &broken)));
    let english = [("Accept-Language", "en")];
    let page = server.get_with(&format!("/files/{}", word(&broken["id"])), &english).expect(200).text();
    assert!(page.contains("it is damaged") && !page.contains("There is no preview"));
    let archive = server.store("t", "a.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let page = server.get_with(&format!("/files/{}", word(&archive["id"])), &english).expect(200).text();
    assert!(page.contains("There is no preview"));
}

fn pictures_with_bytes_between_their_parts_are_whole(db: Db) {
    let server = Server::start(db);
    let jpeg = pictures::jpeg(320, 200, 5);
    for (name, junk) in [("zero.jpg", &[0][..]), ("pixel.jpg", b"\0\xE1\0\x10\0\0\0\0"), ("fill.jpg", &[0xFF; 3000])] {
        let file = server.store("t", name, &[&jpeg[..20], junk, &jpeg[20..]].concat());
        assert_eq!((&file["width"], &file["height"]), (&320.into(), &200.into()), "{name}");
        assert!(!is_icon(&thumb(&server, &file).expect(200)), "{name}");
    }
    let endless = server.store("t", "no-end.jpg", &jpeg[..jpeg.len() - 2]);
    assert!(!is_icon(&thumb(&server, &endless).expect(200)));
    let cut = server.store("t", "cut.jpg", &jpeg[..jpeg.len() - 60]);
    assert!(is_icon(&thumb(&server, &cut)));
}

fn types_are_what_the_bytes_are(db: Db) {
    let server = Server::start(db);
    for (name, bytes, kind) in [
        ("a.gif", &b"GIF89a is a format that moves"[..], "text/plain"),
        ("b.webp", b"RIFFxxxxWEBPVP8 as letters", "text/plain"),
        ("c.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/svg+xml"),
        ("d.svg", b"\xEF\xBB\xBF<!-- x --><!DOCTYPE svg><svg onload='alert(1)'/>", "image/svg+xml"),
        ("e.html", b"<!doctype html><svg></svg>", "text/html"),
        ("f.tif", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", "image/tiff"),
    ] {
        let file = server.store("t", name, bytes);
        assert_eq!((&file["content_type"], &file["width"]), (&kind.into(), &serde_json::Value::Null), "{name}");
        let answer = server.get(&format!("/files/{}/{name}", word(&file["id"]))).expect(200);
        assert!(answer.need("content-security-policy").contains("sandbox"), "{name}");
        let is_attachment = answer.need("content-disposition").starts_with("attachment");
        assert_eq!(is_attachment, ["image/svg+xml", "text/html"].contains(&kind), "{name}");
    }
}

#[test]
fn a_video_shows_a_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    let source = ["-f", "lavfi", "-i", "testsrc=duration=1:size=320x240:rate=5", "-pix_fmt", "yuv420p"];
    run(program("ffmpeg").args(["-v", "error"]).args(source).arg(&path)).fine();
    let server = Server::start(Db::Sqlite);
    let file = server.store("t", "clip.mp4", &std::fs::read(path).unwrap());
    assert_eq!(file["content_type"], "video/mp4");
    let answer = thumb(&server, &file).expect(200);
    assert!(!is_icon(&answer), "ffmpeg is installed, so a frame is shown");
    let (width, height) = pictures::open(&answer.body).dimensions();
    assert_eq!(width * 3, height * 4, "{width}×{height}");
}
