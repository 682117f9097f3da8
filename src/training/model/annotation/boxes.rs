//! Where coordinates may lie: within the picture, but for the rounding of the formats that they come from.
//!
//! What always holds: what is accepted here lies within the picture to the last bit.

/// Narrower or flatter boxes are refused, in pixels.
pub const MIN_SIDE: f64 = 1e-3;

/// What a coordinate may lie outside by, at least, in pixels.
const MIN_TOLERANCE: f64 = 0.01;

/// The rounding of a normalised coordinate of six digits, as a share of the picture's side.
const ROUNDING: f64 = 1e-6;

/// What sums and differences of two fractions may be off by, in pixels.
const NOISE: f64 = 1e-9;

/// Pixels of a picture as displayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

impl Size {
    /// Of sides in whole pixels, at most 2^31 − 1.
    #[must_use]
    pub fn of(width: i64, height: i64) -> Self {
        let side = |side: i64| i32::try_from(side).map_or(0.0, f64::from);
        Self { width: side(width), height: side(height) }
    }
}

/// A box as it is kept; `None` where it lies outside of the picture, or is too narrow or flat.
pub fn fit([x, y, width, height]: [f64; 4], size: Size) -> Option<[f64; 4]> {
    let (x, width) = fit_length(x, width, size.width)?;
    let (y, height) = fit_length(y, height, size.height)?;
    Some([x, y, width, height])
}

fn fit_length(from: f64, length: f64, side: f64) -> Option<(f64, f64)> {
    let slack = tolerance(side);
    let is_near = from >= -slack && from + length <= side + slack;
    if !is_near || length < MIN_SIDE - NOISE {
        return None;
    }
    let (from, length) = cut_length(from, length, side);
    (length >= MIN_SIDE - NOISE).then_some((from, length))
}

/// What lies of a box within the picture; without an area where nothing does.
pub fn cut([x, y, width, height]: [f64; 4], size: Size) -> [f64; 4] {
    let (x, width) = cut_length(x, width, size.width);
    let (y, height) = cut_length(y, height, size.height);
    [x, y, width, height]
}

fn cut_length(from: f64, length: f64, side: f64) -> (f64, f64) {
    if from >= 0.0 && from + length <= side {
        return (from, length);
    }
    let start = from.clamp(0.0, side);
    let mut length = ((from + length).clamp(start, side) - start).max(0.0);
    // Readers add up: the sum must not come out beyond the side by a rounding.
    while start + length > side {
        length = length.next_down();
    }
    (start, length)
}

/// A coordinate of a ring as it is kept; `None` where it lies outside.
pub fn fit_point(at: f64, side: f64) -> Option<f64> {
    let slack = tolerance(side);
    (at >= -slack && at <= side + slack).then(|| at.clamp(0.0, side))
}

fn tolerance(side: f64) -> f64 {
    (side * ROUNDING).max(MIN_TOLERANCE) + NOISE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: Size = Size { width: 640.0, height: 480.0 };

    #[test]
    fn the_tolerance_is_the_same_on_all_sides() {
        for out in [1e-14, 1e-7, 0.005, 0.01] {
            for given in [
                [-out, 100.0, 10.0, 10.0],
                [100.0, -out, 10.0, 10.0],
                [630.0, 100.0, 10.0 + out, 10.0],
                [100.0, 470.0, 10.0, 10.0 + out],
                [-out, -out, 640.0 + 2.0 * out, 480.0 + 2.0 * out],
            ] {
                let [x, y, w, h] = fit(given, SIZE).unwrap_or_else(|| panic!("{given:?}"));
                assert!(x >= 0.0 && y >= 0.0 && x + w <= 640.0 && y + h <= 480.0, "{given:?}");
            }
        }
        for out in [0.0101, 0.02, 1.0, 1e300, f64::INFINITY, f64::NAN] {
            for given in [
                [-out, 100.0, 10.0, 10.0],
                [100.0, -out, 10.0, 10.0],
                [630.0, 100.0, 10.0 + out, 10.0],
                [100.0, 470.0, 10.0, 10.0 + out],
            ] {
                assert_eq!(fit(given, SIZE), None, "{given:?}");
            }
        }
    }

    #[test]
    fn the_tolerance_grows_with_the_picture() {
        let large = Size { width: 100_000.0, height: 480.0 };
        assert!(fit([-0.09, 0.0, 10.0, 10.0], large).is_some() && fit([-0.11, 0.0, 10.0, 10.0], large).is_none());
        assert_eq!(fit([0.0, -0.09, 10.0, 10.0], large), None, "each side has its own");
    }

    #[test]
    fn a_box_without_an_area_is_refused() {
        for length in [0.0, -1.0, 1e-7, 0.000_9, f64::NAN] {
            assert_eq!(fit([5.0, 5.0, length, 5.0], SIZE), None, "{length}");
            assert_eq!(fit([5.0, 5.0, 5.0, length], SIZE), None, "{length}");
        }
        assert!(fit([5.0, 5.0, 0.001, 0.001], SIZE).is_some());
        assert!(fit([639.999, 479.999, 0.001, 0.001], SIZE).is_some(), "however the sum is rounded");
        assert_eq!(fit([640.0, 5.0, 0.01, 5.0], SIZE), None, "nothing of it lies within");
    }

    proptest! {
        #[test]
        fn what_is_kept_lies_within(x in -1.0_f64..641.0, w in 0.0_f64..700.0, side in 1_i64..5000) {
            let size = Size::of(side, 480);
            if let Some([x, _, w, _]) = fit([x, 0.0, w, 1.0], size) {
                prop_assert!(x >= 0.0 && w > 0.0 && x + w <= size.width);
                prop_assert_eq!(fit([x, 0.0, w, 1.0], size), Some([x, 0.0, w, 1.0]), "once more: the same");
            }
        }

        #[test]
        fn six_digits_of_a_share_are_enough(
            side in 10_i64..100_000, from in 0_u32..1_000_000, share in 1_u32..1_000_000,
        ) {
            // As YOLO's labels have it: centre and width, each rounded to six digits.
            let (from, length) = (f64::from(from) / 1e6, f64::from(share) / 1e6);
            let length = length.min(1.0 - from).max(2e-6);
            let rounded = |share: f64| (share * 1e6).round() / 1e6;
            let (centre, length) = (rounded(from + length / 2.0), rounded(length));
            let size = Size::of(side, side);
            let given = (centre - length / 2.0) * size.width;
            prop_assume!(length * size.width >= 0.02);
            prop_assert!(fit([given, 0.0, length * size.width, 1.0], size).is_some());
        }
    }
}
