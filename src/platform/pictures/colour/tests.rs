//! Colours under a profile are what littlecms makes of them; what is broken changes nothing, and sRGB costs nothing.

use std::io::Cursor;

use super::*;
use crate::platform::pictures::tests::profiles;
use crate::platform::pictures::window::Window;

fn rgb(pixels: &[[u8; 3]]) -> Scaled {
    let width = u32::try_from(pixels.len()).unwrap();
    Scaled { width, height: 1, colour: Colour::Rgb, samples: pixels.as_flattened().to_vec() }
}

fn grey(lights: &[u8]) -> Scaled {
    let width = u32::try_from(lights.len()).unwrap();
    Scaled { width, height: 1, colour: Colour::Grey, samples: lights.to_vec() }
}

fn inks(pixels: &[[u8; 4]]) -> Scaled {
    let width = u32::try_from(pixels.len()).unwrap();
    Scaled { width, height: 1, colour: Colour::Inks, samples: pixels.as_flattened().to_vec() }
}

fn far(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

const RAW: [[u8; 3]; 4] = [[200, 90, 80], [110, 190, 90], [90, 120, 200], [128, 128, 128]];

#[test]
fn profiles_of_colours_are_applied_as_littlecms_does() {
    // Made by littlecms (Pillow's ImageCms) from the same bytes.
    for (profile, expected) in [
        (profiles::display_p3(), [[217, 80, 73], [77, 194, 73], [80, 122, 207], [129, 129, 129]]),
        (profiles::adobe_rgb(), [[228, 90, 78], [28, 191, 81], [72, 121, 204], [129, 129, 129]]),
        (profiles::pro_photo(), [[255, 57, 95], [0, 214, 83], [0, 144, 219], [146, 146, 146]]),
    ] {
        let told = Told::Profile(profile);
        let made = in_srgb(rgb(&RAW), &told);
        assert!(far(&made.samples, expected.as_flattened()) <= 3, "{:?} is not {expected:?}", made.samples);
        // More pixels than are changed at a time.
        let many = in_srgb(rgb(&vec![RAW[0]; PIECE * 2 + 7]), &told);
        assert!(many.samples.as_chunks::<3>().0.iter().all(|pixel| far(pixel, &expected[0]) <= 3));
    }
}

#[test]
fn light_and_colour_become_red_green_and_blue() {
    let mut picture = rgb(&[[128; 3]]);
    picture.colour = Colour::YCbCr;
    let made = in_srgb(picture, &Told::Profile(profiles::pro_photo()));
    assert_eq!(made.colour, Colour::Rgb);
    assert!(far(&made.samples, &[146; 3]) <= 2, "{:?}", made.samples);
}

#[test]
fn grey_stays_grey_under_either_kind_of_profile() {
    let linear = in_srgb(grey(&[0, 32, 64, 128, 200, 255]), &Told::Profile(profiles::linear_grey()));
    assert_eq!(linear.colour, Colour::Grey);
    assert!(far(&linear.samples, &[0, 99, 137, 188, 229, 255]) <= 2, "{:?}", linear.samples);
    let coloured = in_srgb(grey(&[128]), &Told::Profile(profiles::pro_photo()));
    assert_eq!(coloured.colour, Colour::Grey);
    assert!(far(&coloured.samples, &[146]) <= 2);
}

#[test]
fn inks_are_shown_by_their_profile_and_plainly_without() {
    let pixels = [[0; 4], [255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [60, 120, 30, 20]];
    let made = in_srgb(inks(&pixels), &Told::Profile(profiles::inks()));
    let expected = [[255; 3], [0, 178, 227], [255, 127, 181], [255, 241, 71], [22; 3], [206, 172, 193]];
    assert_eq!(made.colour, Colour::Rgb);
    // Between the table's places, libraries go different ways; with two places on a side, that is as far as it can be.
    assert!(far(&made.samples[..12], &expected.as_flattened()[..12]) <= 3, "{:?}", made.samples);
    assert!(far(&made.samples, expected.as_flattened()) <= 16, "{:?}", made.samples);
    for told in [Told::Srgb, Told::Profile(b"no profile".to_vec()), Told::Profile(profiles::display_p3())] {
        let plain = in_srgb(inks(&pixels[..5]), &told);
        assert_eq!(plain.samples, [[255; 3], [0, 255, 255], [255, 0, 255], [255, 255, 0], [0; 3]].as_flattened());
    }
}

#[test]
fn profiles_of_srgb_and_of_other_pictures_change_nothing() {
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    assert!(change(&Told::Profile(srgb.clone()), 3).is_none() && change(&Told::Profile(srgb), 1).is_none());
    for (profile, channels) in [(profiles::inks(), 3), (profiles::linear_grey(), 3), (profiles::display_p3(), 4)] {
        assert!(change(&Told::Profile(profile), channels).is_none());
    }
    assert!(change(&Told::Measured { gamma: 45_455, primaries: None }, 3).is_none());
    let bt709 = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
    assert!(change(&Told::Measured { gamma: 45_455, primaries: Some(bt709) }, 3).is_none());
}

#[test]
fn damaged_profiles_are_passed_over_and_harmless_damage_is() {
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for (whole, channels) in [(profiles::display_p3(), 3), (profiles::inks(), 4), (profiles::linear_grey(), 1)] {
        for length in (0..whole.len()).step_by(whole.len() / 40) {
            change(&Told::Profile(whole[..length].to_vec()), channels);
        }
        for _ in 0..120 {
            let mut damaged = whole.clone();
            for _ in 0..4 {
                let at = random(whole.len().min(700));
                damaged[at] = u8::try_from(random(256)).unwrap();
            }
            let _ = change(&Told::Profile(damaged), channels);
        }
    }
    // A copyright that says nothing right loses no colours.
    let mut harmless = profiles::display_p3();
    let at = harmless.windows(4).rposition(|bytes| bytes == b"text").unwrap();
    harmless[at..at + 8].fill(0xEE);
    let made = in_srgb(rgb(&RAW), &Told::Profile(harmless));
    assert!(far(&made.samples[..3], &[217, 80, 73]) <= 3);
}

#[test]
fn changes_are_kept_and_only_so_many() {
    let told = Told::Profile(profiles::adobe_rgb());
    let first = change(&told, 3).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &change(&told, 3).unwrap()));
}

