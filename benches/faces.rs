//! `cargo bench --bench faces [-- <folder>]`: how many pictures a second the built-in face engine looks at, on all processors, and how many
//! an ingest task does that looks at the very same files, with everything around it (opening, cutting, storing, durable outcomes).
//!
//! 2,000 JPEGs of 400 to 1,000 pixels are made from the faces in the folder that `GRANARY_SHARED_DATA` names, scaled and shifted, or from
//! drawn ones where there are none; with a folder behind `--` they stay there. The bare engine is timed in a loop of one thread a
//! processor, alone and together with opening the files, before and after the task.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement, not the server"
)]
#![allow(dead_code, reason = "the server is shared with another measurement")]

#[path = "training/server.rs"]
mod server;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use granary::faces::engine::{Seetaface, open};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use server::Server;

const PICTURES: usize = 2000;

/// The folder of the server; its database is the SQLite file there.
pub struct Place {
    folder: PathBuf,
    mysql: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let own = tempfile::tempdir()?;
    let named = std::env::args_os().skip(1).find(|argument| argument != "--bench").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| own.path().join("pictures"));
    std::fs::create_dir_all(&folder)?;
    let files = make(&folder)?;
    println!("{PICTURES} pictures, {} threads", std::thread::available_parallelism()?.get());
    println!("| work | images/s |\n|---|---|");
    bare(&files)?;
    ingest(&files, &own.path().join("data"))?;
    bare(&files)
}

/// The engine in a loop.
fn bare(files: &[PathBuf]) -> Result<(), Box<dyn Error>> {
    let threads = std::thread::available_parallelism()?.get();
    let engine = Seetaface::default();
    let (next, found, looking) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU64::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let picture = std::fs::read(file).ok().and_then(|bytes| open(Arc::new(bytes)).ok());
                    let Some(pixels) = picture.and_then(|picture| picture.pixels) else { continue };
                    let start = Instant::now();
                    found.fetch_add(
                        usize::from(engine.look(&pixels).is_ok_and(|faces| !faces.is_empty())),
                        Ordering::Relaxed,
                    );
                    looking.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
                }
            });
        }
    });
    let all = start.elapsed().as_secs_f64();
    let bare = looking.into_inner() as f64 / 1e9 / threads as f64;
    println!("| the bare engine, a face in {} | {:.1} |", found.into_inner(), PICTURES as f64 / bare);
    println!("| the files read and opened, too | {:.1} |", PICTURES as f64 / all);
    Ok(())
}

/// The same files as a tag, and a task made of it.
fn ingest(files: &[PathBuf], folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let server = Server::start_with(&Place { folder: folder.to_owned(), mysql: None }, &[]);
    for (number, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file)?;
        let answer = server.ask_with("PUT", &format!("/upload/bench/{number:04}.jpg"), "", &bytes);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    until_thumbnails_are_made(&folder.join("thumbs"));
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = part("group_name", "bench") + &part("from_tag", "bench") + "--b--\r\n";
    let form = "Content-Type: multipart/form-data; boundary=b\r\n";
    let created = server.ask_with("POST", "/v1/tasks/create", form, body.as_bytes());
    let id = created.text.split("\"id\":\"").nth(1).and_then(|rest| rest.get(..12)).expect("an id").to_owned();
    let start = Instant::now();
    assert_eq!(server.ask("POST", &format!("/v1/tasks/{id}/start"), "").status, 200);
    while !server.ask("GET", &format!("/v1/tasks/{id}/detail"), "").text.contains("\"state\":4") {
        std::thread::sleep(Duration::from_millis(100));
    }
    let rate = PICTURES as f64 / start.elapsed().as_secs_f64();
    let groups = server.ask("GET", "/api/v1/groups", "").text;
    let faces = groups.split("\"face_count\":").nth(1).and_then(|rest| rest.split([',', '}']).next()).unwrap_or("0");
    println!("| an ingest task of them, a face in {faces}, {} MiB | {rate:.1} |", server.peak());
    Ok(())
}

/// Thumbnails are made behind the uploads; they are no part of an ingest task.
fn until_thumbnails_are_made(folder: &Path) {
    let files = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for _ in 0..600 {
        let made = files(folder.to_owned()).flat_map(|inner| files(inner.path())).count();
        if made >= PICTURES {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The pictures, each a little different.
fn make(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let shared = std::env::var_os("GRANARY_SHARED_DATA").map(PathBuf::from).unwrap_or_default();
    let real = ["portrait.jpg", "astronaut.png"].into_iter().filter_map(|name| std::fs::read(shared.join(name)).ok());
    let mut faces: Vec<RgbImage> =
        real.filter_map(|bytes| open(Arc::new(bytes)).ok()).filter_map(|picture| picture.pixels).collect();
    if faces.is_empty() {
        faces.push(drawn());
    }
    let mut files = Vec::with_capacity(PICTURES);
    for number in 0..PICTURES {
        let file = folder.join(format!("{number:04}.jpg"));
        if !file.exists() {
            let face = &faces[number % faces.len()];
            let longest = 400 + (number * 37 % 601) as u32;
            let factor = f64::from(longest) / f64::from(face.width().max(face.height()));
            let side = |side: u32| (f64::from(side) * factor) as u32;
            let small = imageops::resize(face, side(face.width()), side(face.height()), FilterType::Triangle);
            let mut shifted = RgbImage::from_pixel(small.width(), small.height(), Rgb([90, 95, 100]));
            imageops::replace(&mut shifted, &small, (number * 13 % 61) as i64 - 30, (number * 29 % 41) as i64 - 20);
            let (width, height) = (u16::try_from(shifted.width())?, u16::try_from(shifted.height())?);
            let encoder = jpeg_encoder::Encoder::new_file(&file, 88)?;
            encoder.encode(shifted.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)?;
        }
        files.push(file);
    }
    Ok(files)
}

/// Something like a head before something like a wall.
fn drawn() -> RgbImage {
    RgbImage::from_fn(800, 1000, |x, y| {
        let within = |cx: f64, cy: f64, rx: f64, ry: f64| {
            ((f64::from(x) - cx) / rx).powi(2) + ((f64::from(y) - cy) / ry).powi(2) < 1.0
        };
        let dark =
            within(320.0, 440.0, 40.0, 18.0) || within(480.0, 440.0, 40.0, 18.0) || within(400.0, 640.0, 80.0, 22.0);
        match (dark, within(400.0, 500.0, 230.0, 310.0)) {
            (true, _) => Rgb([50, 35, 30]),
            (_, true) => Rgb([205, 165, 145]),
            _ => Rgb([(x * 7 % 120) as u8, (y * 5 % 130) as u8, 120]),
        }
    })
}
