//! The decoder against another one (`image`'s), over everything the encoder can write, and against damage.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers, in tests"
)]

use super::{Colour, MAX_SCANS, Scaled, decode, decode_whole};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

const WIDTH: u16 = 203;
const HEIGHT: u16 = 117;

/// Waves, an edge and a ramp: all frequencies, nothing that subsampling makes ambiguous.
fn pixels() -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..u32::from(HEIGHT) {
        for x in 0..u32::from(WIDTH) {
            let wave = 60.0 * (x as f32 / 9.0).sin() * (y as f32 / 13.0).cos();
            let edge = if x + y > 160 { 40.0 } else { 0.0 };
            let fine = if (x ^ y) & 1 == 0 { 4.0 } else { -4.0 };
            pixels.extend(
                [110.0 + wave + edge + fine, 100.0 + wave + fine, 60.0 + (x / 2) as f32 + fine].map(|v: f32| v as u8),
            );
        }
    }
    pixels
}

fn encode(set: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 92);
    set(&mut encoder);
    encoder.encode(&pixels(), WIDTH, HEIGHT, ColorType::Rgb).unwrap();
    bytes
}

fn reference(bytes: &[u8]) -> Scaled {
    let picture = image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).unwrap().into_rgb8();
    Scaled { width: picture.width(), height: picture.height(), colour: Colour::Rgb, samples: picture.into_raw() }
}

fn rgb(picture: &Scaled) -> Vec<u8> {
    match picture.colour {
        Colour::Rgb => picture.samples.clone(),
        Colour::Grey => picture.samples.iter().flat_map(|&v| [v; 3]).collect(),
        Colour::YCbCr => picture.samples.as_chunks::<3>().0.iter().flat_map(|&p| super::to_rgb(p)).collect(),
        Colour::Inks => picture.samples.as_chunks::<4>().0.iter().flat_map(|&p| super::inks_to_rgb(p)).collect(),
    }
}

/// The mean difference between `small` and area averages of `large`, in steps of 255, over the whole cells.
fn difference(small: &Scaled, large: &Scaled) -> f64 {
    let factor = (large.width.div_ceil(small.width)) as usize;
    assert_eq!(
        (large.width.div_ceil(factor as u32), large.height.div_ceil(factor as u32)),
        (small.width, small.height)
    );
    let (a, b) = (rgb(small), rgb(large));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..large.height as usize / factor {
        for x in 0..large.width as usize / factor {
            for channel in 0..3 {
                let at = |x: usize, y: usize| f64::from(b[(y * large.width as usize + x) * 3 + channel]);
                let cell = (0..factor * factor).map(|i| at(x * factor + i % factor, y * factor + i / factor));
                let mean = cell.sum::<f64>() / (factor * factor) as f64;
                sum += (mean - f64::from(a[(y * small.width as usize + x) * 3 + channel])).abs();
                count += 1.0;
            }
        }
    }
    sum / count
}

fn agrees(bytes: &[u8], full: &Scaled, what: &str, coarsest: f64) {
    for (divisor, tolerance) in [(1, 2.0), (2, 2.5), (4, 3.0), (8, coarsest)] {
        let picture = decode(bytes, u32::from(WIDTH) / divisor).unwrap();
        let far = difference(&picture, full);
        assert!(far < tolerance, "{what} at 1/{divisor}: {far}");
    }
}

#[test]
fn every_sampling_agrees_with_another_decoder() {
    use SamplingFactor as S;
    for sampling in [S::F_1_1, S::F_2_1, S::F_1_2, S::F_2_2, S::F_4_1, S::F_4_2, S::F_1_4, S::F_2_4] {
        let written = |progressive| {
            encode(|encoder| {
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(progressive);
            })
        };
        // Both hold the same coefficients; `image` 0.25.10 gets 4×2, 1×4 and 2×4 wrong where they aren't progressive.
        let full = reference(&written(true));
        // At 1/8, only the means of a progressive picture's chroma are read: up to 32 pixels of it across.
        agrees(&written(false), &full, &format!("{sampling:?}"), 3.5);
        agrees(&written(true), &full, &format!("{sampling:?}, progressive"), 8.0);
    }
}

#[test]
fn restarts_and_optimised_tables_agree() {
    for interval in [1, 3, 7] {
        for progressive in [false, true] {
            let bytes = encode(|encoder| {
                encoder.set_restart_interval(interval);
                encoder.set_progressive(progressive);
                encoder.set_optimized_huffman_tables(interval == 3);
            });
            agrees(&bytes, &reference(&bytes), &format!("restart {interval}, progressive {progressive}"), 3.5);
        }
    }
}

#[test]
fn grey_rgb_and_inks_agree() {
    let grey: Vec<u8> = pixels().as_chunks::<3>().0.iter().map(|p| p[0]).collect();
    let inks: Vec<u8> = pixels().as_chunks::<3>().0.iter().flat_map(|&[a, b, c]| [a, b, c, 30]).collect();
    for (what, colour, samples) in
        [("grey", ColorType::Luma, &grey), ("cmyk", ColorType::Cmyk, &inks), ("ycck", ColorType::CmykAsYcck, &inks)]
    {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, 95).encode(samples, WIDTH, HEIGHT, colour).unwrap();
        agrees(&bytes, &reference(&bytes), what, 3.5);
    }
}