fn told_in(content_type: &str, bytes: Vec<u8>) -> Told {
    told(&mut Window::new(Cursor::new(bytes)).unwrap(), content_type).unwrap()
}

/// A JPEG's beginning with these parts of a profile: number, count, bytes.
fn jpeg(parts: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\xFF\xD8\xFF\xE2\0\x08MPF\0ab".to_vec();
    for (number, count, part) in parts {
        bytes.extend([0xFF, 0xE2]);
        bytes.extend(u16::try_from(part.len() + 16).unwrap().to_be_bytes());
        bytes.extend(b"ICC_PROFILE\0");
        bytes.extend([*number, *count]);
        bytes.extend(*part);
    }
    bytes.extend(b"\xFF\xC0\0\x0B\x08\0\x10\0\x10\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\0\x3F\0");
    bytes
}

#[test]
fn parts_of_a_jpegs_profile_are_put_in_order_and_missing_ones_noticed() {
    let whole = Told::Profile(b"abcdef".to_vec());
    assert_eq!(told_in("image/jpeg", jpeg(&[(1, 1, b"abcdef")])), whole);
    assert_eq!(told_in("image/jpeg", jpeg(&[(3, 3, b"ef"), (1, 3, b"ab"), (2, 3, b"cd")])), whole);
    assert_eq!(told_in("image/jpeg", jpeg(&[(1, 2, b"abc"), (2, 2, b"def"), (1, 2, b"xyz")])), whole);
    for broken in [&[(1, 2, &b"abc"[..])][..], &[(2, 2, b"def")], &[(0, 1, b"abcdef")], &[(1, 1, b"")], &[]] {
        assert_eq!(told_in("image/jpeg", jpeg(broken)), Told::Srgb);
    }
    // Behind the frame header it still counts, behind the scan's it doesn't.
    let mut late = jpeg(&[]);
    let (frame, profile) = (late.len() - 10, jpeg(&[(1, 1, b"abcdef")]));
    late.splice(frame..frame, profile[12..12 + 4 + 14 + 6].to_vec());
    assert_eq!(told_in("image/jpeg", late), whole);
}

fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    for (name, contents) in [(b"IHDR", &[0; 13][..])].iter().chain(chunks).chain(&[(b"IDAT", &[][..])]) {
        bytes.extend(u32::try_from(contents.len()).unwrap().to_be_bytes());
        bytes.extend(*name);
        bytes.extend(*contents);
        bytes.extend([0; 4]);
    }
    bytes
}

#[test]
fn of_pngs_chunks_the_most_telling_counts() {
    use std::io::Write;
    let mut packed = b"name\0\0".to_vec();
    let mut writer = flate2::write::ZlibEncoder::new(&mut packed, flate2::Compression::fast());
    writer.write_all(b"abcdef").unwrap();
    writer.finish().unwrap();
    let profile = Told::Profile(b"abcdef".to_vec());
    let gamma = 100_000_u32.to_be_bytes();
    let places: Vec<u8> = (1..=8_u32).flat_map(u32::to_be_bytes).collect();
    let points = Told::CodePoints { primaries: 12, curve: 13 };
    let measured = Told::Measured { gamma: 100_000, primaries: None };
    for (chunks, expected) in [
        (&[][..], Told::Srgb),
        (&[(b"iCCP", &packed[..])], profile.clone()),
        (&[(b"sRGB", &[0][..]), (b"iCCP", &packed)], profile.clone()),
        (&[(b"iCCP", &packed), (b"cICP", &[12, 13, 0, 1])], points),
        (&[(b"cICP", &[9, 16, 0, 1]), (b"iCCP", &packed)], profile),
        (&[(b"gAMA", &gamma)], measured),
        (&[(b"gAMA", &gamma), (b"sRGB", &[0])], Told::Srgb),
        (
            &[(b"cHRM", &places), (b"gAMA", &gamma)],
            Told::Measured { gamma: 100_000, primaries: Some([1, 2, 3, 4, 5, 6, 7, 8]) },
        ),
        (&[(b"iCCP", b"name\0\0no zlib"), (b"cHRM", &places)], Told::Srgb),
    ] {
        assert_eq!(told_in("image/png", png(chunks)), expected, "{chunks:?}");
    }
    let linear = in_srgb(rgb(&[[64, 128, 200]]), &Told::Measured { gamma: 100_000, primaries: None });
    assert!(far(&linear.samples, &[137, 188, 229]) <= 2, "{:?}", linear.samples);
    let wide = in_srgb(rgb(&RAW), &Told::CodePoints { primaries: 12, curve: 13 });
    assert!(far(&wide.samples[..3], &[217, 80, 73]) <= 4, "{:?}", wide.samples);
}

#[test]
fn webp_bmp_and_tiff_carry_profiles_too() {
    let whole = Told::Profile(b"abcdef".to_vec());
    let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x20\0\0\0\x0F\0\0\x0F\0\0ALPH\x03\0\0\0abc\0".to_vec();
    webp.extend(b"ICCP\x06\0\0\0abcdef");
    assert_eq!(told_in("image/webp", webp), whole);
    let mut bmp = b"BM".to_vec();
    bmp.resize(14 + 124, 0);
    bmp[14] = 124;
    bmp[70..74].copy_from_slice(b"DEBM");
    bmp[126] = 124;
    bmp[130] = 6;
    bmp.extend(b"abcdef");
    assert_eq!(told_in("image/bmp", bmp), whole);
    let tiff = b"II*\0\x08\0\0\0\x01\0\x73\x87\x07\0\x06\0\0\0\x1A\0\0\0\0\0\0\0abcdef".to_vec();
    assert_eq!(told_in("image/tiff", tiff), whole);
    let endless = b"II*\0\x08\0\0\0\x01\0\x73\x87\x07\0\xFF\xFF\xFF\xFF\x1A\0\0\0\0\0\0\0abcdef".to_vec();
    assert_eq!(told_in("image/tiff", endless), Told::Srgb);
}
