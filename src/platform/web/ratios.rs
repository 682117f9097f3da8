//! Classes that stand for the ratio of width to height of a picture.
//!
//! Our pages allow no style attributes, so a thumbnail gets its room by such a class, and nothing moves
//! when it arrives.

/// The ratios that `static/css/ratios.css` knows, with their classes: the usual ones exactly, and
/// enough between them that a picture loses at most a few percent of its edge.
const RATIOS: [(f64, &str); 33] = [
    (0.40, "r40"),
    (0.45, "r45"),
    (0.50, "r50"),
    (0.5625, "r56"),
    (0.60, "r60"),
    (2.0 / 3.0, "r67"),
    (0.70, "r70"),
    (0.75, "r75"),
    (0.80, "r80"),
    (0.85, "r85"),
    (0.90, "r90"),
    (0.95, "r95"),
    (1.0, "r100"),
    (1.05, "r105"),
    (1.10, "r110"),
    (1.18, "r118"),
    (1.25, "r125"),
    (4.0 / 3.0, "r133"),
    (1.40, "r140"),
    (1.50, "r150"),
    (1.60, "r160"),
    (1.70, "r170"),
    (16.0 / 9.0, "r178"),
    (1.88, "r188"),
    (2.0, "r200"),
    (2.15, "r215"),
    (2.33, "r233"),
    (2.50, "r250"),
    (2.75, "r275"),
    (3.0, "r300"),
    (3.33, "r333"),
    (3.66, "r366"),
    (4.0, "r400"),
];

/// The class of what is no picture.
const SQUARE: &str = "r100";

/// The class whose ratio is nearest to that of a picture of `width` × `height` pixels.
#[must_use]
pub fn ratio_class(width: u32, height: u32) -> &'static str {
    if width == 0 || height == 0 {
        return SQUARE;
    }
    let ratio = f64::from(width) / f64::from(height);
    // Nearest by factor, not by difference: 1:2 and 2:1 are equally far from a square.
    let distance = |of: f64| (of / ratio).ln().abs();
    RATIOS.iter().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0))).map_or(SQUARE, |(_, class)| class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ratios_are_met_exactly() {
        for (width, height, class) in [
            (4000, 3000, "r133"),
            (3000, 4000, "r75"),
            (6000, 4000, "r150"),
            (1920, 1080, "r178"),
            (1080, 1920, "r56"),
            (512, 512, "r100"),
            (50_000, 10, "r400"),
            (1, 9_999, "r40"),
            (0, 5, "r100"),
        ] {
            assert_eq!(ratio_class(width, height), class, "{width}×{height}");
        }
    }

    #[test]
    fn the_style_sheet_knows_every_class_and_its_ratio() {
        let css = include_str!("../../../static/css/ratios.css");
        for (ratio, class) in RATIOS {
            let rule = css.lines().find(|line| line.contains(&format!(".{class} "))).unwrap_or_default();
            let value: f64 = rule.split("--r: ").nth(1).unwrap().split(';').next().unwrap().trim().parse().unwrap();
            assert!((value - ratio).abs() < 0.001, "{class}");
        }
    }

    #[test]
    fn between_the_classes_little_is_lost() {
        for pair in RATIOS.windows(2) {
            assert!(pair[1].0 / pair[0].0 < 1.13, "{} to {}", pair[0].1, pair[1].1);
        }
    }
}
