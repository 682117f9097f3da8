//! From what is told to a change of pixels, by `moxcms`, and the changes made last, kept.
//!
//! What always holds: of a profile only the parts that say what its numbers mean are parsed (those for the way back
//! are the larger ones, and any other part may be damaged without harm), within limits; a panic in it is caught; what
//! came of a profile is kept by its digest, so that a thousand photos of one phone make one change, and a hostile
//! profile is tried once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ParsingOptions, RenderingIntent, ToneReprCurve, TransferCharacteristics, Transform8BitExecutor,
    TransformOptions,
};
use ring::digest::{Context, SHA256};

use super::Told;

/// Changes that are kept. One of inks has some hundred KiB, the others a few.
const KEPT: usize = 16;

/// Samples of a profile's table; the finest have 33³ or 17⁴ places.
const MAX_TABLE: usize = 200_000;

/// Entries of a curve.
const MAX_CURVE: usize = 65_536;

/// How far apart two values of 8 bits may be that look the same.
const SAME: u8 = 1;

/// A change of pixels to sRGB.
pub(super) enum Change {
    /// Of grey pixels: what each light becomes.
    Lights(Box<[u8; 256]>),
    /// Of three or four samples to red, green and blue.
    Pixels(Arc<Transform8BitExecutor>),
}

impl Change {
    /// Changes some pixels; false where that can't be done.
    pub(super) fn pixels(&self, source: &[u8], target: &mut [u8]) -> bool {
        match self {
            Self::Lights(_) => false,
            Self::Pixels(change) => {
                catch_unwind(AssertUnwindSafe(|| change.transform(source, target).is_ok())).unwrap_or(false)
            }
        }
    }
}

type Made = Option<Arc<Change>>;

/// What came of the profiles met last, the latest first.
static LATEST: Mutex<Vec<([u8; 32], Made)>> = Mutex::new(Vec::new());

/// The change for pictures of so many samples a pixel. `None` where there is nothing to change, or nothing to go by.
pub(super) fn change(told: &Told, channels: usize) -> Made {
    let key = key(told, channels);
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = latest.iter().position(|(other, _)| *other == key) {
        latest[..=at].rotate_right(1);
        return latest[0].1.clone();
    }
    drop(latest);
    // Hostile profiles may make the library panic; then it's a broken one.
    let made = catch_unwind(AssertUnwindSafe(|| made(told, channels))).unwrap_or_else(|_| {
        tracing::warn!("a colour profile made its reader panic");
        None
    });
    let made = made.map(Arc::new);
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    latest.insert(0, (key, made.clone()));
    latest.truncate(KEPT);
    made
}

fn key(told: &Told, channels: usize) -> [u8; 32] {
    let mut digest = Context::new(&SHA256);
    digest.update(&channels.to_le_bytes());
    match told {
        Told::Profile(bytes) => digest.update(bytes),
        other => digest.update(format!("{other:?}").as_bytes()),
    }
    let mut key = [0; 32];
    key.copy_from_slice(digest.finish().as_ref());
    key
}

fn made(told: &Told, channels: usize) -> Option<Change> {
    let profile = match told {
        Told::Srgb => return None,
        Told::Profile(bytes) => parsed(bytes)?,
        Told::CodePoints { primaries, curve } => of_code_points(*primaries, *curve)?,
        Told::Measured { gamma, primaries } => measured(*gamma, *primaries)?,
    };
    let (from, layout) = match (channels, profile.color_space) {
        (1, DataColorSpace::Gray) => (1, Layout::Gray),
        // Grey pixels under a profile of colours: as if red, green and blue were the same.
        (1 | 3, DataColorSpace::Rgb) => (3, Layout::Rgb),
        (4, DataColorSpace::Cmyk) => (4, Layout::Rgba),
        _ => return None,
    };
    let has_table_of_its_intent = profile.lut_a_to_b_perceptual.is_some() || profile.lut_a_to_b_colorimetric.is_none();
    let rendering_intent =
        if has_table_of_its_intent { RenderingIntent::Perceptual } else { RenderingIntent::RelativeColorimetric };
    let options = TransformOptions { rendering_intent, ..TransformOptions::default() };
    let change = profile.create_transform_8bit(layout, &ColorProfile::new_srgb(), Layout::Rgb, options).ok()?;
    // Tried before it is kept, over the corners and the middle: then it won't fail at a picture.
    let steps = [0, 64, 128, 192, 255];
    if channels == 1 {
        return lights(change.as_ref(), from);
    }
    let count = 5_usize.pow(u32::try_from(from).ok()?);
    let tried: Vec<u8> = (0..count)
        .flat_map(|n| (0..from).map(move |channel| steps[n / 5_usize.pow(u32::try_from(channel).unwrap_or(0)) % 5]))
        .collect();
    let mut seen = vec![0; count * 3];
    change.transform(&tried, &mut seen).ok()?;
    let is_srgb = from == 3 && tried.iter().zip(&seen).all(|(before, after)| before.abs_diff(*after) <= SAME);
    (!is_srgb).then_some(Change::Pixels(change))
}