#[test]
fn pictures_cut_short_are_broken() {
    for progressive in [false, true] {
        let bytes = encode(|encoder| encoder.set_progressive(progressive));
        for length in (0..bytes.len() - 16).step_by(41) {
            assert!(decode(&bytes[..length], 480).is_err(), "{length} of {}", bytes.len());
            assert!(decode(&bytes[..length], 20).is_err(), "{length} of {}, small", bytes.len());
        }
    }
}

#[test]
fn damage_never_panics() {
    let mut seed = 1u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for progressive in [false, true] {
        let whole = encode(|encoder| {
            encoder.set_progressive(progressive);
            encoder.set_restart_interval(5);
        });
        for round in 0..160 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 4 {
                // Most of it in the headers, where the sizes are. The picture's own size stays, or memory alone takes
                // the time.
                let at = 2 + random(if round % 2 == 0 { 700 } else { bytes.len() - 2 });
                bytes[at] = u8::try_from(random(256)).unwrap();
            }
            if let Some(frame) = bytes.windows(2).position(|w| w == [0xFF, 0xC0] || w == [0xFF, 0xC2])
                && let Some(size) = bytes.get_mut(frame + 5..frame + 9)
            {
                size.copy_from_slice(&[0, HEIGHT.to_be_bytes()[1], 0, WIDTH.to_be_bytes()[1]]);
            }
            let _ = decode(&bytes, [20, 50, 100, 480][round % 4]);
        }
    }
}

#[test]
fn endless_scans_are_refused() {
    let bytes = encode(|encoder| encoder.set_progressive(true));
    let start = bytes.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
    let end = start + 2 + bytes[start + 2..].windows(2).position(|w| w[0] == 0xFF && w[1] != 0).unwrap();
    let mut endless = bytes[..end].to_vec();
    for _ in 0..MAX_SCANS {
        endless.extend(&bytes[start..end]);
    }
    endless.extend([0xFF, 0xD9]);
    assert_eq!(decode(&endless, 480).err(), Some(super::Broken("too many scans")));
}

#[test]
fn what_we_do_not_read_is_refused() {
    let mut bytes = encode(|_| {});
    let frame = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    for marker in [0xC3, 0xC5, 0xC9] {
        bytes[frame + 1] = marker;
        assert!(decode(&bytes, 480).is_err());
    }
    assert!(decode(b"\xFF\xD8\xFF\xD9", 480).is_err());
    assert!(decode(b"GIF89a", 480).is_err());
}

#[test]
fn a_missing_end_marker_is_no_loss_and_a_missing_sample_is() {
    for progressive in [false, true] {
        for interval in [0, 4] {
            let bytes = encode(|encoder| {
                encoder.set_progressive(progressive);
                if interval > 0 {
                    encoder.set_restart_interval(interval);
                }
            });
            let whole = decode(&bytes, 480).unwrap().samples;
            assert!(bytes.ends_with(&[0xFF, 0xD9]));
            for length in [bytes.len() - 2, bytes.len() - 1] {
                let cut = &bytes[..length];
                assert_eq!(decode(cut, 480).unwrap().samples, whole, "progressive {progressive}, {length}");
                assert_eq!(decode_whole(cut).unwrap().samples, decode_whole(&bytes).unwrap().samples);
                assert!(decode(cut, 20).is_ok(), "small, progressive {progressive}");
            }
            for missing in 3..40 {
                let cut = &bytes[..bytes.len() - missing];
                assert!(decode_whole(cut).is_err(), "progressive {progressive}: {missing} missing");
                assert!(decode(cut, 480).is_err() && decode(cut, 20).is_err());
            }
        }
    }
}

#[test]
fn bytes_between_segments_are_passed_over() {
    for progressive in [false, true] {
        let bytes = encode(|encoder| encoder.set_progressive(progressive));
        let whole = decode_whole(&bytes).unwrap().samples;
        let mut places = vec![2];
        while let Some(&at) = places.last() {
            if bytes[at + 1] == 0xDA {
                break;
            }
            places.push(at + 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])));
        }
        for place in places.into_iter().skip(1) {
            for junk in [&[0][..], &[0xFF; 3000], b"\0\xE1\0\x10 no segment", &[0xFF, 0, 7], &[0xFF, 0xD0, 0xFF, 0x01]]
            {
                let padded = [&bytes[..place], junk, &bytes[place..]].concat();
                assert_eq!(decode_whole(&padded).unwrap().samples, whole, "{place}: {} bytes", junk.len());
                let facts = crate::platform::pictures::probe(std::io::Cursor::new(&padded)).unwrap();
                assert_eq!((facts.width, facts.height), (Some(WIDTH.into()), Some(HEIGHT.into())));
            }
        }
    }
}
