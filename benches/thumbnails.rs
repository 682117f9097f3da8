//! Thumbnails of 24-megapixel JPEGs: ours against `vipsthumbnail`, on one core, by CPU time.
//!
//! `cargo bench --bench thumbnails` makes its own pictures (or takes the JPEGs named behind `--`), and prints a table. Both sides make each
//! picture's thumbnail within 480×480 pixels, `vipsthumbnail` with one thread and all files of a round in one call, so that its start is spread.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a measurement"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use granary::platform::pictures::{EDGE, thumbnail};

const ROUNDS: usize = 9;
const COPIES: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut files: Vec<PathBuf> = std::env::args_os().skip(1).filter(|a| a != "--bench").map(PathBuf::from).collect();
    if files.is_empty() {
        eprintln!("making 24-megapixel JPEGs …");
        for (name, quality, progressive) in
            [("baseline-q85", 85, false), ("baseline-q92", 92, false), ("progressive-q90", 90, true)]
        {
            files.push(make(folder.path(), name, quality, progressive)?);
        }
    }
    println!("| file | MB | ours, ms CPU | vipsthumbnail, ms CPU | times as many per second and core |");
    println!("|---|---|---|---|---|");
    for file in &files {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // In turns, so that both see the same neighbours.
        for _ in 0..ROUNDS {
            let start = cpu_ticks()?;
            for _ in 0..COPIES {
                thumbnail(file, "image/jpeg")?;
            }
            ours.push(per_file(start, cpu_ticks()?));
            let start = cpu_ticks()?;
            if vips(file, folder.path()) {
                theirs.push(per_file(start, cpu_ticks()?));
            }
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let size = std::fs::metadata(file)?.len() as f64 / 1e6;
        let ours = median(ours);
        if theirs.is_empty() {
            println!("| {name} | {size:.1} | {ours:.1} | not installed | |");
        } else {
            let theirs = median(theirs);
            println!("| {name} | {size:.1} | {ours:.1} | {theirs:.1} | {:.1} |", theirs / ours);
        }
    }
    Ok(())
}

fn vips(file: &Path, folder: &Path) -> bool {
    let mut command = Command::new("vipsthumbnail");
    command.env("VIPS_CONCURRENCY", "1").arg("--size").arg(format!("{EDGE}x{EDGE}"));
    command.arg("-o").arg(folder.join("%s-small.jpg")).args(std::iter::repeat_n(file, COPIES));
    command.output().is_ok_and(|output| output.status.success())
}

/// User and system time of this process and its ended children, in hundredths of a second (Linux).
fn cpu_ticks() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    Ok(fields.skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum())
}

fn per_file(start: u64, end: u64) -> f64 {
    (end - start) as f64 * 10.0 / COPIES as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Shapes at all scales and a sensor's noise: compresses like a photograph.
fn make(folder: &Path, name: &str, quality: u8, progressive: bool) -> Result<PathBuf, Box<dyn Error>> {
    const WIDTH: u32 = 6000;
    const HEIGHT: u32 = 4000;
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    let mut noise = 1u32;
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let light: f32 = (0..7).map(|octave| smooth(x, y, 9 - octave) * 90.0 * 0.6f32.powi(octave as i32)).sum();
            let tint = smooth(x + 50_000, y, 9) * 60.0;
            let channels = [light + tint, light, light - tint].map(|value| {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                (110.0 + value + (noise >> 24) as f32 / 6.0 - 21.0) as u8
            });
            pixels.extend(channels);
        }
    }
    let path = folder.join(name).with_extension("jpg");
    let mut encoder = jpeg_encoder::Encoder::new_file(&path, quality)?;
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.set_progressive(progressive);
    encoder.encode(&pixels, WIDTH as u16, HEIGHT as u16, jpeg_encoder::ColorType::Rgb)?;
    Ok(path)
}

/// Value noise of cells of 2^`bits` pixels, from -0.5 to 0.5.
fn smooth(x: u32, y: u32, bits: u32) -> f32 {
    let corner = |x: u32, y: u32| {
        let hash = (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ bits).wrapping_mul(0xC2B2_AE3D);
        ((hash ^ hash >> 15).wrapping_mul(0x2C1B_3C6D) >> 16) as f32 / 65535.0 - 0.5
    };
    let (left, top, mask) = (x >> bits, y >> bits, (1 << bits) - 1);
    let part = |v: u32| (v & mask) as f32 / (1 << bits) as f32;
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let upper = mix(corner(left, top), corner(left + 1, top), part(x));
    let lower = mix(corner(left, top + 1), corner(left + 1, top + 1), part(x));
    mix(upper, lower, part(y))
}