/// The change of grey pixels, as a table.
fn lights(change: &Transform8BitExecutor, from: usize) -> Option<Change> {
    let tried: Vec<u8> = (0..=255).flat_map(|light| vec![light; from]).collect();
    let mut seen = vec![0; 256 * 3];
    change.transform(&tried, &mut seen).ok()?;
    let mut table = Box::new([0; 256]);
    for (light, pixel) in table.iter_mut().zip(seen.as_chunks::<3>().0) {
        *light = pixel[1];
    }
    let is_srgb = table.iter().zip(0..=255_u8).all(|(after, before)| before.abs_diff(*after) <= SAME);
    (!is_srgb).then_some(Change::Lights(table))
}

/// Reads what a profile says of its numbers: colorants, curves, and the tables of the way to the connection space.
fn parsed(bytes: &[u8]) -> Option<ColorProfile> {
    const PARTS: [&[u8; 4]; 10] =
        [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"A2B0", b"A2B1", b"cicp"];
    let count = u32::from_be_bytes(*bytes.get(128..)?.first_chunk::<4>()?) as usize;
    let mut bytes = bytes.to_vec();
    for entry in bytes.get_mut(132..)?.chunks_exact_mut(12).take(count) {
        if !PARTS.iter().any(|part| entry.starts_with(*part)) {
            entry[..4].fill(0);
        }
    }
    let options = ParsingOptions {
        max_profile_size: usize::MAX,
        max_allowed_clut_size: MAX_TABLE,
        max_allowed_trc_size: MAX_CURVE,
    };
    let mut profile = ColorProfile::new_from_slice_with_options(&bytes, options).ok()?;
    // A file's intent is about printing; and its numbers are to be read as the parts say that were kept.
    profile.rendering_intent = RenderingIntent::Perceptual;
    Some(profile)
}

fn of_code_points(primaries: u8, curve: u8) -> Option<ColorProfile> {
    let points = CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
        transfer_characteristics: TransferCharacteristics::try_from(curve).ok()?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    let profile = ColorProfile::new_from_cicp(points);
    profile.is_matrix_shaper().then_some(profile)
}

/// A curve that is an exponent, over sRGB's primaries where none are told.
#[expect(clippy::cast_precision_loss, reason = "they have five digits")]
fn measured(gamma: u32, primaries: Option<[u32; 8]>) -> Option<ColorProfile> {
    // 1/2.2 is what writers put down for sRGB, whose curve is nearly that.
    let is_srgb_curve = (45_000..=46_000).contains(&gamma);
    if !(10_000..=300_000).contains(&gamma) {
        return None;
    }
    let mut profile = ColorProfile::new_srgb();
    if let Some(places) = primaries {
        if places.iter().any(|place| *place > 100_000) || [1, 3, 5, 7].iter().any(|y| places[*y] == 0) {
            return None;
        }
        let place = |at: usize| Chromaticity::new(places[at] as f32 / 1e5, places[at + 1] as f32 / 1e5);
        let primaries = ColorPrimaries { red: place(2), green: place(4), blue: place(6) };
        profile.update_rgb_colorimetry(place(0).to_xyyb(), primaries);
    }
    profile.cicp = None;
    if !is_srgb_curve {
        let curve = Some(ToneReprCurve::Parametric(vec![1e5 / gamma as f32]));
        (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
    }
    Some(profile)
}
