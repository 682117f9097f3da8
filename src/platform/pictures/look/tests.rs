//! Near-identical pictures have near-identical fingerprints, different ones don't, plain ones have none.

use super::*;
use crate::platform::pictures::resize::resized;

fn rgb(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Scaled {
    let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| colour(x, y)).collect();
    Scaled { width, height, colour: Colour::Rgb, samples }
}

/// A scene of soft spots at places that the seed gives.
fn scene(seed: u32) -> Scaled {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut draw = |below: u32| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        i64::from(state % below)
    };
    let spots: Vec<[i64; 4]> = (0..24).map(|_| [draw(480), draw(320), 20 + draw(90), draw(256) - 128]).collect();
    rgb(480, 320, |x, y| {
        let light = spots.iter().fold(110, |light, [at_x, at_y, size, strength]| {
            let far = (i64::from(x) - at_x).pow(2) + (i64::from(y) - at_y).pow(2);
            light + strength * (size * size - far).max(0) / (size * size)
        });
        [light, light * 7 / 8, light * 3 / 4].map(|light| u8::try_from(light.clamp(0, 255)).unwrap())
    })
}

fn distance(a: &Scaled, b: &Scaled) -> u32 {
    (look(a).unwrap() ^ look(b).unwrap()).count_ones()
}

fn recompressed(picture: &Scaled, quality: u8) -> Scaled {
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    let (width, height) = (u16::try_from(picture.width).unwrap(), u16::try_from(picture.height).unwrap());
    encoder.encode(&picture.samples, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    crate::platform::pictures::jpeg::decode(&bytes, picture.width).unwrap()
}

fn lighter(picture: &Scaled) -> Scaled {
    let samples = picture.samples.iter().map(|sample| sample.saturating_add(12)).collect();
    Scaled { width: picture.width, height: picture.height, colour: picture.colour, samples }
}

fn half(picture: &Scaled) -> Scaled {
    let whole = Scaled {
        width: picture.width,
        height: picture.height,
        colour: picture.colour,
        samples: picture.samples.clone(),
    };
    resized(whole, picture.width / 2, picture.height / 2)
}

#[test]
fn size_compression_and_light_change_few_bits() {
    for seed in 1..40 {
        let picture = scene(seed);
        for (what, changed) in
            [("q60", recompressed(&picture, 60)), ("half", half(&picture)), ("lighter", lighter(&picture))]
        {
            let distance = distance(&picture, &changed);
            assert!(distance <= 6, "{what} of scene {seed}: {distance}");
        }
    }
}

#[test]
fn different_pictures_differ_in_many_bits() {
    let scenes: Vec<Scaled> = (1..40).map(scene).collect();
    for (at, a) in scenes.iter().enumerate() {
        for b in &scenes[at + 1..] {
            assert!(distance(a, b) > 12);
        }
    }
}

#[test]
fn plain_pictures_have_none() {
    let byte = |value: u32| u8::try_from(value.min(255)).unwrap();
    let noise = |x: u32, y: u32| (x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)).wrapping_mul(0x9E37_79B1) >> 30;
    for plain in [
        rgb(480, 320, |_, _| [255; 3]),
        rgb(480, 320, |x, y| [byte(250 + noise(x, y)); 3]),
        rgb(480, 320, |x, _| [byte(x / 2); 3]),
        rgb(480, 320, |x, _| if x < 201 { [255, 0, 0] } else { [0, 0, 255] }),
        rgb(1, 1, |_, _| [9; 3]),
    ] {
        assert_eq!(look(&plain), None);
    }
}

#[test]
fn a_fingerprint_is_the_same_everywhere() {
    assert_eq!(look(&scene(1)), Some(7_316_443_233_300_879_206));
    let grey = |picture: &Scaled| {
        let samples = picture.samples.chunks(3).map(|p| u8::try_from(grey(p, Colour::Rgb)).unwrap()).collect();
        Scaled { width: picture.width, height: picture.height, colour: Colour::Grey, samples }
    };
    assert_eq!(look(&grey(&scene(1))), look(&scene(1)));
}

#[test]
fn small_and_narrow_pictures_have_cells_of_parts_of_pixels() {
    assert_eq!(cells(1).iter().map(|(_, _, part)| part).sum::<i64>(), 32);
    for pixels in [1, 7, 31, 32, 33, 480] {
        let mut sums = [0; SIDE];
        for (cell, pixel, part) in cells(pixels) {
            assert!(pixel < pixels);
            sums[cell] += part;
        }
        assert!(sums.iter().all(|sum| usize::try_from(*sum) == Ok(pixels)), "{pixels}");
    }
    let checks = rgb(9, 7, |x, y| if (x * 5 + y * 3) % 4 < 2 { [230; 3] } else { [20; 3] });
    assert!(look(&checks).is_some());
}
