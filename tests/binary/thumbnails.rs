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
